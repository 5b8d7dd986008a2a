"""Running a command line as a person would, and seeing what a person sees."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SCRIPTS = Path(sys.executable).parent
_SECONDS = 280
_POLL = 0.02
_MOST_SHOWN = 20_000
# Settings of whoever runs the tests must not change what is tested.
_FOREIGN = ("DEXT_", "INVOKE_", "NOX", "GIT_")
_IDENTITY = {
    "GIT_AUTHOR_NAME": "Test",
    "GIT_AUTHOR_EMAIL": "test@example.invalid",
    "GIT_COMMITTER_NAME": "Test",
    "GIT_COMMITTER_EMAIL": "test@example.invalid",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


def environment(temporary: Path) -> dict[str, str]:
    """An environment without anybody's settings, with a git identity and a temporary folder of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    path = f"{SCRIPTS}{os.pathsep}{kept.get('PATH', os.defpath)}"
    # Nothing is remembered of builds, unless a test says where.
    state = {"XDG_STATE_HOME": os.devnull}
    return {**kept, **_IDENTITY, **state, "PATH": path, "TMPDIR": str(temporary), "COLUMNS": "200"}


@dataclass(frozen=True, repr=False)
class Done:
    """A command that has ended.

    Attributes:
        code: Exit code; negative for a signal.
        out: Standard output.
        err: Standard error.
    """

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever the document holds
        return json.loads(self.out)

    @property
    def probes(self) -> list[dict[str, Any]]:
        """Every probe of a smoke test's document, with its platform; none of anything else."""
        try:
            platforms = self.json["platforms"]
            return [{"platform": each["platform"], **probe} for each in platforms for probe in each["probes"]]
        except (ValueError, KeyError, TypeError):
            return []

    def __repr__(self) -> str:
        """What it was about first and last, of which pytest's summary and the tail of a log show something."""
        failed = [each for each in self.probes if each["outcome"] not in {"passed", "skipped"}]
        about = [
            f"{each['platform']} | {each['name']}: {each['outcome']}: {each['detail']}\n{each['evidence']}"
            for each in failed
        ]
        reason = "; ".join([f"exit code {self.code}", *(text.partition("\n")[0] for text in about)])
        streams = ("--- stdout", _excerpt(self.out), "--- stderr", _excerpt(self.err))
        return "\n".join((reason, *streams, *about, reason))


def _excerpt(text: str) -> str:
    # A document has whole pictures in it.
    return text if len(text) <= _MOST_SHOWN else f"{text[: _MOST_SHOWN // 2]}\n…\n{text[-_MOST_SHOWN // 2 :]}"


class Running:
    """A command under way, in a session of its own.

    Args:
        process: The process.
        out: What its standard output goes to.
        err: What its standard error goes to.
    """

    def __init__(self, process: subprocess.Popen[bytes], out: IO[str], err: IO[str]) -> None:
        self._process = process
        self._out = out
        self._err = err

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def wait_for(self, text: str, seconds: float = 120) -> None:
        """Wait until the command has said something on standard error."""
        assert self.wait_for_any([text], seconds), f"ended before it said {text!r}: {self._done()}"

    def wait_for_any(self, texts: Sequence[str], seconds: float = 120) -> str:
        """Wait until the command has said one of these on standard error; empty if it ended before."""
        end = time.monotonic() + seconds
        while True:
            has_ended, said = self.has_ended, self._read(self._err)
            if found := next((text for text in texts if text in said), ""):
                return found
            if has_ended:
                return ""
            assert time.monotonic() < end, f"did not say any of {texts} within {seconds} s: {self._done()}"
            time.sleep(_POLL)

    def send(self, number: signal.Signals) -> None:
        """As a terminal does for Ctrl-C, to the whole group; any other signal to the process alone."""
        if number is signal.SIGINT:
            os.killpg(self._process.pid, number)
        else:
            self._process.send_signal(number)

    def end(self, seconds: float) -> Done:
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"did not end within {seconds} s: {self._done()}") from None
        return self._done()

    def kill(self) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def _done(self) -> Done:
        code = self._process.returncode
        return Done(-1 if code is None else code, self._read(self._out), self._read(self._err))

    @staticmethod
    def _read(stream: IO[str]) -> str:
        # Both have one offset: after a seek of ours, the command would write over what it had said.
        descriptor = stream.fileno()
        said = os.pread(descriptor, os.fstat(descriptor).st_size, 0)
        # It may be in the middle of a character.
        return io.TextIOWrapper(io.BytesIO(said), encoding="utf-8", errors="replace").read()


@dataclass(frozen=True)
class Program:
    """A program in a folder and an environment.

    Attributes:
        folder: Where it runs.
        env: Its whole environment.
        name: Console script beside this Python, or any program on PATH.
        before: Words in front of that, which run it in another way.
    """

    folder: Path
    env: Mapping[str, str] = field(repr=False)
    name: str = "dext"
    before: tuple[str, ...] = ()

    def __call__(self, *args: str, stdin: str = "", **env: str) -> Done:
        with self.start(*args, stdin=stdin, **env) as running:
            return running.end(_SECONDS)

    @contextmanager
    def start(self, *args: str, stdin: str = "", **env: str) -> Iterator[Running]:
        with (
            tempfile.TemporaryFile("w+") as given,
            tempfile.TemporaryFile("w+") as out,
            tempfile.TemporaryFile("w+") as err,
        ):
            given.write(stdin)
            given.seek(0)
            process = subprocess.Popen(
                [*self.before, self.name, *args],
                cwd=self.folder,
                env={**self.env, **env},
                stdin=given,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
            running = Running(process, out, err)
            try:
                yield running
            finally:
                running.kill()
