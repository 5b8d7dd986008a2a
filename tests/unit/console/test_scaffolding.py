from __future__ import annotations

import json
from pathlib import Path

from dext_tasks.console import scaffolding
from dext_tasks.scaffold.answers import derive
from dext_tasks.scaffold.questions import listed
from dext_tasks.scaffold.render import LeftOut, Preview, Scaffolded
from dext_tasks.scaffold.repository import GitOutcome

HOME = Path("/home/me/demo")
FILES = (Path("Dockerfile"), Path("ui/index.html"))


def test_the_last_lines_are_the_three_next_commands() -> None:
    lines = scaffolding.scaffold_lines(Scaffolded(HOME, FILES, GitOutcome.COMMITTED))
    assert lines[0].startswith("Made /home/me/demo with 2 files; git: ")
    assert lines[-4:] == ["Next:", "  cd /home/me/demo", "  inv build", "  inv smoke"]


def test_the_command_reaches_a_folder_with_any_name() -> None:
    lines = scaffolding.scaffold_lines(Scaffolded(HOME / "my $HOME", FILES, GitOutcome.COMMITTED))
    assert "  cd '/home/me/demo/my $HOME'" in lines


def test_what_git_said_and_what_was_replaced_is_told() -> None:
    made = Scaffolded(HOME, FILES, GitOutcome.INITIALISED, "Author identity unknown", replaced=FILES[1:])
    assert scaffolding.scaffold_lines(made)[1:3] == ["Author identity unknown", "  replaced ui/index.html"]


def test_it_is_told_as_data() -> None:
    made = Scaffolded(HOME, FILES, GitOutcome.COMMITTED, replaced=FILES[1:])
    assert json.loads(json.dumps(scaffolding.scaffold_data(made))) == {
        "path": "/home/me/demo",
        "files": ["Dockerfile", "ui/index.html"],
        "replaced": ["ui/index.html"],
        "git": GitOutcome.COMMITTED.value,
        "pipeline_to_write": None,
    }


def test_below_the_top_of_a_repository_it_is_told_how_a_pipeline_is_written() -> None:
    missing = LeftOut.of(derive("demo", folder="a/demo", ci="gitlab"))
    lines = scaffolding.scaffold_lines(Scaffolded(HOME, FILES, GitOutcome.INSIDE_REPOSITORY, missing=missing))
    assert lines[-3:] == ["  inv build", "  inv smoke", "  inv ci.gitlab"]
    planned = Preview(HOME, FILES, missing=missing)
    assert lines[1:3] == scaffolding.scaffold_intention_lines(planned)[-2:]
    assert scaffolding.scaffold_intention_data(planned)["pipeline_to_write"] == "gitlab"


def test_it_is_not_told_where_none_is_wanted_or_it_is_there() -> None:
    without = Scaffolded(HOME, FILES, GitOutcome.INSIDE_REPOSITORY, missing=LeftOut.of(derive("demo", folder="a/demo")))
    assert [line for line in scaffolding.scaffold_lines(without) if "ci." in line] == []
    assert LeftOut.of(derive("demo", ci="github")) == LeftOut()
    # `dext ci` refuses such a folder.
    assert LeftOut.of(derive("demo", folder="My Apps/demo", ci="github")) == LeftOut(is_below=True)


def test_a_dry_run_lists_each_file_and_what_it_would_replace() -> None:
    planned = Preview(HOME, FILES, FILES[1:])
    assert scaffolding.scaffold_intention_lines(planned) == [
        "Would make /home/me/demo with",
        "  Dockerfile",
        "  ui/index.html, which is there and would be replaced",
    ]
    assert scaffolding.scaffold_intention_data(planned)["replaced"] == ["ui/index.html"]


def test_every_choice_is_a_row_and_the_default_is_marked() -> None:
    table = scaffolding.questions_table(listed())
    assert {len(row) for row in table.rows} == {len(table.columns)}
    for question in listed():
        shown = [row for row in table.rows if row[0] == question.name]
        assert [row[1] for row in shown] == [question.text]
        for choice, meaning in question.choices.items():
            default = " (default)" if choice == question.default else ""
            assert (f"{choice}{default}", meaning) in [row[2:] for row in table.rows]


def test_defaults_that_follow_from_other_answers_are_null() -> None:
    document = json.loads(json.dumps(scaffolding.questions_data(listed())))
    defaults = {each["name"]: each["default"] for each in document["questions"]}
    assert (defaults["name"], defaults["image"], defaults["vendor"]) == (None, None, None)
    assert (defaults["category"], defaults["frontend"], defaults["compose"]) == ("utility-tools", "html", "no")
    (frontend,) = (each for each in document["questions"] if each["name"] == "frontend")
    assert frontend["choices"][0]["value"] == "html"
    assert frontend["choices"][0]["meaning"]
