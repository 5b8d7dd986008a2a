from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.formats.compose.tree import Mapping, Scalar, Sequence, TreeError, Value, read, walk
from dext_tasks.limits import LARGEST_VALUE

BOMB = b"""a: &a [x, x, x, x, x, x, x, x, x]
b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]
c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]
d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c]
e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d]
f: [*e, *e, *e, *e, *e, *e, *e, *e, *e]
"""


def mapping(content: bytes) -> Mapping:
    found = read(content)
    assert isinstance(found, Mapping)
    return found


class TestRead:
    def test_values_have_their_lines(self) -> None:
        found = mapping(b"a: 1\nb:\n  - x\n  - y: z\n")
        listed = found.entries["b"]
        assert isinstance(listed, Sequence)
        assert found.entries["a"] == Scalar("1", 1, "number")
        assert [item.line for item in listed.items] == [3, 4]
        assert found.lines == {"a": 1, "b": 2}

    @pytest.mark.parametrize("content", [b"", b"# nothing\n", b"---\n"])
    def test_an_empty_file_is_nothing(self, content: bytes) -> None:
        found = read(content)
        assert found is None or found.kind == "null"

    def test_a_byte_order_mark_is_skipped(self) -> None:
        assert mapping(b"\xef\xbb\xbfa: 1").entries.keys() == {"a"}

    @pytest.mark.parametrize(
        ("text", "kind"),
        [
            ("~", "null"),
            ("null", "null"),
            ("", "null"),
            ("true", "boolean"),
            ("False", "boolean"),
            ("80", "number"),
            ("0x1F", "number"),
            ("-1.5", "number"),
            ("yes", "string"),
            ("on", "string"),
            ("22:22", "string"),
            ("'80'", "string"),
            ('"true"', "string"),
            ("!!str 80", "string"),
            ("2024-01-01", "string"),
        ],
    )
    def test_plain_texts_are_what_yaml_1_2_says(self, text: str, kind: str) -> None:
        assert mapping(f"a: {text}\n".encode()).entries["a"].kind == kind

    def test_nothing_a_tag_names_is_made(self) -> None:
        found = read(b'!!python/object/apply:os.system ["exit 1"]')
        assert isinstance(found, Sequence)

    def test_only_the_first_document_is_read(self) -> None:
        assert mapping(b"a: 1\n---\nb: 2\n").entries.keys() == {"a"}

    def test_a_key_that_is_there_twice(self) -> None:
        assert mapping(b"a: 1\nb: 2\na: 3\n").duplicates == (("a", 3),)

    def test_merged_keys_do_not_replace_own_ones(self) -> None:
        found = mapping(b"x: &x {a: 1, b: 2}\ny:\n  <<: *x\n  b: 3\n").get("y")
        assert isinstance(found, Mapping)
        assert {key: value.text for key, value in found.entries.items() if isinstance(value, Scalar)} == {
            "a": "1",
            "b": "3",
        }

    def test_a_list_of_mappings_is_merged_first_one_first(self) -> None:
        found = mapping(b"p: &p {a: 1}\nq: &q {a: 2, b: 2}\ny:\n  <<: [*p, *q]\n").get("y")
        assert isinstance(found, Mapping)
        assert [(key, value.text) for key, value in sorted(found.entries.items()) if isinstance(value, Scalar)] == [
            ("a", "1"),
            ("b", "2"),
        ]

    @pytest.mark.parametrize(
        ("content", "what", "line"),
        [
            (b"a: b: c\n", "line 1, column 5: mapping values are not allowed here", 1),
            (b"a: 1\n\tb: 2\n", "line 2, column 1", 2),
            (b"a: *nowhere\n", "undefined alias", 1),
            (b"a: [1,\n", "line 2", 2),
            (b"\xff", "byte 0 is not UTF-8", 0),
            (b"\x00", "special characters are not allowed", 0),
            (b"[" * 10_000, "nested too deeply", 0),
            (b"- " * 10_000, "nested too deeply", 0),
            (b"a: &a [*a]", "nested too deeply", 1),
            (b"a: &a {b: *a}", "nested too deeply", 1),
            (BOMB, "more than 50000 values", 1),
            (b"#" * (LARGEST_VALUE + 1), "larger than 256 KiB", 0),
            (b'"\\UFFFFFFFF"', "not YAML", 0),
            (b"!!binary a-b", "not YAML", 0),
            (b"!!binary /w==", "is not UTF-8", 0),
        ],
        ids=lambda value: repr(value)[:24],
    )
    def test_what_cannot_be_read_is_refused_in_one_line(self, content: bytes, what: str, line: int) -> None:
        with pytest.raises(TreeError) as caught:
            read(content)
        assert what in str(caught.value)
        assert caught.value.line == line
        assert "\n" not in str(caught.value)

    @given(st.binary() | st.text(st.sampled_from("ab:-[]{}&*!|>'\"\\#%@`,? \n\t0<~U")).map(str.encode))
    def test_any_bytes_are_a_tree_or_refused(self, content: bytes) -> None:
        try:
            assert all(scalar.line >= 1 for scalar in walk(read(content)))
        except TreeError as error:
            assert str(error)  # noqa: PT017 - either end is fine, this one with a reason


def texts(value: Value | None) -> list[str]:
    return [scalar.text for scalar in walk(value)]


def test_every_scalar_is_walked_in_order() -> None:
    assert texts(read(b"a: 1\nb: [2, {c: 3}]\nd: 4\n")) == ["1", "2", "3", "4"]


def test_nothing_is_walked_of_nothing() -> None:
    assert texts(None) == []


def test_a_null_counts_as_absent() -> None:
    assert mapping(b"a:\nb: 1\n").get("a") is None
