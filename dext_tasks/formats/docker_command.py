"""Commands of docker in the text of a shell script: what is built, pushed, and installed as an extension.

Nothing is run. The output of a command, and a variable that the script does not set, is a gap.
"""

from __future__ import annotations

from enum import StrEnum
from posixpath import basename, join
from typing import TYPE_CHECKING, Final, NamedTuple

from dext_tasks.formats.shell_words import WORDS_OF_SHELL, ShellCommand, commands_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dext_tasks.formats.gaps import Gaps

# Options of `docker build` and `docker buildx build` that take a value; what is not here stands alone.
# https://docs.docker.com/reference/cli/docker/buildx/build/, https://docs.docker.com/reference/cli/docker/image/build/
_VALUED: Final = frozenset(
    {
        *("--add-host", "--allow", "--annotation", "--attest", "--build-arg", "--build-context", "--builder", "--call"),
        *("--cache-from", "--cache-to", "--cgroup-parent", "--cpu-period", "--cpu-quota", "--cpu-shares", "-c"),
        *("--cpuset-cpus", "--cpuset-mems", "--file", "-f", "--iidfile", "--isolation", "--label", "--memory", "-m"),
        *("--memory-swap", "--metadata-file", "--network", "--no-cache-filter", "--output", "-o", "--platform"),
        *("--policy", "--progress", "--secret", "--security-opt", "--shm-size", "--ssh", "--tag", "-t", "--target"),
        "--ulimit",
    }
)
# Options of docker itself that take a value: https://docs.docker.com/reference/cli/docker/
_GLOBAL: Final = frozenset({"--config", "--context", "-c", "--host", "-H", "--log-level", "-l"})
_SHORT: Final = {"-t": "--tag", "-f": "--file", "-o": "--output"}
_BUILDS: Final = frozenset({("build",), ("image", "build"), ("builder", "build"), ("buildx", "build"), ("buildx", "b")})
_PUSHES: Final = frozenset({("push",), ("image", "push")})
_EXTENSIONS: Final = frozenset({"install", "update", "validate"})


class DockerVerb(StrEnum):
    """What a command does with an image."""

    BUILD = "docker build"
    PUSH = "docker push"
    EXTENSION = "docker extension"


class DockerCommand(NamedTuple):
    """One command.

    Attributes:
        verb: What it does.
        line: Of the script, from 1.
        images: References that it names, with tag, as written.
        folder: Where it runs, from the folder of the script.
        context: Build context, from ``folder``.
        dockerfile: As ``--file`` has it, from ``folder``; empty if that is not given.
        platforms: Each as written.
        build_args: Names and values; None for one that is taken from the environment.
        target: Stage; empty for the last one.
        is_pushed: Whether a build pushes what it makes.
    """

    verb: DockerVerb
    line: int
    images: tuple[str, ...]
    folder: str = ""
    context: str = "."
    dockerfile: str = ""
    platforms: tuple[str, ...] = ()
    build_args: tuple[tuple[str, str | None], ...] = ()
    target: str = ""
    is_pushed: bool = False


def docker_commands(text: str, gaps: Gaps, variables: Mapping[str, str] | None = None) -> Iterator[DockerCommand]:
    """The commands of docker in a script, in order.

    Args:
        text: The script.
        gaps: Where unknown parts are kept.
        variables: What variables hold when it begins.
    """
    folder = ""
    for command in commands_of(text, gaps, variables):
        words = _bare(command)
        if words[:1] == ["cd"] and len(words) > 1:
            folder = join(folder, words[1])
        elif words and basename(words[0]) == "docker" and (found := _docker(words[1:], command.line)):
            yield found._replace(folder=folder)


def _bare(command: ShellCommand) -> list[str]:
    """The words of a command, without those before its name."""
    words = list(command.words)
    while words and (words[0] in WORDS_OF_SHELL or words[0].startswith("-")):
        del words[0]
    return words


def _docker(words: Sequence[str], line: int) -> DockerCommand | None:
    left = list(words)
    while left and left[0].startswith("-"):
        del left[: 2 if left[0] in _GLOBAL else 1]
    for size in (1, 2):
        verb = tuple(left[:size])
        if verb in _BUILDS:
            return _build(left[size:], line)
        if verb in _PUSHES:
            return _named(DockerVerb.PUSH, left[size:], line)
    if left[:1] == ["extension"] and left[1:2] and left[1] in _EXTENSIONS:
        return _named(DockerVerb.EXTENSION, left[2:], line)
    return None


def _named(verb: DockerVerb, words: Sequence[str], line: int) -> DockerCommand | None:
    """A command of which the first word that is no option is an image."""
    images = tuple(word for word in words if word and not word.startswith("-"))
    return DockerCommand(verb, line, images[:1]) if images else None


def _build(words: Sequence[str], line: int) -> DockerCommand:
    given: dict[str, list[str]] = {}
    others: list[str] = []
    left = list(words)
    while left:
        word = left.pop(0)
        name, equals, value = word.partition("=")
        if not word.startswith("-") or word == "-":
            others.append(word)
            continue
        if len(name) > 2 and name[1] != "-" and name[:2] in _SHORT:  # noqa: PLR2004 - `-tNAME` is one word
            name, value, equals = name[:2], word[2:].removeprefix("="), "="
        elif not equals and name in _VALUED and left:
            value = left.pop(0)
        given.setdefault(_SHORT.get(name, name), []).append(value)
    return DockerCommand(
        verb=DockerVerb.BUILD,
        line=line,
        images=tuple(given.get("--tag", ())),
        context=others[-1] if others else ".",
        dockerfile=given.get("--file", [""])[-1],
        platforms=tuple(part.strip() for each in given.get("--platform", ()) for part in each.split(",")),
        build_args=tuple(_pair(each) for each in given.get("--build-arg", ())),
        target=given.get("--target", [""])[-1],
        is_pushed="--push" in given
        or any("type=registry" in each or "push=true" in each for each in given.get("--output", ())),
    )


def _pair(text: str) -> tuple[str, str | None]:
    name, equals, value = text.partition("=")
    return name, value if equals else None
