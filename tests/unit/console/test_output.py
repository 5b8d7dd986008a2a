from __future__ import annotations

import io
import json
import os
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.console import Output
from dext_tasks.console.output import STYLES
from dext_tasks.console.table_layout import Table
from dext_tasks.errors import FileAccessError, GitError

if TYPE_CHECKING:
    from collections.abc import Callable

ERROR = GitError("git [red]push[/] failed", remedy="push by hand", detail="fatal: no\nremote: [x]")
# What rich would replace if it were obeyed: markup, an emoji, an address, a link.
HOSTILE = (
    "[red]x[/red]",
    "[/]",
    "[link=https://x]y[/link]",
    "a:on:b",
    ":smile:",
    "[::1]:5000",
    "[fe80::1]/x",
    "\\[x]",
    "x\\",
)


def is_no_command(text: str) -> bool:
    """Whether a CI system finds no command in a text, which is shown as it is."""
    return not text.lstrip().startswith("::") and "##[" not in text


class Streams:
    """Both streams of a run, as nobody's terminal."""

    def __init__(self, *, as_json: bool = False, encoding: str = "utf-8") -> None:
        self._err, self._out = io.BytesIO(), io.StringIO()
        err = io.TextIOWrapper(self._err, encoding=encoding, errors="backslashreplace", write_through=True)
        self.output = Output(as_json=as_json, err=err, out=self._out)
        self._encoding = encoding

    @property
    def people(self) -> str:
        return self._err.getvalue().decode(self._encoding)

    @property
    def programs(self) -> str:
        return self._out.getvalue()


class TestPeople:
    @pytest.mark.parametrize("text", HOSTILE)
    def test_text_is_shown_as_it_is(self, text: str) -> None:
        streams = Streams()
        streams.output.say(text, style="bold red")
        assert streams.people == f"{text}\n"
        assert streams.programs == ""

    @given(st.text(alphabet=st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=60).filter(is_no_command))
    def test_any_printable_text_is_shown_as_it_is(self, text: str) -> None:
        streams = Streams()
        streams.output.say(text)
        assert streams.people == f"{text}\n"

    def test_a_long_line_is_not_broken(self) -> None:
        streams = Streams()
        streams.output.say("x" * 1000)
        assert streams.people == "x" * 1000 + "\n"

    def test_a_lone_surrogate_breaks_nothing(self) -> None:
        streams = Streams()
        streams.output.say("a\udcffb")
        assert streams.people == "a\\udcffb\n"

    def test_no_colours_where_there_is_no_terminal(self) -> None:
        streams = Streams()
        streams.output.say("text", style="bold red")
        streams.output.table(Table("Doctor", ("status",), [("FAIL",), ("ok",)]))
        assert "\x1b" not in streams.people

    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("folder ev\nil", "folder ev\\nil"),
            ("a\r\nb", "a\\nb"),
            ("\x1b[31mred\x1b[0m \x07bell \x9b2J", "red bell 2J"),
            ("\u202eturned\u2066 \u2028parted", "turned parted"),
            ("::error::x", "\\::error::x"),
            (" \u3000\t::add-mask::x", " \u3000\t\\::add-mask::x"),
            ("a ##[error]x", "a #\\#[error]x"),
            ("a ::error::x", "a ::error::x"),
        ],
    )
    def test_a_line_stays_one_line_and_is_no_command(self, text: str, shown: str) -> None:
        streams = Streams()
        streams.output.say(text)
        assert streams.people == f"{shown}\n"

    def test_several_lines_are_several(self) -> None:
        streams = Streams()
        streams.output.lines("a\r\n::error::b\n\nc\n")
        assert streams.people == "a\n\\::error::b\n\nc\n"

    def test_an_error_cannot_forge_lines(self) -> None:
        streams = Streams()
        error = GitError("no folder a\n::error::b", remedy="name c\nd", detail="one\n::error::two")
        streams.output.error(error)
        assert streams.people.splitlines() == [
            "one",
            r"\::error::two",
            r"error: no folder a\n::error::b",
            r"  next: name c\nd",
        ]


