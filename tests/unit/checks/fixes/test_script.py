from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.unit.checks.extension_tree import TREE_FILES
from tests.unit.checks.fixes.proposals import findings, fixed, is_answered, proposals

if TYPE_CHECKING:
    from dext_tasks.project import Project
    from tests.unit.conftest import MakeProject

METADATA = json.dumps({"host": {"binaries": [{"linux": [{"path": "/run.sh"}], "windows": [{"path": "/run.sh"}]}]}})
CARRIAGE_RETURN, FLAWED = "binary-script-carriage-return", "binary-script-flawed"


def planted(make_project: MakeProject, script: bytes, **files: str | bytes) -> Project:
    named = {name.replace("_", "."): text for name, text in files.items()}
    dockerfile = str(TREE_FILES["Dockerfile"]) + "COPY run.sh /\n"
    return make_project({**TREE_FILES, "metadata.json": METADATA, "Dockerfile": dockerfile, "run.sh": script, **named})


def test_a_script_gets_unix_line_ends(make_project: MakeProject) -> None:
    project = planted(make_project, b"#!/bin/sh\r\n# \xc3\xa9\r\necho\techo\r\r\n")
    (finding,) = findings(project, CARRIAGE_RETURN)
    assert str(finding.place) == "run.sh:1"
    assert fixed(project, CARRIAGE_RETURN)
    assert (project.root / "run.sh").read_bytes() == b"#!/bin/sh\n# \xc3\xa9\necho\techo\r\n"
    assert not (project.root / ".gitattributes").exists()


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        (b"*.png binary\n", b"*.png binary\n*.sh text eol=lf\n"),
        (b"*.png binary", b"*.png binary\n*.sh text eol=lf\n"),
        (b"# \xc3\xa9\r\n", b"# \xc3\xa9\r\n*.sh text eol=lf\r\n"),
        (b"", b"*.sh text eol=lf\n"),
        (b"*.sh -text\n", b"*.sh -text\n"),
    ],
)
def test_git_is_held_to_it_where_it_has_attributes(
    make_project: MakeProject, attributes: bytes, expected: bytes
) -> None:
    project = planted(make_project, b"#!/bin/sh\r\n", _gitattributes=attributes)
    assert fixed(project, CARRIAGE_RETURN)
    assert (project.root / ".gitattributes").read_bytes() == expected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"\xef\xbb\xbf#!/bin/sh\necho \xc3\xa9\r\n", b"#!/bin/sh\necho \xc3\xa9\r\n"),
        (b"#!/usr/bin/env node --no-warnings\n1\n", b"#!/usr/bin/env -S node --no-warnings\n1\n"),
        (b"#! /usr/bin/env\tbash -e\n1\n", b"#! /usr/bin/env\t-S bash -e\n1\n"),
    ],
)
def test_a_first_line_that_names_its_interpreter(make_project: MakeProject, before: bytes, after: bytes) -> None:
    project = planted(make_project, before)
    assert findings(project, FLAWED)
    assert fixed(project, FLAWED)
    assert (project.root / "run.sh").read_bytes() == after


@pytest.mark.parametrize(
    ("code", "script"),
    [(CARRIAGE_RETURN, b"#!/bin/sh\r\n\0"), (CARRIAGE_RETURN, b"#!/bin/sh\r -e\n"), (FLAWED, b"#!\necho\n")],
)
def test_what_nobody_can_know_is_left(make_project: MakeProject, code: str, script: bytes) -> None:
    project = planted(make_project, script)
    assert findings(project, code)
    assert set(proposals(project, code)) == {None}


@pytest.mark.parametrize("script", [b"#!/bin/sh\n", b"\x7fELF", b"echo\r\n", b""])
def test_nothing_is_wrong_with_others(make_project: MakeProject, script: bytes) -> None:
    project = planted(make_project, script)
    assert not findings(project, CARRIAGE_RETURN)
    assert not findings(project, FLAWED)


