"""Ctrl-C and SIGTERM: the first one ends the run, later ones wait for its clean-up."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from dext_tasks.runtime.cancellation import Cancellation

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Signals:
    """While the block runs, both signals cancel the run and raise KeyboardInterrupt, once.

    Args:
        cancellation: What to cancel.
        on_interrupt: Called at the first one, before the clean-up.
    """

    def __init__(self, cancellation: Cancellation, on_interrupt: Callable[[], None] = lambda: None) -> None:
        self._cancellation = cancellation
        self._on_interrupt = on_interrupt
        self._before: dict[int, object] = {}
        self._seen = False

    def __enter__(self) -> Self:
        # Python allows handlers in the main thread only; elsewhere whoever called us handles signals.
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._handle) for number in _SIGNALS}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # what signal.signal gave

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        if self._seen:
            return
        self._seen = True
        from dext_tasks.runtime.parallel import stop

        self._on_interrupt()
        stop(self._cancellation)
        raise KeyboardInterrupt