class TestTable:
    def test_a_cell_stays_one_line_and_is_no_command_wherever_it_is_folded(self) -> None:
        streams = Streams()
        long = "word " * 60
        table = Table(
            "Release of a\n::error::t", ("a", "b"), [("x\n::error::y", f"{long}::error::z"), ("::warning::v", "")]
        )
        streams.output.table(table)
        assert not [line for line in streams.people.splitlines() if line.lstrip().startswith("::")]
        assert r"x\n::error::y" in streams.people
        assert r"\::warning::v" in streams.people
        assert "::error::z" in streams.people

    @pytest.mark.parametrize("text", HOSTILE)
    def test_cells_and_title_are_shown_as_they_are(self, text: str) -> None:
        streams = Streams()
        streams.output.table(Table(f"Release of {text}", ("step", "why"), [("push", text)]))
        title, *_, row = [line.strip() for line in streams.people.splitlines() if line.strip()]
        assert title == f"Release of {text}"
        assert re.split(r"\s{2,}", row) == ["push", text]

    @given(
        st.text(
            alphabet=st.characters(categories=["Lu", "Ll", "N", "P", "S"]),
            min_size=1,
            max_size=40,
        ).filter(is_no_command)
    )
    def test_any_printable_cell_is_shown_as_it_is(self, text: str) -> None:
        streams = Streams()
        streams.output.table(Table("Title", ("what",), [(text,)]))
        assert text in streams.people

    @pytest.mark.parametrize("word", [*STYLES, "OK", "FAIL"])
    def test_a_status_is_told_in_words_too(self, word: str) -> None:
        streams = Streams()
        streams.output.table(Table("Title", ("status",), [(word,)]))
        assert word in streams.people

    def test_a_log_is_as_wide_as_the_table_needs(self) -> None:
        streams = Streams()
        row = ("a" * 60, "b" * 71)
        streams.output.table(Table("Title", ("one", "two"), [row]))
        assert any(row[0] in line and row[1] in line for line in streams.people.splitlines())

    @pytest.mark.parametrize("colour", [True, False])
    def test_no_line_ends_with_blanks(self, colour: bool) -> None:  # noqa: FBT001 - a row
        out = io.StringIO()
        table = Table("Title", ("what", "found", "fix"), [("x", "failed", ""), ("y", "ok", "do it")])
        Output(err=io.StringIO(), out=out, out_colour=colour).table(table, result=True)
        plain = re.sub(r"\x1b\[[0-9;]*m", "", out.getvalue())
        assert [line for line in plain.splitlines() if line != line.rstrip()] == []
        assert ("\x1b[" in out.getvalue()) is colour

    def test_an_ascii_stream_gets_an_ascii_table(self) -> None:
        streams = Streams(encoding="ascii")
        streams.output.table(Table("Title", ("what",), [("x",)]))
        assert "\\u" not in streams.people

    def test_a_table_without_rows_is_one(self) -> None:
        streams = Streams()
        streams.output.table(Table("Title", ("what",), []))
        assert "what" in streams.people


LABEL = "com.docker.desktop.extension.api.version"
WIDE = Table(
    "Findings",
    ("where", "severity", "rule", "what", "fix"),
    [
        (
            "Dockerfile:12",
            "error",
            "api-version-refuses-newest",
            f"label {LABEL} is set to the empty string",
            "fill it",
        ),
        ("", "note", "label-odd", "odd", "fix it"),
    ],
)


