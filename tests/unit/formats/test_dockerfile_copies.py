from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.formats.dockerfile.copies import Change, Copy, Folder, Unknown, history_of
from dext_tasks.formats.dockerfile.document import parse
from dext_tasks.formats.dockerfile.refusals import DockerfileRefusedError
from dext_tasks.formats.dockerfile.runs import EVERYTHING
from dext_tasks.formats.dockerfile.stages import Written
from dext_tasks.formats.dockerfile.substitution import Expansion


def changes(text: str) -> list[Change]:
    return list(history_of(parse(text).lineage()).changes)


def only(line: str) -> Change:
    (change,) = changes(f"FROM scratch\n{line}\n")
    return change


@pytest.mark.parametrize(
    ("line", "copy"),
    [
        ("COPY a /b", Copy("a", "/b", is_folder=False, line=2)),
        ("COPY a /b/", Copy("a", "/b", is_folder=True, line=2)),
        ("COPY a /b/.", Copy("a", "/b", is_folder=True, line=2)),
        ("COPY a .", Copy("a", "/", is_folder=True, line=2)),
        ("COPY a ./", Copy("a", "/", is_folder=True, line=2)),
        ("COPY a b", Copy("a", "/b", is_folder=False, line=2)),
        ("COPY a ..", Copy("a", "/", is_folder=False, line=2)),
        ("COPY /a/../b/. /c", Copy("b", "/c", is_folder=False, line=2)),
        ("COPY ../../a /c", Copy("a", "/c", is_folder=False, line=2)),
        ('COPY ["a b", "/c/"]', Copy("a b", "/c", is_folder=True, line=2)),
        ("COPY --from=x --chown=1 a /b", Copy("a", "/b", is_folder=False, line=2, origin="x")),
        ("COPY --link a /b", Copy("a", "/b", is_folder=False, line=2, is_linked=True)),
        ("COPY --link=true a /b", Copy("a", "/b", is_folder=False, line=2, is_linked=True)),
        ("ADD a /b", Copy("a", "/b", is_folder=False, line=2, unpacks=True)),
        (
            "ADD https://acme.org/x.js?y /b",
            Copy("x.js", "/b", is_folder=False, line=2, unpacks=True, is_fetched=True),
        ),
        (
            "ADD https://acme.org /b",
            Copy("__unnamed__", "/b", is_folder=False, line=2, unpacks=True, is_fetched=True),
        ),
        (
            "COPY <<E /b/\nx\nE",
            Copy("E", "/b", is_folder=True, line=2, written=Written("E", Expansion("x\n"), 3)),
        ),
        (
            "COPY <<-'E' /b\n\t$x\n\tE",
            Copy("E", "/b", is_folder=False, line=2, written=Written("E", Expansion("$x\n"), 3)),
        ),
    ],
)
def test_what_an_instruction_copies(line: str, copy: Copy) -> None:
    assert only(line) == copy


def test_sources_are_copied_one_after_another_and_heredocs_last() -> None:
    found = changes("FROM scratch\nCOPY <<x a b /c/\n1\nx\n")
    assert [each.source for each in found if isinstance(each, Copy)] == ["a", "b", "x"]


@pytest.mark.parametrize(
    ("lines", "source", "destination"),
    [
        ("ARG A=ui\nCOPY $A /${A}x", "ui", "/uix"),
        ("ENV A=ui\nCOPY ${A}/. $A/", "ui", "/ui"),
        ('COPY "a" c', "a", "/c"),
        ("ARG TARGETARCH\nCOPY compose_${TARGETARCH}.yaml /", "compose_amd64.yaml", "/"),
        ("ARG A\nCOPY ${A:-ui} /x", "ui", "/x"),
    ],
)
def test_variables_are_replaced(lines: str, source: str, destination: str) -> None:
    (copy,) = changes(f"FROM scratch\n{lines}\n")
    assert isinstance(copy, Copy)
    assert (copy.source, copy.destination, copy.doubt) == (source, destination, "")


