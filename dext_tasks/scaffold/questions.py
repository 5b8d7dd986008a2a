"""The questions of a template, for a front end that asks them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from dext_tasks.scaffold.templates import CONFIGURATION, DEFAULT, template_path

if TYPE_CHECKING:
    from dext_tasks.scaffold.answers import Answers


@dataclass(frozen=True)
class Question:
    """One question.

    Attributes:
        name: Attribute of ``Answers``.
        text: What to ask.
        default: The answer if the person just presses return.
        choices: The only possible answers, or none for free text.
    """

    name: str
    text: str
    default: str
    choices: tuple[str, ...]


def questions(defaults: Answers, *, template: str = DEFAULT) -> tuple[Question, ...]:
    """The template's questions in the order to ask them, with ``defaults`` as what to propose.

    Later proposals follow from earlier answers: ask for name and image first, then ``derive`` again.

    Raises:
        ScaffoldError: There is no template of that name.
    """
    return tuple(
        Question(name, asked["help"], getattr(defaults, name), tuple(asked.get("choices", ())))
        for name, asked in _asked(template).items()
    )


def _asked(template: str) -> dict[str, dict[str, Any]]:
    configuration = yaml.safe_load((template_path(template) / CONFIGURATION).read_text(encoding="utf-8"))
    return {
        name: question
        for name, question in configuration.items()
        if not name.startswith("_") and question.get("when", True)
    }
