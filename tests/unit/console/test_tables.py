from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.text import Text
from semver import Version

from dext_tasks.config import OPTIONS
from dext_tasks.config.resolve import Layers, resolve
from dext_tasks.console import Output, tables
from dext_tasks.console.board import Progress
from dext_tasks.console.table_layout import grid
from dext_tasks.doctor.line import Line, LineStatus
from dext_tasks.engine.build import Built
from dext_tasks.errors import DirtyTreeError, EmulatorCrashedError
from dext_tasks.formats.oci.platform import Platform
from dext_tasks.formats.oci.reference import Reference
from dext_tasks.release.plan import Plan
from dext_tasks.release.run import PlannedRelease, Released
from dext_tasks.release.state import GitState, Intent, State
from dext_tasks.release.steps.step import Step, StepStatus
from dext_tasks.smoke.installation import Candidate
from dext_tasks.smoke.result import Outcome, ProbeResult
from dext_tasks.sources.snapshot import Snapshot

if TYPE_CHECKING:
    from dext_tasks.console.table_layout import Table
    from tests.unit.conftest import MakeImage

AMD64, ARM64 = Platform("linux", "amd64"), Platform("linux", "arm64")
DIGEST = f"sha256:{'d' * 64}"


def document(data: object) -> str:
    """Data as JSON, which it must be without any help."""
    return json.dumps(data)


def require_rectangular(table: Table) -> None:
    assert {len(row) for row in table.rows} <= {len(table.columns)}


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1536, "1.5 KiB"),
        (5 * 1024**2, "5.0 MiB"),
        (3 * 1024**3, "3.0 GiB"),
        (2048 * 1024**3, "2048.0 GiB"),
    ],
)
def test_sizes_are_read_by_people(count: int, text: str) -> None:
    assert tables.size(count) == text


def test_builds(make_image: MakeImage) -> None:
    crashed = ("the emulator crashed in the build for linux/arm64: exit code 139",)
    arm64 = Built(make_image("linux/arm64", size=2048), 60.0, crashed, emulated=True, context="far")
    built = {AMD64: Built(make_image(), 1.25), ARM64: arm64}
    table = tables.build_table(built)
    assert table.notes[-1] == f"{crashed[0]}; it was built once more"
    require_rectangular(table)
    assert [row[:2] for row in table.rows] == [("linux/amd64", "native"), ("linux/arm64", "emulated in far")]
    assert "2.0 KiB" in table.rows[1]
    assert json.loads(document(tables.build_data(built)))["images"][1] == {
        "platform": "linux/arm64",
        "runs": "emulated",
        "context": "far",
        "digest": f"sha256:{'a' * 64}",
        "size": 2048,
        "seconds": 60.0,
        "reference": "dext-build/acme_demo:linux-arm64",
        "crashes": list(crashed),
    }


PLAN = Plan(
    (
        Step("build", "linux/amd64", StepStatus.DONE, "built before", AMD64),
        Step("git tag", "v1.0.0", StepStatus.TODO, "tag the commit"),
    ),
    (DirtyTreeError("2 files are not committed", remedy="commit them"),),
)


class TestRelease:
    def test_a_plan(self) -> None:
        table = tables.plan_table(PLAN, "Release of acme/demo:1.0.0")
        require_rectangular(table)
        assert list(table.rows) == [
            ("build", "linux/amd64", "done", "built before"),
            ("git tag", "v1.0.0", "todo", "tag the commit"),
        ]

    def test_the_names_of_steps_stay_on_one_line(self) -> None:
        reason = "a reason that is far longer than what a terminal of eighty columns has room for beside the others"
        made = grid(
            tables.plan_table(replace(PLAN, steps=tuple(replace(each, reason=reason) for each in PLAN.steps)), ""),
            80,
            Text,
            is_ascii=True,
        )
        assert made.columns[0].width == len("git tag")

    def test_a_plan_as_data(self) -> None:
        data = json.loads(document(tables.plan_data(PLAN)))
        assert data["steps"][1] == {
            "step": "git tag",
            "subject": "v1.0.0",
            "status": "todo",
            "reason": "tag the commit",
        }
        assert data["obstacles"] == [
            {"message": "2 files are not committed", "remedy": "commit them", "exit_code": 42},
        ]

    def test_what_was_published(self) -> None:
        image = Reference.parse("acme/demo")
        intent = Intent(image, Version(1, 0, 0), "c" * 40, (AMD64, ARM64), "v1.0.0", "origin", move_latest=True)
        git = GitState((), {}, "", has_remote=True, remote_tag_commit="")
        planned = PlannedRelease(intent, State(frozenset(), None, {}, git, None, frozenset(), {}), PLAN)
        after = replace(PLAN, steps=tuple(replace(step, status=StepStatus.DONE) for step in PLAN.steps), obstacles=())
        took = {("git tag", "v1.0.0"): 2.345}
        released = Released(intent.target.with_digest(DIGEST), {AMD64: DIGEST}, after, took, seconds=83.14)
        require_rectangular(tables.released_table(released))
        assert tables.released_table(released).rows[-1] == ("took", "83.1 s")
        assert "took" not in {what for what, *_ in tables.released_table(released, before=True).rows}
        data = json.loads(document(tables.released_data(planned, released)))
        assert data["reference"] == f"acme/demo:1.0.0@{DIGEST}"
        assert (data["version"], data["digest"], data["git_tag"]) == ("1.0.0", DIGEST, "v1.0.0")
        assert data["platforms"] == {"linux/amd64": DIGEST}
        assert data["seconds"] == 83.1
        steps = [(step["step"], step["status"], step["seconds"]) for step in data["steps"]]
        assert (steps, data["obstacles"]) == ([("build", "done", None), ("git tag", "done", 2.3)], [])
        assert data["desktop_link"].endswith("?extensionId=acme/demo&tag=1.0.0")


