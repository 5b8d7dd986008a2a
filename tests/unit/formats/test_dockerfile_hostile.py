"""Nothing a Dockerfile can hold makes the reader fail in any other way than by refusing it."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.formats.dockerfile.document import parse
from dext_tasks.formats.dockerfile.refusals import DockerfileRefusedError
from dext_tasks.formats.dockerfile.substitution import LONGEST_VALUE

FRAGMENTS = st.sampled_from(
    [
        *("FROM ", "scratch", " AS ", "x", "\nFROM x\n", "\nLABEL ", "\nENV ", "\nARG ", "\nONBUILD ", "\nRUN "),
        *("COPY ", "--from=", "--mount=from=", "--platform=", "<<EOF", "<<-'E'", "\nEOF\n", "\nE\n", "# escape=`\n"),
        *("# syntax=", "a=", "=", '"', "'", "\\", "`", "\\\n", "`\n", "\n", "\r\n", "# ", " ", "\t", "\xa0", "[", "]"),
        *("${", "}", "$", "$A", "${A:-", "${A:+", "${A?", "${A#", "${A%%", "${A/", "${A//", "/", "*", "?", ":"),
        *("A", "1", "\x00", "\ufeff", "\udcff", "é", "\u2028", "{", "--", ",", '["a"]', "TARGETARCH"),
    ]
)
DOCKERFILES = st.lists(FRAGMENTS, max_size=40).map("".join)


def read(source: str | bytes) -> None:
    with suppress(DockerfileRefusedError):
        dockerfile = parse(source, build_args={"A": "a/b*c"})
        for stage in dockerfile.stages:
            with suppress(DockerfileRefusedError):
                dockerfile.effective(stage.name or None)
            assert all(stage.line <= label.line or stage.parent is not None for label in stage.labels)


@given(st.text())
def test_any_text(source: str) -> None:
    read(source)


@given(st.binary())
def test_any_bytes(source: bytes) -> None:
    read(source)


@given(DOCKERFILES)
def test_any_mixture(source: str) -> None:
    read(source)


@given(DOCKERFILES)
def test_any_mixture_in_a_stage(source: str) -> None:
    read(f"FROM scratch AS x\nARG A=a\nLABEL a={source}\n")


@given(st.text(alphabet="$*{}:-+?#%/'\"\\ A1", max_size=40))
def test_any_value(value: str) -> None:
    read(f"FROM scratch\nARG A\nLABEL a={value}\n")


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=40)))
def test_a_json_value_in_single_quotes_survives(content: dict[str, str]) -> None:
    value = "".join(char for char in repr(content) if char not in "'\n\r")
    assert parse(f"FROM scratch\nLABEL a='{value}'\n").labels() == {"a": value}


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "source",
    [
        "FROM scratch\nENV A=xx\n" + "ENV A=$A$A\n" * 100 + "LABEL a=$A\n",
        "FROM scratch\nLABEL a=" + "${A:-" * 10_000 + "}" * 10_000 + "\n",
        "FROM scratch\nLABEL a=" + '"${A:-' * 5_000 + "\n",
        "FROM scratch\nLABEL " + "a= " * 20_000 + "\n",
        "FROM scratch\nLABEL a=b" + " \\\n" * 20_000 + "c=d\n",
        "FROM scratch\nENV A=" + "a" * 60_000 + "\nLABEL a=${A##" + "*a" * 500 + "b}\n",
        "FROM scratch\nENV A=" + "a" * 60_000 + "\nLABEL a=${A//a*b/x} b=${A//a/xyz}\n",
        "FROM scratch AS a0\n" + "".join(f"FROM a{n} AS a{n + 1}\n" for n in range(2_000)),
        "FROM scratch\n" + "RUN <<EOF " * 3_000 + "\n",
        "FROM scratch\nRUN " + "[" * 60_000 + "\n",
        "FROM scratch\nRUN [" + "9" * 60_000 + "]\n",
        "FROM scratch\nCOPY --from=" + "9" * 60_000 + " a b\n",
        "#" + " " * 60_000 + "x=" + " " * 1_000 + "y\nFROM scratch\n",
        "# syntax=" + "x " * 20_000 + "\nFROM scratch\n",
        "FROM scratch\nLABEL a=" + " " * 60_000 + "x\n",
        "FROM scratch\n" + "\\" * 60_000 + "\n",
        "FROM scratch\nRUN --" + "\\" * 60_001 + "\n",
        "FROM scratch\nRUN " + "--a " * 15_000 + "\n",
    ],
    ids=range(18),
)
def test_bounded_time(source: str) -> None:
    read(source)


def test_a_variable_that_repeats_itself_is_refused() -> None:
    source = "FROM scratch\nENV A=xx\n" + "ENV A=$A$A\n" * 100
    with pytest.raises(DockerfileRefusedError, match=f"variables expand to more than {LONGEST_VALUE} characters"):
        parse(source)
