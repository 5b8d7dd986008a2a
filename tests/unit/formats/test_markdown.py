from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dext_tasks.formats import html
from dext_tasks.formats.changelog import ChangelogEntry, words_of
from dext_tasks.formats.markdown import to_html, to_lines

ENTRY = """### Added

- A *dark* theme, and a [page](https://example.org/a?b=1&c=2) on it.
- `docker ps` & more: <https://example.org>

  - nested

### Fixed

1. It no longer crashes."""


def test_an_entry() -> None:
    assert to_html(ENTRY) == (
        "<h3>Added</h3>\n"
        "<ul>\n"
        '<li>\n<p>A <em>dark</em> theme, and a <a href="https://example.org/a?b=1&amp;c=2">page</a> on it.</p>\n</li>\n'
        '<li>\n<p><code>docker ps</code> &amp; more: <a href="https://example.org">https://example.org</a></p>\n'
        "<ul>\n<li>nested</li>\n</ul>\n</li>\n"
        "</ul>\n"
        "<h3>Fixed</h3>\n<ol>\n<li>It no longer crashes.</li>\n</ol>"
    )
    assert ChangelogEntry("1.0.0", 1, ENTRY).is_told_by(words_of(to_html(ENTRY)))


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("", ""),
        ("a <b>c</b> <script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
        ("<div onclick='x'>a</div>", "<p>&lt;div onclick='x'&gt;a&lt;/div&gt;</p>"),
        ("a<!-- not for\n\nusers -->b", "<p>ab</p>"),
        ("a <!-- not ended", "<p>a &lt;!-- not ended</p>"),
        ("[a](javascript:alert(1))", "<p>[a](javascript:alert(1))</p>"),
        ("[a](docs/b.md) c", "<p>a c</p>"),
        ("[a](<> 'x') [b](//evil.example)", "<p>a b</p>"),
        ("[a [b](https://b.example)](c)", '<p>[a <a href="https://b.example">b</a>](c)</p>'),
        ("![the *new* look](new.png)", "<p>the <em>new</em> look</p>"),
        ('[a](https://b.example "\\"><img src=x onerror=y>")', None),
        ("```html\n<b>\n```", '<pre><code class="language-html">&lt;b&gt;\n</code></pre>'),
        ("a\x00b", "<p>a\ufffdb</p>"),
    ],
)
def test_nothing_in_it_is_more_than_text(text: str, made: str | None) -> None:
    assert html.findings(to_html(text)) == ()
    if made is not None:
        assert to_html(text).endswith(made)


_PIECES = st.sampled_from(
    [
        *("<", ">", "</", "<!--", "-->", "<script>", "[", "](", ")", "![", "javascript:", "https://a.example/", "\n"),
        *(
            "```",
            "`",
            "#",
            "- ",
            "> ",
            "1. ",
            "*",
            "_",
            "&",
            "&lt;",
            '"',
            "'",
            " onload=",
            "\x00",
            "\t",
            "\\",
            "<a@b.c>",
        ),
    ]
)


@given(st.lists(st.one_of(_PIECES, st.text(max_size=4)), max_size=40).map("".join))
@example("[![a](b)](c)")
@example("<a href=\n>")
@example("x\n<!---->")
def test_whatever_is_written_is_allowed_in_a_label(text: str) -> None:
    assert html.findings(to_html(text)) == ()


@pytest.mark.parametrize("piece", ["<!--", "[", "![](", "> ", "- ", "`", "*a ", "<a", "\\", "&", "    - a\n"])
def test_much_of_it_ends(piece: str) -> None:
    assert html.findings(to_html(piece * 3000)) == ()


def test_no_line_of_a_message_is_a_comment_or_a_signature() -> None:
    text = "### Added\n\n- a # b \n##\n  # c\n-----BEGIN PGP SIGNATURE-----\r\nd"
    assert to_lines(text) == "Added:\n\n- a # b\n\n  # c\n -----BEGIN PGP SIGNATURE-----\nd"


def test_no_line_of_a_message_has_a_control_character() -> None:
    assert to_lines("a\0 nul\x1b[31m\tred\x7f\n\0# b\n\0") == "a nul[31m\tred\nb:\n"


@example("# #")
@example("# -----BEGIN")
@example("\0# -----BEGIN")
@given(st.text(alphabet=st.sampled_from("#-BEGIN \n\r\u2028a")))
def test_lines_whatever_is_written(text: str) -> None:
    assert not [line for line in to_lines(text).split("\n") if line.startswith(("#", "-----BEGIN"))]
