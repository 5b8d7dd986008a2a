"""Whether health checks pass: Docker Desktop does not ask, Rancher Desktop installs nothing that does not pass.

``docker compose up --wait``, with which it starts a backend, ends with an error as soon as a service is unhealthy:
https://docs.docker.com/reference/cli/docker/compose/up/
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from dext_tasks.engine.facts import HealthStatus
from dext_tasks.extension.runtime import Runtime

if TYPE_CHECKING:
    from dext_tasks.engine.facts import ContainerFacts
    from dext_tasks.smoke.watch import Watch

_POLL = 1.0
_RANCHER = Runtime.RANCHER_DESKTOP.title


def wait_for_health(watch: Watch, seconds: float, factor: float) -> tuple[str, ...]:
    """Wait until every health check has passed once; what is to be said of those that did not always.

    An engine asks for the first time after an interval, which is half a minute unless somebody says otherwise. So the
    checks that it has not passed yet are run here, too.

    Args:
        watch: The containers.
        seconds: Longest wait.
        factor: How many times as long as the engine lets it a check may take that is run here.

    Raises:
        ProbeFailedError: One never passed, or a container broke meanwhile.
    """
    end, passed, late = time.monotonic() + seconds, set[str](), dict[str, str]()
    while True:
        sick = [each for each in watch.require_alive() if each.is_running and _is_sick(each)]
        late |= {each.name: _late(each) for each in sick if each.health.status is HealthStatus.UNHEALTHY}
        open_ = [each for each in sick if each.name not in passed and not each.health.has_passed]
        for each in open_:
            if each.health.command and watch.services.check(each, each.health.timeout * factor):
                passed.add(each.name)
        never = [each for each in open_ if each.name not in passed]
        if not never:
            return tuple(late.values())
        if time.monotonic() >= end:
            raise watch.failure(f"{'; '.join(map(_never, never))}; {_RANCHER} refuses it, Docker Desktop does not ask")
        watch.services.client.cancellation.sleep(_POLL)


def _is_sick(container: ContainerFacts) -> bool:
    return container.health.status in (HealthStatus.STARTING, HealthStatus.UNHEALTHY)


def _late(container: ContainerFacts) -> str:
    said = f" ({container.health.said})" if container.health.said else ""
    return f"{container.name} was unhealthy{said} and passes at other times; {_RANCHER} refuses what is unhealthy"


def _never(container: ContainerFacts) -> str:
    said = f": {container.health.said}" if container.health.said else ""
    return f"the health check of {container.name} never passed{said}"
