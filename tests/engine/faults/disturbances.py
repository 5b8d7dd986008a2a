"""Every way in which a release is disturbed, at every moment."""

from __future__ import annotations

import random
import re
import signal
import subprocess
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from itertools import cycle
from threading import Event
from typing import TYPE_CHECKING

from dext_tasks.project_files import ROOM

from .case import Disturbed, count_pushes, ended, forget_hooks
from .gate import Kind, nothing
from .stage import BOUND

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ..program import Done, Running
    from .case import Case, Course
    from .stage import Stage

# What may stay wrong for the rest of a run.
LASTING = (Kind.REFUSED, Kind.UNAVAILABLE, Kind.FORBIDDEN, Kind.NOT_FOUND, Kind.NOT_FOUND_PAGE, Kind.STALE)
_LASTING = "registry, from then on"
_TREE = "working tree"
_EACH_STEP = "SIGKILL and SIGTERM at each step in turn"
_AT_A_STEP = "{} at a step's begin or end"
_AT_RANDOM = "{} at random"
# The sample of 503 stands for the other two, and that of signals at each step and at requests for any other moment.
_ALIKE = frozenset(
    {
        *(Kind.ERROR, Kind.BAD_GATEWAY),
        *(kind.format(name) for kind in (_AT_A_STEP, _AT_RANDOM) for name in ("SIGKILL", "SIGTERM")),
    }
)
# What takes longest: a request that is held for a minute, and ten runs one after the other.
_LONGEST = (Kind.TIMEOUT, _EACH_STEP)
_DIGITS = re.compile(r"(sha256:|uploads/|staging-)[\w%?&=.-]+")


@dataclass(frozen=True)
class Request:
    """A request is answered wrongly, or not at all; and if it lasts, each one after it."""

    kind: Kind
    at: int
    lasting: bool = False

    def __call__(self, stage: Stage) -> tuple[Done, bool]:
        stage.gate.kind, stage.gate.at, stage.gate.lasting = self.kind, self.at, self.lasting
        done = ended(stage)
        return done, bool(stage.gate.disturbed)


@dataclass(frozen=True)
class AtRequest:
    """A signal when a request is sent, which then arrives, or not."""

    number: signal.Signals
    at: int
    arrives: bool = True

    def __call__(self, stage: Stage) -> tuple[Done, bool]:
        struck = Event()
        with stage.release() as running:

            def strike(number: int) -> Callable[[], None] | None:
                if number != self.at:
                    return nothing
                if self.arrives:
                    return hit
                hit()
                return None

            def hit() -> None:
                struck.set()
                running.send(self.number)

            stage.gate.strike = strike
            return running.end(BOUND), struck.is_set()


@dataclass(frozen=True)
class AtLine:
    """A signal as soon as a step has begun, or has ended."""

    number: signal.Signals
    line: str

    def __call__(self, stage: Stage) -> tuple[Done, bool]:
        with stage.release() as running:
            happened = said(stage, running, self.line)
            running.send(self.number)
            return running.end(BOUND), happened


@dataclass(frozen=True)
class AtEachStep:
    """A signal as soon as a step has begun that none of the runs before it has reached, until one goes through.

    A signal that comes late hits the step after it. So the last steps, which take milliseconds, may not all be met.
    """

    steps: tuple[str, ...]

    def __call__(self, stage: Stage) -> tuple[Done, bool]:
        signals = cycle((signal.SIGKILL, signal.SIGTERM))
        left = [step.replace("{image}", stage.image) for step in self.steps]
        met: list[str] = []
        while True:
            with stage.release() as running:
                if step := running.wait_for_any([each for each in left if each not in met], BOUND):
                    running.send(next(signals))
                    met.append(step)
                done = running.end(BOUND)
            stage.judge(done)
            if not step:
                return done, len(met) > len(left) // 2


@dataclass(frozen=True)
class AtMoment:
    """A signal after some time."""

    number: signal.Signals
    seconds: float

    def __call__(self, stage: Stage) -> tuple[Done, bool]:
        with stage.release() as running:
            with suppress(AssertionError):
                return running.end(self.seconds), False
            running.send(self.number)
            return running.end(BOUND), True