@pytest.mark.parametrize(
    ("lines", "doubt"),
    [
        ("ARG A\nCOPY $A /x", "what line 3 copies depends on $A"),
        ("COPY a$A$B /x", "what line 2 copies depends on $A and $B"),
        ("ARG BUILDARCH\nCOPY tool-$BUILDARCH /x", "what line 3 copies depends on the machine that builds"),
        ("COPY --parents a /b", "what --parents in line 2 comes to is not known before the build"),
        ("COPY --exclude=*.md a /b", "what --exclude in line 2 comes to is not known before the build"),
        ("COPY --from=$A a /b", "what --from in line 2 comes to is not known before the build"),
        ("ADD https://github.com/acme/x.git /b", "line 2 copies from a git repository"),
        ("ADD git@github.com:acme/x.git /b", "line 2 copies from a git repository"),
        ("COPY a b/.", "whether b/. in line 2 is a folder depends on the version of BuildKit"),
    ],
)
def test_a_source_that_cannot_be_followed(lines: str, doubt: str) -> None:
    (copy,) = changes(f"FROM scratch\n{lines}\n")
    assert isinstance(copy, Copy)
    assert copy.doubt == doubt


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("FROM scratch\nCOPY a $B", "where line 2 copies to depends on $B"),
        ("FROM scratch\nWORKDIR $B\nCOPY a b", "the folder that line 3 copies to depends on scratch"),
        ("FROM acme/base\nCOPY a b", "the folder that line 2 copies to depends on acme/base"),
        ("FROM postgres\nCOPY a .", "the folder that line 2 copies to depends on postgres"),
    ],
)
def test_a_place_that_is_not_known_may_be_any(text: str, what: str) -> None:
    assert changes(text) == [Unknown(EVERYTHING, what)]


@pytest.mark.parametrize(
    ("base", "destination"),
    [
        ("scratch", "/b"),
        ("alpine:3", "/b"),
        ("golang:1.24", "/go/b"),
        ("node", "/b"),
        ("docker.io/library/nginx", "/b"),
    ],
)
def test_the_working_folder_of_known_images(base: str, destination: str) -> None:
    (copy,) = changes(f"FROM {base}\nCOPY a b\n")
    assert isinstance(copy, Copy)
    assert copy.destination == destination


def test_destinations_are_below_the_working_folder() -> None:
    text = "FROM scratch AS base\nWORKDIR /app\nFROM base\nWORKDIR x\nCOPY a b\nWORKDIR /y\nCOPY a ..\nCOPY a /z\n"
    found = changes(text)
    assert [each.destination for each in found if isinstance(each, Copy)] == ["/app/x/b", "/", "/z"]
    assert [each.path for each in found if isinstance(each, Folder)] == ["/app", "/app/x", "/y"]


def test_an_unknown_working_folder_ends_at_an_absolute_one() -> None:
    found = changes("FROM scratch\nWORKDIR $A\nWORKDIR b\nWORKDIR /c\nCOPY a .\n")
    assert [each.destination for each in found if isinstance(each, Copy)] == ["/c"]


def test_what_is_inherited_is_told_apart() -> None:
    document = parse("FROM scratch AS x\nCOPY a /\nFROM x\nCOPY b /\n")
    history = history_of(document.lineage())
    assert (len(history.changes), history.inherited, history.base.is_empty) == (2, 1, True)


def test_triggers_are_executed_by_the_stage_that_is_built_on_theirs() -> None:
    text = "FROM scratch AS x\nONBUILD COPY a /\nFROM x AS y\nCOPY b /\nFROM y\n"
    assert [each.source for each in changes(text) if isinstance(each, Copy)] == ["a", "b"]
    assert changes("FROM scratch\nONBUILD COPY a /\n") == []


WORDS = st.lists(st.text(st.sampled_from("ab./*[]$\"'\\ <-?:"), max_size=6), min_size=1, max_size=4)


@given(WORDS, st.sampled_from(["COPY", "ADD", "WORKDIR", "RUN", "CMD", "SHELL"]))
def test_no_instruction_is_too_odd(words: list[str], keyword: str) -> None:
    try:
        chain = parse(f"FROM scratch\n{keyword} {' '.join(words)}\nCOPY a b\n").lineage()
    except DockerfileRefusedError:
        return
    for change in history_of(chain).changes:
        if isinstance(change, Copy):
            assert change.destination.startswith("/")
            # A name such as "..a" is a name.
            assert change.source.partition("/")[0] not in {"", ".."} or not change.source


def test_a_folder_deeper_than_any_kernel_makes_is_not_followed() -> None:
    found = changes("FROM scratch\n" + "WORKDIR abc\n" * 5000 + "COPY a .\n")
    assert isinstance(found[-1], Unknown)
    # Each is kept, so that a bound on one is a bound on all.
    assert max(len(each.path) for each in found if isinstance(each, Folder)) <= 4095
