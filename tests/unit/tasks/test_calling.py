"""A verb may be called in every way in which invoke or a user's own task calls a task."""

from __future__ import annotations

import json
from inspect import signature
from typing import TYPE_CHECKING, Any

import pytest
from invoke.collection import Collection
from invoke.context import Context
from invoke.exceptions import Exit
from invoke.executor import Executor
from invoke.tasks import call as called
from invoke.tasks import task

from dext_tasks import errors
from dext_tasks.config import Settings
from dext_tasks.formats.oci.platform import REQUIRED
from dext_tasks.tasks import namespace
from dext_tasks.tasks.verb import verb

if TYPE_CHECKING:
    from collections.abc import Callable

    from invoke.tasks import Call, Task

    from dext_tasks.project import Project
    from dext_tasks.tasks.run import Run
    from tests.unit.conftest import MakeProject

AMD64, ARM64 = REQUIRED
Seen = list[tuple[str, bool, Settings]]


@pytest.fixture(autouse=True)
def project(make_project: MakeProject, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project in the current folder, without a Dockerfile."""
    made = make_project({"metadata.json": "{}"})
    monkeypatch.chdir(made.root)
    return made


@pytest.fixture
def seen() -> Seen:
    return []


@pytest.fixture
def show(seen: Seen) -> Task[Any]:
    @verb(options=["platforms", "check_strict", "smoke_timeout"])
    def show(run: Run, word: str = "hello", loud: bool = False) -> None:  # noqa: FBT001, FBT002 - flags
        """Keep what it was called with."""
        seen.append((word, loud, run.resolved.settings))
        assert run.output.as_json is False

    return show


def execute(*tasks: Any, default: str | None = None) -> None:  # noqa: ANN401 - invoke types its decorator as a Callable
    """As ``inv mine`` does, or a bare ``inv`` where there is a default task."""
    collection = Collection("mine", *(each for each in tasks if each.name != default))
    for each in tasks:
        if each.name == default:
            collection.add_task(each, default=True)
    Executor(collection).execute(*(() if default else ("mine",)))


def as_pre_task(show: Task[Any]) -> None:
    @task(pre=[show])
    def mine(_: Context) -> None:
        """Run the verb before."""

    execute(mine)


def as_post_task(show: Task[Any]) -> None:
    @task(post=[show])
    def mine(_: Context) -> None:
        """Run the verb after."""

    execute(mine)


def as_default_task(show: Task[Any]) -> None:
    execute(show, default="show")


def as_function(show: Task[Any]) -> None:
    show(Context())


def within_a_task(show: Task[Any]) -> None:
    @task
    def mine(c: Context) -> None:
        """Call the verb."""
        show(c)

    execute(mine)


WAYS = [as_pre_task, as_post_task, as_default_task, as_function, within_a_task]


@pytest.mark.parametrize("way", WAYS)
def test_what_is_not_given_has_its_default(way: Callable[[Task[Any]], None], show: Task[Any], seen: Seen) -> None:
    way(show)
    assert seen == [("hello", False, Settings())]


@pytest.mark.parametrize(
    ("made", "word", "changed"),
    [
        (lambda show: called(show, platform=["linux/amd64"]), "hello", {"platforms": (AMD64,)}),
        (lambda show: called(show, platform="arm64"), "hello", {"platforms": (ARM64,)}),
        (lambda show: called(show, "hi", strict=True), "hi", {"check_strict": True}),
        (lambda show: called(show, word="hi", strict=False), "hi", {}),
        (lambda show: called(show, smoke_timeout=60), "hello", {"smoke_timeout": 60.0}),
        (lambda show: called(show, smoke_timeout="1.5"), "hello", {"smoke_timeout": 1.5}),
        (lambda show: called(show, platform=None, strict=None), "hello", {}),
    ],
)
def test_what_is_given_reaches_it(
    show: Task[Any], seen: Seen, made: Callable[[Task[Any]], Call], word: str, changed: dict[str, object]
) -> None:
    @task(pre=[made(show)])
    def mine(_: Context) -> None:
        """Run the verb before."""

    execute(mine)
    ((said, _, settings),) = seen
    assert said == word
    assert {name: value for name, value in vars(settings).items() if value != vars(Settings())[name]} == changed


@pytest.mark.parametrize(
    ("args", "kwargs", "said"),
    [
        ((), {"stict": True}, "there is no argument stict; did you mean strict?"),
        ((), {"platforms": ["linux/amd64"]}, "there is no argument platforms; did you mean platform?"),
        ((), {"check_strict": True}, "there is no argument check_strict; did you mean strict?"),
        ((), {"smoke_settle": 1}, "there is no argument smoke_settle"),
        ((), {"nonsense": 1}, "there is no argument nonsense"),
        (("a",), {"word": "b"}, "'word'"),
        ((), {"word": 5}, "word is 5, and must be text"),
        ((), {"loud": "no"}, "loud is 'no', and must be True or False"),
        ((), {"json": "yes"}, "json is 'yes', and must be True or False"),
        ((), {"path": 5}, "path is 5, and must be a path"),
        (("a", True, [], True, 1, ".", False, False, "more"), {}, "many"),
    ],
)
def test_a_call_that_does_not_fit_is_wrong_usage(
    show: Task[Any],
    capsys: pytest.CaptureFixture[str],
    args: tuple[object, ...],
    kwargs: dict[str, object],
    said: str,
) -> None:
    with pytest.raises(Exit) as ended:
        show(Context(), *args, **kwargs)
    assert ended.value.code == errors.UsageError.exit_code
    line, remedy = capsys.readouterr().err.splitlines()
    assert line.startswith("error: `show` cannot be called like this")
    assert said in line
    assert remedy == "  next: it takes word, loud, platform, strict, smoke_timeout, path, json, verbose"


def test_a_call_that_does_not_fit_is_a_document_where_one_is_asked_for(
    show: Task[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Exit):
        show(Context(), platforms=["linux/amd64"], json=True)
    assert json.loads(capsys.readouterr().out)["error"]["kind"] == "UsageError"


def test_a_list_of_texts_is_no_text(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Exit):
        namespace["ci.matrix"](Context(), extension="a=extensions/a")
    assert "extension is 'a=extensions/a', and must be a list of strings" in capsys.readouterr().err


def test_the_context_may_be_named(show: Task[Any], seen: Seen) -> None:
    show(c=Context(), word="hi")
    assert [word for word, _, _ in seen] == ["hi"]


@pytest.mark.parametrize(("args", "kwargs"), [((), {}), ((), {"word": "hi"}), (("hi",), {})])
def test_without_a_context_it_says_so(show: Task[Any], args: tuple[str, ...], kwargs: dict[str, str]) -> None:
    with pytest.raises(TypeError, match="Context"):
        show(*args, **kwargs)


@pytest.mark.parametrize("way", [as_pre_task, as_post_task, as_function, within_a_task])
def test_a_verb_that_fails_within_a_task_ends_it_with_its_code(way: Callable[[Task[Any]], None]) -> None:
    with pytest.raises(Exit) as ended:
        way(namespace["check"])
    assert ended.value.code == errors.DockerfileMissingError.exit_code


@pytest.mark.parametrize("name", sorted(namespace.task_names))
def test_no_argument_of_a_verb_is_without_a_default(name: str) -> None:
    needed = [each.name for each in signature(namespace[name].body).parameters.values() if each.default is each.empty]
    assert needed == ["c"]
