"""What the files of a compose project ask for before compose reads them.

Compose itself opens what ``include``, ``extends``, ``env_file`` and ``label_file`` name, and replaces variables by
those of its process, so both are looked for in the files as they are written.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from itertools import dropwhile
from posixpath import dirname, join, normpath
from typing import TYPE_CHECKING

from dext_tasks.extension.grants.kinds import Asked, Grant, once
from dext_tasks.formats.compose.model import items_of
from dext_tasks.formats.compose.tree import Mapping, Scalar, TreeError, Value, read_all
from dext_tasks.limits import LARGEST_VALUE
from dext_tasks.regex import regex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dext_tasks.extension.grants.machine import HostMachine

# https://github.com/docker/compose/blob/v2.26.1/pkg/remote: git and oci; what looks like either is fetched.
_REMOTE = regex(r"[a-z][a-z0-9+.-]*://|git@|github\.com/|.*\.git(?:[#:/]|$)|.*#", re.IGNORECASE)
# https://github.com/compose-spec/compose-go/blob/main/template/template.go: names in any case.
_VARIABLE = regex(
    r"\$(?:(?P<escaped>\$)|(?P<bare>[A-Za-z_]\w*)|\{(?P<name>[A-Za-z_]\w*)(?P<operator>:?[-+?])?)", re.ASCII
)
# A name without a value is the caller's: https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/
_LINE = regex(r"\s*(?:export\s+)?(?P<name>[A-Za-z_][\w.-]*)\s*(?P<rest>[=:].*)?$", re.ASCII)
# A line that means the same wherever it stands; after any other one a quoted value may go on, or a name follow it.
# https://github.com/compose-spec/compose-go/blob/main/dotenv/parser.go
_PLAIN_LINE = regex(
    r"""\s*(?:\#.*|(?:export\s+)?[\w.-]+\s*(?:[=:]\s*(?:'[^'\\]*'\s*|"[^"\\]*"\s*|[^\s'"].*)?(?:\#.*)?)?)?""", re.ASCII
)
_MOST_FILES = 100


class UnreadableError(Exception):
    """A file cannot be judged, and so must not be given to compose.

    Args:
        path: Of the file.
        why: It cannot be read.
    """

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path} cannot be read: {why}")
        self.path = path
        self.why = why


@dataclass(frozen=True)
class Variables:
    """Variables by which compose replaces.

    Attributes:
        given: Those of its process; they go before all others.
        files: Files that define more, the extension's own.
        defined: Those that are set besides.
    """

    given: frozenset[str] = frozenset()
    files: tuple[str, ...] = ()
    defined: frozenset[str] = frozenset()


def asked_by_files(
    composefile: str, variables: Variables, machine: HostMachine, read: Callable[[str], bytes | None]
) -> tuple[Asked, ...]:
    """Everything that a compose file and those it names ask for as files, each once.

    Args:
        composefile: Its path.
        variables: By which compose replaces.
        machine: Where it would run.
        read: Reads one of the extension's own files; None if it is not there.

    Raises:
        UnreadableError: One of them cannot be judged.
    """
    return once(_Search(variables, machine, read).run(composefile))


@dataclass(frozen=True)
class _Place:
    """Who names a file, and where in the compose file.

    Attributes:
        by: Such as ``service backend``.
        path: Keys that lead to it.
    """

    by: str
    path: tuple[str, ...]

    def asks(self, kind: str, value: str) -> Asked:
        return Asked(Grant(kind, value), self.by, self.path)


