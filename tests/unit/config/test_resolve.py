from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dext_tasks.config.resolve import Layers, NamedFile, resolve
from dext_tasks.errors import ConfigError, DextError, UnknownPlatformError, UsageError
from dext_tasks.formats.oci.platform import Platform
from tests.unit.needs import make_pipe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

YAML = "dext:\n  image: acme/of-yaml\n"
TOML = '[tool.dext]\nimage = "acme/of-toml"\n'


def write(root: Path, *, yaml: str = "", toml: str = "") -> Path:
    if yaml:
        (root / "invoke.yaml").write_text(yaml, encoding="utf-8")
    if toml:
        (root / "pyproject.toml").write_text(toml, encoding="utf-8")
    return root


def refusal(layers: Layers) -> DextError:
    with pytest.raises(DextError) as raised:
        resolve(layers)
    return raised.value


class TestPrecedence:
    @pytest.mark.parametrize(
        ("layers", "image", "origin"),
        [
            (0, "", "default"),
            (1, "acme/of-yaml", "invoke.yaml:2"),
            (2, "acme/of-toml", "pyproject.toml:2"),
            (3, "acme/of-env", "DEXT_IMAGE"),
            (4, "acme/of-named", "of-ci.yaml"),
            (5, "acme/of-flag", "--image"),
        ],
    )
    def test_the_later_layer_wins(self, layers: int, image: str, origin: str, tmp_path: Path) -> None:
        write(tmp_path, yaml=YAML if layers >= 1 else "", toml=TOML if layers >= 2 else "")
        env = {"DEXT_IMAGE": "acme/of-env"} if layers >= 3 else {}
        named = NamedFile("of-ci.yaml", {"image": "acme/of-named"}) if layers >= 4 else None
        flags = {"image": "acme/of-flag"} if layers >= 5 else {}
        resolved = resolve(Layers(tmp_path, env, flags, named))
        assert (resolved.settings.image, resolved.origins["image"]) == (image, origin)

    def test_a_flag_takes_back_what_a_file_switched_on(self, tmp_path: Path) -> None:
        write(tmp_path, yaml="dext: {build: {provenance: true}}")
        assert not resolve(Layers(tmp_path, flags={"build_provenance": "false"})).settings.build_provenance

    def test_layers_are_merged_option_by_option(self, tmp_path: Path) -> None:
        write(tmp_path, yaml="dext: {smoke: {timeout: 1, settle: 1}}", toml="[tool.dext.smoke]\nsettle = 2\n")
        settings = resolve(Layers(tmp_path, env={"DEXT_BUILD_TIMEOUT": "3"})).settings
        assert (settings.smoke_timeout, settings.smoke_settle, settings.build_timeout) == (1.0, 2.0, 3.0)

    def test_a_mapping_replaces_that_of_an_earlier_layer(self, tmp_path: Path) -> None:
        write(tmp_path, yaml="dext: {build: {args: {A: '1'}}}")
        assert resolve(Layers(tmp_path, env={"DEXT_BUILD_ARGS": "B=2"})).settings.build_args == (("B", "2"),)


class TestNamedFile:
    @pytest.mark.parametrize(
        ("data", "message"),
        [
            ({"imgae": "x"}, "of-ci.yaml: unknown key 'imgae'; did you mean 'image'?"),
            ({"smoke": {"timeout": "5"}}, "of-ci.yaml: 'smoke.timeout' must be a number of seconds, 0 or more"),
            ("text", "of-ci.yaml: `dext` is not a mapping of keys to values"),
        ],
    )
    def test_what_is_wrong_in_it_is_named(self, data: object, message: str, tmp_path: Path) -> None:
        assert refusal(Layers(tmp_path, named=NamedFile("of-ci.yaml", data))).message == message

    @pytest.mark.parametrize("data", [{}, {"smoke": {}}, {"build": {}}])
    def test_empty_sections_say_nothing(self, data: object, tmp_path: Path) -> None:
        assert set(resolve(Layers(tmp_path, named=NamedFile("x", data))).origins.values()) == {"default"}


