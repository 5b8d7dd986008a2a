"""The template as released versions had it, which `dext upgrade` compares a project with.

A version that was released is never changed: what a project was made of would no longer be known, and an upgrade would
take the difference for its author's work.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAST = ROOT / "templates" / "past"
TEMPLATE = ROOT / "templates" / "extension"
DIGESTS = PAST / "digests.txt"


def digest(template: Path) -> str:
    """What stands for the names and contents of all files of a template.

    Args:
        template: Its folder.
    """
    total = hashlib.sha256()
    for file in sorted(file for file in template.rglob("*") if file.is_file()):
        name = file.relative_to(template).as_posix().encode()
        content = file.read_bytes()
        total.update(b"%d %b %d %b" % (len(name), name, len(content), content))
    return total.hexdigest()


def recorded(digests: Path = DIGESTS) -> dict[str, str]:
    """The digest of each frozen version, as it was when it was frozen."""
    lines = digests.read_text(encoding="utf-8").splitlines()
    return {version: known for version, _, known in (line.partition(" ") for line in lines)}


def freeze(version: str, template: Path = TEMPLATE, past: Path = PAST) -> bool:
    """Keep the template as that of a version.

    Args:
        version: The one that is released.
        template: Its folder.
        past: Where frozen ones are.

    Returns:
        Whether it was not kept already.

    Raises:
        ValueError: The version was frozen with other content.
    """
    digests = past / DIGESTS.name
    known = recorded(digests)
    now = digest(template)
    if version in known and known[version] != now:
        raise ValueError(f"{version} is frozen already, and the template has changed since: raise the version first")
    if version in known:
        return False
    shutil.copytree(template, past / version)
    digests.write_text("".join(f"{each} {kept}\n" for each, kept in {**known, version: now}.items()), encoding="utf-8")
    return True
