from __future__ import annotations

import pytest

from dext_tasks.formats.dockerfile.document import parse
from dext_tasks.formats.dockerfile.evaluation import escaped_variables
from dext_tasks.formats.dockerfile.refusals import DockerfileRefusedError
from dext_tasks.formats.dockerfile.stages import Label
from dext_tasks.formats.oci.platform import Platform

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@pytest.mark.parametrize(
    ("body", "labels"),
    [
        ("", {}),
        ("LABEL a=b", {"a": "b"}),
        ("LABEL a=b c=d\nLABEL e=f", {"a": "b", "c": "d", "e": "f"}),
        ("LABEL a=b a=c\nLABEL a=d", {"a": "d"}),
        ("LABEL a=", {"a": ""}),
        ("LABEL key  some  words", {"key": "some  words"}),
        ('LABEL key "some  words"', {"key": "some  words"}),
        ("LABEL key a=b c=d", {"key": "a=b c=d"}),
        ("LABEL a\\ b c", {"a": "b c"}),
        ('LABEL "a b"="c d" \'e\'=f', {"a b": "c d", "e": "f"}),
        ("ENV K=key\nLABEL $K.x=1 \"${K}y\"=2 '$K'=3", {"key.x": "1", "keyy": "2", "$K": "3"}),
        ("LABEL $NONE=1", {"": "1"}),
        ('LABEL a="x"\\\nb="y"', {"a": "xb=y"}),
        ("LABEL a=x\\\ny", {"a": "xy"}),
        ('LABEL a="l1 \\\n  l2"', {"a": "l1   l2"}),
        ("LABEL a=1 \\\n\n# c\n  b=2", {"a": "1", "b": "2"}),
        ("LABEL a=b #c=d", {"a": "b", "#c": "d"}),
        ('LABEL a=\'[{"x": "$Y"}]\'', {"a": '[{"x": "$Y"}]'}),
        ('LABEL a="{\\"x\\": 1}"', {"a": '{"x": 1}'}),
        ("LABEL a=$PATH", {"a": PATH}),
        ("ONBUILD LABEL a=b", {}),
        ("RUN LABEL a=b", {}),
    ],
)
def test_labels(body: str, labels: dict[str, str]) -> None:
    assert parse(f"FROM scratch\n{body}\n").labels() == labels


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("FROM scratch\nARG A=arg\nLABEL x=$A", "arg"),
        ("FROM scratch\nLABEL x=$A\nARG A=arg", ""),
        ("FROM scratch\nARG A=arg\nENV A=env\nLABEL x=$A", "env"),
        # Not what the reference promises, but what a build does.
        ("FROM scratch\nENV A=env\nARG A=arg\nLABEL x=$A", "arg"),
        ("FROM scratch AS b\nENV A=env\nARG A=arg\nFROM b\nLABEL x=$A", "env"),
        ("FROM scratch AS b\nARG A=arg\nFROM b\nLABEL x=$A", "arg"),
        ("FROM scratch AS b\nARG A=arg\nFROM b\nARG A\nLABEL x=$A", "arg"),
        ("FROM scratch AS b\nENV A=env\nFROM scratch\nLABEL x=$A", ""),
        ("FROM scratch\nARG A=arg\nARG A\nLABEL x=$A", "arg"),
        ("ARG A=global\nFROM scratch\nLABEL x=$A", ""),
        ("ARG A=global\nFROM scratch\nARG A\nLABEL x=$A", "global"),
        ("ARG A=global\nFROM scratch\nARG A=own\nLABEL x=$A", "own"),
        ("ARG A=global\nFROM scratch AS b\nARG A=own\nFROM scratch\nARG A\nLABEL x=$A", "global"),
        ("ARG A=1\nARG B=${A}2\nFROM scratch\nARG B\nLABEL x=$B", "12"),
        ("ARG A=$PATH\nFROM scratch\nARG A\nLABEL x=$A", ""),
        ("FROM scratch\nARG A=1 B=$A\nLABEL x=$B", "1"),
        ("FROM scratch\nENV A=1\nENV A=2 B=$A\nLABEL x=$A$B", "21"),
        ("FROM scratch\nENV A=1\nLABEL A=2 x=$A", "1"),
        ("FROM scratch\nARG A='q u'\nLABEL x=$A", "q u"),
        ("FROM scratch\nENV A quoted 'words'\nLABEL x=$A", "quoted words"),
        ("FROM scratch\nARG A\nLABEL x=$A", ""),
        ("FROM scratch\nARG $PATH=1\nLABEL x=$PATH", PATH),
    ],
)
def test_variables(source: str, value: str) -> None:
    assert parse(source + "\n").labels()["x"] == value


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("FROM scratch\nARG A=own\nLABEL x=$A", "given"),
        ("FROM scratch\nARG A\nLABEL x=$A", "given"),
        ("FROM scratch\nLABEL x=$A", ""),
        ("ARG A=global\nFROM scratch\nARG A\nLABEL x=$A", "given"),
        ("ARG A=${NONE:?}\nFROM scratch\nARG A=${NONE:?}\nLABEL x=$A", "given"),
        ("FROM scratch\nARG A=1\nENV A=env\nLABEL x=$A", "env"),
        ("ARG B=$A\nFROM scratch\nARG B\nLABEL x=-$B", "-"),
        ("ARG A\nARG B=$A\nFROM scratch\nARG B\nLABEL x=$B", "given"),
        ("FROM scratch\nARG RAW\nLABEL x=$RAW", "$A 'q"),
        ("FROM scratch\nARG TARGETARCH\nLABEL x=$TARGETARCH", "mine"),
    ],
)
def test_build_arguments(source: str, value: str) -> None:
    build_args = {"A": "given", "RAW": "$A 'q", "TARGETARCH": "mine"}
    assert parse(source + "\n", build_args=build_args).labels()["x"] == value


