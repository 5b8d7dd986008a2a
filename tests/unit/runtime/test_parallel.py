from __future__ import annotations

import concurrent.futures
import os
import threading
from concurrent.futures import ALL_COMPLETED
from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING, Never

import psutil
import pytest

from dext_tasks.errors import InterruptedError as Interrupted
from dext_tasks.runtime.cancellation import SHIELD, Cancellation
from dext_tasks.runtime.parallel import Begun, Clearing, ask_each, for_each, stop, to_its_end, within

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future


@dataclass(eq=False)
class FakeChild:
    """A command that is running."""

    gone: bool = False
    shielded: bool = False
    terminated: int = 0
    commands: list[list[str]] = field(default_factory=lambda: [["docker", "build"]])
    pid: int = 0
    made: list[FakeChild] = field(default_factory=list)

    def children(self, *, recursive: bool) -> list[FakeChild]:
        assert recursive
        return self.made

    def cmdline(self) -> list[str]:
        return self.commands.pop(0) if self.commands[1:] else self.commands[0]

    def environ(self) -> dict[str, str]:
        return {SHIELD: "1"} if self.shielded else {}

    def terminate(self) -> None:
        self.terminated += 1
        if self.gone:
            raise psutil.NoSuchProcess(1)


@dataclass
class Children:
    """This process, as psutil shows it."""

    made: list[FakeChild] = field(default_factory=list)

    def __call__(self) -> Children:
        return self

    def cmdline(self) -> list[str]:
        return ["dext", "smoke"]

    def children(self) -> list[FakeChild]:
        return self.made


@pytest.fixture(autouse=True)
def children(monkeypatch: pytest.MonkeyPatch) -> Children:
    made = Children()
    monkeypatch.setattr(psutil, "Process", made)
    return made


class BrokenError(Exception):
    pass


def test_results_are_in_the_order_of_the_keys() -> None:
    first_may_end = threading.Event()

    def work(key: str) -> str:
        if key == "slow":
            first_may_end.wait(60)
        else:
            first_may_end.set()
        return key.upper()

    assert list(for_each(["slow", "quick"], work, Cancellation()).items()) == [("slow", "SLOW"), ("quick", "QUICK")]


def test_all_keys_are_worked_on_at_once() -> None:
    barrier = threading.Barrier(4, timeout=60)
    assert len(for_each(range(4), lambda _: barrier.wait(), Cancellation())) == 4


def test_no_keys_are_no_work() -> None:
    assert for_each([], str, Cancellation()) == {}


def test_a_run_that_went_well_is_not_cancelled(children: Children) -> None:
    children.made = [FakeChild()]
    cancellation = Cancellation()
    for_each([1, 2], str, cancellation)
    assert not cancellation.asked
    assert children.made[0].terminated == 0


def fail_beside(cancellation: Cancellation, other: Callable[[], object]) -> Never:
    def work(key: str) -> object:
        if key == "broken":
            raise BrokenError(key)
        return other()

    for_each(["other", "broken"], work, cancellation)
    pytest.fail("the failure was swallowed")


def test_a_failure_cancels_the_rest() -> None:
    cancellation = Cancellation()
    with pytest.raises(BrokenError):
        fail_beside(cancellation, lambda: cancellation.sleep(3600))


def test_a_failure_ends_the_commands_that_are_running(children: Children) -> None:
    children.made = [FakeChild(gone=True), FakeChild()]
    with pytest.raises(BrokenError):
        fail_beside(Cancellation(), lambda: None)
    assert [child.terminated for child in children.made] == [1, 1]


