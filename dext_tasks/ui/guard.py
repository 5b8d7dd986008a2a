"""Which addresses a page may ask: a stranger's page must not make this machine ask its own network."""

from __future__ import annotations

from dataclasses import dataclass

from dext_tasks.sources.addresses import NotPublicError, RefusedError, Target, target

SETTING = "smoke.ui.allow-hosts"


@dataclass(frozen=True)
class Guard:
    """Public addresses, and what is opened by name.

    Attributes:
        allowed: ``HOST`` for any of its ports or ``HOST:PORT``, an IPv6 address in brackets.
    """

    allowed: tuple[str, ...] = ()

    def of_url(self, url: str) -> Target:
        """Where a request for a URL goes; whoever connects does so to the address that was looked at.

        Raises:
            NotPublicError: Its host is not open to pages.
            RefusedError: It is no http or https URL, or its host is unknown.
        """
        try:
            return target(url)
        except NotPublicError as error:
            to = error.target
            if self._is_allowed(to):
                return to
            raise NotPublicError(f"{error}; {SETTING} opens {_name(to.host)}:{to.port}", to) from error

    def of_host(self, host: str, port: int) -> Target:
        """The same of a host and a port, whatever is spoken there.

        Raises:
            NotPublicError: It is not open to pages.
            RefusedError: It is unknown, or no host and port.
        """
        to = self.of_url(f"http://{_name(host)}:{port}/")
        if (to.host, to.port) != (host.lower(), port):
            # A text that is more than a host would be judged by one port and connected to by another.
            raise RefusedError("it is no host and port")
        return to

    def _is_allowed(self, to: Target) -> bool:
        name = _name(to.host).lower().rstrip(".")
        return not {name, f"{name}:{to.port}"}.isdisjoint(each.lower() for each in self.allowed)


def _name(host: str) -> str:
    return f"[{host}]" if ":" in host else host
