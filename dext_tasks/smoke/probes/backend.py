"""Probes of the backend: does it start, answer, answer rightly, stay up, and go without a trace."""

from __future__ import annotations

import http.client
import json
import logging
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from dext_tasks.engine.client import RUN_LABEL
from dext_tasks.engine.connection import UNIX
from dext_tasks.engine.facts import Store
from dext_tasks.errors import DextError, EmulatorMissingError, UnknownPlatformError, why_failed
from dext_tasks.errors import InterruptedError as Interrupted
from dext_tasks.extension.desktops import Desktop
from dext_tasks.extension.grants.kinds import once
from dext_tasks.extension.labels import TITLE
from dext_tasks.formats.oci.platform import Platform
from dext_tasks.runtime.lease import Lease
from dext_tasks.runtime.temporary import remove_folder
from dext_tasks.smoke import composition
from dext_tasks.smoke.backend_client import Helper, over_socket, through
from dext_tasks.smoke.granting import Granting, project_copy
from dext_tasks.smoke.health import Watch, wait_for_health
from dext_tasks.smoke.images import has, require_helper
from dext_tasks.smoke.outcome import ProbeFailedError, ProbeSkippedError, Seen
from dext_tasks.smoke.reach import is_helped
from dext_tasks.smoke.upload import SUBPATH_API, VOLUME, Upload

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dext_tasks.extension.grants.kinds import Asked
    from dext_tasks.extension.metadata import VM
    from dext_tasks.smoke.installation import Trial

_LOG = logging.getLogger(__name__)
_GRACE = 5
# How long, and how often, an interrupted run looks for containers that come up after all; seconds.
_LATE = 3.0
_LATE_POLL = 0.5
# How long another smoke test of the same extension is waited for, seconds; nox -j runs several.
_TURN = 900.0
_TURN_POLL = 0.2
_OTHERS_POLL = 2.0
_REQUEST = 30.0
_MOST_PORTS = 5
_ROOT = frozenset({"", "root", "0", "root:root", "0:0"})


def start(trial: Trial) -> Seen:
    """The backend's services are created and started."""
    vm = trial.metadata.vm
    if vm is None or not vm.is_run:
        raise ProbeSkippedError("metadata.json names no backend")
    _require_socket_name(vm)
    trial.require_files(vm.composefile)
    _take_turn(trial)
    upload = Upload(trial.project_folder.resolve())
    document, variables, granted = _document(trial, vm, upload)
    file = trial.folder / "compose.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    main = composition.main_service(document, trial.candidate.image.reference)
    container = document["services"][main]["container_name"] if main else ""
    user = trial.candidate.image.user
    trial.watch = Watch(
        trial.services,
        container,
        emulated=trial.candidate.emulated,
        user="" if user in _ROOT else user,
        awaited=composition.awaited(document),
    )
    with _lent(trial, document), _names_held(trial, document):
        try:
            if upload.needed:
                with upload.archive() as archive:
                    trial.services.fill(VOLUME, trial.candidate.image, archive)
            trial.services.up(file, variables)
        except Interrupted:
            raise
        except DextError as error:
            raise _failure(trial.watch, error) from error
    said = f"; granted: {', '.join(granted)}" if granted else ""
    where = "" if trial.tools.engine.is_here else " of the engine's machine"
    return Seen(f"project {trial.names.project}{_said_of_ports(document, where)}{said}")


def _said_of_ports(document: Mapping[str, Any], where: str) -> str:
    ports = composition.published(document)
    if not ports:
        return ""
    listed = ", ".join(ports[:_MOST_PORTS]) + (", …" if ports[_MOST_PORTS:] else "")
    return f"; on 127.0.0.1{where} only: {'ports' if ports[1:] else 'port'} {listed}"


