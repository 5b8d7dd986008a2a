"""Clearing away what builds, smoke tests and releases leave in an engine and on this machine."""

from __future__ import annotations
