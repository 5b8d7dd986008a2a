"""What a registry's answer means: the two kinds of "no", a registry in trouble, and its words, without secrets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from dext_tasks.errors import LoginMissingError, RegistryResponseError, RegistryUnreachableError
from dext_tasks.redaction import redact
from dext_tasks.registry.faults import codes, said
from dext_tasks.registry.wire import TRANSIENT, Wire
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dext_tasks.limits import RegistryLimits
    from dext_tasks.registry.credentials import Login

# https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes; NOT_FOUND is Harbor's:
# https://github.com/goharbor/harbor/blob/main/src/lib/errors/const.go
_ABSENT = frozenset({"NAME_UNKNOWN", "MANIFEST_UNKNOWN", "BLOB_UNKNOWN", "NOT_FOUND"})
UNAUTHORIZED: Final = 401
_FORBIDDEN, _NOT_FOUND, _PROXY_LOGIN = 403, 404, 407


@dataclass(frozen=True)
class Response:
    """An answer with its body read.

    Attributes:
        status: HTTP status.
        headers: Header fields, names in lower case; what came several times is joined by commas.
        body: No more than the limit for documents.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass
class RegistryAnswers:
    """Answers of one registry about one repository.

    Attributes:
        registry: Host as in a reference.
        repository: Whose scope tokens are asked for.
        login: None for anonymous access.
        push: Whether tokens must allow pushing.
        trouble: Why a login that docker may have could not be read; empty if that is not so.
    """

    registry: str
    repository: str
    login: Login | None = None
    push: bool = False
    trouble: str = ""
    _wire: Wire = field(default_factory=Wire, repr=False, kw_only=True)
    _authorization: str = field(default="", repr=False, kw_only=True)

    @property
    def limits(self) -> RegistryLimits:
        """What a question may cost."""
        return self._wire.limits

    def judged(self, response: Response, service: str = "") -> Response:
        """The answer, if it is one; of the registry's token service if that is named.

        Raises:
            RegistryUnreachableError: The registry is in trouble.
            LoginMissingError: It wants a login, or another one.
            RegistryResponseError: Its status is any other than 2xx or 404.
        """
        if response.status in (UNAUTHORIZED, _FORBIDDEN):
            raise self._refused(response, service)
        if response.status in TRANSIENT:
            raise RegistryUnreachableError(
                f"registry {self.registry} answers {self.said(response)}, also after {self.limits.tries} more tries",
                remedy="wait for the registry to recover, then run the same command again",
            )
        if response.status == _PROXY_LOGIN:
            raise RegistryUnreachableError(
                f"registry {self.registry} could not be reached: the proxy on the way wants a login",
                remedy="write it into the variable that names the proxy: http://USER:PASSWORD@HOST:PORT",
            )
        if response.status != _NOT_FOUND and not 200 <= response.status < 300:  # noqa: PLR2004 - HTTP status
            raise RegistryResponseError.unclear(
                f"registry {self.registry} answers {self.said(response)}",
                remedy="check that the host is a registry and the image name is right",
                detail=self._page(response),
            )
        return response

    def says_absent(self, response: Response) -> bool:
        """Whether an answer is that something is not there.

        A status of 404 alone says nothing: a proxy, a load balancer or a registry that is being set up answers so, too.

        Raises:
            RegistryResponseError: It is 404 in other words than a registry's.
        """
        if response.status != _NOT_FOUND:
            return False
        if not codes(response.body) & _ABSENT:
            raise RegistryResponseError.unclear(
                f"registry {self.registry} answers {self.said(response)}, and does not say what is not there",
                remedy="see that nothing in between answers in its place, such as a proxy, then run the same command "
                "again",
                detail=self._page(response),
            )
        return True

    def said(self, response: Response) -> str:
        """Status and words of an answer."""
        words = self._shown(said(response.body))
        return f"{response.status}{f' ({words})' if words else ''}"

    def _page(self, response: Response) -> str:
        """The beginning of an answer that has no words in a form that is known, such as a proxy's page."""
        return "" if said(response.body) else self._shown(response.body.decode(errors="replace"))

    def _shown(self, text: str) -> str:
        """The beginning of what the other side wrote, without anything that we sent."""
        sent = (self.login.secret, self.login.basic.rpartition(" ")[2]) if self.login else ()
        return excerpt(redact(text, (*sent, self._authorization.rpartition(" ")[2])), self.limits.said)

    def _refused(self, response: Response, service: str = "") -> LoginMissingError:
        who = "the login given" if self.login else "anonymous access"
        right = "push to" if self.push else "read"
        by = f"its token service {service} answers" if service else "it answers"
        why = f"; {self.trouble}" if self.trouble and not self.login else ""
        ask = "have its operator allow that account to, or " if self.login and response.status == _FORBIDDEN else ""
        return LoginMissingError(
            f"registry {self.registry} does not let {who} {right} {self.repository}: {by} {self.said(response)}{why}",
            remedy=f"{'correct that, and ' if why else ''}{ask}run `docker login {self.registry}` "
            f"with an account that may {right} it",
            detail=self._page(response),
        )
