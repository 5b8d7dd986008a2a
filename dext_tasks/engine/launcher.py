"""Run a command with variables that are read from a file, and drop their values from its build arguments.

Started by its path with ``python -I -S``, so that it takes milliseconds: it imports nothing of the package.

usage: launcher.py FILE COMMAND [ARGUMENT ...]     FILE, or who listens at that socket, says a JSON object
"""

from __future__ import annotations

import json
import os
import sys
from itertools import pairwise
from pathlib import Path


def main(file: str, command: list[str]) -> None:
    """Become the command."""
    values = json.loads(_content(Path(file)))
    # `--build-arg NAME` takes the value of the variable NAME:
    # https://docs.docker.com/reference/cli/docker/buildx/build/#build-arg
    words = command[:1]
    for before, word in pairwise(command):
        name = word.removesuffix("=")
        words.append(name if before == "--build-arg" and name in values else word)
    os.execvpe(words[0], words, {**os.environ, **values})  # noqa: S606 - a list, never a shell string


def _content(file: Path) -> bytes:
    if sys.platform == "win32" or not file.is_socket():
        return file.read_bytes()
    import socket

    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(str(file))
        with connection.makefile("rb") as said:
            return said.read()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