class TestInvokeJson:
    def test_is_read_as_yaml_is(self, tmp_path: Path) -> None:
        (tmp_path / "invoke.json").write_text('{"dext": {"smoke": {"timeout": 5}}, "run": 1}', encoding="utf-8")
        resolved = resolve(Layers(tmp_path))
        assert (resolved.settings.smoke_timeout, resolved.origins["smoke.timeout"]) == (5.0, "invoke.json")

    @pytest.mark.parametrize("text", ["{}", '{"dext": null}', '{"dext": {}}', '{"run": {"echo": true}}'])
    def test_may_say_nothing(self, text: str, tmp_path: Path) -> None:
        (tmp_path / "invoke.json").write_text(text, encoding="utf-8")
        assert set(resolve(Layers(tmp_path)).origins.values()) == {"default"}

    @pytest.mark.parametrize("text", ["{", "[]", "7", "", "[" * 100_000])
    def test_what_is_no_object_is_refused(self, text: str, tmp_path: Path) -> None:
        (tmp_path / "invoke.json").write_text(text, encoding="utf-8")
        error = refusal(Layers(tmp_path))
        assert (type(error), error.message.partition(":")[0]) == (ConfigError, "invoke.json")


class TestSpelling:
    @pytest.mark.parametrize("key", ["engine-socket", "engine_socket"])
    @pytest.mark.parametrize("place", ["yaml", "toml", "named"])
    def test_dashes_and_underscores_are_one_key(self, key: str, place: str, tmp_path: Path) -> None:
        if place == "yaml":
            write(tmp_path, yaml=f"dext:\n  smoke:\n    {key}: true\n")
        if place == "toml":
            write(tmp_path, toml=f"[tool.dext.smoke]\n{key} = true\n")
        named = NamedFile("of-ci.yaml", {"smoke": {key: True}}) if place == "named" else None
        assert resolve(Layers(tmp_path, named=named)).settings.smoke_engine_socket

    @pytest.mark.parametrize("yaml", ["dext: {smoke.timeout: 5}", "dext: {smoke: {timeout: 5}}"])
    def test_nested_and_dotted_keys_mean_the_same(self, yaml: str, tmp_path: Path) -> None:
        assert resolve(Layers(write(tmp_path, yaml=yaml))).settings.smoke_timeout == 5.0

    def test_underscores_in_the_names_of_build_arguments_are_kept(self, tmp_path: Path) -> None:
        write(tmp_path, yaml="dext: {build: {args: {NODE_ENV: production}}}")
        assert resolve(Layers(tmp_path)).settings.build_args == (("NODE_ENV", "production"),)


