from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from semver import Version

from dext_tasks.errors import (
    DextError,
    LoginMissingError,
    NotAnImageError,
    RegistryResponseError,
    RegistryUnreachableError,
)
from dext_tasks.formats.oci.manifest import ACCEPTED, OCI_INDEX, OCI_MANIFEST, Blob, Index, Manifest, digest_of
from dext_tasks.formats.oci.platform import REQUIRED, Platform
from dext_tasks.formats.oci.reference import Reference
from dext_tasks.registry.access import Access
from dext_tasks.registry.credentials import Logins
from dext_tasks.registry.repository import Repository
from dext_tasks.release.published import published_as
from dext_tasks.release.record import Smoked, recorded

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.unit.registry.conftest import Connect, FakePool, Reply

AMD64, ARM64 = REQUIRED
BASE = "https://ghcr.io/v2/acme/demo"


def config_of(platform: Platform, **labels: str) -> bytes:
    return json.dumps({"os": platform.os, "architecture": platform.architecture, "config": {"Labels": labels}}).encode()


def manifest_of(config: bytes) -> bytes:
    return json.dumps(
        {"mediaType": OCI_MANIFEST, "config": {"digest": digest_of(config)}, "layers": [{"digest": "sha256:aa"}]}
    ).encode()


def index_of(manifests: Mapping[Platform, bytes]) -> bytes:
    entries = [
        {"digest": digest_of(content), "platform": {"os": platform.os, "architecture": platform.architecture}}
        for platform, content in manifests.items()
    ]
    return json.dumps({"mediaType": OCI_INDEX, "manifests": entries}).encode()


CHART = json.dumps(
    {"config": {"digest": "sha256:cc", "mediaType": "application/vnd.cncf.helm.config.v1+json"}, "layers": []}
).encode()
CONFIGS = {platform: config_of(platform, key="value") for platform in REQUIRED}
MANIFESTS = {platform: manifest_of(config) for platform, config in CONFIGS.items()}
INDEX = index_of(MANIFESTS)


# By which something between here and a registry answers in its place, or what is no registry.
OF_NOBODY = [
    b"",
    b"404 page not found\n",
    b"<html><body><h1>404 Not Found</h1></body></html>",
    b"{}",
    b'{"errors": []}',
    b'{"errors": null}',
    b'{"errors": [{"code": "UNSUPPORTED"}]}',
    b'{"errors": ["MANIFEST_UNKNOWN"]}',
    b'{"message": "MANIFEST_UNKNOWN"}',
    b'{"errors": [{"code": "MANIFEST_UNK',
]


@pytest.fixture
def repository(connect: Connect) -> Repository:
    return Repository(Reference.parse("ghcr.io/acme/demo"), connect())


def test_open_takes_the_login_that_docker_has(tmp_path: Path) -> None:
    content = {"auths": {"ghcr.io": {"identitytoken": "sesame"}}}
    (tmp_path / "config.json").write_text(json.dumps(content), encoding="utf-8")
    opened = Repository.open(Reference.parse("ghcr.io/acme/demo"), Access(Logins(tmp_path)), push=True)
    assert (opened.transport.registry, opened.transport.repository) == ("ghcr.io", "acme/demo")
    assert opened.transport.login is not None
    assert opened.transport.login.secret == "sesame"  # noqa: S105 - what stands above
    assert opened.transport.push
    assert "sesame" not in repr(opened)


