from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.errors import MetadataInvalidError
from dext_tasks.extension.metadata import (
    UI,
    VM,
    HostBinary,
    Metadata,
    SchemaProblem,
    absolute,
    load,
    parse,
    problems,
    schema,
)
from dext_tasks.formats.executable.binary import HostOS

FULL: dict[str, Any] = {
    "icon": "icon.svg",
    "ui": {
        "dashboard-tab": {
            "title": "Demo",
            "root": "/ui",
            "src": "index.html?theme=dark#top",
            "backend": {"socket": "demo.sock"},
        }
    },
    "vm": {"composefile": "docker-compose.yaml", "exposes": {"socket": "demo.sock"}},
    "host": {
        "binaries": [
            {"darwin": [{"path": "/darwin/demo"}], "linux": [{"path": "/linux/demo"}]},
            {"windows": [{"path": "/windows/demo.exe"}]},
        ]
    },
}
KEYS = st.sampled_from(
    ["icon", "ui", "dashboard-tab", "title", "root", "src", "backend", "socket", "vm", "image"],
) | st.sampled_from(["composefile", "exposes", "host", "binaries", "darwin", "linux", "windows", "path", "extra"])
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | st.integers() | FLOATS | st.text() | st.sampled_from(["..", "/", "a\0b"])
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=5)


def encoded(data: object) -> bytes:
    return json.dumps(data).encode()


class TestLoad:
    def test_an_object_is_read(self) -> None:
        assert load(b'{"icon": "icon.svg"}') == {"icon": "icon.svg"}

    @pytest.mark.parametrize(
        ("content", "line", "column"),
        [
            (b"\xef\xbb\xbf{}", 1, 1),
            (b'{\n  "icon": icon.svg\n}', 2, 11),
            (b'{\n\n"icon": "\xff"}', 3, 0),
            (b'{"a": "NaN",\n "vm": {"x": NaN}}', 2, 14),
            (b'{"a": "\\"", "x": -Infinity}', 1, 18),
            (b"[]", 0, 0),
        ],
    )
    def test_a_place_is_told(self, content: bytes, line: int, column: int) -> None:
        with pytest.raises(MetadataInvalidError) as raised:
            load(content)
        assert (raised.value.line, raised.value.column) == (line, column)

    @pytest.mark.parametrize(
        ("content", "why"),
        [
            (b"", "line 1, column 1"),
            (b'{\n  "icon": icon.svg\n}', "line 2, column 11"),
            (b'{"icon": "a"} trailing', "line 1, column 15"),
            (b"{'icon': 1}", "line 1, column 2"),
            (b'{"icon": "\xff"}', "byte 10 is not UTF-8"),
            ('{"icon": 1}'.encode("utf-16"), "byte 0 is not UTF-8"),
            (b"[]", "not an object"),
            (b"null", "not an object"),
            (b'"text"', "not an object"),
            (b"[" * 100_000, "nested too deeply"),
            (b'{"a":' * 100_000, "nested too deeply"),
            (b'{"icon": ' + b"9" * 5000 + b"}", "too many digits"),
            (b"\xef\xbb\xbf{}", "line 1, column 1: it begins with a byte order mark"),
            (b'{"vm": {"x": NaN}}', "line 1, column 14: NaN is not valid JSON"),
        ],
    )
    def test_what_is_no_object_is_refused_with_its_place(self, content: bytes, why: str) -> None:
        with pytest.raises(MetadataInvalidError) as raised:
            load(content)
        assert raised.value.message.startswith("metadata.json: ")
        assert why in raised.value.message
        assert "\n" not in raised.value.message

    @given(st.binary() | st.text().map(str.encode) | VALUES.map(encoded))
    def test_any_bytes_are_an_object_or_refused(self, content: bytes) -> None:
        try:
            assert isinstance(load(content), dict)
        except MetadataInvalidError as error:
            assert error.remedy  # noqa: PT017 - either end is fine, this one with a remedy


