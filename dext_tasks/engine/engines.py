"""Which engine a platform runs on: that of its own docker context, or that of the client's current one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dext_tasks.runtime.parallel import for_each

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dext_tasks.engine.engine import Engine
    from dext_tasks.formats.oci.platform import Platform


@dataclass(frozen=True)
class Engines:
    """The engines of one run. Each has its own connections, facts, image store and native platform.

    Attributes:
        current: That of the docker client's current context.
        in_contexts: Those of platforms with a context of their own; platforms of one context share one.
    """

    current: Engine
    in_contexts: Mapping[Platform, Engine] = field(default_factory=dict)

    def of(self, platform: Platform) -> Engine:
        """The engine that a platform is built, checked, smoke-tested and pushed on."""
        return self.in_contexts.get(platform, self.current)

    def each_of(self, platforms: Iterable[Platform]) -> dict[Engine, tuple[Platform, ...]]:
        """Every engine that platforms run on, with those that do."""
        found: dict[Engine, tuple[Platform, ...]] = {}
        for platform in platforms:
            engine = self.of(platform)
            found[engine] = (*found.get(engine, ()), platform)
        return found

    def prefetch(self, platforms: Iterable[Platform]) -> None:
        """Begin to ask what each engine of some platforms is, while something else goes on."""
        for engine in self.each_of(platforms):
            engine.prefetch()

    def require_able(self, platforms: Iterable[Platform]) -> None:
        """Require that every engine that platforms run on answers, all asked at once, and that docker can build.

        Raises:
            EngineUnreachableError: One does not answer, or docker does not know its context.
            EngineTooOldError: The API of one is older than the minimum.
            BuildxMissingError: The docker client has no buildx plugin.
        """
        for_each(self.each_of(platforms), lambda engine: engine.require_buildx(), self.current.client.cancellation)
