"""docs/exit-codes.md and docs/troubleshooting.md, from the error classes and from where they are raised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.errors import leaves
from dext_tasks.tasks.upgrade import AVAILABLE
from documents.messages import messages

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from dext_tasks.errors import DextError
    from documents.messages import Message

_EXIT_CODES = """# Exit codes

Every verb ends with 0 if all is well. Every other ending has one class of error and one exit code. The last line of the
message says what to do next. With `--json`, the document has the same under `error`.
[troubleshooting.md](troubleshooting.md) lists the messages.

A command line that cannot be read ends with 2, both under `dext` and under `inv`. With `--json` there is a document for
it, too. Three things stay invoke's own and end with 1:

- what is wrong before a tasks.py is loaded: there is none, or a flag before the first task is unknown;
- the usage of tasks that are not ours;
- any other `invoke.Program` that somebody makes of our namespace. `dext_tasks.cli.DextProgram` is one that ends with 2.

If a verb fails inside a task, the task ends with the verb's code.

| code | error | meaning |
| --- | --- | --- |
"""
# Endings that are answers and not errors.
_ANSWERS = ((AVAILABLE, "none", "`dext upgrade --check`: an upgrade is available; standard output says so."),)
_TROUBLESHOOTING = """# Troubleshooting

Find the message that you see. `…` stands for what differs each time: a name, a number, or the words of another program.
Messages are grouped by [exit code](exit-codes.md), which `echo $?` prints after a command. A finding of `inv check` is
not an error message: [rules](rules/README.md) lists those.

If the page has no such message, run the command again with `-v`, or `-vv` for more. Exit code 70 is a defect of
dext-tasks: please report it.

## The first hours
"""
# What newcomers meet, with more than the message itself can say: a part of the message, why, what to do.
FREQUENT = (
    (
        "no Docker engine answers",
        "The engine is stopped, or `DOCKER_HOST` or the docker context names another one.",
        "Start it, then try `docker version`. Without an engine, `dext check` checks the source tree alone.",
    ),
    (
        "this user may not use the Docker engine",
        "The engine's socket belongs to root and to the group `docker`, and you are in neither.",
        "Run `sudo usermod -aG docker $USER` and log in again, or use a rootless engine.",
    ),
    (
        "no extension at or above …",
        "The current folder has no `Dockerfile` with a `metadata.json`, `invoke.yaml` or `pyproject.toml`.",
        "Go to the extension's folder, or name it: `dext check --path DIR`.",
    ),
    (
        "the setting `image` is missing",
        "A release has to know where to publish. Checks and smoke tests do without it.",
        "Write `image: ORG/NAME` under `dext:` in invoke.yaml.",
    ),
    (
        "the docker client has no buildx plugin",
        "Some distributions package docker without its plugins.",
        "Install docker-buildx, or docker-buildx-plugin from Docker's own packages.",
    ),
    (
        "the smoke test failed on …",
        "The table above it names the probe, and the lines below it the reason, with the log of each container.",
        "`inv smoke --keep` leaves what failed installed. `inv smoke --report FILE` writes a page with screenshots.",
    ),
    (
        "there is no git commit to release",
        "A release puts a tag on a commit, so that everybody can see what was published.",
        "Commit the project.",
    ),
    (
        "registry … does not let …",
        "Nobody is logged in to the registry, or the account may not do this.",
        "Run `docker login`, with an account that may push to the repository.",
    ),
    (
        "a published version never changes",
        "Users may have installed that version; what they have must stay what the registry has.",
        "Release a greater version: `inv release --bump patch`.",
    ),
)


def exit_codes_page() -> str:
    """docs/exit-codes.md."""
    errors = [(leaf.exit_code, f"`{leaf.__name__}`", _meaning(leaf)) for leaf in leaves()]
    rows = sorted([*errors, *_ANSWERS], key=lambda row: row[0])
    return _EXIT_CODES + "".join(f"| {code} | {error} | {meaning} |\n" for code, error, meaning in rows)


def troubleshooting_page(package: Path) -> str:
    """docs/troubleshooting.md.

    Args:
        package: Folder of the package, whose messages are listed.
    """
    found = messages(package)
    frequent = "".join(f"\n### {_code(text)}\n\n{why}\n\n{advice}\n" for text, why, advice in FREQUENT)
    sections = (_section(leaf, [each for each in found if each.error == leaf.__name__]) for leaf in leaves())
    return _TROUBLESHOOTING + frequent + "".join(sections)


def _section(leaf: type[DextError], found: Iterable[Message]) -> str:
    entries = "".join(f"- {_code(each.text)}\\\n  Next: {each.remedy}.\n" for each in found)
    return f"\n## {leaf.exit_code}: {_meaning(leaf).removesuffix('.')}\n\n{entries}" if entries else ""


def _meaning(leaf: type[DextError]) -> str:
    return (leaf.__doc__ or "").splitlines()[0]


def _code(text: str) -> str:
    """Text as it is, which may hold back quotes: https://spec.commonmark.org/0.31.2/#code-spans."""
    return f"`` {text} ``" if "`" in text else f"`{text}`"
