"""Reports with every kind of finding, and smoke tests with every outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dext_tasks.checks.report import check
from dext_tasks.checks.rule import DockerStep, Problem, Rule, Severity
from dext_tasks.checks.run import Checked
from dext_tasks.checks.selection import Selection
from dext_tasks.checks.summary import Summary
from dext_tasks.formats.oci.platform import REQUIRED
from dext_tasks.smoke.result import Attachment, Outcome, ProbeResult, SmokeResult
from dext_tasks.sources.facts import Place
from dext_tasks.sources.source import AbsentSource, Source

if TYPE_CHECKING:
    from collections.abc import Iterable


_ODD = '(required) image label "KEY" is odd'


def _label(_: Source) -> Iterable[Problem]:
    return [Problem("label x.y is [empty]", Place(file="Dockerfile", line=3, label="x.y"), _ODD.replace("KEY", "x.y"))]


def _paths(_: Source) -> Iterable[Problem]:
    return [Problem("/icon.svg is not in the image", Place(path="/icon.svg", platform=each)) for each in REQUIRED]


def _accepted(_: Source) -> Iterable[Problem]:
    return [Problem("100% odd,\nand :known", Place(file="a,b:c.md"))]


def _unsaid(source: Source) -> Iterable[Problem]:
    return [Problem("", Place()) for _ in source.files]


RULES = (
    Rule(
        "label-odd",
        "t1",
        Severity.ERROR,
        _ODD,
        "why 1",
        "fix 1",
        "https://one.example/",
        _label,
        step=DockerStep.LABELS,
    ),
    Rule("path-odd", "t2", Severity.WARNING, "", "why 2", "fix 2", "https://two.example/", _paths),
    Rule("note-odd", "t3", Severity.NOTE, "", "why 3", "fix 3", "https://three.example/", _accepted),
    Rule("file-odd", "t4", Severity.ERROR, "", "why 4", "fix 4", "https://four.example/", _unsaid),
)


@pytest.fixture
def checked() -> Checked:
    """An error, a warning on two platforms, a note, and a rule that cannot be asked."""
    return Checked(check([AbsentSource("source tree", "a tree shows no files")], RULES), Summary(("runs privileged",)))


@pytest.fixture
def accepting() -> Checked:
    """The same, where the error is accepted."""
    selection = Selection(ignore={"label-*": "known, and harmless"})
    return Checked(check([AbsentSource("source tree", "a tree shows no files")], RULES, selection), Summary())


@pytest.fixture
def clean() -> Checked:
    """Nothing found."""
    return Checked(check([AbsentSource("source tree", "silent")], ()), Summary())


AMD64, ARM64 = REQUIRED
# One grey pixel.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010800000000"
    "3a7e9b550000000a49444154789c6368000000820081"
    "77cd72b60000000049454e44ae426082"
)


@pytest.fixture
def smoked() -> list[SmokeResult]:
    """A platform that passed, and an emulated one with every way not to."""
    seen = (
        Attachment("light", "image/png", PNG),
        Attachment("dark", "image/png", PNG),
        Attachment("console", "text/plain", b"[info] \x1b[32mready\x1b[0m\n<b>bold</b>\n"),
        Attachment("calls", "application/json", b'[{"member": "vm.service"}]'),
    )
    good = (
        ProbeResult("start", Outcome.PASSED, "started", 0.5),
        ProbeResult("host binaries", Outcome.SKIPPED, "there is none", 0.0),
        ProbeResult("UI", Outcome.PASSED, "no error", 4.25, attachments=seen),
        ProbeResult("uninstall", Outcome.PASSED, "nothing is left", 1.0),
    )
    bad = (
        ProbeResult("start", Outcome.EMULATOR_CRASH, "it ended", 12.0, "qemu: uncaught target signal"),
        ProbeResult("host binaries", Outcome.SKIPPED, "there is none", 0.0),
        ProbeResult("UI", Outcome.ABORTED, "a probe before it failed", 0.0),
        ProbeResult("uninstall", Outcome.FAILED, "a network is left", 1.5, "acme_default"),
    )
    return [
        SmokeResult(AMD64, f"sha256:{'a' * 64}", emulated=False, probes=good),
        SmokeResult(ARM64, f"sha256:{'b' * 64}", emulated=True, probes=bad, crashes=("qemu: signal 11",)),
    ]
