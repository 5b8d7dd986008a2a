"""Keys of metadata.json that mean nothing, or nothing any more, and keys that are there twice."""

from __future__ import annotations

from collections import Counter
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from dext_tasks.extension import labels
from dext_tasks.extension.metadata import schema
from dext_tasks.formats.executable.binary import HostOS
from dext_tasks.formats.json_syntax import loads
from dext_tasks.limits import LARGEST_DOCUMENT
from dext_tasks.wording import excerpt, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

Path = tuple[str | int, ...]
_ANY = "*"
_MOST = 50
# How alike names are of which one is the other, misspelt; what is less alike is only suggested.
_BEYOND_DOUBT: Final = 0.75

# Keys of earlier desktops: https://github.com/docker/extensions-sdk/releases/tag/v0.2.3 for the first two; the
# others are in samples of 2021 and 2022. Items of lists are "*".
_OBSOLETE: Mapping[tuple[str, ...], str] = {
    ("name",): f"the label {labels.TITLE}",
    ("provider",): f"the label {labels.VENDOR}",
    ("desktop-plugin-version",): f"the label {labels.API_VERSION}",
    ("desktop-plugin-name",): f"the label {labels.TITLE}",
    ("vm", "isolation"): "nothing, as every backend runs in containers",
    ("vm", "exposes", "host-socket"): "vm.exposes.socket",
    ("vm", "exposes", "named-pipe"): "vm.exposes.socket",
    ("ui", "dashboard-tab", "backend", "host-socket"): "ui.dashboard-tab.backend.socket",
    ("ui", "dashboard-tab", "backend", "named-pipe"): "ui.dashboard-tab.backend.socket",
    ("ui", "dashboard-tab", "backend", "tcp"): "ui.dashboard-tab.backend.socket",
    **{("host", "binaries", _ANY, os.value, _ANY, "install"): "nothing, as binaries are only copied" for os in HostOS},
}

# Keys that authors expect here, and which something else holds.
_MISPLACED: Mapping[tuple[str, ...], str] = {
    ("title",): f"the label {labels.TITLE}",
    ("description",): f"the label {labels.DESCRIPTION}",
    ("vendor",): f"the label {labels.VENDOR}",
    ("version",): "the image's tag",
    ("screenshots",): f"the label {labels.SCREENSHOTS}",
    ("categories",): f"the label {labels.CATEGORIES}",
    ("changelog",): f"the label {labels.CHANGELOG}",
    ("backend",): "vm, with the socket under vm.exposes",
    ("mounts",): "volumes in the compose file",
    ("vm", "exposeDockerSocket"): "a volume of /var/run/docker.sock in the compose file",
}

# What operating systems are called elsewhere.
_ALIASES: Final = {
    **dict.fromkeys(("macos", "mac", "osx"), HostOS.DARWIN.value),
    **dict.fromkeys(("win", "win32"), HostOS.WINDOWS.value),
}

# https://github.com/rancher-sandbox/rancher-desktop/blob/main/pkg/rancher-desktop/main/extensions/types.ts
RANCHER_DESKTOP: Final = frozenset({"x-rd-install", "x-rd-uninstall", "x-rd-shutdown"})


class Key(NamedTuple):
    """A key at its place.

    Attributes:
        at: Keys and numbers of items, from the root.
        known: The keys that the schema has at this place.
        meant: The one of them that is missing there, and that was probably meant; empty if there is none.
    """

    at: Path
    known: tuple[str, ...] = ()
    meant: str = ""

    @property
    def path(self) -> tuple[str, ...]:
        """The same with ``*`` for each number."""
        return tuple(_ANY if isinstance(each, int) else each for each in self.at)

    @property
    def shown(self) -> str:
        """The same for people."""
        return shown(self.at)

    @property
    def name(self) -> str:
        """The key itself."""
        return str(self.at[-1])

    @property
    def is_misspelt(self) -> bool:
        """Whether it is beyond doubt what was meant: it is spelt much like it, or another name of that system."""
        name = self.name.casefold()
        if not self.meant or _ALIASES.get(name) == self.meant:
            return bool(self.meant)
        return _letters(name) == _letters(self.meant) or bool(nearest(name, (self.meant,), _BEYOND_DOUBT))

    @property
    def is_at_root(self) -> bool:
        """Whether it is a key of the document itself."""
        return len(self.at) == 1

    @property
    def replacement(self) -> str:
        """What has its place now; empty if nothing is known of the key."""
        return _OBSOLETE.get(self.path) or _MISPLACED.get(self.path, "")

    @property
    def is_rancher_desktops(self) -> bool:
        """Whether Rancher Desktop alone reads it."""
        return self.name in RANCHER_DESKTOP

    @property
    def hint(self) -> str:
        """What was probably meant, as the rest of a sentence; empty if nothing comes near."""
        if near := self.meant or _nearest(self.name, self.known):
            return f"did you mean {near}?"
        return f"it belongs to {' or '.join(self.homes)}" if self.homes else ""

    @property
    def fix(self) -> str:
        """What to do about it; empty if nothing is known of it."""
        if self.replacement:
            is_gone = self.replacement.startswith("nothing")
            return "remove the key" if is_gone else f"move the value to {self.replacement}, and remove the key"
        if self.meant:
            return f"rename {excerpt(self.name)} to {self.meant}"
        return f"move it to {' or '.join(self.homes)}" if self.homes else ""

    @property
    def place_meant(self) -> Path:
        """Where the key that was probably meant belongs; its own place if none was."""
        return (*self.at[:-1], self.meant) if self.meant else self.at

    @property
    def homes(self) -> list[str]:
        """Where the schema has a key of that name, if not here."""
        return _homes().get(self.name, [])


