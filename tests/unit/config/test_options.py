"""Every option, from every place it can be set in."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import dext_tasks
from dext_tasks.config import OPTIONS, Settings
from dext_tasks.config.kind import When
from dext_tasks.config.resolve import Layers, NamedFile, resolve
from dext_tasks.config.runners import Runner, Runners
from dext_tasks.errors import ConfigError, UsageError
from dext_tasks.extension.exchange import Exchange
from dext_tasks.extension.version_line import Floating
from dext_tasks.formats.oci.platform import REQUIRED, Platform
from dext_tasks.tasks import namespace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.config.settings import Option

# By attribute: as data (JSON is YAML, and TOML but for objects), as text, and what both mean.
SAMPLES: dict[str, tuple[object, str, object]] = {
    "image": ("acme/demo", "acme/demo", "acme/demo"),
    "platforms": (
        ["linux/arm64", "amd64"],
        "linux/arm64, amd64",
        (Platform("linux", "arm64"), Platform.parse("amd64")),
    ),
    "contexts": (
        {"linux/arm64": "arm-box", "amd64": "x2"},
        "linux/arm64=arm-box, amd64=x2",
        ((Platform("linux", "amd64"), "x2"), (Platform("linux", "arm64"), "arm-box")),
    ),
    "dockerfile": ("build/Dockerfile", "build/Dockerfile", "build/Dockerfile"),
    "metadata": ("src/metadata.json", "src/metadata.json", "src/metadata.json"),
    "allow_dirty": (False, "no", False),
    "build_args": ({"B": "2", "A": "1=1"}, "B=2,A=1=1", (("A", "1=1"), ("B", "2"))),
    "build_target": ("final", "final", "final"),
    "build_builder": ("remote", "remote", "remote"),
    "build_provenance": (True, "yes", True),
    "build_sbom": (True, "yes", True),
    "build_sbom_generator": ("acme/scanner:1", "acme/scanner:1", "acme/scanner:1"),
    "build_timeout": (60, "60", 60.0),
    "check_select": (["label-*", "icon-absent"], "label-*, icon-absent", ("label-*", "icon-absent")),
    "check_ignore": ({"a": "no, really", "b": "known"}, "b=known; a=no, really", (("a", "no, really"), ("b", "known"))),
    "check_strict": (True, "1", True),
    "check_online": (True, "true", True),
    "check_private_addresses": (True, "yes", True),
    "check_runtimes": (["rancher-desktop"], "rancher-desktop", ("rancher-desktop",)),
    "smoke_timeout": (1.5, "1.5", 1.5),
    "smoke_settle": (0, "0", 0.0),
    "smoke_engine_socket": (True, "on", True),
    "smoke_allow": (
        ["privileged", "host-mount:/var/lib/x"],
        "privileged, host-mount:/var/lib/x",
        ("privileged", "host-mount:/var/lib/x"),
    ),
    "smoke_start_optional": (True, "yes", True),
    "smoke_memory": ("512M", "512m", "512m"),
    "smoke_pids": (100, "100", 100),
    "smoke_requests": (
        [{"path": "/hello", "json": {"a": 1}}],
        '[{"path": "/hello", "json": {"a": 1}}]',
        (Exchange(path="/hello", json='{"a": 1}'),),
    ),
    "smoke_proxy": ("always", "Always", When.ALWAYS),
    "smoke_proxy_image": ("acme/socat", "acme/socat", "acme/socat"),
    "smoke_binary_arguments": ({"tool": "version"}, "tool=version", (("tool", "version"),)),
    "smoke_host_image": ("debian:13-slim", "debian:13-slim", "debian:13-slim"),
    "smoke_ui_run": ("never", "never", When.NEVER),
    "smoke_ui_browser": ("/opt/chrome", "/opt/chrome", "/opt/chrome"),
    "smoke_ui_timeout": (5, "5", 5.0),
    "smoke_ui_script": ("tests/ui.py", "tests/ui.py", "tests/ui.py"),
    "smoke_ui_dialog": (["/a", "/b"], "/a, /b", ("/a", "/b")),
    "smoke_ui_allow_hosts": (["localhost", "[::1]:80"], "localhost, [::1]:80", ("localhost", "[::1]:80")),
    "release_tag_prefix": ("release-", "release-", "release-"),
    "release_remote": ("upstream", "upstream", "upstream"),
    "release_latest": (False, "off", False),
    "release_sign": (True, "yes", True),
    "release_sign_key": ("env://KEY", "env://KEY", "env://KEY"),
    "release_floating": (["minor", "major"], "minor,major", (Floating.MINOR, Floating.MAJOR)),
    "release_changelog": ("docs/CHANGES.md", "docs/CHANGES.md", "docs/CHANGES.md"),
    "release_line": ("1.0", "1.0", "1.0"),
    "release_ignore_tags": (["*-amd64", "2024*.0.0"], "*-amd64, 2024*.0.0", ("*-amd64", "2024*.0.0")),
    "matrix_runs_on": (
        {"default": "box", "arm64": "arm-box"},
        "arm64=arm-box,default=box",
        Runners(Runner(("box",)), ((Platform("linux", "arm64"), Runner(("arm-box",))),)),
    ),
}
# Of options whose flag is given once a value: the values, each as it is, and what they mean together.
GIVEN: dict[str, tuple[list[str], object]] = {
    "platforms": (["linux/arm64", "amd64"], (Platform("linux", "arm64"), Platform.parse("amd64"))),
    "contexts": (
        ["arm64=arm-box", "linux/amd64= fast", "arm64=arm-box-2"],
        ((Platform("linux", "amd64"), "fast"), (Platform("linux", "arm64"), "arm-box-2")),
    ),
    "build_args": (
        ["LABELS=env=prod,team=x", "MSG=one, two", "B= 2 ", "E="],
        (("B", " 2 "), ("E", ""), ("LABELS", "env=prod,team=x"), ("MSG", "one, two")),
    ),
    "check_select": (["label-*", "icon-absent,tag-*"], ("label-*", "icon-absent", "tag-*")),
    "check_ignore": (["b=known; a=b, or so", "a=no"], (("a", "no"), ("b", "known; a=b, or so"))),
    "check_runtimes": (["rancher-desktop"], ("rancher-desktop",)),
    "smoke_allow": (["environment:A", "device:/dev/a, b"], ("environment:A", "device:/dev/a, b")),
    "smoke_binary_arguments": (["tool=--format=a,b"], (("tool", "--format=a,b"),)),
    "smoke_ui_dialog": (["/a, b", "/c"], ("/a, b", "/c")),
    "smoke_ui_allow_hosts": (["localhost:8080", "a,b"], ("localhost:8080", "a", "b")),
    "release_floating": (["major,minor", "major"], (Floating.MAJOR, Floating.MINOR)),
    "release_ignore_tags": (["*-amd64", "2024*,3.[0-9].0"], ("*-amd64", "2024*", "3.[0-9].0")),
    "matrix_runs_on": (
        ["linux/arm64=arm-box", "box"],
        Runners(Runner(("box",)), ((Platform("linux", "arm64"), Runner(("arm-box",))),)),
    ),
}
DEFAULTS: dict[str, object] = {
    "image": "",
    "platforms": (Platform("linux", "amd64"), Platform("linux", "arm64")),
    "contexts": (),
    "dockerfile": "Dockerfile",
    "metadata": "metadata.json",
    "allow_dirty": True,
    "build_args": (),
    "build_target": "",
    "build_builder": "",
    "build_provenance": False,
    "build_sbom": False,
    "build_sbom_generator": "docker/buildkit-syft-scanner:stable-1",
    "build_timeout": 3600.0,
    "check_select": (),
    "check_ignore": (),
    "check_strict": False,
    "check_online": False,
    "check_private_addresses": False,
    "check_runtimes": (),
    "smoke_timeout": 30.0,
    "smoke_settle": 2.0,
    "smoke_engine_socket": False,
    "smoke_allow": (),
    "smoke_start_optional": False,
    "smoke_memory": "4g",
    "smoke_pids": 4096,
    "smoke_requests": (),
    "smoke_proxy": When.AUTO,
    "smoke_proxy_image": "alpine/socat:1.8.0.3",
    "smoke_binary_arguments": (),
    "smoke_host_image": "",
    "smoke_ui_run": When.AUTO,
    "smoke_ui_browser": "",
    "smoke_ui_timeout": 20.0,
    "smoke_ui_script": "",
    "smoke_ui_dialog": (),
    "smoke_ui_allow_hosts": (),
    "release_tag_prefix": "v",
    "release_remote": "origin",
    "release_latest": True,
    "release_sign": False,
    "release_sign_key": "",
    "release_floating": (),
    "release_changelog": "CHANGELOG.md",
    "release_line": "",
    "release_ignore_tags": (),
    "matrix_runs_on": Runners(),
}
EVERY = pytest.mark.parametrize("option", OPTIONS, ids=[option.key for option in OPTIONS])


def yaml_of(option: Option) -> str:
    keys = ["dext", *option.key.split(".")]
    lines = [f"{'  ' * depth}{key}:" for depth, key in enumerate(keys)]
    return "\n".join(lines) + f" {json.dumps(SAMPLES[option.name][0])}"


def toml_of(option: Option) -> str:
    data = SAMPLES[option.name][0]
    # Inline tables have another sign than JSON's objects, also inside of arrays.
    value = json.dumps(data).replace('": ', '" = ')
    return f"[tool.dext]\n{option.key} = {value}\n"


def test_every_option_has_a_sample() -> None:
    assert [option.name for option in OPTIONS] == list(SAMPLES) == list(DEFAULTS)
    assert [option.name for option in OPTIONS] == [field.name for field in fields(Settings)]


@EVERY
def test_the_default(option: Option, tmp_path: Path) -> None:
    resolved = resolve(Layers(tmp_path))
    assert getattr(resolved.settings, option.name) == option.default == DEFAULTS[option.name]
    assert resolved.origins[option.key] == "default"


@EVERY
def test_no_sample_is_the_default(option: Option) -> None:
    assert SAMPLES[option.name][2] != option.default


@EVERY
@pytest.mark.parametrize("name", ["invoke.yaml", "invoke.yml"])
def test_from_invoke_yaml(option: Option, name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(yaml_of(option), encoding="utf-8")
    resolved = resolve(Layers(tmp_path))
    assert getattr(resolved.settings, option.name) == SAMPLES[option.name][2]
    assert resolved.origins[option.key] == f"{name}:{option.key.count('.') + 2}"


@EVERY
def test_from_pyproject(option: Option, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(toml_of(option), encoding="utf-8")
    resolved = resolve(Layers(tmp_path))
    assert getattr(resolved.settings, option.name) == SAMPLES[option.name][2]
    assert resolved.origins[option.key] == "pyproject.toml:2"


@EVERY
def test_from_a_named_file(option: Option, tmp_path: Path) -> None:
    value: object = SAMPLES[option.name][0]
    for part in reversed(option.key.split(".")):
        value = {part: value}
    resolved = resolve(Layers(tmp_path, named=NamedFile("of-ci.yaml", value)))
    assert getattr(resolved.settings, option.name) == SAMPLES[option.name][2]
    assert resolved.origins[option.key] == "of-ci.yaml"


@EVERY
def test_from_the_environment(option: Option, tmp_path: Path) -> None:
    resolved = resolve(Layers(tmp_path, env={option.env: SAMPLES[option.name][1], "PATH": "/bin"}))
    assert getattr(resolved.settings, option.name) == SAMPLES[option.name][2]
    assert (
        resolved.origins[option.key] == option.env == f"DEXT_{option.key.upper().replace('.', '_').replace('-', '_')}"
    )


@EVERY
def test_from_a_flag(option: Option, tmp_path: Path) -> None:
    given, value = GIVEN.get(option.name, SAMPLES[option.name][1:])
    resolved = resolve(Layers(tmp_path, flags={option.name: given}))
    assert getattr(resolved.settings, option.name) == value
    assert resolved.origins[option.key] == option.flag


@EVERY
def test_from_a_python_caller(option: Option, tmp_path: Path) -> None:
    data, _, value = SAMPLES[option.name]
    resolved = resolve(Layers(tmp_path, flags={option.name: data}))
    assert getattr(resolved.settings, option.name) == value


@EVERY
@pytest.mark.parametrize("given", [object(), b"bytes", {"x": 5}, [5], [["x"]]])
def test_any_other_value_of_a_caller_is_refused(option: Option, given: object, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        resolve(Layers(tmp_path, flags={option.name: given}))
    assert caught.value.message.startswith(f"{option.flag} cannot be ")
    assert caught.value.message.endswith(f": it takes {option.kind.expects}")


@EVERY
def test_an_option_describes_itself(option: Option) -> None:
    assert option.help
    assert "\n" not in option.help
    assert option.flag.startswith("--")
    assert not set(option.flag) & set("_.")


def test_all_spellings_are_unique() -> None:
    for spelling in ("key", "name", "env", "flag", "parameter"):
        assert len({getattr(option, spelling) for option in OPTIONS}) == len(OPTIONS), spelling


@pytest.mark.parametrize(
    ("trait", "keys"),
    [
        ("is_secret", {"build.args"}),
        (
            "decides_build",
            {"dockerfile"}
            | {f"build.{name}" for name in ("args", "target", "builder", "provenance", "sbom", "sbom-generator")},
        ),
        ("marks_extension", {"image", "dockerfile", "metadata"}),
        ("default_in", {"release.tag-prefix"}),
        (
            "note",
            {
                "contexts",
                "build.provenance",
                "build.sbom",
                "check.runtimes",
                "release.sign",
                "release.tag-prefix",
                "release.floating",
                "release.changelog",
                "release.line",
                "release.ignore-tags",
            },
        ),
    ],
)
def test_what_is_special_is_said_where_it_is_declared(trait: str, keys: set[str]) -> None:
    assert {option.key for option in OPTIONS if getattr(option, trait)} == keys


def test_a_key_begins_with_its_group() -> None:
    assert {option.key.rpartition(".")[0] for option in OPTIONS} == {option.group.key for option in OPTIONS}
    assert len({option.group.title for option in OPTIONS}) == len({option.group for option in OPTIONS})


def test_no_other_module_has_a_table_of_settings() -> None:
    """Verbs list what they take; whatever else is known of a setting is in its field."""
    package = Path(dext_tasks.__file__).parent
    names = {each for option in OPTIONS for each in (option.name, option.key) if each not in WORDS}
    found = {
        str(file.relative_to(package)): sorted(said)
        for file in package.rglob("*.py")
        # Adopting an extension is to say which settings follow from what is there.
        if file.parent.name not in {"tasks", "adoption"} and (said := names & set(strings(file)))
    }
    # What adopting shows with its values hidden, a key of a JSON document, and the setting that would let a request
    # through.
    assert found == {
        "console/adoption.py": ["build.args"],
        "console/intentions.py": ["build_args"],
        "ui/gate.py": ["smoke.ui.allow-hosts"],
    }


def test_every_setting_that_a_message_or_a_page_names_is_there() -> None:
    package = Path(dext_tasks.__file__).parent
    pages = [package.parent / "README.md", *package.parent.glob("docs/**/*.md")]
    texts = {file: [file.read_text(encoding="utf-8")] for file in pages}
    texts |= {file: [each for each in strings(file) if isinstance(each, str)] for file in package.rglob("*.py")}
    named = {(file.name, name) for file, said in texts.items() for name in KEY.findall("\n".join(said))}
    assert len({name for _, name in named}) > 20
    known = {option.key for option in OPTIONS} | {option.group.key for option in OPTIONS} | OTHERS
    assert {each for each in named if each[1] not in known and not FILE.search(each[1])} == set()


KEY = re.compile(r"(?<![\w./-])(?:build|check|smoke|release|matrix)\.[a-z]+(?:[.-][a-z]+)*\b(?![/(\w])")
# Verbs, and what a job of GitHub's calls its matrix.
OTHERS = {*namespace.task_names, "matrix.session", "matrix.platform"}
FILE = re.compile(r"\.(?:go|html|jinja|js|json|junit|md|py|sarif|svg|xml|yaml|yml)\b")


# Settings with the names of many other things.
WORDS = {"image", "platforms", "contexts", "dockerfile", "metadata"}


def strings(file: Path) -> Iterator[object]:
    """Strings of a module's code."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))


