"""The versions of an extension by the tags of its repository: their prefix, the last one, and what is no version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from semver import Version

from dext_tasks.config.repository import TAG_PREFIX, own_tag_prefix
from dext_tasks.extension.tags import some_of, strays
from dext_tasks.extension.version import as_version, greatest
from dext_tasks.regex import regex
from dext_tasks.scaffold.adoption.found import KnownValue, TagHistory, Unclear, ValueOrigin

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

_QUESTION: Final = "What precedes the version in the extension's git tags?"
_USUAL: Final = frozenset({"", "v"})
_PREFIX = regex(TAG_PREFIX)
_LONGEST: Final = 250


class TaggedVersion(NamedTuple):
    """A git tag that holds a version.

    Attributes:
        tag: Its name.
        prefix: What precedes the version.
        version: The version.
    """

    tag: str
    prefix: str
    version: Version


def split_tag(tag: str) -> TaggedVersion | None:
    """The prefix and the version of a tag; None if there is none in it."""
    if len(tag) > _LONGEST:
        return None
    # The version begins at the first digit behind a separator from which on all is semver: ui2/v1.2.3, a-1.2.3-rc.1
    for at, char in enumerate(tag):
        before = tag[at - 1] if at else ""
        if not char.isdigit() or (before and before.isalnum() and not _ends_word(tag[:at])):
            continue
        version = as_version(tag[at:])
        if version and _PREFIX.match(tag[:at]):
            return TaggedVersion(tag, tag[:at], version)
    return None


def _ends_word(prefix: str) -> bool:
    """Whether a prefix ends with a ``v`` that is a word of its own."""
    return prefix[-1] in "vV" and not prefix[-2:-1].isalnum()


def tag_history(
    tags: Iterable[str], folder: Path, names: Sequence[str], siblings: Sequence[str] = (), *, is_alone: bool
) -> TagHistory:
    """What the tags of a repository say of one extension.

    Args:
        tags: Names of all tags.
        folder: Of the extension, in its repository.
        names: By which its tags may call it: its path, its folder, its image.
        siblings: By which tags may call the repository's other extensions.
        is_alone: Whether it is the only extension of the repository.
    """
    found = [made for tag in sorted(set(tags)) if (made := split_tag(tag))]
    default = own_tag_prefix(folder, "v")
    by_prefix = {prefix: [each for each in found if each.prefix == prefix] for prefix in {one.prefix for one in found}}
    own = {prefix: held for prefix, held in by_prefix.items() if _names_one(prefix, names)}
    plain = {prefix: held for prefix, held in by_prefix.items() if prefix in _USUAL}
    others = {prefix: held for prefix, held in by_prefix.items() if prefix not in own and prefix not in plain}
    doubts: list[str] = []
    if own or (plain and is_alone):
        strange = {prefix: held for prefix, held in others.items() if not _names_one(prefix, siblings)}
        if strange:
            doubts.append(f"git tags that seem to be of something else: {_some(strange)}")
        return _chosen(own or plain, tuple(doubts))
    if plain:
        doubts.append(
            f"git tags such as {_some(plain)} do not say which of the repository's extensions they are of, and are not "
            "counted"
        )
    if others and is_alone:
        return _unclear(others, "the git tags name something else than the extension", tuple(doubts))
    return TagHistory(KnownValue(default), doubts=tuple(doubts))


def _names_one(prefix: str, names: Sequence[str]) -> bool:
    bare = prefix.rstrip("vV").rstrip("-_/@.") if prefix not in _USUAL else ""
    return bool(bare) and bare.lower() in {name.lower() for name in names if name}


def _chosen(held: Mapping[str, Sequence[TaggedVersion]], doubts: tuple[str, ...]) -> TagHistory:
    """The prefix of the greatest version, if versions with others were given up before those with it began."""
    counted = {prefix: _counted(each) for prefix, each in held.items()}
    counted = {prefix: each for prefix, each in counted.items() if each} or {next(iter(held)): []}
    latest = sorted(counted, key=lambda prefix: max((each.version for each in counted[prefix]), default=Version(0)))
    prefix = latest[-1]
    before = [each.version for other in latest[:-1] for each in counted[other]]
    if before and max(before) > min(each.version for each in counted[prefix]):
        return _unclear(held, "the git tags of its versions have different prefixes", doubts)
    if before:
        text = _some({other: counted[other] for other in latest[:-1]})
        doubts = (*doubts, f"earlier git tags, such as {text}, have another prefix and are not counted")
    versions = [each.version for each in counted[prefix]]
    last = greatest(versions)
    tag = ValueOrigin("", 0, f"git tag {prefix}{last}")
    found = strays(each.tag.removeprefix(prefix) for each in held[prefix])
    return TagHistory(
        KnownValue(prefix, (tag,) if last else ()),
        KnownValue(str(last), (tag,)) if last else None,
        KnownValue(
            tuple(dict.fromkeys(each.pattern for each in found)),
            tuple(ValueOrigin("", 0, f"git tag {prefix}{each.tag}, {each.why}") for each in found),
        ),
        doubts,
    )


def _counted(tagged: Sequence[TaggedVersion]) -> list[TaggedVersion]:
    """Those that look like versions of an extension."""
    odd = {each.tag for each in strays(str(one.version) for one in tagged)}
    return [each for each in tagged if str(each.version) not in odd]


def _unclear(held: Mapping[str, Sequence[TaggedVersion]], why: str, doubts: tuple[str, ...]) -> TagHistory:
    ordered = sorted(held, key=lambda prefix: max(each.version for each in held[prefix]), reverse=True)
    candidates = tuple(
        KnownValue(prefix, (ValueOrigin("", 0, f"git tags such as {_some({prefix: held[prefix]})}"),))
        for prefix in ordered
    )
    return TagHistory(Unclear(_QUESTION, candidates, why), doubts=doubts)


def _some(held: Mapping[str, Sequence[TaggedVersion]]) -> str:
    return some_of([max(each, key=lambda one: one.version).tag for each in held.values() if each])