class TestProblems:
    def test_all_are_listed_at_once(self, tmp_path: Path) -> None:
        write(tmp_path, yaml="dext:\n  imgae: x\n  smoke:\n    timeout: soon\n", toml="[tool.dext]\nlatest = 1\n")
        error = refusal(
            Layers(
                tmp_path,
                env={"DEXT_SMOKE_SETTLE": "-1", "DEXT_NONSENSE": "x"},
                flags={"platforms": "linux/vax", "release_latest": "maybe"},
                named=NamedFile("of-ci.yaml", {"build": {"provenance": "no"}}),
            )
        )
        assert isinstance(error, ConfigError)
        assert error.message == "8 problems in the settings"
        assert [line.split(": ", 1)[0] for line in error.detail.splitlines()] == [
            "invoke.yaml:2",
            "invoke.yaml:4",
            "pyproject.toml:2",
            "DEXT_NONSENSE",
            "DEXT_SMOKE_SETTLE",
            "of-ci.yaml",
            "--platform",
            "--release-latest cannot be 'maybe'",
        ]

    @pytest.mark.parametrize(
        ("yaml", "message"),
        [
            ("dext: {imgae: x}", "invoke.yaml:1: unknown key 'imgae'; did you mean 'image'?"),
            ("dext: {smoke: {timeot: 1}}", "invoke.yaml:1: unknown key 'smoke.timeot'; did you mean 'smoke.timeout'?"),
            ("dext: {build-args: {A: b}}", "invoke.yaml:1: unknown key 'build-args.A'; did you mean 'build.args'?"),
            ("dext: {zzzzzzzz: 1}", "invoke.yaml:1: unknown key 'zzzzzzzz'"),
            ("dext: {smoke: 5}", "invoke.yaml:1: unknown key 'smoke'; did you mean 'smoke.pids'?"),
            ("dext: text", "invoke.yaml:1: `dext` is not a mapping of keys to values"),
            ("dext: [image]", "invoke.yaml:1: `dext` is not a mapping of keys to values"),
            ("dext: {image: 5}", "invoke.yaml:1: 'image' must be a string that is not empty"),
            ("dext: {build: {target: 5}}", "invoke.yaml:1: 'build.target' must be a string"),
            ("dext: {smoke: {timeout: '5'}}", "invoke.yaml:1: 'smoke.timeout' must be a number of seconds, 0 or more"),
        ],
    )
    def test_the_only_one_is_the_message(self, yaml: str, message: str, tmp_path: Path) -> None:
        error = refusal(Layers(write(tmp_path, yaml=yaml)))
        assert isinstance(error, ConfigError)
        assert (error.message, error.detail) == (message, "")
        assert "docs/settings.md" in error.remedy

    def test_a_variable_that_is_no_setting_is_named_with_the_nearest(self, tmp_path: Path) -> None:
        assert "did you mean 'DEXT_IMAGE'" in refusal(Layers(tmp_path, env={"DEXT_IMAGES": "x"})).message

    @pytest.mark.parametrize("name", ["DEXT_DEBUG", "DEXT_CORPUS", "DEXTER", "IMAGE"])
    def test_other_variables_are_let_be(self, name: str, tmp_path: Path) -> None:
        assert set(resolve(Layers(tmp_path, env={name: "1"})).origins.values()) == {"default"}

    @pytest.mark.parametrize(
        ("layers", "where"),
        [
            ({"env": {"DEXT_PLATFORMS": "linux/vax"}}, "DEXT_PLATFORMS"),
            ({"flags": {"platforms": "linux/vax"}}, "--platform"),
            ({"named": NamedFile("of-ci.yaml", {"platforms": ["linux/vax"]})}, "of-ci.yaml"),
        ],
    )
    def test_an_unknown_platform_alone_keeps_its_own_error(
        self, layers: Mapping[str, Any], where: str, tmp_path: Path
    ) -> None:
        error = refusal(Layers(tmp_path, **layers))
        assert isinstance(error, UnknownPlatformError)
        assert error.message == f"{where}: unknown platform 'linux/vax'"

    def test_a_value_that_is_overruled_must_be_right_too(self, tmp_path: Path) -> None:
        write(tmp_path, yaml="dext: {smoke: {timeout: soon}}")
        assert refusal(Layers(tmp_path, flags={"smoke_timeout": "5"})).message.startswith("invoke.yaml:1")


class TestFlags:
    """What is wrong with a flag is wrong usage, as what is wrong with any other is."""

    @pytest.mark.parametrize(
        ("name", "given", "message", "remedy"),
        [
            ("build_args", ["A=1", "NOVAL"], "--build-arg cannot be 'NOVAL': it takes a mapping", "NOVAL=TEXT, once"),
            ("build_args", "NOVAL", "--build-arg cannot be 'NOVAL'", "write --build-arg NOVAL=TEXT"),
            ("build_args", ["=s3cret"], "--build-arg cannot be '=…'", "write --build-arg NAME=TEXT"),
            ("check_ignore", ["label-empty"], "--ignore cannot be 'label-empty'", "label-empty=REASON"),
            ("check_ignore", ["label-empty="], "--ignore cannot be 'label-empty='", "CODE=REASON"),
            ("smoke_allow", ["gpus", "gpu"], "--allow cannot be 'gpu': it takes a list of grants", "--allow NAME"),
            ("smoke_timeout", "soon", "--smoke-timeout cannot be 'soon': it takes a number of seconds", "SECONDS"),
            ("check_strict", "maybe", "--strict cannot be 'maybe': it takes true or false", "--strict yes|no"),
            ("platforms", [1], "--platform cannot be 1", "--platform PLATFORM"),
            ("dockerfile", "\n", "--dockerfile cannot be ''", "--dockerfile TEXT"),
            ("smoke_requests", '[{"body": "s3cret"}', "--smoke-requests cannot be this text", "JSON"),
        ],
    )
    def test_names_the_value_and_what_to_write(
        self, name: str, given: object, message: str, remedy: str, tmp_path: Path
    ) -> None:
        error = refusal(Layers(tmp_path, flags={name: given}))
        assert type(error) is UsageError
        assert error.message.startswith(message)
        assert remedy in error.remedy
        assert "s3cret" not in f"{error.message}{error.remedy}"

    def test_several_are_listed(self, tmp_path: Path) -> None:
        error = refusal(Layers(tmp_path, flags={"build_args": ["A"], "platforms": "linux/vax", "smoke_pids": "x"}))
        assert type(error) is UsageError
        assert [line.split()[0] for line in error.detail.splitlines()] == ["--build-arg", "--platform:", "--smoke-pids"]
        assert "write --build-arg A=TEXT" in error.remedy

    def test_a_variable_is_a_setting(self, tmp_path: Path) -> None:
        assert type(refusal(Layers(tmp_path, env={"DEXT_BUILD_ARGS": "NOVAL"}))) is ConfigError


