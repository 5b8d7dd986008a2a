"""From the bytes of a compose file to its facts."""

from __future__ import annotations

from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

from dext_tasks.formats.compose import side_files, systems
from dext_tasks.formats.compose.externals import externals
from dext_tasks.formats.compose.faults import faults
from dext_tasks.formats.compose.model import Compose, Fault, FaultKind, Gap, Service, Text
from dext_tasks.formats.compose.mounts import mounts
from dext_tasks.formats.compose.ports import ports
from dext_tasks.formats.compose.tree import Mapping, TreeError, Value, read, walk
from dext_tasks.formats.compose.values import text_of
from dext_tasks.formats.compose.variables import names_plugin_image

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_FAULTS = 50
_FINISHED = "service_completed_successfully"


# A file is read by one rule after another.
@lru_cache(maxsize=16)
def parse(content: bytes) -> Compose:
    """Read a compose file; whatever is wrong with it is among the facts, and nothing is raised."""
    try:
        root = read(content)
    except TreeError as error:
        return Compose(faults=(Fault(FaultKind.SYNTAX, str(error), error.line),))
    document = root if isinstance(root, Mapping) else Mapping({}, 1)
    services = document.get("services")
    entries = services.entries if isinstance(services, Mapping) else {}
    finished = frozenset(name for service in entries.values() for name in _finished(service))
    return Compose(
        services=tuple(
            _service(name, service, services.lines.get(name, service.line), ends=name in finished)
            for name, service in entries.items()
            if isinstance(services, Mapping) and isinstance(service, Mapping)
        ),
        faults=tuple(islice(faults(root), _MOST_FAULTS)),
        plugin_image_uses=tuple(Text(each.text, each.line) for each in walk(root) if names_plugin_image(each.text)),
        side_files=tuple(side_files.of_file(document)),
        externals=tuple(externals(document)),
        gaps=tuple(_gaps(root)),
    )


def _gaps(root: Value | None) -> Iterator[Gap]:
    for each in walk(root):
        for is_required, found in ((True, systems.required(each.text)), (False, systems.missing(each.text))):
            for name, lacking in found.items():
                # One is the other's second half.
                if name != "HOMEPATH" or "HOMEDRIVE" not in found:
                    fix = systems.remedy(name, lacking)
                    yield Gap(name, each.text, systems.listed(lacking), each.line, is_required, fix)


def _service(name: str, service: Mapping, line: int, *, ends: bool) -> Service:
    return Service(
        name=name,
        line=line,
        image=text_of(service.get("image"), resolved=False),
        build=_first(service.get("build")),
        is_defined_elsewhere=bool(service.get("extends") or service.get("provider")),
        container_name=text_of(service.get("container_name")),
        mounts=tuple(mounts(service.get("volumes"))),
        ports=tuple(ports(service.get("ports"))),
        starting=tuple(
            Text(each.text, each.line) for key in ("entrypoint", "command") for each in walk(service.get(key))
        ),
        side_files=tuple(side_files.of_service(service)),
        ends=_ends(service, finished=ends),
    )


def _first(value: Value | None) -> Text | None:
    """A value of any shape, as far as it is there."""
    return next((Text(each.text, value.line) for each in walk(value)), Text("", value.line)) if value else None


def _finished(service: Value) -> Iterator[str]:
    dependencies = service.get("depends_on") if isinstance(service, Mapping) else None
    for name, dependency in dependencies.entries.items() if isinstance(dependencies, Mapping) else ():
        condition = text_of(dependency.get("condition")) if isinstance(dependency, Mapping) else None
        if condition and condition.value == _FINISHED:
            yield name


def _ends(service: Mapping, *, finished: bool) -> str:
    restart = text_of(service.get("restart"))
    if finished:
        return "another service waits until it has completed"
    return 'it has restart: "no"' if restart and restart.value in {"no", "false"} else ""
