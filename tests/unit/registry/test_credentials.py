from __future__ import annotations

import base64
import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dext_tasks.registry import credentials
from dext_tasks.registry.credentials import Login, find_login

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

HUB_KEY = "https://index.docker.io/v1/"
WORD = "sesame-7f3a"


def encoded(user: str = "ann", password: str = WORD) -> str:
    return base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.fixture
def configured(tmp_path: Path) -> Callable[..., Path]:
    """Docker's configuration folder with this content."""

    def write(content: Mapping[str, Any] | str) -> Path:
        text = content if isinstance(content, str) else json.dumps(content)
        (tmp_path / "config.json").write_text(text, encoding="utf-8")
        return tmp_path

    return write


def stored(key: str, entry: object) -> dict[str, Any]:
    return {"auths": {key: entry}}


def test_there_is_no_login_without_a_configuration(tmp_path: Path) -> None:
    assert find_login(tmp_path, "ghcr.io") is None


@pytest.mark.parametrize("key", ["ghcr.io", "https://ghcr.io", "http://ghcr.io", "https://ghcr.io/"])
def test_a_stored_login_is_found_under_every_spelling_of_the_host(configured: Callable[..., Path], key: str) -> None:
    assert find_login(configured(stored(key, {"auth": encoded()})), "ghcr.io") == Login("ann", WORD)


@pytest.mark.parametrize("key", [HUB_KEY, "index.docker.io", "docker.io", "registry-1.docker.io"])
def test_docker_hub_has_keys_of_its_own(configured: Callable[..., Path], key: str) -> None:
    assert find_login(configured(stored(key, {"auth": encoded()})), "docker.io") == Login("ann", WORD)


def test_the_port_is_part_of_the_host(configured: Callable[..., Path]) -> None:
    folder = configured(stored("localhost:5000", {"auth": encoded()}))
    assert find_login(folder, "localhost:5000") == Login("ann", WORD)
    assert find_login(folder, "localhost:5001") is None
    assert find_login(folder, "localhost") is None


@pytest.mark.parametrize(
    ("password", "expected"),
    [("pw", "pw"), ("pw\0\0\0", "pw"), ("a:b:c", "a:b:c"), ("", ""), ("pö 🐋", "pö 🐋"), (" x ", " x ")],
)
def test_a_password_is_what_stands_after_the_first_colon_without_padding(
    configured: Callable[..., Path], password: str, expected: str
) -> None:
    folder = configured(stored("ghcr.io", {"auth": encoded(password=password)}))
    assert find_login(folder, "ghcr.io") == Login("ann", expected)


def test_an_identity_token_goes_before_a_password(configured: Callable[..., Path]) -> None:
    folder = configured(stored("ghcr.io", {"auth": encoded(), "identitytoken": WORD}))
    assert find_login(folder, "ghcr.io") == Login("", WORD, is_token=True)


@pytest.mark.parametrize(
    "entry",
    [
        None,
        [],
        "text",
        {},
        {"auth": ""},
        {"auth": None},
        {"auth": 7},
        {"auth": ["x"]},
        {"auth": {"x": 1}},
        {"auth": "not base64!"},
        {"auth": "abc"},
        {"auth": "größe"},
        {"auth": base64.b64encode(b"no colon").decode()},
        {"auth": base64.b64encode(b"\xff\xfe:x").decode()},
        {"identitytoken": 7},
        {"identitytoken": ""},
    ],
)
def test_an_entry_that_is_no_login_is_none(configured: Callable[..., Path], entry: object) -> None:
    assert find_login(configured(stored("ghcr.io", entry)), "ghcr.io") is None


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "7",
        '"text"',
        "null",
        '{"auths": []}',
        '{"auths": 7}',
        '{"credHelpers": []}',
        '{"credHelpers": {"ghcr.io": 7}}',
        '{"credsStore": 7}',
        '{"credsStore": "../../bin/sh"}',
        '{"credsStore": "a b"}',
    ],
)
def test_a_malformed_configuration_is_no_login(configured: Callable[..., Path], content: str) -> None:
    assert find_login(configured(content), "ghcr.io") is None


