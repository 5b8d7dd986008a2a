"""metadata.json: what an extension brings, read without judging it, and the schema it is judged by.

Fields: https://docs.docker.com/extensions/extensions-sdk/architecture/metadata/
"""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files
from posixpath import normpath
from typing import Any, NamedTuple

from dext_tasks.errors import MetadataInvalidError
from dext_tasks.formats import json_syntax
from dext_tasks.formats.executable.binary import HostOS
from dext_tasks.formats.json_syntax import JsonSyntaxError
from dext_tasks.limits import LARGEST_DOCUMENT
from dext_tasks.regex import regex
from dext_tasks.wording import excerpt

FILE = "/metadata.json"
_LONGEST = 200

# What people write where the path of a file in the image is expected. A scheme of one letter is a drive.
_ADDRESS = regex(
    r"[a-z][a-z0-9+.-]+://|(?:blob|data|file|javascript):|//[\w-]+(?:\.[\w-]+)+/|git@|(?:localhost|[\w-]+\.[\w.-]+):\d",
    re.IGNORECASE,
)
_WINDOWS_PATH = regex(r"[a-z]:/|[^\\]*\\", re.IGNORECASE)


class UI(NamedTuple):
    """The dashboard tab.

    Attributes:
        title: Name of the tab.
        root: Absolute path in the image of the folder with the UI's files.
        src: Entry page relative to root, query string and all.
        socket: Backend socket the tab names, possibly empty.
    """

    title: str
    root: str
    src: str
    socket: str

    @property
    def entry(self) -> str:
        """Absolute path in the image of the entry page."""
        if misnomer(self.root):
            return f"{self.root}/{self.src}"
        if misnomer(f"/{self.src}"):
            return f"/{self.src}"
        return absolute(f"{self.root}/{re.split('[?#]', self.src, maxsplit=1)[0]}")


class VM(NamedTuple):
    """The backend.

    Attributes:
        image: Image to run, possibly empty.
        composefile: Absolute path in the image of a compose file, possibly empty.
        socket: Name of the socket file under /run/guest-services, possibly empty.
    """

    image: str
    composefile: str
    socket: str

    @property
    def is_run(self) -> bool:
        """Whether there is something to start."""
        return bool(self.image or self.composefile)


class HostBinary(NamedTuple):
    """A file for the user's machine."""

    os: HostOS
    path: str


class Metadata(NamedTuple):
    """What metadata.json names; parts that are absent are empty or None."""

    icon: str
    ui: UI | None
    vm: VM | None
    binaries: tuple[HostBinary, ...]


@dataclass(frozen=True)
class SchemaProblem:
    """A place where the document does not follow the schema.

    Attributes:
        where: Path of keys, ``(root)`` for the document itself, as Docker's validator writes it.
        what: What is wrong.
        keyword: The schema keyword that was violated.
        path: Keys and numbers from the root to the place.
        fix: What to do about it; empty where that is not the same for all.
    """

    where: str
    what: str
    keyword: str
    path: tuple[str | int, ...] = field(default=(), compare=False)
    fix: str = field(default="", compare=False)


# Of 134 published ones none has more than 112, and none names more than 30 host binaries; each is looked for.
_MOST_VALUES = 2000
_MOST_BINARIES = 300


def load(content: bytes) -> dict[str, Any]:
    """Read the JSON document, as strictly as desktops do.

    Raises:
        MetadataInvalidError: It is not a JSON object, with line and column, or larger than what is looked at.
    """
    found = _loaded(content)
    if isinstance(found, MetadataInvalidError):
        raise found.with_traceback(None)
    return found


def load_or_empty(content: bytes) -> dict[str, Any]:
    """The same; an empty object for what cannot be read."""
    try:
        return load(content)
    except MetadataInvalidError:
        return {}


# One rule after another reads the same document, and a large one that is refused takes its time, too.
@lru_cache(maxsize=16)
def _loaded(content: bytes) -> dict[str, Any] | MetadataInvalidError:
    try:
        return _few(json_syntax.loads(_decoded(content)))
    except MetadataInvalidError as error:
        return error
    except JsonSyntaxError as error:
        return _invalid(error.fault.what, error.fault.line, error.fault.column)


def _few(data: object) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise _invalid("the document is not an object")
    if _has_more_values(data, _MOST_VALUES):
        raise _too_large(f"has more than {_MOST_VALUES} values")
    if (named := len(_binaries(data))) > _MOST_BINARIES:
        raise _too_large(f"names {named} host binaries, more than {_MOST_BINARIES}")
    return data


def _has_more_values(data: object, most: int) -> bool:
    waiting = [data]
    seen = 0
    while waiting and seen <= most:
        value = waiting.pop()
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        seen += len(inner)
        waiting += inner if seen <= most else ()
    return seen > most


def _decoded(content: bytes) -> str:
    if len(content) > LARGEST_DOCUMENT:
        raise _too_large(f"is larger than {LARGEST_DOCUMENT >> 20} MiB")
    if content.startswith(BOM_UTF8):
        # Neither Go nor JSON.parse reads on: https://github.com/golang/go/issues/12254
        raise _invalid("it begins with a byte order mark", 1, 1)
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise _invalid(f"byte {error.start} is not UTF-8", content.count(b"\n", 0, error.start) + 1) from error


# One rule after another reads the same document.
@lru_cache(maxsize=16)
def parse(content: bytes) -> Metadata:
    """Read what the document names; parts of the wrong type count as absent, the schema reports them.

    Raises:
        MetadataInvalidError: It is not a JSON object.
    """
    data = load(content)
    return Metadata(_path(data, "icon"), _ui(data), _vm(data), _binaries(data))


