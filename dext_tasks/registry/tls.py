"""What a failure of TLS says of the other side."""

from __future__ import annotations

import re
import ssl

from urllib3.exceptions import NewConnectionError

# What OpenSSL says of an answer that is not TLS; the name depends on its version.
_NO_TLS = re.compile(
    r"WRONG_VERSION_NUMBER|RECORD_LAYER_FAILURE|HTTP_REQUEST|wrong version number|record layer failure"
)


def is_untrusted(error: BaseException) -> bool:
    """Whether TLS failed for the certificate alone."""
    reason = _innermost(error)
    causes = (reason, *reason.args) if isinstance(reason, BaseException) else ()
    return any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes)


def speaks_none(error: BaseException) -> bool:
    """Whether the other side answered, and not by TLS."""
    return bool(_NO_TLS.search(str(_innermost(error))))


def is_refused(error: BaseException) -> bool:
    """Whether nobody listens there."""
    return isinstance(_innermost(error), NewConnectionError)


def _innermost(error: BaseException) -> object:
    return getattr(error, "reason", None) or error