@pytest.mark.parametrize(
    ("platform", "value"),
    [
        (None, "linux/amd64 linux amd64  default linux/amd64"),
        (Platform("linux", "arm64"), "linux/arm64 linux arm64  default linux/arm64"),
        (Platform("linux", "arm"), "linux/arm/v7 linux arm v7 default linux/arm/v7"),
        (Platform("linux", "arm", "v6"), "linux/arm/v6 linux arm v6 default linux/arm/v6"),
    ],
)
def test_predefined_arguments(platform: Platform | None, value: str) -> None:
    source = (
        "FROM scratch\nARG TARGETPLATFORM TARGETOS TARGETARCH TARGETVARIANT TARGETSTAGE BUILDPLATFORM\n"
        'LABEL x="$TARGETPLATFORM $TARGETOS $TARGETARCH $TARGETVARIANT $TARGETSTAGE $BUILDPLATFORM"\n'
    )
    assert parse(source, platform=platform).labels() == {"x": value}


def test_predefined_arguments_have_to_be_declared_in_a_stage() -> None:
    assert parse("FROM scratch\nLABEL x=$TARGETARCH\n").labels() == {"x": ""}


def test_the_target_stage_is_the_last_one() -> None:
    source = "FROM scratch AS a\nFROM scratch AS Final\nARG TARGETSTAGE\nLABEL x=$TARGETSTAGE\n"
    assert parse(source).labels() == {"x": "final"}


def test_stages() -> None:
    source = (
        "ARG BASE=alpine\nARG TAG\nFROM --platform=$BUILDPLATFORM ${BASE}:3.22 AS Builder\n"
        'FROM builder\nFROM "scratch" AS last\n'
    )
    stages = parse(source, platform=Platform("linux", "arm64")).stages
    found = [(stage.index, stage.name, stage.base, stage.platform, stage.line, stage.parent) for stage in stages]
    assert found == [
        (0, "builder", "alpine:3.22", "linux/arm64", 3, None),
        (1, "", "builder", "", 4, 0),
        (2, "last", "scratch", "", 5, None),
    ]


def test_a_stage_may_be_named_like_its_image() -> None:
    stages = parse("FROM alpine AS alpine\nFROM alpine AS alpine\n").stages
    assert [stage.parent for stage in stages] == [None, 0]


