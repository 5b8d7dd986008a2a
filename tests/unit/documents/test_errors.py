"""docs/exit-codes.md and docs/troubleshooting.md."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from documents.errors import FREQUENT, exit_codes_page, troubleshooting_page
from documents.messages import Message, messages

from dext_tasks.errors import DextError, leaves

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.made

LEAVES = leaves()
NAMES = [leaf.__name__ for leaf in LEAVES]
SOURCE = """
ADVICE = "ask " "again"
FAULTS = (fault("pattern", errors.GitError, "no answer", ADVICE), fault("pattern", GitError))

def f(name):
    raise UsageError(f"there is no {name!r}", remedy="name " "another")
    raise UsageError(text, remedy="say it")
    raise GitError("`git` | failed", remedy=advice)
    raise GitError("it failed", remedy=f"see {name}")
    raise ValueError("a defect", remedy="none")
"""


@pytest.mark.parametrize("leaf", LEAVES, ids=NAMES)
def test_a_code_is_documented(leaf: type[DextError], repository: Path) -> None:
    page = (repository / "docs" / "exit-codes.md").read_text(encoding="utf-8")
    assert f"| {leaf.exit_code} | `{leaf.__name__}` |" in page


def test_no_message_names_one_of_our_classes(repository: Path) -> None:
    sources = [file.read_text(encoding="utf-8") for file in (repository / "dext_tasks").rglob("*.py")]
    ours = {name for text in sources for name in re.findall(r"^ *class (\w+)", text, re.MULTILINE)}
    lines = troubleshooting_page(repository / "dext_tasks").splitlines()
    said = [line for line in lines if line.startswith(("- ", "  Next: "))]
    assert len(said) > 100
    names = {name for name in ours if re.search("[a-z][A-Z]", name)}
    assert [line for line in said if names & set(re.findall(r"\w+", line))] == []


def test_the_documentation_is_the_generated_one(repository: Path) -> None:
    assert (repository / "docs" / "exit-codes.md").read_text(encoding="utf-8") == exit_codes_page()
    made = troubleshooting_page(repository / "dext_tasks")
    assert (repository / "docs" / "troubleshooting.md").read_text(encoding="utf-8") == made


def test_messages_are_those_whose_text_stands_in_the_source(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(SOURCE, encoding="utf-8")
    assert messages(tmp_path) == [
        Message("GitError", "it failed", "see …"),
        Message("GitError", "no answer", "ask again"),
        Message("UsageError", "there is no …", "name another"),
    ]
    page = troubleshooting_page(tmp_path)
    assert "\n## 46: A git command failed\n\n- `it failed`\\\n  Next: see ….\n" in page
    assert page.index("## 2: ") < page.index("## 46: ")


def test_what_newcomers_meet_is_what_is_said(repository: Path) -> None:
    said = [part for each in messages(repository / "dext_tasks") for part in (each.text, each.remedy)]
    assert [text for text, *_ in FREQUENT if not any(text in part for part in said)] == []