class TestParse:
    def test_everything_is_read(self) -> None:
        assert parse(encoded(FULL)) == Metadata(
            icon="/icon.svg",
            ui=UI(title="Demo", root="/ui", src="index.html?theme=dark#top", socket="demo.sock"),
            vm=VM(image="", composefile="/docker-compose.yaml", socket="demo.sock"),
            binaries=(
                HostBinary(HostOS.DARWIN, "/darwin/demo"),
                HostBinary(HostOS.LINUX, "/linux/demo"),
                HostBinary(HostOS.WINDOWS, "/windows/demo.exe"),
            ),
        )

    def test_an_empty_object_names_nothing(self) -> None:
        assert parse(b"{}") == Metadata(icon="", ui=None, vm=None, binaries=())

    @pytest.mark.parametrize(
        "data",
        [
            {"icon": 1, "ui": [], "vm": "x", "host": None},
            {"ui": {"dashboard-tab": "x"}, "host": {"binaries": {}}},
            {"host": {"binaries": ["x", None, {"darwin": {}}, {"linux": ["x", {"path": 5}, {"path": ""}]}]}},
        ],
    )
    def test_parts_of_the_wrong_type_count_as_absent(self, data: object) -> None:
        assert parse(encoded(data)) == Metadata(icon="", ui=None, vm=None, binaries=())

    def test_a_backend_without_values_is_a_backend(self) -> None:
        assert parse(encoded({"vm": {"image": ["x"], "exposes": {"socket": 1}}})).vm == VM("", "", "")

    def test_a_ui_without_root_is_at_the_root(self) -> None:
        ui = parse(encoded({"ui": {"dashboard-tab": {"title": "x", "src": "index.html"}}})).ui
        assert ui is not None
        assert (ui.root, ui.entry) == ("/", "/index.html")

    @pytest.mark.parametrize(
        ("root", "src", "entry"),
        [
            ("/ui", "index.html", "/ui/index.html"),
            ("ui/", "/index.html", "/ui/index.html"),
            ("/ui", "index.html?a=/b", "/ui/index.html"),
            ("/ui", "index.html#/route?x", "/ui/index.html"),
            ("/ui", "sub/../index.html", "/ui/index.html"),
            ("/ui", "../../../index.html", "/index.html"),
            ("/ui", "?only=query", "/ui"),
        ],
    )
    def test_the_entry_page_is_a_path_without_query(self, root: str, src: str, entry: str) -> None:
        assert UI("", root, src, "").entry == entry

    @given(OBJECTS.map(encoded) | st.binary())
    def test_hostile_metadata_gives_absolute_paths_or_is_refused(self, content: bytes) -> None:
        try:
            metadata = parse(content)
        except MetadataInvalidError:
            return
        paths = [metadata.icon, *(binary.path for binary in metadata.binaries)]
        if metadata.ui:
            paths += [metadata.ui.root, metadata.ui.entry]
        if metadata.vm:
            paths.append(metadata.vm.composefile)
        for path in filter(None, paths):
            assert path.startswith("/")
            assert not path.startswith("//")
            assert ".." not in path.split("/")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("", ""),
        ("/", "/"),
        ("//", "/"),
        (".", "/"),
        ("..", "/"),
        ("icon.svg", "/icon.svg"),
        ("./icon.svg", "/icon.svg"),
        ("//icon.svg", "/icon.svg"),
        ("/a//b/", "/a/b"),
        ("/../../etc/passwd", "/etc/passwd"),
        ("a/./b/../c", "/a/c"),
    ],
)
def test_a_path_is_resolved_from_the_images_root(path: str, expected: str) -> None:
    assert absolute(path) == expected


def tab(**changes: object) -> dict[str, object]:
    return {"ui": {"dashboard-tab": {"title": "x", "src": "index.html", **changes}}}