class TestTags:
    def test_one_page(self, repository: Repository, pool: FakePool, answer: Reply) -> None:
        pool.script(answer(200, {"name": "acme/demo", "tags": ["1.0.0", "latest", "1.0.0"]}))
        assert repository.tags() == {"1.0.0", "latest"}
        assert pool.lines == [f"GET {BASE}/tags/list?n=1000"]

    @pytest.mark.parametrize("relation", ['rel="next"', "rel=next", 'title="x"; rel="next"'])
    def test_pages_are_followed(self, repository: Repository, pool: FakePool, answer: Reply, relation: str) -> None:
        pool.script(
            answer(200, {"tags": ["a", "b"]}, Link=f"</v2/acme/demo/tags/list?n=2&last=b>; {relation}"),
            answer(200, {"tags": ["c"]}, Link=f"<{BASE}/tags/list?n=2&last=c>; {relation}"),
            answer(200, {"tags": ["d"]}, Link=f'<{BASE}/tags/list?n=2>; rel="first"'),
        )
        assert repository.tags() == {"a", "b", "c", "d"}
        assert pool.lines[1:] == [f"GET {BASE}/tags/list?n=2&last=b", f"GET {BASE}/tags/list?n=2&last=c"]

    def test_pages_without_end_are_an_error(self, repository: Repository, pool: FakePool, answer: Reply) -> None:
        # Not every tag is known then, and a version that is out there could be taken for new.
        pool.script(*(answer(200, {"tags": ["a"]}, Link='</v2/acme/demo/tags/list>; rel="next"') for _ in range(101)))
        with pytest.raises(RegistryResponseError, match="pages"):
            repository.tags()

    def test_a_repository_that_is_not_there_has_none(
        self, repository: Repository, pool: FakePool, answer: Reply
    ) -> None:
        pool.script(answer(404, {"errors": [{"code": "NAME_UNKNOWN"}]}))
        assert repository.tags() == frozenset()

    @pytest.mark.parametrize("body", [{"tags": None}, {"tags": []}])
    def test_an_empty_repository_has_none(
        self, repository: Repository, pool: FakePool, answer: Reply, body: object
    ) -> None:
        pool.script(answer(200, body))
        assert repository.tags() == frozenset()

    @pytest.mark.parametrize("body", OF_NOBODY)
    def test_a_404_that_does_not_say_what_is_not_there_is_not_an_answer(
        self, repository: Repository, pool: FakePool, answer: Reply, body: bytes
    ) -> None:
        pool.script(answer(404, body))
        with pytest.raises(RegistryResponseError, match=r"answers 404.*and does not say what is not there"):
            repository.tags()

    @pytest.mark.parametrize(
        "body",
        [
            *(b"", b"<html>", b"[]", b"7", b'{"tags": 7}', b'{"tags": "abc"}', b"\xff"),
            # Without the list, or with part of it: what is out there would be taken for new.
            *(b"{}", b'{"name": "acme/demo"}', b'{"tags": ["a", 7]}', b'{"tags": [null]}', b'{"tags": [["b"]]}'),
        ],
    )
    def test_a_malformed_list_is_no_valid_response(
        self, repository: Repository, pool: FakePool, answer: Reply, body: bytes
    ) -> None:
        pool.script(answer(200, body))
        with pytest.raises(RegistryResponseError, match="malformed list of tags"):
            repository.tags()


class TestDigest:
    def test_is_asked_by_head_which_is_no_pull(self, repository: Repository, pool: FakePool, answer: Reply) -> None:
        pool.script(answer(200, Docker_Content_Digest=digest_of(INDEX)))
        assert repository.digest("1.0.0") == digest_of(INDEX)
        assert pool.lines == [f"HEAD {BASE}/manifests/1.0.0"]
        assert pool.asked[0].headers["Accept"] == ", ".join(ACCEPTED)

    def test_is_computed_where_head_does_not_say(self, repository: Repository, pool: FakePool, answer: Reply) -> None:
        pool.script(answer(200), answer(200, INDEX))
        assert repository.digest("1.0.0") == digest_of(INDEX)
        assert pool.lines == [f"HEAD {BASE}/manifests/1.0.0", f"GET {BASE}/manifests/1.0.0"]

    @pytest.mark.parametrize("said", ["None", "", "sha256:", "sha256:abc", "md5:" + "0" * 32])
    def test_is_computed_where_head_says_something_else(
        self, repository: Repository, pool: FakePool, answer: Reply, said: str
    ) -> None:
        pool.script(answer(200, Docker_Content_Digest=said), answer(200, INDEX))
        assert repository.digest("1.0.0") == digest_of(INDEX)

    def test_a_tag_that_is_not_there_has_none(self, repository: Repository, pool: FakePool, answer: Reply) -> None:
        pool.script(answer(404), answer(404, {"errors": [{"code": "MANIFEST_UNKNOWN"}]}))
        assert repository.digest("1.0.0") is None
        assert pool.lines == [f"HEAD {BASE}/manifests/1.0.0", f"GET {BASE}/manifests/1.0.0"]

    def test_that_head_does_not_find_it_proves_nothing(
        self, repository: Repository, pool: FakePool, answer: Reply
    ) -> None:
        pool.script(answer(404), answer(200, INDEX))
        assert repository.digest("1.0.0") == digest_of(INDEX)

    @pytest.mark.parametrize(
        ("status", "error"), [(401, LoginMissingError), (403, LoginMissingError), (503, RegistryUnreachableError)]
    )
    def test_not_there_and_could_not_ask_differ(
        self, repository: Repository, pool: FakePool, answer: Reply, status: int, error: type[DextError]
    ) -> None:
        pool.script(answer(status))
        with pytest.raises(error):
            repository.digest("1.0.0")


