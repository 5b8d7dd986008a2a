from __future__ import annotations

import os
import random
import signal
import subprocess
import time
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from dext_tasks.errors import JournalError
from dext_tasks.release.journal import Journal, Journals

from .requirement import missing

if TYPE_CHECKING:
    from pathlib import Path

    from .extension import Extension
    from .program import Done
    from .registry import Registry
    from .sandbox import Sandbox

INTERRUPTED = 130
_BOUND = 60
_KILLS = 10
# What the verb has just said when the signal comes, for each moment of a smoke test.
MOMENTS = {
    "extraction": ("| architecture: passed", signal.SIGTERM),
    "start": ("| extract: passed", signal.SIGINT),
    "start-terminated": ("| extract: passed", signal.SIGTERM),
    "wait-for-answer": ("| start: passed", signal.SIGINT),
    "settle": ("| answer: passed", signal.SIGINT),
    "settle-terminated": ("| answer: passed", signal.SIGTERM),
}


def _interrupted(extension: Extension, number: signal.Signals, *args: str, after: str, **env: str) -> Done:
    with extension.dext.start(*args, **env) as running:
        running.wait_for(after)
        running.send(number)
        return running.end(_BOUND)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_build_ends_at_once(extension: Extension, number: signal.Signals) -> None:
    extension.write("Dockerfile", f"FROM busybox:1.37\nRUN echo {uuid.uuid4()} && sleep 120\nCOPY . /\n")
    extension.commit("Build for ever")
    done = _interrupted(extension, number, "smoke", "--platform", "linux/amd64", after="RUN echo")
    assert done.code == INTERRUPTED, done
    assert "error: interrupted" in done.err


@pytest.mark.parametrize(("moment", "number"), MOMENTS.values(), ids=MOMENTS)
def test_a_smoke_test_cleans_up_wherever_it_is(extension: Extension, moment: str, number: signal.Signals) -> None:
    # The sandbox asserts that no container, network, volume, process or file is left.
    done = _interrupted(extension, number, "smoke", after=moment, DEXT_SMOKE_SETTLE="60")
    assert done.code == INTERRUPTED, done
    assert "Traceback" not in done.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_page_under_way_ends_with_its_browser(extension: Extension, number: signal.Signals) -> None:
    done = _interrupted(extension, number, "smoke", after="| ui: started", DEXT_SMOKE_UI_RUN="always")
    assert done.code == INTERRUPTED, done
    assert "Traceback" not in done.err


def test_what_killed_runs_leave_is_swept_by_the_next(extension: Extension, sandbox: Sandbox) -> None:
    assert extension.dext("build").code == 0
    args, env = ("smoke", "--no-build", "--ui", "always"), {"DEXT_SMOKE_SETTLE": "0.5"}
    began = time.monotonic()
    whole = extension.dext(*args, **env)
    assert whole.code == 0, whole
    length = time.monotonic() - began
    moments = [random.uniform(0.1, length) for _ in range(_KILLS)]  # noqa: S311 - any moments will do
    left = []
    for moment in moments:
        with extension.dext.start(*args, **env) as running:
            time.sleep(moment)
            running.send(signal.SIGKILL)
            running.end(_BOUND)
        left.append(sandbox.left())
    done = extension.dext(*args, **env)
    assert done.code == 0, (moments, done)
    # The sandbox asserts that nothing is left now; before, something was, or nothing has been tried.
    assert any(left), moments


def test_a_second_signal_does_not_break_the_clean_up(extension: Extension) -> None:
    with extension.dext.start("smoke", DEXT_SMOKE_SETTLE="60") as running:
        running.wait_for("| answer: passed")
        running.send(signal.SIGINT)
        running.wait_for("cleaning up")
        running.send(signal.SIGINT)
        running.send(signal.SIGTERM)
        done = running.end(_BOUND)
    assert done.code == INTERRUPTED, done


@pytest.mark.parametrize("moment", ["ok build", "-> push", "-> index", "-> git tag"])
def test_a_release_that_was_interrupted_converges(extension: Extension, registry: Registry, moment: str) -> None:
    name = extension.repository
    ended = _interrupted(extension, signal.SIGINT, "release", "--yes", after=moment, DEXT_SMOKE_SETTLE="0.2")
    published = registry.tags(name) & {"0.1.0"} and registry.digest(name, "0.1.0")

    done = extension.release("--json")
    assert done.code == 0, done
    assert registry.versions(name) == {"0.1.0"}
    assert registry.digest(name, "latest") == registry.digest(name, "0.1.0") == done.json["digest"]
    assert extension.git("tag", "--list") == "v0.1.0"
    if published:
        assert published == done.json["digest"]
    # The last steps may have ended before the signal was seen.
    assert ended.code in (INTERRUPTED, 0), ended


def _fill(file: Path) -> None:
    with suppress(OSError), file.open("wb", buffering=0) as out:
        while out.write(bytes(4096)):
            pass


def test_a_disk_that_a_build_fills_has_room_for_the_journal(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        missing("only root makes a small disk", "run the tests as root")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(tmp_path)], check=True)
    journals, journal = Journals(tmp_path / "state"), Journal("1.0.0", "acme/demo", "c0ffee")
    try:
        with journals.room("1.0.0"):
            _fill(tmp_path / "layer")
            journals.write(journal)
        assert journals.read("1.0.0") == journal
        _fill(tmp_path / "another")
        with pytest.raises(JournalError, match="no space"), journals.room("1.1.0"):
            pass
        assert sorted(each.name for each in journals.folder.iterdir()) == [".gitignore", "1.0.0.json"]
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)
