from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.extension.theme import PACKAGE, Colours, Dependency, dependency, first_read, sets_colours, uses_theme


@pytest.mark.parametrize(
    "source",
    [
        "const t = window.__ddMuiV6Themes.dark",
        "e=window.__ddMuiV6Themes,t=e.light",
        "window['__ddMuiV6Themes'].light",
        "createTheme(window.__ddMuiV5Themes.light)",
        "a.__ddMuiV5Themes ?? own; b = window.__ddMuiV6Themes.dark",
    ],
)
def test_colours_of_the_window(source: str) -> None:
    assert first_read(source.encode()) is not None
    assert not sets_colours(source.encode())


@pytest.mark.parametrize(
    "source",
    [
        "window.__ddMuiV6Themes = {dark: createTheme({}), light: createTheme({})}",
        "window['__ddMuiV6Themes'] = themes",
        "page.__ddMuiV6Themes ??= {light, dark}",
        "e.__ddMuiV6Themes||={light:t}",
        "Object.assign(window, {__ddMuiV6Themes: themes})",
        "Object.defineProperty(window, '__ddMuiV6Themes', {value: themes})",
    ],
)
def test_colours_that_a_page_sets(source: str) -> None:
    assert first_read(source.encode()) is None
    assert sets_colours(source.encode())


@pytest.mark.parametrize(
    "source",
    [
        "window.__ddMuiV5Themes ?? packagedThemes",
        "window.__ddMuiV6Themes || packagedThemes",
        "window.__ddMuiV6Themes?.dark",
        "typeof window.__ddMuiV6Themes",
        "if (window.__ddMuiV6Themes) { use(window.__ddMuiV6Themes.dark) }",
        "window.__ddMuiV6Themes === undefined",
        "if ('__ddMuiV6Themes' in window) {}",
        "interface Window { __ddMuiV6Themes: Themes; __ddMuiV5Themes?: Themes }",
        "// window.__ddMuiV6Themes.dark",
        "window.__other.dark",
        "",
    ],
)
def test_neither(source: str) -> None:
    assert first_read(source.encode()) is None
    assert not sets_colours(source.encode())


@pytest.mark.parametrize(
    ("said", "colours"),
    [
        ("0.0.13", Colours.WINDOW),
        ("=0.0.13", Colours.WINDOW),
        ("^0.0.13", Colours.WINDOW),
        (">=0.0.13", Colours.WINDOW),
        ("1.0.0", Colours.WINDOW),
        ("0.0.11", Colours.OWN),
        # Of 0.0.x a caret admits the one version.
        ("^0.0.11", Colours.OWN),
        (">=0.0.4 <0.0.13", Colours.OWN),
        ("<0.1.0", Colours.UNKNOWN),
        ("~0.0.11", Colours.UNKNOWN),
        ("*", Colours.UNKNOWN),
        ("latest", Colours.UNKNOWN),
        ("workspace:*", Colours.UNKNOWN),
        ("file:../theme", Colours.UNKNOWN),
        ("", Colours.UNKNOWN),
    ],
)
def test_a_range(said: str, colours: Colours) -> None:
    assert Dependency(said, 1).colours is colours


def package(said: str = "<0.1.0", section: str = "dependencies") -> bytes:
    return json.dumps({"name": "ui", section: {"react": "18", PACKAGE: said}}, indent=1).encode()


@pytest.mark.parametrize("section", ["dependencies", "devDependencies", "peerDependencies"])
def test_a_package_json(section: str) -> None:
    assert dependency("ui/package.json", {"ui/package.json": package("0.0.13", section)}) == Dependency("0.0.13", 5)


@pytest.mark.parametrize(
    "content", [b"{}", b"[]", b"{", b'{"dependencies": []}', b'{"dependencies": {"%s": 1}}' % PACKAGE.encode(), b"\xff"]
)
def test_a_package_json_without_the_theme(content: bytes) -> None:
    assert dependency("package.json", {"package.json": content}) is None


LOCKS = {
    "package-lock.json": json.dumps({"packages": {f"node_modules/{PACKAGE}": {"version": "0.0.13"}}}),
    "npm-shrinkwrap.json": json.dumps({"dependencies": {PACKAGE: {"version": "0.0.13"}}}),
    "yarn.lock": f'react@18:\n  version "18.2.0"\n\n"{PACKAGE}@<0.1.0":\n  version "0.0.13"\n  resolved "x"\n',
    "pnpm-lock.yaml": f"packages:\n\n  '{PACKAGE}@0.0.13(react@18.2.0)':\n    resolution: x\n",
    "bun.lock": f'{{ "packages": {{ "{PACKAGE}": ["{PACKAGE}@0.0.13", "",], }}, }}',
}
BERRY = f'"{PACKAGE}@npm:<0.1.0":\n  version: 0.0.13\n  resolution: "{PACKAGE}@npm:0.0.13"\n'
OLD_PNPM = f"packages:\n\n  /{PACKAGE}/0.0.13:\n    resolution: x\n"


@pytest.mark.parametrize(("name", "content"), [*LOCKS.items(), ("yarn.lock", BERRY), ("pnpm-lock.yaml", OLD_PNPM)])
@pytest.mark.parametrize("folder", ["ui/", ""])
def test_a_lock_file_says_which_version_it_is(name: str, content: str, folder: str) -> None:
    found = dependency("ui/package.json", {"ui/package.json": package(), f"{folder}{name}": content.encode()})
    assert found is not None
    assert (found.version, found.colours) == ("0.0.13", Colours.WINDOW)


def test_the_nearest_lock_file_counts() -> None:
    near, far = LOCKS["yarn.lock"].replace("0.0.13", "0.0.11"), LOCKS["yarn.lock"]
    files = {"ui/package.json": package(), "ui/yarn.lock": near.encode(), "yarn.lock": far.encode()}
    found = dependency("ui/package.json", files)
    assert found is not None
    assert (found.version, found.colours) == ("0.0.11", Colours.OWN)


@pytest.mark.parametrize("content", [b"", b"{", b"{}", b"[]", b'{"packages": 1}', b"\xff"])
@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_file_that_says_nothing(name: str, content: bytes) -> None:
    found = dependency("package.json", {"package.json": package(), name: content})
    assert found is not None
    assert (found.version, found.colours) == ("", Colours.UNKNOWN)


def test_who_uses_the_theme() -> None:
    assert uses_theme(b"import { DockerMuiV5ThemeProvider } from '@docker/docker-mui-theme';")
    assert not uses_theme(b"// import '@docker/docker-mui-theme'")


@given(st.text(alphabet="window.__ddMuiV6Themes=?{}()|&! ").map(str.encode), st.binary())
def test_any_text_is_read(content: bytes, other: bytes) -> None:
    assert first_read(content) is None or b"__ddMuiV6Themes" in content
    sets_colours(content)
    dependency("package.json", {"package.json": other, "yarn.lock": content})
