"""What is made of a command line before invoke's parser sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from invoke.collection import Collection
from invoke.exceptions import ParseError
from invoke.parser import Parser
from invoke.parser.context import ParserContext
from invoke.program import Program
from invoke.tasks import task

from dext_tasks.errors import UsageError
from dext_tasks.tasks.command_line import Grammar, normal
from dext_tasks.tasks.verb import verb

if TYPE_CHECKING:
    from collections.abc import Sequence

    from invoke.context import Context

    from dext_tasks.tasks.run import Run


@verb(options=["platforms", "check_strict", "build_args"], positional=("name",), changes=True)
def make(run: Run, name: str = "", title: str = "", keep: bool = False, build: bool = True) -> None:  # noqa: FBT001, FBT002 - flags
    """Make something."""


@verb(options=["check_strict", "smoke_timeout"])
def look(run: Run, image: str = "") -> None:
    """Look at something."""


@task(optional=["colour"])
def mine(c: Context, word, colour=None, count=1, loud=False) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001, FBT002 - as users write tasks
    """Belong to somebody else."""


@task
def other(c: Context) -> None:
    """Belong to somebody else, too."""


COLLECTION = Collection("tasks", make, look, mine, other)
OURS = frozenset({"make", "look"})
CORE = ParserContext(args=Program().core_args())


def grammar() -> Grammar:
    return Grammar("inv", CORE, Parser(COLLECTION.to_contexts(), CORE).contexts, OURS)


def read(line: str, *rest: str) -> str:
    return " ".join(normal(grammar(), line.split(), rest))


def refused(tokens: Sequence[str], *rest: str) -> UsageError:
    with pytest.raises(UsageError) as caught:
        normal(grammar(), tokens, rest)
    return caught.value


@pytest.mark.parametrize(
    ("line", "normal_line"),
    [
        ("", ""),
        ("look", "look"),
        ("make demo", "make --name=demo"),
        ("make --title A demo --keep", "make --title=A --name=demo --keep"),
        ("make --name demo", "make --name=demo"),
        ("make --name=demo look", "make --name=demo look"),
        ("make look look", "make --name=look look"),
        ("make --help", "make --help"),
        ("make -h", "make -h"),
        ("make --list", "make --list"),
        ("make --version", "make --version"),
        ("make --dry demo", "make --dry --name=demo"),
        ("make demo -R", "make --name=demo -R"),
        ("make -f file demo", "make -f=file --name=demo"),
        ("make --no-build demo", "make --no-build --name=demo"),
        ("make --keep demo", "make --keep --name=demo"),
        ("make --strict demo", "make --strict=yes --name=demo"),
        ("make --strict no demo", "make --strict=no --name=demo"),
        ("make --strict=no demo", "make --strict=no --name=demo"),
        ("look --strict", "look --strict=yes"),
        ("look --strict look", "look --strict=yes look"),
        ("look --strict off", "look --strict=off"),
        ("look --strict odd", "look --strict=odd"),
        ("look --strict --dry", "look --strict=yes --dry"),
        ("look --strict -R", "look --strict=yes -R"),
        ("look --strict --json", "look --strict=yes --json"),
        ("make --platform a --platform=b", "make --platform=a --platform=b"),
        ("make --build-arg A=1=2 --build-args B=--x", "make --build-arg=A=1=2 --build-args=B=--x"),
        ("make --title=--keep demo", "make --title=--keep --name=demo"),
        ("make --title= demo", "make --title= --name=demo"),
        ("make --title - demo", "make --title=- --name=demo"),
        ("look -vR", "look -v -R"),
        ("look -T5", "look -T=5"),
        ("look --image x make demo", "look --image=x make --name=demo"),
        ("mine look look", "mine look look"),
        ("mine --word look other", "mine --word look other"),
        ("mine --count 3 -l --nope make demo", "mine --count 3 -l --nope make --name=demo"),
        ("mine x --colour make demo", "mine x --colour make --name=demo"),
        ("mine x y make demo", "mine x y make --name=demo"),
        ("other make demo", "other make --name=demo"),
    ],
)
def test_is_read(line: str, normal_line: str) -> None:
    assert read(line) == normal_line


@pytest.mark.parametrize(
    ("line", "rest", "normal_line"),
    [
        ("make", ["demo"], "make --name=demo"),
        ("make", ["--help"], "make --name=--help"),
        ("make --keep", ["my demo"], "make --keep --name=my demo"),
        ("make", ["look"], "make --name=look"),
        ("mine x", ["--whatever", "y"], "mine x"),
        ("", ["inv make --pl"], ""),
    ],
)
def test_what_follows_two_dashes_is_no_flag(line: str, rest: list[str], normal_line: str) -> None:
    assert read(line, *rest) == normal_line


@pytest.mark.parametrize(
    ("tokens", "rest", "message"),
    [
        (["nope"], [], "there is no task nope"),
        (["mak"], [], "there is no task mak; did you mean make?"),
        (["--nope", "look"], [], "there is no flag --nope"),
        (["--strict", "look"], [], "there is no flag --strict"),
        (["look", "--nope"], [], "look has no flag --nope"),
        (["look", "--stict"], [], "look has no flag --stict; did you mean --strict?"),
        (["look", "--rit"], [], "look has no flag --rit"),
        (["look", "--nope=x"], [], "look has no flag --nope"),
        (["look", "-x"], [], "look has no flag -x"),
        (["look", "-xv"], [], "look has no flag -x"),
        (["make", "-x"], [], "make has no flag -x"),
        (["make", "a", "b"], [], "make takes no argument 'b'"),
        (["look", "mak"], [], "look takes no argument 'mak'; did you mean make?"),
        (["look", ""], [], "look takes no argument ''"),
        (["look"], ["x"], "look takes no argument 'x'"),
        (["make", "a"], ["look"], "make takes no argument 'look'"),
        (["look", "--image"], [], "--image needs a value"),
        (["look", "--image", "--json"], [], "--image needs a value, and '--json' looks like another flag"),
        (["look", "--image", "-x"], [], "--image needs a value, and '-x' looks like another flag"),
        (["make", "--platform"], [], "--platform needs a value"),
        (["make", "--platform", "a", "--platform"], [], "--platform needs a value"),
        (["make", "--platform", "--keep"], [], "--platform needs a value, and '--keep' looks like another flag"),
        (["look", "--image", "a", "--image", "b"], [], "--image is given twice"),
        (["look", "--image=a", "--image=a"], [], "--image is given twice"),
        (["look", "--strict", "--strict=no"], [], "--strict is given twice"),
        (["make", "a", "--name", "b"], [], "--name is given twice"),
        (["make", "--name", "b", "a"], [], "make takes no argument 'a'"),
        (["make", "--keep=yes"], [], "--keep takes no value, and was given 'yes'"),
        (["look", "-T", "abc"], [], "-T takes a number, and was given 'abc'"),
        (["look", "-f"], [], "-f needs a value"),
    ],
)
def test_is_refused(tokens: list[str], rest: list[str], message: str) -> None:
    error = refused(tokens, *rest)
    assert error.message == message
    assert error.remedy


WORDS = st.sampled_from(
    [
        *("make", "look", "mine", "other", "demo", "yes", "-", "", "a=b"),
        *("--name", "--title", "--keep", "--no-build", "--strict", "--platform", "--image", "--json", "--strict=no"),
        *("--dry", "-R", "--help", "-v", "-vR", "--nope", "--title=x", "-f", "-T", "--list"),
    ]
)


@given(tokens=st.lists(WORDS, max_size=6), rest=st.lists(WORDS, max_size=2))
def test_any_command_line_is_read_or_refused(tokens: list[str], rest: list[str]) -> None:
    """Whatever is not refused here, invoke reads without a defect."""
    try:
        found = normal(grammar(), tokens, rest)
    except UsageError:
        return
    parser = Parser(COLLECTION.to_contexts(), CORE)
    for name in OURS:
        parser.contexts[name].positional_args.clear()
    try:
        read_by_invoke = parser.parse_argv(found)
    except (ParseError, ValueError):
        return
    named = [each.args["name"].value for each in read_by_invoke if each.name == "make"]
    assert not [each for each in named if str(each or "").startswith("--") and not rest]
