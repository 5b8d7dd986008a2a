"""HTML in labels, compared with a list of what is allowed there.

Docker documents that the marketplace shows the detailed description and the changelog as HTML, and not which:
https://docs.docker.com/extensions/extensions-sdk/extensions/labels/. A crafted description or changelog ran code on
users' machines (https://www.cve.org/CVERecord?id=CVE-2024-8695), so the list holds what formats a text and nothing
that loads, runs or covers anything.
"""

from __future__ import annotations

from collections import Counter
from enum import Enum, auto
from functools import lru_cache
from html.parser import HTMLParser
from typing import TYPE_CHECKING, NamedTuple

from dext_tasks.formats.addresses import DANGEROUS_SCHEMES, WEB_SCHEMES, scheme
from dext_tasks.limits import LARGEST_VALUE
from dext_tasks.regex import regex
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_FINDINGS = 50

_VOID = frozenset({"br", "hr", "img"})
# Their end tags may be left out: https://html.spec.whatwg.org/multipage/syntax.html#optional-tags
_ENDED_BY_OTHERS = frozenset({"p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot"})
TAGS = (
    _VOID
    | _ENDED_BY_OTHERS
    | frozenset({"a", "abbr", "b", "blockquote", "center", "cite", "code", "del", "div", "dl", "em", "h1", "h2", "h3"})
    | frozenset({"h4", "h5", "h6", "i", "ins", "kbd", "mark", "ol", "pre", "q", "s", "samp", "small", "span", "strike"})
    | frozenset({"strong", "sub", "sup", "table", "tt", "u", "ul", "caption", "details", "summary"})
)
"""Names of the tags that are allowed where HTML is."""
DANGEROUS_TAGS = frozenset(
    {
        *("script", "iframe", "frame", "frameset", "object", "embed", "applet", "base", "meta", "link", "style"),
        *("form", "input", "button", "textarea", "select", "svg", "math", "template", "webview", "portal"),
        # What is inside is text to a browser and markup to others, or the other way round, so that each can be
        # shown something else: https://html.spec.whatwg.org/multipage/parsing.html#serialising-html-fragments
        *("noscript", "title", "noembed", "noframes", "xmp", "plaintext"),
    }
)
"""Names of those that run, load or hide something."""
_ATTRIBUTES = frozenset({"id", "class", "title", "lang", "dir", "align", "role", "aria-label"})
_ATTRIBUTES_OF = {
    "a": frozenset({"href", "name", "rel", "target"}),
    "img": frozenset({"src", "alt", "width", "height"}),
    "ol": frozenset({"start", "type"}),
    "td": frozenset({"colspan", "rowspan"}),
    "th": frozenset({"colspan", "rowspan", "scope"}),
}
_ADDRESSES = frozenset({"href", "src"})
_UNFINISHED = regex(r"</?[A-Za-z][^>]*\Z")
_HIDING = regex(r"<[!?]")


class Harm(Enum):
    """How bad a finding is."""

    DANGEROUS = auto()
    NOT_ALLOWED = auto()
    UNBALANCED = auto()


class MarkupFinding(NamedTuple):
    """Something in the markup that is not on the list.

    Attributes:
        harm: How bad it is.
        what: In words.
        line: Line in the value, from 1.
        column: Column in that line, from 1.
    """

    harm: Harm
    what: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.what}"


@lru_cache(maxsize=64)
def findings(value: str) -> tuple[MarkupFinding, ...]:
    """What is not allowed in a label's HTML, each kind once and at most fifty of each harm."""
    if _is_text(value) and len(value) <= LARGEST_VALUE:
        return ()
    reader = _MarkupReader()
    reader.read(value)
    return tuple(reader.found.values())


def tags(value: str) -> tuple[str, ...]:
    """Names of the allowed HTML tags in a text, sorted; other words in angle brackets are left out."""
    if _is_text(value):
        return ()
    reader = _MarkupReader()
    reader.read(value)
    return tuple(sorted(reader.opened.keys() & TAGS))


def plain(value: str) -> str:
    """The text of a label's HTML, with a space where a tag was."""
    reader = _MarkupReader()
    reader.read(value)
    return " ".join("".join(reader.text).removesuffix(">").split())


def _is_text(value: str) -> bool:
    # Most plain labels are, and the reader takes its time.
    return "<" not in value


