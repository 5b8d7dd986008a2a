"""Deleting a tag: what is gone, what stays for good, and what may be deleted later."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from urllib3 import exceptions as http

from dext_tasks.errors import LoginMissingError, RegistryResponseError, RegistryUnreachableError
from dext_tasks.formats.oci.manifest import digest_of
from dext_tasks.formats.oci.reference import Reference
from dext_tasks.registry.repository import Repository

if TYPE_CHECKING:
    from tests.unit.registry.conftest import Connect, FakePool, Reply

ABSENT = {"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]}
UNSUPPORTED = {"errors": [{"code": "UNSUPPORTED"}]}


@pytest.fixture
def repository(connect: Connect) -> Repository:
    return Repository(Reference.parse("ghcr.io/acme/demo"), connect(push=True))


@pytest.mark.parametrize("status", [200, 202, 204])
def test_what_is_deleted_is_gone(repository: Repository, pool: FakePool, answer: Reply, status: int) -> None:
    pool.script(answer(status))
    assert repository.delete_tag("x") is None
    assert pool.lines == ["DELETE https://ghcr.io/v2/acme/demo/manifests/x"]


def test_what_was_not_there_is_gone(repository: Repository, pool: FakePool, answer: Reply) -> None:
    pool.script(answer(404, ABSENT), answer(404), answer(404, ABSENT))
    assert repository.delete_tag("x") is None


@pytest.mark.parametrize(("status", "body"), [(405, b""), (405, b"<html>"), (400, ABSENT), (403, UNSUPPORTED)])
def test_a_registry_that_deletes_none_keeps_it_for_good(
    repository: Repository, pool: FakePool, answer: Reply, status: int, body: object
) -> None:
    pool.script(answer(status, body))
    kept = repository.delete_tag("x")
    assert kept is not None
    assert kept.error is None
    assert str(status) in kept.words


def test_so_does_one_that_knows_no_manifest_by_the_name_of_a_tag(
    repository: Repository, pool: FakePool, answer: Reply
) -> None:
    pool.script(answer(404, ABSENT), answer(200, Docker_Content_Digest=digest_of(b"")))
    kept = repository.delete_tag("x")
    assert kept is not None
    assert (kept.words, kept.error) == ("the registry answered 404 (MANIFEST_UNKNOWN: manifest unknown)", None)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, b"", LoginMissingError),
        (403, {"errors": [{"code": "DENIED"}]}, LoginMissingError),
        (404, b"<html>", RegistryResponseError),
        (400, b"<html>", RegistryResponseError),
        (413, b"", RegistryResponseError),
        (503, UNSUPPORTED, RegistryUnreachableError),
    ],
)
def test_what_may_be_deleted_later(  # noqa: PLR0913, PLR0917 - a row, and what it is tried on
    repository: Repository, pool: FakePool, answer: Reply, status: int, body: object, error: type[Exception]
) -> None:
    pool.script(answer(status, body))
    kept = repository.delete_tag("x")
    assert kept is not None
    assert isinstance(kept.error, error)
    assert kept.words == str(kept.error)


def test_nor_does_one_that_cannot_be_reached_say_anything_for_good(repository: Repository, pool: FakePool) -> None:
    pool.script(http.ProtocolError("gone"))
    kept = repository.delete_tag("x")
    assert kept is not None
    assert isinstance(kept.error, RegistryUnreachableError)
