from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from dext_tasks.console import Output
from dext_tasks.console.smoke import SIGNS, probe_names, smoke_data, smoke_table
from dext_tasks.smoke.result import Outcome

if TYPE_CHECKING:
    from dext_tasks.smoke.result import SmokeResult


class TestTable:
    def test_a_row_a_probe_and_a_column_a_platform(self, smoked: list[SmokeResult]) -> None:
        table = smoke_table(smoked)
        assert table.columns == ("probe", "linux/amd64 native", "linux/arm64 emulated")
        assert list(table.rows) == [
            ("start", "passed   0.5s", "emulator crash  12.0s"),
            ("host binaries", "skipped  0.0s", "skipped          0.0s"),
            ("UI", "passed   4.2s", "aborted"),
            ("uninstall", "passed   1.0s", "failed           1.5s"),
        ]

    def test_what_did_not_pass_is_told_below(self, smoked: list[SmokeResult]) -> None:
        assert list(smoke_table(smoked).notes) == [
            "linux/amd64, linux/arm64 | host binaries: skipped, there is none",
            "linux/arm64 | start: emulator crash, it ended",
            "linux/arm64 | UI: aborted, a probe before it failed",
            "linux/arm64 | uninstall: failed, a network is left",
            "linux/arm64 | the emulator crashed, and everything was run once more: qemu: signal 11",
        ]

    def test_what_was_not_started_is_in_its_first_line(self, smoked: list[SmokeResult]) -> None:
        assert smoke_table(smoked).title == "Smoke test"
        names = ("engine-socket", *(f"host-mount:/{number}" for number in range(9)))
        probe = replace(smoked[0].probes[0], outcome=Outcome.SKIPPED, withheld=names)
        withheld = replace(smoked[0], probes=(probe, *smoked[0].probes[1:]))
        assert smoke_table([withheld, smoked[1]]).title == (
            "Smoke test, backend NOT STARTED on linux/amd64: "
            "not granted engine-socket, host-mount:/0, host-mount:/1, host-mount:/2 and 6 more"
        )
        platforms: Any = smoke_data([withheld, smoked[1]])["platforms"]
        assert [each["withheld"] for each in platforms] == [list(names), []]

    def test_a_crash_in_the_build_is_told_too(self, smoked: list[SmokeResult]) -> None:
        crashed = replace(
            smoked[1], build_crashes=("the emulator crashed in the build for linux/arm64: exit code 132",)
        )
        assert list(smoke_table([crashed]).notes)[-2:] == [
            "linux/arm64 | the emulator crashed in the build for linux/arm64: exit code 132; it was built once more",
            "linux/arm64 | the emulator crashed, and everything was run once more: qemu: signal 11",
        ]

    def test_probes_that_say_the_same_share_a_line(self, smoked: list[SmokeResult]) -> None:
        bad = smoked[1]
        twice = replace(bad, probes=(bad.probes[2], replace(bad.probes[2], name="steady")), crashes=())
        assert list(smoke_table([twice]).notes) == ["linux/arm64 | UI, steady: aborted, a probe before it failed"]

    def test_a_probe_that_a_platform_never_reached_is_an_empty_cell(self, smoked: list[SmokeResult]) -> None:
        short = replace(smoked[1], probes=smoked[1].probes[-1:])
        assert probe_names([short, smoked[0]]) == ("start", "host binaries", "UI", "uninstall")
        assert [row[1] for row in smoke_table([short, smoked[0]]).rows] == ["", "", "", "failed  1.5s"]

    def test_nothing_tested_is_a_table_too(self) -> None:
        assert list(smoke_table([]).rows) == []

    @pytest.mark.parametrize("platforms", [1, 2, 5])
    def test_people_see_all_of_it_at_any_width(
        self, smoked: list[SmokeResult], platforms: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("COLUMNS", "100")
        people = io.StringIO()
        Output(err=people).table(smoke_table((smoked * 3)[:platforms]))
        for word in (
            "host binaries",
            "native",
            "linux/amd64",
            "passed",
            "4.2s",
            "host binaries: skipped, there is none",
        ):
            assert word in people.getvalue()

    def test_an_outcome_has_its_colour(self, smoked: list[SmokeResult], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("FORCE_COLOR", "1")
        people = io.StringIO()
        Output(err=people, colour=True).table(smoke_table(smoked))
        assert "\x1b[32mpassed   0.5s" in people.getvalue()
        assert "\x1b[1;31memulator crash  12.0s" in people.getvalue()


class TestData:
    def test_results(self, smoked: list[SmokeResult]) -> None:
        data = json.loads(json.dumps(smoke_data(smoked)))
        first, second = data["platforms"]
        assert (data["passed"], first["passed"], second["passed"]) == (False, True, False)
        assert (first["runs"], second["runs"]) == ("native", "emulated")
        assert (second["crashes"], second["seconds"]) == (["qemu: signal 11"], 13.5)
        assert second["build_crashes"] == []
        assert second["probes"][0] == {
            "name": "start",
            "outcome": "emulator crash",
            "seconds": 12.0,
            "detail": "it ended",
            "evidence": "qemu: uncaught target signal",
            "attachments": [],
        }

    def test_text_is_there_and_pictures_are_named(self, smoked: list[SmokeResult]) -> None:
        (platform,) = json.loads(json.dumps(smoke_data(smoked[:1])))["platforms"]
        light, _, console, calls = platform["probes"][2]["attachments"]
        assert light == {"name": "light", "media_type": "image/png", "size": 67}
        assert console["text"].startswith("[info] ")
        assert json.loads(calls["text"]) == [{"member": "vm.service"}]

    def test_nothing_tested_did_not_pass(self) -> None:
        assert smoke_data([]) == {"passed": False, "platforms": []}


def test_every_outcome_has_a_sign_in_ascii_too() -> None:
    assert set(SIGNS) == set(Outcome)
    assert all(plain.isascii() for _, plain in SIGNS.values())
