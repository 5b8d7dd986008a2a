"""Registries as they really answer: how each says who may, what is not there, how long a list is and what stays.

The answers follow what each documents or was seen to say; the sources stand beside them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from dext_tasks.errors import LoginMissingError, RegistryUnreachableError
from dext_tasks.formats.oci.manifest import OCI_INDEX, ManifestDocument
from dext_tasks.formats.oci.reference import DOCKER_HUB, HUB_REGISTRY, Reference
from dext_tasks.limits import REGISTRY_LIMITS
from dext_tasks.registry.credentials import Login
from dext_tasks.registry.repository import Repository

if TYPE_CHECKING:
    from tests.unit.registry.conftest import Connect, FakePool, Reply

LOGIN = Login("ann", "sesame-7f3a")
ACCESS = "access-5d1e"
INDEX = ManifestDocument(b'{"manifests": []}', OCI_INDEX)


def said(code: str, message: str) -> dict[str, object]:
    """An error as the distribution specification has it."""
    return {"errors": [{"code": code, "message": message}]}


@dataclass(frozen=True)
class Dialect:
    """What one registry says.

    Attributes:
        registry: As in a reference.
        challenge: By which it wants a login.
        token: What its token service answers; None where it takes the login itself.
        absent: There is no such tag.
        nameless: There is no such repository.
        next_page: Where the next page of a list of tags is.
        kept: Status and words by which it does not move a tag; None where nothing says that it has such.
        busy: Status and words of too many requests.
    """

    registry: str
    challenge: str
    token: dict[str, object] | None
    absent: dict[str, object]
    nameless: dict[str, object]
    next_page: str
    kept: tuple[int, dict[str, object]] | None
    busy: tuple[int, object]

    def __str__(self) -> str:
        return self.registry

    @property
    def base(self) -> str:
        """Address of the repository."""
        return f"https://{HUB_REGISTRY if self.registry == DOCKER_HUB else self.registry}/v2/acme/demo"


UNKNOWN_TAG = said("MANIFEST_UNKNOWN", "manifest unknown")
UNKNOWN_NAME = said("NAME_UNKNOWN", "repository name not known to registry")
TOO_MANY = said("TOOMANYREQUESTS", "Rate exceeded")
DIALECTS = [
    # https://docs.docker.com/docker-hub/repos/manage/hub-images/immutable-tags/, hub-feedback/issues/2466 and /1907
    Dialect(
        DOCKER_HUB,
        'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:acme/demo:pull"',
        {"token": ACCESS, "access_token": ACCESS, "expires_in": 300},
        UNKNOWN_TAG,
        UNKNOWN_NAME,
        "/v2/acme/demo/tags/list?last=1.0.0&n=1000",
        (403, said("DENIED", "tag is immutable")),
        (429, b"Too Many Requests (HAP429).\n"),
    ),
    Dialect(
        "ghcr.io",
        'Bearer realm="https://ghcr.io/token",service="ghcr.io",scope="repository:acme/demo:pull"',
        {"token": ACCESS},
        UNKNOWN_TAG,
        UNKNOWN_NAME,
        "/v2/acme/demo/tags/list?last=1.0.0&n=0",
        None,
        (429, said("TOOMANYREQUESTS", "retry-after: 985.86\u00b5s, allowed: 44000/minute")),
    ),
    # https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html
    Dialect(
        "123.dkr.ecr.eu-west-1.amazonaws.com",
        'Basic realm="https://123.dkr.ecr.eu-west-1.amazonaws.com/",service="ecr.amazonaws.com"',
        None,
        said("MANIFEST_UNKNOWN", "Requested image not found"),
        said("NAME_UNKNOWN", "The repository with name 'acme/demo' does not exist in the registry with id '123'"),
        "https://123.dkr.ecr.eu-west-1.amazonaws.com/v2/acme/demo/tags/list?last=b64%3D%3D&n=1000",
        (400, said("TAG_INVALID", "The image tag 'latest' already exists and cannot be overwritten: it is immutable.")),
        (429, TOO_MANY),
    ),
    Dialect(
        "registry.gitlab.com",
        'Bearer realm="https://gitlab.com/jwt/auth",service="container_registry",scope="repository:acme/demo:pull",'
        'error="invalid_token"',
        {"token": ACCESS},
        UNKNOWN_TAG,
        UNKNOWN_NAME,
        "/v2/acme/demo/tags/list?last=1.0.0&n=1000",
        (403, said("DENIED", "requested access to the resource is denied")),
        (429, b"Retry later\n"),
    ),
    # https://github.com/goharbor/harbor/blob/main/src/lib/errors/const.go, https://github.com/goharbor/harbor/pull/9427
    Dialect(
        "harbor.example",
        'Bearer realm="https://harbor.example/service/token",service="harbor-registry",scope="repository:acme/demo:pull"',
        {"token": ACCESS, "expires_in": 1800},
        said("NOT_FOUND", "artifact acme/demo:1.0.0 not found"),
        said("NOT_FOUND", "repository acme/demo not found"),
        "/v2/acme/demo/tags/list?last=1.0.0&n=1000",
        (412, said("PRECONDITION", "Failed to process request due to 'demo:latest' configured as immutable.")),
        (429, said("TOO_MANY_REQUEST", "too many requests")),
    ),
    # https://docs.projectquay.io/api_quay.html; its pages have a token instead of the last tag.
    Dialect(
        "quay.io",
        'Bearer realm="https://quay.io/v2/auth",service="quay.io",scope="repository:acme/demo:pull"',
        {"token": ACCESS},
        UNKNOWN_TAG,
        UNKNOWN_NAME,
        "/v2/acme/demo/tags/list?n=100&next_page=gAAAAABm-Zx_Q%3D%3D",
        None,
        (429, b"<html><head><title>429 Too Many Requests</title></head></html>"),
    ),
]


@pytest.fixture
def dialect(request: pytest.FixtureRequest) -> Dialect:
    found: Dialect = request.param
    return found


@pytest.fixture
def repository(dialect: Dialect, connect: Connect) -> Repository:
    return Repository(Reference.parse(f"{dialect.registry}/acme/demo"), connect(dialect.registry, LOGIN, push=True))


def log_in(dialect: Dialect, pool: FakePool, answer: Reply) -> int:
    """Have the first question answered by a challenge; how many questions that costs."""
    pool.script(answer(401, said("UNAUTHORIZED", "authentication required"), WWW_Authenticate=dialect.challenge))
    if dialect.token is None:
        return 1
    pool.script(answer(200, dialect.token))
    return 2


pytestmark = pytest.mark.parametrize("dialect", DIALECTS, ids=str, indirect=True)


def test_the_login_is_given_to_whom_it_is_for(
    repository: Repository, dialect: Dialect, pool: FakePool, answer: Reply
) -> None:
    cost = log_in(dialect, pool, answer)
    pool.script(answer(200, {"tags": ["1.0.0"]}))
    assert repository.tags() == {"1.0.0"}
    sent = [each.headers.get("Authorization") for each in pool.asked]
    assert sent[-1] == (LOGIN.basic if dialect.token is None else f"Bearer {ACCESS}")
    assert (len(sent), sent[0]) == (cost + 1, None)
    if dialect.token:
        assert "scope=repository%3Aacme%2Fdemo%3Apull%2Cpush" in pool.asked[1].url
        assert sent[1] == LOGIN.basic


def test_a_tag_that_is_not_there(repository: Repository, dialect: Dialect, pool: FakePool, answer: Reply) -> None:
    log_in(dialect, pool, answer)
    pool.script(answer(404, dialect.absent))
    assert repository.get("1.0.0") is None


def test_a_repository_that_is_not_there(
    repository: Repository, dialect: Dialect, pool: FakePool, answer: Reply
) -> None:
    log_in(dialect, pool, answer)
    pool.script(answer(404, dialect.nameless))
    assert repository.tags() == frozenset()


def test_every_page_of_the_tags_is_read(
    repository: Repository, dialect: Dialect, pool: FakePool, answer: Reply
) -> None:
    cost = log_in(dialect, pool, answer)
    pool.script(answer(200, {"tags": ["1.0.0"]}, Link=f'<{dialect.next_page}>; rel="next"'))
    pool.script(answer(200, {"tags": ["2.0.0"]}))
    assert repository.tags() == {"1.0.0", "2.0.0"}
    query = dialect.next_page.partition("?")[2]
    assert pool.lines[cost + 1] == f"GET {dialect.base}/tags/list?{query}"


def test_a_page_that_is_not_there_is_no_end_of_the_tags(
    repository: Repository, dialect: Dialect, pool: FakePool, answer: Reply
) -> None:
    log_in(dialect, pool, answer)
    pool.script(answer(200, {"tags": ["1.0.0"]}, Link=f'<{dialect.next_page}>; rel="next"'))
    pool.script(answer(404, dialect.nameless))
    with pytest.raises(Exception, match="page 2 is not there"):
        repository.tags()


def test_a_tag_that_is_kept_is_told_from_other_refusals(
    repository: Repository, dialect: Dialect, pool: FakePool, answer: Reply
) -> None:
    cost = log_in(dialect, pool, answer)
    # Where tags always move, what does not fit is refused otherwise.
    status, words = dialect.kept or (413, said("SIZE_INVALID", "too large"))
    pool.script(answer(status, words))
    refusal = repository.put("latest", INDEX, lambda: True, lambda _: None)
    assert refusal is not None
    assert refusal.may_be_kept is (dialect.kept is not None)
    assert refusal.words.startswith(str(status))
    assert len(pool.asked) == cost + 1


def test_too_many_requests_are_waited_for(
    repository: Repository, dialect: Dialect, pool: FakePool, answer: Reply
) -> None:
    log_in(dialect, pool, answer)
    pauses: list[float] = []
    pool.script(answer(*dialect.busy, Retry_After="3"), answer(201))
    assert repository.put("latest", INDEX, lambda: True, pauses.append) is None
    assert pauses == [3.0]


def test_and_not_for_ever(repository: Repository, dialect: Dialect, pool: FakePool, answer: Reply) -> None:
    log_in(dialect, pool, answer)
    pool.script(*(answer(*dialect.busy) for _ in range(REGISTRY_LIMITS.tries + 1)))
    with pytest.raises(RegistryUnreachableError, match="429"):
        repository.put("latest", INDEX, lambda: True, lambda _: None)


def test_a_login_that_may_not_is_no_absence(
    repository: Repository, dialect: Dialect, pool: FakePool, answer: Reply
) -> None:
    log_in(dialect, pool, answer)
    pool.script(answer(403, said("DENIED", "requested access to the resource is denied")))
    with pytest.raises(LoginMissingError, match="DENIED"):
        repository.get("1.0.0")