class TestWidth:
    @staticmethod
    def shown(table: Table, columns: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        class Terminal(io.StringIO):
            def isatty(self) -> bool:
                return True

        people = Terminal()
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("TERM", "xterm")
        Output(err=people, out=io.StringIO()).table(table)
        return re.sub(r"\x1b\[[0-9;]*m", "", people.getvalue()).splitlines()

    @pytest.mark.parametrize("columns", [60, 80, 100, 120, 160, 200, 300])
    def test_no_word_is_broken(self, columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
        lines = self.shown(WIDE, columns, monkeypatch)
        assert max(map(len, lines)) <= columns
        words = {word for line in lines for word in line.split()}
        assert {word for row in WIDE.rows for cell in row for word in cell.split()} <= words

    def test_where_it_is_narrow_each_row_is_a_list(self, monkeypatch: pytest.MonkeyPatch) -> None:
        lines = [line.rstrip() for line in self.shown(WIDE, 80, monkeypatch)]
        at = lines.index("where     Dockerfile:12")
        assert lines[at + 1 : at + 3] == ["severity  error", "rule      api-version-refuses-newest"]

    @pytest.mark.parametrize("columns", [20, 40, 60])
    def test_a_column_with_a_long_name_leaves_room_for_what_is_in_it(
        self, columns: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        heads = ("probe", f"linux/arm64 emulated in {'a-context-' * 9}")
        lines = self.shown(Table("Smoke test", heads, [("answer", "passed")]), columns, monkeypatch)
        assert max(map(len, lines)) <= columns
        shown = " ".join(lines).split()
        assert [shown.count(word) for word in ("probe", "answer", "passed")] == [1, 1, 1]

    def test_a_word_that_is_longer_than_any_code_is_folded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        lines = self.shown(Table("Built", ("digest", "size"), [("a" * 71, "1 MiB")]), 60, monkeypatch)
        assert sum(line.count("a") for line in lines[3:]) == 71
        assert max(map(len, lines)) <= 60


class TestClosedPipe:
    class Closed(io.StringIO):
        def flush(self) -> None:
            raise BrokenPipeError

    def test_a_reader_that_went_away_fails_nothing(self) -> None:
        output = Output(as_json=True, err=self.Closed(), out=self.Closed())
        output.say("text")
        output.table(WIDE)
        output.data({"a": 1})
        output.document("x")
        output.error(ERROR)

    def test_what_is_left_to_write_goes_nowhere(self) -> None:
        reading, writing = os.pipe()
        os.close(reading)
        with os.fdopen(writing, "w") as stream:
            Output(err=io.StringIO(), out=stream).document("x" * 100_000)
        # Closing flushed once more, and did not fail.


class TestNoPlace:
    """Standard output on a full disk, or closed."""

    @pytest.mark.needs("/dev/full")
    def test_a_full_disk_is_told_once_all_is_done(self) -> None:
        with open("/dev/full", "w", encoding="utf-8") as full:  # noqa: PTH123 - a device
            output = Output(err=io.StringIO(), out=full)
            output.result("acme/demo:1.0.0")
            output.document("{}")
            with pytest.raises(FileAccessError, match="standard output cannot be written: No space left on device"):
                output.require_written()

    def test_a_closed_stream_is_told_where_there_was_something_to_write(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sys.stdout", None)
        output = Output(err=io.StringIO())
        output.require_written()
        output.table(WIDE, result=True)
        with pytest.raises(FileAccessError, match="it is closed"):
            output.require_written()

    def test_without_standard_error_nothing_is_wrong(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sys.stderr", None)
        output = Output(out=io.StringIO())
        output.say("text", "red")
        output.table(WIDE)
        output.error(ERROR)
        output.require_written()
        assert not output.can_be_live

    def test_a_reader_that_had_enough_is_no_fault(self) -> None:
        output = Output(err=io.StringIO(), out=TestClosedPipe.Closed())
        output.result("x")
        output.require_written()


class TestPrograms:
    def test_data_is_one_document_on_standard_output(self) -> None:
        streams = Streams(as_json=True)
        streams.output.say("text")
        streams.output.table(Table("Title", ("what",), [("x",)]))
        streams.output.result("a result line")
        streams.output.data({"images": [1, "é", "\udcff"]})
        assert json.loads(streams.programs) == {"images": [1, "é", "\udcff"]}
        assert streams.programs.isascii()

    def test_without_json_there_is_the_result_line_alone(self) -> None:
        streams = Streams()
        streams.output.data({"images": []})
        streams.output.result("acme/demo:1.0.0")
        assert streams.programs == "acme/demo:1.0.0\n"

    @pytest.mark.parametrize("as_json", [True, False])
    def test_a_result_is_on_standard_output_unless_a_document_is_wanted(self, as_json: bool) -> None:  # noqa: FBT001 - a row
        streams = Streams(as_json=as_json)
        streams.output.table(Table("Title", ("what",), [("x",)], notes=("a note",)), result=True)
        streams.output.say("a line", result=True)
        there, empty = (streams.people, streams.programs) if as_json else (streams.programs, streams.people)
        assert empty == ""
        assert [line.strip() for line in there.splitlines() if line.strip()][-3:] == ["x", "a note", "a line"]

    @pytest.mark.parametrize("verbose", [True, False])
    def test_details_are_for_those_who_ask(self, verbose: bool) -> None:  # noqa: FBT001 - a row
        people = io.StringIO()
        Output(err=people, out=io.StringIO(), verbose=verbose).detail("why")
        assert people.getvalue() == ("why\n" if verbose else "")

    def test_an_error_is_the_document_where_there_is_none(self) -> None:
        streams = Streams(as_json=True)
        streams.output.error(ERROR)
        assert json.loads(streams.programs) == {
            "error": {
                "kind": "GitError",
                "exit_code": 46,
                "message": "git [red]push[/] failed",
                "remedy": "push by hand",
                "detail": "fatal: no\nremote: [x]",
            }
        }

    def test_an_error_after_the_results_adds_no_second_document(self) -> None:
        streams = Streams(as_json=True)
        streams.output.data({"errors": 1})
        streams.output.error(ERROR)
        assert json.loads(streams.programs) == {"errors": 1}

    @pytest.mark.parametrize("as_json", [True, False])
    def test_people_read_an_error_with_its_remedy_last(self, as_json: bool) -> None:  # noqa: FBT001 - a row
        streams = Streams(as_json=as_json)
        streams.output.error(ERROR)
        assert streams.people.splitlines() == [
            "fatal: no",
            "remote: [x]",
            "error: git [red]push[/] failed",
            "  next: push by hand",
        ]


@pytest.mark.parametrize(
    "write",
    [lambda output: output.say("x"), lambda output: output.error(ERROR)],
    ids=["say", "error"],
)
def test_standard_output_is_kept_for_programs(
    write: Callable[[Output], None], capsys: pytest.CaptureFixture[str]
) -> None:
    write(Output())
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err