def test_the_doctors_report() -> None:
    lines = [Line("engine", LineStatus.OK, "26.1"), Line("registry", LineStatus.FAIL, "no answer", "start it")]
    table = tables.doctor_table(lines)
    require_rectangular(table)
    assert list(table.rows) == [("engine", "OK", "26.1", ""), ("registry", "FAIL", "no answer", "start it")]
    assert json.loads(document(tables.doctor_data(lines)))["lines"][1]["remedy"] == "start it"


def test_settings_with_their_origin(tmp_path: Path) -> None:
    flags = {"platforms": "linux/arm64,linux/arm/v6", "build_args": ["A=1", "B=2"], "release_latest": "no"}
    resolved = resolve(Layers(tmp_path, flags=flags))
    table = tables.config_table(resolved)
    require_rectangular(table)
    assert len(table.rows) == len(OPTIONS)
    assert {
        ("platforms", "linux/arm64, linux/arm/v6", "--platform"),
        ("build.args", "A=1, B=2", "--build-arg"),
        ("release.latest", "false", "--release-latest"),
        ("smoke.timeout", "30", "default"),
    } <= set(table.rows)
    data = json.loads(document(tables.config_data(resolved)))
    assert data["release.latest"] == {"value": False, "from": "--release-latest"}
    assert data["build.args"]["value"] == {"A": "1", "B": "2"}
    assert data["platforms"]["value"] == ["linux/arm64", "linux/arm/v6"]
    assert data["smoke.timeout"]["value"] == 30
    assert data["smoke.proxy"]["value"] == "auto"


def test_values_as_data_are_what_a_settings_file_takes(tmp_path: Path) -> None:
    (tmp_path / "invoke.yaml").write_text(
        """dext:
  build: {args: {MSG: "1, 2"}}
  check: {ignore: {label-odd: known}}
  smoke: {requests: [{path: /x, status: 404, json: {a: [1]}, text: no, body: {b: null}}, {method: post, body: raw}]}
""".replace("text: no", 'text: "no"')
    )
    told = json.loads(document(tables.config_data(first := resolve(Layers(tmp_path)))))
    again = resolve(Layers(tmp_path, {key: entry["value"] for key, entry in told.items()}))
    assert again.settings == first.settings


@pytest.mark.parametrize(("name", "value"), [("NPM_TOKEN", "s3cret"), ("MSG", "as long as a secret")])
def test_what_may_be_a_secret_is_not_among_the_settings(tmp_path: Path, name: str, value: str) -> None:
    (tmp_path / "invoke.yaml").write_text(json.dumps({"dext": {"build": {"args": {name: value, "MODE": "fast"}}}}))
    resolved = resolve(Layers(tmp_path))
    told = document(tables.config_data(resolved))
    assert json.loads(told)["build.args"]["value"] == {name: "***", "MODE": "fast"}
    rows = {row[0]: row[1] for row in tables.config_table(resolved).rows}
    assert set(rows["build.args"].split(", ")) == {f"{name}=***", "MODE=fast"}
    assert value not in f"{told}{rows}"


def test_a_login_in_an_address_is_not_among_the_settings(tmp_path: Path) -> None:
    (tmp_path / "invoke.yaml").write_text("dext: {release: {remote: 'https://me:sesame-7f3a@host/x.git'}}")
    resolved = resolve(Layers(tmp_path))
    told = document(tables.config_data(resolved))
    assert json.loads(told)["release.remote"]["value"] == "https://***@host/x.git"
    rows = {row[0]: row[1] for row in tables.config_table(resolved).rows}
    assert rows["release.remote"] == "https://***@host/x.git"


class TestProgress:
    @pytest.fixture
    def people(self) -> io.StringIO:
        return io.StringIO()

    @pytest.fixture
    def progress(self, people: io.StringIO) -> Progress:
        return Progress(Output(err=people, out=io.StringIO()))

    def test_steps(self, progress: Progress, people: io.StringIO) -> None:
        progress.started(PLAN.steps[0])
        progress.finished(PLAN.steps[0], 1.25)
        assert people.getvalue() == "-> build linux/amd64\nok build linux/amd64 (1.2 s)\n"

    def test_lines_of_a_log_have_their_platform(self, progress: Progress, people: io.StringIO) -> None:
        progress.line(ARM64, "#5 [2/3] COPY ui /ui")
        progress.line(ARM64, "")
        assert people.getvalue() == "linux/arm64 | #5 [2/3] COPY ui /ui\n"

    def test_a_build_that_begins_once_more(self, progress: Progress, people: io.StringIO) -> None:
        progress.build_repeated(ARM64, EmulatorCrashedError("the emulator crashed", remedy="", log="#1"))
        assert people.getvalue() == "linux/arm64 | the emulator crashed; building once more\n"

    def test_a_probe_with_its_evidence(self, progress: Progress, people: io.StringIO, make_image: MakeImage) -> None:
        snapshot = Snapshot(ARM64, Path("/nowhere"), {}, None)
        candidate = Candidate("acme_demo", ARM64, AMD64, make_image("linux/arm64"), snapshot)
        result = ProbeResult("start", Outcome.EMULATOR_CRASH, "it ended", 1.0, "qemu: uncaught target signal")
        progress.probed(candidate, result)
        assert people.getvalue() == "linux/arm64 | start: emulator crash, it ended\nqemu: uncaught target signal\n"
