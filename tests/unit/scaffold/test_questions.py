from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest

from dext_tasks.extension.labels import CATEGORY_NAMES
from dext_tasks.scaffold.answers import CHOICES, NOWHERE, Surroundings, derive
from dext_tasks.scaffold.questions import interview, questions

if TYPE_CHECKING:
    from dext_tasks.scaffold.questions import Question


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
        "frontend",
        "backend",
        "compose",
        "host_binaries",
        "ci",
        "license",
        "updates",
        "api_version",
    ]
    # Neither the year nor where it is made is asked for.
    assert {question.name for question in questions(DEFAULTS)} == set(asdict(DEFAULTS)) - {"year", "folder"}


def test_the_proposals_are_the_derived_answers() -> None:
    assert {question.name: question.default for question in questions(DEFAULTS)} | {
        "year": "",
        "folder": "",
    } == DEFAULTS.written()


def test_every_question_has_a_text_of_one_line() -> None:
    assert all(question.text and "\n" not in question.text for question in questions(DEFAULTS))


def test_choices_are_those_of_the_table() -> None:
    choices = {question.name: question.choices for question in questions(DEFAULTS) if question.choices}
    assert choices == {name: tuple(each) for name, each in CHOICES.items()}
    assert choices["category"] == CATEGORY_NAMES


TEXTS = ["name", "image", "title", "description", "vendor", "publisher_url", "repository", "category"]
# Nobody is asked what has one answer only.
EVERY = [question.name for question in questions(DEFAULTS) if len(question.choices) != 1]


class Person:
    """Answers by the name of the question, one answer after the other, and takes what is proposed otherwise."""

    def __init__(self, **answers: list[str]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, str]] = []
        self.proposals: dict[str, str] = {}

    def __call__(self, question: Question, fault: str) -> str:
        self.asked.append((question.name, fault))
        self.proposals[question.name] = question.default
        answers = self.answers.get(question.name)
        return answers.pop(0) if answers else ""


def anywhere(_name: str) -> str:
    return ""


def test_everything_is_asked_in_order_where_nothing_is_given() -> None:
    person = Person(name=["hello"])
    assert interview({}, person, anywhere) == derive("hello")
    assert person.asked == [(name, "") for name in EVERY]
    assert EVERY[: len(TEXTS)] == TEXTS


def test_what_is_given_is_not_asked() -> None:
    person = Person()
    given = {"name": "hello", "image": "acme/hello", "vendor": "Acme", "title": ""}
    assert interview(given, person, anywhere) == derive("hello", image="acme/hello", vendor="Acme")
    assert [name for name, _ in person.asked] == [name for name in EVERY if not given.get(name)]


def test_each_proposal_follows_from_the_answers_before_it() -> None:
    person = Person(name=["log-viewer"], image=["acme/logs"])
    interview({}, person, anywhere)
    proposed = derive("log-viewer", image="acme/logs").written() | {"name": "", "image": "my-org/log-viewer"}
    assert person.proposals == {name: proposed[name] for name in EVERY}


def test_an_answer_that_cannot_be_used_is_asked_for_again_at_once() -> None:
    person = Person(name=["", "My Tool", "hello"], image=["My-Org/ok", " my-org/ok "])
    assert interview({}, person, anywhere).image == "my-org/ok"
    assert person.asked[:5] == [
        ("name", ""),
        ("name", "it must not be empty"),
        ("name", "use lower case letters and digits, with single '.', '_' or '-' between them"),
        ("image", ""),
        ("image", "write it in lower case: my-org/ok"),
    ]


def test_a_name_whose_folder_is_taken_is_asked_for_again() -> None:
    person = Person(name=["taken", "free"])
    faults = {"taken": "taken holds files already: x"}
    assert interview({}, person, lambda name: faults.get(name, "")).name == "free"
    assert person.asked[:2] == [("name", ""), ("name", "taken holds files already: x")]