def _letters(name: str) -> str:
    return "".join(char for char in name if char.isalnum())


def unknown_keys(data: Mapping[str, Any]) -> tuple[Key, ...]:
    """Every key the schema does not know, at the root and below, at most fifty, in the document's order."""
    found = _unknown(data, _schema(), ())
    return tuple(key for key, _ in zip(found, range(_MOST), strict=False))


def shown(path: Path) -> str:
    """A path as people write it."""
    return ".".join(map(str, path[:-1])) + "." * (len(path) > 1) + (str(path[-1]) or '""')


def duplicate_keys(content: bytes) -> tuple[Path, ...]:
    """Paths of keys that one object has more than once; none if it is not a JSON object."""
    try:
        root = loads(content.decode(), object_pairs_hook=_Object.of) if len(content) <= LARGEST_DOCUMENT else None
    except ValueError:
        return ()
    return tuple(_duplicates(root)) if isinstance(root, dict) else ()


class _Object(dict[str, Any]):
    duplicates: tuple[str, ...] = ()

    @classmethod
    def of(cls, pairs: list[tuple[str, Any]]) -> _Object:
        """An object that remembers which keys were there more than once."""
        made = cls(pairs)
        if len(made) < len(pairs):
            counts = Counter(key for key, _ in pairs)
            made.duplicates = tuple(key for key, count in counts.items() if count > 1)
        return made


def _duplicates(root: object) -> Iterator[Path]:
    # Without recursion: what json can just read may be too deep for one more frame a level.
    waiting: list[tuple[object, Path]] = [(root, ())]
    while waiting:
        value, path = waiting.pop()
        if isinstance(value, _Object):
            yield from ((*path, key) for key in value.duplicates)
            waiting += [(child, (*path, key)) for key, child in reversed(value.items()) if _nested(child)]
        elif isinstance(value, list):
            waiting += [(child, (*path, at)) for at, child in reversed([*enumerate(value)]) if _nested(child)]


def _nested(value: object) -> bool:
    return isinstance(value, dict | list)


def _unknown(value: object, rules: dict[str, Any], path: Path) -> Iterator[Key]:
    # Only where the schema goes on, so that the document's depth does not matter.
    rules = _definition(rules)
    if isinstance(value, dict):
        properties: dict[str, Any] = rules.get("properties", {})
        meant = _meant(value, properties, rules.get("required", ())) if properties else {}
        for name, child in value.items() if properties else ():
            if name in properties:
                yield from _unknown(child, properties[name], (*path, name))
            else:
                yield Key((*path, name), tuple(properties), meant.get(name, ""))
    elif isinstance(value, list) and "items" in rules:
        for at, child in enumerate(value):
            yield from _unknown(child, rules["items"], (*path, at))


def _meant(value: Mapping[str, Any], properties: Iterable[str], required: Sequence[str]) -> dict[str, str]:
    """Unknown keys of an object, each with the missing key that was probably meant."""
    unknown = list(islice((name for name in value if name not in properties), _MOST))
    missing = [name for name in properties if name not in value]
    found = {}
    for name in unknown:
        if near := _nearest(name, missing):
            found[name] = near
            missing.remove(near)
    lacking = [name for name in required if name in missing]
    left = [name for name in unknown if name not in found]
    if len(left) == len(lacking) == 1:
        found[left[0]] = lacking[0]
    return found


def _nearest(name: str, known: Sequence[str]) -> str:
    text = name.casefold()
    if (other := _ALIASES.get(text, "")) in known:
        return other
    return nearest(text, known)


def _definition(rules: dict[str, Any]) -> dict[str, Any]:
    reference = rules.get("$ref", "")
    found: dict[str, Any] = _schema()["definitions"][reference.rpartition("/")[2]] if reference else rules
    return found


@cache
def _schema() -> dict[str, Any]:
    return schema()


@cache
def _homes() -> dict[str, list[str]]:
    """Where the schema has a key, by its name."""
    found: dict[str, list[str]] = {}
    for path in _places(_schema(), ()):
        found.setdefault(path[-1], []).append(".".join(path[:-1]) or "the root")
    return found


def _places(rules: dict[str, Any], path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    rules = _definition(rules)
    for name, inner in rules.get("properties", {}).items():
        yield (*path, name)
        yield from _places(inner, (*path, name))
    if "items" in rules:
        yield from _places(rules["items"], path)
