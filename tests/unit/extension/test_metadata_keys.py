from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.extension.metadata_keys import Key, duplicate_keys, unknown_keys
from dext_tasks.extension.metadata_keys import shown as shown_path

FULL: dict[str, Any] = {
    "icon": "icon.svg",
    "ui": {"dashboard-tab": {"title": "x", "root": "/ui", "src": "i.html", "backend": {"socket": "a.sock"}}},
    "vm": {"composefile": "compose.yaml", "exposes": {"socket": "a.sock"}},
    "host": {"binaries": [{"darwin": [{"path": "/a"}], "windows": [{"path": "/b"}], "linux": [{"path": "/c"}]}]},
}


def shown(data: dict[str, Any]) -> list[str]:
    return [key.shown for key in unknown_keys(data)]


def one(data: dict[str, Any]) -> Key:
    (key,) = unknown_keys(data)
    return key


class TestUnknown:
    @pytest.mark.parametrize("data", [{}, FULL, {"icon": {"a": 1}}, {"host": {"binaries": [[], "x", None]}}, {"ui": 5}])
    def test_none(self, data: dict[str, Any]) -> None:
        assert shown(data) == []

    @pytest.mark.parametrize(
        ("data", "expected"),
        [
            ({"name": 1, "icon": "x", "zzz": {"deep": 1}}, ["name", "zzz"]),
            ({"ui": {"tab": {}, "dashboard-tab": {"titel": 1}}}, ["ui.tab", "ui.dashboard-tab.titel"]),
            ({"vm": {"exposes": {"sockets": "a"}}}, ["vm.exposes.sockets"]),
            ({"host": {"binaries": [{}, {"linux": [{}, {"paths": 1}]}]}}, ["host.binaries.1.linux.1.paths"]),
            ({"host": {"binaries": [{"macos": []}]}}, ["host.binaries.0.macos"]),
        ],
    )
    def test_some_in_order(self, data: dict[str, Any], expected: list[str]) -> None:
        assert shown(data) == expected

    def test_they_are_bounded(self) -> None:
        assert len(shown({f"key{number}": 1 for number in range(1000)})) == 50

    @pytest.mark.parametrize(
        ("data", "hint", "meant"),
        [
            ({"vm": {"compose-file": 1}}, "did you mean composefile?", "composefile"),
            ({"host": {"binary": []}}, "did you mean binaries?", "binaries"),
            ({"ui": {"q": 1}}, "", ""),
            ({"Icon": "x"}, "did you mean icon?", "icon"),
            ({"UI": {}}, "did you mean ui?", "ui"),
            ({"hosts": {}}, "did you mean host?", "host"),
            # It is there, too.
            ({"icon": "x", "ikon": "x"}, "did you mean icon?", ""),
            # Another place's.
            ({"dashboard-tab": {}}, "it belongs to ui", ""),
            ({"vm": {"socket": "x"}}, "it belongs to ui.dashboard-tab.backend or vm.exposes", ""),
            # The only one that is unknown, where only one is lacking.
            ({"host": {"binaries": [{"linux": [{"file": "x"}]}]}}, "did you mean path?", "path"),
            ({"ui": {"dashboard-tab": {"title": "x", "href": "x"}}}, "did you mean src?", "src"),
            ({"ui": {"dashboard-tab": {"zz": "x"}}}, "", ""),
            ({"host": {"binaries": [{"macOS": []}]}}, "did you mean darwin?", "darwin"),
            ({"host": {"binaries": [{"win32": []}]}}, "did you mean windows?", "windows"),
        ],
    )
    def test_what_was_meant(self, data: dict[str, Any], hint: str, meant: str) -> None:
        assert (one(data).hint, one(data).meant) == (hint, meant)

    def test_two_keys_are_not_meant_for_one(self) -> None:
        assert [key.meant for key in unknown_keys({"ikon": 1, "icons": 2})] == ["icon", ""]

    def test_the_root_is_told_from_what_is_below(self) -> None:
        assert one({"a": 1}).is_at_root
        assert not one({"vm": {"a": 1}}).is_at_root


