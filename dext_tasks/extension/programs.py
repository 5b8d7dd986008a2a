"""What an image runs, told from the first bytes: is it for the architecture the image says it is for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.extension.hostbinary import identify
from dext_tasks.extension.hostfit import Fit, fit
from dext_tasks.extension.metadata import HostOS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def foreign(programs: Mapping[str, bytes], machine: str) -> Iterator[tuple[str, str]]:
    """Programs that a machine does not run by itself, each with what is wrong with it.

    Args:
        programs: First bytes of each, by path.
        machine: Architecture of the image, in Go's names.
    """
    for path, head in programs.items():
        found = identify(head).architectures
        if fit(HostOS.LINUX, machine, found) is Fit.FAILS:
            yield path, f"{path} is a program for {' and '.join(found)}"
