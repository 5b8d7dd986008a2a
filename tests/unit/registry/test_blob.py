from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
import urllib3

from dext_tasks.errors import LoginMissingError, RegistryResponseError, RegistryUnreachableError
from dext_tasks.formats.oci.reference import Reference
from dext_tasks.registry.credentials import Login
from dext_tasks.registry.repository import Repository

if TYPE_CHECKING:
    from tests.unit.registry.conftest import Connect, FakePool, Reply

CONTENT = b"layer" * 1000
DIGEST = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"
LINE = f"GET https://ghcr.io/v2/acme/demo/blobs/{DIGEST}"


@pytest.fixture
def repository(connect: Connect) -> Repository:
    return Repository(Reference.parse("ghcr.io/acme/demo"), connect())


def everything(repository: Repository, digest: str = DIGEST) -> bytes:
    with repository.open_blob(digest) as blob:
        return b"".join(iter(lambda: blob.read(700), b""))


def test_comes_in_pieces(repository: Repository, pool: FakePool, answer: Reply) -> None:
    pool.script(answer(200, CONTENT))
    assert everything(repository) == CONTENT
    assert pool.lines == [LINE]


def test_need_not_be_read_to_the_end(repository: Repository, pool: FakePool, answer: Reply) -> None:
    pool.script(answer(200, b"anything else"))
    with repository.open_blob(DIGEST) as blob:
        assert blob.read(3) == b"any"


def test_other_bytes_than_the_digest_stands_for_are_refused(
    repository: Repository, pool: FakePool, answer: Reply
) -> None:
    pool.script(answer(200, CONTENT + b"!"))
    with pytest.raises(RegistryResponseError, match="other bytes than sha256:"):
        everything(repository)


@pytest.mark.parametrize("digest", ["", "sha256:short", "../../other/blobs/x", f"sha512:{'a' * 128}"])
def test_what_is_no_digest_is_not_asked_for(repository: Repository, pool: FakePool, digest: str) -> None:
    with pytest.raises(RegistryResponseError, match="not a sha256 digest"):
        everything(repository, digest)
    assert pool.lines == []


def test_a_blob_that_is_not_there(repository: Repository, pool: FakePool, answer: Reply) -> None:
    pool.script(answer(404))
    with pytest.raises(RegistryResponseError, match="without its layer"):
        everything(repository)


def test_a_login_is_given_when_asked_for(connect: Connect, pool: FakePool, answer: Reply) -> None:
    repository = Repository(Reference.parse("ghcr.io/acme/demo"), connect(login=Login("me", "secret")))
    pool.script(answer(401, WWW_Authenticate="Basic"), answer(200, CONTENT))
    assert everything(repository) == CONTENT
    assert [asked.headers.get("Authorization") for asked in pool.asked] == [None, Login("me", "secret").basic]


@pytest.mark.parametrize(
    ("status", "error"), [(403, LoginMissingError), (500, RegistryUnreachableError), (418, RegistryResponseError)]
)
def test_a_refusal_is_an_error(
    repository: Repository, pool: FakePool, answer: Reply, status: int, error: type[Exception]
) -> None:
    pool.script(answer(status))
    with pytest.raises(error):
        everything(repository)


def test_a_broken_connection_is_no_damage(repository: Repository, pool: FakePool, answer: Reply) -> None:
    pool.script(answer(200, CONTENT, Content_Length=str(len(CONTENT) + 1)))
    with pytest.raises(RegistryUnreachableError):
        everything(repository)
    pool.script(urllib3.exceptions.ProtocolError("reset"))
    with pytest.raises(RegistryUnreachableError):
        everything(repository)
