"""Signing what was published, with the program cosign."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from dext_tasks import cosign
from dext_tasks.formats.oci.reference import short
from dext_tasks.release.steps.step import ReleaseStep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dext_tasks.release.observe import World
    from dext_tasks.release.state import Intent, Outlook
    from dext_tasks.release.steps.step import ReleaseRun, Step


class Sign(ReleaseStep):
    """Signs the digest of the index that was read back."""

    title: ClassVar[str] = "sign"
    writes_to_registry: ClassVar[bool] = True

    def plan(self, outlook: Outlook) -> Iterator[Step]:
        """Only where it is asked for."""
        if outlook.intent.signs:
            yield self.unless(_done(outlook), str(outlook.intent.target), "sign its digest with cosign")

    def needs(self, world: World, _: Intent) -> Iterator[Callable[[], None]]:  # noqa: ARG002 - as ReleaseStep
        """See ReleaseStep."""
        yield cosign.require_program

    def run(self, run: ReleaseRun, _: Step) -> None:
        """See ReleaseStep."""
        key = run.world.project.settings.release_sign_key
        named = f"{run.intent.image.name}@{run.published.digest}"
        if not run.world.repository.digest(_signature_tag(run.digest)):
            cosign.sign(named, key, run.world.engines.current.client.redacted)
        run.write(replace(run.journal, signed=run.digest))


def _done(outlook: Outlook) -> str:
    """Why nothing is left to sign; empty if something is."""
    ours, journal = outlook.ours, outlook.state.journal
    if ours is None:
        return ""
    is_signed = journal and journal.signed == ours.digest
    return f"{short(ours.digest)} was signed" if is_signed or _signature_tag(ours.digest) in outlook.state.tags else ""


def _signature_tag(digest: str) -> str:
    """Where signatures are, unless the registry lists what refers to a manifest.

    https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md#tag-based-discovery
    """
    return f"{digest.replace(':', '-')}.sig"
