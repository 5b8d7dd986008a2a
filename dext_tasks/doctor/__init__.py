"""Whether this machine can build, test and release, line by line."""

from __future__ import annotations
