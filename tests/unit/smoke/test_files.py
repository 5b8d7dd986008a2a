from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dext_tasks.formats.oci.platform import REQUIRED, Platform
from dext_tasks.smoke.outcome import ProbeAbortedError, ProbeFailedError
from dext_tasks.smoke.probes.binaries import binaries
from dext_tasks.smoke.probes.files import architecture, extract

if TYPE_CHECKING:
    from tests.unit.conftest import MakeImage
    from tests.unit.smoke.conftest import MakeCandidate, MakeTrial

AMD64, ARM64 = REQUIRED
# The head of an ELF file for each machine, enough to know its architecture.
ELF = {
    "amd64": b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x02\x00\x3e\x00" + bytes(44),
    "arm64": b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x02\x00\xb7\x00" + bytes(44),
}
EVERYTHING = {
    "icon": "/icon.svg",
    "ui": {"dashboard-tab": {"title": "x", "root": "/ui", "src": "index.html"}},
    "vm": {"composefile": "/compose.yaml"},
    "host": {"binaries": [{"darwin": [{"path": "/tool"}], "linux": [{"path": "/tool"}]}]},
}


class TestArchitecture:
    def test_native_or_emulated_is_said(self, make_trial: MakeTrial, make_candidate: MakeCandidate) -> None:
        assert architecture(make_trial(make_candidate())).detail == "linux/amd64, native"
        assert architecture(make_trial(make_candidate(platform=ARM64))).detail == "linux/arm64, emulated"
        newer = Platform.parse("linux/amd64/v2")
        assert architecture(make_trial(make_candidate(platform=newer))).detail == "linux/amd64/v2, native"

    def test_another_platform_in_the_configuration(
        self, make_trial: MakeTrial, make_candidate: MakeCandidate, make_image: MakeImage
    ) -> None:
        candidate = make_candidate(platform=ARM64, image=make_image("linux/amd64"))
        with pytest.raises(ProbeFailedError, match="built for linux/arm64 says it is for linux/amd64"):
            architecture(make_trial(candidate))

    def test_programs_of_another_architecture(self, make_trial: MakeTrial, make_candidate: MakeCandidate) -> None:
        programs = {"/service": ELF["arm64"], "/bin/sh": ELF["amd64"]}
        with pytest.raises(ProbeFailedError) as raised:
            architecture(make_trial(make_candidate(platform=ARM64, programs=programs)))
        assert str(raised.value) == "the image says it is for linux/arm64, but /bin/sh is a program for amd64"

    @pytest.mark.parametrize("head", [b"", b"#!/bin/sh\n", b"\x00", ELF["amd64"]])
    def test_what_tells_no_other_architecture_is_fine(
        self, head: bytes, make_trial: MakeTrial, make_candidate: MakeCandidate
    ) -> None:
        architecture(make_trial(make_candidate(programs={"/service": head})))


class TestExtract:
    @pytest.mark.parametrize(
        ("metadata", "said"),
        [
            (
                {"icon": "/icon.svg", "host": {"binaries": [{"linux": [{"path": f"/{n}"} for n in range(301)]}]}},
                "metadata.json names 301 host binaries, more than 300",
            ),
            (b'{"icon": "/icon.svg"}' + b" " * (1 << 20), "metadata.json is larger than 1 MiB"),
        ],
    )
    def test_what_names_more_than_can_be_looked_at(
        self, make_trial: MakeTrial, make_candidate: MakeCandidate, metadata: object, said: str
    ) -> None:
        trial = make_trial(make_candidate(metadata))
        with pytest.raises(ProbeFailedError) as raised:
            extract(trial)
        assert str(raised.value) == said
        with pytest.raises(ProbeAbortedError):
            binaries(trial)

    def test_everything_named_is_there(self, make_trial: MakeTrial, make_candidate: MakeCandidate) -> None:
        assert extract(make_trial(make_candidate())).detail == "1 paths"

    def test_everything_absent_is_named_once(self, make_trial: MakeTrial, make_candidate: MakeCandidate) -> None:
        with pytest.raises(
            ProbeFailedError, match=r"^not in the image: /icon.svg, /tool, /ui, /ui/index.html, /compose.yaml$"
        ):
            extract(make_trial(make_candidate(EVERYTHING, files=())))

    @pytest.mark.parametrize("metadata", [{}, {"icon": ""}, {"icon": 5}])
    def test_without_an_icon_one_desktop_refuses_it(
        self, metadata: object, make_trial: MakeTrial, make_candidate: MakeCandidate
    ) -> None:
        seen = extract(make_trial(make_candidate(metadata)))
        assert seen.warnings == ("Rancher Desktop refuses it: metadata.json names no icon",)

    def test_what_one_desktop_refuses_is_said_of_what_none_takes_too(
        self, make_trial: MakeTrial, make_candidate: MakeCandidate
    ) -> None:
        with pytest.raises(ProbeFailedError, match=r"^not in the image: /compose.yaml; Rancher Desktop refuses it"):
            extract(make_trial(make_candidate({"vm": {"composefile": "compose.yaml"}})))

    @pytest.mark.parametrize(
        ("content", "why"), [(None, "no /metadata.json"), (b"{", "line 1"), (b"", "line 1"), (b"[]", "not an object")]
    )
    def test_metadata_that_cannot_be_read(
        self, content: bytes | None, why: str, make_trial: MakeTrial, make_candidate: MakeCandidate
    ) -> None:
        with pytest.raises(ProbeFailedError, match=why):
            extract(make_trial(make_candidate(content)))
