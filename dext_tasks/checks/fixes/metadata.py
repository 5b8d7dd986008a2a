"""What to do about findings in metadata.json."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from dext_tasks.checks.evidence import keys_unknown
from dext_tasks.checks.fixes.documents import answer, choice, content_of, own_image
from dext_tasks.checks.fixes.edit import fixer
from dext_tasks.errors import MetadataInvalidError
from dext_tasks.extension.metadata import load, load_or_empty, parse, problems
from dext_tasks.extension.metadata_keys import duplicate_keys, shown
from dext_tasks.formats.compose import PLUGIN_IMAGE, images
from dext_tasks.formats.editing import UneditableError
from dext_tasks.formats.json_editing import moved, removed, renamed, repeats, replaced, with_one, without_repeats
from dext_tasks.formats.json_places import line
from dext_tasks.formats.json_repair import repaired
from dext_tasks.regex import regex
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from dext_tasks.checks.fixes.edit import EditedTree, Proposal
    from dext_tasks.checks.rule import Finding
    from dext_tasks.extension.metadata_keys import Key, Path

# What is asked of what a key names, once it is called right.
_READ_BY_KEY: Final = ("ui-*", "icon-*", "binary-*", "compose*", "backend-*", "api-*", "metadata-*")
_LABEL: Final = "the label "
_TAG: Final = "the image's tag"
_UI_SOCKET: Final = ("ui", "dashboard-tab", "backend", "socket")
_SOCKET: Final = ("vm", "exposes", "socket")
_PIPE: Final = "named-pipe"
_OLDER: Final = "host-socket"
# Only in these folders a backend's socket is looked for, or none is meant.
_FILE_NAME = regex(r"(?:/run/guest-services/|/|\./)([^/\\\s]+)")


def _content(finding: Finding, tree: EditedTree) -> bytes:
    return content_of(finding, tree.source.documents, tree)


@fixer("metadata-syntax", reveals=("*",))
def _syntax(finding: Finding, tree: EditedTree) -> Proposal:
    before = _content(finding, tree)
    try:
        repair = repaired(before)
        load(repair.content)
    except (UneditableError, MetadataInvalidError):
        return None
    return answer(finding, f"make it JSON: {', '.join(repair.done)}", before, repair.content)


@fixer("metadata-key-obsolete", "metadata-key-unknown", "metadata-schema", reveals=_READ_BY_KEY)
def _key(finding: Finding, tree: EditedTree) -> Proposal:
    before = _content(finding, tree)
    found = [key for key in keys_unknown(before) if _is_about(finding, key, before)]
    if len(found) != 1:
        return None
    try:
        return _of_key(finding, tree, before, found[0])
    except UneditableError:
        return None


def _is_about(finding: Finding, key: Key, content: bytes) -> bool:
    """Whether a finding is about a key, which it names at its line, or by what was meant."""
    if key.fix and finding.about == shown(key.place_meant):
        return True
    name = key.name if finding.rule.code == "metadata-schema" else key.shown
    is_named = any(f"{excerpt(name)} {rest}" in finding.what for rest in ("means", "is not"))
    return is_named and finding.place.line == line(content, key.at)


def _of_key(finding: Finding, tree: EditedTree, before: bytes, key: Key) -> Proposal:
    if key.replacement.startswith("nothing"):
        return answer(finding, f"remove {key.shown}, which nothing reads", before, removed(before, key.at))
    if key.replacement.startswith(_LABEL):
        return _labelled(finding, tree, before, key)
    if key.replacement.endswith(".socket"):
        return _socket(finding, before, key)
    if key.replacement:
        return _versioned(finding, before, key) if key.replacement == _TAG else None
    if key.meant:
        return _renamed(finding, before, key)
    return _at_home(finding, before, key)


def _versioned(finding: Finding, before: bytes, key: Key) -> Proposal:
    """A version that desktops take from the tag; what else of the project reads it nobody knows."""
    question = f"desktops do not read {key.shown} of metadata.json, but the tag; is it needed by nothing else?"
    return choice(finding, question, before, {f"yes: remove {key.shown}": removed(before, key.at)})


def _labelled(finding: Finding, tree: EditedTree, before: bytes, key: Key) -> Proposal:
    """What a label says already is said twice, once in vain."""
    label = key.replacement.removeprefix(_LABEL)
    known = tree.source.labels_or_unknown
    if known is None or label in known.unknown or not (said := known.values.get(label)):
        return None
    value, after = _value(before, key.at), removed(before, key.at)
    if said == value:
        return answer(finding, f"remove {key.shown}: the label {label} says the same", before, after)
    question = (
        f"the label {label} says {excerpt(said)}, and {key.shown} {excerpt(json.dumps(value))}: is the label right?"
    )
    return choice(finding, question, before, {f"yes: remove {key.shown}": after})


def _value(content: bytes, path: Path) -> Any:  # noqa: ANN401 - any value
    found: Any = load_or_empty(content)
    for each in path:
        found = found[each]
    return found


def _socket(finding: Finding, before: bytes, key: Key) -> Proposal:
    """Of the keys that once named a socket, the value for the one that is left."""
    value = _file_name(_value(before, key.at))
    parent = _value(before, key.at[:-1])
    if not value or (key.name == _PIPE and _OLDER in parent):
        return None
    target = (*key.at[:-1], "socket")
    if "socket" not in parent:
        after = renamed(replaced(before, key.at, value) if value != parent[key.name] else before, key.at, "socket")
        return answer(finding, f"rename {key.shown} to {key.replacement}", before, after)
    alone = removed(before, key.at)
    if parent["socket"] == value:
        return answer(finding, f"remove {key.shown}: {key.replacement} says the same", before, alone)
    return choice(
        finding,
        f"which is the name of the socket, that of {key.replacement} or that of {excerpt(key.name)}?",
        before,
        {
            f"{parent['socket']}, as {key.replacement} says": alone,
            f"{value}, as {key.name} says": replaced(alone, target, value),
        },
    )


def _file_name(value: object) -> str:
    """The name of a socket's file; empty if the value is another thing."""
    if not isinstance(value, str) or not value or value != value.strip():
        return ""
    found = _FILE_NAME.fullmatch(value)
    name = found[1] if found else value
    return "" if any(mark in name for mark in "/\\: ") else name


