"""What to do about absolute addresses in the entry page: in the page itself, or in what builds it."""

from __future__ import annotations

import re
from posixpath import basename, dirname
from typing import TYPE_CHECKING

from dext_tasks.checks.fixes.documents import answer, content_of
from dext_tasks.checks.fixes.edit import fixer
from dext_tasks.extension import page
from dext_tasks.extension.page import AddressTarget
from dext_tasks.extension.theme import MANIFEST
from dext_tasks.extension.ui_build import BASE, CONFIGS, HOMEPAGE
from dext_tasks.formats.editing import UneditableError
from dext_tasks.formats.javascript_editing import with_string
from dext_tasks.formats.json_editing import put
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from dext_tasks.checks.fixes.edit import EditedTree, Fix, Proposal
    from dext_tasks.checks.rule import Finding

_RELATIVE = "./"
_HERE = "."
# Members of a package.json that a homepage stands behind.
_BEFORE_HOMEPAGE = "version"


@fixer("ui-script-absolute", "ui-picture-absolute")
def _absolute(finding: Finding, tree: EditedTree) -> Proposal:
    name = basename(finding.place.file)
    if name in CONFIGS or name == MANIFEST:
        return _by_builder(finding, tree)
    return _in_page(finding, tree)


def _by_builder(finding: Finding, tree: EditedTree) -> Proposal:
    before = content_of(finding, [tree.source.ui_build.document], tree)
    try:
        if basename(finding.place.file) == MANIFEST:
            after = put(before, (HOMEPAGE,), _HERE, after=_BEFORE_HOMEPAGE)
            return answer(finding, 'build with relative addresses: "homepage": "."', before, after)
        return answer(finding, "build with relative addresses: base './'", before, with_string(before, BASE, _RELATIVE))
    except UneditableError:
        return None


def _in_page(finding: Finding, tree: EditedTree) -> Fix | None:
    """A page that nothing builds, at the top of the folder that is installed: its address is relative to that."""
    entry = tree.source.entry_page
    before = content_of(finding, [entry.document], tree)
    if dirname(entry.path) != entry.root.rstrip("/"):
        return None
    loads = [each for each in page.loads(before) if each.where is AddressTarget.ABSOLUTE and not each.base]
    found = {
        each.address
        for each in loads
        if each.line == finding.place.line and finding.what == f"{excerpt(each.address)} is an absolute address"
    }
    if len(found) != 1:
        return None
    address = found.pop().encode()
    attribute = re.compile(rb"(=\s{0,9}[\"']?)" + re.escape(address) + rb"(?=[\"'\s>])")
    ends = [each.end(1) for each in attribute.finditer(before) if _line(before, each.start()) == finding.place.line]
    if len(ends) != 1 or not address.startswith(b"/"):
        return None
    what = f"write the address relative to the page: .{address.decode()}"
    return answer(finding, what, before, before[: ends[0]] + b"." + before[ends[0] :])


def _line(content: bytes, at: int) -> int:
    return content.count(b"\n", 0, at) + 1
