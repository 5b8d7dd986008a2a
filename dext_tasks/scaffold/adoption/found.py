"""What was found out about an existing extension, each value with the places it was taken from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, TypeVar

from dext_tasks.config.settings import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.scaffold.pipelines import PipelineSystem

T_co = TypeVar("T_co", covariant=True)


class ValueOrigin(NamedTuple):
    """Where a value was taken from, for people.

    Attributes:
        file: Path from the top of the repository; empty if it is no file that says so, as for a git tag.
        line: In the file, from 1; 0 for the file as a whole.
        how: What it is there, in a few words: ``the tag of docker build``.
    """

    file: str
    line: int
    how: str


class KnownValue(NamedTuple, Generic[T_co]):
    """A value and what says so.

    Attributes:
        value: The value.
        origins: All places that say it, the most telling first; none where it is the default.
    """

    value: T_co
    origins: tuple[ValueOrigin, ...] = ()


class Unclear(NamedTuple):
    """A value that a person has to give.

    Attributes:
        question: What to ask, as a question.
        candidates: What it may be, the likeliest first; there may be none.
        why: Why it could not be told, as the part of a sentence: ``two images are built, and nothing prefers one``.
    """

    question: str
    candidates: tuple[KnownValue[str], ...]
    why: str


@dataclass(frozen=True)
class TagHistory:
    """The versions of an extension, by the tags of its git repository.

    Attributes:
        prefix: Text before the version in a tag: ``v``, nothing, ``name/v``.
        last: The greatest version, with its tag; None if there is none, or if the prefix is unclear.
        ignored: Patterns of tags that read as versions and are none, for ``release.ignore-tags``.
        doubts: What else is unclear about the versions, a sentence each, without its full stop.
    """

    prefix: KnownValue[str] | Unclear
    last: KnownValue[str] | None = None
    ignored: KnownValue[tuple[str, ...]] = KnownValue(())  # noqa: RUF009 - a tuple, which nothing changes
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Survey:
    """One extension as it was found.

    Attributes:
        root: Its folder, which is the build context.
        top: The folder of the repository; ``root`` where there is none.
        image: Where it is published, without tag.
        platforms: What it is built for.
        dockerfile: Path of the Dockerfile from ``root``.
        metadata: Path of metadata.json from ``root``.
        build_args: Values for ARG instructions.
        build_target: Stage that is built; empty for the last one.
        history: Its versions.
        pipeline: The CI system that the repository uses; None if that cannot be told.
        notes: What was found and not taken over, with the reason, a sentence each, without its full stop.
        publishing: Where a pipeline of the repository pushes the image already.
        shipped: The metadata.json that each Dockerfile copies, by the path of the Dockerfile.
    """

    root: Path
    top: Path
    image: KnownValue[str] | Unclear
    platforms: KnownValue[tuple[Platform, ...]]
    dockerfile: KnownValue[str] | Unclear
    metadata: KnownValue[str]
    build_args: KnownValue[Mapping[str, str]]
    build_target: KnownValue[str]
    history: TagHistory
    pipeline: PipelineSystem | None = None
    notes: tuple[str, ...] = ()
    publishing: tuple[ValueOrigin, ...] = ()
    shipped: Mapping[str, KnownValue[str]] = field(default_factory=dict)

    @property
    def values(self) -> Mapping[str, KnownValue[object] | Unclear]:
        """All that is a setting, by its dotted key, as ``release.tag-prefix``, with where it was taken from."""
        platforms = tuple(map(str, self.platforms.value))
        return {
            "image": self.image,
            "platforms": KnownValue(platforms, self.platforms.origins),
            "dockerfile": self.dockerfile,
            "metadata": self.metadata,
            "build.args": self.build_args,
            "build.target": self.build_target,
            "release.tag-prefix": self.history.prefix,
            "release.ignore-tags": self.history.ignored,
        }

    @property
    def questions(self) -> Mapping[str, Unclear]:
        """What a person has to say, by the dotted key of the setting."""
        return {key: value for key, value in self.values.items() if isinstance(value, Unclear)}

    def answered(self, key: str, value: str, how: str = "the answer given") -> Survey:
        """The same with an answer to one of the questions, or another value in place of one that was found.

        Args:
            key: Dotted key of the setting: ``image``, ``dockerfile``, ``metadata``, ``build.target`` or
                ``release.tag-prefix``.
            value: The answer.
            how: Who gave it.

        Raises:
            KeyError: Nothing else can be answered.
        """
        known = KnownValue(value, (ValueOrigin("", 0, how),))
        if key == "release.tag-prefix":
            return replace(self, history=replace(self.history, prefix=known))
        changes: dict[str, Any] = {_ANSWERED[key]: known}
        if key == "dockerfile" and self.metadata in self.shipped.values():
            # It is not what somebody said, but goes with a Dockerfile.
            changes["metadata"] = self.shipped.get(value, self.metadata)
        return replace(self, **changes)

    def settings(self) -> Mapping[str, object]:
        """Settings that differ from their defaults, nested as under ``dext:`` in invoke.yaml; without the unclear.

        Values are what YAML and TOML hold: strings, lists and mappings.
        """
        nested: dict[str, object] = {}
        for key, found in self.values.items():
            if isinstance(found, Unclear) or found.value == self._default(key):
                continue
            value = list(found.value) if isinstance(found.value, tuple) else found.value
            section, _, name = key.rpartition(".")
            held = nested.setdefault(section, {}) if section else nested
            if isinstance(held, dict):
                held[name] = value
        return nested

    def _default(self, key: str) -> object:
        option = _BY_KEY[key]
        if isinstance(option.default, str):
            return option.default_in(self.root, option.default) if option.default_in else option.default
        values = option.default if isinstance(option.default, tuple) else ()
        return {} if key == "build.args" else tuple(map(str, values))


_ANSWERED: Final = {
    "image": "image",
    "dockerfile": "dockerfile",
    "metadata": "metadata",
    "build.target": "build_target",
}
_BY_KEY: Final = {option.key: option for option in OPTIONS}
