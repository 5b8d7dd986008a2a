"""Headings of a Markdown page as GitHub links to them."""

from __future__ import annotations


def anchor(heading: str) -> str:
    """The fragment of a heading: lower case, hyphens for blanks, no punctuation.

    https://docs.github.com/get-started/writing-on-github/getting-started-with-writing-and-formatting-on-github/basic-writing-and-formatting-syntax#section-links
    """
    kept = "".join(letter for letter in heading.strip().lower() if letter.isalnum() or letter in " -_")
    return kept.replace(" ", "-")