@dataclass(frozen=True)
class Disk:
    """The state folder's file system is full, or read-only, from the beginning of a step on."""

    line: str
    full: bool

    def __call__(self, stage: Stage) -> tuple[Done, bool]:
        with small_disk(stage.clone / ".dext") as folder:
            if not self.line:
                self._break(folder)
            with stage.release() as running:
                happened = not self.line or said(stage, running, self.line)
                if self.line:
                    self._break(folder)
                done = running.end(BOUND)
            self._repair(folder)
            kept = {file.name: file.read_bytes() for file in folder.rglob("*.json")}
            names = {file.name: file.relative_to(folder) for file in folder.rglob("*.json")}
        for name, content in kept.items():
            place = stage.clone / ".dext" / names[name]
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        return done, happened

    def _break(self, folder: Path) -> None:
        if not self.full:
            _mount("-o", "remount,ro", str(folder))
            return
        with suppress(OSError), (folder / "filler").open("wb", buffering=0) as filler:
            while True:
                filler.write(b"\0" * 4096)

    def _repair(self, folder: Path) -> None:
        if not self.full:
            _mount("-o", "remount,rw", str(folder))
        (folder / "filler").unlink(missing_ok=True)


@dataclass(frozen=True)
class GitRemote:
    """The git remote refuses a push, or loses its answer."""

    refused: int = 0
    lost: int = 0

    def __call__(self, stage: Stage) -> tuple[Done, bool]:
        count_pushes(stage, refused=self.refused, lost=self.lost)
        done = ended(stage)
        happened = int((stage.folder / "pushes").read_text(encoding="utf-8")) >= (self.refused or self.lost)
        forget_hooks(stage)
        return done, happened


@dataclass(frozen=True)
class GitGone:
    """The git remote is gone from the beginning of a step on, or from the beginning."""

    line: str

    def __call__(self, stage: Stage) -> tuple[Done, bool]:
        away = stage.outsider.away
        if not self.line:
            stage.bare.rename(away)
        with stage.release() as running:
            happened = not self.line or said(stage, running, self.line)
            if self.line:
                stage.bare.rename(away)
            done = running.end(BOUND)
        away.rename(stage.bare)
        return done, happened


class Change(StrEnum):
    """What somebody does to the working tree of a release under way."""

    EDIT = "a file edited"
    CHECKOUT = "the commit before checked out"
    COMMIT = "another commit made"


@dataclass(frozen=True)
class WorkingTree:
    """The working tree changes as soon as a step has begun; when the release has ended it is as it was."""

    change: Change
    line: str

    def __call__(self, stage: Stage) -> tuple[Done, bool]:
        head = stage.git("rev-parse", "HEAD")
        with stage.release() as running:
            happened = said(stage, running, self.line)
            if self.change is Change.CHECKOUT:
                stage.git("checkout", "--quiet", "HEAD~1")
            else:
                (stage.clone / "ui" / "index.html").write_text("<p>of no commit</p>", encoding="utf-8")
            if self.change is Change.COMMIT:
                stage.git("commit", "--quiet", "--all", "--message", "another")
            done = running.end(BOUND)
        stage.git("reset", "--quiet", "--hard", head)
        return done, happened


def every_case(course: Course, *, random_moments: int = 20, seed: int = 12) -> Iterator[Case]:
    """Every case; moments are those of an undisturbed release."""
    yield from _registry(course)
    yield from _signals(course, random_moments, seed)
    yield from _disk(course)
    yield from _git(course)
    for change in Change:
        for line in course.lines:
            if line.startswith("-> "):
                yield Disturbed(_TREE, change, line, WorkingTree(change, line))


