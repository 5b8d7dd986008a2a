from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.errors import DextError, NotAnImageError, RegistryResponseError
from dext_tasks.formats.oci.manifest import (
    ACCEPTED,
    DOCKER_MANIFEST,
    OCI_INDEX,
    OCI_MANIFEST,
    Blob,
    ImageConfig,
    Index,
    Manifest,
    ManifestDocument,
    assembled,
    attached_to,
    digest_of,
    parse,
    parse_config,
)
from dext_tasks.formats.oci.platform import Platform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

AMD64, ARM64 = Platform("linux", "amd64"), Platform("linux", "arm64")
A, B, C = (f"sha256:{letter * 64}" for letter in "abc")


def encoded(data: object) -> bytes:
    return json.dumps(data).encode()


def entry(digest: str, **platform: str) -> dict[str, Any]:
    return {"digest": digest, "mediaType": OCI_MANIFEST, "size": 1, "platform": platform}


def test_a_digest_is_the_sha256_of_the_bytes() -> None:
    assert digest_of(b"{}") == f"sha256:{hashlib.sha256(b'{}').hexdigest()}"


class TestAttestations:
    """https://docs.docker.com/build/metadata/attestations/attestation-storage/."""

    def attestation(self, digest: str, of: str) -> dict[str, Any]:
        said = {"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": of}
        return {**entry(digest, os="unknown", architecture="unknown"), "annotations": said}

    def test_of_a_manifest_are_found_and_published_beside_it(self) -> None:
        manifest = ManifestDocument(b"{}", DOCKER_MANIFEST)
        mine = self.attestation(B, manifest.digest)
        entries = [entry(manifest.digest, os="linux", architecture="amd64"), mine, self.attestation(C, A)]
        built = ManifestDocument(encoded({"manifests": entries}), OCI_INDEX)
        assert attached_to(manifest.digest, built) == (mine,)
        index = assembled({AMD64: manifest}, attached=[mine])
        # Docker's older format of an index knows no annotations.
        assert index.media_type == OCI_INDEX
        assert json.loads(index.content)["manifests"][1:] == [mine]
        found = parse(index.content)
        assert isinstance(found, Index)
        assert (dict(found.platforms), found.unplaced) == ({AMD64: manifest.digest}, ())

    @pytest.mark.parametrize("content", [b"{}", b'{"manifests": [{"annotations": 7}]}', b"<html>"])
    def test_of_what_is_no_index_are_an_error(self, content: bytes) -> None:
        with pytest.raises(RegistryResponseError):
            attached_to(A, ManifestDocument(content, OCI_INDEX))


class TestIndex:
    def test_platforms_are_found(self) -> None:
        content = encoded(
            {
                "mediaType": OCI_INDEX,
                "manifests": [
                    entry(A, os="linux", architecture="amd64"),
                    entry(B, os="linux", architecture="arm64", variant="v8"),
                ],
                "annotations": {"org.opencontainers.image.version": "1.0.0"},
            }
        )
        index = parse(content)
        assert index == Index(digest_of(content), {AMD64: A, ARM64: B}, {"org.opencontainers.image.version": "1.0.0"})

    def test_an_index_without_media_type_is_one(self) -> None:
        assert isinstance(parse(b'{"manifests": []}'), Index)

    @pytest.mark.parametrize(
        "platform",
        [
            {"os": "unknown", "architecture": "unknown"},
            {"os": "linux", "architecture": "unknown"},
        ],
    )
    def test_attestations_are_left_out(self, platform: dict[str, str]) -> None:
        index = parse(encoded({"manifests": [entry(A, os="linux", architecture="amd64"), entry(B, **platform)]}))
        assert isinstance(index, Index)
        assert dict(index.platforms) == {AMD64: A}
        assert index.unplaced == ()

    @pytest.mark.parametrize(
        "more",
        [
            {},
            {"platform": None},
            {"platform": {}},
            {"platform": {"os": "linux"}},
            {"platform": {"os": None, "architecture": None}},
            {"mediaType": OCI_MANIFEST},
            {"mediaType": DOCKER_MANIFEST},
            {"mediaType": None, "annotations": None},
        ],
    )
    def test_an_entry_without_platform_is_not_left_out(self, more: dict[str, object]) -> None:
        index = parse(encoded({"manifests": [entry(A, os="linux", architecture="amd64"), {"digest": B, **more}]}))
        assert isinstance(index, Index)
        assert (dict(index.platforms), index.unplaced) == ({AMD64: A}, (B,))

    @pytest.mark.parametrize(
        "more",
        [
            {"artifactType": "application/spdx+json"},
            {"mediaType": OCI_INDEX},
            {"mediaType": "application/vnd.example.blob"},
            {"annotations": {"vnd.docker.reference.type": "attestation-manifest"}},
        ],
    )
    def test_what_is_not_an_image_needs_no_platform(self, more: dict[str, object]) -> None:
        index = parse(encoded({"manifests": [{"digest": B, **more}]}))
        assert isinstance(index, Index)
        assert index.unplaced == ()

    @pytest.mark.parametrize(
        ("kind", "of", "unknown"),
        [
            ("attestation-manifest", A, ()),
            ("attestation-manifest", C, (B,)),
            ("attestation-manifest", "", (B,)),
            ("", A, (B,)),
        ],
    )
    def test_what_attests_no_image_of_the_index_is_unknown(self, kind: str, of: str, unknown: tuple[str, ...]) -> None:
        said = {"vnd.docker.reference.type": kind, "vnd.docker.reference.digest": of}
        other = {**entry(B, os="unknown", architecture="unknown"), "annotations": said}
        index = parse(encoded({"manifests": [entry(A, os="linux", architecture="amd64"), other]}))
        assert isinstance(index, Index)
        assert (dict(index.platforms), index.unknown) == ({AMD64: A}, unknown)

    def test_platforms_are_added_and_the_first_manifest_of_each_counts(self) -> None:
        index = Index("i", {AMD64: A}, {}, unplaced=(B, C)).placed([(ARM64, B), (AMD64, C)])
        assert index == Index("i", {AMD64: A, ARM64: B}, {}, frozenset({AMD64}))

    def test_annotations_may_be_null(self) -> None:
        index = parse(b'{"manifests": [], "annotations": null}')
        assert isinstance(index, Index)
        assert dict(index.annotations) == {}


