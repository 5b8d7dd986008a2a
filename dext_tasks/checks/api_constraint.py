"""The constraint of an extension's API version, in the words of Docker's validator."""

from __future__ import annotations

from dext_tasks.extension.labels import API_VERSION
from dext_tasks.formats.excerpt import excerpt

# What of Docker's validator the rules on it mirror: https://github.com/docker/extensions-submissions/issues/40
DOCKER = f'image label "{API_VERSION}" is incompatible with current SDK version'


def docker_says(text: str, api: str) -> str:
    """What Docker's validator says of a constraint that refuses the version of its API."""
    return (
        f'(required) image label "{API_VERSION}" ("{excerpt(text)}") is incompatible with current SDK version "{api}". '
        f'Consider changing it to ">={api}"'
    )
