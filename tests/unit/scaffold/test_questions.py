from __future__ import annotations

from dataclasses import asdict

from dext_tasks.extension.labels import CATEGORY_NAMES
from dext_tasks.scaffold.answers import derive
from dext_tasks.scaffold.questions import questions

DEFAULTS = derive("hello", image="acme/hello")


def test_there_is_one_question_an_answer() -> None:
    assert [question.name for question in questions(DEFAULTS)] == [
        "name",
        "image",
        "title",
        "description",
        "vendor",
        "publisher_url",
        "repository",
        "category",
    ]
    assert {question.name for question in questions(DEFAULTS)} == set(asdict(DEFAULTS))


def test_the_proposals_are_the_derived_answers() -> None:
    assert {question.name: question.default for question in questions(DEFAULTS)} == asdict(DEFAULTS)


def test_every_question_has_a_text_of_one_line() -> None:
    assert all(question.text and "\n" not in question.text for question in questions(DEFAULTS))


def test_only_the_category_is_a_choice() -> None:
    choices = {question.name: question.choices for question in questions(DEFAULTS) if question.choices}
    assert choices == {"category": CATEGORY_NAMES}
