from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.config.entry import RawSetting, SettingSource, from_toml, from_yaml
from dext_tasks.errors import ConfigError

KNOWN = frozenset({"image", "platforms", "build.args", "smoke.timeout"})


def yaml(text: str) -> list[RawSetting]:
    return from_yaml(text, "invoke.yaml", KNOWN)


def toml(text: str) -> list[RawSetting]:
    return from_toml(text, "pyproject.toml", KNOWN)


def lines(entries: list[RawSetting]) -> dict[str, int]:
    return {entry.key: int(entry.where.rpartition(":")[2]) for entry in entries}


class TestYaml:
    @pytest.mark.parametrize(
        "text", ["", "# nothing", "tasks: {}", "dext:", "dext: {}", "dext: {smoke: {}}", "---\n..."]
    )
    def test_nothing_set_is_no_entry(self, text: str) -> None:
        assert yaml(text) == []

    def test_each_key_has_its_line(self) -> None:
        text = (
            "run: {echo: true}\n# a comment\ndext:\n  image: acme/demo\n"
            "  platforms:\n    - linux/amd64\n  build:\n    args:\n      A: b\n  smoke: {timeout: 5}\n"
        )
        assert lines(yaml(text)) == {"image": 4, "platforms": 5, "build.args": 8, "smoke.timeout": 10}

    def test_values_are_what_yaml_makes_of_them(self) -> None:
        assert [entry.value for entry in yaml("dext: {image: yes, platforms: [a], build: {args: {A: 1}}}")] == [
            True,
            ["a"],
            {"A": 1},
        ]

    def test_an_alias_stands_for_its_anchor(self) -> None:
        entries = yaml("common: &image acme/demo\ndext:\n  image: *image\n")
        assert entries == [RawSetting("image", "acme/demo", SettingSource.INVOKE_FILE, "invoke.yaml:3")]

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("dext:\n  image: a\n  image: b\n", "invoke.yaml:3: 'image' is given twice, first on line 2"),
            ("dext:\n  image: a\nrun: {}\ndext:\n  x: b\n", "invoke.yaml:4: 'dext' is given twice, first on line 1"),
            ("dext:\n  smoke: {}\n  smoke: {}\n", "invoke.yaml:3: 'smoke' is given twice, first on line 2"),
            ("dext:\n  a-b: 1\n  a_b: 1\n", "invoke.yaml:3: 'a-b' is given twice, first on line 2"),
            (
                "dext:\n  smoke: {timeout: 1}\n  smoke.timeout: 2\n",
                "invoke.yaml:3: 'smoke.timeout' is given twice, first on line 2",
            ),
            (
                "dext:\n  build:\n    args:\n      A: 1\n      A: 2\n",
                "invoke.yaml:5: 'A' is given twice, first on line 4",
            ),
            ("dext:\n  image:\n    - {a: 1,\n       a: 2}\n", "invoke.yaml:4: 'a' is given twice, first on line 3"),
        ],
    )
    def test_a_key_that_is_given_twice_is_refused(self, text: str, message: str) -> None:
        with pytest.raises(ConfigError) as raised:
            yaml(text)
        assert (raised.value.message, raised.value.remedy) == (message, "keep one of the two")

    @pytest.mark.parametrize(
        "text",
        [
            "run: 1\nrun: 2\n",
            "dext: {build: {args: {a-b: 1, a_b: 2}}}",
            "dext: {image: a, build: {args: {image: a}}}",
            "dext: {build: {args: {<<: {A: 1}, <<: {B: 1}, A: 2}}}",
        ],
    )
    def test_what_is_given_once_is_not_given_twice(self, text: str) -> None:
        assert len({entry.key for entry in yaml(text)}) == len(yaml(text))

    def test_other_tools_keys_are_let_be(self) -> None:
        assert yaml("x: !unknown {a: 1}\ndext: {}\n") == []

    @pytest.mark.parametrize(
        ("text", "where"),
        [
            ("dext:\n  image: [\n", "invoke.yaml:3: "),
            ("dext:\n\timage: x\n", "invoke.yaml:2: "),
            ("dext:\n  image: !!python/name:os.system x\n", "invoke.yaml:2: nothing is known of the tag"),
            ("dext:\n  image: !mine x\n", "invoke.yaml:2: nothing is known of the tag"),
            ("dext:\n  image: {? [a] : b}\n", "invoke.yaml:2: a key is a list or a mapping"),
            ("dext:\n  image: 2001-13-45\n", "invoke.yaml:2: a date, a number or what a tag stands for cannot be read"),
            ("dext:\n  image: *nowhere\n", "invoke.yaml:2: "),
            ("dext: &self {image: *self}\n", "invoke.yaml:1: an alias contains itself"),
            ("dext: &self {inner: *self}\n", "invoke.yaml: it is nested too deeply"),
            ("a: b\n---\nc: d\n", "invoke.yaml:2: "),
            ("[]", "invoke.yaml:1: the file is not a mapping"),
            ("text", "invoke.yaml:1: the file is not a mapping"),
            ("a\0b", "invoke.yaml: "),
            (f"dext: {{smoke: {{timeout: {'9' * 5000}}}}}", "invoke.yaml:1: a date, a number"),
            ("dext:\n  image: !!timestamp x\n", "invoke.yaml:2: a date, a number"),
            ("dext:\n  image: !!int x\n", "invoke.yaml:2: a date, a number"),
            (f"dext: {'[' * 3000}", "invoke.yaml: it is nested too deeply"),
        ],
    )
    def test_what_is_no_yaml_is_refused_with_its_line(self, text: str, where: str) -> None:
        with pytest.raises(ConfigError) as raised:
            yaml(text)
        assert raised.value.message.startswith(where)
        assert "\n" not in raised.value.message

    @given(st.text() | st.text(alphabet="dext:image{}[]&*!|>-? \n\t'\"#%@", max_size=40))
    def test_any_text_is_read_or_refused(self, text: str) -> None:
        try:
            yaml(text)
            yaml(f"dext:\n  image: {text}")
        except ConfigError as error:
            assert error.message.startswith("invoke.yaml")  # noqa: PT017 - either end is fine


