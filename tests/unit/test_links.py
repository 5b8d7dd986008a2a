"""Every link in our Markdown leads to a file, and to a heading where it names one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("docs", "bench", "examples", "templates", "tests", "scripts")
PAGES = sorted([*ROOT.glob("*.md"), *(page for folder in FOLDERS for page in (ROOT / folder).rglob("*.md"))])
FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
INLINE_CODE = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"""(?:\]\(|(?:href|src|srcset)=")([^)\s"]+)""")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
ELSEWHERE = re.compile(r"[a-z]+:")


def prose(page: Path) -> str:
    return FENCED.sub("", page.read_text(encoding="utf-8"))


def anchor(heading: str) -> str:
    """As GitHub makes it: letters, digits, hyphens and underscores stay, blanks become hyphens."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def anchors(page: Path) -> set[str]:
    return {anchor(heading) for heading in HEADING.findall(prose(page))}


def broken(page: Path) -> list[str]:
    """The links of a page that lead nowhere."""
    found = []
    for link in LINK.findall(INLINE_CODE.sub("", prose(page))):
        name, _, heading = link.partition("#")
        target = page.parent / name if name else page
        if ELSEWHERE.match(link):
            continue
        if not target.exists() or (heading and heading not in anchors(target)):
            found.append(link)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    assert broken(page) == []


def test_every_page_of_docs_is_linked_from_the_index() -> None:
    docs = ROOT / "docs"
    index = docs / "index.md"
    linked = {(docs / link.partition("#")[0]).resolve() for link in LINK.findall(prose(index))}
    assert {page for page in docs.glob("*.*") if page not in linked} == {index}
    assert docs / "rules" / "README.md" in linked


def test_links_of_docs_stay_in_docs() -> None:
    docs = ROOT / "docs"
    for page in docs.rglob("*.md"):
        links = [link for link in LINK.findall(INLINE_CODE.sub("", prose(page))) if not ELSEWHERE.match(link)]
        targets = [(page.parent / link.partition("#")[0]).resolve() for link in links]
        assert [str(target) for target in targets if not target.is_relative_to(docs)] == []


def test_a_link_to_nothing_is_found(tmp_path: Path) -> None:
    (tmp_path / "there.md").write_text("# One `two`, three\n```\n# not this\n```\n", encoding="utf-8")
    page = tmp_path / "page.md"
    page.write_text(
        "[a](there.md) [b](there.md#one-two-three) [c](#own) `[d](nowhere.md)` [e](https://example.com/x)\n"
        '[f](nowhere.md) [g](there.md#not-this) [h](#other) <img src="no.png">\n\n## Own\n',
        encoding="utf-8",
    )
    assert broken(page) == ["nowhere.md", "there.md#not-this", "#other", "no.png"]
