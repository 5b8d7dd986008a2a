"""What ``matrix.runs-on`` says: the machines that jobs of a CI matrix run on.

Form of GitHub Actions, a label, several, or a group with labels:
https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idruns-on
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dext_tasks.architectures import ARCHITECTURES
from dext_tasks.formats.oci.platform import Platform

if TYPE_CHECKING:
    from collections.abc import Iterator

_DEFAULT = "default"
_GROUP = frozenset({"group", "labels"})
# Labels that name a processor: of GitHub's own runners, and those that self-hosted ones get by themselves.
# https://docs.github.com/actions/how-tos/manage-runners/self-hosted-runners/use-in-a-workflow
_NAMED = {name: each.name for each in ARCHITECTURES.values() for name in each.names}
_HOSTED = ("ubuntu-", "windows-")
_HOSTED_SUFFIXES = {each.hosted_suffix: each.name for each in ARCHITECTURES.values() if each.hosted_suffix is not None}
_JSON = ("{", "[")


@dataclass(frozen=True)
class Runner:
    """A machine, by its labels.

    Attributes:
        labels: Of which it has all.
        group: Group of runners that it is one of; empty for any.
    """

    labels: tuple[str, ...]
    group: str = ""

    @property
    def data(self) -> object:
        """As ``runs-on`` takes it."""
        if self.group:
            return {"group": self.group, **({"labels": list(self.labels)} if self.labels else {})}
        return self.labels[0] if len(self.labels) == 1 else list(self.labels)

    @property
    def architecture(self) -> str:
        """What its labels say its processor is; empty if they do not say."""
        found = (architecture for label in self.labels if (architecture := _architecture(label.lower())))
        return next(found, "")

    def __str__(self) -> str:
        return " ".join([*([f"group {self.group}"] if self.group else []), *self.labels])

    @classmethod
    def of(cls, data: object) -> Runner:
        """Read what is written for ``runs-on``.

        Raises:
            ValueError: It is not a label, a list of labels or a group.
        """
        if isinstance(data, Mapping):
            group = data.get("group")
            if not isinstance(group, str) or not group.strip() or not data.keys() <= _GROUP:
                raise ValueError
            return cls(_labels(data.get("labels", [])), group)
        labels = _labels(data)
        if not labels:
            raise ValueError
        return cls(labels)


@dataclass(frozen=True)
class Runners:
    """Which machine is for what.

    Attributes:
        default: For whatever has none of its own; None if nothing is said.
        by_platform: Those of platforms.
    """

    default: Runner | None = None
    by_platform: tuple[tuple[Platform, Runner], ...] = ()

    @property
    def data(self) -> dict[str, object]:
        """As a settings file takes it."""
        return {name: runner.data for name, runner in self._named()}

    def of_platform(self, platform: Platform) -> Runner | None:
        """The machine that is named for a platform; None if none is."""
        return dict(self.by_platform).get(platform)

    def __str__(self) -> str:
        return ", ".join(f"{name}={runner}" for name, runner in self._named())

    def _named(self) -> Iterator[tuple[str, Runner]]:
        if self.default:
            yield _DEFAULT, self.default
        yield from ((str(platform), runner) for platform, runner in self.by_platform)


def runners_of(data: object) -> Runners:
    """Read a value of a settings file: one runner for everything, or a mapping of platforms to runners.

    Raises:
        ValueError: It is neither.
        UnknownPlatformError: A platform is unknown.
    """
    if not isinstance(data, Mapping) or "group" in data:
        return Runners(Runner.of(data))
    runners = {key: Runner.of(value) for key, value in data.items()}
    default = runners.pop(_DEFAULT, None)
    by_platform = {Platform.parse(_text(key)): runner for key, runner in runners.items()}
    return Runners(default, tuple(sorted(by_platform.items(), key=lambda pair: pair[0])))


def runners_of_text(text: str) -> Runners:
    """Read a variable: JSON, or ``PLATFORM=LABEL`` by commas or lines; a label alone is for everything.

    Raises:
        ValueError: It is neither.
        UnknownPlatformError: A platform is unknown.
    """
    if text.lstrip().startswith(_JSON):
        return runners_of(_json(text))
    return runners_of_flags([part for part in text.replace("\n", ",").split(",") if part.strip()])


def runners_of_flags(values: Sequence[str]) -> Runners:
    """Read a flag that is given once a machine; the last one for a platform wins.

    Raises:
        ValueError: One is empty.
        UnknownPlatformError: A platform is unknown.
    """
    if not values:
        raise ValueError
    return runners_of(dict(map(_pair, values)))


def _json(text: str) -> object:
    from dext_tasks.formats.json_syntax import loads

    return loads(text)


def _pair(text: str) -> tuple[str, object]:
    name, equals, value = ("", "=", text) if text.lstrip().startswith(_JSON) else text.partition("=")
    # A label alone is for everything.
    name, value = (name, value) if equals else ("", text)
    return name.strip() or _DEFAULT, _json(value) if value.lstrip().startswith(_JSON) else value.strip()


def _text(key: object) -> str:
    if not isinstance(key, str):
        raise ValueError  # noqa: TRY004 - every refusal of a value is a ValueError, whatever it was
    return key


def _labels(data: object) -> tuple[str, ...]:
    labels = [data] if isinstance(data, str) else data
    if not isinstance(labels, list) or not all(isinstance(each, str) and each.strip() for each in labels):
        raise ValueError
    return tuple(labels)


def _architecture(label: str) -> str:
    if label.startswith(_HOSTED):
        return _HOSTED_SUFFIXES[max(filter(label.endswith, _HOSTED_SUFFIXES), key=len)]
    return _NAMED.get(label, "")
