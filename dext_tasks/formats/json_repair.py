"""Text that is nearly JSON, with what its author meant beyond doubt: what other languages allow, and JSON does not.

Trailing commas, comments, keys without quotes and quotes of other kinds are what JSON5 and JavaScript read, with one
meaning, https://spec.json5.org. Whatever else is wrong with a text is left as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from dext_tasks.formats.editing import UneditableError
from dext_tasks.formats.json_syntax import JsonSyntaxError, Slip, SyntaxFault, loads
from dext_tasks.limits import LARGEST_VALUE
from dext_tasks.regex import regex

if TYPE_CHECKING:
    from collections.abc import Callable

# Each is found by a reading of the whole text.
_MOST: Final = 50
_MARK: Final = "\ufeff"
_BLANKS: Final = " \t"
_COMMENT = regex(r"//[^\r\n]*+|#[^\r\n]*+|/\*(?s:.*?)\*/")
_WORD = regex(r"[A-Za-z_$][\w$-]*+(?=[ \t]*+:)")
_LITERALS: Final = {"True": "true", "False": "false", "None": "null"}
_LITERAL = regex(r"(?:True|False|None)(?![\w.+-])")
# What follows a text has to show that it ended where its quote is.
_QUOTED = regex(
    r"(?:'([^'\"\\\x00-\x1f]*+)'|[\u201c\u201d\u201e]([^\"\\\u201c-\u201f\x00-\x1f]*+)[\u201c\u201d])(?=\s*+[,:}\]])"
)


class RepairedJson(NamedTuple):
    """A text that is JSON now.

    Attributes:
        content: The text.
        done: What was done, each once, as a command.
    """

    content: bytes
    done: tuple[str, ...]


class _RepairStep(NamedTuple):
    """One range that is replaced."""

    start: int
    end: int
    new: str
    what: str


def repaired(content: bytes) -> RepairedJson:
    """The text as JSON.

    Raises:
        UneditableError: There is something in it that could be meant in several ways, or nothing is wrong.
    """
    done: list[str] = []
    text = _decoded(content)
    for _ in range(_MOST):
        try:
            loads(text)
        except JsonSyntaxError as error:
            step = _step(text, error.fault)
            if step is None:
                raise UneditableError(str(error)) from error
            text = text[: step.start] + step.new + text[step.end :]
            done.append(step.what)
        else:
            break
    else:
        raise UneditableError("there is too much wrong with it")
    if not done:
        raise UneditableError("nothing is wrong with it")
    return RepairedJson(text.encode(), tuple(dict.fromkeys(done)))


def _decoded(content: bytes) -> str:
    if len(content) > LARGEST_VALUE:
        raise UneditableError("it is too large")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise UneditableError("it is not UTF-8") from error


def _step(text: str, fault: SyntaxFault) -> _RepairStep | None:
    steps: dict[Slip, Callable[[str, int], _RepairStep | None]] = {
        Slip.CHARACTER: _byte_order_mark,
        Slip.COMMENT: _comment,
        Slip.COMMA: _comma,
        Slip.QUOTE: _quotes,
        Slip.WORD: _literal,
    }
    find = steps.get(fault.slip)
    return find(text, fault.offset) if find else None


def _byte_order_mark(text: str, at: int) -> _RepairStep | None:
    return _RepairStep(0, 1, "", "remove the byte order mark") if at == 0 and text.startswith(_MARK) else None


def _comment(text: str, at: int) -> _RepairStep | None:
    found = _COMMENT.match(text, at)
    if found is None:
        return None
    start, end = len(text[:at].rstrip(_BLANKS)), found.end()
    behind = len(text) - len(text[end:].lstrip(_BLANKS))
    is_last = behind == len(text) or text[behind] in "\r\n"
    if not is_last:
        return _RepairStep(at, end, "", "remove the comments")
    is_alone = start == 0 or text[start - 1] in "\r\n"
    if not is_alone:
        return _RepairStep(start, behind, "", "remove the comments")
    return _RepairStep(start, behind + (2 if text.startswith("\r\n", behind) else 1), "", "remove the comments")


def _comma(text: str, at: int) -> _RepairStep | None:
    before = text[:at].rstrip()
    if text[at] in "]}" and before.endswith(","):
        return _RepairStep(len(before) - 1, len(before), "", "remove trailing commas")
    # A value that is left out would be as likely elsewhere.
    is_key = text[at] == '"' and before != text[:at] and "\n" in text[len(before) : at].replace("\r", "\n")
    if is_key and before and before[-1] not in "{[,:" and _is_member(text, at):
        return _RepairStep(len(before), len(before), ",", "add the commas that are missing")
    return None


_MEMBER = regex(r'"[^"\\\x00-\x1f]*+"\s*+:')


def _is_member(text: str, at: int) -> bool:
    return _MEMBER.match(text, at) is not None


def _quotes(text: str, at: int) -> _RepairStep | None:
    if found := _QUOTED.match(text, at):
        inner = found[1] if found[1] is not None else found[2]
        return _RepairStep(at, found.end(), f'"{inner}"', "write double quotes")
    if found := _WORD.match(text, at):
        return _RepairStep(at, found.end(), f'"{found[0]}"', "put keys into quotes")
    return None


def _literal(text: str, at: int) -> _RepairStep | None:
    found = _LITERAL.match(text, at)
    return _RepairStep(at, found.end(), _LITERALS[found[0]], "write true, false and null") if found else None
