"""What a question to a registry may cost, whatever the registry does: every limit of this package but the helper's."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RegistryLimits:
    """Bounds of time, size and number. A time is in seconds, a size in bytes.

    Attributes:
        connect: Until a connection is there.
        wait: For the next byte.
        tries: How often a transient fault is tried again.
        backoff: Pause before the second of these tries; it doubles from try to try.
        longest_pause: Longest pause, whatever ``Retry-After`` asks for.
        redirects: How many are followed; as many as Go's client does (https://pkg.go.dev/net/http#Client).
        answer: For one answer to be there as a whole: login, redirects, retries and body.
        glance: For an answer that is a convenience.
        document: Size of one answer. Manifests have at most 4 MiB, configurations with a long history can have more:
            https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-manifests
        aside: Read of an answer that nobody wants, so that its connection can be used again.
        blob: For one layer to be read to its end, by whoever reads it.
        pages: Pages of a list of tags; registries give as few as 50 tags a page.
        listing: For all pages of a list of tags.
        listed: Size of all pages of a list of tags.
        unplaced: How many manifests of an index are asked for their platform, by two questions each.
        said: Characters that are shown of what a registry says.
    """

    connect: float = 10.0
    wait: float = 60.0
    tries: int = 4
    backoff: float = 0.5
    longest_pause: int = 30
    redirects: int = 10
    answer: float = 300.0
    glance: float = 20.0
    document: int = 16 * 1024 * 1024
    aside: int = 64 * 1024
    blob: float = 3600.0
    pages: int = 1000
    listing: float = 600.0
    listed: int = 64 * 1024 * 1024
    unplaced: int = 64
    said: int = 300


LIMITS = RegistryLimits()
"""What holds where a test does not say otherwise."""