def _renamed(finding: Finding, before: bytes, key: Key) -> Proposal:
    after = renamed(before, key.at, key.meant)
    if key.is_misspelt:
        return answer(finding, f"rename {key.shown} to {key.meant}, which is missing there", before, after)
    options = {f"rename it to {key.meant}": after, "remove it": removed(before, key.at)}
    return choice(finding, f"is {excerpt(key.shown)} meant to be {key.meant}?", before, options)


def _at_home(finding: Finding, before: bytes, key: Key) -> Proposal:
    """Where a key belongs that stands in another place."""
    options = {}
    for home in key.homes:
        path = () if home == "the root" else tuple(home.split("."))
        if _is_free(load_or_empty(before), (*path, key.name)):
            options[f"move it to {home}"] = moved(before, key.at, (*path, key.name))
    if len(key.homes) > 1:
        return choice(finding, f"where does {excerpt(key.shown)} belong?", before, options)
    for what, after in options.items():
        return answer(finding, f"{what.replace('it', excerpt(key.shown), 1)}, the only place for it", before, after)
    return None


def _is_free(data: object, path: Path) -> bool:
    """Whether a member can be made at a path of objects, which are there but for the last one at most."""
    for number, key in enumerate(path):
        if not isinstance(data, dict):
            return False
        if key not in data:
            return number >= len(path) - 2
        data = data[key]
    return False


@fixer("metadata-key-duplicate")
def _duplicate(finding: Finding, tree: EditedTree) -> Proposal:
    before = _content(finding, tree)
    named = [path for path in duplicate_keys(before) if finding.place.line == line(before, path)]
    found = [path for path in named if f"{excerpt(shown(path))} is there twice" in finding.what]
    if len(found) != 1:
        return None
    path = found[0]
    try:
        return answer(finding, f"keep {shown(path)} once, with its one value", before, without_repeats(before, path))
    except UneditableError:
        kept = {excerpt(json.dumps(value)): number for number, value in enumerate(repeats(before, path))}
    options = {f"keep {value}": with_one(before, path, number) for value, number in kept.items()}
    return choice(finding, f"which value has {excerpt(shown(path))}?", before, options)


@fixer("metadata-value-invalid")
def _value_invalid(finding: Finding, tree: EditedTree) -> Proposal:
    before = _content(finding, tree)
    for problem in problems(load_or_empty(before)):
        is_meant = finding.place.line == line(before, problem.path) and f"{problem.where}: " in finding.what
        if is_meant and problem.keyword == "pattern" and problem.path in {_SOCKET, _UI_SOCKET}:
            name = _file_name(_value(before, problem.path))
            after = replaced(before, problem.path, name) if name else before
            return answer(finding, f"name the file of the socket alone: {excerpt(name)}", before, after)
    return None


@fixer("metadata-sockets-differ")
def _sockets_differ(finding: Finding, tree: EditedTree) -> Proposal:
    before = _content(finding, tree)
    asked, served = _value(before, _UI_SOCKET), _value(before, _SOCKET)
    options = {
        f"{excerpt(served)}, as vm.exposes.socket says": replaced(before, _UI_SOCKET, served),
        f"{excerpt(asked)}, as ui.dashboard-tab.backend.socket says": replaced(before, _SOCKET, asked),
    }
    return choice(finding, "which socket does the backend serve?", before, options)


@fixer("metadata-backend-twice")
def _backend_twice(finding: Finding, tree: EditedTree) -> Proposal:
    before = _content(finding, tree)
    options = {
        "the services of the compose file: remove vm.image": removed(before, ("vm", "image")),
        "the image alone: remove vm.composefile": removed(before, ("vm", "composefile")),
    }
    return choice(finding, "what is the backend?", before, options)


@fixer("backend-image-hardcoded")
def _image_hardcoded(finding: Finding, tree: EditedTree) -> Proposal:
    before = _content(finding, tree)
    vm = parse(before).vm
    reference = images.reference(vm.image) if vm else None
    if reference is None:
        return None
    after = replaced(before, ("vm", "image"), PLUGIN_IMAGE)
    return own_image(finding, tree, reference, (before, after))
