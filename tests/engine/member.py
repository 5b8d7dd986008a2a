"""Somebody who may use the engine and is not root."""

from __future__ import annotations

import os
import pwd
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from .requirement import require_programs

if TYPE_CHECKING:
    from .program import Program

_SOCKET = Path("/var/run/docker.sock")


def as_member(program: Program, home: Path, *folders: Path) -> Program:
    """The program as a member of the group docker; as whoever runs the tests, if that is not root.

    Args:
        program: A program.
        home: Of the member.
        folders: What belongs to the member from now on, with all that is in them.
    """
    if os.geteuid() != 0:
        return program
    require_programs("setpriv")
    nobody = pwd.getpwnam("nobody")
    for path in (each for folder in folders for each in (folder, *folder.rglob("*"))):
        os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
    # What this checkout and its Python are made of may be readable by root alone.
    only = "-all,+dac_read_search"
    options = (f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", f"--groups={_SOCKET.stat().st_gid}")
    rights = (f"--inh-caps={only}", f"--ambient-caps={only}", f"--bounding-set={only}")
    env = {**program.env, "HOME": str(home), "DOCKER_HOST": f"unix://{_SOCKET}"}
    return replace(program, env=env, before=("setpriv", *options, *rights))
