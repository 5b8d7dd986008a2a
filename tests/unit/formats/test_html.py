from __future__ import annotations

import time
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.formats.html import Harm, findings, plain, tags

ALLOWED = """<h1 id="top">Title</h1><p>Text with <b>bold</b>, <a href="https://example.com" target="_blank">a link</a>,
<a href='#top'>one inside</a><br/><br><img src="https://example.com/a.png" alt="A" width=10></p>
<ul><li>one<li>two</ul><table><tr><th scope=col>a<td colspan="2">b</table><hr>Plain & simple: 1 < 2, a <- b."""


def found(value: str) -> list[tuple[Harm, str]]:
    return [(finding.harm, finding.what) for finding in findings(value)]


def test_what_formats_a_text_is_allowed() -> None:
    assert found(ALLOWED) == []


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("<script>alert(1)</script>", "tag <script>"),
        ("<SCRIPT src=x>", "tag <script>"),
        ("<iframe src='https://example.com'></iframe>", "tag <iframe>"),
        ("<svg><g/></svg>", "tag <svg>"),
        ('<meta http-equiv="refresh">', "tag <meta>"),
        ("<p onclick=alert(1)>x</p>", "attribute onclick of <p>"),
        ('<img src="https://x.example" OnError="x">', "attribute onerror of <img>"),
        ("<img/onerror=x>", "attribute onerror of <img>"),
        ('<a href="javascript:alert(1)">x</a>', "javascript: address in attribute href of <a>"),
        ('<a href="&#106;ava&#x73;cript:alert(1)">x</a>', "javascript: address in attribute href of <a>"),
        ('<a href=" java\nscript:alert(1)">x</a>', "javascript: address in attribute href of <a>"),
        ("<a href='data:text/html,x'>x</a>", "data: address in attribute href of <a>"),
        ("<img src=file:///etc/passwd>", "file: address in attribute src of <img>"),
        ("<video poster=javascript:x></video>", "javascript: address in attribute poster of <video>"),
        ("<img src=https://x.example onerror=alert(1)", "attribute onerror of <img>"),
        ("<!--><img src=x onerror=alert(1)>-->", "attribute onerror of <img>"),
        ("<!-- --!><script>-->", "tag <script>"),
        ("<![CDATA[<script>]]>", "tag <script>"),
        ("<?x <script> ?>", "tag <script>"),
        ("<style><script></style>", "tag <script>"),
        ("<textarea><p onclick=x></textarea>", "attribute onclick of <p>"),
        ('<noscript><p title="</noscript><img src=x onerror=alert(1)>">', "tag <noscript>"),
        ("<title><p id='</title><img src=x onerror=alert(1)>'>", "tag <title>"),
        ("<xmp>x</xmp>", "tag <xmp>"),
        ("<noembed>x</noembed>", "tag <noembed>"),
        ("<noframes>x</noframes>", "tag <noframes>"),
        ("<plaintext>x", "tag <plaintext>"),
        (f"<p>{'word ' * 7000}</p><script>alert(1)</script>", "tag <script>"),
        ("".join(f"<unknown-{number}>" for number in range(60)) + "<script>", "tag <script>"),
    ],
)
def test_dangerous(value: str, what: str) -> None:
    assert (Harm.DANGEROUS, what) in found(value)


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ('<video src="https://x.example"></video>', "tag <video>"),
        ("<blink>x</blink>", "tag <blink>"),
        ('<p style="position:fixed">x</p>', "attribute style of <p>"),
        ("<p href=https://x.example>x</p>", "attribute href of <p>"),
        ('<img srcset="x">', "attribute srcset of <img>"),
        ('<a href="docs/a.md">x</a>', "relative or empty address in attribute href of <a>"),
        ("<a href>x</a>", "relative or empty address in attribute href of <a>"),
        ('<a href="mailto:a@example.com">x</a>', "mailto: address in attribute href of <a>"),
        ("a <!-- b --> c", "a comment or declaration"),
    ],
)
def test_not_allowed(value: str, what: str) -> None:
    assert found(value) == [(Harm.NOT_ALLOWED, what)]


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("<ul><li>a</li><ul>", "<ul> is not ended"),
        ("a</b>", "</b> ends what was not begun"),
        ("<b>a</b></b>", "</b> ends what was not begun"),
        ("text <b", "the last tag is not closed by >"),
    ],
)
def test_unbalanced(value: str, what: str) -> None:
    assert (Harm.UNBALANCED, what) in found(value)


def test_places() -> None:
    assert [str(finding) for finding in findings("one\n  <script>")] == ["line 2, column 3: tag <script>"]


def test_each_kind_is_told_once() -> None:
    assert len(findings("<script></script>" * 100)) == 1


def test_what_is_too_long_to_be_read_may_hold_anything() -> None:
    ((harm, what),) = found("x" * 300_000)
    assert (harm, what) == (
        Harm.DANGEROUS,
        "the value has 300000 characters, of which only the first 262144 were looked at",
    )


def test_each_harm_is_bounded_by_itself() -> None:
    counts = Counter(harm for harm, _ in found("".join(f"<t{number} onx{number}></u{number}>" for number in range(99))))
    assert counts == dict.fromkeys(Harm, 50)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("<p>One<br>two</p><ul><li>three</ul>", "One two three"),
        ("a &amp; b &lt;c&gt;", "a & b <c>"),
        ("plain text", "plain text"),
        ("a > b", "a > b"),
        ("", ""),
    ],
)
def test_plain(value: str, text: str) -> None:
    assert plain(value) == text


def test_tags() -> None:
    assert tags("<b>x</b> <name> <i> <script>") == ("b", "i")


@pytest.mark.parametrize("unit", ["<", "<a ", "<a x='", '<b><a ="x="y"', "<b>", "</a>", "&#", "<!--", "<script>"])
def test_hostile_values_take_no_time(unit: str) -> None:
    started = time.process_time()
    findings(unit * (1_000_000 // len(unit)))
    assert time.process_time() - started < 20


@given(
    st.text() | st.lists(st.sampled_from(["<", ">", "a", "</", "='", '"', " ", "<!--", "-->", "on", "&#"])).map("".join)
)
def test_anything_is_read(value: str) -> None:
    for finding in findings(value):
        assert "\n" not in str(finding)
    assert isinstance(plain(value), str)