class TestManifest:
    def test_layers_are_in_order(self) -> None:
        content = encoded(
            {"mediaType": OCI_MANIFEST, "config": {"digest": C}, "layers": [{"digest": A}, {"digest": B}]}
        )
        assert parse(content) == Manifest(digest_of(content), C, (Blob(A), Blob(B)))

    def test_an_image_from_scratch_may_have_no_layers(self) -> None:
        assert parse(encoded({"config": {"digest": C}, "layers": []})).digest


class TestArtifacts:
    @pytest.mark.parametrize(
        ("document", "what"),
        [
            ({"config": {"mediaType": "application/vnd.cncf.helm.config.v1+json"}}, "a Helm chart"),
            ({"config": {"mediaType": "application/vnd.docker.plugin.v1+json"}}, "a plugin of the engine"),
            (
                {"config": {"mediaType": "application/vnd.oci.empty.v1+json"}, "artifactType": "application/x-sbom"},
                "an artifact of type application/x-sbom",
            ),
            ({"config": {"mediaType": "application/vnd.oci.empty.v1+json"}}, "an artifact"),
            ({"config": {"mediaType": "application/vnd.x.config"}}, "an artifact of type application/vnd.x.config"),
            ({"layers": [{"mediaType": "application/vnd.in-toto+json"}]}, "an attestation"),
            ({"layers": [{"mediaType": "application/vnd.dev.cosign.simplesigning.v1+json"}]}, "a signature"),
        ],
    )
    def test_what_is_not_an_image_is_called_by_its_name(self, document: dict[str, Any], what: str) -> None:
        layers = [{"digest": A, **layer} for layer in document.get("layers", [])]
        content = encoded({**document, "config": {"digest": C, **document.get("config", {})}, "layers": layers})
        found = parse(content)
        assert isinstance(found, Manifest)
        assert found.artifact == what

    def test_an_artifact_without_configuration(self) -> None:
        found = parse(encoded({"artifactType": "application/x-sbom", "blobs": []}))
        assert isinstance(found, Manifest)
        assert found.artifact == "an artifact of type application/x-sbom"

    @pytest.mark.parametrize(
        "kind",
        [
            None,
            "application/vnd.oci.image.config.v1+json",
            "application/vnd.docker.container.image.v1+json",
            "application/octet-stream",
        ],
    )
    def test_an_image_is_not_one(self, kind: str | None) -> None:
        found = parse(encoded({"config": {"digest": C, "mediaType": kind}, "layers": [{"digest": A}]}))
        assert isinstance(found, Manifest)
        assert found.artifact == ""

    def test_an_image_with_an_attestation_among_its_layers_is_one(self) -> None:
        layers = [{"digest": A}, {"digest": B, "mediaType": "application/vnd.in-toto+json"}]
        found = parse(encoded({"config": {"digest": C}, "layers": layers}))
        assert isinstance(found, Manifest)
        assert found.artifact == ""

    def test_the_first_format_is_named(self) -> None:
        with pytest.raises(RegistryResponseError, match="format of before 2017"):
            parse(encoded({"schemaVersion": 1, "fsLayers": [], "history": []}))


