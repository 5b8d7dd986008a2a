"""How long this program waits, and how much it reads: every limit that is not part of one format's grammar.

Each bounds what an engine, a registry, a page or a file of a stranger's may cost; none is a setting. Where no source is
named the number is an estimate, with room for a slow machine. Times are in seconds, sizes in bytes.
"""

from __future__ import annotations

from typing import Final, NamedTuple

_KIB: Final = 1024
_MIB: Final = 1024 * _KIB
_GIB: Final = 1024 * _MIB

# The engine.
ENGINE_ANSWER: Final = 60.0
"""For a command of docker whose time does not depend on the size of an image; a busy engine takes seconds."""
ENGINE_SIGN: Final = 10.0
"""For an engine that has just failed to answer to give any sign of life, before more is asked of it."""
ENGINE_PAUSE: Final = 0.5
"""Before a call is tried once more that failed by what comes and goes."""
ENGINE_SAID: Final = 64 * _MIB
"""Size read of one answer of an engine that is not files; a list of ten thousand images has a tenth of it."""
IMAGE_PULL: Final = 900.0
"""For one image of a compose file to be pulled."""
IMAGE_TRANSFER: Final = 1800.0
"""For an image to be loaded, pulled, pushed or copied within a registry."""
FILES_TRANSFER: Final = 600.0
"""For files to be copied out of an image."""
BUILD_GRACE: Final = 20.0
"""For other platforms' builds to go on after one has failed: most of them fail at the same step."""
BUILD_SILENCE: Final = 300.0
"""For a step of a build to be silent after its emulator said that it crashed; then the build is ended.

QEMU ends itself by the signal that ended the program. To the first process of a container, which a RUN with a single
command is, that signal does nothing, and QEMU waits for it for ever.
https://gitlab.com/qemu-project/qemu/-/blob/v9.0.0/linux-user/signal.c (dump_core_and_abort),
https://man7.org/linux/man-pages/man7/pid_namespaces.7.html (signals of the init process)
"""
EMULATOR_PROBE: Final = 60.0
"""For a program of a few bytes to run in a container, emulated or not."""
STREAM_KEPT: Final = _MIB
"""Size kept of what a command says; a program of a stranger's may write without end."""

# Registries; see also ``RegistryLimits``.
HELPER_ANSWER: Final = 30.0
"""For a credential helper, which may be waiting for somebody to unlock a key ring."""

# Git.
GIT_LOCAL: Final = 60.0
"""For a git command that asks no remote."""
GIT_REMOTE: Final = 300.0
"""For a git command that asks a remote."""
GIT_EXPORT: Final = 1800.0
"""For git to write the files of a commit, some of which it may have to fetch."""
GIT_SIGNING: Final = 300.0
"""For git to sign: a person may have to type a passphrase, or to touch a key."""
GIT_NEW: Final = 30.0
"""For a git command in a new project; a hook or a signing program that waits for a person ends here."""

# Smoke tests and pages.
BINARY_RUN: Final = 30.0
"""For a host binary to say its version or its help."""
BINARIES_RUN: Final = 300.0
"""For all host binaries of one platform together: metadata.json has room for thousands."""
BACKEND_REQUEST: Final = 5.0
"""For one request to a backend that may not be ready."""
BACKEND_TRIAL: Final = 30.0
"""For a container to answer over a socket, where it is tried how backends are reached."""
PAGE_REQUEST: Final = 60.0
"""For a request of a page to its backend; Go's backends give one up after a minute in Docker's own samples."""
BROWSER_VERSION: Final = 30.0
"""For a browser to say its version."""
BROWSER_LAUNCH: Final = 40.0
"""For a browser to start."""
BROWSER_CLOSE: Final = 10.0
"""For a browser to end."""
PAGE_CLEANUP: Final = 10.0
"""For what a page, or a script that tests it, leaves behind to end."""
PAGE_PICTURE: Final = 10.0
"""For a picture of a page to be taken."""
PROCESS_END: Final = 3.0
"""From SIGTERM to SIGKILL for a process that a page started."""
PROCESSES_END: Final = 6.0
"""For all processes of a page to end: SIGTERM, SIGKILL after three seconds, and some time for the engine."""
SITE_CLOSE: Final = 5.0
"""For requests to end when the site of a page is closed; those that wait for a backend may not."""
GATE_CONNECT: Final = 10.0
"""For a page's connection to another machine."""

