"""How registries are reached from where a run is: what docker's client and engine are set up with."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dext_tasks import calls
from dext_tasks.registry.certificates import context, folders
from dext_tasks.registry.credentials import VARIABLE, Logins
from dext_tasks.registry.endpoint import Insecure
from dext_tasks.registry.proxies import Proxies
from dext_tasks.registry.transport import Transport
from dext_tasks.registry.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Access:
    """The way to registries and to the web.

    Attributes:
        logins: What `docker login` stored.
        proxies: What the environment says of proxies.
        certificates: Folders with private certificates of registries.
        insecure: What the engine says of registries without TLS; called after TLS failed.
    """

    logins: Logins
    proxies: Proxies = field(default_factory=Proxies)
    certificates: tuple[Path, ...] = ()
    insecure: Callable[[], Insecure] = Insecure

    @classmethod
    def of(cls, docker_config: Path, env: Mapping[str, str], home: Path, insecure: Callable[[], Insecure]) -> Access:
        """The way of docker's client in an environment.

        Args:
            docker_config: Docker's configuration folder.
            env: Environment variables.
            home: Home of the user.
            insecure: As the attribute.
        """
        return cls(
            Logins(docker_config, env.get(VARIABLE, "")),
            Proxies.of(env),
            folders(env, home, docker_config),
            insecure,
        )

    def transport(
        self, registry: str, repository: str, *, push: bool, admit: Callable[[str], None] | None = None
    ) -> Transport:
        """Requests to one repository, with the login there is.

        Raises:
            RegistryUnreachableError: A certificate is there for the registry and cannot be used.
        """
        found = self.logins.of(registry)
        with_login = "with the login that docker has" if found.login else "without a login"
        calls.decided(
            _LOG, "registry %s is asked %s%s", registry, with_login, f": {found.trouble}" if found.trouble else ""
        )
        wire = Wire(self.proxies, context(self.certificates, registry), admit)
        is_given = push and self.logins.is_only_given(registry)
        return Transport(registry, repository, found.login, push, found.trouble, self.insecure, is_given, _wire=wire)
