from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.formats.javascript import is_guarded

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
def test_any_text_is_read(content: bytes, offset: int) -> None:
    start = min(offset, len(content))
    assert is_guarded(content, start, min(start + 3, len(content))) in {True, False}


@pytest.mark.parametrize("unit", ["{", "}", "(", "try{", "a(b,", "=>{"])
def test_no_script_takes_long(unit: str) -> None:
    content = (unit * 50_000 + ".go()").encode()
    is_guarded(content, len(content) - 5, len(content) - 2)