def test_lists_are_given_one_at_a_time() -> None:
    assert {option.flag for option in OPTIONS if option.repeated} == {
        "--platform",
        "--platform-context",
        "--build-arg",
        "--select",
        "--ignore",
        "--runtime",
        "--allow",
        "--smoke-binary-argument",
        "--smoke-ui-dialog",
        "--smoke-ui-allow-host",
        "--floating",
        "--ignore-tag",
        "--runs-on",
    }
    assert {option.name for option in OPTIONS if option.repeated} == set(GIVEN)


def test_a_flag_called_after_one_value_has_a_plural() -> None:
    assert {option.plural for option in OPTIONS} - {""} == {
        "platforms",
        "build_args",
        "smoke_binary_arguments",
        "smoke_ui_allow_hosts",
    }


# What a script gives where its variable is not set.
MAY_BE_EMPTY = {
    "build_target",
    "build_builder",
    "release_changelog",
    "release_sign_key",
    "smoke_host_image",
    "smoke_ui_browser",
    "smoke_ui_script",
}


@EVERY
def test_an_empty_flag_is_refused_unless_it_says_something(option: Option, tmp_path: Path) -> None:
    layers = Layers(tmp_path, flags={option.name: [""] if option.repeated else ""})
    if option.name in MAY_BE_EMPTY | {"release_tag_prefix"}:
        assert not getattr(resolve(layers).settings, option.name)
        return
    with pytest.raises(UsageError) as caught:
        resolve(layers)
    assert caught.value.message.startswith(f"{option.flag} cannot be ")
    assert caught.value.remedy.startswith(f"write {option.flag} {option.kind.flag_form}")


