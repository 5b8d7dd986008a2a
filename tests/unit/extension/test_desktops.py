from __future__ import annotations

import pytest

from dext_tasks.extension.desktops import desktop_link
from dext_tasks.formats.oci.reference import Reference


@pytest.mark.parametrize("name", ["acme/demo", "docker.io/acme/demo", "index.docker.io/acme/demo"])
def test_what_is_on_docker_hub_has_a_link_that_shows_it(name: str) -> None:
    link = "https://open.docker.com/extensions/marketplace?extensionId=acme/demo&tag=1.2.0-rc.1"
    assert desktop_link(Reference.parse(f"{name}:1.2.0-rc.1")) == link


@pytest.mark.parametrize("name", ["ghcr.io/acme/demo", "localhost:5000/acme/demo"])
def test_nothing_else_has_one(name: str) -> None:
    assert desktop_link(Reference.parse(f"{name}:1.2.0")) == ""