MALFORMED = [
    b"",
    b"not json",
    b"\xff",
    b"[]",
    b"null",
    b"{}",
    b'{"layers": []}',
    b'{"layers": null, "config": {"digest": "x"}}',
    b'{"layers": ["x"], "config": {"digest": "x"}}',
    b'{"layers": [{}], "config": {"digest": "x"}}',
    b'{"layers": [], "config": "x"}',
    b'{"manifests": null}',
    b'{"manifests": ["x"]}',
    b'{"manifests": {"a": 1}}',
    b'{"manifests": [{"platform": ["linux"]}]}',
    b'{"manifests": [{"platform": {"os": "linux", "architecture": "amd64"}}]}',
    b'{"manifests": [{"platform": {"os": 5, "architecture": "amd64"}, "digest": "x"}]}',
    b'{"manifests": [], "annotations": "x"}',
    b"[" * 100_000,
    b'{"schemaVersion": ' + b"9" * 5000 + b"}",
]


@pytest.mark.parametrize("content", MALFORMED, ids=[content[:60].decode(errors="replace") for content in MALFORMED])
def test_a_malformed_manifest_is_the_registrys_fault(content: bytes) -> None:
    with pytest.raises(RegistryResponseError) as raised:
        parse(content)
    assert "malformed manifest" in raised.value.message


class TestConfig:
    def test_platform_and_labels_are_read(self) -> None:
        data = {"os": "linux", "architecture": "arm64", "variant": "v8", "config": {"Labels": {"a": "b"}}}
        assert parse_config(encoded(data)) == ImageConfig(ARM64, {"a": "b"})

    @pytest.mark.parametrize(
        ("said", "created"), [("2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"), (7, ""), (None, "")]
    )
    def test_when_it_was_made_is_read_if_it_says_so(self, said: object, created: str) -> None:
        assert parse_config(encoded({"os": "linux", "architecture": "arm64", "created": said})).created == created

    @pytest.mark.parametrize("config", [{}, {"config": None}, {"config": {}}, {"config": {"Labels": None}}])
    def test_an_image_may_have_no_labels(self, config: dict[str, object]) -> None:
        assert parse_config(encoded({"os": "linux", "architecture": "amd64", **config})) == ImageConfig(AMD64, {})

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"[]",
            b'{"os": "linux"}',
            b'{"architecture": "amd64"}',
            b'{"os": null, "architecture": "amd64"}',
            b'{"os": "linux", "architecture": ["amd64"]}',
            b'{"os": "linux", "architecture": "amd64", "config": "x"}',
            b'{"os": "linux", "architecture": "amd64", "config": {"Labels": "x"}}',
        ],
    )
    def test_a_malformed_configuration_is_the_registrys_fault(self, content: bytes) -> None:
        with pytest.raises(RegistryResponseError) as raised:
            parse_config(content)
        assert "malformed image configuration" in raised.value.message
        assert "KeyError" not in raised.value.message

    @pytest.mark.parametrize("content", [b"{}", b'{"config": {}}', b'{"name": "chart", "version": "1.0.0"}'])
    def test_what_names_no_platform_at_all_is_not_an_images(self, content: bytes) -> None:
        with pytest.raises(NotAnImageError, match="without os and architecture"):
            parse_config(content)


KEYS = st.sampled_from(
    ["manifests", "platform", "os", "architecture", "variant", "digest", "annotations", "layers", "config", "Labels"]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["linux", "amd64", A])
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)
ANY = st.dictionaries(KEYS, VALUES, max_size=5).map(encoded) | st.binary()


@given(ANY)
def test_any_bytes_are_a_manifest_or_the_registrys_fault(content: bytes) -> None:
    try:
        assert parse(content).digest == digest_of(content)
    except RegistryResponseError as error:
        assert error.remedy  # noqa: PT017 - either end is fine, this one with a remedy


