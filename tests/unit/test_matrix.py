from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.config import Settings
from dext_tasks.config.runners import runners_of
from dext_tasks.errors import UsageError
from dext_tasks.formats.oci.platform import Platform
from dext_tasks.matrix import Part, matrix_data, own_names, planned


def test_sessions_of_both_platforms() -> None:
    assert [(each.session, each.args) for each in planned(Settings())] == [
        ("check", ("check",)),
        ("smoke(linux/amd64)", ("smoke", "--platform", "linux/amd64", "--ui", "never")),
        ("smoke(linux/arm64)", ("smoke", "--platform", "linux/arm64", "--ui", "never")),
        ("ui(linux/amd64)", ("smoke", "--platform", "linux/amd64", "--ui", "always")),
        ("ui(linux/arm64)", ("smoke", "--platform", "linux/arm64", "--ui", "always")),
    ]


def test_a_prefix_precedes_every_name() -> None:
    settings = Settings(platforms=(Platform.parse("arm64"),))
    sessions = [each.session for each in planned(settings, "ext-")]
    assert sessions == ["ext-check", "ext-smoke(linux/arm64)", "ext-ui(linux/arm64)"]


@pytest.mark.parametrize(
    ("platform", "runner", "emulated"),
    [
        ("linux/amd64", "ubuntu-24.04", False),
        ("linux/386", "ubuntu-24.04", False),
        ("linux/arm64", "ubuntu-24.04-arm", False),
        ("linux/arm/v7", "ubuntu-24.04", True),
        ("linux/s390x", "ubuntu-24.04", True),
        ("linux/riscv64", "ubuntu-24.04", True),
    ],
)
def test_each_platform_runs_where_it_is_native_if_anywhere(platform: str, runner: str, emulated: bool) -> None:  # noqa: FBT001 - a row
    _, smoke, ui = planned(Settings(platforms=(Platform.parse(platform),)))
    assert (smoke.runner.data, smoke.emulated) == (ui.runner.data, ui.emulated) == (runner, emulated)


@pytest.mark.parametrize(
    ("runs_on", "platform", "runner", "emulated"),
    [
        # One runner for everything runs what its labels say, and else amd64.
        ("my-box", "amd64", "my-box", False),
        ("my-box", "386", "my-box", False),
        ("my-box", "arm64", "my-box", True),
        ("ubuntu-24.04-arm", "arm64", "ubuntu-24.04-arm", False),
        ("ubuntu-24.04-arm", "amd64", "ubuntu-24.04-arm", True),
        (["self-hosted", "ARM64"], "arm64", ["self-hosted", "ARM64"], False),
        (["self-hosted", "ARM64"], "amd64", ["self-hosted", "ARM64"], True),
        # One that is named for a platform is native to it, unless its labels say that it is not.
        ({"arm64": "my-box"}, "arm64", "my-box", False),
        ({"s390x": "mainframe"}, "s390x", "mainframe", False),
        ({"arm64": "ubuntu-22.04"}, "arm64", "ubuntu-22.04", True),
        ({"arm64": ["self-hosted", "x64"]}, "arm64", ["self-hosted", "x64"], True),
        ({"arm64": {"group": "arm"}}, "arm64", {"group": "arm"}, False),
        # What is not named keeps GitHub's own.
        ({"amd64": "my-box"}, "arm64", "ubuntu-24.04-arm", False),
        ({"default": "my-box", "arm64": "arm-box"}, "s390x", "my-box", True),
    ],
)
def test_settings_say_where_each_runs(
    runs_on: object,
    platform: str,
    runner: object,
    emulated: bool,  # noqa: FBT001 - a row
) -> None:
    settings = Settings(platforms=(Platform.parse(platform),), matrix_runs_on=runners_of(runs_on))
    _, smoke, ui = planned(settings)
    assert (smoke.runner.data, smoke.emulated) == (ui.runner.data, ui.emulated) == (runner, emulated)


def test_a_platform_in_a_context_needs_no_emulator_where_the_job_runs() -> None:
    arm64, s390x = Platform.parse("arm64"), Platform.parse("s390x")
    settings = Settings(platforms=(arm64, s390x), contexts=((s390x, "mainframe"),), matrix_runs_on=runners_of("my-box"))
    jobs: Any = matrix_data([Part(settings)])["include"]
    assert {(each["platform"], each["emulated"], each.get("context")) for each in jobs} == {
        ("", False, None),
        ("linux/arm64", True, None),
        ("linux/s390x", False, "mainframe"),
    }


