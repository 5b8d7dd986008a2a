"""What of a source tree builds the entry page of the UI, where that is known for certain."""

from __future__ import annotations

from posixpath import basename, dirname
from typing import TYPE_CHECKING

from dext_tasks.extension.theme import MANIFEST
from dext_tasks.extension.ui_build import (
    CONFIGS,
    ENVIRONMENTS,
    OTHER_CONFIGS,
    Bundler,
    bundler_of,
    is_built_plainly,
)
from dext_tasks.sources.facts import UIBuild
from dext_tasks.sources.source import NotOfferedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from dext_tasks.sources.facts import Document


def ui_build(
    root: Path, read: Callable[[Path], Document], packages: Sequence[Document], dockerfile: Document
) -> UIBuild:
    """What builds the page.

    Args:
        root: The source tree.
        read: Gives a file of it.
        packages: Its package.json and lock files.
        dockerfile: The Dockerfile.

    Raises:
        NotOfferedError: There is more than one that may, none, or something may set what addresses begin with.
    """
    if not is_built_plainly(dockerfile.content or b""):
        raise NotOfferedError("the Dockerfile does not show how the page is built, or sets its base itself")
    found = [
        (each, bundler)
        for each in packages
        if basename(each.place.file) == MANIFEST and (bundler := bundler_of(each.content or b""))
    ]
    if len(found) != 1:
        raise NotOfferedError("there is no single package.json that builds the UI by Vite or create-react-app")
    manifest, bundler = found[0]
    folder = root / dirname(manifest.place.file)
    names = (*CONFIGS, *OTHER_CONFIGS) if bundler is Bundler.VITE else ENVIRONMENTS
    there = [document for name in names if (document := read(folder / name)).content is not None]
    if bundler is Bundler.VITE:
        if len(there) != 1 or basename(there[0].place.file) in OTHER_CONFIGS:
            raise NotOfferedError("there is no single configuration of Vite that says what it exports")
        return UIBuild(bundler, there[0])
    if any(b"PUBLIC_URL" in (each.content or b"") for each in there):
        raise NotOfferedError("PUBLIC_URL is set")
    return UIBuild(bundler, manifest)
