"""Bounded calls of the docker client, by python-on-whales or directly."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar

from dext_tasks import calls
from dext_tasks.config.repository import OF_ANOTHER_REPOSITORY
from dext_tasks.engine.environment import place
from dext_tasks.engine.faults import asked_pause, passing, translate, trouble
from dext_tasks.errors import DextError, EngineUnreachableError
from dext_tasks.limits import ENGINE_PAUSE, REGISTRY_LIMITS, STREAM_KEPT
from dext_tasks.redaction import redact, without_logins
from dext_tasks.runtime.cancellation import SHIELD, Cancellation
from dext_tasks.systems import require_posix

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from concurrent.futures import Future

    from python_on_whales import DockerClient

    from dext_tasks.engine.api import Api
    from dext_tasks.runtime.lease import Lease

_T = TypeVar("_T")
_LOG = logging.getLogger(__name__)

RUN_LABEL = "dev.dext-tasks.run"
"""Label of everything temporary that a run makes in an engine: the machine, and the lease of the run."""

_PIECE = 1 << 16
# Seconds after which a wait looks whether the run is to end.
_GLANCE = 0.2

# Seconds after the bound until a command that ignores SIGTERM is killed.
_KILL_AFTER = 5
DOCKER = "docker"
"""The client, as it is called where nobody says otherwise."""
_WATCHDOG = Path(__file__).with_name("watchdog.py")


class Client:
    """The docker client of one run.

    python-on-whales has no timeouts (https://github.com/gabrieldemarmiesse/python-on-whales/issues/202),
    so each command runs under coreutils' ``timeout``, which also ends the plugins a command started, or under
    watchdog.py where that is missing, as on macOS.

    Args:
        call: How the client is called; a test gives a script of its own.
        cancellation: Checked before each command.
        secrets: Texts that never appear in an error.
        context: Name of a docker context; empty for the client's current one.
    """

    def __init__(
        self,
        call: Sequence[str] = (DOCKER,),
        cancellation: Cancellation | None = None,
        secrets: Sequence[str] = (),
        context: str = "",
    ) -> None:
        # Goes before DOCKER_HOST and DOCKER_CONTEXT: https://docs.docker.com/engine/manage-resources/contexts/
        self._in_context = ("--context", context) if context else ()
        self._call = (*call, *self._in_context)
        self.context = context
        self._secrets = tuple(secrets)
        self._lease: Lease | None = None
        self.cancellation = cancellation or Cancellation()

    @staticmethod
    def has_timeout() -> bool:
        """Whether coreutils' ``timeout`` is there; it takes a tenth of the time that watchdog.py takes."""
        found = shutil.which("timeout")
        # BusyBox's own ends the command alone: https://git.busybox.net/busybox/tree/coreutils/timeout.c
        return found is not None and Path(os.path.realpath(found)).name != "busybox"

    def has_at_hand(self, plugin: str) -> bool:
        """Whether a plugin is where every docker client looks for it; if not, only the client itself can tell."""
        from dext_tasks.engine.plugins import is_at_hand

        return self._call[0] == DOCKER and is_at_hand(plugin)

    def _bound(self, seconds: float) -> list[str]:
        if not seconds:
            return []
        if self.has_timeout():
            return ["timeout", f"--kill-after={_KILL_AFTER}", str(seconds)]
        return [sys.executable, "-I", "-S", str(_WATCHDOG), str(seconds), str(_KILL_AFTER)]

    @cached_property
    def run_id(self) -> str:
        """Name of this run; its lease is held from now on until the process ends, or this is closed or forgotten."""
        import weakref

        from dext_tasks.runtime.lease import Lease

        identity = os.urandom(4).hex()
        self._lease = Lease(identity)
        self._lease.take()
        # A process that makes many clients would run out of descriptors. The kernel does it when the process ends.
        weakref.finalize(self, self._lease.give_back).atexit = False
        return identity

    @cached_property
    def api(self) -> Api:
        """The engine's own API, for what needs no command."""
        from dext_tasks.engine.api import Api

        return Api(self)

    def close(self) -> None:
        """Hang up, and give the lease back; nothing of the run is left alone by others from now on."""
        if "api" in vars(self):
            self.api.close()
        if self._lease:
            self._lease.give_back()

    @property
    def mark(self) -> str:
        """Value of ``RUN_LABEL`` for what this run makes."""
        from dext_tasks.runtime.lease import this_machine

        return f"{this_machine()}/{self.run_id}"

    @property
    def folder_prefix(self) -> str:
        """What the names of this run's temporary folders begin with, so that a killed run's can be found."""
        from dext_tasks.runtime.temporary import prefix

        return prefix(self.run_id)

    def command(self, seconds: float) -> list[str]:
        """How to call the client so that it ends within the given seconds; without a bound for 0.

        Raises:
            EngineUnreachableError: There is no docker client on PATH.
            NeedsWSLError: This is Windows.
            InterruptedError: The run was interrupted.
        """
        self.cancellation.check()
        require_posix("what asks a Docker engine")
        if shutil.which(self._call[0]) is None:
            raise EngineUnreachableError(
                f"{self._call[0]!r} is not on PATH", remedy="install the docker client (Debian: docker-cli)"
            )
        # buildx asks git for the commit and the address that provenance names, of whatever repository these say:
        # https://docs.docker.com/build/metadata/attestations/slsa-provenance/
        foreign = [word for name in sorted(OF_ANOTHER_REPOSITORY & os.environ.keys()) for word in ("-u", name)]
        shield = [f"{SHIELD}=1"] if self.cancellation.is_shielded else []
        env = ["env", *foreign, *shield] if foreign or shield else []
        return [*env, *self._bound(seconds), *self._call]

    def whales(
        self,
        seconds: float,
        call: Sequence[str] = (),
        **options: Any,  # noqa: ANN401 - the keywords of DockerClient
    ) -> DockerClient:
        """A python-on-whales client whose every command is bounded; use it inside ``faults``.

        Args:
            seconds: The bound.
            call: How the client is called instead, with a bound of its own.
            options: Of DockerClient.
        """
        from python_on_whales import DockerClient

        return DockerClient(client_call=list(call) or self.command(seconds), **options)

    def _told(self, args: Sequence[str]) -> AbstractContextManager[calls.Call]:
        return calls.command(_LOG, [self._call[0], *self._in_context, *args], self._secrets)

    def redacted(self, text: str) -> str:
        """The text without any of the run's secrets, and without logins in addresses, as docker quotes DOCKER_HOST."""
        return without_logins(redact(text, self._secrets))

    @property
    def by_hand(self) -> str:
        """How a person calls docker for the same engine."""
        return " ".join(("docker", *self._in_context))

    def in_context(self, what: str) -> str:
        """Something in words, with the context whose engine it is of, if one is named: which of a run's engines."""
        return f"{what} in context {self.context}" if self.context else what

    def located(self, what: str) -> str:
        """A command or question in words, with the engine that it is for, unless that is the usual one."""
        return f"{what} {self._where}" if self._where else what

    @cached_property
    def _where(self) -> str:
        return place(self.context)

    def load(self) -> None:
        """Import python-on-whales now, where nobody waits for it."""
        import python_on_whales  # noqa: F401 - as in whales

    @contextmanager
    def faults(self, what: str, args: Sequence[str] = ()) -> Iterator[None]:
        """Tell of a call by python-on-whales, and turn its exceptions, which quote the whole argv, into errors of ours.

        Args:
            what: The command in words, for errors.
            args: Of docker, those that say most, for the log; the words if there are none.
        """
        from python_on_whales.exceptions import DockerException

        try:
            with self._told(args or what.split()[1:]) as call, _exit_code(call), self.cancellation.starting():
                yield
        except DockerException as error:
            self.cancellation.check()
            said = self.redacted(error.stderr or error.stdout or "")
            raise translate(self.located(what), error.return_code, said) from None
        except UnicodeDecodeError as error:
            # A failed command said something that is not UTF-8, which DockerException cannot be made from:
            # https://github.com/gabrieldemarmiesse/python-on-whales/blob/master/python_on_whales/exceptions.py
            self.cancellation.check()
            said = self.redacted(error.object.decode(errors="replace"))
            raise translate(self.located(what), 1, said) from None

    def again(self, what: str, call: Callable[[], _T]) -> _T:
        """The result of a call that is safe to repeat: one that fails by what comes and goes is tried once more.

        Args:
            what: The call in words, for people.
            call: Bounded, and ended when the run is.
        """
        try:
            return call()
        except DextError as error:
            why = passing(error)
            if not why:
                raise
        calls.repeated(_LOG, self.redacted(self.located(what)), why)
        self.cancellation.sleep(ENGINE_PAUSE)
        return call()

    def patiently(self, what: str, call: Callable[[], _T]) -> _T:
        """The result of a call that is safe to repeat: tried again, in growing pauses, while a registry is in trouble.

        Args:
            what: The call in words, for people.
            call: Bounded, and ended when the run is.
        """
        limits = REGISTRY_LIMITS
        for number in range(limits.tries):
            try:
                return call()
            except DextError as error:
                why = passing(error) or trouble(error)
                if not why:
                    raise
                pause = max(limits.pause(number), min(asked_pause(error), limits.longest_pause))
            calls.repeated(_LOG, self.redacted(self.located(what)), why, pause)
            self.cancellation.sleep(pause)
        return call()

    def run(self, *args: str, what: str, seconds: float) -> bytes:
        """Run one command that is safe to repeat, and give its standard output.

        Raises:
            DextError: What the command's failure stands for.
        """
        return self.again(what, lambda: self._output(args, what, seconds))

    def run_apart(self, *args: str, what: str, seconds: float, env: Mapping[str, str], folder: Path) -> bytes:
        """Run one that sees nothing of this process's variables and working folder.

        Args:
            args: Of docker.
            what: The command in words, for errors.
            seconds: Its bound, none if 0.
            env: All of its variables.
            folder: Its working folder.

        Raises:
            DextError: What the command's failure stands for.
        """
        return self._output(args, what, seconds, env, folder)

    def run_to_end(
        self, *args: str, what: str, seconds: float, grace: float, env: Mapping[str, str], folder: Path
    ) -> None:
        """As ``run_apart``, but a run that is to end waits for it.

        An engine finishes what it was asked for although the client has gone, at a moment that nobody is told of:
        whoever undoes it before that leaves it behind.

        Args:
            args: As ``run_apart``, like what follows.
            what: In words.
            seconds: Its bound.
            grace: For how long the run's end may wait, seconds; it is ended then.
            env: All of its variables.
            folder: Its working folder.

        Raises:
            DextError: What the command's failure stands for.
            InterruptedError: The run was interrupted, and the command failed or had not begun.
        """
        self.cancellation.check()
        with self.cancellation.shielded():
            process = self.start(*args, seconds=seconds, env=env, folder=folder)
        with process, ThreadPoolExecutor(max_workers=1) as beside:
            said = beside.submit(heard, process)
            self._await(said, process, grace)
        self._require(process.returncode, said.result()[1], what)

    def _await(self, said: Future[tuple[bytes, bytes]], process: subprocess.Popen[bytes], grace: float) -> None:
        """Wait for a shielded command's last word, and no longer than ``grace`` once the run is to end."""
        while not self.cancellation.was_asked:
            if not wait([said], timeout=_GLANCE).not_done:
                return
        if wait([said], timeout=grace).not_done:
            process.terminate()

    def _output(
        self,
        args: Sequence[str],
        what: str,
        seconds: float,
        env: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> bytes:
        command = self.command(seconds)
        with self._told(args) as call, self.cancellation.starting():
            done = subprocess.run(  # noqa: S603 - a list, never a shell string
                [*command, *args],
                capture_output=True,
                check=False,
                stdin=subprocess.DEVNULL,
                env=env,
                cwd=folder,
            )
            call.exited(done.returncode)
        self._require(done.returncode, done.stderr, what)
        return done.stdout

    def start(
        self, *args: str, seconds: float = 0.0, env: Mapping[str, str] | None = None, folder: Path | None = None
    ) -> subprocess.Popen[bytes]:
        """Start one command; the caller reads its streams and ends it.

        Args:
            args: Of docker.
            seconds: Its bound, none if 0.
            env: All of its variables; this process's if None.
            folder: Its working folder; this process's if None.

        Raises:
            EngineUnreachableError: There is no docker client on PATH.
            InterruptedError: The run was interrupted.
        """
        command = self.command(seconds)
        told = ExitStack()
        with self.cancellation.starting():
            return _Process(told, told.enter_context(self._told(args)), [*command, *args], env=env, folder=folder)

    def follow(self, *args: str, what: str, seconds: float, on_line: Callable[[str], None]) -> None:
        """Run one command, and hand on each line it says as it comes, those of standard error at its end.

        Raises:
            DextError: What the command's failure stands for.
        """
        with self.start(*args, seconds=seconds) as process, ThreadPoolExecutor(max_workers=1) as beside:
            assert process.stdout  # noqa: S101 - asked for with PIPE
            assert process.stderr  # noqa: S101 - asked for with PIPE
            complained = beside.submit(_beginning, process.stderr)
            for line in process.stdout:
                on_line(self.redacted(line.decode(errors="replace").rstrip()))
        self._require(process.returncode, complained.result(), what)
        for text in self.redacted(complained.result().decode(errors="replace")).splitlines():
            on_line(text)

    def _require(self, code: int, stderr: bytes, what: str) -> None:
        if code:
            self.cancellation.check()
            raise translate(self.located(what), code, self.redacted(stderr.decode(errors="replace")))


@contextmanager
def _exit_code(call: calls.Call) -> Iterator[None]:
    """Note how the call by python-on-whales in the block ended."""
    from python_on_whales.exceptions import DockerException

    try:
        yield
    except DockerException as error:
        call.exited(error.return_code)
        raise
    call.exited(0)


class _Process(subprocess.Popen[bytes]):
    """A command that others read and end; it is logged once its end was seen.

    Args:
        told: Closed then.
        call: What is told.
        command: The command.
        env: All of its variables; this process's if None.
        folder: Its working folder; this process's if None.
    """

    def __init__(
        self,
        told: ExitStack,
        call: calls.Call,
        command: list[str],
        *,
        env: Mapping[str, str] | None,
        folder: Path | None,
    ) -> None:
        self._told = told
        self._call = call
        pipe = subprocess.PIPE
        super().__init__(command, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, env=env, cwd=folder)

    def poll(self) -> int | None:
        """See Popen."""
        return self._seen(super().poll())

    def wait(self, timeout: float | None = None) -> int:
        """See Popen."""
        code = super().wait(timeout)
        self._seen(code)
        return code

    def _seen(self, code: int | None) -> int | None:
        if code is not None:
            self._call.exited(code)
            # The second time nothing is left to close.
            self._told.close()
        return code


def heard(process: subprocess.Popen[bytes]) -> tuple[bytes, bytes]:
    """What a process says to each stream until both end, the first MiB of it; the rest is read and dropped."""
    assert process.stdout  # noqa: S101 - asked for with PIPE
    assert process.stderr  # noqa: S101 - asked for with PIPE
    with ThreadPoolExecutor(max_workers=1) as beside:
        said = beside.submit(_beginning, process.stderr)
        return _beginning(process.stdout), said.result()


def _beginning(stream: IO[bytes]) -> bytes:
    kept = stream.read(STREAM_KEPT)
    while stream.read(_PIECE):
        pass
    return kept