class TestGet:
    def test_an_index(self, repository: Repository, pool: FakePool, answer: Reply) -> None:
        pool.script(answer(200, INDEX))
        wanted = {platform: digest_of(content) for platform, content in MANIFESTS.items()}
        assert repository.get("1.0.0") == Index(digest_of(INDEX), wanted, {})
        assert pool.asked[0].headers["Accept"] == ", ".join(ACCEPTED)

    def test_a_manifest_by_digest(self, repository: Repository, pool: FakePool, answer: Reply) -> None:
        content = MANIFESTS[AMD64]
        pool.script(answer(200, content))
        wanted = Manifest(digest_of(content), digest_of(CONFIGS[AMD64]), (Blob("sha256:aa"),))
        assert repository.get(digest_of(content)) == wanted

    @pytest.mark.parametrize("code", ["MANIFEST_UNKNOWN", "NAME_UNKNOWN", "NOT_FOUND"])
    def test_nothing(self, repository: Repository, pool: FakePool, answer: Reply, code: str) -> None:
        pool.script(answer(404, {"errors": [{"code": code, "message": "there is none"}]}))
        assert repository.get("1.0.0") is None

    @pytest.mark.parametrize("body", OF_NOBODY)
    def test_a_404_that_does_not_say_what_is_not_there_is_not_an_answer(
        self, repository: Repository, pool: FakePool, answer: Reply, body: bytes
    ) -> None:
        pool.script(answer(404, body))
        with pytest.raises(RegistryResponseError, match=r"answers 404.*and does not say what is not there"):
            repository.get("1.0.0")

    def test_other_bytes_than_the_digest_stands_for_are_refused(
        self, repository: Repository, pool: FakePool, answer: Reply
    ) -> None:
        pool.script(answer(200, MANIFESTS[ARM64]))
        with pytest.raises(RegistryResponseError, match="other bytes than sha256:"):
            repository.get(digest_of(MANIFESTS[AMD64]))

    def test_the_configuration_says_what_an_index_does_not(
        self, repository: Repository, pool: FakePool, answer: Reply
    ) -> None:
        entries = [json.loads(index_of({AMD64: MANIFESTS[AMD64]}))["manifests"][0]]
        index = json.dumps({"manifests": [*entries, {"digest": digest_of(MANIFESTS[ARM64])}]}).encode()
        pool.script(answer(200, index), answer(200, MANIFESTS[ARM64]), answer(200, CONFIGS[ARM64]))
        found = repository.get("1.0.0")
        assert isinstance(found, Index)
        assert dict(found.platforms) == {platform: digest_of(each) for platform, each in MANIFESTS.items()}
        assert found.unplaced == ()

    @pytest.mark.parametrize(
        "config", [b"{}", b'{"os": "unknown", "architecture": "unknown"}'], ids=["none", "unknown"]
    )
    def test_what_names_no_platform_anywhere_is_no_image(
        self, repository: Repository, pool: FakePool, answer: Reply, config: bytes
    ) -> None:
        manifest = manifest_of(config)
        index = json.dumps({"manifests": [{"digest": digest_of(manifest)}]}).encode()
        pool.script(answer(200, index), answer(200, manifest), answer(200, config))
        found = repository.get("1.0.0")
        assert isinstance(found, Index)
        assert dict(found.platforms) == {}

    def test_an_artifact_in_an_index_is_no_image_and_its_configuration_is_not_read(
        self, repository: Repository, pool: FakePool, answer: Reply
    ) -> None:
        index = json.dumps({"manifests": [{"digest": digest_of(CHART)}]}).encode()
        pool.script(answer(200, index), answer(200, CHART))
        found = repository.get("1.0.0")
        assert isinstance(found, Index)
        assert dict(found.platforms) == {}

    @pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}"])
    def test_what_is_no_manifest_is_no_valid_response(
        self, repository: Repository, pool: FakePool, answer: Reply, body: bytes
    ) -> None:
        pool.script(answer(200, body))
        with pytest.raises(RegistryResponseError):
            repository.get("1.0.0")