@contextmanager
def _lent(trial: Trial, document: Mapping[str, Any]) -> Iterator[None]:
    """While the block runs, images may be fetched that are to be removed again."""
    loans = trial.tools.loans
    if loans is None:
        yield
        return
    loans.remember(image for image in composition.images(document) if image != trial.candidate.image.reference)
    try:
        yield
    finally:
        with trial.services.client.cancellation.shielded():
            loans.fetched(container.image for container in trial.services.containers())


@contextmanager
def _names_held(trial: Trial, document: Mapping[str, Any]) -> Iterator[None]:
    """While the block runs, no other smoke test moves the names of the images that the services run.

    A classic store holds one platform a name: what compose has pulled for one platform would be taken away by another
    before its container is created.
    """
    lease = Lease(f"dext-tasks-image-names at {trial.tools.engine.facts.identity}")
    foreign = set(composition.images(document)) - {trial.candidate.image.reference}
    if foreign and trial.tools.engine.facts.store is Store.CLASSIC:
        _wait_for(lease, trial, "fetching images")
    try:
        yield
    finally:
        lease.give_back()


def _require_socket_name(vm: VM) -> None:
    # Anything else could lead to a socket of this machine, which would answer in the backend's place.
    name = vm.socket
    if "/" in name or name in (".", "..") or not name.isprintable():
        raise ProbeFailedError(f"metadata.json exposes {name!r}, which is not the name of a file")


def _failure(watch: Watch, error: DextError) -> Exception:
    """What the failure to start stands for: a missing emulator and a missing ``#!`` look the same."""
    if isinstance(error, EmulatorMissingError) and watch.emulated and not watch.why_ended(watch.services.containers()):
        return error
    return watch.failure(_cause(error), error.detail)


def _cause(error: DextError) -> str:
    """What compose's message means, if that is known."""
    said = error.detail.lower()
    if "is unhealthy" in said:
        line = next(line for line in error.detail.splitlines() if "is unhealthy" in line.lower())
        return f"a service waits for the health of another one: {line.strip()[-200:]}"
    for text in ("port is already allocated", "address already in use", "ports are not available"):
        if text in said:
            line = next(line for line in error.detail.splitlines() if text in line.lower())
            return f"a port it publishes is taken on the engine's machine: {line.strip()[-200:]}"
    # runc takes the first argument for the program where an image has no entry point.
    if f'exec: "{composition.IDLE[0]}"' in said:
        return "the helper container does not start: the entry point of the image in smoke.proxy-image is not socat"
    return error.message


def _take_turn(trial: Trial) -> None:
    """Wait for another smoke test of the extension, sweep what a killed one left, leave a real installation alone."""
    # Of another engine it is another one: there, the same platform may be native, and have the same name.
    lease = Lease(f"{trial.names.project} at {trial.tools.engine.facts.identity}")
    _wait_for(lease, trial, f"testing {trial.names.project}")
    trial.lease = lease
    if not trial.services.left():
        return
    if trial.services.foreign(RUN_LABEL):
        raise ProbeFailedError(
            f"{trial.names.project} is installed already, and not by a smoke test; uninstall it first"
        )
    _wait_for_others(trial)
    trial.services.down(_GRACE)


def _wait_for_others(trial: Trial) -> None:
    """Wait for a smoke test on another machine with the same engine; one that began long ago counts as ended."""
    end, is_said = time.monotonic() + _TURN, False
    while trial.services.is_used_elsewhere(_TURN):
        if not is_said:
            is_said = True
            _LOG.warning("%s is tested by another machine, which is waited for", trial.names.project)
        if time.monotonic() > end:
            raise ProbeFailedError(f"another machine has been testing {trial.names.project} for too long")
        trial.services.client.cancellation.sleep(_OTHERS_POLL)


def _wait_for(lease: Lease, trial: Trial, what: str) -> None:
    end = time.monotonic() + _TURN
    while not lease.take():
        if time.monotonic() > end:
            raise ProbeFailedError(f"another smoke test has been {what} for too long")
        trial.services.client.cancellation.sleep(_TURN_POLL)


