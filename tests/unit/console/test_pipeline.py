from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from dext_tasks.console import Output
from dext_tasks.console.pipeline import (
    SUMMARY_LIMIT,
    Annotation,
    Level,
    PipelineJob,
    PipelineKind,
    kind_of,
    markdown,
    require_known,
)
from dext_tasks.console.table_layout import Table
from dext_tasks.errors import (
    BuildFailedError,
    ChecksFailedError,
    ConfigError,
    DextError,
    EngineUnreachableError,
    FileAccessError,
    MetadataInvalidError,
)

if TYPE_CHECKING:
    from pathlib import Path

GITHUB = {"GITHUB_ACTIONS": "true"}
GITLAB = {"GITLAB_CI": "true"}
# Commands of both generations of GitHub's runner, and of its ways to part lines.
HOSTILE = "a\n::set-env name=X::y\n  ::add-mask::e\n::stop-commands::x\r::error::z %0A##[add-path]/tmp\x1b[31m"


class TestKind:
    @pytest.mark.parametrize(
        ("environment", "kind"),
        [
            ({}, "none"),
            ({"CI": "true"}, "none"),
            (GITHUB, "github"),
            (GITLAB, "gitlab"),
            ({"GITHUB_ACTIONS": "false", "GITLAB_CI": ""}, "none"),
            ({**GITHUB, "DEXT_PIPELINE": "auto"}, "github"),
            ({**GITHUB, "DEXT_PIPELINE": "none"}, "none"),
            ({**GITHUB, "DEXT_PIPELINE": "gitlab"}, "gitlab"),
            ({"DEXT_PIPELINE": "github"}, "github"),
        ],
    )
    def test_variables_show_it(self, environment: dict[str, str], kind: str) -> None:
        assert kind_of(environment) == kind
        require_known(environment)

    @pytest.mark.parametrize("word", ["", "jenkins", "GitHub"])
    def test_a_word_that_is_none(self, word: str) -> None:
        with pytest.raises(ConfigError, match=f"^DEXT_PIPELINE is '{word}'$") as refused:
            require_known({"DEXT_PIPELINE": word})
        assert refused.value.remedy == "use one of auto, github, gitlab, none"

    def test_files_of_github(self) -> None:
        names = {"GITHUB_OUTPUT": "/o", "GITHUB_STEP_SUMMARY": "/s", "GITHUB_WORKSPACE": "/w"}
        assert PipelineJob.of(GITHUB | names) == (PipelineKind.GITHUB, "/o", "/s", "/w")
        assert PipelineJob.of(names) == (PipelineKind.NONE, "/o", "/s", "/w")
        assert PipelineJob.of(names | {"DEXT_PIPELINE": "none"}) == PipelineJob()

    def test_files_of_gitlab(self) -> None:
        assert PipelineJob.of(GITLAB | {"CI_PROJECT_DIR": "/w"}) == (PipelineKind.GITLAB, "/w/dext.env", "", "/w")
        assert PipelineJob.of(GITLAB | {"GITHUB_OUTPUT": "/o"}) == (PipelineKind.GITLAB, "", "", "")


class TestAnnotation:
    def test_a_line_of_a_file(self) -> None:
        made = Annotation(Level.WARNING, "100% odd\nand more", "label-odd", "a,b:c.md", 3)
        assert made.command == "::warning file=a%2Cb%3Ac.md,line=3,title=label-odd::100%25 odd%0Aand more"

    def test_no_place(self) -> None:
        assert Annotation(Level.NOTICE, "x", "t").command == "::notice title=t::x"

    def test_text_holds_no_command(self) -> None:
        escaped = (
            "a%0A%3A%3Aset-env name=X%3A%3Ay%0A  %3A%3Aadd-mask%3A%3Ae%0A"
            "%3A%3Astop-commands%3A%3Ax%3A%3Aerror%3A%3Az %250A##[add-path]/tmp"
        )
        assert Annotation(Level.ERROR, HOSTILE, HOSTILE, HOSTILE).command == (
            f"::error file={escaped},title={escaped}"
            "::a%0A::set-env name=X::y%0A  ::add-mask::e%0A::stop-commands::x::error::z %250A##[add-path]/tmp"
        )


