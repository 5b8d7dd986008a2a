from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.ui.session import Ledger, as_json


def test_calls_are_in_the_pages_order() -> None:
    ledger = Ledger()
    for page, number in [("b", 2), ("a", 1), ("b", 1), ("a", 3)]:
        ledger.begin(page, number, f"{page}{number}", [])

    assert [call.member for call in ledger.calls] == ["b1", "b2", "a1", "a3"]
    assert {call.outcome for call in ledger.calls} == {"pending"}


def test_streams_are_not_waited_for() -> None:
    ledger = Ledger()
    entry = ledger.begin("p", 1, "m", [])
    ledger.begin("p", 2, "m", [], awaited=False)

    assert ledger.pending == 1
    ledger.end(entry)
    assert ledger.pending == 0


def test_only_the_first_end_counts() -> None:
    ledger = Ledger()
    entry = ledger.begin("p", 1, "m", [])
    ledger.end(entry, "failed")
    ledger.end(entry)

    assert ledger.calls[0].outcome == "failed"


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_arguments_are_short(args: object) -> None:
    assert len(as_json(args)) <= 200


def test_arguments_are_compact() -> None:
    assert as_json(["é", {"a": 1}]) == '["é",{"a":1}]'
    assert as_json(["x" * 300]).endswith("x…")
