from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dext_tasks.engine.variants import variants
from dext_tasks.errors import EngineCommandError, EngineUnreachableError, ImageNotFoundError
from dext_tasks.formats.oci.platform import REQUIRED

if TYPE_CHECKING:
    from tests.unit.engine.conftest import FakeDocker

AMD64, ARM64 = REQUIRED
REFERENCE = "acme/demo:1.0.0"
pytestmark = pytest.mark.allow_processes


@pytest.fixture
def fake(docker: FakeDocker) -> FakeDocker:
    docker.image(REFERENCE, Config={"Labels": {"a": "amd64"}})
    docker.api.reply("DELETE")
    return docker


def version(docker: FakeDocker, api: str) -> None:
    docker.engine_says({"Version": "x", "ApiVersion": api}, {"OSType": "linux", "Architecture": "x86_64"}, {})


class TestOldEngine:
    @pytest.fixture(autouse=True)
    def _api(self, fake: FakeDocker) -> None:
        version(fake, "1.45")

    def test_another_platform_is_seen_through_a_container_that_is_removed(self, fake: FakeDocker) -> None:
        fake.api.reply("POST /containers/create", "linux/arm64", out={"Id": "c1"})
        labels = {"a": "arm64", "dev.dext-tasks.run": "host/0123abcd"}
        fake.api.reply("GET /containers/c1/json", out={"Config": {"Labels": labels}})
        found = variants(fake.engine(), REFERENCE, REQUIRED)
        assert {platform: dict(each.image.labels) for platform, each in found.items()} == {
            AMD64: {"a": "amd64"},
            ARM64: {"a": "arm64"},
        }
        assert (found[AMD64].is_sure, found[ARM64].is_sure) == (True, False)
        assert found[ARM64].image.platform == ARM64
        assert fake.api.asked[-1] == "DELETE /containers/c1?force=1&v=1"
        assert not [each for each in fake.api.asked if "linux/amd64" in each]

    @pytest.mark.parametrize(
        "said",
        [
            "No such image: acme/demo:1.0.0",
            "image with reference x was found but does not match the specified platform: wanted linux/arm64, actual: x",
            "image with reference x was found but its platform does not match the specified platform",
        ],
    )
    def test_a_platform_that_is_not_there(self, fake: FakeDocker, said: str) -> None:
        fake.api.reply("POST /containers/create", "linux/arm64", refusal=said)
        assert list(variants(fake.engine(), REFERENCE, REQUIRED)) == [AMD64]

    def test_what_the_engine_lost_for_a_moment_is_no_absent_platform(
        self, fake: FakeDocker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("dext_tasks.engine.client.ENGINE_PAUSE", 0.0)
        fake.api.reply("POST /containers/create", refusal="parent snapshot sha256:4f does not exist: not found")
        with pytest.raises(EngineCommandError, match="docker create"):
            variants(fake.engine(), REFERENCE, REQUIRED)

    def test_an_engine_that_does_not_answer_is_no_absent_platform(self, fake: FakeDocker) -> None:
        fake.api.reply("POST /containers/create", refusal="Is the docker daemon running?")
        with pytest.raises(EngineUnreachableError):
            variants(fake.engine(), REFERENCE, REQUIRED)


class TestNewEngine:
    @pytest.fixture(autouse=True)
    def _api(self, fake: FakeDocker) -> None:
        version(fake, "1.50")

    def test_shows_each_platform(self, fake: FakeDocker) -> None:
        # The image of arm64 says that it is for amd64.
        other = {"Id": "sha256:b", "Os": "linux", "Architecture": "amd64", "Config": {"Labels": {"a": "arm64"}}}
        wanted = '?platform={"os": "linux", "architecture": "arm64"}'
        fake.api.reply("GET /images/", f"{REFERENCE}/json{wanted}", out=other)
        found = variants(fake.engine(), REFERENCE, REQUIRED)
        assert found[ARM64].is_sure
        assert found[ARM64].image.platform == AMD64
        assert not [each for each in fake.api.asked if "create" in each]

    def test_a_platform_that_is_not_there(self, fake: FakeDocker) -> None:
        fake.api.reply("GET /images/", "json?platform=", refusal="No such image: acme/demo:1.0.0")
        assert list(variants(fake.engine(), REFERENCE, REQUIRED)) == [AMD64]


def test_no_image_at_all(docker: FakeDocker) -> None:
    docker.api.reply("GET /images/", refusal="No such image: acme/demo:1.0.0")
    with pytest.raises(ImageNotFoundError):
        variants(docker.engine(), REFERENCE, REQUIRED)
