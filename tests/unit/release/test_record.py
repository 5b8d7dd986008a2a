from __future__ import annotations

import json

import pytest

from dext_tasks.extension.version import parse_release
from dext_tasks.formats.oci.manifest import Index, parse
from dext_tasks.formats.oci.platform import REQUIRED, Platform
from dext_tasks.release.record import Recorded, Smoked, read_record, recorded

from .conftest import HEAD, Machine, StoppedError

AMD64, ARM64 = REQUIRED
ONE, TWO = (f"sha256:{letter * 64}" for letter in "12")


def test_what_is_recorded_is_commit_version_and_each_smoke_test_with_the_digest_it_was_of() -> None:
    tested = {AMD64: (Smoked.PASSED, ONE), Platform("linux", "arm", "v6"): (Smoked.NOT_STARTED, TWO)}
    annotations = recorded("c0ffee", parse_release("1.2.0"), tested)
    assert annotations == {
        "org.opencontainers.image.revision": "c0ffee",
        "org.opencontainers.image.version": "1.2.0",
        "dev.dext-tasks.smoke.linux/amd64": f"passed {ONE}",
        "dev.dext-tasks.smoke.linux/arm/v6": f"not-started {TWO}",
    }
    assert read_record(annotations) == {
        AMD64: Recorded("passed", ONE),
        Platform("linux", "arm", "v6"): Recorded("not-started", TWO),
    }


def test_what_cannot_be_read_is_not_recorded() -> None:
    assert read_record({"dev.dext-tasks.smoke.plan9/amd64": f"passed {ONE}", "title": "Demo"}) == {}
    assert read_record({"dev.dext-tasks.smoke.linux/amd64": "passed"}) == {AMD64: Recorded("passed", "")}


class TestRelease:
    def test_its_index_records_the_smoke_tests_of_its_images(self, machine: Machine) -> None:
        machine.release("1.0.0")
        index = parse(machine.blobs[machine.tags["1.0.0"]])
        assert isinstance(index, Index)
        assert read_record(index.annotations) == {
            platform: Recorded("passed", digest) for platform, digest in index.platforms.items()
        }
        assert index.annotations["org.opencontainers.image.revision"] == HEAD
        assert index.annotations["org.opencontainers.image.version"] == "1.0.0"

    def test_a_backend_that_was_not_started_is_recorded_as_such(self, machine: Machine) -> None:
        machine.configure(smoke_start_optional=True)
        machine.withheld = ("privileged",)
        machine.release("1.0.0")
        said = json.loads(machine.blobs[machine.tags["1.0.0"]])["annotations"]
        assert said["dev.dext-tasks.smoke.linux/amd64"].split(" ")[0] == "not-started"

    def test_what_an_earlier_run_tested_gives_the_same_index_as_one_run(self, machine: Machine) -> None:
        machine.stop_at("before index 1.0.0")
        with pytest.raises(StoppedError):
            machine.release("1.0.0")
        before = machine.journal("1.0.0")
        machine.release("1.0.0")
        assert before
        index = parse(machine.blobs[machine.tags["1.0.0"]])
        assert isinstance(index, Index)
        expected = recorded(
            HEAD, parse_release("1.0.0"), {each: (it.smoke, it.manifest) for each, it in before.tested.items()}
        )
        assert index.annotations == expected
