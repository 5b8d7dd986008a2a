"""Pointing a tag at an index, whatever happens to the request or to its answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from urllib3 import exceptions as http

from dext_tasks.errors import LoginMissingError, RegistryResponseError, RegistryUnreachableError
from dext_tasks.formats.oci.manifest import (
    DOCKER_INDEX,
    DOCKER_MANIFEST,
    OCI_INDEX,
    OCI_MANIFEST,
    Index,
    ManifestDocument,
    assembled,
    digest_of,
    parse,
)
from dext_tasks.formats.oci.platform import REQUIRED, Platform
from dext_tasks.formats.oci.reference import Reference
from dext_tasks.limits import REGISTRY_LIMITS
from dext_tasks.registry.credentials import Login
from dext_tasks.registry.repository import Repository, TagRefusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.registry.conftest import Connect, FakePool, Reply

AMD64, ARM64 = REQUIRED
BASE = "https://ghcr.io/v2/acme/demo"
PUT = f"PUT {BASE}/manifests/1.0.0"
LOGIN = Login("ann", "sesame-7f3a")
TRIES = REGISTRY_LIMITS.tries


def manifest(word: str, media_type: str = OCI_MANIFEST) -> ManifestDocument:
    content = {"mediaType": media_type, "config": {"digest": digest_of(word.encode())}, "layers": []}
    return ManifestDocument(json.dumps(content).encode(), media_type)


INDEX = assembled({AMD64: manifest("one"), ARM64: manifest("two")})


@pytest.fixture
def repository(connect: Connect) -> Repository:
    return Repository(Reference.parse("ghcr.io/acme/demo"), connect(login=LOGIN, push=True))


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def put(repository: Repository, pauses: list[float]) -> Callable[[], TagRefusal | None]:
    return lambda: repository.put("1.0.0", INDEX, lambda: True, pauses.append)


class TestAssembled:
    def test_what_is_read_of_it_is_what_it_was_made_of(self) -> None:
        arm = Platform("linux", "arm", "v6")
        manifests = {AMD64: manifest("one"), arm: manifest("two")}
        index = assembled(manifests)
        read = parse(index.content)
        assert isinstance(read, Index)
        assert read.platforms == {AMD64: manifests[AMD64].digest, arm: manifests[arm].digest}
        assert read.digest == index.digest
        assert assembled(manifests) == index

    def test_it_says_all_that_the_format_wants(self) -> None:
        one = manifest("one")
        assert json.loads(assembled({AMD64: one}).content) == {
            "schemaVersion": 2,
            "mediaType": OCI_INDEX,
            "manifests": [
                {
                    "mediaType": OCI_MANIFEST,
                    "digest": one.digest,
                    "size": len(one.content),
                    "platform": {"architecture": "amd64", "os": "linux"},
                }
            ],
        }

    @pytest.mark.parametrize(
        ("types", "index"),
        [
            ((DOCKER_MANIFEST, DOCKER_MANIFEST), DOCKER_INDEX),
            ((DOCKER_MANIFEST, OCI_MANIFEST), OCI_INDEX),
            ((OCI_MANIFEST, OCI_MANIFEST), OCI_INDEX),
        ],
    )
    def test_old_manifests_make_an_old_index(self, types: tuple[str, str], index: str) -> None:
        made = assembled({AMD64: manifest("one", types[0]), ARM64: manifest("two", types[1])})
        assert (made.media_type, json.loads(made.content)["mediaType"]) == (index, index)

    def test_annotations_are_in_it_in_one_order_and_make_it_new(self) -> None:
        manifests = {AMD64: manifest("one", DOCKER_MANIFEST)}
        made = assembled(manifests, {"b": "2", "a": "1"})
        assert list(json.loads(made.content)["annotations"].items()) == [("a", "1"), ("b", "2")]
        assert made.media_type == OCI_INDEX
        assert assembled(manifests, {"a": "1", "b": "2"}) == made


class TestDocument:
    def test_it_is_the_bytes_as_they_are(self, repository: Repository, pool: FakePool, answer: Reply) -> None:
        content = b'{ "mediaType": "' + OCI_INDEX.encode() + b'",\n"manifests": [ ] }'
        pool.script(answer(200, content, Content_Type="text/plain"))
        assert repository.document("1.0.0") == ManifestDocument(content, OCI_INDEX)

    def test_where_it_does_not_say_what_it_is_the_registry_does(
        self, repository: Repository, pool: FakePool, answer: Reply
    ) -> None:
        pool.script(answer(200, b'{"manifests": []}', Content_Type=OCI_INDEX))
        assert repository.document("1.0.0") == ManifestDocument(b'{"manifests": []}', OCI_INDEX)

    def test_what_is_not_there_is_none(self, repository: Repository, pool: FakePool, answer: Reply) -> None:
        pool.script(answer(404, {"errors": [{"code": "MANIFEST_UNKNOWN"}]}))
        assert repository.document(INDEX.digest) is None

    @pytest.mark.parametrize("content", [b"<html>", b"[]", b"7", b'"x"', b"\xff", b""])
    def test_what_is_not_a_document_is_an_error(
        self, repository: Repository, pool: FakePool, answer: Reply, content: bytes
    ) -> None:
        pool.script(answer(200, content))
        with pytest.raises(RegistryResponseError, match="malformed"):
            repository.document("1.0.0")


class TestPut:
    def test_the_bytes_go_there_with_their_type(
        self, put: Callable[[], TagRefusal | None], pool: FakePool, answer: Reply, pauses: list[float]
    ) -> None:
        pool.script(answer(201))
        assert put() is None
        (asked,) = pool.asked
        assert (asked.line, asked.body) == (PUT, str(INDEX.content))
        assert asked.headers["Content-Type"] == OCI_INDEX
        assert pauses == []

    def test_a_token_that_ended_meanwhile_is_renewed(
        self, put: Callable[[], TagRefusal | None], pool: FakePool, answer: Reply
    ) -> None:
        challenge = 'Bearer realm="https://auth.example/token",service="ghcr.io"'
        pool.script(answer(401, WWW_Authenticate=challenge), answer(200, {"token": "new"}), answer(201))
        assert put() is None
        assert pool.lines[::2] == [PUT, PUT]
        assert pool.asked[-1].headers["Authorization"] == "Bearer new"

    @pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
    def test_trouble_that_passes(
        self, put: Callable[[], TagRefusal | None], pool: FakePool, answer: Reply, pauses: list[float], status: int
    ) -> None:
        pool.script(answer(status), answer(status), answer(201))
        assert put() is None
        assert pauses == [0.5, 1.0]

    def test_a_connection_that_breaks(
        self, put: Callable[[], TagRefusal | None], pool: FakePool, answer: Reply, pauses: list[float]
    ) -> None:
        pool.script(http.ProtocolError("broken"), answer(201))
        assert put() is None
        assert pauses == [0.5]

    def test_an_answer_that_breaks_off_may_have_been_that_it_is_stored(
        self, repository: Repository, pool: FakePool, answer: Reply
    ) -> None:
        wanted = iter([True, False])
        pool.script(answer(201, b"x", Content_Length="100"))
        assert repository.put("1.0.0", INDEX, lambda: next(wanted), lambda _: None) is None
        assert pool.lines == [PUT]

    @pytest.mark.parametrize(("said", "pause"), [("7", 7.0), ("100000", 30.0), ("soon", 0.5), ("-1", 0.5)])
    def test_the_registry_may_say_how_long_it_takes(  # noqa: PLR0913, PLR0917 - a row, and what it is tried on
        self,
        put: Callable[[], TagRefusal | None],
        pool: FakePool,
        answer: Reply,
        pauses: list[float],
        said: str,
        pause: float,
    ) -> None:
        pool.script(answer(429, Retry_After=said), answer(201))
        assert put() is None
        assert pauses == [pause]

    def test_trouble_that_stays(
        self, put: Callable[[], TagRefusal | None], pool: FakePool, answer: Reply, pauses: list[float]
    ) -> None:
        pool.script(*(answer(503) for _ in range(TRIES + 1)))
        with pytest.raises(RegistryUnreachableError, match=f"503, also after {TRIES} more tries"):
            put()
        assert pauses == [0.5, 1.0, 2.0, 4.0]

    def test_a_connection_that_breaks_each_time(
        self, put: Callable[[], TagRefusal | None], pool: FakePool, pauses: list[float]
    ) -> None:
        pool.script(*(http.ProtocolError("broken") for _ in range(TRIES + 1)))
        with pytest.raises(RegistryUnreachableError, match="the connection was lost"):
            put()
        assert len(pauses) == TRIES

    def test_before_each_try_it_is_asked_whether_it_is_wanted(
        self, repository: Repository, pool: FakePool, answer: Reply
    ) -> None:
        wanted = iter([True, False])
        pool.script(answer(500))
        assert repository.put("1.0.0", INDEX, lambda: next(wanted), lambda _: None) is None
        assert pool.lines == [PUT]

    def test_what_is_not_wanted_is_not_sent(self, repository: Repository, pool: FakePool) -> None:
        assert repository.put("1.0.0", INDEX, lambda: False, lambda _: None) is None
        assert pool.asked == []

    @pytest.mark.parametrize(
        ("status", "error", "may_be_kept"),
        [
            (400, RegistryResponseError, True),
            (403, LoginMissingError, True),
            (405, RegistryResponseError, True),
            (409, RegistryResponseError, True),
            (412, RegistryResponseError, True),
            (401, LoginMissingError, False),
            (413, RegistryResponseError, False),
            (302, RegistryResponseError, False),
        ],
    )
    def test_a_refusal_has_words_and_an_error(  # noqa: PLR0913, PLR0917 - a row, and what it is tried on
        self,
        put: Callable[[], TagRefusal | None],
        pool: FakePool,
        answer: Reply,
        status: int,
        error: type[Exception],
        may_be_kept: bool,  # noqa: FBT001 - a column of the table
    ) -> None:
        body = {"errors": [{"code": "TAG_INVALID", "message": "the tag is immutable"}]}
        basic = 'Basic realm="x"'
        pool.script(*(answer(status, body, WWW_Authenticate=basic, Location="") for _ in range(2)))
        refusal = put()
        assert refusal is not None
        assert refusal.words == f"{status} (TAG_INVALID: the tag is immutable)"
        assert isinstance(refusal.error, error)
        assert refusal.may_be_kept is may_be_kept

    def test_parts_that_are_gone(self, put: Callable[[], TagRefusal | None], pool: FakePool, answer: Reply) -> None:
        pool.script(answer(404, {"errors": [{"code": "MANIFEST_UNKNOWN"}]}))
        refusal = put()
        assert refusal is not None
        assert isinstance(refusal.error, RegistryResponseError)
        assert "ghcr.io/acme/demo:1.0.0: it answers 404 (MANIFEST_UNKNOWN" in refusal.error.message
        assert not refusal.may_be_kept

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 413])
    @pytest.mark.parametrize(
        ("body", "is_told"),
        [({"errors": [{"code": "DENIED"}]}, True), (b"<html>no</html>", False), ({"message": "no"}, False)],
    )
    def test_only_the_registry_s_own_words_say_that_nothing_was_stored(  # noqa: PLR0913, PLR0917 - as above
        self,
        put: Callable[[], TagRefusal | None],
        pool: FakePool,
        answer: Reply,
        status: int,
        body: object,
        is_told: bool,  # noqa: FBT001 - a column of the table
    ) -> None:
        pool.script(*(answer(status, body, WWW_Authenticate='Basic realm="x"') for _ in range(2)))
        refusal = put()
        assert refusal is not None
        assert refusal.is_told is is_told

    def test_nor_does_a_status_that_is_no_refusal(
        self, put: Callable[[], TagRefusal | None], pool: FakePool, answer: Reply
    ) -> None:
        pool.script(answer(501, {"errors": [{"code": "UNSUPPORTED"}]}))
        refusal = put()
        assert refusal is not None
        assert not refusal.is_told
