"""What JUnit documents have in common, and text that XML and HTML can hold."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET  # only writes XML, never reads any

from dext_tasks.console.text import SEQUENCE
from dext_tasks.project_files import GENERATOR
from dext_tasks.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# What XML 1.0 cannot hold, not even escaped: https://www.w3.org/TR/xml/#charsets
_NOT_XML = regex("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_COUNTED = {"failures": "failure", "errors": "error", "skipped": "skipped"}


def clean(text: str) -> str:
    """Text without what XML cannot hold and without a terminal's sequences."""
    return _NOT_XML.sub("�", SEQUENCE.sub("", text))


def suite(name: str, cases: Sequence[ET.Element], properties: Sequence[tuple[str, str]] = ()) -> ET.Element:
    """A ``testsuite`` with its counts and what else is reported of it."""
    made = ET.Element("testsuite", {"name": clean(name), **_counts(cases)})
    listed = ET.SubElement(made, "properties") if properties else made
    for key, value in properties:
        ET.SubElement(listed, "property", {"name": clean(key), "value": clean(value)})
    made.extend(cases)
    return made


def document(suites: Iterable[ET.Element]) -> str:
    """One ``testsuites`` document with the counts of all suites."""
    found = list(suites)
    counts = _counts([case for each in found for case in each.iter("testcase")])
    root = ET.Element("testsuites", counts)
    root.extend(found)
    ET.indent(root)
    declaration, _, content = ET.tostring(root, encoding="unicode", xml_declaration=True).partition("\n")
    return f"{declaration}\n<!-- made by {GENERATOR} -->\n{content}\n"


def _counts(cases: Sequence[ET.Element]) -> dict[str, str]:
    counts = {key: str(sum(case.find(tag) is not None for case in cases)) for key, tag in _COUNTED.items()}
    return {"tests": str(len(cases)), **counts}
