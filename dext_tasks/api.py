"""The public API: what Python programs may rely on. docs/api.md explains it with an example.

Nothing is printed, results are frozen dataclasses, and every error is a ``DextError``, one class per exit code
(``dext_tasks.errors``). What is called is logged to ``logging.getLogger("dext_tasks")``.
"""

from __future__ import annotations

from dext_tasks.checks.report import Report
from dext_tasks.checks.rule import Finding, Rule, Severity
from dext_tasks.checks.run import Checked
from dext_tasks.config import Settings
from dext_tasks.engine.build import BuildListener, Built, SilentBuild
from dext_tasks.engine.facts import ImageFacts
from dext_tasks.errors import DextError
from dext_tasks.extension.version import Bump
from dext_tasks.formats.oci.platform import Platform
from dext_tasks.formats.oci.reference import Reference
from dext_tasks.release.abort import LeftBehind, Removal
from dext_tasks.release.handover import Handover
from dext_tasks.release.listing import Entry, Known, Listing, VersionStatus
from dext_tasks.release.plan import Plan
from dext_tasks.release.proof import Proof, ProofVerdict, Proven
from dext_tasks.release.run import PlannedRelease, Released
from dext_tasks.release.steps.step import ReleaseObserver, SilentRelease, Step, StepStatus
from dext_tasks.smoke.installation import Candidate
from dext_tasks.smoke.result import Outcome, ProbeResult, SmokeResult
from dext_tasks.smoke.run import SilentSmoke, SmokeListener
from dext_tasks.sources.facts import Place
from dext_tasks.workspace import Workspace, load

__all__ = [
    "BuildListener",
    "Built",
    "Bump",
    "Candidate",
    "Checked",
    "DextError",
    "Entry",
    "Finding",
    "Handover",
    "ImageFacts",
    "Known",
    "LeftBehind",
    "Listing",
    "Outcome",
    "Place",
    "Plan",
    "PlannedRelease",
    "Platform",
    "ProbeResult",
    "Proof",
    "ProofVerdict",
    "Proven",
    "Reference",
    "ReleaseObserver",
    "Released",
    "Removal",
    "Report",
    "Rule",
    "Settings",
    "Severity",
    "SilentBuild",
    "SilentRelease",
    "SilentSmoke",
    "SmokeListener",
    "SmokeResult",
    "Step",
    "StepStatus",
    "VersionStatus",
    "Workspace",
    "load",
]
