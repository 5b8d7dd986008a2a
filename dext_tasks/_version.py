"""The version, apart from the package so that importing it imports nothing else."""

from __future__ import annotations

__version__ = "0.2.0"