def _document(trial: Trial, vm: VM, upload: Upload) -> tuple[dict[str, Any], dict[str, str], tuple[str, ...]]:
    """What is started, the caller's variables it is given, and the names of what it was granted.

    Args:
        trial: The installation.
        vm: What metadata.json says of its backend.
        upload: Told of what is to be uploaded.

    Raises:
        ProbeFailedError: It mounts what the engine cannot be given.
        HelperImageMissingError: It is reached through a helper container, whose image cannot be got.
        ProbeWithheldError: It asks for what was not granted.
    """
    own, helper, gate = (
        trial.candidate.image.reference,
        _proxy(trial, vm),
        Granting.of(trial.tools, trial.project_folder),
    )
    raw, found = _resolved(trial, vm, gate)
    gate.require(found)
    if helper:
        require_helper(trial.tools.engine, helper.image, trial.tools.loans)
    direct = bool(vm.socket) and helper is None
    if direct:
        trial.guest_services.mkdir(mode=0o755, exist_ok=True)
    settings, there = trial.tools.settings, frozenset(_there(trial, raw))
    made = composition.installed(
        _of_the_engine(trial, composition.pinned(raw, gate.machine.real_path), upload),
        composition.Installation(
            names=trial.names,
            title=trial.candidate.image.labels.get(TITLE, ""),
            image=own,
            platform=trial.candidate.platform,
            mark=trial.tools.engine.client.mark,
            guest_services=str(trial.guest_services) if direct else "",
            proxy=helper,
            limits=composition.ContainerLimits(
                settings.smoke_memory, settings.smoke_pids, new_privileges=gate.gives_new_privileges
            ),
            there=there,
        ),
    )
    return made, gate.variables(found), tuple(str(each.grant) for each in once(found))


def _there(trial: Trial, document: Mapping[str, Any]) -> Iterator[str]:
    """Services whose image the engine has, for the platform they run as; in a classic store compose sees it."""
    engine, own = trial.tools.engine, trial.candidate.image.reference
    if engine.facts.store is Store.CLASSIC:
        return
    for name, service in composition.services(document).items():
        image = str(service.get("image") or "")
        with suppress(UnknownPlatformError):
            platform = Platform.parse(str(service.get("platform") or trial.candidate.platform))
            if image not in {"", own} and has(engine, image, platform):
                yield name


def _of_the_engine(trial: Trial, document: dict[str, Any], upload: Upload) -> dict[str, Any]:
    """The document with own files as the engine can have them."""
    engine = trial.tools.engine
    if engine.is_here:
        return document
    made = upload.document(document)
    if not upload.needed or engine.has_api(SUBPATH_API):
        return made
    if engine.address.startswith(UNIX):
        # It may have this machine's folders, although that is not proven.
        upload.needed.clear()
        return document
    needed = ", ".join(sorted(str(path.relative_to(upload.folder)) for path in upload.needed))
    raise ProbeFailedError(
        f"the compose file mounts {needed}, which an engine on another machine can only be given from Docker 26 on"
    )


def _proxy(trial: Trial, vm: VM) -> composition.ProxyContainer | None:
    settings = trial.tools.settings
    if not vm.socket or not is_helped(trial.tools.engine, settings):
        return None
    return composition.ProxyContainer(settings.smoke_proxy_image, trial.candidate.native)


def _resolved(trial: Trial, vm: VM, gate: Granting) -> tuple[dict[str, Any], tuple[Asked, ...]]:
    """What the extension wants to be started as, and everything that asks for."""
    own = trial.candidate.image.reference
    if vm.image:
        return gate.of_image(vm.image, own)
    return gate.resolved(project_copy(trial, vm.composefile), own, trial.services)


