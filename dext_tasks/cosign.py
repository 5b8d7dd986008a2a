"""The only code that runs cosign, which signs images."""

from __future__ import annotations

import logging
import shutil
import subprocess
from typing import TYPE_CHECKING, Final

from dext_tasks import calls
from dext_tasks.errors import PreflightError, SigningError

if TYPE_CHECKING:
    from collections.abc import Callable

_LOG = logging.getLogger(__name__)
# Somebody may have to log in with a browser; seconds.
_LONGEST: Final = 600.0
_REMEDY: Final = "see what cosign says above, then run the same command again: it continues with the signature"


def require_program() -> None:
    """Require that cosign is there.

    Raises:
        PreflightError: It is not.
    """
    if shutil.which("cosign") is None:
        raise PreflightError(
            "release.sign is set, and cosign is not on PATH",
            remedy="install it (https://docs.sigstore.dev/cosign/system_config/installation/), or set release.sign to "
            "false",
        )


def sign(reference: str, key: str, redacted: Callable[[str], str]) -> None:
    """Sign an image.

    What cosign needs to know in secret it takes from its own variables, such as COSIGN_PASSWORD:
    https://docs.sigstore.dev/cosign/signing/signing_with_containers/

    Args:
        reference: Of the image, with its digest.
        key: A file, ``env://NAME`` or the address of a key service; empty to sign without a key.
        redacted: Takes secrets out of a text.

    Raises:
        PreflightError: There is no cosign.
        SigningError: It failed, or did not end in time.
    """
    require_program()
    command = ["cosign", "sign", "--yes", *(["--key", key] if key else []), reference]
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
            detail=redacted(done.stderr.strip()),
        )
