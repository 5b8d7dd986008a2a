"""A release of what `dext new` makes, from a clean clone, to a registry with TLS and a login, ended at each step."""

from __future__ import annotations

import shutil
import signal
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..program import Program, environment
from ..registry import Registry, own_address, served
from .case import Outcome, error_of
from .stage import BOUND, made, remove_images

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..program import Done, Running
    from .case import Case
    from .stage import Template

VERSION = "0.1.0"
_NAME = "clean/clone"
_FAST = {"DEXT_SMOKE_SETTLE": "0.2", "DEXT_SMOKE_UI_RUN": "never"}
# Where docker's engine finds who may vouch for a registry: https://docs.docker.com/engine/security/certificates/
_TRUSTED = Path("/etc/docker/certs.d")


@dataclass(frozen=True)
class Place:
    """A registry, a git remote with what `dext new` made, and a home.

    Attributes:
        folder: Of everything.
        registry: Where the release goes.
        env: Of every command.
    """

    folder: Path
    registry: Registry
    env: dict[str, str]

    @property
    def image(self) -> str:
        return f"{self.registry.address}/{_NAME}"

    @contextmanager
    def release(self) -> Iterator[Running]:
        dext = Program(self.folder / "clone", self.env)
        with dext.start("release", "--yes", "--version", VERSION, **_FAST) as running:
            yield running

    def released(self) -> Done:
        with self.release() as running:
            return running.end(BOUND)

    def remote_tags(self) -> str:
        return Program(self.folder / "remote.git", self.env, "git")("for-each-ref", "refs/tags", "refs/dext").out


@contextmanager
def place() -> Iterator[Place]:
    """An extension as `dext new` makes it, pushed, and cloned."""
    folder = Path(tempfile.mkdtemp(prefix="dxf-"))
    try:
        with served(made(folder / "registry"), own_address(), wants_login=True, tls=True) as registry:
            docker = made(folder / "docker")
            (docker / "config.json").write_text(registry.docker_config, encoding="utf-8")
            env = {**environment(made(folder / "t")), "DOCKER_CONFIG": str(docker)}
            here = Place(folder, registry, env)
            with _trusted(registry):
                _clone(here)
                yield here
            remove_images(_NAME.replace("/", "_"))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _clone(here: Place) -> None:
    dext, git = Program(here.folder, here.env), Program(here.folder, here.env, "git")
    for done in (
        dext("new", "made", "--image", here.image, "--yes"),
        git("clone", "--quiet", "--bare", "made", "remote.git"),
        git("clone", "--quiet", "remote.git", "clone"),
    ):
        assert done.code == 0, done


@contextmanager
def _trusted(registry: Registry) -> Iterator[None]:
    """Have this machine's engine, and dext-tasks, know the registry's certificate."""
    assert registry.certificate
    folder = _TRUSTED / registry.address
    folder.mkdir(parents=True)
    try:
        shutil.copyfile(registry.certificate, folder / "ca.crt")
        yield
    finally:
        shutil.rmtree(folder)


@dataclass(frozen=True)
class CleanClone:
    """A release that a signal ends at the begin or the end of a step, and that another clone continues.

    Attributes:
        number: The signal.
        moment: What the release has just said, with ``{image}`` for the image.
        fresh: Whether what continues it is a new clone, without a journal.
    """

    number: signal.Signals
    moment: str
    fresh: bool
    family: str = "clean clone, TLS, login"

    @property
    def kind(self) -> str:
        return f"{self.number.name}, continued in {'another' if self.fresh else 'the same'} clone"

    def perform(self, _: Template) -> Outcome:
        """See Case."""
        began = time.monotonic()
        with place() as here:
            with here.release() as running:
                happened = _said(running, self.moment.replace("{image}", here.image))
                running.send(self.number)
                first = running.end(BOUND)
            if self.fresh:
                shutil.rmtree(here.folder / "clone")
                assert Program(here.folder, here.env, "git")("clone", "--quiet", "remote.git", "clone").code == 0
            before = here.registry.tags(_NAME) & {VERSION} and here.registry.digest(_NAME, VERSION)
            again = here.released()
            left = _left(here, before)
            return Outcome(
                *(self.family, self.kind, self.moment, happened, first.code, again.code),
                converged=again.code == 0 and not left,
                violations=(*left, *_shown(here, first, again), *([error_of(again)] if again.code else [])),
                looks=1,
                said=error_of(first),
                seconds=time.monotonic() - began,
            )


def undisturbed_lines() -> list[str]:
    """What a release says when a step begins or has ended."""
    with place() as here:
        done = here.released()
        assert done.code == 0, done
        lines = [line.partition(" (")[0] for line in done.err.splitlines() if line.startswith(("-> ", "ok "))]
        return list(dict.fromkeys(line.replace(here.image, "{image}") for line in lines))


def every_clean_clone() -> Iterator[Case]:
    """At each step, each signal in turn, and in turn in the same clone and in another."""
    for number, line in enumerate(undisturbed_lines()):
        yield CleanClone((signal.SIGKILL, signal.SIGTERM)[number % 2], line, fresh=number % 4 in (1, 2))


def _left(here: Place, before: str | set[str]) -> list[str]:
    """What is not as intended."""
    if here.registry.versions(_NAME) != {VERSION}:
        return [f"published are {', '.join(sorted(here.registry.versions(_NAME)))}"]
    digest = here.registry.digest(_NAME, VERSION)
    found = [f"R1: {VERSION} was {before} and is {digest}"] if before and before != digest else []
    if here.registry.digest(_NAME, "latest") != digest:
        found.append(f"R4: latest is not {VERSION}")
    if set(here.registry.platforms(_NAME, VERSION)) != {"linux/amd64", "linux/arm64"}:
        found.append(f"R2: {VERSION} lacks a platform")
    if [line.split()[-1] for line in here.remote_tags().splitlines()] != [f"refs/tags/v{VERSION}"]:
        found.append(f"the git remote has {here.remote_tags()}")
    return found


def _shown(here: Place, *runs: Done) -> list[str]:
    files = (file for file in (here.folder / "clone" / ".dext").rglob("*") if file.is_file())
    seen = "".join((*(run.out + run.err for run in runs), *(file.read_text(encoding="utf-8") for file in files)))
    encoded = here.registry.docker_config.rpartition('"auth": "')[2].partition('"')[0]
    shown = [secret for secret in (here.registry.password, encoded) if secret in seen]
    return ["R8: the password is in an output or in the state folder"] if shown else []


def _said(running: Running, line: str) -> bool:
    try:
        running.wait_for(line, BOUND)
    except AssertionError:
        return False
    return True
