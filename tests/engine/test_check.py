from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .extension import PLATFORMS

if TYPE_CHECKING:
    from .extension import Extension
    from .program import Done

TITLE = 'org.opencontainers.image.title="Scaffold" \\\n'
VENDOR = 'org.opencontainers.image.vendor="dext-tests"'


def _found(done: Done, source: str) -> set[tuple[str, str, str]]:
    """Rule, platform, and label or path of each finding."""
    findings: list[dict[str, Any]] = done.json["findings"]
    return {
        (each["rule"], each["platform"], each["label"] or each["path"]) for each in findings if each["source"] == source
    }


def _built(extension: Extension) -> Done:
    extension.commit("Break it")
    built = extension.dext("build")
    assert built.code == 0, built
    return extension.dext("check", "--json")


def test_faults_of_labels_are_found_in_the_tree_and_in_both_images(extension: Extension) -> None:
    extension.edit("Dockerfile", TITLE, "")
    extension.edit("Dockerfile", VENDOR, VENDOR.replace("dext-tests", ""))
    done = _built(extension)
    assert done.code == 1, done
    built = {(rule, platform) for rule, platform, _ in _found(done, "built images")}
    assert {(rule, platform) for rule in ("label-missing", "label-empty") for platform in PLATFORMS} <= built
    assert ("label-empty", "", "org.opencontainers.image.vendor") in _found(done, "source tree")
    assert {"label-empty", "label-missing"} <= set(done.json["docker"]["rules"])


@pytest.mark.parametrize(
    ("old", "new", "rule", "path"),
    [
        ("COPY metadata.json icon.svg /", "COPY metadata.json /", "icon-absent", "/icon.svg"),
        ("COPY ui /ui", "COPY ui/app.js /ui/", "ui-entry-absent", "/ui/index.html"),
        ("COPY ui /ui", "", "ui-root-absent", "/ui"),
    ],
)
def test_files_that_are_not_in_the_images_are_found(
    extension: Extension, old: str, new: str, rule: str, path: str
) -> None:
    extension.edit("Dockerfile", old, new)
    done = _built(extension)
    assert done.code == 1, done
    assert {(rule, platform, path) for platform in PLATFORMS} <= _found(done, "built images")
    # The tree shows it before anything is built, and each is one fault to people.
    assert {code for code, _, _ in _found(done, "source tree")} == {rule.replace("absent", "nowhere")}


def test_an_image_of_another_platform_is_found(extension: Extension) -> None:
    assert extension.dext("build").code == 0
    amd64, arm64 = extension.builds.values()
    extension.docker.run("tag", amd64, arm64)
    done = extension.dext("check", "--json")
    assert done.code == 1, done
    assert ("platform-mismatch", "linux/arm64", "") in _found(done, "built images")


def test_a_final_stage_of_the_builders_platform_is_found(extension: Extension) -> None:
    extension.edit("Dockerfile", "FROM scratch", "FROM --platform=$BUILDPLATFORM busybox:1.37")
    done = _built(extension)
    assert done.code == 1, done
    assert ("program-wrong-architecture", "linux/arm64", "/bin/sh") in _found(done, "built images")


def test_without_a_build_only_the_tree_is_checked(extension: Extension) -> None:
    done = extension.dext("check", "--json")
    assert done.code == 0, done
    assert "built images" in {each["source"] for each in done.json["not_run"]}
    assert "inv build" in done.err