def answer(trial: Trial) -> Seen:
    """Something listens on the exposed socket and answers HTTP."""
    watch, socket = trial.running, trial.socket
    if not socket:
        raise ProbeSkippedError("metadata.json exposes no socket")
    if trial.guest_services.is_dir():
        trial.channel = over_socket(trial.guest_services / socket)
    else:
        helper = composition.ProxyContainer.name(trial.names.project)
        trial.channel = through(Helper.of(trial.tools.engine.client, helper), socket)
    began = time.monotonic()
    said = watch.answer(trial.channel, socket, trial.patience.answer)
    return Seen(f"GET / over {socket} answered {said} after {time.monotonic() - began:.1f} s")


def requests(trial: Trial) -> Seen:
    """Each request of the settings answers what it must."""
    wanted = trial.tools.settings.smoke_requests
    if not wanted:
        raise ProbeSkippedError("smoke.requests names none")
    if trial.channel is None:
        raise ProbeSkippedError("there is no backend to ask")
    faults = []
    for each in wanted:
        headers = {"Content-Type": each.content_type} if each.content_type else {}
        try:
            said = trial.channel.ask(each.method, each.path, _REQUEST, headers, each.body)
        except (OSError, http.client.HTTPException) as error:
            faults.append(f"{each} got no answer: {why_failed(error)}")
        else:
            faults.append(each.fault(said.status, said.body))
    wrong = list(filter(None, faults))
    if wrong:
        more = f" (and {len(wrong) - 1} more)" if wrong[1:] else ""
        raise trial.running.failure(f"{wrong[0]}{more}", "\n".join(wrong[1:]))
    return Seen(f"{len(wanted)} answered as expected")


def steady(trial: Trial) -> Seen:
    """No container restarts while nothing is asked of it, and its health checks pass."""
    watch, patience = trial.running, trial.patience
    watch.settle(patience.settle)
    unwell = wait_for_health(watch, patience.answer, patience.factor)
    watch.require_emulator()
    ended = [
        f"{Desktop.RANCHER_DESKTOP.title} refuses it: service {name} ends by itself"
        for name in watch.ended(watch.services.containers())
    ]
    return Seen(f"no restart within {patience.settle:.1f} s", warnings=(*unwell, *ended))


def uninstall(trial: Trial) -> Seen:
    """Containers, networks, volumes and files are removed, and none is left."""
    try:
        return _uninstall(trial)
    finally:
        if trial.lease:
            trial.lease.give_back()


def _uninstall(trial: Trial) -> Seen:
    named = trial.candidate.snapshot.parsed
    if trial.kept:
        # Not of the compose project, so that its `down --volumes` would leave them.
        if named and named.binaries:
            trial.services.remove_guests()
        compose = f"{trial.services.client.by_hand} compose -p {trial.names.project}"
        raise ProbeSkippedError(
            f"kept to be looked at: {compose} logs; removed by the next smoke test, or {compose} down --volumes"
        )
    trial.services.client.cancellation.check()
    if named and named.binaries:
        trial.services.remove_guests()
    if trial.watch is None:
        remove_folder(trial.folder, ignore_errors=True)
        raise ProbeSkippedError("no backend was started")
    trial.services.down(_GRACE)
    if trial.services.client.cancellation.was_asked:
        _sweep(trial)
    remove_folder(trial.folder, ignore_errors=True)
    left = [*trial.services.left_by_this_run(), *([f"file {trial.folder}"] if trial.folder.exists() else [])]
    if left:
        raise ProbeFailedError(f"left behind: {', '.join(left)}")
    return Seen("nothing left behind")


def _sweep(trial: Trial) -> None:
    """Remove what appears late: the engine finishes what a client asked for before it was ended."""
    end = time.monotonic() + _LATE
    while time.monotonic() < end:
        trial.services.client.cancellation.sleep(_LATE_POLL)
        # Not what another machine's run has made since: that began when all of this one's was gone.
        if trial.services.left_by_this_run():
            trial.services.down(_GRACE)
