"""docs/security.md: what real extensions ask for, on the documents that compose makes of their files.

Written again by ``python -m tests.corpus.grants`` with DEXT_CORPUS set, where there is `docker compose`.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from dext_tasks.engine.client import Client
from dext_tasks.engine.services import Services
from dext_tasks.errors import DextError
from dext_tasks.extension.grants.files import Variables, asked_by_files
from dext_tasks.extension.grants.kinds import KINDS, Asked
from dext_tasks.extension.grants.machine import HostMachine
from dext_tasks.extension.grants.model import asked
from tests.corpus.trees import extensions

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE = Path(__file__).resolve().parents[2] / "docs" / "security.md"
MARK = "<!-- corpus: made by python -m tests.corpus.grants -->\n"
END = "<!-- /corpus -->\n"
_IMAGE = "DESKTOP_PLUGIN_IMAGE"
_GIVEN = frozenset({"PATH", "HOME", "DOCKER_CONFIG"})


@dataclass(frozen=True)
class Judged:
    """One extension.

    Attributes:
        name: Of its folder.
        asked: What it asks for.
        machine: By which paths in it are compared.
        refused: Why compose refuses it, or it is not read before it is granted; empty if neither.
    """

    name: str
    asked: tuple[Asked, ...]
    machine: HostMachine
    refused: str = ""

    @property
    def names(self) -> list[str]:
        """The names of what it asks for."""
        return [str(each.grant) for each in self.asked]


def judge(extension: Path, folder: Path) -> Judged:
    """What an extension asks for."""
    machine = HostMachine(str(folder))
    compose = extension / "compose.json"
    if not compose.is_file():
        document = {"services": {"service": {"image": "x"}}}
        return Judged(extension.name, asked(document, machine), machine)
    file, env = folder / "docker-compose.yaml", folder / "image.env"
    # JSON is YAML, and compose takes it for that.
    file.write_bytes(compose.read_bytes())
    env.write_text(f"{_IMAGE}=acme/demo\n", encoding="utf-8")
    found = asked_by_files(
        str(file), Variables(_GIVEN, (), frozenset({_IMAGE})), machine, lambda path: Path(path).read_bytes()
    )
    if any(each.grant.kind != "environment" for each in found):
        return Judged(extension.name, found, machine, "it names files of the machine")
    try:
        document = Services(Client(), "demo").resolve(file, [env])
    except DextError as error:
        return Judged(extension.name, found, machine, error.detail)
    return Judged(extension.name, (*found, *asked(document, machine)), machine)


def judge_all(corpus: Path) -> list[Judged]:
    """What every extension of the corpus asks for."""
    judged = []
    with TemporaryDirectory() as top:
        for index, extension in enumerate(extensions(corpus)):
            folder = Path(top) / str(index)
            folder.mkdir()
            judged.append(judge(extension, folder))
    return judged


def table(judged: Sequence[Judged]) -> str:
    """How many ask for what."""
    counts = Counter(kind for each in judged for kind in {asked.grant.kind for asked in each.asked})
    nothing = sum(not each.asked and not each.refused for each in judged)
    refused = sum(bool(each.refused) and not each.asked for each in judged)
    rows = [f"| `{kind.name}` | {counts[kind.name]} |\n" for kind in KINDS if counts[kind.name]]
    return (
        f"Of {len(judged)} public extensions, {nothing} ask for nothing, and {refused} have a compose file that "
        f"compose refuses.\n\n| kind of grant | extensions that ask for it |\n| --- | --- |\n{''.join(rows)}"
    )


def main() -> None:
    """Write the table."""
    text = PAGE.read_text(encoding="utf-8")
    judged = judge_all(Path(os.environ["DEXT_CORPUS"]))
    before, mark, rest = text.partition(MARK)
    PAGE.write_text(f"{before}{mark}\n{table(judged)}\n{rest[rest.index(END) :]}", encoding="utf-8")


if __name__ == "__main__":
    main()
