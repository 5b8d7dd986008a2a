"""Whether images can be pushed, asked by an upload that is begun and cancelled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from urllib3 import exceptions as http

from dext_tasks.errors import LoginMissingError, RegistryResponseError, RegistryUnreachableError
from dext_tasks.formats.oci.reference import Reference
from dext_tasks.registry.credentials import Login
from dext_tasks.registry.repository import Repository

if TYPE_CHECKING:
    from tests.unit.registry.conftest import Connect, FakePool, Reply

BASE = "https://ghcr.io/v2/acme/demo"
UPLOADS = f"{BASE}/blobs/uploads/"
REALM = "https://auth.example/token"
BEARER = f'Bearer realm="{REALM}",service="reg.example"'
LOGIN = Login("ann", "sesame-7f3a")


@pytest.fixture
def repository(connect: Connect) -> Repository:
    return Repository(Reference.parse("ghcr.io/acme/demo"), connect(login=LOGIN, push=True))


@pytest.mark.parametrize(
    ("location", "cancelled"),
    [
        ("/v2/acme/demo/blobs/uploads/7?_state=a%2Fb", f"{UPLOADS}7?_state=a%2Fb"),
        (f"{UPLOADS}7", f"{UPLOADS}7"),
        ("7", f"{UPLOADS}7"),
        # What a registry behind a proxy takes for its own address.
        ("http://registry.internal:5000/v2/acme/demo/blobs/uploads/7", f"{UPLOADS}7"),
        ("//registry.internal/v2/acme/demo/blobs/uploads/7", f"{UPLOADS}7"),
        ("https://storage.example/v2/acme/demo/blobs/uploads/7?token=x", f"{UPLOADS}7?token=x"),
    ],
)
def test_what_is_begun_is_cancelled(
    repository: Repository, pool: FakePool, answer: Reply, location: str, cancelled: str
) -> None:
    pool.script(answer(202, Location=location), answer(204))
    repository.require_push()
    assert pool.lines == [f"POST {UPLOADS}", f"DELETE {cancelled}"]


@pytest.mark.parametrize("status", [404, 405, 400, 401, 403, 500])
def test_a_registry_that_does_not_let_it_be_cancelled_takes_pushes(
    repository: Repository, pool: FakePool, answer: Reply, status: int
) -> None:
    pool.script(answer(202, Location="/v2/acme/demo/blobs/uploads/7"), answer(status), answer(status), answer(status))
    repository.require_push()
    assert "DELETE" in pool.lines[1]


def test_a_connection_that_breaks_then_is_no_matter(repository: Repository, pool: FakePool, answer: Reply) -> None:
    pool.script(answer(202, Location="x"), http.ProtocolError("broken"))
    repository.require_push()


@pytest.mark.parametrize("location", ["", "http://[::1/x"])
def test_where_no_address_is_given_nothing_can_be_cancelled(
    repository: Repository, pool: FakePool, answer: Reply, location: str
) -> None:
    headers = {"Location": location} if location else {}
    pool.script(answer(202, **headers), *([answer(404)] if not location else []))
    repository.require_push()
    assert not any("[::1" in line for line in pool.lines)


@pytest.mark.parametrize("status", [401, 403])
def test_a_login_that_may_not_push(repository: Repository, pool: FakePool, answer: Reply, status: int) -> None:
    pool.script(
        answer(401, WWW_Authenticate=BEARER),
        answer(200, {"token": "access"}),
        answer(status, {"errors": [{"code": "DENIED"}]}, WWW_Authenticate=f'{BEARER},error="insufficient_scope"'),
        answer(200, {"token": "access"}),
        answer(status, {"errors": [{"code": "DENIED"}]}, WWW_Authenticate=BEARER),
    )
    with pytest.raises(LoginMissingError, match=r"ghcr\.io does not let the login given push to acme/demo"):
        repository.require_push()
    assert not any(line.startswith("DELETE") for line in pool.lines)


def test_the_login_is_asked_for_the_right_to_push(repository: Repository, pool: FakePool, answer: Reply) -> None:
    pool.script(answer(401, WWW_Authenticate=BEARER), answer(200, {"token": "access"}), answer(202), answer(404))
    repository.require_push()
    assert "scope=repository%3Aacme%2Fdemo%3Apull%2Cpush" in pool.lines[1]
    assert pool.asked[2].headers["Authorization"] == "Bearer access"


def test_a_repository_that_must_be_made_first(repository: Repository, pool: FakePool, answer: Reply) -> None:
    pool.script(answer(404, {"errors": [{"code": "NAME_UNKNOWN"}]}))
    with pytest.raises(RegistryResponseError, match="has no repository acme/demo, and makes none") as caught:
        repository.require_push()
    assert "create" in caught.value.remedy


@pytest.mark.parametrize("status", [400, 405, 409, 422])
def test_a_registry_that_takes_none(repository: Repository, pool: FakePool, answer: Reply, status: int) -> None:
    pool.script(answer(status, {"errors": [{"code": "UNSUPPORTED", "message": "read-only mirror"}]}))
    with pytest.raises(RegistryResponseError, match=f"takes no uploads to acme/demo: .* answers {status}") as caught:
        repository.require_push()
    assert "UNSUPPORTED: read-only mirror" in caught.value.message
    assert "mirror" in caught.value.remedy


@pytest.mark.parametrize("status", [429, 500, 503])
def test_could_not_ask_is_no_refusal(repository: Repository, pool: FakePool, answer: Reply, status: int) -> None:
    pool.script(answer(status))
    with pytest.raises(RegistryUnreachableError):
        repository.require_push()