# Files.
LARGEST_TEXT: Final = 16 * _MIB
"""Size read of one file that may be text, or of one answer of a backend."""
LARGEST_DOCUMENT: Final = _MIB
"""Size read of a document that a person writes: metadata.json, .dockerignore, a Dockerfile, a change log.

Of 134 published metadata.json none has more than 2375 bytes. BuildKit's own bound is near: of 300 stages in 0.9 MB it
makes more than its messages may hold, https://github.com/moby/moby/issues/48164
"""
LARGEST_VALUE: Final = 256 * _KIB
"""Size read of one label, one compose file or the beginning of a page; no real one comes near it."""
LONGEST_LABEL: Final = 64 * _KIB
"""Bytes of a label that a release writes. One argument of a process has at most 128 KiB on Linux:
https://man7.org/linux/man-pages/man2/execve.2.html (MAX_ARG_STRLEN)."""
LARGEST_SNAPSHOT: Final = 4 * _GIB
"""Size of all files that metadata.json names, on disk while an image is checked."""
LARGEST_SCRIPTS: Final = 64 * _MIB
"""Size of all scripts of one UI that are searched for calls."""
MOST_SCRIPTS: Final = 2000
"""Number of scripts of one UI that are searched for calls."""
MOST_LINKS: Final = 40
"""Number of symbolic links followed on the way to a file, as on Linux.

https://man7.org/linux/man-pages/man7/path_resolution.7.html,
https://github.com/torvalds/linux/blob/master/include/linux/namei.h (MAXSYMLINKS)
"""
LONGEST_PATH: Final = 4095
"""Length of a path, https://github.com/torvalds/linux/blob/master/include/uapi/linux/limits.h (PATH_MAX, with a NUL).

Bytes there, characters here.
"""


class LayerLimits(NamedTuple):
    """What an image that nobody vouches for may cost.

    Attributes:
        layer: Bytes of one layer, decompressed.
        total: Bytes of all layers of one platform, decompressed, each time they are read.
        nodes: Paths of one layer, those in between included.
        steps: Names passed on the way to the members of one layer.
        kept: Bytes of files that are kept in memory.
        header: Bytes of one extended header; names in it are at most 4096 long on Linux.
    """

    layer: int = 2 * _GIB
    total: int = 6 * _GIB
    nodes: int = 300_000
    steps: int = 20_000_000
    kept: int = 64 * _MIB
    header: int = _MIB


class RegistryLimits(NamedTuple):
    """What a question to a registry may cost, whatever the registry does.

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
    document: int = 16 * _MIB
    aside: int = 64 * _KIB
    blob: float = 3600.0
    pages: int = 1000
    listing: float = 600.0
    listed: int = 64 * _MIB
    unplaced: int = 64
    said: int = 300

    def pause(self, number: int) -> float:
        """Pause before a try, by how many were repeated before it: longer each time."""
        return float(min(self.backoff * 2**number, self.longest_pause))


REGISTRY_LIMITS: Final = RegistryLimits()
"""What holds where a test does not say otherwise."""


class WebLimits(NamedTuple):
    """What asking addresses and registries that labels and pages name may cost.

    Attributes:
        seconds: Until one address must have answered, redirects and all, or one registry, retries and all.
        wait: Seconds for the next byte.
        content: Bytes read of an answer.
        redirects: How many are followed.
        addresses: How many different ones are asked in one run.
        at_once: How many are asked at the same time.
        total: Seconds after which nothing more is asked in one run.
    """

    seconds: float = 20.0
    wait: float = 10.0
    content: int = 256 * _KIB
    redirects: int = 5
    addresses: int = 200
    at_once: int = 8
    total: float = 120.0