def test_a_configuration_that_is_no_text_is_no_login(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_bytes(b"\xff\xfe\x00")
    assert find_login(tmp_path, "ghcr.io") is None


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(auths=_json | st.fixed_dictionaries({"ghcr.io": _json | st.fixed_dictionaries({"auth": _json})}), store=_json)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_configuration_crashes(configured: Callable[..., Path], auths: object, store: object) -> None:
    # A name of a helper that is not there is as good as none.
    found = find_login(configured({"auths": auths, "credHelpers": store}), "ghcr.io")
    assert found is None or isinstance(found, Login)


def test_the_representation_hides_the_secret() -> None:
    for login in (Login("ann", WORD), Login("", WORD, is_token=True)):
        assert WORD not in repr(login)
        assert WORD not in str(login)
        assert WORD not in f"{login}"


def test_basic_is_the_header_of_user_and_password() -> None:
    assert Login("ann", "a:b").basic == "Basic " + base64.b64encode(b"ann:a:b").decode()


class Helper:
    """A docker-credential-helper on PATH; it keeps what it was asked."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def install(self, answers: Mapping[str, object], name: str = "fake", code: int = 0) -> None:
        lines = [f"'{key}') printf '%s' '{value}' ;;" for key, value in answers.items()]
        script = f"""#!/bin/sh
key=$(cat)
echo "$* $key" >> {self.folder}/asked
case "$key" in
{chr(10).join(lines)}
*) echo 'credentials not found in native keychain'; exit 1 ;;
esac
exit {code}
"""
        program = self.folder / f"docker-credential-{name}"
        program.write_text(script, encoding="utf-8")
        program.chmod(0o755)

    @property
    def asked(self) -> list[str]:
        file = self.folder / "asked"
        return file.read_text(encoding="utf-8").splitlines() if file.is_file() else []


@pytest.fixture
def helper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Helper:
    return Helper(tmp_path, monkeypatch)


def said(user: object, secret: object) -> str:
    return json.dumps({"ServerURL": "x", "Username": user, "Secret": secret})


@pytest.mark.allow_processes
@pytest.mark.parametrize("setting", [{"credsStore": "fake"}, {"credHelpers": {"ghcr.io": "fake"}}])
def test_a_helper_is_asked_by_standard_input(
    configured: Callable[..., Path], helper: Helper, setting: Mapping[str, Any]
) -> None:
    helper.install({"ghcr.io": said("bob", WORD)})
    assert find_login(configured(setting), "ghcr.io") == Login("bob", WORD)
    assert helper.asked == ["get ghcr.io"]


@pytest.mark.allow_processes
def test_a_helper_of_a_host_goes_before_the_store_and_what_is_stored(
    configured: Callable[..., Path], helper: Helper
) -> None:
    helper.install({"ghcr.io": said("of the store", WORD)}, "common")
    helper.install({"ghcr.io": said("of the host", WORD)}, "special")
    content = {"credsStore": "common", "credHelpers": {"ghcr.io": "special"}, **stored("ghcr.io", {"auth": encoded()})}
    assert find_login(configured(content), "ghcr.io") == Login("of the host", WORD)


@pytest.mark.allow_processes
def test_a_helper_of_another_host_is_not_asked(configured: Callable[..., Path], helper: Helper) -> None:
    helper.install({"ghcr.io": said("bob", WORD)})
    content = {"credHelpers": {"quay.io": "fake"}, **stored("ghcr.io", {"auth": encoded()})}
    assert find_login(configured(content), "ghcr.io") == Login("ann", WORD)
    assert helper.asked == []


@pytest.mark.allow_processes
def test_a_token_user_means_an_identity_token(configured: Callable[..., Path], helper: Helper) -> None:
    helper.install({HUB_KEY: said("<token>", WORD)})
    assert find_login(configured({"credsStore": "fake"}), "docker.io") == Login("", WORD, is_token=True)


@pytest.mark.allow_processes
def test_a_helper_is_asked_for_every_key_of_docker_hub(configured: Callable[..., Path], helper: Helper) -> None:
    helper.install({"docker.io": said("bob", WORD)})
    assert find_login(configured({"credsStore": "fake"}), "docker.io") == Login("bob", WORD)
    assert helper.asked == [f"get {HUB_KEY}", "get index.docker.io", "get docker.io"]


@pytest.mark.allow_processes
@pytest.mark.parametrize(
    "answer",
    ["", "{", "[]", "7", "null", '"text"', "{}", said("bob", ""), said("bob", 7), said(7, WORD), said("bob", None)],
)
def test_a_helper_that_answers_no_login_is_none(configured: Callable[..., Path], helper: Helper, answer: str) -> None:
    helper.install(dict.fromkeys(("ghcr.io", "https://ghcr.io", "http://ghcr.io", "https://ghcr.io/"), answer))
    assert find_login(configured({"credsStore": "fake"}), "ghcr.io") is None


@pytest.mark.allow_processes
def test_a_helper_that_fails_is_none(configured: Callable[..., Path], helper: Helper) -> None:
    helper.install({"ghcr.io": said("bob", WORD)}, code=1)
    assert find_login(configured({"credsStore": "fake"}), "ghcr.io") is None


def test_a_helper_that_is_not_installed_is_none(
    configured: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_login(configured({"credsStore": "fake"}), "ghcr.io") is None


@pytest.mark.allow_processes
def test_a_helper_that_hangs_is_none(
    configured: Callable[..., Path], helper: Helper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credentials, "_HELPER_TIMEOUT", 0.1)
    program = helper.folder / "docker-credential-fake"
    program.write_text("#!/bin/sh\nexec sleep 30\n", encoding="utf-8")
    program.chmod(0o755)
    assert find_login(configured({"credsStore": "fake"}), "ghcr.io") is None