@pytest.mark.parametrize("command", ["RUN dos2unix /run.sh", "COPY --from=other /run.sh /"])
def test_what_the_build_may_change_is_not_judged(make_project: MakeProject, command: str) -> None:
    dockerfile = f"FROM alpine\nCOPY metadata.json /\nCOPY run.sh /\n{command}\n"
    project = planted(make_project, b"#!/bin/sh\r\n", Dockerfile=dockerfile)
    assert not findings(project, CARRIAGE_RETURN)


NOT_EXECUTABLE = "binary-not-executable"


@pytest.mark.needs("os.mkfifo")
@pytest.mark.parametrize(
    ("copy", "expected"),
    [
        ("COPY run.sh /\n", "COPY --chmod=0755 run.sh /\n"),
        ("  copy\trun.sh /\r\n", "  copy\t--chmod=0755 run.sh /\r\n"),
        ('COPY ["run.sh", "/"]\n', 'COPY --chmod=0755 ["run.sh", "/"]\n'),
    ],
)
def test_a_file_is_copied_as_an_executable_one(make_project: MakeProject, copy: str, expected: str) -> None:
    head = "# \u00e9\nFROM scratch\nCOPY metadata.json /\n"
    project = planted(make_project, b"#!/bin/sh\n", Dockerfile=head + copy)
    (project.root / "run.sh").chmod(0o644)
    (finding,) = findings(project, NOT_EXECUTABLE)
    assert (finding.what, str(finding.place)) == ("/run.sh has mode 0644", "run.sh")
    assert fixed(project, NOT_EXECUTABLE)
    # Whoever fixes it goes by what is found afterwards.
    assert is_answered(project, NOT_EXECUTABLE)
    assert (project.root / "Dockerfile").read_bytes().decode() == head + expected


@pytest.mark.needs("os.mkfifo")
@pytest.mark.parametrize("copy", ["COPY run.sh icon.svg /", "COPY . /", "COPY *.sh /", "COPY --link run.sh /"])
def test_bits_of_other_files_are_left(make_project: MakeProject, copy: str) -> None:
    project = planted(make_project, b"#!/bin/sh\n", Dockerfile=f"FROM scratch\nCOPY metadata.json /\n{copy}\n")
    (project.root / "run.sh").chmod(0o644)
    assert findings(project, NOT_EXECUTABLE)
    assert proposals(project, NOT_EXECUTABLE) == [None]


@pytest.mark.needs("os.mkfifo")
@pytest.mark.parametrize(
    ("syntax", "is_fixed"),
    [
        ("docker/dockerfile:1", True),
        ("docker/dockerfile:1.4", True),
        ("docker/dockerfile:1.14.0-labs", True),
        ("docker.io/docker/dockerfile", True),
        ("docker/dockerfile:1.0-experimental", False),
        ("docker/dockerfile:1.1.7", False),
        ("example.com/own", False),
    ],
)
def test_a_syntax_without_the_flag_gets_none(make_project: MakeProject, syntax: str, *, is_fixed: bool) -> None:
    dockerfile = f"# syntax={syntax}\nFROM scratch\nCOPY metadata.json /\nCOPY run.sh /\n"
    project = planted(make_project, b"#!/bin/sh\n", Dockerfile=dockerfile)
    (project.root / "run.sh").chmod(0o644)
    (proposal,) = proposals(project, NOT_EXECUTABLE)
    assert (proposal is not None) == is_fixed


@pytest.mark.needs("os.mkfifo")
@pytest.mark.parametrize(
    ("copy", "mode"),
    [("COPY run.sh /", 0o755), ("COPY --chmod=755 run.sh /", 0o644), ("COPY run.sh /\nRUN chmod +x /run.sh", 0o644)],
)
def test_what_is_executable_or_made_so_is_right(make_project: MakeProject, copy: str, mode: int) -> None:
    project = planted(make_project, b"#!/bin/sh\n", Dockerfile=f"FROM alpine\nCOPY metadata.json /\n{copy}\n")
    (project.root / "run.sh").chmod(mode)
    assert not findings(project, NOT_EXECUTABLE)
