"""Rancher Desktop's own test extension, with the outcomes that it has there: on both platforms, in a real browser.

https://github.com/rancher-sandbox/rancher-desktop/tree/main/bats/tests/extensions
https://github.com/rancher-sandbox/rancher-desktop/blob/main/e2e/extensions.e2e.spec.ts
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .conformance.host_apis_script import CHOSEN
from .conformance.variants import FOLDER, VARIANTS, build
from .docker import Docker
from .extension import PLATFORMS, REGISTRY
from .requirement import missing, require_browser
from .sandbox import ORGANISATION, Sandbox
from .smoked import FAILED, PASSED, PROBES, smoke

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .program import Program

# Docker's limit is 255 characters, and compose puts more around it.
LONG = "l".join(["ong"] * 50)


@pytest.fixture(scope="module", autouse=True)
def _browser() -> None:
    require_browser()


@pytest.fixture(scope="module")
def images(
    shared_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory, _base_images: None
) -> Iterator[Mapping[str, str]]:
    """The reference of each variant, and what other names there are."""
    if not Docker().has_containerd_store():
        missing("the engine keeps one platform a tag", "use its containerd image store")
    name = f"dext-build/{shared_sandbox.slug}"
    variants = {variant: f"{name}-{variant}:1.0.0" for variant in VARIANTS}
    # metadata.json has its name, which is then that of the latest one.
    variants["vm-image"] = f"{name}-vm-image:latest"
    versions = {"v0.0.2": "basic", "0.0.1": "missing-icon-file", "latest": "missing-icon-file"}
    # A registry that answers at once; it has none of them.
    versioned = f"{REGISTRY}/{ORGANISATION}/{shared_sandbox.slug}-versions"
    others = {f"{versioned}:{tag}": variant for tag, variant in versions.items()}
    long = f"{name}-{LONG}:1.0.0"
    references = {**{reference: variant for variant, reference in variants.items()}, **others, long: "vm-compose"}
    build(Docker(), tmp_path_factory.mktemp("conformance"), references, PLATFORMS)
    yield {**variants, "versions": versioned, "long": long}
    # All names but those of builds count as left behind.
    Docker().run("image", "rm", *others)


@pytest.fixture
def native() -> str:
    return Docker().run("version", "--format", "{{.Server.Os}}/{{.Server.Arch}}").strip()


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_has_its_outcome_on_both_platforms(name: str, images: Mapping[str, str], dext: Program) -> None:
    variant = VARIANTS[name]
    smoked = smoke(dext, "--image", images[name], **variant.env)
    assert smoked.done.code == (FAILED if variant.failed else PASSED), smoked.done
    for platform in PLATFORMS:
        probes = smoked.probes(platform)
        assert tuple(probes) == PROBES
        # Without a backend, there may or may not be something to remove.
        expected = {
            probe: "passed" if probe in variant.passed else "skipped"
            for probe in PROBES
            if probe != "uninstall" or probe in variant.passed
        }
        if variant.failed:
            expected[variant.failed] = "failed"
        if variant.warned:
            expected[variant.warned] = "warning"
        assert {probe: probes[probe].outcome for probe in expected} == expected, smoked.done
        assert probes["uninstall"].outcome in {"passed", "skipped"}
        assert [probe for probe, text in variant.says.items() if text not in probes[probe].detail] == [], smoked.done


def test_only_binaries_of_the_platform_are_run(images: Mapping[str, str], dext: Program, native: str) -> None:
    smoked = smoke(dext, "--image", images["host-binaries"], "--platform", native)
    detail = smoked.probes(native)["binaries"].detail
    assert detail.count("/bin/dummy.sh") == 1, smoked.done
    assert "dummy.exe --version" not in detail


def test_the_highest_version_is_taken_where_none_is_named(
    images: Mapping[str, str], dext: Program, native: str
) -> None:
    # All other versions are of a variant that fails.
    smoked = smoke(dext, "--image", images["versions"], "--platform", native)
    assert smoked.done.code == PASSED, smoked.done


def test_a_version_that_is_named_is_taken(images: Mapping[str, str], dext: Program, native: str) -> None:
    smoked = smoke(dext, "--image", f"{images['versions']}:0.0.1", "--platform", native)
    assert smoked.probes(native)["extract"].outcome == "failed", smoked.done


def test_an_over_long_name_is_no_obstacle(images: Mapping[str, str], dext: Program, native: str) -> None:
    smoked = smoke(dext, "--image", images["long"], "--platform", native)
    assert smoked.done.code == PASSED, smoked.done
    assert smoked.outcomes(native)["start"] == "passed"


def test_a_default_context_that_leads_nowhere_is_no_obstacle(
    images: Mapping[str, str], dext: Program, native: str, tmp_path: Path
) -> None:
    config = tmp_path / "docker"
    host = os.environ.get("DOCKER_HOST") or Docker().run("context", "inspect", "--format", "{{.Endpoints.docker.Host}}")
    plugins = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker") / "cli-plugins"
    config.mkdir()
    if plugins.is_dir():
        (config / "cli-plugins").symlink_to(plugins)
    by_hand = ("--config", str(config), "context")
    Docker().run(*by_hand, "create", "bogus", "--docker", "host=tcp://127.0.0.1:9")
    Docker().run(*by_hand, "use", "bogus")
    env = {"DOCKER_CONFIG": str(config), "DOCKER_HOST": host.strip()}
    smoked = smoke(dext, "--image", images["vm-compose"], "--platform", native, **env)
    assert smoked.done.code == PASSED, smoked.done
    assert smoked.outcomes(native)["start"] == "passed"


def test_the_contract_of_ddclient_holds_on_both_platforms(images: Mapping[str, str], dext: Program) -> None:
    env = {"DEXT_SMOKE_UI_RUN": "always", "DEXT_SMOKE_UI_SCRIPT": str(FOLDER / "contract_script.py")}
    # The script's own server, which the page asks.
    env["DEXT_SMOKE_UI_ALLOW_HOSTS"] = "127.0.0.1"
    # All of it in one go, with a container for each host binary that is run.
    smoked = smoke(dext, "--image", images["everything"], DEXT_SMOKE_UI_TIMEOUT="180", **env)
    assert smoked.done.code == PASSED, smoked.done
    for platform in PLATFORMS:
        assert smoked.outcomes(platform)["ui"] == "passed"


def test_what_the_page_asks_of_the_desktop_is_recorded(images: Mapping[str, str], dext: Program, native: str) -> None:
    env = {"DEXT_SMOKE_UI_RUN": "always", "DEXT_SMOKE_UI_SCRIPT": str(FOLDER / "host_apis_script.py")}
    env["DEXT_SMOKE_UI_DIALOG"] = ",".join(CHOSEN)
    smoked = smoke(dext, "--image", images["host-apis"], "--platform", native, **env)
    assert smoked.done.code == PASSED, smoked.done
    shown = json.dumps(smoked.probes(native)["ui"].attachments)
    asked = ("openExternal", "showOpenDialog", "toast.success", "toast.warning", "toast.error", "a warning toast")
    assert [text for text in asked if text not in shown] == []