class TestReplacement:
    @pytest.mark.parametrize(
        ("data", "replacement"),
        [
            ({"name": 1}, "the label org.opencontainers.image.title"),
            ({"provider": 1}, "the label org.opencontainers.image.vendor"),
            ({"desktop-plugin-version": 1}, "the label com.docker.desktop.extension.api.version"),
            ({"version": 1}, "the image's tag"),
            ({"screenshots": []}, "the label com.docker.extension.screenshots"),
            ({"vm": {"isolation": 1}}, "nothing, as every backend runs in containers"),
            ({"vm": {"exposes": {"named-pipe": 1}}}, "vm.exposes.socket"),
            ({"ui": {"dashboard-tab": {"backend": {"tcp": 1}}}}, "ui.dashboard-tab.backend.socket"),
            (
                {"host": {"binaries": [{}, {"darwin": [{"path": "a", "install": {}}]}]}},
                "nothing, as binaries are only copied",
            ),
        ],
    )
    def test_what_has_its_place_now(self, data: dict[str, Any], replacement: str) -> None:
        assert one(data).replacement == replacement

    @pytest.mark.parametrize("data", [{"capabilities": 1}, {"vm": {"name": 1}}, {"host": {"x-rd-install": "a"}}])
    def test_of_other_keys_nothing_is_known(self, data: dict[str, Any]) -> None:
        assert one(data).replacement == ""


@pytest.mark.parametrize("name", ["x-rd-install", "x-rd-uninstall", "x-rd-shutdown"])
def test_rancher_desktops_keys(name: str) -> None:
    assert one({"host": {name: "a"}}).is_rancher_desktops
    assert not one({"host": {f"{name}-x": "a"}}).is_rancher_desktops


class TestDuplicates:
    @pytest.mark.parametrize(
        ("text", "paths"),
        [
            ("{}", ()),
            (json.dumps(FULL), ()),
            ('{"a": 1, "a": 2}', ("a",)),
            ('{"a": 1, "a": 2, "a": 3, "b": 4, "b": 5}', ("a", "b")),
            ('{"vm": {"image": "x", "image": "y"}}', ("vm.image",)),
            ('{"host": {"binaries": [{}, {"linux": [], "linux": []}]}}', ("host.binaries.1.linux",)),
            ('{"a": {"x": 1, "x": 2}, "a": 3}', ("a",)),
            ('\ufeff{"a": 1, "a": 2}', ()),
            ('{"": {"": 1, "": 2}}', ('.""',)),
            ('{"a": 1, "\\u0061": 2}', ("a",)),
            ("[]", ()),
            ('{"a": 1, "a": 2', ()),
            ("", ()),
            ('{"a": ' + "9" * 5000 + "}", ()),
        ],
        ids=lambda value: str(value)[:30],
    )
    def test_what_is_there_twice(self, text: str, paths: tuple[str, ...]) -> None:
        assert tuple(shown_path(path) for path in duplicate_keys(text.encode())) == paths

    @pytest.mark.parametrize("depth", [10, 200, 300, 330, 400, 900, 5_000, 100_000])
    def test_depth_does_not_matter(self, depth: int) -> None:
        duplicate_keys(b'{"a":' * depth + b"1" + b"}" * depth)
        duplicate_keys(b"[" * depth + b"]" * depth)

    @given(st.binary())
    def test_any_bytes_have_an_answer(self, content: bytes) -> None:
        duplicate_keys(content)


JSON = st.recursive(
    st.none() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["ui", "vm", "host", "binaries", "linux", "path", "exposes", "x"]), inner)
    ),
)


@given(st.dictionaries(st.text(max_size=9) | st.sampled_from(["ui", "vm", "host"]), JSON, max_size=5))
def test_any_object_is_walked(data: dict[str, Any]) -> None:
    for key in unknown_keys(data):
        assert key.shown
        assert key.hint is not None
        assert key.replacement is not None
