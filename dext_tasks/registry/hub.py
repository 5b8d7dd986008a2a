"""What Docker Hub says of a public repository beside the registry's API: tags that it keeps from being moved."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST_RULE = 200


def address(repository: str) -> str:
    """Where the settings of a public repository can be read without a login.

    https://docs.docker.com/reference/api/hub/latest/operations/GetRepository/
    """
    namespace, _, name = repository.rpartition("/")
    return f"https://hub.docker.com/v2/namespaces/{namespace or 'library'}/repositories/{name}"


def keeps(settings: bytes, tag: str) -> bool:
    """Whether a repository with these settings keeps a tag from being moved; False also if they do not say.

    https://docs.docker.com/reference/api/hub/latest/schemas/immutable_tags_settings/
    """
    try:
        found = json.loads(settings)["immutable_tags_settings"]
        return found["enabled"] is True and any(_matches(rule, tag) for rule in _rules(found))
    except (ValueError, KeyError, TypeError, RecursionError):
        return False


def _rules(settings: dict[str, Any]) -> Iterator[str]:
    rules = settings["rules"]
    # None at all stands for all tags, as does the rule that is there before anybody writes one.
    yield from rules or [".*"]


def _matches(rule: str, tag: str) -> bool:
    try:
        return len(rule) <= _LONGEST_RULE and re.fullmatch(rule, tag) is not None
    except re.error:
        # Their grammar is that of RE2, which has a few things that Python's has not.
        return False