def test_a_platform_chooses_the_stage() -> None:
    source = "FROM scratch AS for-amd64\nLABEL a=intel\nFROM scratch AS for-arm64\nLABEL a=arm\nFROM for-$TARGETARCH\n"
    assert parse(source).labels() == {"a": "intel"}
    assert parse(source, platform=Platform("linux", "arm64")).labels() == {"a": "arm"}


def test_each_label_knows_where_it_stands() -> None:
    source = 'FROM scratch\nLABEL a=1 \\\n  # c\n  "b"=2 c=3 \\\n\n  d=4\nLABEL a 5\n'
    (stage,) = parse(source).stages
    assert stage.labels == (
        Label("a", "1", 2, 0),
        Label("b", "2", 4, 0),
        Label("c", "3", 4, 0),
        Label("d", "4", 6, 0),
        Label("a", "5", 7, 0),
    )


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("LABEL x=$V", ("V",)),
        ("ARG V\nLABEL x=v$V", ("V",)),
        ("ARG V=\nLABEL x=$V", ("V",)),
        ("ARG V=1\nLABEL x=$V", ()),
        ("LABEL x=${V:-1}", ()),
        ("ARG V\nENV W=w$V\nLABEL x=$W$W", ("V",)),
        ("ARG V\nARG W=$V\nLABEL x=$W$U", ("V", "U")),
        ("LABEL x='$V'", ()),
        ('LABEL x="costs $5"', ("5",)),
        ("LABEL x=$PATH", ()),
    ],
)
def test_unresolved_variables_are_told(body: str, names: tuple[str, ...]) -> None:
    assert parse(f"FROM scratch\n{body}\n").effective()["x"].unresolved == names


def test_the_environment_of_a_base_image_is_not_known() -> None:
    label = parse("FROM alpine\nLABEL x=$PATH\n").effective()["x"]
    assert (label.unresolved, label.unknown) == (("PATH",), ("PATH",))