@given(ANY)
def test_any_bytes_are_a_configuration_or_the_registrys_fault(content: bytes) -> None:
    try:
        assert isinstance(parse_config(content), ImageConfig)
    except (NotAnImageError, RegistryResponseError) as error:
        assert error.remedy  # noqa: PT017 - as above


def test_both_generations_of_formats_are_accepted() -> None:
    assert len({*ACCEPTED}) == 4


IMAGE = {"config": {"digest": A, "mediaType": ""}, "layers": [{"digest": B, "size": 3}]}
INDEX = {"manifests": [entry(A, os="linux", architecture="amd64", variant="")], "annotations": {"a": "b"}}
CONFIG = {"os": "linux", "architecture": "amd64", "variant": "", "config": {"Labels": {"a": "b"}}}
# Names of Python's own classes and what its errors say.
PYTHON = re.compile(
    r"Error|NoneType|object has no attribute|codec|recursion|Expecting|\(char|surrogate|'(?:int|str|dict)'"
)
ODD = [
    *("null", "true", "7", "-1", "1.5", "1e999", "NaN", '""', '"x"', "[]", "{}", "[null]", '{"a": {}}'),
    *("9" * 599, "9" * 5000, "[" * 100_000, '{"a":' * 100_000, '"\\ud800"', '"\\u0000\\u202e"', '{"a":1,"a":2}'),
]


def _odd(document: Any, odd: str) -> Iterator[str]:  # noqa: ANN401 - any JSON
    """The document with something odd at each of its places."""
    yield odd
    if isinstance(document, dict):
        for key, value in document.items():
            for text in _odd(value, odd):
                rest = "".join(f",{json.dumps(name)}:{json.dumps(document[name])}" for name in document if name != key)
                yield f"{{{json.dumps(key)}:{text}{rest}}}"
    elif isinstance(document, list):
        yield from (f"[{text}]" for value in document for text in _odd(value, odd))


@pytest.mark.parametrize("odd", ODD, ids=[each[:20] for each in ODD])
@pytest.mark.parametrize(("document", "read"), [(IMAGE, parse), (INDEX, parse), (CONFIG, parse_config)])
def test_whatever_stands_at_a_place_is_read_or_told_in_words(
    document: dict[str, Any], read: Callable[[bytes], Index | Manifest | ImageConfig], odd: str
) -> None:
    told: list[str] = []
    named: list[Platform] = []
    for text in _odd(document, odd):
        try:
            found = read(text.encode())
        except DextError as error:
            told.append(error.message)
        else:
            named += [found.platform] if isinstance(found, ImageConfig) else getattr(found, "platforms", ())
    assert [each for each in told if PYTHON.search(each)] == []
    # They go into addresses and onto screens.
    assert all(str(platform).isascii() and str(platform).isprintable() for platform in named)


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ({"layers": []}, "config is null, not an object"),
        ({**IMAGE, "layers": None}, "layers is null, not an array"),
        ({**IMAGE, "layers": ["x"]}, "layers[0] is a string, not an object"),
        ({**IMAGE, "layers": [{}]}, "a layer has no digest"),
        ({**IMAGE, "config": {"digest": "latest"}}, "config has an invalid digest"),
        ({"manifests": {}}, "manifests is an object, not an array"),
        ({"manifests": [{"platform": []}]}, "an entry of manifests has no digest"),
        ({"manifests": [{"digest": A, "platform": "linux"}]}, "a platform is a string, not an object"),
        ({"manifests": [entry(A, os="a b", architecture="x")]}, "os is 'a b'"),
        ({"manifests": [], "annotations": {"a": 1}}, "annotations.a is a number, not a string"),
        ([], "it is an array, not an object"),
    ],
)
def test_what_is_wrong_with_a_manifest_is_said(document: object, why: str) -> None:
    with pytest.raises(RegistryResponseError) as raised:
        parse(encoded(document))
    assert raised.value.message == f"the registry gave a malformed manifest: {why}"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it is not valid JSON: line 1, column 1: there is no value"),
        (b'{"a":\n "\xe4"}', "it is not valid JSON: line 2, column 3: it is not UTF-8"),
        (encoded({"os": "linux"}), "it has no architecture"),
        (encoded({**CONFIG, "config": {"Labels": {"a": None}}}), "config.Labels.a is null, not a string"),
    ],
)
def test_what_is_wrong_with_a_configuration_is_said(content: bytes, why: str) -> None:
    with pytest.raises(RegistryResponseError) as raised:
        parse_config(content)
    assert raised.value.message == f"the registry gave a malformed image configuration: {why}"
