"""The questions of a template, for a front end that asks them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

import yaml

from dext_tasks.scaffold.answers import CHOICES, NOWHERE, Answers, Surroundings, derive
from dext_tasks.scaffold.templates import CONFIGURATION, template_path
from dext_tasks.scaffold.validation import judge

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True)
class Question:
    """One question.

    Attributes:
        name: Attribute of ``Answers``.
        text: What to ask.
        default: The answer if the person just presses return.
        choices: The only possible answers, or none for free text.
        meanings: What a choice means, where that is said.
        excluded: Answers that cannot be given, each with the reason, such as choices that others leave no room for.
    """

    name: str
    text: str
    default: str
    choices: tuple[str, ...]
    meanings: Mapping[str, str] = field(default_factory=dict)
    excluded: Mapping[str, str] = field(default_factory=dict)


def questions(defaults: Answers) -> tuple[Question, ...]:
    """The template's questions in the order to ask them, with ``defaults`` as what to propose.

    Later proposals follow from earlier answers: ask for name and image first, then ``derive`` again.

    Raises:
        ScaffoldError: The installation lacks the template.
    """
    proposed = defaults.written()
    return tuple(
        Question(name, asked["help"], proposed[name], tuple(CHOICES.get(name, ())), CHOICES.get(name, {}))
        for name, asked in _asked().items()
    )


@dataclass(frozen=True)
class ListedQuestion:
    """A question as it is listed before anything is answered.

    Attributes:
        name: Attribute of ``Answers``.
        text: What is asked.
        default: What is taken if nobody answers; empty where that follows from other answers.
        choices: The only possible answers with what each means, or none for free text.
    """

    name: str
    text: str
    default: str
    choices: Mapping[str, str]


def listed() -> tuple[ListedQuestion, ...]:
    """Every question in the order of asking, for people who answer by flags or in a file."""
    one, other = (derive(name, image=f"{name}/{name}").written() for name in ("one", "other"))
    fixed = {name: default for name, default in one.items() if default == other[name]}
    return tuple(
        ListedQuestion(name, asked["help"], fixed.get(name, ""), CHOICES.get(name, {}))
        for name, asked in _asked().items()
    )


def _asked() -> dict[str, dict[str, Any]]:
    configuration = yaml.safe_load((template_path() / CONFIGURATION).read_text(encoding="utf-8"))
    return {
        name: question
        for name, question in configuration.items()
        if not name.startswith("_") and question.get("when", True)
    }


class Ask(Protocol):
    """Whoever can be asked."""

    def __call__(self, question: Question, fault: str) -> str:
        """The answer to a question; empty to keep what is proposed.

        Args:
            question: What to ask.
            fault: What was wrong with the answer before; empty the first time.
        """


def interview(
    given: Mapping[str, str],
    ask: Ask,
    judge_folder: Callable[[str], str],
    around: Callable[[str], Surroundings] = lambda _: NOWHERE,
) -> Answers:
    """Every answer: those that are given, and those that are asked for; each proposal follows from what is before it.

    Args:
        given: Answers that were judged already, by attribute of ``Answers``; empty ones are asked for.
        ask: Gives an answer.
        judge_folder: What is wrong with the folder of a name; empty if nothing is.
        around: What is known of the folder of a name.
    """
    found_in = cache(around)
    known = {each.name: given.get(each.name, "") for each in fields(Answers)}

    def fault_of(name: str, answer: str) -> str:
        return judge(name, answer, known) or (judge_folder(answer) if name == "name" else "")

    for name in [question.name for question in questions(derive(**known))]:
        if not known[name]:
            found = derive(**known | asdict(found_in(known["name"])))
            (question,) = (each for each in questions(found) if each.name == name)
            known[name] = _accepted(_possible(question, known), ask, fault_of)
    return derive(**known | asdict(found_in(known["name"])))


def _possible(question: Question, known: Mapping[str, str]) -> Question:
    """The question with only the choices that the other answers leave, and nothing proposed that cannot be taken."""
    if not question.choices:
        return replace(question, default="") if judge(question.name, question.default, known) else question
    faults = {choice: judge(question.name, choice, known) for choice in question.choices}
    left = tuple(choice for choice, fault in faults.items() if not fault)
    excluded = {choice: fault for choice, fault in faults.items() if fault}
    default = question.default if question.default in left else left[0]
    return replace(question, default=default, choices=left, excluded=excluded)


def _accepted(question: Question, ask: Ask, fault_of: Callable[[str, str], str]) -> str:
    """The first answer that can be used; nobody is asked where there is only one."""
    if len(question.choices) == 1:
        return question.default
    answer = ask(question, "").strip() or question.default
    while fault := fault_of(question.name, answer):
        answer = ask(question, fault).strip() or question.default
    return answer
