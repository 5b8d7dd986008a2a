"""Run a command with variables that are read from a file, and drop their values from its build arguments.

Started by its path with ``python -I -S``, so that it takes milliseconds: it imports nothing of the package.

usage: launcher.py FILE COMMAND [ARGUMENT ...]     FILE is a JSON object of names and values
"""

from __future__ import annotations

import json
import os
import sys
from itertools import pairwise
from pathlib import Path


def main(file: str, command: list[str]) -> None:
    """Become the command."""
    values = json.loads(Path(file).read_text(encoding="utf-8"))
    # `--build-arg NAME` takes the value of the variable NAME:
    # https://docs.docker.com/reference/cli/docker/buildx/build/#build-arg
    words = command[:1]
    for before, word in pairwise(command):
        name = word.removesuffix("=")
        words.append(name if before == "--build-arg" and name in values else word)
    os.execvpe(words[0], words, {**os.environ, **values})  # noqa: S606 - a list, never a shell string


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