def test_a_file_may_say_that_there_is_no_image(tmp_path: Path) -> None:
    (tmp_path / "invoke.yaml").write_text('dext: {image: ""}', encoding="utf-8")
    assert not resolve(Layers(tmp_path)).settings.image


def test_one_empty_value_among_others_is_refused(tmp_path: Path) -> None:
    for option in OPTIONS:
        if option.repeated:
            with pytest.raises(UsageError, match=f"^{option.flag} cannot be (''|this text)"):
                resolve(Layers(tmp_path, flags={option.name: [*GIVEN[option.name][0], ""]}))


def test_what_is_refused_in_a_variable_says_how_it_is_written(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"DEXT_BUILD_ARGS: it must be .* if a value has a comma"):
        resolve(Layers(tmp_path, env={"DEXT_BUILD_ARGS": "MSG=one, two"}))


@pytest.mark.parametrize(
    ("variable", "text", "value"),
    [
        ("DEXT_BUILD_ARGS", "LABELS=env=prod,team=x", (("LABELS", "env=prod"), ("team", "x"))),
        (
            "DEXT_BUILD_ARGS",
            "LABELS=env=prod,team=x\nMSG=one, two",
            (("LABELS", "env=prod,team=x"), ("MSG", "one, two")),
        ),
        ("DEXT_BUILD_ARGS", '{"LABELS": "env=prod,team=x"}', (("LABELS", "env=prod,team=x"),)),
        ("DEXT_BUILD_ARGS", " A=1,\n", (("A", "1"),)),
        ("DEXT_SMOKE_BINARY_ARGUMENTS", '{"tool": "--a,b"}', (("tool", "--a,b"),)),
        ("DEXT_CHECK_IGNORE", "a=x=y, z; b=2", (("a", "x=y, z"), ("b", "2"))),
        ("DEXT_CHECK_IGNORE", "a=one; two\r\nb=2\r\n", (("a", "one; two"), ("b", "2"))),
        ("DEXT_CHECK_IGNORE", '{"a": "one; two"}', (("a", "one; two"),)),
        ("DEXT_CHECK_SELECT", "label-[ab]*, icon-*\ntag-*", ("label-[ab]*", "icon-*", "tag-*")),
        ("DEXT_SMOKE_UI_DIALOG", '["/a, b"]', ("/a, b",)),
        ("DEXT_SMOKE_UI_DIALOG", "/a, b\n/c", ("/a, b", "/c")),
        ("DEXT_PLATFORMS", "amd64,arm64\ns390x", (*REQUIRED, Platform("linux", "s390x"))),
    ],
)
def test_a_variable_has_three_forms(variable: str, text: str, value: object, tmp_path: Path) -> None:
    (name,) = [option.name for option in OPTIONS if option.env == variable]
    assert getattr(resolve(Layers(tmp_path, env={variable: text})).settings, name) == value


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("DEXT_BUILD_ARGS", '{"A": 1}'),
        ("DEXT_BUILD_ARGS", '{"A": "1"'),
        ("DEXT_CHECK_IGNORE", '{"a": " "}'),
        ("DEXT_CHECK_IGNORE", "a="),
        ("DEXT_SMOKE_UI_DIALOG", "[5]"),
        ("DEXT_SMOKE_UI_DIALOG", "[x]"),
        ("DEXT_SMOKE_REQUESTS", "path"),
    ],
)
def test_a_variable_of_no_form_is_refused(variable: str, text: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"{variable}: it must be .*, written as "):
        resolve(Layers(tmp_path, env={variable: text}))


@pytest.mark.parametrize(
    ("option", "given"),
    [
        ("smoke_allow", ["everything"]),
        ("smoke_allow", ["host-mount"]),
        ("smoke_allow", ["host-mount:"]),
        ("smoke_allow", ["privileged:yes"]),
        ("smoke_allow", ["engine_socket"]),
        ("smoke_allow", "engine-socket"),
        ("smoke_allow", [5]),
        ("smoke_memory", "-1"),
        ("smoke_memory", "4 GiB"),
        ("smoke_memory", "lots"),
        ("smoke_memory", "9" * 20),
        ("smoke_pids", -1),
        ("smoke_pids", 1.5),
        ("smoke_pids", True),
        ("smoke_pids", 10**9),
    ],
)
def test_what_is_no_grant_and_no_limit_is_refused(option: str, given: object, tmp_path: Path) -> None:
    key = next(each.key for each in OPTIONS if each.name == option)
    section, name = key.split(".")
    (tmp_path / "invoke.yaml").write_text(json.dumps({"dext": {section: {name: given}}}), encoding="utf-8")
    with pytest.raises(ConfigError, match=key):
        resolve(Layers(tmp_path))
