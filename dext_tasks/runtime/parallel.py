"""The same work for several platforms at once."""

from __future__ import annotations

import os
import sys
import threading
import time
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Generic, Self, TypeVar

from dext_tasks.runtime.cancellation import SHIELD, interrupted

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    import psutil

    from dext_tasks.runtime.cancellation import Cancellation

K = TypeVar("K")
V = TypeVar("V")
# Seconds after which a wait looks whether a signal came.
_GLANCE = 0.2
# How often, and for how many seconds each time, a child is looked at that is not yet what it is to become. On a machine
# with too much to do that takes a while.
_LOOKS = 1000
_LOOK = 0.005


def for_each(
    keys: Iterable[K], work: Callable[[K], V], cancellation: Cancellation, *, grace: float = 0.0
) -> dict[K, V]:
    """Run the work for every key in a thread of its own, and give the results in the order of the keys.

    The first failure, Ctrl-C or SIGTERM cancels the rest; every thread's clean-up is waited for.

    Args:
        keys: What to work on.
        work: What to do with each.
        cancellation: Of the run.
        grace: How long the rest may go on after the first failure, seconds: further failures may explain more.

    Raises:
        InterruptedError: The run was interrupted.
        Exception: What the first failing work raised.
    """
    ordered = list(keys)
    with ThreadPoolExecutor(max_workers=max(1, len(ordered))) as pool:
        futures = {key: pool.submit(work, key) for key in ordered}
        try:
            _wait(futures.values())
            failures = [error for error in map(_failure, futures.values()) if error]
            if failures:
                _wait_for_all(futures.values(), grace)
        except KeyboardInterrupt as error:
            stop(cancellation)
            wait(futures.values())
            raise interrupted() from error
        if failures:
            stop(cancellation)
            wait(futures.values())
            raise failures[0]
        return {key: future.result() for key, future in futures.items()}


def ask_each(keys: Iterable[K], ask: Callable[[K], V], cancellation: Cancellation, *, at_once: int = 64) -> dict[K, V]:
    """As ``for_each`` for questions that leave nothing to clean up: after a failure or Ctrl-C nobody waits for answers.

    Their threads are daemons, which a process that ends does not wait for either.

    Raises:
        InterruptedError: The run was interrupted.
        Exception: What the first failing question raised.
    """
    futures: dict[K, Future[V]] = {key: Future() for key in keys}
    questions: SimpleQueue[tuple[K, Future[V]]] = SimpleQueue()
    for each in futures.items():
        questions.put(each)
    for _ in range(min(at_once, len(futures))):
        threading.Thread(target=_ask_all, args=(questions, ask), daemon=True).start()
    try:
        _wait(futures.values(), cancellation)
        failures = [error for error in map(_failure, futures.values()) if error]
    finally:
        for future in futures.values():
            future.cancel()
    cancellation.check()
    if failures:
        raise failures[0]
    return {key: future.result() for key, future in futures.items()}


def _ask_all(questions: SimpleQueue[tuple[K, Future[V]]], ask: Callable[[K], V]) -> None:
    with suppress(Empty):
        while True:
            key, future = questions.get_nowait()
            _answer(future, partial(ask, key))


class Begun(Generic[V]):
    """A question that leaves nothing to clean up, asked in a thread of its own, while something else goes on.

    Args:
        ask: The question.
        cancellation: Of the run.
    """

    def __init__(self, ask: Callable[[], V], cancellation: Cancellation) -> None:
        self._answer: Future[V] = Future()
        self._cancellation = cancellation
        threading.Thread(target=_answer, args=(self._answer, ask), daemon=True).start()

    def answer(self) -> V:
        """The answer, as soon as it is there.

        Raises:
            InterruptedError: The run was interrupted.
            Exception: What the question raised.
        """
        _wait([self._answer], self._cancellation)
        self._cancellation.check()
        return self._answer.result()


