"""What a registry is sent as Authorization: the login, or a token that its token service gives for it."""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from urllib3.exceptions import HTTPError

from dext_tasks import calls
from dext_tasks.errors import RegistryResponseError
from dext_tasks.registry.answers import RegistryAnswers, Response
from dext_tasks.registry.challenge import Challenge, parse
from dext_tasks.registry.endpoint import Endpoint, Insecure
from dext_tasks.registry.faults import is_json, json_object, unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import urllib3

_LOG = logging.getLogger(__name__)
_WEB = frozenset({"http", "https"})


def _is_cut(response: Response) -> bool:
    """Whether an answer calls itself JSON and is none: something on the way took the end of it for its own.

    An answer to HEAD has no body.
    """
    kind = response.headers.get("content-type", "").partition(";")[0].strip()
    return bool(response.body) and kind.endswith("json") and not is_json(response.body)


@dataclass
class Authorization(RegistryAnswers):
    """The way to be let in by one registry.

    Attributes:
        insecure: What the engine says of registries; asked after TLS failed.
    """

    insecure: Callable[[], Insecure] = Insecure

    @cached_property
    def _endpoint(self) -> Endpoint:
        return Endpoint(self.registry, self._wire, self.insecure)

    def _authorize(self, refusal: Response) -> None:
        """Find what to send as Authorization from now on."""
        # Nobody may push without a login: that it cannot be read is known now, and not after the build.
        if self.push and self.trouble:
            raise self._refused(refusal)
        self._authorization = self._answer_to(refusal)

    def _answer_to(self, refusal: Response) -> str:
        """The answer to one of the challenges; Bearer goes before Basic, as with docker.

        https://github.com/distribution/distribution/blob/main/internal/client/auth/session.go
        """
        if self.login and self.login.is_access:
            return f"Bearer {self.login.secret}"
        offered = parse(refusal.headers.get("www-authenticate", ""))
        bearer = [each for each in offered if each.scheme == "bearer" and _is_web(each.realm)]
        safe = next((each for each in bearer if self._may_be_told(each.realm)), None)
        if safe:
            return f"Bearer {self._token(safe)}"
        if self.login and self.login.is_password and any(each.scheme == "basic" for each in offered):
            return self.login.basic
        if bearer:
            host = urlsplit(bearer[0].realm).netloc
            raise RegistryResponseError(
                f"registry {self.registry} wants its login sent without TLS, to {host}",
                remedy="have the registry's operator give its token service an https address",
            )
        raise self._refused(refusal)

    def _may_be_told(self, realm: str) -> bool:
        """Whether a token service may be asked with the login there is, if any."""
        parts = urlsplit(realm)
        return self.login is None or parts.scheme == "https" or self._endpoint.may_be_insecure(parts.netloc)

    def _token(self, challenge: Challenge) -> str:
        scopes = self._scopes(challenge.scope)
        response = self._until_whole(lambda: self._token_answer(challenge, scopes))
        service = urlsplit(challenge.realm).netloc
        found = json_object(self.judged(response, service).body)
        token = found.get("token") or found.get("access_token")
        if not isinstance(token, str) or not token:
            raise self._refused(response, service)
        return token

    def _token_answer(self, challenge: Challenge, scopes: list[str]) -> urllib3.BaseHTTPResponse:
        if self.login and self.login.is_token:
            return self._exchange(challenge, scopes, self.login.secret)
        query = [("service", challenge.service)] if challenge.service else []
        query += [("scope", scope) for scope in scopes]
        headers = {"Authorization": self.login.basic} if self.login else {}
        return self._open("GET", _with_query(challenge.realm, query), headers)

    def _scopes(self, wanted: str) -> list[str]:
        """This repository's, and what else the registry says it needs, such as ``aws`` of public.ecr.aws."""
        own = f"repository:{self.repository}:"
        actions = "pull,push" if self.push else "pull"
        return [own + actions, *(each for each in wanted.split() if not each.startswith(own))]

    def _exchange(self, challenge: Challenge, scopes: list[str], refresh_token: str) -> urllib3.BaseHTTPResponse:
        """Trade an identity token for an access token: https://distribution.github.io/distribution/spec/auth/oauth/."""
        fields = {"service": challenge.service} if challenge.service else {}
        fields |= {"scope": " ".join(scopes), "grant_type": "refresh_token"}
        fields |= {"client_id": "dext-tasks", "refresh_token": refresh_token}
        return self._open("POST", challenge.realm, {}, fields)

    def _until_whole(self, ask: Callable[[], urllib3.BaseHTTPResponse]) -> Response:
        """The whole answer to a question that is asked again if its answer breaks off.

        urllib3 does so only as long as the head of the answer is not there.
        """
        for number in range(self.limits.tries):
            with suppress(HTTPError):
                response = self._read(ask())
                if not _is_cut(response):
                    return response
            pause = self.limits.pause(number)
            calls.repeated(_LOG, f"registry {self.registry}", "its answer broke off", pause)
            time.sleep(pause)
        return self._whole(ask())

    def _open(
        self, method: str, url: str, headers: Mapping[str, str], payload: Mapping[str, str] | bytes | None = None
    ) -> urllib3.BaseHTTPResponse:
        try:
            return self._wire.send(method, url, headers, payload=payload)
        except HTTPError as error:
            raise unreachable(self.registry, error, self._wire.proxy_of(url)) from None

    def _whole(self, answer: urllib3.BaseHTTPResponse) -> Response:
        try:
            return self._read(answer)
        except HTTPError as error:
            raise unreachable(self.registry, error) from None

    def _read(self, answer: urllib3.BaseHTTPResponse) -> Response:
        """An answer with its body; raises HTTPError if that breaks off."""
        with answer:
            body = answer.read(self.limits.document + 1, decode_content=True)
            fields = {name.lower(): ", ".join(answer.headers.getlist(name)) for name in answer.headers}
        if len(body) > self.limits.document:
            raise RegistryResponseError(
                f"registry {self.registry} sent more than {self.limits.document} bytes for one document",
                remedy="check that the reference names an image",
            )
        return Response(answer.status, fields, body)


def _is_web(realm: str) -> bool:
    try:
        parts = urlsplit(realm)
        return parts.scheme in _WEB and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _with_query(realm: str, query: list[tuple[str, str]]) -> str:
    """A realm may have a query of its own."""
    parts = urlsplit(realm)
    whole = [*parse_qsl(parts.query, keep_blank_values=True), *query]
    return urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(whole), ""))
