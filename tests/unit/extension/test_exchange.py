from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.extension.exchange import Exchange

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


class TestReading:
    def test_the_defaults(self) -> None:
        assert Exchange.of({}) == Exchange("GET", "/", None, "", 200, "", "")

    @pytest.mark.parametrize(
        ("body", "content", "media_type"),
        [
            ("text", b"text", "text/plain"),
            ({"a": 1}, b'{"a": 1}', "application/json"),
            (None, b"null", "application/json"),
        ],
    )
    def test_a_text_is_sent_as_it_is_and_anything_else_as_json(
        self, body: object, content: bytes, media_type: str
    ) -> None:
        made = Exchange.of({"method": "post", "body": body})
        assert (made.method, made.body, made.content_type) == ("POST", content, media_type)

    @pytest.mark.parametrize(
        "data",
        [
            [],
            "GET /",
            {"url": "/"},
            {"method": "TRACE"},
            {"path": "hello"},
            {"path": "/a b"},
            {"path": "/a\r\nHost: x"},
            {"path": 5},
            {"status": 99},
            {"status": 600},
            {"status": "200"},
            {"status": True},
            {"text": 5},
        ],
    )
    def test_what_is_no_request(self, data: object) -> None:
        with pytest.raises(ValueError, match=r"^$"):
            Exchange.of(data)

    @given(JSON)
    def test_whatever_is_given_is_read_or_refused(self, data: object) -> None:
        with suppress(ValueError):
            assert isinstance(Exchange.of(data), Exchange)


class TestAnswers:
    @pytest.mark.parametrize(
        ("wanted", "answer"),
        [
            ({}, b""),
            ({"text": "lo wo"}, b"hello world"),
            ({"json": {"a": 1}}, b'{"a": 1, "b": 2}'),
            ({"json": {"a": {"b": []}}}, b'{"a": {"b": [], "c": 1}}'),
            ({"json": [{"a": 1}, 2]}, b'[{"a": 1, "b": 1}, 2]'),
            ({"json": None}, b"null"),
            ({"json": "x"}, b'"x"'),
        ],
    )
    def test_that_are_right(self, wanted: dict[str, object], answer: bytes) -> None:
        assert Exchange.of(wanted).fault(200, answer) == ""

    @pytest.mark.parametrize(
        ("wanted", "answer", "why"),
        [
            ({"text": "bye"}, b"hello", "does not contain bye"),
            ({"json": {"a": 1}}, b'{"a": 2}', "differs from what is expected at .a"),
            ({"json": {"a": 1}}, b'{"a": true}', "at .a"),
            ({"json": {"a": {"b": 1}}}, b'{"a": {}}', "at .a.b"),
            ({"json": [1, {"a": 1}]}, b'[1, {"a": 2}]', "at [1].a"),
            ({"json": [1]}, b"[1, 2]", "differs"),
            ({"json": {}}, b"[]", "differs"),
            ({"json": {"a": 1}}, b"<html>", "is not valid JSON"),
            ({"json": 1}, b"\xff", "is not valid JSON"),
            ({"json": 1}, b"[" * 100_000, "is not valid JSON"),
        ],
    )
    def test_that_are_wrong(self, wanted: dict[str, object], answer: bytes, why: str) -> None:
        said = Exchange.of(wanted).fault(200, answer)
        assert said.startswith("GET / answered ")
        assert why in said
        assert len(said) < 300

    def test_another_status(self) -> None:
        assert Exchange.of({"path": "/x", "status": 404}).fault(200, b"ok") == "GET /x answered 200, not 404: ok"

    @given(JSON)
    def test_everything_holds_itself(self, data: object) -> None:
        assert Exchange.of({"json": data}).fault(200, json.dumps(data).encode()) == ""