@dataclass
class _Search:
    """One walk through the files.

    Attributes:
        variables: By which compose replaces.
        machine: Where they are.
        read: Reads a file.
        defined: Variables that the extension defines itself.
        waiting: Compose files that are still to be read, each with the folder its paths start from.
    """

    variables: Variables
    machine: HostMachine
    read: Callable[[str], bytes | None]
    defined: set[str] = field(default_factory=set)
    waiting: deque[tuple[str, str]] = field(default_factory=deque)

    def run(self, composefile: str) -> list[Asked]:
        self.defined |= self.variables.defined
        found = [each for file in self.variables.files for each in self._of_env_file(file, self.defined)]
        self.waiting.append((composefile, dirname(composefile)))
        seen: set[tuple[str, str]] = set()
        while self.waiting:
            following = self.waiting.popleft()
            if following in seen:
                continue
            seen.add(following)
            if len(seen) > _MOST_FILES:
                return [*found, Asked(Grant("unknown", "include"), f"more than {_MOST_FILES} files")]
            found += self._of_composefile(*following)
        return found

    def _of_composefile(self, path: str, folder: str) -> Iterator[Asked]:
        content = self.read(path)
        if content is None:
            # Compose says so.
            return
        try:
            documents = read_all(content)
        except TreeError as error:
            raise UnreadableError(path, str(error)) from error
        for document in documents:
            for text in _texts(document):
                yield from self._of_text(text)
            if isinstance(document, Mapping):
                for item in items_of(document.get("include")):
                    yield from self._of_include(item, folder)
                services = document.get("services")
                for name, service in services.entries.items() if isinstance(services, Mapping) else ():
                    if isinstance(service, Mapping):
                        yield from self._of_service(service, folder, name)

    def _of_include(self, item: Value, folder: str) -> Iterator[Asked]:
        paths = items_of(item.get("path") if isinstance(item, Mapping) else item)
        included = _Place("include", ("include",))
        # Of several, the first one is the main one; the others' paths start from where its paths do.
        # https://github.com/compose-spec/compose-go/blob/main/loader/include.go (ApplyInclude)
        first = paths[0] if paths else None
        base = dirname(join(folder, first.text)) if isinstance(first, Scalar) else folder
        if isinstance(item, Mapping):
            place = item.get("project_directory")
            if isinstance(place, Scalar):
                yield from self._of_file(place, folder, included, lambda _: ())
                base = join(folder, place.text)
            for each in items_of(item.get("env_file")):
                # From either folder, whichever compose of which age takes.
                for start in dict.fromkeys((folder, base)):
                    yield from self._of_file(each, start, included, self._of_own_env_file)
        for each in paths:
            yield from self._of_file(each, folder, included, lambda path: self._later(path, base))
        if self.machine.is_own(base):
            yield from self._of_own_env_file(join(base, ".env"))

    def _of_service(self, service: Mapping, folder: str, name: str) -> Iterator[Asked]:
        def place(key: str) -> _Place:
            return _Place(f"service {name}", ("services", name, key))

        for key in ("env_file", "label_file"):
            for item in items_of(service.get(key)):
                path = item.get("path") if isinstance(item, Mapping) else item
                yield from self._of_file(path, folder, place(key), self._of_own_env_file)
        extends = service.get("extends")
        if isinstance(extends, Mapping) and (file := extends.get("file")):
            yield from self._of_file(file, folder, place("extends"), lambda path: self._later(path, dirname(path)))
        environment = service.get("environment")
        names = (
            [name for name, value in environment.entries.items() if value.kind == "null"]
            if isinstance(environment, Mapping)
            else [each.text for each in items_of(environment) if isinstance(each, Scalar) and "=" not in each.text]
        )
        for variable in names:
            if self._is_callers(variable):
                yield place("environment").asks("environment", variable)

    def _later(self, path: str, folder: str) -> tuple[Asked, ...]:
        self.waiting.append((path, folder))
        return ()

    def _of_file(
        self,
        value: Value | None,
        folder: str,
        place: _Place,
        go_on: Callable[[str], tuple[Asked, ...] | Iterator[Asked]],
    ) -> Iterator[Asked]:
        """What it takes to have a file read, and what is in it if it is the extension's own."""
        if not isinstance(value, Scalar):
            if value is not None:
                yield place.asks("unknown", "file")
            return
        text = value.text
        if not text:
            return
        if _REMOTE.match(text):
            yield place.asks("remote-file", text)
        elif "$" in text or text.startswith("~"):
            # Where it leads is known only when it is too late; a file of variables may replace a default.
            yield place.asks("host-file", text)
        elif not self.machine.is_own(path := join(folder, text)):
            yield from (place.asks("host-file", real) for real in self.machine.real_paths(path))
        else:
            yield from go_on(normpath(path))

    def _of_own_env_file(self, path: str) -> Iterator[Asked]:
        return self._of_env_file(path, set(self.defined))

    def _of_env_file(self, path: str, defined: set[str]) -> Iterator[Asked]:
        """What an own file of variables asks for; what it defines is added as it goes.

        Raises:
            UnreadableError: Only its beginning was read.
        """
        content = self.read(path) or b""
        if len(content) > LARGEST_VALUE:
            raise UnreadableError(path, f"larger than {LARGEST_VALUE >> 10} KiB")
        # Nothing but a line feed ends a line for compose, and a byte order mark is not part of a name.
        lines = content.decode("utf-8-sig", errors="replace").split("\n")
        yield from self._of_odd_lines("\n".join(dropwhile(_PLAIN_LINE.fullmatch, lines)))
        for line in lines:
            if line.lstrip().startswith("#"):
                continue
            found = _LINE.match(line)
            if found and not found["rest"] and self._is_callers(found["name"], defined):
                yield Asked(Grant("environment", found["name"]), "file of variables")
            elif not _is_literal(line):
                yield from self._of_text(line, defined)
            if found and found["rest"]:
                defined.add(found["name"])

    def _of_odd_lines(self, text: str) -> Iterator[Asked]:
        """What lines may ask for of which it is not known where values begin and end."""
        names = [
            name for name in sorted(self.variables.given) if re.search(rf"(?<![A-Za-z_]){re.escape(name)}(?!\w)", text)
        ]
        yield from (Asked(Grant("environment", name), "file of variables") for name in names)
        if "\\0" in text:
            # Stands for any character, in names of variables, too.
            yield Asked(Grant("unknown", "env_file"), "file of variables")

    def _of_text(self, text: str, defined: set[str] | None = None) -> Iterator[Asked]:
        for found in _VARIABLE.finditer(text):
            name = found["bare"] or found["name"] or ""
            # With a default, or where its absence is as good, nothing of the caller's is needed.
            is_optional = bool(found["operator"]) and not found["operator"].endswith("?")
            if name and (name in self.variables.given or not is_optional) and self._is_callers(name, defined):
                yield Asked(Grant("environment", name))

    def _is_callers(self, name: str, defined: set[str] | None = None) -> bool:
        return name in self.variables.given or name not in (self.defined if defined is None else defined)


def _texts(value: Value) -> Iterator[str]:
    """Every string of a document, keys included."""
    if isinstance(value, Scalar):
        yield value.text
    elif isinstance(value, Mapping):
        for key, child in value.entries.items():
            yield key
            yield from _texts(child)
    else:
        for child in value.items:
            yield from _texts(child)


def _is_literal(line: str) -> bool:
    """Whether a line of a file of variables has its value in single quotes, where nothing is replaced."""
    value = line.partition("=")[2].strip()
    return len(value) > 1 and value.startswith("'") and value.endswith("'") and "'" not in value[1:-1]
