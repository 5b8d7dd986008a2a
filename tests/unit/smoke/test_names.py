from __future__ import annotations

import pytest

from dext_tasks.formats.oci.platform import REQUIRED, Platform
from dext_tasks.smoke.composition import Names

AMD64, ARM64 = REQUIRED


@pytest.mark.parametrize(
    ("platform", "project", "container"),
    [
        ("linux/amd64", "acme_demo-desktop-extension", "acme_demo-desktop-extension-service"),
        (
            "linux/arm64",
            "acme_demo-desktop-extension-linux-arm64",
            "acme_demo-desktop-extension-service-linux-arm64",
        ),
        (
            "linux/arm/v6",
            "acme_demo-desktop-extension-linux-arm-v6",
            "acme_demo-desktop-extension-service-linux-arm-v6",
        ),
    ],
)
def test_only_the_native_platform_has_docker_desktops_own_names(platform: str, project: str, container: str) -> None:
    names = Names.of("acme_demo", Platform.parse(platform), AMD64)
    assert (names.project, names.container) == (project, container)
    assert names.own_container == "acme_demo-desktop-extension-service"


def test_two_platforms_never_share_a_name() -> None:
    first, second = (Names.of("acme_demo", platform, ARM64) for platform in REQUIRED)
    assert first.project != second.project
    assert first.container != second.container
