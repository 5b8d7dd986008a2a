"""Settings where only some ways of calling a verb would find them are refused by all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dext_tasks.config.resolve import Layers, resolve
from dext_tasks.config.stray import CONFIGURED, Stray
from dext_tasks.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CALL = "from dext_tasks import namespace as ns\n"


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """The top of a repository."""
    made = tmp_path / "repository"
    (made / ".git").mkdir(parents=True)
    return made


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder


def refused(layers: Layers) -> list[str]:
    """What is said; nothing if it is not refused."""
    try:
        resolve(layers)
    except ConfigError as error:
        return error.detail.splitlines() or [error.message]
    return []


def test_the_remedy_says_where_to_write_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        resolve(Layers(tmp_path, {"INVOKE_DEXT_IMAGE": "acme/demo"}))
    assert "under `dext:` in the extension's own invoke.yaml" in caught.value.remedy


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ('ns.configure({"dext": {"image": "acme/demo"}})', 2),
        ("ns.configure({'run': {'echo': True}, 'dext': {}})", 2),
        ('ns.configure(options={"dext": {}})', 2),
        ("ns.configure(dict(dext={}))", 2),
        ('OURS = {"dext": {}}\nns.configure(OURS)', 3),
        ('OURS = {}\nOURS["dext"] = {}\nns.configure(OURS)', 4),
        ('OURS = {"dext": {}}\nns.configure({"run": 1, **OURS})', 3),
        ('OURS = {"dext": {}}\nns.configure(dict(OURS))', 3),
        ('ns.configure({"run": 1} | {"dext": {}})', 2),
        ('def setup(ns):\n    ns.configure({"dext": {}})\nsetup(ns)', 3),
    ],
)
@pytest.mark.parametrize("name", ["tasks.py", "tasks/__init__.py"])
def test_what_tasks_py_configures_is_named(name: str, code: str, line: int, tmp_path: Path) -> None:
    write(tmp_path, {name: f"{CALL}{code}\n"})
    assert refused(Layers(tmp_path)) == [f'{name}:{line} configures "dext", which reaches `inv` alone']


@pytest.mark.parametrize(
    "code",
    [
        "",
        'ns.configure({"run": {"echo": True}})',
        'ns.configure({"docker": {"dext": 1}})',
        'print({"dext": 1})',
        'OURS = {"dext": 1}\nns.configure(load("dext"))',
        "OURS = OURS\nns.configure(OURS)  # dext",
        "this is not Python, dext",
        "\0 dext",
    ],
)
def test_any_other_tasks_py_is_let_be(code: str, tmp_path: Path) -> None:
    write(tmp_path, {"tasks.py": f"{CALL}{code}\n"})
    assert refused(Layers(tmp_path)) == []


def test_the_tasks_py_above_is_the_one_that_inv_loads(top: Path) -> None:
    extension = write(top / "extensions" / "a", {"metadata.json": "{}"})
    write(top, {"tasks.py": 'ns.configure({"dext": {}})\n'})
    assert refused(Layers(extension)) == ['../../tasks.py:1 configures "dext", which reaches `inv` alone']
    write(extension, {"tasks.py": CALL})
    assert refused(Layers(extension)) == []


def test_nothing_above_the_repository_is_looked_at(tmp_path: Path, top: Path) -> None:
    write(tmp_path, {"tasks.py": 'ns.configure({"dext": {}})\n', "invoke.yaml": "dext: {smoke: {timeout: 1}}\n"})
    assert refused(Layers(top)) == []


def test_running_tasks_py_says_no_more_than_reading_it(tmp_path: Path) -> None:
    found = (Stray(CONFIGURED, "sets `dext`, which reaches `inv` alone"),)
    assert refused(Layers(tmp_path, strays=found)) == [f"{CONFIGURED} sets `dext`, which reaches `inv` alone"]
    write(tmp_path, {"tasks.py": 'ns.configure({"dext": {}})\n'})
    assert refused(Layers(tmp_path, strays=found)) == ['tasks.py:1 configures "dext", which reaches `inv` alone']


@pytest.mark.parametrize("code", ["dext = {}", "dext: dict = {}"])
def test_an_invoke_py_is_no_place(code: str, tmp_path: Path) -> None:
    write(tmp_path, {"invoke.py": f"run = {{}}\n{code}\n"})
    assert refused(Layers(tmp_path)) == ["invoke.py:2 sets `dext`, which reaches `inv` alone"]


def test_an_invoke_py_for_other_things_is_let_be(tmp_path: Path) -> None:
    assert refused(Layers(write(tmp_path, {"invoke.py": "run = {'dext': 1}\n"}))) == []


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (("invoke.yaml", "invoke.yml"), "invoke.yml:1 is not read where there is an invoke.yaml; write it there"),
        (("invoke.yml", "invoke.json"), "invoke.json is not read where there is an invoke.yml; write it there"),
    ],
)
def test_a_second_file_that_invoke_would_not_read_is_named(
    files: tuple[str, str], message: str, tmp_path: Path
) -> None:
    first, second = files
    write(tmp_path, {first: "run: {echo: true}\n", second: '{"dext": {"smoke": {"timeout": 1}}}\n'})
    assert refused(Layers(tmp_path)) == [message]


def test_a_second_file_for_other_things_is_let_be(tmp_path: Path) -> None:
    files = {"invoke.yaml": "dext: {image: acme/demo}\n", "invoke.json": '{"run": {"echo": true}}'}
    assert refused(Layers(write(tmp_path, files))) == []


def test_a_variable_of_invokes_is_named_with_ours(tmp_path: Path) -> None:
    said = refused(Layers(tmp_path, {"INVOKE_DEXT_IMAGE": "acme/demo", "INVOKE_RUN_ECHO": "1"}))
    assert said == ["INVOKE_DEXT_IMAGE reaches `inv` alone; set DEXT_IMAGE"]


class TestFolderAbove:
    @pytest.fixture
    def extension(self, top: Path) -> Path:
        """An extension below the top of a repository."""
        return write(top / "extensions" / "a", {"metadata.json": "{}", "invoke.yaml": "dext: {image: acme/a}\n"})

    @pytest.mark.parametrize(
        ("name", "text", "where"),
        [
            ("invoke.yaml", "dext:\n  smoke: {timeout: 60}\n", "invoke.yaml:2"),
            ("invoke.json", '{"dext": {"smoke": {"timeout": 60}}}', "invoke.json"),
            ("pyproject.toml", "[tool.dext.smoke]\ntimeout = 60\n", "pyproject.toml:2"),
        ],
    )
    @pytest.mark.parametrize("folder", ["..", "../.."])
    def test_settings_that_nobody_would_read_are_named(
        self, name: str, text: str, where: str, folder: str, extension: Path
    ) -> None:
        write(extension / folder, {name: text})
        said = f"{folder}/{where} is above the extension, which reads only its own folder's settings"
        assert refused(Layers(extension)) == [said]

    @pytest.mark.parametrize(
        "files",
        [
            {"invoke.yaml": "dext: {smoke: {timeout: 60}}\n", "metadata.json": "{}"},
            {"invoke.yaml": "dext: {smoke: {timeout: 60}}\n", "Dockerfile": ""},
            {"invoke.yaml": "dext: {image: acme/top, smoke: {timeout: 60}}\n"},
            {"pyproject.toml": "[tool.dext]\nmetadata = 'etc/metadata.json'\n"},
            {"invoke.yaml": "run: {echo: true}\n", "pyproject.toml": "[project]\nname = 'x'\n"},
            {"invoke.yaml": "{", "pyproject.toml": "="},
        ],
    )
    def test_those_of_another_extension_are_its_own(self, files: Mapping[str, str], extension: Path, top: Path) -> None:
        write(top, files)
        assert refused(Layers(extension)) == []


EXTENSION = {"metadata.json": "{}"}


@pytest.mark.parametrize(
    ("name", "text", "messages"),
    [
        ("invoke.yaml", "image: acme/demo\n", ["invoke.yaml:1 sets `image` outside of `dext:`"]),
        (
            "invoke.yaml",
            "run: {echo: true}\nsmoke: {timeout: 5}\nallow_dirty: true\n",
            ["invoke.yaml:2 sets `smoke` outside of `dext:`", "invoke.yaml:3 sets `allow_dirty` outside of `dext:`"],
        ),
        ("invoke.yaml", "dext:\nimage: acme/demo\n", ["invoke.yaml:2 sets `image` outside of `dext:`"]),
        ("invoke.json", '{"image": "acme/demo"}', ["invoke.json sets `image` outside of `dext:`"]),
        ("invoke.yaml", "dext-tasks: {image: a/b}\n", ["invoke.yaml:1 has settings under `dext-tasks`, which nothing"]),
        ("invoke.yaml", "dext: {}\nDext: {x: 1}\n", ["invoke.yaml:2 has settings under `Dext`, which nothing reads"]),
        ("invoke.yaml", "dxet: {smoke: {timeout: 5}}\n", ["invoke.yaml:1 has settings under `dxet`, which nothing"]),
        (
            "pyproject.toml",
            '[project]\nname = "x"\n[tool.dext-tasks]\nimage = "a/b"\n',
            ["pyproject.toml:4 has settings under `tool.dext-tasks`, which nothing reads; `[tool.dext]` is read"],
        ),
        ("pyproject.toml", '[dext]\nimage = "a/b"\n', ["pyproject.toml:2 has settings under `dext`, which nothing"]),
        ("pyproject.toml", '[tool.dxt]\nimage = "a/b"\n', ["pyproject.toml:2 has settings under `tool.dxt`, which"]),
    ],
)
def test_settings_outside_of_our_part_of_a_file_are_named(
    name: str, text: str, messages: list[str], tmp_path: Path
) -> None:
    said = refused(Layers(write(tmp_path, {**EXTENSION, name: text})))
    assert len(said) == len(messages)
    assert [message in line for message, line in zip(messages, said, strict=True)] == [True] * len(said)


@pytest.mark.parametrize(
    "files",
    [
        # Invoke's own.
        {"invoke.yaml": "tasks: {dedupe: true}\nrun: {echo: true}\nrunners: {}\nsudo: {}\ntimeouts: {}\ndebug: true\n"},
        # Another tool's, by its name or by what it says.
        {"invoke.yaml": "docker: {image: acme/demo}\ntext: {title: x}\nnext: 1\ndext-tasks: 1.2\n"},
        {"invoke.yaml": "image: {name: acme/demo}\nbuild: {target: x, jobs: 4}\nsmoke: {}\nmetadata: [a]\n"},
        {"invoke.yaml": "platforms: [windows/amd64]\n1: {2: 3}\n"},
        {"invoke.yaml": "dext: {}\nimage: acme/theirs\ndxet: {image: a/b}\n"},
        {"invoke.yaml": "image: acme/theirs\n", "pyproject.toml": '[tool.dext]\nimage = "a/b"\n'},
        {"invoke.yaml": "image: acme/theirs\nx: !theirs y\n"},
        {"pyproject.toml": '[tool.ruff]\nimage = "x"\n[tool.text]\nfoo = 1\n[build]\ntarget = "x"\n'},
        {"pyproject.toml": "tool = 1\n"},
    ],
)
def test_what_others_have_in_a_file_is_let_be(files: dict[str, str], tmp_path: Path) -> None:
    assert refused(Layers(write(tmp_path, {**EXTENSION, **files}))) == []


def test_a_key_at_the_top_is_anybodys_where_there_is_no_extension(tmp_path: Path) -> None:
    assert refused(Layers(write(tmp_path, {"invoke.yaml": "image: acme/demo\n", "Dockerfile": ""}))) == []