class _MarkupReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: dict[tuple[Harm, str], MarkupFinding] = {}
        self._counts: Counter[Harm] = Counter()
        self.opened: Counter[str] = Counter()
        self.text: list[str] = []
        self._closed: Counter[str] = Counter()
        self._places: dict[str, tuple[int, int]] = {}

    def read(self, value: str) -> None:
        """Take a whole value."""
        text = value[:LARGEST_VALUE]
        if len(value) > LARGEST_VALUE:
            # What nobody looked at may hold anything.
            unread = f"the value has {len(value)} characters, of which only the first {LARGEST_VALUE} were looked at"
            self._add(Harm.DANGEROUS, unread, _place(text, LARGEST_VALUE))
        if hidden := _HIDING.search(text):
            self._add(Harm.NOT_ALLOWED, "a comment or declaration", _place(text, hidden.start()))
        # Parsers differ in where a comment ends, and a desktop's may be another than ours: what is inside is
        # read as markup (https://html.spec.whatwg.org/multipage/parsing.html#parse-error-abrupt-closing-of-empty-comment).
        text = _HIDING.sub("  ", text)
        if _UNFINISHED.match(text, max(text.rfind("<"), 0)):
            self._add(Harm.UNBALANCED, "the last tag is not closed by >", _place(text, text.rfind("<")))
        # Without a last > the parser looks for it from each < anew, for a minute with 64 KiB of them.
        self.feed(f"{text}>")
        self.close()
        self._balance()

    def set_cdata_mode(self, elem: str, **_: object) -> None:
        """Read on inside of scripts and styles, as for comments."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """See HTMLParser."""
        self.text.append(" ")
        self.opened[tag] += 1
        self._places[tag] = self._here
        shown = f"<{excerpt(tag, 40)}>"
        if tag not in TAGS:
            self._add(Harm.DANGEROUS if tag in DANGEROUS_TAGS else Harm.NOT_ALLOWED, f"tag {shown}", self._here)
        for name, value in attrs:
            for harm, what in _attribute_faults(tag, name, value or ""):
                # A tag that is not allowed says it for its attributes.
                if harm is Harm.DANGEROUS or tag in TAGS:
                    self._add(harm, f"{what} of {shown}", self._here)

    def handle_endtag(self, tag: str) -> None:
        """See HTMLParser."""
        self.text.append(" ")
        self._closed[tag] += 1
        if self._closed[tag] > self.opened[tag]:
            self._add(Harm.UNBALANCED, f"</{excerpt(tag, 40)}> ends what was not begun", self._here)

    def handle_data(self, data: str) -> None:
        """See HTMLParser."""
        self.text.append(data)

    @property
    def _here(self) -> tuple[int, int]:
        line, offset = self.getpos()
        return line, offset + 1

    def _balance(self) -> None:
        for tag in self.opened.keys() & (TAGS - _VOID - _ENDED_BY_OTHERS):
            if self.opened[tag] > self._closed[tag]:
                self._add(Harm.UNBALANCED, f"<{tag}> is not ended", self._places[tag])

    def _add(self, harm: Harm, what: str, place: tuple[int, int]) -> None:
        # Each harm by itself, so that many of one do not hide another.
        if self._counts[harm] < _MOST_FINDINGS and (harm, what) not in self.found:
            self._counts[harm] += 1
            self.found[harm, what] = MarkupFinding(harm, what, *place)


def _attribute_faults(tag: str, name: str, value: str) -> Iterator[tuple[Harm, str]]:
    shown = f"attribute {excerpt(name, 40)}"
    if name.startswith("on"):
        yield Harm.DANGEROUS, shown
    elif name not in _ATTRIBUTES | _ATTRIBUTES_OF.get(tag, frozenset()):
        yield Harm.NOT_ALLOWED, shown
    found = scheme(value)
    if found in DANGEROUS_SCHEMES and name not in _ATTRIBUTES:
        yield Harm.DANGEROUS, f"{found}: address in {shown}"
    elif name in _ADDRESSES and found not in WEB_SCHEMES and not value.startswith("#"):
        kind = f"{excerpt(found, 40)}:" if found else "relative or empty"
        yield Harm.NOT_ALLOWED, f"{kind} address in {shown}"


def _place(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)
