"""Deleting a tag of a repository, and what an answer says of the next time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dext_tasks.errors import LoginMissingError, RegistryResponseError, RegistryUnreachableError
from dext_tasks.registry.faults import codes

if TYPE_CHECKING:
    from collections.abc import Callable

    from dext_tasks.errors import DextError
    from dext_tasks.registry.answers import Response
    from dext_tasks.registry.transport import Transport

_UNSUPPORTED = "UNSUPPORTED"
# By which a registry says that it deletes no tags:
# https://github.com/opencontainers/distribution-spec/blob/main/spec.md#deleting-tags
_BAD_REQUEST, _NOT_ALLOWED = 400, 405
_NOT_FOUND, _SERVER_ERROR = 404, 500


@dataclass(frozen=True)
class KeptTag:
    """Why a tag that was to be deleted is still there.

    Attributes:
        words: What the registry says.
        error: To be raised, as it may be deleted later; None where the registry says that it deletes no tags.
    """

    words: str
    error: DextError | None


def deleted(transport: Transport, tag: str, is_there: Callable[[], bool]) -> KeptTag | None:
    """Delete a tag; why it is still there, or None if it is gone, or was not there in the first place.

    Args:
        transport: To the repository.
        tag: Of it.
        is_there: Asks whether it is there. A registry that deletes manifests by their digest alone may know none by
            the name of a tag.
    """
    try:
        response = transport.delete(f"manifests/{tag}")
        is_final = _deletes_none(response)
        if not is_final and transport.judged(response).status == _NOT_FOUND:
            is_final = transport.says_absent(response) and is_there()
    except (LoginMissingError, RegistryResponseError, RegistryUnreachableError) as error:
        return KeptTag(error.message, error)
    return KeptTag(f"the registry answered {transport.said(response)}", None) if is_final else None


def _deletes_none(response: Response) -> bool:
    said = codes(response.body)
    by_word = response.status < _SERVER_ERROR and _UNSUPPORTED in said
    return by_word or response.status == _NOT_ALLOWED or (response.status == _BAD_REQUEST and bool(said))
