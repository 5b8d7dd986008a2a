from __future__ import annotations

import pytest

from dext_tasks.config import Settings
from dext_tasks.extension.platform import Platform
from dext_tasks.matrix import matrix_data, planned


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
    assert (smoke.runner, smoke.emulated) == (ui.runner, ui.emulated) == (runner, emulated)


def test_jobs_as_github_takes_them() -> None:
    settings = Settings(platforms=(Platform.parse("arm64"),))
    assert matrix_data(planned(settings)) == {
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