class TestGroups:
    def test_github(self) -> None:
        pipeline = PipelineJob(PipelineKind.GITHUB)
        assert pipeline.opening(f"build {HOSTILE}", "g1", 12.0).count("\n") == 1
        assert pipeline.opening("build 100%", "g1", 12.0) == "::group::build 100%25\n"
        assert pipeline.closing("g1", 12.0) == "::endgroup::\n"

    def test_gitlab(self) -> None:
        pipeline = PipelineJob(PipelineKind.GITLAB)
        assert pipeline.opening("build\r\nx", "g1", 12.4) == (
            "\x1b[0Ksection_start:12:g1[collapsed=true]\r\x1b[0Kbuild\\nx\n"
        )
        assert pipeline.closing("g1", 15.0) == "\x1b[0Ksection_end:15:g1\r\x1b[0K\n"

    def test_nowhere_else(self) -> None:
        assert PipelineJob().opening("build", "g1", 1.0) == PipelineJob().closing("g1", 1.0) == ""


class TestOutputs:
    def test_lines(self, tmp_path: Path) -> None:
        file = tmp_path / "outputs"
        file.write_text("a=1\n", encoding="utf-8")
        assert PipelineJob(PipelineKind.GITHUB, str(file)).give({"version": "1.2.0", "text": "a=b <<c"}) == []
        assert file.read_text(encoding="utf-8") == "a=1\nversion=1.2.0\ntext=a=b <<c\n"

    @pytest.mark.parametrize("value", ["a\nother=1\n", "a\r\nEOF\nother=1", "a\rb"])
    def test_a_value_of_several_lines_ends_where_nobody_can_guess(self, value: str, tmp_path: Path) -> None:
        file = tmp_path / "outputs"
        PipelineJob(PipelineKind.GITHUB, str(file)).give({"text": value})
        PipelineJob(PipelineKind.GITHUB, str(file)).give({"text": value})
        first, second = file.read_bytes().decode().split("text<<")[1:]
        ends = [each.partition("\n")[0] for each in (first, second)]
        assert [each.partition("\n")[2] for each in (first, second)] == [f"{value}\n{end}\n" for end in ends]
        assert ends[0] != ends[1]
        assert all(end.startswith("dext_") and len(end) == len("dext_") + 32 for end in ends)

    def test_a_dotenv_artifact_has_no_blanks(self, tmp_path: Path) -> None:
        file = tmp_path / "dext.env"
        values = {"version": "1.2.0", "handover": "my file.json", "text": "a\nb"}
        assert PipelineJob(PipelineKind.GITLAB, str(file)).give(values) == ["handover", "text"]
        assert file.read_text(encoding="utf-8") == "version=1.2.0\n"

    def test_it_is_said_what_is_left_out(self, tmp_path: Path) -> None:
        err = io.StringIO()
        Output(err=err, pipeline=PipelineJob(PipelineKind.GITLAB, str(tmp_path / "e"))).give({"handover": "a b"})
        assert err.getvalue() == f"handover is not in {tmp_path / 'e'}: it has a blank in it\n"

    def test_nobody_to_give_them_to(self) -> None:
        assert PipelineJob().give({"version": "1"}) == []

    def test_a_file_that_cannot_be_written(self, tmp_path: Path) -> None:
        with pytest.raises(FileAccessError, match=r"cannot be written: Is a directory$"):
            PipelineJob(PipelineKind.GITHUB, str(tmp_path)).give({"version": "1"})


