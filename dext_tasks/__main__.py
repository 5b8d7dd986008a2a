"""The ``dext`` program, which is ``python -m dext_tasks``, too.

It handles Ctrl-C before it imports anything else: until a verb runs there is nothing to clean up, and a traceback out
of an import tells people nothing.
"""

from __future__ import annotations

import os
import signal

# The exit code of errors.InterruptedError.
_INTERRUPTED = 130


def main() -> None:
    """Run the program with the process's arguments."""
    # Whoever started it may have SIGINT ignored, as a shell does in the background.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end)
    from dext_tasks.cli import main as run

    run()


def _end(*_: object) -> None:
    # Not by an exception, which whatever is imported at the moment may catch or report as its own.
    try:  # noqa: SIM105 - contextlib would be another import
        os.write(2, b"error: interrupted\n")
    except OSError:
        pass
    os._exit(_INTERRUPTED)


if __name__ == "__main__":
    main()
