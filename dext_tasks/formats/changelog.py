"""CHANGELOG.md: its entries, and whether a label says the same as one of them.

Forms: https://keepachangelog.com/en/1.1.0/, and the plainer ones that tools and people write: a heading of any
level that begins with a version, bracketed or linked or not, underlined headings too.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from dext_tasks.formats.html import plain
from dext_tasks.formats.markdown import to_html
from dext_tasks.limits import LARGEST_DOCUMENT, LARGEST_VALUE
from dext_tasks.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

UNRELEASED = "Unreleased"

_MOST_HEADINGS = 5000
_LONGEST_HEADING = 200
_MOST_DIGITS = 20
_HEADING = regex(r" {0,3}(#{1,6})[ \t]+(.*)")
_UNDERLINE = regex(r" {0,3}(=+|-+)[ \t]*")
_FENCE = regex(r" {0,3}(`{3,}|~{3,})")
_LINK_DEFINITION = regex(r" {0,3}\[[^\]]{1,200}\]:")
_COMPARED = regex(
    r"(?P<label>\[unreleased\]: +)(?P<address>\S{1,500}/compare/)(?P<before>[^\s.](?:\.?[^\s.]){0,99})\.\.\."
    r"(?P<head>[^\s.]{1,100})(?P<end>\s*)",
    re.IGNORECASE,
)
_VERSION = regex(
    rf"""[\[(*_`\s]* (?:version|release)?\s* v? \.?
    (?P<version>\d{{1,{_MOST_DIGITS}}} (?:\.\d{{1,{_MOST_DIGITS}}}){{1,3}} (?:[-+][0-9A-Za-z.+-]*[0-9A-Za-z])?)
    (?![\w.]*\w)""",
    re.VERBOSE | re.IGNORECASE,
)
_UNRELEASED = regex(r"[\[(*_`\s]*unreleased\b", re.IGNORECASE)
# https://spec.commonmark.org/0.31.2/#autolinks; to a reader of HTML it is a tag.
_AUTOLINK = regex(r"<([A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>]{0,2000})>")
_IMAGE_OR_LINK = regex(r"!?\[([^\[\]]{0,1000})\](?:\([^()\s]{0,2000}\)|\[[^\[\]]{0,200}\])?")
# Section names that say nothing by themselves: https://keepachangelog.com/en/1.1.0/#how
_SECTIONS = frozenset({"added", "changed", "deprecated", "removed", "fixed", "security"})
_FEW_WORDS = 12
_TITLES = frozenset({"version", "release"})
_DATE = regex(r"\d{1,8}(?:st|nd|rd|th)?|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}")


class ChangelogEntry(NamedTuple):
    """What changed in one version.

    Attributes:
        version: As written, without a leading v; ``UNRELEASED`` for what is not released yet.
        line: Line of its heading, from 1.
        body: Its Markdown without the heading.
        heading: The text of its heading.
    """

    version: str
    line: int
    body: str
    heading: str = ""

    @property
    def text(self) -> str:
        """What it says, on one line."""
        return plain(self._without_links)

    @property
    def words(self) -> tuple[str, ...]:
        """Its words as ``words_of`` gives those of a label."""
        return words_of(self._without_links)

    @property
    def _without_links(self) -> str:
        return _IMAGE_OR_LINK.sub(r"\1", _AUTOLINK.sub(r"\1", self.body))

    def is_told_by(self, words: tuple[str, ...]) -> bool:
        """Whether the words of a label are its own, with or without its heading before them."""
        # What a release makes of it has neither the numbers of its lists nor the targets of its links.
        return self._ends(words, self.words) or self._ends(words, words_of(to_html(self.body[:LARGEST_VALUE])))

    def _ends(self, words: tuple[str, ...], own: tuple[str, ...]) -> bool:
        begin = len(words) - len(own)
        return begin >= 0 and words[begin:] == own and self._has_heading(words[:begin])

    def _has_heading(self, words: tuple[str, ...]) -> bool:
        """Whether words are a heading of this entry, as the changelog or somebody else would write it."""
        said = [word.removeprefix("v") for word in words if word not in _TITLES]
        version = [] if self.version == UNRELEASED else [*words_of(self.version)]
        known = {UNRELEASED.casefold(), *words_of(self.heading)}
        begins = not said or said[: len(version)] == version
        return begins and all(word in known or _DATE.fullmatch(word) for word in said[len(version) :])


def entries(text: str) -> tuple[ChangelogEntry, ...]:
    """The entries of a changelog, in its order."""
    lines = text[:LARGEST_DOCUMENT].splitlines()
    found: list[ChangelogEntry] = []
    headings = [*islice(_headings(lines), _MOST_HEADINGS), _Heading(len(lines), len(lines), 0, "")]
    for place, heading in enumerate(headings):
        version = _version_of(heading.text)
        if version:
            following = (each for each in headings[place + 1 :] if _ends(each, heading))
            end = next(following, headings[-1]).start
            body = (line for line in lines[heading.end : end] if not _LINK_DEFINITION.match(line))
            found.append(ChangelogEntry(version, heading.start + 1, "\n".join(body).strip(), heading.text))
    return tuple(found)


def entry_of(version: str, found: Sequence[ChangelogEntry]) -> ChangelogEntry | None:
    """The entry of a version."""
    wanted = version.removeprefix("v")
    return next((entry for entry in found if entry.version == wanted), None)


def topmost(found: Sequence[ChangelogEntry]) -> ChangelogEntry | None:
    """The first entry, but for an Unreleased one that says nothing yet; None if there is none."""
    return next((entry for entry in found if entry.version != UNRELEASED or entry.words), None)


def released(text: str, version: str, day: str, tag_prefix: str) -> str:
    """A changelog in which what was Unreleased is the entry of a version, under an Unreleased that is empty.

    Args:
        text: The changelog, with its line ends.
        version: Which becomes the heading's.
        day: Of the release, as ``2026-01-31``.
        tag_prefix: Of git tags, for the links below the entries.

    Raises:
        ValueError: Nothing is Unreleased, or the version has an entry already.
    """
    found = entries(text)
    unreleased = entry_of(UNRELEASED, found)
    if entry_of(version, found):
        message = f"there is an entry for {version} already"
        raise ValueError(message)
    if unreleased is None or not unreleased.words:
        message = "nothing is Unreleased"
        raise ValueError(message)
    lines = text.splitlines(keepends=True)
    end = "\r\n" if lines[unreleased.line - 1].endswith("\r\n") else "\n"
    heading = _HEADING.match(lines[unreleased.line - 1])
    mark, place = (heading[1], unreleased.line) if heading else ("##", unreleased.line + 1)
    name = f"[{version}]" if "[" in unreleased.heading else version
    before, behind = lines[:place], lines[place:]
    made = [*before, end, f"{mark} {name} - {day}{end}", *behind]
    return "".join(part for line in made for part in _linked(line, version, f"{tag_prefix}{version}"))


def _linked(line: str, version: str, tag: str) -> tuple[str, ...]:
    """A line, or two of the link of what is Unreleased: https://keepachangelog.com/en/1.1.0/ ends with such."""
    link = _COMPARED.fullmatch(line)
    if link is None:
        return (line,)
    moved = f"{link['label']}{link['address']}{tag}...{link['head']}{link['end']}"
    return moved, f"[{version}]: {link['address']}{link['before']}...{tag}{link['end']}"


def current(found: Sequence[ChangelogEntry]) -> ChangelogEntry | None:
    """The entry of what would be released next: Unreleased if it says something, else the newest."""
    said = [entry for entry in found if entry.words]
    unreleased = next((entry for entry in said if entry.version == UNRELEASED), None)
    if unreleased or not said:
        return unreleased
    first, last = said[0], said[-1]
    return last if _numbers(first.version) < _numbers(last.version) else first


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(each) for each in re.split("[-+]", version)[0].split("."))


def words_of(label: str) -> tuple[str, ...]:
    """The words of a label's HTML or plain text, folded so that case, punctuation and section names do not count."""
    return tuple(word for word in re.findall(r"\w+", plain(label).casefold()) if word not in _SECTIONS)


def refers_elsewhere(label: str) -> bool:
    """Whether a label only says where the changes are listed."""
    return bool(re.search("https?://", label)) and len(words_of(re.sub(r"https?://[^\s<>]+", "", label))) < _FEW_WORDS


class _Heading(NamedTuple):
    start: int
    end: int
    level: int
    text: str


def _headings(lines: Sequence[str]) -> Iterator[_Heading]:
    fence = ""
    for number, line in enumerate(lines):
        mark = _FENCE.match(line)
        if mark:
            fence = "" if fence and mark[1].startswith(fence) else fence or mark[1]
        elif fence:
            continue
        elif heading := _HEADING.fullmatch(line):
            yield _Heading(number, number + 1, len(heading[1]), heading[2])
        elif number and lines[number - 1].strip() and (underline := _UNDERLINE.fullmatch(line)):
            yield _Heading(number - 1, number + 1, 1 if "=" in underline[1] else 2, lines[number - 1])


def _ends(later: _Heading, heading: _Heading) -> bool:
    return later.level <= heading.level or bool(_version_of(later.text))


def _version_of(heading: str) -> str:
    heading = heading[:_LONGEST_HEADING]
    if _UNRELEASED.match(heading):
        return UNRELEASED
    found = _VERSION.match(heading)
    return found["version"] if found else ""
