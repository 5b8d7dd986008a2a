from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.unit.checks.extension_tree import TREE_FILES
from tests.unit.checks.fixes.proposals import findings, fixed, is_answered, proposals

if TYPE_CHECKING:
    from dext_tasks.project import Project
    from tests.unit.conftest import MakeProject

CODE = "ui-script-absolute"
BUILT = """\
FROM node:22 AS client
COPY client /client
RUN cd /client && npm run build
FROM scratch
COPY metadata.json icon.svg compose.yaml /
COPY --from=client /client/dist /ui
"""
VITE = {"version": "1.0.0", "scripts": {"build": "tsc && vite build"}, "devDependencies": {"vite": "^6"}}
REACT = {
    "version": "1.0.0",
    "private": True,
    "scripts": {"build": "react-scripts build"},
    "dependencies": {"react-scripts": "5"},
}
CONFIG = "import { defineConfig } from 'vite';\nexport default defineConfig({\n\tplugins: [], // é\n});\n"


def planted(make_project: MakeProject, manifest: object, dockerfile: str = BUILT, **files: str) -> Project:
    good = {name: text for name, text in TREE_FILES.items() if not name.startswith("ui/")}
    client = {f"client/{name.replace('__', '.')}": text for name, text in files.items()}
    text = manifest if isinstance(manifest, str) else json.dumps(manifest, indent=2) + "\n"
    return make_project({**good, "Dockerfile": dockerfile, "client/package.json": text, **client})


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        (CONFIG, CONFIG.replace("\tplugins", "\tbase: './',\n\tplugins"), "sets no base, so that"),
        (
            CONFIG.replace("[],", '[],\r\n\tbase: "/x/", // why\r\n'),
            CONFIG.replace("[],", '[],\r\n\tbase: "./", // why\r\n'),
            "sets the base /x/",
        ),
    ],
)
def test_vite_builds_with_a_relative_base(make_project: MakeProject, before: str, after: str, what: str) -> None:
    project = planted(make_project, VITE, vite__config__ts=before)
    (finding,) = findings(project, CODE)
    assert finding.what.startswith(f"client/vite.config.ts {what}")
    assert finding.place.file == "client/vite.config.ts"
    assert fixed(project, CODE)
    assert is_answered(project, CODE)
    assert (project.root / "client/vite.config.ts").read_bytes().decode() == after


@pytest.mark.parametrize("indent", [2, 4, "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_create_react_app_builds_with_a_relative_base(
    make_project: MakeProject, indent: int | str, newline: str
) -> None:
    text = json.dumps(REACT, indent=indent).replace("\n", newline)
    project = planted(make_project, text)
    assert findings(project, CODE)
    assert fixed(project, CODE)
    assert is_answered(project, CODE)
    step = " " * indent if isinstance(indent, int) else indent
    expected = text.replace('"1.0.0",', f'"1.0.0",{newline}{step}"homepage": ".",')
    assert (project.root / "client/package.json").read_bytes().decode() == expected


def test_an_absolute_homepage_is_replaced(make_project: MakeProject) -> None:
    project = planted(make_project, {**REACT, "homepage": "/x"})
    assert [finding.what for finding in findings(project, CODE)] == ["client/package.json sets the homepage /x"]
    assert fixed(project, CODE)
    assert is_answered(project, CODE)


@pytest.mark.parametrize(
    ("manifest", "files"),
    [
        (VITE, {"vite__config__ts": CONFIG.replace("plugins", "base: './', plugins")}),
        (VITE, {"vite__config__ts": CONFIG.replace("plugins", "base: '', plugins")}),
        (VITE, {"vite__config__ts": CONFIG.replace("plugins", "base: env, plugins")}),
        (VITE, {"vite__config__ts": CONFIG.replace("plugins", "...common, plugins")}),
        (VITE, {"vite__config__ts": CONFIG, "vite__config__js": CONFIG}),
        (VITE, {"vite__config__cjs": CONFIG}),
        (VITE, {}),
        ({**VITE, "scripts": {"build": "vite build --base=./"}}, {"vite__config__ts": CONFIG}),
        ({**VITE, "scripts": {"build": "webpack"}}, {"vite__config__ts": CONFIG}),
        ({**VITE, "dependencies": {"@sveltejs/kit": "2"}}, {"vite__config__ts": CONFIG}),
        ({**REACT, "homepage": "."}, {}),
        ({**REACT, "homepage": 5}, {}),
        ({**REACT, "scripts": {"build": "PUBLIC_URL=. react-scripts build"}}, {}),
        (REACT, {"__env": "PUBLIC_URL=.\n"}),
        ("{", {}),
        ([1], {}),
        ({"scripts": [1], "dependencies": 5}, {}),
    ],
)
def test_what_builds_otherwise_is_not_judged(
    make_project: MakeProject, manifest: object, files: dict[str, str]
) -> None:
    assert not findings(planted(make_project, manifest, **files), CODE)


@pytest.mark.parametrize(
    "dockerfile",
    [
        BUILT.replace("npm run build", "npm run build -- --base=./"),
        BUILT.replace("RUN", "ENV PUBLIC_URL=.\nRUN"),
        BUILT.replace("npm run build", "npm run build && sed -i s,/assets,assets, dist/index.html"),
        BUILT.replace("npm run build", "make"),
    ],
)
def test_a_dockerfile_that_may_set_the_base_is_not_judged(make_project: MakeProject, dockerfile: str) -> None:
    assert not findings(planted(make_project, VITE, dockerfile, vite__config__ts=CONFIG), CODE)


def test_of_two_packages_nobody_knows_which(make_project: MakeProject) -> None:
    project = planted(make_project, VITE, vite__config__ts=CONFIG)
    (project.root / "other").mkdir()
    (project.root / "other/package.json").write_text(json.dumps(VITE), encoding="utf-8")
    assert not findings(project, CODE)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_page_that_nothing_builds_gets_relative_addresses(make_project: MakeProject, newline: str) -> None:
    text = '<p title="é">\n<script src="/a.js"></script>\n<link rel=icon href=/a.js>\n'.replace("\n", newline)
    project = make_project({**TREE_FILES, "ui/index.html": text})
    for code in (CODE, "ui-picture-absolute"):
        assert findings(project, code)
        assert fixed(project, code)
    assert (project.root / "ui/index.html").read_bytes().decode() == text.replace("/a.js", "./a.js")


@pytest.mark.parametrize(
    "text",
    [
        '<base href="/x/"><script src="a.js"></script>',
        '<script src="/a.js"></script><script src="/a.js"></script>',
        '<script src="&#47;a.js"></script>',
        '<script src="//here/../a.js" ></script><script src="\\a.js"></script>',
    ],
)
def test_an_address_that_is_not_found_once_is_left(make_project: MakeProject, text: str) -> None:
    project = make_project({**TREE_FILES, "ui/index.html": text})
    assert set(proposals(project, CODE)) <= {None}