class TestProblems:
    @pytest.mark.parametrize(
        "data",
        [
            {},
            FULL,
            {"icon": "i.svg", "vm": {"image": "${DESKTOP_PLUGIN_IMAGE}"}},
            tab(),
            tab(root="/ui", extra="is for a newer desktop"),
            {"host": {"binaries": []}},
        ],
    )
    def test_what_desktops_install_is_without_problems(self, data: dict[str, Any]) -> None:
        assert problems(data) == ()

    @pytest.mark.parametrize(
        ("data", "problem"),
        [
            ({"name": "x"}, SchemaProblem("(root)", "Additional property name is not allowed", "additionalProperties")),
            ({"icon": 5}, SchemaProblem("icon", "expected string, given integer", "type")),
            ({"icon": None}, SchemaProblem("icon", "expected string, given null", "type")),
            ({"icon": True}, SchemaProblem("icon", "expected string, given boolean", "type")),
            ({"icon": 1.5}, SchemaProblem("icon", "expected string, given number", "type")),
            ({"ui": []}, SchemaProblem("ui", "expected object, given array", "type")),
            ({"vm": "x"}, SchemaProblem("vm", "expected object, given string", "type")),
            ({"host": {"binaries": {}}}, SchemaProblem("host.binaries", "expected array, given object", "type")),
            (
                {"ui": {"dashboard-tab": {"src": "index.html"}}},
                SchemaProblem("ui.dashboard-tab", "title is required", "required"),
            ),
            (
                {"vm": {"image": "x", "composefile": "y"}},
                SchemaProblem("vm", "image and composefile exclude each other", "not"),
            ),
            (
                {"host": {"binaries": [{"linux": [{}]}]}},
                SchemaProblem("host.binaries.0.linux.0", "path is required", "required"),
            ),
        ],
    )
    def test_a_problem_says_where_and_what(self, data: dict[str, Any], problem: SchemaProblem) -> None:
        assert problems(data) == (problem,)

    @pytest.mark.parametrize(
        ("data", "where", "keyword"),
        [
            ({"icon": ""}, "icon", "minLength"),
            ({"vm": {"exposes": {"socket": "run/x.sock"}}}, "vm.exposes.socket", "pattern"),
            ({"vm": {"exposes": {"socket": ""}}}, "vm.exposes.socket", "pattern"),
            (tab(backend={"socket": "/run/x.sock"}), "ui.dashboard-tab.backend.socket", "pattern"),
        ],
    )
    def test_a_value_of_the_right_type_can_be_wrong(self, data: dict[str, Any], where: str, keyword: str) -> None:
        (problem,) = problems(data)
        assert (problem.where, problem.keyword) == (where, keyword)
        assert ".".join(map(str, problem.path)) == where

    def test_what_is_wrong_is_said_in_words(self) -> None:
        data = {"icon": "", "vm": {"exposes": {"socket": "run/x.sock"}}}
        assert [each.what for each in problems(data)] == [
            "expected a string, given none",
            "expected the name of a file, given 'run/x.sock'",
        ]

    def test_all_problems_are_found_at_once(self) -> None:
        found = problems({"version": 1, "name": 2, "icon": 3, "vm": {"image": 4}})
        assert [(each.where, each.keyword) for each in found] == [
            ("(root)", "additionalProperties"),
            ("(root)", "additionalProperties"),
            ("icon", "type"),
            ("vm.image", "type"),
        ]
        assert [each.what for each in found[:2]] == [
            f"Additional property {name} is not allowed" for name in ("name", "version")
        ]

    @given(OBJECTS)
    def test_any_object_is_judged(self, data: dict[str, Any]) -> None:
        for problem in problems(load(encoded(data))):
            assert problem.where
            assert problem.what

    def test_an_object_that_can_just_be_read_is_judged(self) -> None:
        depth = 10
        while _loads(depth * 2):
            depth *= 2
        for nested in range(depth, 2 * depth, max(1, depth // 64)):
            content = b'{"icon": %s, "vm": {"image": %s, "composefile": ""}}' % ((_nested(nested),) * 2)
            try:
                data = load(content)
            except MetadataInvalidError:
                break
            assert problems(data)


def _nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


def _loads(depth: int) -> bool:
    try:
        load(b'{"icon": %s}' % _nested(depth))
    except MetadataInvalidError:
        return False
    return True


def test_the_schema_is_a_valid_one() -> None:
    from jsonschema import Draft7Validator

    Draft7Validator.check_schema(schema())
