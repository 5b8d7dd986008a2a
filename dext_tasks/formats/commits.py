"""What commits say of themselves by the convention of https://www.conventionalcommits.org/en/v1.0.0/."""

from __future__ import annotations

from dataclasses import dataclass

from dext_tasks.regex import regex

_LONGEST = 700
_HEADER = regex(r"(?P<type>[A-Za-z]{1,30})(?:\((?P<scope>[^()\r\n]{1,100})\))?(?P<breaking>!)?: +(?P<what>\S.*)")
# In upper case, where it is a footer: https://www.conventionalcommits.org/en/v1.0.0/#specification (12, 15 and 16)
_BREAKING = regex(r"BREAKING[ -]CHANGE: +(?P<what>\S.*)")


@dataclass(frozen=True)
class ConventionalCommit:
    """A commit and what it changes.

    Attributes:
        id: Its hash.
        type: Such as ``feat`` or ``fix``, in lower case; empty if it does not follow the convention.
        scope: What part it is of; empty if it does not say.
        what: What it does, on one line.
        breaking: What breaks by it; empty if nothing does.
    """

    id: str
    type: str
    scope: str
    what: str
    breaking: str = ""

    @classmethod
    def of(cls, identity: str, message: str) -> ConventionalCommit:
        """Read a commit's message; whatever it is, it is read as one."""
        lines = [line.strip()[:_LONGEST] for line in message.strip().splitlines()] or [""]
        found = _HEADER.fullmatch(lines[0])
        if found is None:
            # As git writes it: https://git-scm.com/docs/git-revert
            return cls(identity, "revert" if lines[0].startswith('Revert "') else "", "", lines[0])
        footers = [said["what"] for line in lines[1:] if (said := _BREAKING.fullmatch(line))]
        breaking = footers[0] if footers else found["what"] if found["breaking"] else ""
        return cls(identity, found["type"].lower(), found["scope"] or "", found["what"], breaking)

    def __str__(self) -> str:
        scope = f"({self.scope})" if self.scope else ""
        return f"{self.type}{scope}{'!' if self.breaking else ''}: {self.what}" if self.type else self.what
