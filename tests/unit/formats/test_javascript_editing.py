from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.formats.editing import UneditableError
from dext_tasks.formats.javascript_editing import string_of, with_string

VITE = """\
import { defineConfig } from 'vite'
// export default {}
export default defineConfig({
  plugins: [react({ base: "/not/this" })], // base: '/nor/this'
  test: { include: [/[/"'}]\\/base:/, `${a}}`] },
})
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (VITE, VITE.replace("  plugins", "  base: './',\n  plugins")),
        (
            VITE.replace("\n", "\r\n").replace("  test", "\tbase : '/x/', // é\r\n  test"),
            VITE.replace("\n", "\r\n").replace("  test", "\tbase : './', // é\r\n  test"),
        ),
        ("export default {}", 'export default { base: "./",}'),
        ("export default { a: 1 };", 'export default { base: "./", a: 1 };'),
        ('export default defineConfig({"base":"/"});', 'export default defineConfig({"base":"./"});'),
        (
            "export default {\n\t// é\n\ta,\n\tb() { return 1 },\n}",
            'export default {\n\t// é\n\tbase: "./",\n\ta,\n\tb() { return 1 },\n}',
        ),
        ("export default { a: 4 / 2 / 1, b: 'x' }", "export default { base: './', a: 4 / 2 / 1, b: 'x' }"),
    ],
)
def test_a_string_is_set(before: str, after: str) -> None:
    changed = with_string(before.encode(), "base", "./")
    assert changed.decode() == after
    assert string_of(changed, "base").value == "./"
    assert with_string(changed, "base", "./") == changed


@pytest.mark.parametrize(
    "text",
    [
        "",
        "export default defineConfig(() => ({ a: 1 }))",
        "export default defineConfig(({ mode }) => { return {} })",
        "const config = {}; export default config",
        "export default mergeConfig(a, { b: 1 })",
        "export default { ...common, a: 1 }",
        "export default { [key]: 1 }",
        "export default { get base() { return '/' } }",
        "export default { base: '/', base: '/x' }",
        "export default { base }",
        "export default { base: a ? '/' : './' }",
        "export default { base: process.env.BASE }",
        "export default { base: '/' + x }",
        "export default { base: `/x` }",
        "export default { a: (1 }",
        "export default { a: 1",
        "export default { a: 'x }",
        "// export default {}",
        "export default {}\nexport default {}",
    ],
)
def test_what_is_not_written_out_is_left(text: str) -> None:
    with pytest.raises(UneditableError):
        with_string(text.encode(), "base", "./")


def test_where_a_string_is() -> None:
    text = b"export default {\n  base: '/x',\n}"
    assert string_of(text, "base") == ("/x", text.index(b"base"))
    assert string_of(text, "root") == (None, text.index(b"{"))
    with pytest.raises(UneditableError):
        string_of(b"export default { base: '\\x41' }", "base")


_PARTS = st.sampled_from(
    ["{", "}", "(", ")", "'", '"', "`", "/", "//", "/*", "*/", "base", ":", ",", "...", "a", "\n", "${"]
)


@given(st.binary() | st.lists(_PARTS).map(lambda parts: f"export default {{{''.join(parts)}}}".encode()))
def test_any_bytes_have_an_answer(content: bytes) -> None:
    try:
        changed = with_string(content, "base", "./")
    except UneditableError:
        return
    assert string_of(changed, "base").value == "./"


@pytest.mark.parametrize("unit", ["{", "a,", "'", "`", "/", "/*", "${", "[/"])
def test_hostile_scripts_take_no_time(unit: str) -> None:
    text = f"export default {{{unit * (60_000 // len(unit))}".encode()
    with pytest.raises(UneditableError):
        with_string(text, "base", "./")