def test_a_platform_in_a_context_asks_nothing_of_the_job_s_machine() -> None:
    arm64 = Platform.parse("arm64")
    _, smoke, _ = planned(Settings(platforms=(arm64,), contexts=((arm64, "arm-box"),)))
    assert smoke.runner.data == "ubuntu-24.04"
    asked = Settings(
        platforms=(arm64,), contexts=((arm64, "arm-box"),), matrix_runs_on=runners_of({"arm64": "near-it"})
    )
    assert planned(asked)[1].runner.data == "near-it"


def test_what_is_for_all_platforms_runs_on_the_default() -> None:
    assert planned(Settings(matrix_runs_on=runners_of({"default": "box", "amd64": "other"})))[0].runner.data == "box"
    assert planned(Settings(matrix_runs_on=runners_of({"amd64": "other"})))[0].runner.data == "ubuntu-24.04"


def test_jobs_as_github_takes_them() -> None:
    settings = Settings(platforms=(Platform.parse("arm64"),))
    assert matrix_data([Part(settings)]) == {
        "include": [
            {"session": "check", "platform": "", "runs-on": "ubuntu-24.04", "emulated": False},
            {
                "session": "smoke(linux/arm64)",
                "platform": "linux/arm64",
                "runs-on": "ubuntu-24.04-arm",
                "emulated": False,
            },
            {"session": "ui(linux/arm64)", "platform": "linux/arm64", "runs-on": "ubuntu-24.04-arm", "emulated": False},
        ]
    }


def test_jobs_of_several_extensions_say_whose_they_are() -> None:
    settings = Settings(platforms=(Platform.parse("arm64"),))
    jobs: Any = matrix_data([Part(settings, "a-", "extensions/a"), Part(settings, "b-", "extensions/b")])["include"]
    assert [(each["session"], each["path"]) for each in jobs] == [
        ("a-check", "extensions/a"),
        ("a-smoke(linux/arm64)", "extensions/a"),
        ("a-ui(linux/arm64)", "extensions/a"),
        ("b-check", "extensions/b"),
        ("b-smoke(linux/arm64)", "extensions/b"),
        ("b-ui(linux/arm64)", "extensions/b"),
    ]


def test_two_sessions_of_one_name_are_told() -> None:
    with pytest.raises(UsageError, match="two extensions have a session check"):
        matrix_data([Part(Settings(), "", "a"), Part(Settings(), "", "b")])


def names(*folders: str) -> tuple[str, ...]:
    return own_names([PurePosixPath(each) for each in folders])


@pytest.mark.parametrize(
    ("folders", "expected"),
    [
        ((), ()),
        (("a",), ("a",)),
        (("/w/extensions/a", "/w/extensions/b"), ("a", "b")),
        (("/w/x/ext", "/w/y/ext", "/w/y/other"), ("x-ext", "y-ext", "other")),
        (("apps/x/ui/ext", "apps/y/ui/ext"), ("x-ui-ext", "y-ui-ext")),
        # That of a clone is in none where it need not be.
        (("/w/ext", "/w/x/ext"), ("ext", "x-ext")),
        (("/w", "/w/a"), ("w", "a")),
        (("/w", "/w/w"), ("w", "w-w")),
        (("x-ext", "x/ext", "y/ext"), ("x-ext", "x-ext-2", "y-ext")),
        (("main", "main", "main-2"), ("main", "main-3", "main-2")),
    ],
)
def test_each_extension_has_a_name_of_its_own(folders: tuple[str, ...], expected: tuple[str, ...]) -> None:
    assert names(*folders) == expected


_PART = st.sampled_from(["a", "b", "a-b", "b-2", "2"])


@given(
    st.lists(st.lists(_PART, min_size=1, max_size=4).map("/".join), unique=True, max_size=8), st.text("/wx", max_size=6)
)
def test_names_differ_and_are_the_same_in_every_clone(folders: list[str], place: str) -> None:
    found = names(*folders)
    assert len({*found}) == len(folders)
    if len({each.partition("/")[0] for each in folders}) > 1:
        assert names(*(f"/{place}/{each}" for each in folders)) == found
