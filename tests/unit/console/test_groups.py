from __future__ import annotations

import io
import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from dext_tasks.console import Output
from dext_tasks.console.board import Board
from dext_tasks.console.groups import Groups
from dext_tasks.console.pipeline import NO_PIPELINE, PipelineJob, PipelineKind
from dext_tasks.console.release_board import ReleaseBoard
from dext_tasks.errors import BuildFailedError
from dext_tasks.formats.oci.platform import REQUIRED
from dext_tasks.release.steps.step import Step, StepStatus

if TYPE_CHECKING:
    from collections.abc import Callable

AMD64, ARM64 = REQUIRED


class People:
    """A job's log."""

    def __init__(self, kind: PipelineKind = PipelineKind.GITHUB) -> None:
        self._err = io.StringIO()
        self.output = Output(err=self._err, pipeline=PipelineJob(kind) if kind else NO_PIPELINE)

    def say(self, text: str) -> Callable[[], None]:
        return lambda: self.output.say(text)

    @property
    def lines(self) -> list[str]:
        return self._err.getvalue().splitlines()


class TestGroups:
    def test_one_is_shown_as_it_comes_and_others_when_it_is_their_turn(self) -> None:
        people = People()
        groups = Groups(people.output)
        for title in ("a", "b", "c", "a", "b"):
            groups.add(title, people.say(title))
        assert people.lines == ["::group::a", "a", "a"]
        groups.end("b")
        assert people.lines == ["::group::a", "a", "a"]
        groups.end("a")
        of_both = ["::group::a", "a", "a", "::endgroup::", "::group::b", "b", "b", "::endgroup::"]
        assert people.lines == [*of_both, "::group::c", "c"]
        groups.add("c", people.say("d"))
        groups.end("c")
        assert people.lines == [*of_both, "::group::c", "c", "d", "::endgroup::"]

    def test_nothing_is_lost_where_the_run_ends(self) -> None:
        people = People()
        groups = Groups(people.output)
        for title in ("a", "b", "c"):
            groups.add(title, people.say(title))
        groups.close()
        groups.close()
        assert [line for line in people.lines if ":" not in line] == ["a", "b", "c"]
        assert people.lines.count("::endgroup::") == 3

    def test_what_was_not_begun_does_not_end(self) -> None:
        people = People()
        groups = Groups(people.output)
        groups.end("a")
        groups.add("a", people.say("x"))
        groups.end("a")
        groups.end("a")
        groups.add("a", people.say("y"))
        assert people.lines == ["::group::a", "x", "::endgroup::", "::group::a", "y"]

    def test_gitlab_tells_them_apart_by_name(self) -> None:
        people = People(PipelineKind.GITLAB)
        groups = Groups(people.output, lambda: 12.0)
        for title in ("a", "b"):
            groups.add(title, people.say(title))
        groups.close()
        text = "\n".join(people.lines)
        opened = re.findall(r"section_start:12:(\w+)\[", text)
        assert len(opened) == len(set(opened)) == 2
        assert re.findall(r"section_end:12:(\w+)", text) == opened

    def test_elsewhere_lines_come_as_they_come(self) -> None:
        people = People(PipelineKind.NONE)
        groups = Groups(people.output)
        for title in ("a", "b", "a"):
            groups.add(title, people.say(title))
        groups.close()
        assert people.lines == ["a", "b", "a"]

    def test_many_speak(self) -> None:
        people = People()
        groups = Groups(people.output)

        def work(title: str) -> None:
            for number in range(50):
                groups.add(title, people.say(f"{title}{number}"))
            groups.end(title)

        with ThreadPoolExecutor() as pool:
            list(pool.map(work, "abcd"))
        groups.close()
        assert len(people.lines) == 4 * 52
        for part in "\n".join(people.lines).split("::group::")[1:]:
            assert part.splitlines() == [part[0], *(f"{part[0]}{number}" for number in range(50)), "::endgroup::"]


class TestBoards:
    def test_a_group_for_each_build(self) -> None:
        people = People()
        error = BuildFailedError("no", remedy="x", log="y")
        with Board(people.output) as board:
            board.line(AMD64, "::add-mask::x")
            board.line(ARM64, "one")
            board.line(AMD64, "two")
            board.build_failed(AMD64, error)
        assert people.lines == [
            "::group::Build for linux/amd64",
            "linux/amd64 | ::add-mask::x",
            "linux/amd64 | two",
            "::endgroup::",
            "::group::Build for linux/arm64",
            "linux/arm64 | one",
            "::endgroup::",
        ]

    def test_a_group_for_each_smoke_test(self) -> None:
        people = People()
        with Board(people.output) as board:
            board.started(AMD64, "install")
        assert people.lines == [
            "::group::Smoke test on linux/amd64",
            "linux/amd64 | install: started",
            "::endgroup::",
        ]

    @pytest.mark.parametrize("kind", [PipelineKind.GITHUB, PipelineKind.NONE])
    def test_a_group_for_each_step_of_a_release(self, kind: PipelineKind) -> None:
        people = People(kind)
        build = Step("build", "linux/amd64", StepStatus.TODO, "new", AMD64)
        index = Step("index", "a/b:1.2.0", StepStatus.TODO, "new")
        with ReleaseBoard(people.output) as board:
            for step in (build, index):
                board.started(step)
                board.line(AMD64, "one")
                board.finished(step, 1.0)
        lines = [
            "::group::build linux/amd64",
            "-> build linux/amd64",
            "linux/amd64 | one",
            "ok build linux/amd64 (1.0 s)",
            "::endgroup::",
            "::group::index a/b:1.2.0",
            "-> index a/b:1.2.0",
        ]
        assert [line for line in people.lines if "group" not in line][:4] == [*lines[1:4], lines[6]]
        if kind is PipelineKind.GITHUB:
            assert people.lines[:7] == lines
