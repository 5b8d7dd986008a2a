"""The reference in docs/api.md, from signatures and docstrings of ``dext_tasks.api``."""

from __future__ import annotations

import inspect
import re
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING

from dext_tasks import api

if TYPE_CHECKING:
    from collections.abc import Iterator

_BEGIN = "<!-- reference: made by scripts/generate-docs -->\n"
_END = "<!-- /reference -->"
# What a program needs of it; the rest is how verbs use it.
_WORKSPACE = (
    "settings",
    "root",
    "check",
    "build",
    "smoke",
    "plan_release",
    "plan_from_changelog",
    "plan_from_commits",
    "begun_release",
    "release",
    "prepare_release",
    "finish_release",
    "release_notes",
    "list_releases",
    "verify_release",
    "left_behind",
    "abort_release",
    "cancel",
)
_FIRST = ("load", "Workspace")
_LINKS = {"Settings": "[settings.md](settings.md) lists them; an attribute is called as its key, `smoke_timeout`."}


def api_page(page: str) -> str:
    """docs/api.md: what is written there, with the reference as it is now."""
    before, _, rest = page.partition(_BEGIN)
    names = [*_FIRST, *(name for name in api.__all__ if name not in _FIRST)]
    return f"{before}{_BEGIN}\n{''.join(map(_entry, names))}{rest[rest.index(_END) :]}"


def _entry(name: str) -> str:
    what = getattr(api, name)
    if inspect.isfunction(what):
        return _function("###", name, what)
    if what is api.Workspace:
        return f"### `{name}`\n\n{_summary(what)}\n\n{''.join(map(_of_workspace, _WORKSPACE))}"
    lines = [_LINKS[name]] if name in _LINKS else [*_values(what), *_attributes(what), *_members(name, what)]
    listed = "".join(f"{line}\n" for line in lines)
    return f"### `{name}`\n\n{_summary(what)}\n\n{listed}{chr(10) if listed else ''}"


def _of_workspace(name: str) -> str:
    what = getattr(api.Workspace, name)
    return _function("####", name, what) if inspect.isfunction(what) else f"#### `{name}`\n\n{_summary(what)}\n\n"


def _function(heading: str, name: str, what: object) -> str:
    return f"{heading} `{name}`\n\n```text\n{name}{_signature(what)}\n```\n\n{_prose(what)}\n\n"


def _values(what: type) -> Iterator[str]:
    if issubclass(what, Enum):
        yield from (f"- `{each.name}`" for each in what)


def _attributes(what: type) -> Iterator[str]:
    """Of a dataclass or a named tuple."""
    types = {each.name: each.type for each in fields(what)} if is_dataclass(what) else {}
    if issubclass(what, tuple):
        types = what.__annotations__
    found = re.findall(r"^    (\w+): (.*(?:\n     +.*)*)", _section(what, "Attributes"), re.MULTILINE)
    texts = {name: _line(text) for name, text in found}
    for name, kind in types.items():
        if not name.startswith("_"):
            text = texts.get(name, "")
            yield f"- `{name}: {getattr(kind, '__forward_arg__', kind)}`{f': {text}' if text else ''}"


def _members(name: str, what: type) -> Iterator[str]:
    if name.startswith("Silent"):
        return
    for key, value in vars(what).items():
        if key.startswith("_"):
            continue
        if inspect.isfunction(value):
            yield f"- `{key}{_signature(value)}`: {_summary(value)}"
        elif isinstance(value, classmethod):
            yield f"- `{name}.{key}{_signature(value.__func__)}`: {_summary(value.__func__)}"
        elif isinstance(value, property | cached_property):
            yield f"- `{key}`: {_summary(value)}"


def _signature(what: object) -> str:
    shown = str(inspect.signature(what)) if callable(what) else ""
    shown = re.sub(r"(?<=\()(?:self|cls)(?:, )?", "", shown)
    # Annotations are strings; a read-only mapping without anything shows how it is made.
    return re.sub(r"(: |-> )'([^']*)'", r"\1\2", shown).replace("mappingproxy({})", "{}")


def _summary(what: object) -> str:
    return _line((inspect.getdoc(what) or "").partition("\n\n")[0])


def _line(text: str) -> str:
    return " ".join(text.replace("``", "`").split())


def _prose(what: object) -> str:
    """A whole docstring, its sections as lists."""
    text = re.sub(r"^(Args|Raises|Returns|Yields):$", r"\1:\n", inspect.getdoc(what) or "", flags=re.MULTILINE)
    listed = re.sub(r"^    (\w+): ", r"- `\1`: ", text, flags=re.MULTILINE)
    return listed.replace("\n        ", "\n  ").replace("\n    ", "\n").replace("``", "`")


def _section(what: object, name: str) -> str:
    found = re.search(rf"^{name}:\n((?:    .*\n?|\n)*)", f"{inspect.getdoc(what)}\n", re.MULTILINE)
    return found[1] if found else ""
