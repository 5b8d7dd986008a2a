from __future__ import annotations

import pytest

from dext_tasks.errors import DockerfileInvalidError
from dext_tasks.formats.dockerfile.document import arguments_without_default, parse
from dext_tasks.formats.dockerfile.refusals import DockerfileRefusedError
from dext_tasks.formats.dockerfile.stages import Label

FAMILY = """\
FROM scratch AS base
LABEL a=base b=base
FROM alpine AS other
LABEL a=other
FROM base AS middle
LABEL b=middle c=middle
FROM middle
LABEL c=last
"""


def test_labels_are_inherited_and_the_last_wins() -> None:
    assert parse(FAMILY).labels() == {"a": "base", "b": "middle", "c": "last"}


@pytest.mark.parametrize(
    ("target", "labels"),
    [
        ("base", {"a": "base", "b": "base"}),
        ("OTHER", {"a": "other"}),
        ("middle", {"a": "base", "b": "middle", "c": "middle"}),
    ],
)
def test_labels_of_a_named_stage(target: str, labels: dict[str, str]) -> None:
    assert parse(FAMILY).labels(target) == labels


def test_the_origin_of_an_inherited_label_is_kept() -> None:
    assert parse(FAMILY).effective()["a"] == Label("a", "base", 2, 0)


def test_the_lineage_begins_at_the_image() -> None:
    assert [stage.base for stage in parse(FAMILY).lineage()] == ["scratch", "base", "middle"]


def test_the_last_of_two_stages_with_one_name_is_found() -> None:
    dockerfile = parse("FROM scratch AS x\nFROM scratch AS x\nLABEL a=b\nFROM scratch\n")
    assert dockerfile.target("x").index == 1


def test_every_label_of_a_stage_is_kept() -> None:
    (stage,) = parse("FROM scratch\nLABEL a=1 a=2\nLABEL a=3\n").stages
    assert [label.value for label in stage.labels] == ["1", "2", "3"]


def test_instructions_are_kept() -> None:
    dockerfile = parse("ARG A\nFROM scratch\nCOPY a b\n")
    assert [entry.keyword for entry in dockerfile.instructions] == ["ARG", "FROM", "COPY"]
    assert [entry.keyword for entry in dockerfile.stages[0].instructions] == ["COPY"]


def test_bytes_are_read() -> None:
    assert parse("\ufeffFROM scratch\r\nLABEL a=é\r\n".encode()).labels() == {"a": "é"}


def test_an_unknown_target_is_refused() -> None:
    with pytest.raises(DockerfileRefusedError, match='target stage "nope" could not be found') as refused:
        parse(FAMILY).labels("nope")
    assert "base, other, middle" in refused.value.remedy


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("", "Dockerfile line 1: file with no instructions"),
        ("# nothing\n\n", "Dockerfile line 1: file with no instructions"),
        ("\nARG A\n", "Dockerfile line 2: dockerfile contains no stages to build"),
        ("ARG A\nLABEL a=b\nFROM scratch\n", "Dockerfile line 2: no build stage in current context: LABEL before"),
        ("LABEL a=b\n", "Dockerfile line 1: no build stage in current context: LABEL before"),
        ("ARG A=${}\nFROM scratch\n", "Dockerfile line 1: syntax error: bad substitution"),
    ],
)
def test_a_file_without_a_stage_is_refused(source: str, message: str) -> None:
    with pytest.raises(DockerfileInvalidError) as refused:
        parse(source)
    assert refused.value.message.startswith(message)
    assert refused.value.remedy


UNBUILDABLE = "FROM scratch AS dead\nLABEL a=${VERSION:?needed}\n"


@pytest.mark.parametrize(
    "last",
    [
        "FROM scratch\nLABEL b=c\n",
        "FROM scratch\nCOPY --from=alpine a b\n",
        "FROM scratch\nCOPY --from=7 a b\n",
        "FROM scratch\nRUN --mount=type=cache,target=/dead ls\n",
    ],
)
def test_a_stage_nobody_needs_may_be_unbuildable(last: str) -> None:
    dockerfile = parse(UNBUILDABLE + last)
    assert "a" not in dockerfile.labels()
    with pytest.raises(DockerfileRefusedError, match="line 2: VERSION: needed"):
        dockerfile.labels("dead")


@pytest.mark.parametrize(
    "last",
    [
        "",
        "FROM dead\n",
        "FROM scratch\nCOPY --from=dead a b\n",
        "FROM scratch\nCOPY --from=DEAD a b\n",
        "FROM scratch\nCOPY --from=0 a b\n",
        "FROM scratch\nRUN --mount=type=bind,from=dead,target=/x ls\n",
        "FROM scratch AS m\nCOPY --from=dead a b\nFROM scratch\nCOPY --from=m a b\n",
    ],
)
def test_a_needed_stage_has_to_be_buildable(last: str) -> None:
    with pytest.raises(DockerfileRefusedError, match="line 2: VERSION: needed"):
        parse(UNBUILDABLE + last)
    declared = UNBUILDABLE.replace("LABEL", "ARG VERSION\nLABEL")
    assert parse(declared + last, build_args={"VERSION": "1"}).labels("dead") == {"a": "1"}


def test_stages_may_copy_from_each_other() -> None:
    source = "FROM scratch AS a\nCOPY --from=b x y\nFROM scratch AS b\nCOPY --from=a x y\nLABEL c=d\n"
    assert parse(source).labels() == {"c": "d"}


def test_an_unknown_trigger_is_refused_where_it_is_triggered() -> None:
    with pytest.raises(DockerfileRefusedError, match='line 3: unknown instruction: "NOPE"'):
        parse("FROM scratch AS a\nONBUILD NOPE x\nFROM a\n")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("FROM a\nARG A\nARG B=\nARG C=1 D\nENV E=1", {"A", "D"}),
        ("ARG A=1\nFROM a\nARG A", set()),
        ("ARG A\nFROM a\nARG A\nFROM b\nARG A=1", set()),
        ("FROM a", set()),
    ],
)
def test_arguments_without_default(text: str, names: set[str]) -> None:
    assert arguments_without_default(text) == names