@pytest.mark.parametrize(
    ("source", "names"),
    [
        # A build may fill it.
        ("FROM scratch\nARG V\nLABEL x=$V", ("V",)),
        ("FROM scratch\nARG V=\nLABEL x=$V", ("V",)),
        ('FROM scratch\nARG V=""\nLABEL x=$V', ("V",)),
        ("FROM scratch\nARG V\nENV W=$V\nLABEL x=$W", ("V",)),
        ("FROM scratch\nARG V\nARG W=$V\nLABEL x=a$W", ("V",)),
        ("FROM scratch AS b\nARG V\nFROM b\nLABEL x=$V", ("V",)),
        ("FROM scratch AS b\nARG V\nENV W=$V\nFROM b\nLABEL x=$W", ("V",)),
        ("ARG V\nFROM scratch\nARG V\nLABEL x=$V", ("V",)),
        ("ARG V=\nFROM scratch\nARG V\nLABEL x=$V", ("V",)),
        ("ARG V\nARG W=$V\nFROM scratch\nARG W\nLABEL x=$W", ("V",)),
        ("ARG V\nARG W=${V:-}\nFROM scratch\nARG W\nLABEL x=${W:-}", ("W",)),
        ("ARG V\nARG W=a${V:+$V}\nFROM scratch\nARG W\nLABEL x=${W#a}", ("V",)),
        ("FROM scratch\nARG V\nLABEL x=${V:-}", ("V",)),
        ("FROM scratch\nARG V\nLABEL x=${V-}", ("V",)),
        ("FROM scratch\nARG V\nLABEL x=${V:+is-$V}", ("V",)),
        ("FROM scratch\nARG V\nLABEL x=${V+is-$V}", ("V",)),
        ("FROM scratch\nARG V=\nLABEL x=${V:-}", ("V",)),
        ("FROM scratch\nARG V\nARG W\nLABEL x=${V:-$W}", ("W", "V")),
        ("FROM scratch\nARG V\nENV V=${V:-}\nLABEL x=$V", ("V",)),
        ("FROM scratch\nARG V\nENV W=${V:-}\nLABEL x=${W#v}${W/a/b}", ("V",)),
        ("FROM scratch\nARG V\nLABEL x=${V:?need}", ("V",)),
        ("FROM scratch\nARG V\nLABEL x=a${V?need}", ("V",)),
        ("FROM scratch\nARG V=\nLABEL x=${V:?need}", ("V",)),
        ("FROM scratch\nARG V\nENV W=${V:?need}\nLABEL x=${W:?need}", ("V",)),
        ("ARG V\nARG W=${V:?need}\nFROM scratch\nARG W\nLABEL x=$W", ("V",)),
        ("FROM alpine\nLABEL x=${V:?need}", ("V",)),
        ("FROM alpine\nLABEL x=${V:-}", ("V",)),
        ("FROM alpine\nLABEL x=$V", ("V",)),
        ("FROM alpine AS b\nFROM b\nLABEL x=$V", ("V",)),
        # Nothing can.
        ("FROM scratch\nLABEL x=$V", ()),
        ("FROM scratch\nLABEL x=$V\nARG V", ()),
        ("ARG V\nFROM scratch\nLABEL x=$V", ()),
        ("FROM scratch AS b\nARG V\nFROM scratch\nLABEL x=$V", ()),
        ("FROM scratch\nARG V=1\nLABEL x=$V", ()),
        ("FROM scratch\nARG V\nARG V=1\nLABEL x=$V", ()),
        ("FROM scratch\nARG V\nLABEL x=${V:-1}", ()),
        ("FROM scratch\nARG V\nLABEL x=a${V:+-$V}", ()),
        ("FROM scratch\nLABEL x=${V:-}", ()),
        ("FROM scratch\nARG V=1\nLABEL x=${V:+}", ()),
        ("FROM scratch\nARG TARGETVARIANT\nLABEL x=$TARGETVARIANT", ()),
        ('FROM alpine\nLABEL x="costs $5"', ()),
        ("FROM scratch\nENV V=\nLABEL x=$V", ()),
    ],
)
def test_a_variable_without_value_is_empty_or_not_known(source: str, names: tuple[str, ...]) -> None:
    assert parse(f"{source}\n").effective()["x"].unknown == names


@pytest.mark.parametrize(
    ("source", "build_args"),
    [
        ("FROM scratch\nLABEL x=${V:?need}", {}),
        ("FROM scratch\nLABEL x=${V?need}\nARG V", {}),
        ("FROM scratch\nENV V=\nLABEL x=${V:?need}", {}),
        ("FROM alpine\nENV V=\nLABEL x=${V:?need}", {}),
        ("FROM scratch\nARG V\nLABEL x=${V:?need}", {"V": ""}),
    ],
)
def test_what_is_required_and_can_have_no_value_is_refused(source: str, build_args: dict[str, str]) -> None:
    with pytest.raises(DockerfileRefusedError, match="V: need"):
        parse(f"{source}\n", build_args=build_args)


def test_what_is_given_is_known_even_if_it_is_empty() -> None:
    label = parse("FROM scratch\nARG V=1\nLABEL x=$V\n", build_args={"V": ""}).effective()["x"]
    assert (label.value, label.unresolved, label.unknown) == ("", (), ())


@pytest.mark.parametrize(
    ("word", "names"),
    [
        (r"\$HOME", {"HOME"}),
        (r'"\$HOME/x"', {"HOME"}),
        (r'"\${HOME}/x \$PATH"', {"HOME", "PATH"}),
        ('"It\'s \\$HOME"', {"HOME"}),
        (r"""'a'"\$B"'\$C'""", {"B"}),
        ("'$HOME'", set()),
        (r"'\$HOME'", set()),
        (r'"\\$HOME"', set()),
        (r'"$HOME \\"', set()),
        ("$HOME", set()),
        (r"\$", set()),
    ],
)
def test_a_variable_whose_dollar_is_escaped_is_meant_as_text(word: str, names: set[str]) -> None:
    assert escaped_variables(word, "\\") == names
    assert parse(f"FROM scratch\nLABEL x={word}\n").effective()["x"].escaped == names


