from __future__ import annotations

import pytest

from dext_tasks.formats.dockerfile import DockerfileRefusedError, parse

REST = "FROM scratch\nLABEL a=b\\ c\n"
WITH_BACKSLASH = {"a": "b c"}
WITH_BACKTICK_REFUSED = 'can\'t find = in "c"'


@pytest.mark.parametrize(
    "top",
    [
        "# escape=\\\n",
        "\n# escape=`\n",
        "# comment\n# escape=`\n",
        "# other=1\n# escape=`\n",
        "#!/usr/bin/env docker\n# escape=`\n",
        "# escape\n",
        "# escape=\n",
        "# escape =  \n",
        "FROM scratch AS x\n# escape=`\n",
    ],
)
def test_the_backslash_stays_the_escape_character(top: str) -> None:
    assert parse(top + REST).labels() == WITH_BACKSLASH


@pytest.mark.parametrize(
    "top",
    [
        "# escape=`\n",
        "#escape=`\n",
        "#  EsCaPe  =  `  \r\n",
        "   # escape=`\n",
        "\ufeff# escape=`\n",
        "# syntax=docker/dockerfile:1\n# check=skip=all\n# escape=`\n",
    ],
)
def test_the_backtick_becomes_the_escape_character(top: str) -> None:
    with pytest.raises(DockerfileRefusedError, match=WITH_BACKTICK_REFUSED):
        parse(top + REST)


def test_directives_are_kept() -> None:
    dockerfile = parse("# syntax = docker/dockerfile:1 \n# escape=`\n# not=one\n# check=error=true\nFROM scratch\n")
    assert dockerfile.directives == {"syntax": "docker/dockerfile:1", "escape": "`"}


@pytest.mark.parametrize(
    ("top", "line", "message"),
    [
        ("# escape=`\n# escape=`\n", 2, "only one escape parser directive can be used"),
        ("# syntax=a\n# SYNTAX=b\n", 2, "only one syntax parser directive can be used"),
        ("# escape=x\n", 1, "invalid escape token 'x' does not match ` or \\"),
        ("# escape=``\n", 1, "invalid escape token '``' does not match ` or \\"),
    ],
)
def test_a_wrong_directive_is_refused(top: str, line: int, message: str) -> None:
    with pytest.raises(DockerfileRefusedError) as refused:
        parse(top + REST)
    assert refused.value.message == f"Dockerfile line {line}: {message}"
    assert refused.value.line == line
    assert refused.value.remedy
