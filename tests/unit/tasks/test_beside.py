"""The verbs beside tasks of somebody else's."""

from __future__ import annotations

from invoke.collection import Collection
from invoke.tasks import task

from dext_tasks import namespace, tasks_for, with_verbs


@task
def hello(_: object) -> None:
    """Mine."""


@task(name="release")
def publish(_: object) -> None:
    """Mine, too."""


def test_tasks_of_a_module_stay_and_the_verbs_come() -> None:
    made = with_verbs({"hello": hello, "other": 3, "ns": "no collection"})
    assert set(made.task_names) == {"hello", *namespace.task_names}


def test_a_collection_of_a_module_is_extended_in_place() -> None:
    own = Collection(hello)
    assert with_verbs({"namespace": own, "publish": publish}) is own
    assert {"hello", "check", "release.status"} <= set(own.task_names)
    assert with_verbs({"ns": Collection("first"), "namespace": own}) is not own


def test_of_one_name_that_of_the_module_wins_and_every_verb_is_still_there() -> None:
    made = with_verbs({"publish": publish})
    assert made["release"] is publish
    assert {f"dext.{name}" for name in namespace.task_names} <= set(made.task_names)
    assert "release.status" not in made.task_names


def test_a_collection_called_dext_wins_too() -> None:
    own = Collection(publish, dext=Collection(hello))
    assert with_verbs({"ns": own})["dext.hello"] is hello
    assert "dext.check" not in own.task_names


def test_of_several_extensions_each_has_a_name() -> None:
    made = with_verbs({"hello": hello}, tasks_for("some/a"), tasks_for("some/hello"))
    assert {"a.check", "a.release.status"} <= set(made.task_names)
    assert made["hello"] is hello
    assert "check" not in made.task_names
