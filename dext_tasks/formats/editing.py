"""What all editors of a text have in common: one thing is changed, every other byte stays as its author wrote it."""

from __future__ import annotations


class UneditableError(ValueError):
    """A text cannot be changed with certainty: it cannot be read, or what is to be changed is not there."""
