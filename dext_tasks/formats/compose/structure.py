"""Whether a compose file has the keys, shapes and values that Compose asks for."""

from __future__ import annotations

import re
from difflib import get_close_matches
from itertools import islice
from typing import TYPE_CHECKING

from dext_tasks.formats.compose import keys
from dext_tasks.formats.compose.model import Fault, FaultKind
from dext_tasks.formats.compose.tree import Mapping, Scalar, Sequence, Value
from dext_tasks.formats.compose.variables import as_started, is_resolved
from dext_tasks.formats.excerpt import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dext_tasks.formats.compose.forms import Form

_NAME = re.compile(r"[a-zA-Z0-9._-]+")
# Networks may be called anything.
_NAMED_SECTIONS = ("volumes", "secrets", "configs")
_OTHER_SOURCES = ("build", "extends", "provider")
_LONGEST_COMPARED = 40
_MOST_COMPARED = 200


def faults(root: Value | None) -> Iterator[Fault]:
    """Everything in which the tree has not the form of a compose file."""
    if not isinstance(root, Mapping):
        yield _fault("the file is empty" if root is None else f"the file is {_said(root)}, not a mapping", root)
        return
    yield from _services(root)
    yield from _sections(root)
    yield from _value(root, keys.FILE, "", root.line)


def _services(root: Mapping) -> Iterator[Fault]:
    services = root.get("services")
    if services is None and "include" not in root.entries:
        yield _fault("there are no services", root)
    if not isinstance(services, Mapping):
        return
    if not services.entries:
        yield _fault("there are no services", services)
    for name, service in services.entries.items():
        yield from _service(name, service, services.lines.get(name, service.line))


def _service(name: str, service: Value, line: int) -> Iterator[Fault]:
    path = below("services", name)
    if not _NAME.fullmatch(name):
        yield fault(f"{path}: a service's name has letters, digits, '.', '_' and '-' only", line)
    # "service X has neither an image nor a build context specified"
    # https://github.com/compose-spec/compose-go/blob/main/loader/validate.go
    if isinstance(service, Mapping) and not _has_source(service):
        yield fault(f"{path} has neither an image nor a build context specified", line)


def _has_source(service: Mapping) -> bool:
    image = service.get("image")
    is_empty = isinstance(image, Scalar) and not as_started(image.text)
    return any(map(service.get, _OTHER_SOURCES)) or not (image is None or is_empty)


def _sections(root: Mapping) -> Iterator[Fault]:
    for section in _NAMED_SECTIONS:
        entries = root.get(section)
        if isinstance(entries, Mapping):
            for name in entries.entries:
                if not _NAME.fullmatch(name):
                    what = f"{below(section, name)}: a name here has letters, digits, '.', '_' and '-' only"
                    yield fault(what, line_of(entries, name))


def _value(value: Value, form: Form, path: str, line: int) -> Iterator[Fault]:
    if value.kind not in form.kinds:
        hint = "; write it in quotes" if value.kind in {"number", "boolean"} and "string" in form.kinds else ""
        yield fault(f"{path} is {_said(value)}, not {form}{hint}", line)
    elif isinstance(value, Mapping):
        yield from _keys(value, form, path, line)
    elif isinstance(value, Sequence):
        yield from _items(value, form, path)
    else:
        yield from _words(value, form, path, line)


def _items(value: Sequence, form: Form, path: str) -> Iterator[Fault]:
    if form.items:
        for index, item in enumerate(value.items):
            yield from _value(item, form.items, f"{path}.{index}", item.line)


def _words(value: Scalar, form: Form, path: str, line: int) -> Iterator[Fault]:
    text = as_started(value.text)
    if value.kind == "string" and form.words and is_resolved(text) and not form.words.fullmatch(text):
        yield fault(f"{path} is {said(value.text)}, not {form.said}", line)


def _keys(mapping: Mapping, form: Form, path: str, line: int) -> Iterator[Fault]:
    yield from (fault(f"{below(path, key)} is there twice", place) for key, place in mapping.duplicates)
    yield from (fault(f"{path}: {what}" if path else what, place) for what, place in mapping.odd)
    for key in form.required:
        if key not in mapping.entries:
            yield fault(f"{path}: {key} is missing", line)
    for key, value in mapping.entries.items():
        place = line_of(mapping, key)
        wanted = form.keys.get(key, form.others)
        if wanted:
            yield from _value(value, wanted, below(path, key), place)
        elif not key.startswith("x-"):
            what = f"{below(path, key)}: Additional property {excerpt(key)} is not allowed{nearest(key, form.keys)}"
            yield fault(what, place)


def nearest(name: str, known: Iterable[str]) -> str:
    """What a name was probably meant to be, as the end of a sentence."""
    found = get_close_matches(name[:_LONGEST_COMPARED], islice(known, _MOST_COMPARED), n=1)
    return f"; did you mean {excerpt(found[0])}?" if found else ""


def below(path: str, key: str) -> str:
    """The path of a key."""
    return f"{path}.{excerpt(key)}" if path else excerpt(key)


def line_of(mapping: Mapping, key: str) -> int:
    """Line of a key."""
    return mapping.lines.get(key, mapping.line)


def said(text: str) -> str:
    """A text as written and, if that is something else, as it is on a user's machine."""
    started = as_started(text)
    return repr(excerpt(text)) if started == text else f"{excerpt(text)!r}, on a user's machine {excerpt(started)!r}"


def is_active(service: Mapping) -> bool:
    """Whether a service is started at all: one with a profile is not, and Compose asks nothing more of it."""
    profiles = service.get("profiles")
    return not (isinstance(profiles, Sequence) and profiles.items)


def fault(what: str, line: int) -> Fault:
    """What Compose would refuse for."""
    return Fault(FaultKind.STRUCTURE, what, line)


def _said(value: Value) -> str:
    return {"mapping": "a mapping", "list": "a list", "null": "empty"}.get(value.kind, f"a {value.kind}")


def _fault(what: str, value: Value | None) -> Fault:
    return fault(what, value.line if value else 0)