@pytest.mark.parametrize("given", [{}, {"name": "tool"}])
def test_a_clone_s_address_is_proposed_with_what_follows_from_it(given: dict[str, str]) -> None:
    person = Person(name=["tool"])
    clone = Surroundings("https://gitlab.com/Acme/tool", "LICENSE")
    answers = interview(given, person, anywhere, lambda name: {"tool": clone}.get(name, NOWHERE))
    assert answers.license == person.proposals["license"] == "none"
    assert person.proposals["image"] == "acme/tool"
    assert person.proposals["vendor"] == "acme"
    assert person.proposals["repository"] == "https://gitlab.com/Acme/tool"


def test_a_category_is_one_of_the_list() -> None:
    person = Person(category=["tools", "database"])
    assert interview({"name": "x"}, person, anywhere).category == "database"
    assert [fault[:14] for name, fault in person.asked if name == "category"] == ["", "choose one of "]


@pytest.fixture
def every_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CHOICES, "backend", {"go": "", "none": ""})
    monkeypatch.setitem(CHOICES, "compose", {"no": "", "yes": ""})


@pytest.mark.usefixtures("every_choice")
def test_choices_that_contradict_an_earlier_answer_are_not_offered() -> None:
    person = Person(backend=["none"], ci=["gitlab"])
    answers = interview({"name": "x"}, person, anywhere)
    assert (answers.backend, answers.compose, answers.updates) == ("none", False, "renovate")
    assert "compose" not in [name for name, _ in person.asked]
    person = Person(ci=["gitlab"], updates=["dependabot", "none"])
    assert interview({"name": "x"}, person, anywhere).updates == "none"
    assert [fault for name, fault in person.asked if name == "updates"] == [
        "",
        "Dependabot runs on GitHub only: choose renovate",
    ]


@pytest.mark.parametrize(
    ("given", "answers", "why"),
    [
        ({"compose": "yes"}, {"backend": ["none", "go"]}, "the second service is there for a backend: choose one"),
        (
            {"updates": "dependabot"},
            {"ci": ["gitlab", "github"]},
            "Dependabot runs on GitHub only: choose another pipeline, or renovate as what proposes updates",
        ),
    ],
)
def test_choices_that_contradict_a_given_answer_are_not_offered(
    given: dict[str, str], answers: dict[str, list[str]], why: str
) -> None:
    ((name, (choice, other)),) = answers.items()
    seen: list[Question] = []
    person = Person(**answers)

    def ask(question: Question, fault: str) -> str:
        seen.append(question)
        return person(question, fault)

    made = interview({"name": "x", **given}, ask, anywhere)
    assert made.written()[name] == other
    assert [fault for about, fault in person.asked if about == name] == ["", why]
    assert [(choice in each.choices, each.excluded) for each in seen if each.name == name] == [
        (False, {choice: why})
    ] * 2


def test_a_default_that_the_given_answers_contradict_is_not_proposed() -> None:
    person = Person(name=["x"])
    # A clone from there gets its pipeline.
    clone = Surroundings("https://gitlab.com/acme/x")
    answers = interview({"updates": "dependabot"}, person, anywhere, lambda _: clone)
    assert (answers.ci, person.proposals["ci"]) == ("none", "none")


def test_what_cannot_be_taken_is_not_proposed() -> None:
    person = Person(name=["x"], image=["docker/x"], vendor=["", "Acme"])
    assert interview({}, person, anywhere).vendor == "Acme"
    assert person.proposals["vendor"] == ""


def test_a_name_that_is_too_long_is_refused_before_its_image_is_proposed() -> None:
    person = Person(name=["a" * 250, "a" * 100])
    assert interview({}, person, anywhere).image == f"my-org/{'a' * 100}"
    assert [fault for _, fault in person.asked if fault] == ["it is too long: write at most 100 characters"]


@pytest.mark.usefixtures("every_choice")
def test_choices_are_asked_for_as_words() -> None:
    person = Person(backend=["go"], compose=["maybe", "yes"])
    assert interview({"name": "x"}, person, anywhere).compose
    assert [fault for name, fault in person.asked if name == "compose"] == ["", "choose one of no, yes"]


def test_who_stops_answering_ends_it() -> None:
    def leave(question: Question, fault: str) -> str:
        del question, fault
        raise EOFError

    with pytest.raises(EOFError):
        interview({}, leave, anywhere)