def read_or_none(content: bytes | None) -> Metadata | None:
    """What a metadata.json names; None if it is not there, or cannot be read."""
    try:
        return parse(content) if content is not None else None
    except MetadataInvalidError:
        return None


def schema() -> dict[str, Any]:
    """Our JSON schema of metadata.json; strict at the root, as Docker's own is."""
    document: dict[str, Any] = json.loads((files(__package__) / "metadata.schema.json").read_text(encoding="utf-8"))
    return document


@cache
def _validator() -> Any:  # noqa: ANN401 - a protocol jsonschema types loosely
    from jsonschema import Draft7Validator

    return Draft7Validator(schema())


def problems(data: dict[str, Any]) -> tuple[SchemaProblem, ...]:
    """Everything in which the document does not follow the schema, in document order."""
    found = sorted(_validator().iter_errors(data), key=lambda error: [str(part) for part in error.absolute_path])
    return tuple(problem for error in found for problem in _problems(error))


def _problems(error: Any) -> list[SchemaProblem]:  # noqa: ANN401 - as _validator
    path = tuple(error.absolute_path)
    where = ".".join(map(str, path)) or "(root)"
    if error.validator == "additionalProperties":
        names = sorted(set(error.instance) - set(error.schema.get("properties", {})))
        # gojsonschema's wording, which authors can search for.
        return [
            SchemaProblem(where, f"Additional property {name} is not allowed", error.validator, (*path, name))
            for name in names
        ]
    if error.validator == "required":
        names = [name for name in error.validator_value if name not in error.instance]
        # Each of them is an error of its own, in this order.
        name = next(each for each in names if error.message.startswith(repr(each)))
        return [SchemaProblem(where, f"{name} is required", error.validator, (*path, name), f"add {name}")]
    what, fix = _violation(error)
    return [SchemaProblem(where, what, error.validator, path, fix)]


def _violation(error: Any) -> tuple[str, str]:  # noqa: ANN401 - as _validator
    """What is wrong, and what to do about it."""
    if error.validator == "not":
        return "image and composefile exclude each other", ""
    if error.validator == "type":
        given = _json_type(error.instance)
        return f"expected {error.validator_value}, given {given}", f"write {_ARTICLES[error.validator_value]} there"
    # What is left are lengths and patterns.
    if error.instance:
        return f"expected the name of a file, given {error.instance!r}", "write the name of the file alone"
    return "expected a string, given none", "give it a string, or remove the key"


_ARTICLES = {"object": "an object {…}", "array": "an array […]", "string": "a string in double quotes"}


def _json_type(value: object) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")


def absolute(path: str) -> str:
    """A path of metadata.json as desktops resolve it: from the image's root, never from its working folder."""
    return normpath(f"/{path.strip('/')}").replace("//", "/") if path else ""


def misnomer(path: str) -> str:
    """What a path that the document names is instead, such as ``the address https://…``; empty if it is a path.

    Args:
        path: As ``parse`` gives it.
    """
    written = path.removeprefix("/")
    if _ADDRESS.match(written) or _ADDRESS.match(written.lstrip("/")):
        return f"the address {excerpt(written, _LONGEST)}"
    return f"the Windows path {excerpt(written, _LONGEST)}" if _WINDOWS_PATH.match(written) else ""


def _path(data: object, *keys: str) -> str:
    written = _text(data, *keys)
    # What is not a path stays as written: two slashes are right in an address.
    return f"/{written}" if misnomer(f"/{written}") else absolute(written)


def _text(data: object, *keys: str) -> str:
    value = _get(data, *keys)
    return value if isinstance(value, str) else ""


def _get(data: object, *keys: str) -> object:
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data


def _ui(data: object) -> UI | None:
    tab = _get(data, "ui", "dashboard-tab")
    if not isinstance(tab, dict):
        return None
    root = _path(tab, "root") or "/"
    return UI(_text(tab, "title"), root, _text(tab, "src"), _text(tab, "backend", "socket"))


def _vm(data: object) -> VM | None:
    vm = _get(data, "vm")
    if not isinstance(vm, dict):
        return None
    return VM(_text(vm, "image"), _path(vm, "composefile"), _text(vm, "exposes", "socket"))


def _binaries(data: object) -> tuple[HostBinary, ...]:
    groups = _get(data, "host", "binaries")
    return tuple(
        HostBinary(os, path)
        for group in (groups if isinstance(groups, list) else [])
        for os in HostOS
        for entry in _list(group, os)
        if (path := _path(entry, "path"))
    )


def binary_places(content: bytes) -> dict[str, tuple[str | int, ...]]:
    """Where the document names each host binary, as keys and numbers from its root, by absolute path in the image.

    Raises:
        MetadataInvalidError: It is not a JSON object.
    """
    groups = _get(load(content), "host", "binaries")
    return {
        path: ("host", "binaries", number, os.value, place, "path")
        for number, group in enumerate(groups if isinstance(groups, list) else [])
        for os in HostOS
        for place, entry in enumerate(_list(group, os))
        if (path := _path(entry, "path"))
    }


def _list(group: object, os: HostOS) -> list[object]:
    found = _get(group, os.value)
    return found if isinstance(found, list) else []


def _too_large(what: str) -> MetadataInvalidError:
    return MetadataInvalidError(f"metadata.json {what}", remedy="name only what a desktop installs")


def _invalid(why: str, line: int = 0, column: int = 0) -> MetadataInvalidError:
    place = ", ".join(f"{name} {number}" for name, number in (("line", line), ("column", column)) if number)
    message = ": ".join(filter(None, ("metadata.json", place, why)))
    return MetadataInvalidError(
        message, remedy="correct the file; any JSON editor shows the place", line=line, column=column
    )