class TestContexts:
    """A context belongs to a platform that is configured."""

    @pytest.mark.parametrize(
        ("layers", "kind", "where"),
        [
            ({"env": {"DEXT_CONTEXTS": "s390x=box"}}, ConfigError, "DEXT_CONTEXTS"),
            ({"flags": {"contexts": ["s390x=box"]}}, UsageError, "--platform-context"),
            ({"flags": {"contexts": ["s390x=box"], "platforms": ["amd64"]}}, UsageError, "--platform-context"),
            ({"named": NamedFile("of-ci.yaml", {"contexts": {"s390x": "box"}})}, ConfigError, "of-ci.yaml"),
        ],
    )
    def test_of_another_platform_is_refused(
        self, layers: Mapping[str, Any], kind: type[DextError], where: str, tmp_path: Path
    ) -> None:
        error = refusal(Layers(tmp_path, **layers))
        assert type(error) is kind
        assert error.message == f"{where}: no context is needed for linux/s390x, which is not among the platforms"
        assert "--platform" in error.remedy

    @pytest.mark.parametrize("text", ["platforms: [linux/amd64]", "image: acme/demo"])
    def test_in_a_file_has_to_fit_the_platforms_of_files(self, text: str, tmp_path: Path) -> None:
        write(tmp_path, yaml=f"dext: {{{text}, contexts: {{s390x: box}}}}")
        assert "linux/s390x" in refusal(Layers(tmp_path)).message

    def test_of_a_platform_that_one_run_leaves_out_is_no_mistake(self, tmp_path: Path) -> None:
        write(tmp_path, yaml="dext: {contexts: {linux/arm64: arm-box}}")
        settings = resolve(Layers(tmp_path, flags={"platforms": ["linux/amd64"]})).settings
        assert settings.contexts == ((Platform("linux", "arm64"), "arm-box"),)

    @pytest.mark.parametrize("yaml", ["image: acme/demo", "platforms: [linux/amd64, linux/arm64]"])
    def test_by_a_flag_of_a_platform_that_the_same_run_leaves_out_is_no_mistake(
        self, yaml: str, tmp_path: Path
    ) -> None:
        """A nox session gives a verb one platform, and nox gives every session the flags after ``--``."""
        write(tmp_path, yaml=f"dext: {{{yaml}}}")
        flags = {"platforms": ["linux/amd64"], "contexts": ["linux/arm64=arm-box"]}
        assert resolve(Layers(tmp_path, flags=flags)).settings.contexts == ((Platform("linux", "arm64"), "arm-box"),)

    def test_by_a_flag_of_a_platform_that_neither_run_nor_file_has_is_refused(self, tmp_path: Path) -> None:
        write(tmp_path, yaml="dext: {platforms: [linux/amd64, linux/s390x]}")
        flags = {"platforms": ["linux/amd64"], "contexts": ["linux/arm64=arm-box"]}
        assert "linux/arm64" in refusal(Layers(tmp_path, flags=flags)).message

    @pytest.mark.parametrize(
        "layers",
        [
            {"env": {"DEXT_CONTEXTS": "arm64=one,linux/arm64/v8=two"}},
            {"env": {"DEXT_CONTEXTS": '{"linux/arm64/v8": "one", "linux/arm64": "two"}'}},
            {"flags": {"contexts": ["linux/arm64=one", "aarch64=two"]}},
        ],
    )
    def test_two_of_one_platform_under_two_names_are_refused(self, layers: Mapping[str, Any], tmp_path: Path) -> None:
        assert "a mapping of platforms to names of docker contexts" in refusal(Layers(tmp_path, **layers)).message

    def test_one_of_one_platform_under_two_names_is_one(self, tmp_path: Path) -> None:
        flags = {"contexts": ["linux/arm64=one", "aarch64=one"]}
        assert resolve(Layers(tmp_path, flags=flags)).settings.contexts == ((Platform("linux", "arm64"), "one"),)

    def test_of_no_platform_at_all_keeps_its_own_error(self, tmp_path: Path) -> None:
        error = refusal(Layers(tmp_path, flags={"contexts": ["vax=box"]}))
        assert isinstance(error, UnknownPlatformError)
        assert error.message == "--platform-context: unknown platform 'vax'"


