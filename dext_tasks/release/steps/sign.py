"""Signing what was published, with the program cosign."""

from __future__ import annotations

import logging
import shutil
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Final

from dext_tasks import calls
from dext_tasks.errors import PreflightError, SigningError
from dext_tasks.formats.oci.reference import short
from dext_tasks.redaction import without_logins
from dext_tasks.release.steps.step import ReleaseStep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dext_tasks.release.observe import World
    from dext_tasks.release.state import Intent, Outlook
    from dext_tasks.release.steps.step import ReleaseRun, Step

_LOG = logging.getLogger(__name__)
# Somebody may have to log in with a browser; seconds.
_LONGEST: Final = 600.0
_REMEDY: Final = "see what cosign says above, then run the same command again: it continues with the signature"


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
        yield _require_program

    def run(self, run: ReleaseRun, _: Step) -> None:
        """See ReleaseStep."""
        key = run.world.project.settings.release_sign_key
        named = f"{run.intent.image.name}@{run.published.digest}"
        # What cosign needs to know in secret it takes from its own variables, such as COSIGN_PASSWORD:
        # https://docs.sigstore.dev/cosign/signing/signing_with_containers/
        if not run.world.repository.digest(_signature_tag(run.digest)):
            _cosign("sign", "--yes", *(["--key", key] if key else []), named)
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


def _require_program() -> None:
    if shutil.which("cosign") is None:
        raise PreflightError(
            "release.sign is set, and cosign is not on PATH",
            remedy="install it (https://docs.sigstore.dev/cosign/system_config/installation/), or set release.sign to "
            "false",
        )


def _cosign(*arguments: str) -> None:
    _require_program()
    command = ["cosign", *arguments]
    try:
        with calls.command(_LOG, command) as call:
            done = subprocess.run(  # noqa: S603 - a list, never a shell string
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                encoding="utf-8",
                errors="replace",
                timeout=_LONGEST,
            )
            call.exited(done.returncode)
    except subprocess.TimeoutExpired:
        raise SigningError(f"cosign did not end within {_LONGEST:.0f} s", remedy=_REMEDY) from None
    if done.returncode:
        raise SigningError(
            f"cosign failed with exit code {done.returncode}; the version is published, and not signed",
            remedy=_REMEDY,
            detail=without_logins(done.stderr.strip()),
        )