class Clearing:
    """Removals that go on while something else does; whoever leaves the block waits for all of them."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(thread_name_prefix="clearing")
        self._begun: list[Future[None]] = []

    def begin(self, remove: Callable[[], None]) -> None:
        """Begin one, which is shielded from the end of the run where it has to be."""
        self._begun.append(self._pool.submit(remove))

    def wait(self) -> None:
        """Wait until all that were begun have ended.

        Raises:
            Exception: What the first that failed raised.
        """
        for each in self._begun:
            each.result()

    def __enter__(self) -> Self:
        """See the class."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """See ``wait``; a failure of the block itself counts more."""
        self._pool.shutdown()
        if kind is None:
            self.wait()


def to_its_end(clean_up: Callable[[], object], cancellation: Cancellation) -> None:
    """Clean up, shielded from the end of the run, in a thread of its own: Ctrl-C breaks off what the main thread does.

    Raises:
        InterruptedError: Ctrl-C came meanwhile; it was done nevertheless.
        Exception: What it raised.
    """

    def shielded() -> None:
        with cancellation.shielded():
            clean_up()

    with ThreadPoolExecutor(max_workers=1) as pool:
        done = pool.submit(shielded)
        try:
            _wait([done])
        except KeyboardInterrupt as error:
            stop(cancellation)
            wait([done])
            raise interrupted() from error
    done.result()


def within(seconds: float, ask: Callable[[], V]) -> V:
    """The answer to a question that leaves nothing to clean up, if it comes in time, whatever trickles in meanwhile.

    Raises:
        TimeoutError: It does not.
        Exception: What the question raised.
    """
    future: Future[V] = Future()
    threading.Thread(target=_answer, args=(future, ask), daemon=True).start()
    return future.result(timeout=seconds)


def _answer(future: Future[V], ask: Callable[[], V]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(ask())
    except BaseException as error:  # noqa: BLE001 - raised again where the answer is wanted
        future.set_exception(error)


def _wait(futures: Collection[Future[V]], cancellation: Cancellation | None = None) -> None:
    """Wait until all have ended, one has failed, or the run is to end.

    Python runs signal handlers in the main thread alone, and a signal that the kernel gives to another one
    does not end an endless wait here: https://docs.python.org/3/library/signal.html#signals-and-threads
    """
    while not any(map(_failure, futures)) and not (cancellation and cancellation.asked):
        if not wait(futures, timeout=_GLANCE, return_when=FIRST_EXCEPTION).not_done:
            return


def _wait_for_all(futures: Collection[Future[V]], seconds: float) -> None:
    """Wait until all have ended, for no longer than that; in glances, for the reason given above."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0 and wait(futures, timeout=min(left, _GLANCE)).not_done:
        pass


def _failure(future: Future[V]) -> BaseException | None:
    return future.exception() if future.done() else None


def stop(cancellation: Cancellation) -> None:
    """Cancel, and end the commands that are running now: no thread gets past one that hangs.

    Those that are shielded go on, and so do children of this process that are older than the run.
    """
    import psutil

    cancellation.cancel()
    process = psutil.Process()
    for child in process.children():
        # On macOS, what has just ended may not be looked at: https://github.com/giampaolo/psutil/issues/2650
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            if child not in cancellation.bystanders and not _is_shielded(child, process):
                started = [each for each in child.children(recursive=True) if _is_of_this_group(each.pid)]
                child.terminate()
                _end_each(started)


def _is_of_this_group(process: int) -> bool:
    """Whether a process gets what the terminal sends this one; whoever makes a group of its own ends it, too.

    git ends without its filters and ssh, which may go on, and keep the pipes open that its output is read from.
    """
    if sys.platform == "win32":
        return False
    try:
        return os.getpgid(process) == os.getpgrp()
    except ProcessLookupError:
        return False


def _end_each(processes: Iterable[psutil.Process]) -> None:
    import psutil

    for each in processes:
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            each.terminate()


def _is_shielded(child: psutil.Process, parent: psutil.Process) -> bool:
    # Until it has become the command it was started for, a child looks like its parent in everything.
    own, command = parent.cmdline(), child.cmdline()
    for _ in range(_LOOKS):
        if command != own:
            break
        time.sleep(_LOOK)
        command = child.cmdline()
    # It is `env` that sets the variable; until that has become what it was given, the variable is one of its arguments.
    return f"{SHIELD}=1" in command or SHIELD in child.environ()