def test_the_escape_directive_counts_for_what_is_meant_as_text() -> None:
    assert parse('# escape=`\nFROM scratch\nLABEL x="`$HOME \\$PATH"\n').effective()["x"].escaped == {"HOME"}


def test_triggers_run_first_in_the_stage_built_on_theirs() -> None:
    source = (
        "FROM scratch AS base\nONBUILD LABEL o=$V\nONBUILD ENV V=2\nONBUILD LABEL \\\n  p=$V\nONBUILD RUN <<E\n"
        "E\nENV V=1\nFROM base AS middle\nLABEL b=$V\nFROM middle\n"
    )
    dockerfile = parse(source)
    assert dockerfile.labels("base") == {}
    assert dockerfile.stages[1].labels == (Label("o", "1", 2, 1), Label("p", "2", 5, 1), Label("b", "2", 10, 1))
    assert dockerfile.stages[2].labels == ()


def test_a_trigger_does_not_know_the_escape_directive() -> None:
    source = "# escape=`\nFROM scratch AS base\nONBUILD LABEL a=b\\ c=d\nFROM base\n"
    assert parse(source).labels() == {"a": "b\\ c=d"}


@pytest.mark.parametrize(
    ("before", "stage", "found"),
    [
        ("ARG V=1", "COPY $V /", [("V", "COPY", 3)]),
        ("ARG V", "ENV A=b \\\n  B=${V:-x}", [("V", "ENV", 3)]),
        ("ARG V=1", "RUN echo $V && echo ${V} $W", [("V", "RUN", 3)]),
        ("ARG V=1", "RUN <<E\necho $V\nE", [("V", "RUN", 3)]),
        ("ARG V=1", "RUN --mount=type=cache,id=$V make", [("V", "RUN", 3)]),
        ("ARG V=1", "ARG W=$V", [("V", "ARG", 3)]),
        ("#", "RUN GOARCH=$TARGETARCH go build", [("TARGETARCH", "RUN", 3)]),
        ("#", "ENV TARGETARCH=$TARGETARCH", [("TARGETARCH", "ENV", 3)]),
        # Declared, set, of a shell's own, escaped, for later, or nobody's.
        ("ARG V=1", "ARG V\nCOPY $V /", []),
        ("ARG V=1", "ENV V=2\nCOPY $V /", []),
        ("ARG V=1", "RUN V=2; echo $V", []),
        ("ARG V=1", "RUN for V in a; do echo $V; done", []),
        ("ARG V=1", "RUN read -r V && echo $V", []),
        ("ARG V=1", r"RUN echo \$V $$V", []),
        ("ARG V=1", "CMD echo $V", []),
        ("ARG HTTP_PROXY", "RUN curl -x $HTTP_PROXY x", []),
        ("#", "COPY $V /", []),
        ("ARG G\nARG V=$G", "ARG V\nCOPY $V /", []),
    ],
)
def test_arguments_that_a_stage_does_not_declare(before: str, stage: str, found: list[tuple[str, str, int]]) -> None:
    dockerfile = parse(f"{before}\nFROM scratch\n{stage}\n")
    assert [(each.name, each.keyword, each.line) for each in dockerfile.unrepeated()] == found


def test_a_label_knows_which_of_its_arguments_its_stage_does_not_declare() -> None:
    source = "ARG V=1\nARG W=1\nFROM scratch\nARG W\nLABEL x=$V$W$X$TARGETARCH\n"
    dockerfile = parse(source)
    assert dockerfile.effective()["x"].unrepeated == ("V", "TARGETARCH")
    assert dockerfile.unrepeated() == ()


def test_of_stages_only_those_count_that_are_needed_and_what_one_declares_holds_for_those_built_on_it() -> None:
    source = "ARG V=1\nFROM scratch AS other\nCOPY $V /\nFROM scratch AS base\nARG V\nFROM base\nCOPY $V /\n"
    assert parse(source).unrepeated() == ()
    assert [each.line for each in parse(source).unrepeated("other")] == [3]
