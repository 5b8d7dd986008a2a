"""A release for one platform alone, with what BuildKit attaches to an image."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from .extension import Extension
    from .registry import Registry

PREFLIGHT = 48
# No real scanner: it writes a bill without any material. What one is asked, and where it answers:
# https://github.com/moby/buildkit/blob/master/docs/attestations/sbom-protocol.md
STAND_IN = """FROM busybox:1.37
ENTRYPOINT ["sh", "-c", "printf '{\\"_type\\":\\"https://in-toto.io/Statement/v0.1\\",\
\\"predicateType\\":\\"https://spdx.dev/Document\\",\\"predicate\\":{\\"name\\":\\"stand-in\\"}}' \
> $BUILDKIT_SCAN_DESTINATION/stand-in.spdx.json"]
"""
FLAGS = (
    *("--platform", "linux/amd64", "--ignore", "platform-missing=meant for one alone"),
    *("--build-provenance", "--build-sbom"),
)


def test_one_platform_is_released_with_its_attestations(
    extension: Extension, registry: Registry, tmp_path: Path
) -> None:
    name, docker = extension.repository, extension.docker
    scanner = f"{extension.image}-scanner:1"
    (tmp_path / "Dockerfile").write_text(STAND_IN, encoding="utf-8")
    docker.run("buildx", "build", "--provenance=false", "--tag", scanner, "--load", str(tmp_path))
    docker.push("push", scanner)
    docker.run("image", "rm", scanner)
    flags = (*FLAGS, "--build-sbom-generator", scanner)
    try:
        done = extension.release(*flags)
        if not docker.has_containerd_store():
            assert done.code == PREFLIGHT, done
            assert "classic image store" in done.err
            return
        assert done.code == 0, done
        index = registry.manifest(name, "0.1.0")
        (image, attestation) = index["manifests"]
        assert image["platform"] == {"os": "linux", "architecture": "amd64"}
        assert attestation["platform"] == {"os": "unknown", "architecture": "unknown"}
        assert attestation["annotations"]["vnd.docker.reference.digest"] == image["digest"]
        layers = registry.manifest(name, attestation["digest"])["layers"]
        kinds = {each["annotations"]["in-toto.io/predicate-type"].partition("/v")[0] for each in layers}
        assert kinds == {"https://spdx.dev/Document", "https://slsa.dev/provenance"}
        again = extension.release(*flags, "--json")
        assert (again.code, again.json["digest"]) == (0, registry.digest(name, "0.1.0")), again
        checked = extension.dext("check", "--remote", f"{extension.image}:0.1.0", "--json")
        assert {each["rule"] for each in checked.json["findings"]} == {"platform-missing"}, checked
    finally:
        registry.clear(f"{name}-scanner")
