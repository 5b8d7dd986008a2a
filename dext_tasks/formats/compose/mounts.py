"""The ``volumes`` of a service.

Syntax: https://github.com/compose-spec/compose-spec/blob/main/05-services.md#volumes
"""

from __future__ import annotations

from posixpath import normpath
from typing import TYPE_CHECKING

from dext_tasks.formats.compose.model import Mount
from dext_tasks.formats.compose.tree import Mapping, Scalar, Sequence, Value
from dext_tasks.formats.compose.variables import ALWAYS_SET, with_defaults
from dext_tasks.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator

# A variable without default before a path, such as ${HOME}/.kube, is a path on the host, too.
_HOST_PATH = regex(rf"[/.~\\]|[A-Za-z]:|\$\{{?[^}}/\\]*\}}*[/\\]|\$\{{?(?:{'|'.join(sorted(ALWAYS_SET))})\b")
# A colon behind a drive letter, which any single letter is taken for, or inside ${...} separates nothing.
_DRIVE = regex(r"[A-Za-z]:")
_MARK = regex(r"\$\{|[}:]")
# Compose takes a string of two characters for the path in the container, whatever they are:
# https://github.com/compose-spec/compose-go/blob/main/format/volume.go
_LONGEST_TARGET = 2
HOST_KINDS = frozenset({"bind", "npipe"})


def mounts(value: Value | None) -> Iterator[Mount]:
    """What is mounted, entries of the wrong shape left out."""
    for item in value.items if isinstance(value, Sequence) else ():
        if isinstance(item, Mapping):
            yield _long(item)
        elif isinstance(item, Scalar) and item.text:
            yield _short(with_defaults(item.text), item.line)


def parts(text: str) -> list[str]:
    """What stands between the colons of ``SOURCE:TARGET:OPTIONS``."""
    found: list[str] = []
    begin = depth = 0
    at = _behind_drive(text, 0)
    while mark := _MARK.search(text, at):
        at = mark.end()
        if mark[0] == ":" and not depth:
            found.append(text[begin : mark.start()])
            begin, at = at, _behind_drive(text, at)
        elif mark[0] != ":":
            depth = max(0, depth + (1 if mark[0] == "${" else -1))
    return [*found, text[begin:]]


def _behind_drive(text: str, at: int) -> int:
    drive = _DRIVE.match(text, at)
    return drive.end() if drive else at


def leaves_folder(path: str) -> bool:
    """Whether a path on the host is not in the folder of the compose file."""
    if path.startswith("."):
        return normpath(path.replace("\\", "/")).split("/")[0] == ".."
    return _HOST_PATH.match(path) is not None


def _short(text: str, line: int) -> Mount:
    found = parts(text) if len(text) > _LONGEST_TARGET else [text]
    if len(found) < 2:  # noqa: PLR2004 - source and target
        return Mount("", text, read_only=False, is_bind=False, is_short=True, line=line)
    source, target, *options = found
    flags = ",".join(options).split(",")
    is_bind = bool(_HOST_PATH.match(source))
    return Mount(
        source, target, "ro" in flags, is_bind, is_short=True, line=line, is_named=bool(source) and not is_bind
    )


def _long(item: Mapping) -> Mount:
    source, target, kind = (_field(item, key) for key in ("source", "target", "type"))
    return Mount(
        source=source,
        target=target,
        read_only=_field(item, "read_only").lower() == "true",
        is_bind=kind in HOST_KINDS,
        is_short=False,
        line=item.line,
        is_named=kind == "volume" and bool(source),
    )


def _field(item: Mapping, key: str) -> str:
    value = item.get(key)
    return with_defaults(value.text) if isinstance(value, Scalar) else ""
