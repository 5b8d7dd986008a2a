"""Plumbum, which copier brings, runs `uname -p` while it is imported: here, before the guard is up."""

from __future__ import annotations

import plumbum

assert plumbum.local is not None
