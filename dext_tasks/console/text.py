"""Text of images, files and logs as it may be shown: nothing in it is obeyed by a terminal or a CI system."""

from __future__ import annotations

import re

from dext_tasks.regex import regex

# Colours and cursor movements in logs: ECMA-48, 5.4, as below.
SEQUENCE = regex(r"\x1b\[[0-?]*[ -/]*[@-~]")
# Everything a terminal acts on but the line feed and the tab, and what turns the direction of text or parts lines
# (https://trojansource.codes): text from images and logs is shown, not obeyed.
_CONTROL = regex("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
# What a GitHub runner takes for a command of ours in whatever a step prints: at the beginning of a line, blanks left
# aside, and anywhere. https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
_COMMAND = regex(r"^([^\S\n]*)::|##\[", re.MULTILINE)


def printable(text: str) -> str:
    """Text of any number of lines without what a terminal would act on."""
    return _CONTROL.sub("", SEQUENCE.sub("", text))


def visible(text: str) -> str:
    """The same for a single line or table cell: line feeds are shown, too."""
    return printable(text).replace("\n", "\\n")


def uncommanding(text: str) -> str:
    """Text that no CI system takes for a command: a backslash stands before what would begin one."""
    return _COMMAND.sub(lambda found: rf"{found[1]}\::" if found[0].endswith("::") else r"#\#[", text)


def inert(document: str) -> str:
    """A JSON or XML document that says the same, and in which a CI system finds no command; any other as it is."""
    if document.startswith(("{", "[")):
        # A number sign is in strings only, and no line of one begins with a colon.
        return document.replace("##[", "#\\u0023[")
    if document.startswith("<"):
        return _COMMAND.sub(lambda found: f"{found[1]}&#58;:" if found[0].endswith("::") else "#&#35;[", document)
    return document