class TestSummary:
    TABLE = Table("Check of a/b", ("where", "what"), [("Dockerfile:3", "label x is [empty]")], ["1 error"])

    def test_a_table(self) -> None:
        assert markdown(self.TABLE, 1000) == (
            "### Check of a/b\n"
            "\n"
            "| where | what |\n"
            "| --- | --- |\n"
            "| Dockerfile:3 | label x is &#91;empty&#93; |\n"
            "\n"
            "- 1 error\n"
            "\n"
        )

    def test_notes_alone(self) -> None:
        assert markdown(Table("Check", ("a",), [], ["ok"]), 1000) == "### Check\n\n- ok\n\n"

    def test_nothing_in_a_cell_is_obeyed(self) -> None:
        text = "|\n<img src=x onerror=y> [a](b) ![c](d) `e` **f** _g_ ~h~ &amp; $i$ @j #1 \\ \x1b[31m\x07"
        cell = markdown(Table("t", ("c",), [(text,)]), 10000).splitlines()[4]
        assert cell == (
            "| &#124;&#92;n&#60;img src&#61;x onerror&#61;y&#62; &#91;a&#93;&#40;b&#41; &#33;&#91;c&#93;&#40;d&#41; "
            "&#96;e&#96; &#42;&#42;f&#42;&#42; &#95;g&#95; &#126;h&#126; &#38;amp; &#36;i&#36; &#64;j &#35;1 &#92; |"
        )

    def test_what_does_not_fit_is_left_out_and_that_is_said(self) -> None:
        rows = [(f"row {number}", "x" * 10) for number in range(100)]
        made = markdown(Table("t", ("a", "b"), rows, ["note"]), 500)
        assert made.startswith("### t\n\n| a | b |\n| --- | --- |\n| row 0 | xxxxxxxxxx |\n| row 1 | xxxxxxxxxx |\n")
        assert made.endswith("xx |\n\nThere is more than fits here; the log has all of it.\n\n")
        assert 450 < len(made.encode()) <= 500

    @pytest.mark.parametrize("room", [0, -5, 40])
    def test_no_room(self, room: int) -> None:
        assert markdown(self.TABLE, room) == ""

    def test_a_step_has_one_file(self, tmp_path: Path) -> None:
        file = tmp_path / "summary"
        pipeline = PipelineJob(PipelineKind.GITHUB, summary=str(file))
        for _ in range(2):
            pipeline.summarise(Table("t", ("c",), [("x" * (SUMMARY_LIMIT // 3),)] * 2))
        assert SUMMARY_LIMIT // 3 < file.stat().st_size <= SUMMARY_LIMIT
        assert file.read_text(encoding="utf-8").count("### t") == 2

    def test_where_it_cannot_be_written_the_verb_goes_on(self, tmp_path: Path) -> None:
        err = io.StringIO()
        pipeline = PipelineJob(PipelineKind.GITHUB, summary=str(tmp_path / "no" / "s"))
        Output(err=err, pipeline=pipeline).summarise(self.TABLE)
        assert err.getvalue().endswith("s cannot be written: No such file or directory\n")
        assert err.getvalue().startswith("no summary: ")

    def test_there_is_none_elsewhere(self) -> None:
        PipelineJob(PipelineKind.GITLAB).summarise(self.TABLE)


class TestErrors:
    @staticmethod
    def said(error: DextError, pipeline: PipelineJob, folder: Path) -> list[str]:
        err = io.StringIO()
        Output(err=err, pipeline=pipeline).error(error, folder)
        return err.getvalue().splitlines()

    @pytest.fixture
    def workspace(self, tmp_path: Path) -> Path:
        folder = tmp_path / "extensions" / "a" / "ui"
        folder.mkdir(parents=True)
        for name in ("metadata.json", "invoke.yaml"):
            (folder.parent / name).touch()
        return tmp_path

    def test_an_error_is_annotated(self, tmp_path: Path) -> None:
        error = EngineUnreachableError("no engine: 100%", remedy="start it")
        assert self.said(error, PipelineJob(PipelineKind.GITHUB), tmp_path) == [
            "error: no engine: 100%",
            "  next: start it",
            "::error title=EngineUnreachableError::no engine: 100%25: start it",
        ]

    def test_a_file_that_it_names(self, workspace: Path) -> None:
        error = MetadataInvalidError("metadata.json: line 3, column 9: a comma is missing", remedy="correct it")
        pipeline = PipelineJob(PipelineKind.GITHUB, workspace=str(workspace))
        assert self.said(error, pipeline, workspace / "extensions" / "a" / "ui")[-1] == (
            "::error file=extensions/a/metadata.json,line=3,title=MetadataInvalidError::a comma is missing: correct it"
        )

    def test_each_line_that_settings_name(self, workspace: Path) -> None:
        detail = "invoke.yaml:3: unknown key 'a'\nDEXT_B: unknown key 'b'\ninvoke.yaml:5: unknown key 'c'"
        error = ConfigError("3 problems in the settings", remedy="fix them", detail=detail)
        pipeline = PipelineJob(PipelineKind.GITHUB, workspace=str(workspace))
        assert self.said(error, pipeline, workspace / "extensions" / "a")[-2:] == [
            "::error file=extensions/a/invoke.yaml,line=3,title=ConfigError::unknown key 'a': fix them",
            "::error file=extensions/a/invoke.yaml,line=5,title=ConfigError::unknown key 'c': fix them",
        ]

    @pytest.mark.parametrize("name", ["gone.json", "../outside.json"])
    def test_a_file_that_the_workspace_lacks(self, name: str, workspace: Path) -> None:
        (workspace.parent / "outside.json").touch()
        pipeline = PipelineJob(PipelineKind.GITHUB, workspace=str(workspace))
        error = ConfigError(f"{name}:3: odd", remedy="fix it")
        assert self.said(error, pipeline, workspace)[-1] == f"::error title=ConfigError::{name}:3: odd: fix it"

    def test_findings_have_their_own(self, tmp_path: Path) -> None:
        error = ChecksFailedError("1 error", remedy="fix it")
        told = ["error: 1 error", "  next: fix it", "::error title=ChecksFailedError::1 error: fix it"]
        assert self.said(error, PipelineJob(PipelineKind.GITHUB), tmp_path) == told
        err = io.StringIO()
        output = Output(err=err, pipeline=PipelineJob(PipelineKind.GITHUB))
        output.annotate(Annotation(Level.ERROR, "x", "label-odd"))
        output.error(error)
        assert err.getvalue().splitlines() == ["::error title=label-odd::x", *told[:2]]

    @pytest.mark.parametrize("kind", [PipelineKind.GITLAB, PipelineKind.NONE])
    def test_nothing_elsewhere(self, kind: PipelineKind, tmp_path: Path) -> None:
        assert self.said(EngineUnreachableError("x", remedy="y"), PipelineJob(kind), tmp_path) == [
            "error: x",
            "  next: y",
        ]

    @pytest.mark.parametrize(("kind", "times"), [("github", 1), ("gitlab", 1), ("none", 0)])
    def test_a_log_that_is_folded_away_is_said_once_more(self, kind: str, times: int, tmp_path: Path) -> None:
        error = BuildFailedError("the build failed", remedy="y", detail="the end of it", log="all of it")
        assert self.said(error, PipelineJob(PipelineKind(kind)), tmp_path).count("the end of it") == times

    def test_a_document_stays_one(self) -> None:
        err, out = io.StringIO(), io.StringIO()
        pipeline = PipelineJob(PipelineKind.GITHUB)
        Output(as_json=True, err=err, out=out, pipeline=pipeline).error(EngineUnreachableError("x", remedy="y"))
        assert json.loads(out.getvalue())["error"]["message"] == "x"
        assert "::error title=EngineUnreachableError::x: y" in err.getvalue()


class TestDocuments:
    @pytest.mark.parametrize("as_json", [True, False])
    def test_json_says_the_same_and_holds_no_command(self, *, as_json: bool) -> None:
        out = io.StringIO()
        output = Output(as_json=as_json, err=io.StringIO(), out=out)
        if as_json:
            output.data({"label": HOSTILE})
        else:
            output.document(json.dumps({"label": HOSTILE}))
        assert json.loads(out.getvalue()) == {"label": HOSTILE}
        assert "##[" not in out.getvalue()
        assert [line for line in out.getvalue().splitlines() if line.lstrip().startswith("::")] == []

    def test_so_does_xml(self) -> None:
        out = io.StringIO()
        text = "a\n::set-env name=X::y\n  ::add-mask::e ##[add-path]/tmp"
        Output(err=io.StringIO(), out=out).document(f"<a b='##[c]'>{text}</a>")
        root = ET.fromstring(out.getvalue())  # noqa: S314 - what was written a line ago
        assert (root.text, root.attrib) == (text, {"b": "##[c]"})
        assert out.getvalue() == (
            "<a b='#&#35;[c]'>a\n&#58;:set-env name=X::y\n  &#58;:add-mask::e #&#35;[add-path]/tmp</a>"
        )


class TestColour:
    @pytest.mark.parametrize(
        ("environment", "log"),
        [
            ({}, "x\n"),
            (GITHUB, "\x1b[31mx\x1b[0m\n"),
            (GITLAB, "\x1b[31mx\x1b[0m\n"),
            (GITHUB | {"NO_COLOR": "1"}, "x\n"),
        ],
    )
    def test_a_log_is_coloured_and_a_result_is_not(
        self, environment: dict[str, str], log: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        output = Output.of(environment)
        output.say("x", "red")
        output.say("y", "red", result=True)
        seen = capsys.readouterr()
        assert (seen.err, seen.out) == (log, "y\n")
