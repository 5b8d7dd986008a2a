from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .extension import Extension
    from .program import Done

TITLE = 'org.opencontainers.image.title="Scaffold" \\\n'
VENDOR = 'org.opencontainers.image.vendor="dext-tests"'


def _found(done: Done, source: str) -> set[tuple[str, str]]:
    findings: list[dict[str, Any]] = done.json["findings"]
    return {(each["rule"], each["where"]) for each in findings if each["source"] == source}


def _built(extension: Extension) -> Done:
    built = extension.dext("build")
    assert built.code == 0, built
    return extension.dext("check", "--json")


def test_faults_of_labels_are_found_in_the_tree_and_in_both_images(extension: Extension) -> None:
    extension.edit("Dockerfile", TITLE, "")
    extension.edit("Dockerfile", VENDOR, VENDOR.replace("dext-tests", ""))
    done = _built(extension)
    assert done.code == 1, done
    vendor = "label org.opencontainers.image.vendor"
    assert {("label-missing", "linux/amd64"), ("label-missing", "linux/arm64")} <= _found(done, "built images")
    assert {("label-empty", f"{vendor}, linux/{each}") for each in ("amd64", "arm64")} <= _found(done, "built images")
    assert {rule for rule, _ in _found(done, "source tree")} == {"label-missing", "label-empty"}
    assert done.json["docker_rules"] == ["label-empty", "label-missing"]


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
    assert {(rule, f"{path}, linux/amd64"), (rule, f"{path}, linux/arm64")} <= _found(done, "built images")
    assert _found(done, "source tree") == set()


def test_an_image_of_another_platform_is_found(extension: Extension) -> None:
    assert extension.dext("build").code == 0
    amd64, arm64 = extension.builds.values()
    extension.docker.run("tag", amd64, arm64)
    done = extension.dext("check", "--json")
    assert done.code == 1, done
    assert _found(done, "built images") == {("platform-mismatch", "linux/arm64")}


@pytest.mark.xfail(reason="only the configuration is looked at, and BuildKit writes the target's architecture there")
def test_a_final_stage_of_the_builders_platform_is_found(extension: Extension) -> None:
    extension.edit("Dockerfile", "FROM scratch", "FROM --platform=$BUILDPLATFORM busybox:1.37")
    done = _built(extension)
    assert done.code == 1, done


def test_without_a_build_only_the_tree_is_checked(extension: Extension) -> None:
    done = extension.dext("check", "--json")
    assert done.code == 0, done
    assert {each["source"] for each in done.json["not_run"]} == {"source tree", "built images"}
    assert "inv build" in done.err
