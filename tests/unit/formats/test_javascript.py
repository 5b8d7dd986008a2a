from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.formats.javascript import first, is_comment, is_guarded, matches

MARK = re.compile(rb"HERE")


def commented(source: str) -> list[bool]:
    content = source.encode()
    return [is_comment(content, found.start()) for found in MARK.finditer(content)]


@pytest.mark.parametrize(
    "source",
    [
        "// HERE",
        "a(); // HERE\nb()",
        "/* HERE */",
        "/*\n * HERE\n */ a()",
        "/** @see HERE */",
        "a(/* HERE */)",
        "'a' // HERE",
        "'it\\'s' // HERE",
        '"http://a" // HERE',
        "`a` // HERE",
        "`a${b}` // HERE",
        "`a${`b`}` // HERE",
        "`${a /* HERE */}`",
        "a = /['\"]/ // HERE",
        "return /[\"'`]/g // HERE",
        "a / b // HERE",
        "`a${{b: {}}}` // HERE",
        "/* HERE",
        "<!-- HERE -->",
        "<p>it's</p><!-- HERE --><script></script>",
        "<script>\n// HERE\n</script>",
        "<!-- http://a --> <!-- HERE -->",
        "<p>Don't</p>\n// HERE\n",
    ],
)
def test_comments(source: str) -> None:
    assert commented(source) == [True]


@pytest.mark.parametrize(
    "source",
    [
        "HERE",
        "// a\nHERE",
        "/* a */ HERE",
        "'// HERE'",
        '"/* HERE */"',
        "`// HERE`",
        "`http://${HERE}`",
        "`a${`//`}` + HERE",
        'fetch("http://a", HERE)',
        'accept = "text/plain, */*"; HERE',
        'accept = "image/*"; HERE',
        "a = /\\/\\//; HERE",
        "a = /[/*]/; HERE",
        "a = b / c; d = '/'; HERE",
        'x.y = "<!--"; HERE',
        "<!-- a --><script>HERE</script>",
        "it's // \nHERE",
        "`unterminated HERE",
    ],
)
def test_code(source: str) -> None:
    assert commented(source) == [False]


def test_a_line_of_a_bundle_is_no_comment_of_one_line() -> None:
    assert commented("a='x'//" + "b" * 5000 + ";HERE") == [False]


def test_what_is_too_large_is_not_read() -> None:
    assert commented("/* HERE */" + " " * 5_000_000) == [False]


def test_matches_are_code_only() -> None:
    content = b"// HERE\nHERE\n/* HERE */ HERE"
    assert [found.start() for found in matches(MARK, content)] == [8, 24]
    found = first(MARK, content)
    assert found is not None
    assert found.start() == 8
    assert first(MARK, b"// HERE") is None


def test_matches_are_bounded() -> None:
    assert len(list(matches(MARK, b"HERE" * 5000))) == 300


@given(st.text(alphabet="/*'\"`${}\\\n<!->aHERE ").map(str.encode), st.integers(0, 30))
def test_any_text_is_read(content: bytes, offset: int) -> None:
    assert is_comment(content + b"HERE", min(offset, len(content))) in {True, False}


@pytest.mark.parametrize("unit", [b"/*", b"//", b"`", b"`${", b"'", b"a/b;", b"*/", b"{", b"<!--", b"\n"])
def test_no_bundle_takes_long(unit: bytes) -> None:
    content = unit * (2_000_000 // len(unit))
    for offset in range(0, len(content), 100_000):
        is_comment(content, offset)


CALL = re.compile(rb"\.go(?=\s*(?:\?\.\s*)?\()")


def guarded(source: str) -> bool:
    *_, last = CALL.finditer(source.encode())
    return is_guarded(source.encode(), last.start(), last.end())


@pytest.mark.parametrize(
    "source",
    [
        "try { n.go() } catch (e) {}",
        "try{n.go()}catch{}",
        "try { if (x) { await n.go(); } else { y() } } catch (e) { toast(e) }",
        "try { for (const a of b) { n.go() } } catch (e) {}",
        "async function f(id) { try { await n.go(id) } catch (e) {} }",
        "const f = async (): Promise<void> => { try { await n.go() } catch {} }",
        "try { try { n.go() } finally {} } catch (e) {}",
        "try { a('}'); /* } */ n.go() } catch (e) {}",
        "n.go?.()",
        "n.go ?. ()",
        "if (n.go) { n.go() }",
        "if (!n.go) return; n.go()",
        "n.go && n.go()",
        "n.go ? n.go() : 0",
        "if (typeof n.go === 'function') n.go()",
        "'go' in n && n.go()",
    ],
)
def test_what_a_script_is_prepared_for(source: str) -> None:
    assert guarded(source)


@pytest.mark.parametrize(
    "source",
    [
        "n.go()",
        "n?.go()",
        "n.go().catch(e => {})",
        "try { n.go() } finally {}",
        "try { a() } catch (e) {} n.go()",
        "try { a() } catch (e) { n.go() }",
        "try { b.onclick = () => n.go() } catch (e) {}",
        "try { b.onclick = () => { n.go() } } catch (e) {}",
        "try { b.onclick = function () { n.go() } } catch (e) {}",
        "try { b.on('click', async (e) => { n.go() }) } catch (e) {}",
        "try { x = { f(a) { n.go() } } } catch (e) {}",
        "retry { n.go() } catch (e) {}",
        "// try {\nn.go() // } catch\n",
        "n.going && n.go()",
    ],
)
def test_what_it_is_not_prepared_for(source: str) -> None:
    assert not guarded(source)


@given(st.text(alphabet="try{}catch()=> .go\n'\"/*").map(str.encode), st.integers(0, 40))
def test_a_guard_is_looked_for_in_any_text(content: bytes, offset: int) -> None:
    start = min(offset, len(content))
    assert is_guarded(content, start, min(start + 3, len(content))) in {True, False}


@pytest.mark.parametrize("unit", ["{", "}", "(", "try{", "a(b,", "=>{"])
def test_no_script_takes_long(unit: str) -> None:
    content = (unit * 50_000 + ".go()").encode()
    is_guarded(content, len(content) - 5, len(content) - 2)