class TestConfig:
    @pytest.fixture
    def manifest(self) -> Manifest:
        return Manifest(digest_of(MANIFESTS[AMD64]), digest_of(CONFIGS[AMD64]), ())

    def test_says_platform_and_labels(
        self, repository: Repository, pool: FakePool, answer: Reply, manifest: Manifest
    ) -> None:
        pool.script(answer(200, CONFIGS[AMD64]))
        config = repository.config(manifest)
        assert (config.platform, dict(config.labels)) == (AMD64, {"key": "value"})
        assert pool.lines == [f"GET {BASE}/blobs/{manifest.config}"]

    def test_is_asked_for_once(self, repository: Repository, pool: FakePool, answer: Reply, manifest: Manifest) -> None:
        pool.script(answer(200, CONFIGS[AMD64]))
        assert repository.config(manifest) is repository.config(manifest)
        assert len(pool.asked) == 1

    def test_that_is_not_there_is_an_error(
        self, repository: Repository, pool: FakePool, answer: Reply, manifest: Manifest
    ) -> None:
        absent = {"errors": [{"code": "BLOB_UNKNOWN"}]}
        pool.script(answer(404, absent), answer(404, absent))
        with pytest.raises(RegistryResponseError, match="without its configuration") as caught:
            repository.config(manifest)
        assert caught.value.is_answer

    def test_by_one_server_s_word_it_is_not_gone(
        self, repository: Repository, pool: FakePool, answer: Reply, manifest: Manifest
    ) -> None:
        pool.script(answer(404, {"errors": [{"code": "BLOB_UNKNOWN"}]}), answer(200, CONFIGS[AMD64]))
        assert repository.config(manifest).platform == AMD64

    @pytest.mark.parametrize("body", OF_NOBODY)
    def test_that_somebody_else_does_not_find_is_not_lost(
        self, repository: Repository, pool: FakePool, answer: Reply, manifest: Manifest, body: bytes
    ) -> None:
        pool.script(answer(404, body))
        with pytest.raises(RegistryResponseError, match="does not say what is not there") as caught:
            repository.config(manifest)
        assert not caught.value.is_answer

    def test_of_a_chart_is_not_an_images_and_not_asked_for(
        self, repository: Repository, pool: FakePool, answer: Reply
    ) -> None:
        pool.script(answer(200, CHART))
        chart = repository.get("2.0.0")
        assert isinstance(chart, Manifest)
        with pytest.raises(NotAnImageError, match="is a Helm chart, so it is not an image") as raised:
            repository.config(chart)
        assert "repository of its own" in raised.value.remedy
        assert len(pool.asked) == 1

    def test_without_a_platform_is_not_an_images(self, repository: Repository, pool: FakePool, answer: Reply) -> None:
        pool.script(answer(200, b"{}"))
        with pytest.raises(NotAnImageError, match=r"ghcr\.io/acme/demo: the configuration of m names no platform"):
            repository.config(Manifest("m", digest_of(b"{}"), ()))

    def test_other_bytes_are_refused_and_not_kept(
        self, repository: Repository, pool: FakePool, answer: Reply, manifest: Manifest
    ) -> None:
        pool.script(answer(200, CONFIGS[ARM64]), answer(200, CONFIGS[AMD64]))
        with pytest.raises(RegistryResponseError, match="other bytes"):
            repository.config(manifest)
        assert repository.config(manifest).platform == AMD64


class TestHasManifest:
    DIGEST = digest_of(MANIFESTS[AMD64])

    def test_is_asked_once_by_head(self, repository: Repository, pool: FakePool, answer: Reply) -> None:
        pool.script(answer(200))
        assert repository.has_manifest(self.DIGEST)
        assert repository.has_manifest(self.DIGEST)
        assert pool.lines == [f"HEAD {BASE}/manifests/{self.DIGEST}"]

    def test_what_was_read_is_there(self, repository: Repository, pool: FakePool, answer: Reply) -> None:
        pool.script(answer(200, MANIFESTS[AMD64]))
        repository.get("staging-x")
        assert repository.has_manifest(self.DIGEST)
        assert repository.document(self.DIGEST) is not None
        assert len(pool.asked) == 1

    def test_until_it_is_forgotten(self, repository: Repository, pool: FakePool, answer: Reply) -> None:
        absent = {"errors": [{"code": "MANIFEST_UNKNOWN"}]}
        pool.script(answer(200, MANIFESTS[AMD64]), answer(404), answer(404, absent), answer(404, absent))
        repository.get("staging-x")
        repository.forget()
        assert not repository.has_manifest(self.DIGEST)
        assert repository.document(self.DIGEST) is None

    @pytest.mark.parametrize("body", OF_NOBODY)
    def test_that_head_does_not_find_it_proves_nothing(
        self, repository: Repository, pool: FakePool, answer: Reply, body: bytes
    ) -> None:
        pool.script(answer(404), answer(404, body))
        with pytest.raises(RegistryResponseError, match="does not say what is not there"):
            repository.has_manifest(self.DIGEST)


def test_tags_are_listed_once_for_whoever_looks_at_them_again(
    repository: Repository, pool: FakePool, answer: Reply
) -> None:
    pool.script(answer(200, {"tags": ["a"]}), answer(200, {"tags": ["b"]}))
    assert repository.listed_tags() == repository.listed_tags() == {"a"}
    assert repository.tags() == repository.listed_tags() == {"b"}


