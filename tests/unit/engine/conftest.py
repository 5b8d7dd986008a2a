from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from dext_tasks.engine.client import Client
from dext_tasks.engine.engine import Engine
from tests.unit.engine_api import FakeApi

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_SCRIPT = """#!{python} -IS
import json, os, signal, sys, time
folder = os.path.dirname(os.path.abspath(__file__))
argv = sys.argv[1:]
with open(folder + "/calls.jsonl", "a") as calls:
    calls.write(json.dumps(argv) + "\\n")
with open(folder + "/environments.jsonl", "a") as environments:
    environments.write(json.dumps(dict(os.environ)) + "\\n")
for answer in reversed(json.load(open(folder + "/answers.json"))):
    rest = iter(argv)
    if all(word in rest for word in answer["words"]):
        if answer["stubborn"]:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.write(2, bytes.fromhex(answer["err"]))
        out = bytes.fromhex(answer["out"])
        while out:
            out = out[os.write(1, out):]
        if "--metadata-file" in argv and os.path.exists(folder + "/metadata.json"):
            os.rename(folder + "/metadata.json", argv[argv.index("--metadata-file") + 1])
        time.sleep(answer["seconds"])
        sys.exit(answer["code"])
sys.stderr.write("the fake docker knows no answer to " + repr(argv) + "\\n")
sys.exit(99)
"""


class FakeDocker:
    """A program that is called instead of docker: it keeps its arguments and gives prepared answers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.program = folder / "fake-docker"
        self.program.write_text(_SCRIPT.format(python=sys.executable), encoding="utf-8")
        self.program.chmod(0o755)
        self._answers: list[Mapping[str, object]] = []
        self.answer()
        self._answers.clear()
        self.api = FakeApi()

    def answer(
        self,
        *words: str,
        out: object = b"",
        err: str | bytes = b"",
        code: int = 0,
        seconds: float = 0.0,
        stubborn: bool = False,
    ) -> None:
        """Answer calls that have these words in this order; later answers go before earlier ones."""
        said = out if isinstance(out, bytes) else out.encode() if isinstance(out, str) else json.dumps(out).encode()
        complained = err.encode() if isinstance(err, str) else err
        self._answers.append(
            {
                "words": words,
                "out": said.hex(),
                "err": complained.hex(),
                "code": code,
                "seconds": seconds,
                "stubborn": stubborn,
            }
        )
        (self.folder / "answers.json").write_text(json.dumps(self._answers), encoding="utf-8")

    def made(self, **said: object) -> None:
        """Say this of the result of the next build, in the file for it."""
        (self.folder / "metadata.json").write_text(json.dumps(said), encoding="utf-8")

    @property
    def calls(self) -> list[list[str]]:
        file = self.folder / "calls.jsonl"
        return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.is_file() else []

    @property
    def environments(self) -> list[dict[str, str]]:
        """The variables of each call."""
        file = self.folder / "environments.jsonl"
        return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.is_file() else []

    def called(self, *words: str) -> list[list[str]]:
        """The calls that have these words in this order."""
        return [call for call in self.calls if _in_order(words, call)]

    def client(self, **options: Any) -> Client:  # noqa: ANN401 - the options of Client
        """A client whose engine is ``api``."""
        made = Client(call=[str(self.program)], **options)
        self.api.use(made)
        return made

    def engine(self, **options: Any) -> Engine:  # noqa: ANN401 - as above
        return Engine(self.client(**options))

    def engine_says(self, version: Mapping[str, object], info: object, client: object) -> None:
        """Have an engine that answers, and a client that says this of itself."""
        self.api.reply("GET /version", out=version)
        self.api.reply("GET /info", out=info)
        self.answer("info", "--format", "{{json .ClientInfo}}", out=client)

    def container(self, identity: str, **said: object) -> None:
        """Have one container, of whose inspection this is told."""
        self.api.reply("GET /containers/json", out=[{"Id": identity}])
        self.api.reply("GET /containers/", f"{identity}/json", out=said)

    def image(self, reference: str, platform: str = "linux/amd64", **more: object) -> None:
        """Have an image of this reference."""
        os, _, architecture = platform.partition("/")
        said = {"Id": f"sha256:{'a' * 64}", "Os": os, "Architecture": architecture, "Size": 7, **more}
        self.api.reply("GET /images/", f"{reference}/json", out=said)


def _in_order(words: tuple[str, ...], call: list[str]) -> bool:
    rest = iter(call)
    return all(word in rest for word in words)


@pytest.fixture
def docker(tmp_path: Path) -> FakeDocker:
    folder = tmp_path / "fake"
    folder.mkdir()
    return FakeDocker(folder)
