"""What compose made of compose files in one run, asked once of what has one answer."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, replace
from posixpath import relpath
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeAlias

from dext_tasks.errors import DextError
from dext_tasks.errors import InterruptedError as Interrupted
from dext_tasks.formats.compose.variables import IMAGE_VARIABLE
from dext_tasks.regex import regex
from dext_tasks.smoke.outcome import ProbeFailedError

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping
    from pathlib import Path

    from dext_tasks.engine.services import Services

_WORD = regex(r"[\w.-]+")
_Document: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class ComposeQuestion:
    """What compose is asked: a compose file of one installation, with all that decides the answer.

    Attributes:
        file: In a folder that lies in a folder of the run's own, whose name is random.
        beside: The file of variables beside it, if there is one.
        contents: Every file that compose reads, by its path; None if it is not there. None if there may be others.
        environment: The caller's variables that it is given.
        own: Reference of the extension's image.
        services: Which compose project it is.
    """

    file: Path
    beside: tuple[Path, ...]
    contents: Mapping[str, bytes | None] | None
    environment: Mapping[str, str]
    own: str
    services: Services

    @property
    def top(self) -> Path:
        """The folder of the run's own."""
        return self.file.parent.parent

    def ask(self) -> _Document:
        """Ask compose.

        Raises:
            DextError: It refuses the file.
        """
        variables = self.top / "variables.env"
        variables.write_text(f"{IMAGE_VARIABLE}={self.own}\n", encoding="utf-8")
        return self.services.resolve(self.file, [*self.beside, variables], self.environment)


class Resolutions:
    """Answers of compose, which serve every installation of the same files.

    Installations differ in the folder, the project and the extension's image. Compose is asked with random words in
    place of the last two, and a folder's name is random itself. No file can hold such a word, so wherever one stands
    in an answer, compose put it there, and what it stands for can take its place. The words for an image have the
    punctuation of its reference, so that what compose splits is split alike; where some of them are left, compose is
    asked anew.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._answers: dict[Hashable, tuple[str, str]] = {}
        self._word, self._project = (f"{kind}{secrets.token_hex(16)}" for kind in ("image", "project"))

    def answer(self, question: ComposeQuestion) -> _Document:
        """The compose file as compose understands it; nobody else holds the same document.

        Raises:
            ProbeFailedError: Compose refuses it.
            InterruptedError: The run was interrupted.
        """
        try:
            shared = self._shared(question) if question.contents is not None else ""
            return json.loads(shared) if shared else question.ask()
        except Interrupted:
            raise
        except DextError as error:
            said = (self._meant(text, question, question.top.name) for text in (error.message, error.detail))
            raise ProbeFailedError(*said) from error

    def _shared(self, question: ComposeQuestion) -> str:
        """The answer as JSON; empty if that of another installation does not tell it."""
        neutral = replace(
            question, own=self._neutral(question), services=replace(question.services, project=self._project)
        )
        key = _key(neutral)
        # Whoever waits here needs the answer, and asking is bounded.
        with self._lock:
            if key not in self._answers:
                self._answers[key] = question.top.name, json.dumps(neutral.ask())
            folder, text = self._answers[key]
        meant = self._meant(text, question, folder)
        return "" if self._word in meant else meant

    def _neutral(self, question: ComposeQuestion) -> str:
        return _WORD.sub(self._word, question.own)

    def _meant(self, text: str, question: ComposeQuestion, folder: str) -> str:
        """A text with what the words stand for in an installation; none of it has a character that JSON escapes."""
        text = text.replace(folder, question.top.name).replace(self._neutral(question), question.own)
        return text.replace(self._project, question.services.project)


def _key(question: ComposeQuestion) -> Hashable:
    """Of all that decides the answer, but for the name of the folder."""
    folder, contents = question.file.parent, question.contents or {}
    return (
        question.own,
        # Paths that lead out of the folder depend on where it is.
        question.top.parent,
        question.file.relative_to(question.top),
        question.beside != (),
        tuple(sorted(question.environment.items())),
        frozenset((relpath(path, folder), content) for path, content in contents.items()),
    )