class TestPublishedAs:
    """Whether a version is whole: what proves nothing is neither a fault of it nor that it is fine."""

    def recorded(self) -> bytes:
        smoked = {platform: (Smoked.PASSED, digest_of(content)) for platform, content in MANIFESTS.items()}
        annotations = recorded("c0ffee", Version(1, 0, 0), smoked)
        return json.dumps({**json.loads(INDEX), "annotations": annotations}).encode()

    def test_what_a_release_recorded_costs_a_head_a_platform(
        self, repository: Repository, pool: FakePool, answer: Reply
    ) -> None:
        pool.script(answer(200, self.recorded()), answer(200), answer(200))
        published = published_as(repository, "1.0.0")
        assert published is not None
        assert (published.revision, published.version, published.faults) == ("c0ffee", "1.0.0", ())
        assert [each.method for each in pool.asked] == ["GET", "HEAD", "HEAD"]

    def test_labels_are_read_where_they_are_asked_for(
        self, repository: Repository, pool: FakePool, answer: Reply
    ) -> None:
        pool.script(answer(200, self.recorded()))
        for platform in REQUIRED:
            pool.script(answer(200, MANIFESTS[platform]), answer(200, CONFIGS[platform]))
        published = published_as(repository, "1.0.0", by_labels=True)
        assert published is not None
        assert (published.revision, published.version) == ("", "")

    def test_a_record_of_other_manifests_is_none(self, repository: Repository, pool: FakePool, answer: Reply) -> None:
        index = json.loads(self.recorded())
        index["manifests"][0]["digest"] = digest_of(b"{}")
        absent = {"errors": [{"code": "MANIFEST_UNKNOWN"}]}
        pool.script(answer(200, index), answer(404, absent), answer(404, absent))
        pool.script(answer(200, MANIFESTS[ARM64]), answer(200, CONFIGS[ARM64]))
        published = published_as(repository, "1.0.0")
        assert published is not None
        assert (published.revision, len(published.faults)) == ("", 1)

    def test_a_manifest_that_is_gone_is_a_fault(self, repository: Repository, pool: FakePool, answer: Reply) -> None:
        pool.script(answer(200, self.recorded()), answer(200), answer(404))
        pool.script(answer(404, {"errors": [{"code": "MANIFEST_UNKNOWN"}]}))
        published = published_as(repository, "1.0.0")
        assert published is not None
        (fault,) = published.faults
        assert "is gone from the registry" in fault

    @pytest.mark.parametrize("is_recorded", [True, False])
    @pytest.mark.parametrize("body", OF_NOBODY)
    def test_a_manifest_that_somebody_else_does_not_find_is_not_gone(
        self,
        repository: Repository,
        pool: FakePool,
        answer: Reply,
        body: bytes,
        is_recorded: bool,  # noqa: FBT001 - a column
    ) -> None:
        """V4: a later release would otherwise take the version for broken, and release the same commit again."""
        heads = (answer(404),) if is_recorded else ()
        pool.script(answer(200, self.recorded() if is_recorded else INDEX), *heads, answer(404, body))
        with pytest.raises(RegistryResponseError, match="does not say what is not there"):
            published_as(repository, "1.0.0")

    @pytest.mark.parametrize("content", [b"<html>", b"", b'{"mediaType": "app'])
    def test_something_else_in_its_place_is_no_broken_version(
        self, repository: Repository, pool: FakePool, answer: Reply, content: bytes
    ) -> None:
        pool.script(answer(200, content))
        with pytest.raises(RegistryResponseError, match=r"malformed manifest of 1\.0\.0: it is not JSON"):
            published_as(repository, "1.0.0")


@pytest.mark.parametrize("count", [1, 2, 4])
def test_an_index_of_n_platforms_costs_1_and_2n_requests(
    repository: Repository, pool: FakePool, answer: Reply, count: int
) -> None:
    platforms = [Platform("linux", name) for name in ("amd64", "arm64", "s390x", "riscv64")[:count]]
    configs = {platform: config_of(platform) for platform in platforms}
    manifests = {platform: manifest_of(config) for platform, config in configs.items()}
    pool.script(answer(200, index_of(manifests)))
    for platform in platforms:
        pool.script(answer(200, manifests[platform]), answer(200, configs[platform]))

    published = published_as(repository, "1.0.0")
    assert published is not None
    assert set(published.manifests) == set(platforms)
    assert len(pool.asked) == 1 + 2 * count
