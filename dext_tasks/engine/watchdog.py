"""Run a command and end it, with all that it started, at a bound, as coreutils' ``timeout`` does where it exists.

macOS has none, and the one of BusyBox signals its command alone. Started by its path with ``python -I -S``, so that it
takes milliseconds: it imports nothing of the package. Exit codes are those of ``timeout``:
https://www.gnu.org/software/coreutils/manual/html_node/timeout-invocation.html

usage: watchdog.py SECONDS GRACE COMMAND [ARGUMENT ...]     GRACE is the time from SIGTERM to SIGKILL, seconds
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress

_TIMED_OUT, _CANNOT_RUN, _NOT_FOUND, _BY_SIGNAL = 124, 126, 127, 128


def main(seconds: float, grace: float, command: list[str]) -> int:
    """Run it; the exit code."""
    if sys.platform == "win32":
        return _CANNOT_RUN
    ended_by: list[int] = []

    def end(number: int, _frame: object) -> None:
        if ended_by:
            os.killpg(0, signal.SIGKILL)
        ended_by.append(number)
        # The signal reaches this process, too.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.setitimer(signal.ITIMER_REAL, grace)
        os.killpg(0, signal.SIGTERM)

    # What leads a group already may not be moved to another one.
    with suppress(PermissionError):
        os.setpgid(0, 0)
    passed_on = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)
    for number in (signal.SIGALRM, *passed_on):
        signal.signal(number, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        # Python ignores SIGPIPE, which the command would inherit: https://docs.python.org/3/library/signal.html
        child = os.posix_spawnp(command[0], command, os.environ, setsigdef=(*passed_on, signal.SIGPIPE))
    except FileNotFoundError:
        return _NOT_FOUND
    except OSError:
        return _CANNOT_RUN
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if ended_by and ended_by[0] == signal.SIGALRM:
        return _TIMED_OUT
    return code if code >= 0 else _BY_SIGNAL - code


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]))