class TestToml:
    @pytest.mark.parametrize(
        "text", ["", "[tool]", "[tool.dext]", "tool = 5", "[tool.other]\nimage = 1", "[dext]\nimage=1"]
    )
    def test_nothing_set_is_no_entry(self, text: str) -> None:
        assert toml(text) == []

    @pytest.mark.parametrize(
        ("text", "line"),
        [
            ('[tool.dext]\nimage = "x"\n', 2),
            ('[project]\nimage = "y"\n\n[tool.dext]\n# image = 1\nimage = "x"\n', 6),
            ('[tool.dext]\nimage-old = 1\nimage = "x"\n', 3),
            ('[tool.dext]\n"image" = "x"\n', 2),
            ('[ tool . dext ]\nimage="x"\n', 2),
            ('[tool]\ndext.image = "x"\n', 2),
            ('[tool]\nother = 1\ndext = { image = "x" }\n', 3),
            ('tool.dext.image = "x"\n', 1),
        ],
    )
    def test_a_key_has_its_line(self, text: str, line: int) -> None:
        assert lines(toml(text))["image"] == line

    @pytest.mark.parametrize(
        ("text", "line"),
        [
            ("[tool.dext]\nsmoke.timeout = 5\n", 2),
            ("[tool.dext.smoke]\n\ntimeout = 5\n", 3),
            ('[tool.dext]\nimage = "x"\nsmoke = { timeout = 5 }\n', 3),
            ("[tool.dext]\n[tool.other]\ntimeout = 5\n[tool.dext.smoke]\ntimeout = 5\n", 5),
        ],
    )
    def test_a_nested_key_has_its_line(self, text: str, line: int) -> None:
        assert lines(toml(text))["smoke.timeout"] == line

    def test_a_mapping_that_is_one_option_stays_whole(self) -> None:
        assert toml('[tool.dext.build.args]\nA = "b"\n') == [
            RawSetting("build.args", {"A": "b"}, SettingSource.PYPROJECT, "pyproject.toml:2")
        ]

    def test_what_is_no_table_is_an_entry_without_key(self) -> None:
        assert toml("[tool]\ndext = 5\n") == [RawSetting("", 5, SettingSource.PYPROJECT, "pyproject.toml:2")]

    @pytest.mark.parametrize(
        "text", ["[tool.dext\n", "a = \n", "a = 1\na = 2\n", f"a = {'9' * 5000}\n", f"a = {'[' * 100_000}\n"]
    )
    def test_what_is_no_toml_is_refused(self, text: str) -> None:
        with pytest.raises(ConfigError) as raised:
            toml(text)
        assert raised.value.message.startswith("pyproject.toml: ")

    @given(st.text() | st.text(alphabet="tol.dexiag=[]{}'\"# \n", max_size=40))
    def test_any_text_is_read_or_refused(self, text: str) -> None:
        try:
            toml(text)
            toml(f"[tool.dext]\n{text}")
        except ConfigError as error:
            assert error.message.startswith("pyproject.toml")  # noqa: PT017 - either end is fine
