"""Where temporary folders are made that hold unix sockets, whose path may have 107 bytes.

https://man7.org/linux/man-pages/man7/unix.7.html
"""

from __future__ import annotations

import os
import tempfile

# Chromium makes sockets 44 characters below its temporary folder, which has a name of 23.
_LONGEST = 40
_SHORT = "/tmp"  # noqa: S108 - folders in it are made by tempfile


def base() -> str:
    """The folder for temporary files, or ``/tmp`` where that one's name is too long for sockets."""
    usual = tempfile.gettempdir()
    return usual if len(os.fsencode(usual)) <= _LONGEST or not os.access(_SHORT, os.W_OK) else _SHORT


def bases() -> frozenset[str]:
    """Every folder in which a run may have made some."""
    return frozenset({tempfile.gettempdir(), _SHORT})