@pytest.mark.needs("os.getpgid")
def test_what_a_command_started_is_ended_but_for_other_groups(
    children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups = {1: os.getpgrp(), 2: 4711}
    monkeypatch.setattr(os, "getpgid", groups.__getitem__)
    children.made = [FakeChild(made=[FakeChild(pid=1, gone=True), FakeChild(pid=1), FakeChild(pid=2)])]
    stop(Cancellation())
    assert [child.terminated for child in (*children.made, *children.made[0].made)] == [1, 1, 1, 0]


def test_children_from_before_the_run_are_not_ended(children: Children) -> None:
    children.made = [FakeChild(), FakeChild()]
    stop(Cancellation(bystanders=psutil.Process().children()[:1]))
    assert [child.terminated for child in children.made] == [0, 1]


def test_commands_of_a_clean_up_are_not_ended(children: Children) -> None:
    children.made = [FakeChild(shielded=True), FakeChild()]
    with pytest.raises(BrokenError):
        fail_beside(Cancellation(), lambda: None)
    assert [child.terminated for child in children.made] == [0, 1]


@pytest.mark.parametrize("looks", [1, 100])
def test_commands_of_a_clean_up_are_known_before_they_run(children: Children, looks: int) -> None:
    # A forked process is its parent until it is `env`, which is what it was given only after that.
    env = ["env", f"{SHIELD}=1", "timeout", "60", "docker", "compose", "down"]
    children.made = [FakeChild(commands=[children.cmdline()] * looks + [env])]
    stop(Cancellation())
    assert [child.terminated for child in children.made] == [0]


def test_the_clean_up_of_the_rest_is_waited_for() -> None:
    cancellation, cleaned = Cancellation(), []

    def other() -> None:
        try:
            cancellation.sleep(3600)
        finally:
            with cancellation.shielded():
                cancellation.sleep(0.02)
                cleaned.append("other")

    with pytest.raises(BrokenError):
        fail_beside(cancellation, other)
    assert cleaned == ["other"]


class TestGrace:
    def test_the_rest_may_end_by_itself(self) -> None:
        cancellation, ended = Cancellation(), []
        failed = threading.Event()

        def work(key: str) -> None:
            if key == "broken":
                failed.set()
                raise BrokenError(key)
            failed.wait(60)
            cancellation.sleep(0.02)
            ended.append(key)

        with pytest.raises(BrokenError):
            for_each(["other", "broken"], work, cancellation, grace=60.0)
        assert ended == ["other"]

    def test_but_no_longer(self) -> None:
        cancellation = Cancellation()

        def work(key: str) -> None:
            if key == "broken":
                raise BrokenError(key)
            cancellation.sleep(3600)

        with pytest.raises(BrokenError):
            for_each(["other", "broken"], work, cancellation, grace=0.02)
        assert cancellation.asked


@pytest.fixture
def ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while the first wait is under way, as the handler of a signal raises it in the main thread."""
    pressed = iter([KeyboardInterrupt])

    def wait(
        futures: Iterable[Future[object]], timeout: float | None = None, return_when: str = ALL_COMPLETED
    ) -> object:
        for each in pressed:
            raise each
        return concurrent.futures.wait(futures, timeout, return_when)

    monkeypatch.setattr("dext_tasks.runtime.parallel.wait", wait)


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_ends_every_thread(children: Children) -> None:
    children.made = [FakeChild()]
    cancellation, ended = Cancellation(), []

    def work(key: int) -> None:
        try:
            cancellation.sleep(3600)
        finally:
            ended.append(key)

    with pytest.raises(Interrupted) as raised:
        for_each([1, 2], work, cancellation)
    assert isinstance(raised.value.__cause__, KeyboardInterrupt)
    assert sorted(ended) == [1, 2]
    assert children.made[0].terminated == 1


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_does_not_break_off_a_clean_up(children: Children) -> None:
    children.made = []
    cancellation, gone = Cancellation(), []

    def clean_up() -> None:
        cancellation.sleep(1.0)
        gone.append(cancellation.was_asked)

    with pytest.raises(Interrupted):
        to_its_end(clean_up, cancellation)
    assert gone == [True]


def test_a_clean_up_that_fails_says_so_and_ends_nothing_else() -> None:
    cancellation = Cancellation()
    with pytest.raises(BrokenError):
        to_its_end(_broken, cancellation)
    assert not cancellation.was_asked


def test_a_key_that_was_interrupted_itself_says_so() -> None:
    cancellation = Cancellation()
    cancellation.cancel()
    with pytest.raises(Interrupted):
        for_each([1, 2], lambda _: cancellation.check(), cancellation)


class TestQuestions:
    @pytest.fixture
    def gate(self) -> Iterator[threading.Event]:
        made = threading.Event()
        yield made
        made.set()

    def test_answers_are_in_the_order_of_the_keys(self) -> None:
        assert ask_each([3, 1, 2, 1], str, Cancellation(), at_once=2) == {3: "3", 1: "1", 2: "2"}
        assert ask_each([], str, Cancellation()) == {}

    def test_no_more_at_once_than_allowed(self) -> None:
        busy, most = threading.Semaphore(2), []

        def ask(key: int) -> int:
            most.append(busy.acquire(blocking=False))
            threading.Event().wait(0.001)
            busy.release()
            return key

        assert len(ask_each(range(20), ask, Cancellation(), at_once=2)) == 20
        assert all(most)

    def test_a_failure_does_not_wait_for_the_rest(self, gate: threading.Event) -> None:
        def ask(key: str) -> object:
            if key == "broken":
                raise BrokenError(key)
            return gate.wait(60)

        with pytest.raises(BrokenError):
            ask_each(["other", "broken"], ask, Cancellation())
        assert not gate.is_set()

    @pytest.mark.usefixtures("ctrl_c")
    def test_ctrl_c_does_not_wait(self, gate: threading.Event) -> None:
        with pytest.raises(KeyboardInterrupt):
            ask_each([1, 2], lambda _: gate.wait(60), Cancellation())

    def test_nor_does_a_run_that_is_to_end(self, gate: threading.Event) -> None:
        cancellation = Cancellation()
        threading.Timer(0.01, cancellation.cancel).start()
        with pytest.raises(Interrupted):
            ask_each([1, 2], lambda _: gate.wait(60), cancellation)

    def test_no_thread_keeps_a_process_from_ending(self) -> None:
        assert ask_each([1], lambda _: threading.current_thread().daemon, Cancellation()) == {1: True}

    def test_one_that_was_begun_is_answered_when_the_answer_is_wanted(self, gate: threading.Event) -> None:
        begun = Begun(lambda: gate.wait(60), Cancellation())
        gate.set()
        assert begun.answer() is begun.answer() is True

    def test_the_failure_of_one_that_was_begun_is_told_who_wants_the_answer(self) -> None:
        begun: Begun[None] = Begun(_broken, Cancellation())
        for _ in range(2):
            with pytest.raises(BrokenError):
                begun.answer()

    def test_a_run_that_is_to_end_waits_for_none_that_was_begun(self, gate: threading.Event) -> None:
        cancellation = Cancellation()
        begun = Begun(lambda: gate.wait(60), cancellation)
        cancellation.cancel()
        with pytest.raises(Interrupted):
            begun.answer()

    @pytest.mark.usefixtures("ctrl_c")
    def test_nor_does_ctrl_c(self, gate: threading.Event) -> None:
        with pytest.raises(KeyboardInterrupt):
            Begun(lambda: gate.wait(60), Cancellation()).answer()

    def test_an_answer_in_time(self) -> None:
        assert within(10, lambda: 7) == 7

    def test_no_answer_in_time(self, gate: threading.Event) -> None:
        with pytest.raises(TimeoutError):
            within(0.01, lambda: gate.wait(60))

    def test_a_question_that_fails(self) -> None:
        with pytest.raises(BrokenError):
            within(10, _broken)


class TestClearing:
    def test_a_removal_goes_on_while_something_else_does(self) -> None:
        goes_on, removed = Event(), Event()
        with Clearing() as clearing:
            clearing.begin(lambda: removed.set() if goes_on.wait(60) else None)
            assert not removed.is_set()
            goes_on.set()
        assert removed.is_set()

    def test_all_of_them_are_waited_for_after_a_failure_too(self) -> None:
        left, removed = Event(), Event()
        clearing = Clearing()
        clearing.begin(_broken)
        clearing.begin(lambda: removed.set() if left.wait(60) else None)

        def fail() -> Never:
            with clearing:
                left.set()
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail()
        assert removed.is_set()

    def test_what_cannot_be_removed_is_told(self) -> None:
        clearing = Clearing()
        clearing.begin(_broken)
        clearing.begin(lambda: None)
        with pytest.raises(BrokenError), clearing:
            pass

    def test_it_is_told_as_soon_as_somebody_waits(self) -> None:
        clearing = Clearing()
        clearing.begin(_broken)
        with pytest.raises(BrokenError):
            clearing.wait()


def _broken() -> Never:
    raise BrokenError