class TestFiles:
    def test_a_project_without_settings_has_defaults(self, tmp_path: Path) -> None:
        assert set(resolve(Layers(tmp_path)).origins.values()) == {"default"}

    @pytest.mark.parametrize("name", ["invoke.yaml", "invoke.yml", "invoke.json", "pyproject.toml"])
    @pytest.mark.parametrize(
        ("make", "why"),
        [
            (Path.mkdir, "is a folder, not a file"),
            (make_pipe, "is a named pipe, not a file"),
            (lambda path: path.symlink_to("/dev/zero"), "is a device, not a file"),
            (lambda path: path.symlink_to(path), "is a symbolic link that leads back to itself"),
            (lambda path: path.symlink_to("nowhere"), "is a symbolic link to what is not there"),
        ],
    )
    def test_what_is_no_file_is_named(self, make: Callable[[Path], None], why: str, name: str, tmp_path: Path) -> None:
        make(tmp_path / name)
        assert refusal(Layers(tmp_path)).message == f"{name} {why}"

    @pytest.mark.parametrize("name", ["invoke.yaml", "invoke.yml", "invoke.json", "pyproject.toml"])
    def test_a_file_that_is_no_text_is_named(self, name: str, tmp_path: Path) -> None:
        (tmp_path / name).write_bytes(b"#\n\xff\xfe\x00")
        error = refusal(Layers(tmp_path))
        assert isinstance(error, ConfigError)
        assert error.message == f"{name}:2: the file is not UTF-8"


class TestLog:
    def test_says_where_each_value_came_from_and_shows_no_secret(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG, "dext_tasks")
        requests = '  smoke:\n    requests:\n      - {path: /, body: "sesame-7f3a"}\n'
        resolve(
            Layers(
                write(tmp_path, yaml=f"{YAML}{requests}"),
                env={"DEXT_BUILD_ARGS": "MODE=fast\nAPI_TOKEN=sesame-7f3a"},
                flags={"platforms": ["linux/arm64"]},
            )
        )
        assert [each.message for each in caplog.records] == [
            "setting image is acme/of-yaml, from invoke.yaml:2",
            "setting platforms is linux/arm64, from --platform",
            "setting build.args is API_TOKEN=***, MODE=fast, from DEXT_BUILD_ARGS",
            "setting smoke.requests is 1 request, from invoke.yaml:4",
            "every other setting has its default",
        ]

    def test_shows_no_login_and_no_password_of_any_value(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG, "dext_tasks")
        smoke = "  smoke:\n    binary-arguments: {tool: '--token sesame-7f3a', other: '-v --password=sesame-7f3a'}\n"
        resolve(
            Layers(
                write(tmp_path, yaml=f"{YAML}{smoke}"),
                env={"DEXT_RELEASE_REMOTE": "https://me:sesame-7f3a@host/x.git"},
            )
        )
        lines = [each.message for each in caplog.records]
        assert "setting release.remote is https://***@host/x.git, from DEXT_RELEASE_REMOTE" in lines
        assert "sesame" not in str(lines)