def sample(course: Course) -> list[Case]:
    """One case of each kind, at moments spread over the release; the same ones each time, and the longest first.

    The working tree changes when the first build begins: later nothing of it is read.
    """
    kinds: dict[tuple[str, str], list[Case]] = {}
    for each in every_case(course, random_moments=1):
        kinds.setdefault((each.family, each.kind), []).append(each)
    brief = [cases for (family, kind), cases in kinds.items() if family != _LASTING and kind not in _ALIKE]
    spread_out = ((cases, number * len(cases) // len(brief)) for number, cases in enumerate(brief))
    chosen = [cases[0 if cases[0].family == _TREE else place] for cases, place in spread_out]
    return sorted(chosen, key=lambda case: case.kind not in _LONGEST)


def _registry(course: Course) -> Iterator[Case]:
    for kind in Kind:
        for at, line in enumerate(course.requests):
            if kind.fits(line):
                yield Disturbed("registry", kind, moment_of(at, line), Request(kind, at))
    for kind in LASTING:
        # Most of these runs end at once, and what follows is the same as after the one before.
        for at, line in list(enumerate(course.requests))[::3]:
            if kind.fits(line):
                yield Disturbed(_LASTING, kind, moment_of(at, line), Request(kind, at, lasting=True))


def _signals(course: Course, moments: int, seed: int) -> Iterator[Case]:
    for at, line in enumerate(course.requests):
        moment = moment_of(at, line)
        yield Disturbed("signal", "SIGKILL, the request is lost", moment, AtRequest(signal.SIGKILL, at, arrives=False))
        yield Disturbed("signal", "SIGKILL, the request arrives", moment, AtRequest(signal.SIGKILL, at))
        yield Disturbed("signal", "SIGTERM during a request", moment, AtRequest(signal.SIGTERM, at))
    chance = random.Random(seed)  # noqa: S311 - any moments will do
    for number in (signal.SIGKILL, signal.SIGTERM):
        for line in course.lines:
            yield Disturbed("signal", _AT_A_STEP.format(number.name), line, AtLine(number, line))
        for _ in range(moments):
            seconds = chance.uniform(0, course.seconds)
            yield Disturbed("signal", _AT_RANDOM.format(number.name), f"{seconds:.2f} s", AtMoment(number, seconds))
    # Steps that run once per platform begin at the same time.
    steps = tuple(dict.fromkeys(line.partition(" linux/")[0] for line in course.lines if line.startswith("-> ")))
    yield Disturbed("signal", _EACH_STEP, f"{len(steps)} steps", AtEachStep(steps))


def _disk(course: Course) -> Iterator[Case]:
    for full in (True, False):
        kind = "state folder full" if full else "state folder read-only"
        yield Disturbed("disk", kind, "from the beginning", Disk("", full))
        for line in course.lines:
            if line.startswith("-> "):
                yield Disturbed("disk", kind, line, Disk(line, full))


def _git(course: Course) -> Iterator[Case]:
    for number in range(1, course.pushes + 1):
        yield Disturbed("git remote", "push refused", f"push {number}", GitRemote(refused=number))
        yield Disturbed("git remote", "push done, answer lost", f"push {number}", GitRemote(lost=number))
    yield Disturbed("git remote", "gone", "from the beginning", GitGone(""))
    for line in course.lines:
        if line.startswith("-> "):
            yield Disturbed("git remote", "gone", line, GitGone(line))


def moment_of(at: int, line: str) -> str:
    """Without what differs from run to run."""
    method, _, path = line.partition(" ")
    return f"{at}: {method} {_DIGITS.sub(lambda found: f'{found[1]}…', '/'.join(path.split('/')[4:]))}"


def said(stage: Stage, running: Running, line: str) -> bool:
    """Wait until a run has said something; False if it ended before."""
    try:
        running.wait_for(line.replace("{image}", stage.image), BOUND)
    except AssertionError:
        return False
    return True


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of its own, with room for a few files, and for what a release wants before it begins."""
    folder.mkdir(exist_ok=True)
    _mount("-t", "tmpfs", "-o", f"size={4 * ROOM}", "tmpfs", str(folder))
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True, timeout=60)


def _mount(*args: str) -> None:
    subprocess.run(["mount", *args], check=True, timeout=60)
