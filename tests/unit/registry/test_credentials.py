from __future__ import annotations

import base64
import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dext_tasks.registry import credentials as helper_module
from dext_tasks.registry.credentials import Login, Logins, Lookup

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.unit.conftest import Told

HUB_KEY = "https://index.docker.io/v1/"
WORD = "sesame-7f3a"


def find_login(folder: Path, registry: str, variable: str = "") -> Login | None:
    return Logins(folder, variable).of(registry).login


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


@pytest.mark.parametrize(
    ("key", "registry"),
    [
        ("https://ghcr.io/v2/", "ghcr.io"),
        ("https://ghcr.io/v1/", "ghcr.io"),
        ("ghcr.io/", "ghcr.io"),
        ("ghcr.io/acme", "ghcr.io"),
        ("GHCR.io", "ghcr.io"),
        ("https://GHCR.io/v2/", "GHCR.IO"),
        ("https://reg.example:8443/v2/", "reg.example:8443"),
        ("http://localhost:5000/v2/", "localhost:5000"),
        ("https://[::1]:5000/v2/", "[::1]:5000"),
        # The port of https goes without saying.
        ("https://reg.example:443", "reg.example"),
        ("reg.example", "reg.example:443"),
        ("http://reg.example:80/", "reg.example"),
        # https://github.com/docker/cli/blob/master/cli/config/internal/hostmatch/hostmatch.go
        ("*.dkr.ecr.*.amazonaws.com", "123.dkr.ecr.eu-west-1.amazonaws.com"),
        ("reg-*.example.com:5000", "reg-7.example.com:5000"),
    ],
)
def test_a_key_may_have_scheme_path_and_port(configured: Callable[..., Path], key: str, registry: str) -> None:
    assert find_login(configured(stored(key, {"auth": encoded()})), registry) == Login("ann", WORD)
    content = json.dumps(stored(key, {"auth": encoded()}))
    assert find_login(configured({}), registry, content) == Login("ann", WORD)


@pytest.mark.parametrize(
    ("key", "registry"),
    [
        ("https://ghcr.io.evil.example/v2/", "ghcr.io"),
        ("https://evil.example/ghcr.io", "ghcr.io"),
        ("https://evil.example/https://ghcr.io", "ghcr.io"),
        ("https://ghcr.io@evil.example/", "ghcr.io"),
        ("ftp://ghcr.io/", "ghcr.io"),
        ("reg.example:5000", "reg.example"),
        ("https://reg.example:80/", "reg.example"),
        ("http://reg.example:443/", "reg.example"),
        ("reg.example:80", "reg.example"),
        ("", "ghcr.io"),
        ("*", "ghcr.io"),
        ("*.io", "ghcr.io"),
        ("*.example.*", "a.example.com"),
        ("*.example.com", "a.b.example.com"),
        ("https://*.example.com", "a.example.com"),
        ("docker.io", "ghcr.io"),
    ],
)
def test_another_hosts_key_is_not_taken(configured: Callable[..., Path], key: str, registry: str) -> None:
    assert find_login(configured(stored(key, {"auth": encoded()})), registry) is None


def test_exactly_the_name_goes_before_other_spellings(configured: Callable[..., Path]) -> None:
    content = {
        "auths": {
            "https://ghcr.io/v2/": {"auth": encoded("path")},
            "GHCR.IO": {"auth": encoded("case")},
            "ghcr.io": {"auth": encoded("name")},
        }
    }
    assert find_login(configured(content), "ghcr.io") == Login("name", WORD)


@pytest.mark.parametrize(
    "key", ["https://index.docker.io/v2/", "https://docker.io", "https://registry-1.docker.io/v2/"]
)
@pytest.mark.parametrize("registry", ["docker.io", "registry-1.docker.io", "index.docker.io"])
def test_docker_hub_has_schemes_and_paths_too(configured: Callable[..., Path], key: str, registry: str) -> None:
    assert find_login(configured(stored(key, {"auth": encoded()})), registry) == Login("ann", WORD)


def test_what_a_login_by_browser_keeps_beside_is_no_login(configured: Callable[..., Path]) -> None:
    tokens = {f"{HUB_KEY}access-token": {"auth": encoded("no")}, f"{HUB_KEY}refresh-token": {"auth": encoded("no")}}
    assert find_login(configured({"auths": tokens}), "docker.io") is None
    assert find_login(configured({"auths": {**tokens, HUB_KEY: {"auth": encoded()}}}), "docker.io") == Login(
        "ann", WORD
    )


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"username": "ann", "password": WORD}, Login("ann", WORD)),
        ({"username": "bob", "password": "no", "auth": encoded()}, Login("ann", WORD)),
        ({"username": "", "password": WORD}, None),
        ({"username": "ann", "password": 7}, None),
        ({"registrytoken": WORD}, Login("", WORD, is_access=True)),
        ({"registrytoken": 7}, None),
        (
            {"auth": encoded("00000000-0000-0000-0000-000000000000", ""), "identitytoken": WORD},
            Login("", WORD, is_token=True),
        ),
        ({"auth": encoded("<token>")}, Login("", WORD, is_token=True)),
        ({"username": "<token>", "password": WORD}, Login("", WORD, is_token=True)),
        ({"auth": f" {encoded()}\n"}, Login("ann", WORD)),
    ],
)
def test_every_way_to_store_a_login(configured: Callable[..., Path], entry: object, expected: Login | None) -> None:
    assert find_login(configured(stored("ghcr.io", entry)), "ghcr.io") == expected


class TestVariable:
    """DOCKER_AUTH_CONFIG goes before what is stored, registry by registry."""

    def test_goes_first(self, configured: Callable[..., Path]) -> None:
        folder = configured(stored("ghcr.io", {"auth": encoded("stored")}))
        variable = json.dumps(stored("ghcr.io", {"auth": encoded("given")}))
        assert find_login(folder, "ghcr.io", variable) == Login("given", WORD)

    def test_is_told_from_what_is_stored(self, configured: Callable[..., Path]) -> None:
        folder = configured(stored("ghcr.io", {"auth": encoded("stored")}))
        given = {"ghcr.io": {"auth": encoded("given")}, "quay.io": {"auth": encoded("given")}}
        logins = Logins(folder, json.dumps({"auths": given}))
        assert [logins.of(host).is_given for host in ("ghcr.io", "quay.io", "reg.example")] == [True, True, False]
        # Older clients of docker do not read the variable, and know only what is stored.
        assert [logins.is_only_given(host) for host in ("ghcr.io", "quay.io", "reg.example")] == [False, True, False]
        assert not Logins(folder).is_only_given("ghcr.io")

    def test_what_it_does_not_hold_is_looked_up(self, configured: Callable[..., Path]) -> None:
        folder = configured(stored("ghcr.io", {"auth": encoded("stored")}))
        variable = json.dumps(stored("quay.io", {"auth": encoded("given")}))
        assert find_login(folder, "ghcr.io", variable) == Login("stored", WORD)
        assert find_login(folder, "quay.io", variable) == Login("given", WORD)

    def test_holds_docker_hub_by_its_key(self, tmp_path: Path) -> None:
        variable = json.dumps(stored(HUB_KEY, {"auth": encoded()}))
        assert find_login(tmp_path, "docker.io", variable) == Login("ann", WORD)

    @pytest.mark.parametrize("variable", ["{", "[]", "7", "null", "ghcr.io", "[" * 100_000])
    def test_that_is_malformed_is_named_if_there_is_nothing_else(
        self, configured: Callable[..., Path], variable: str
    ) -> None:
        logins = Logins(configured(stored("ghcr.io", {"auth": encoded()})), variable)
        assert logins.of("ghcr.io") == Lookup(Login("ann", WORD))
        found = logins.of("quay.io")
        assert found.login is None
        assert "DOCKER_AUTH_CONFIG does not hold a JSON object" in found.trouble

    @pytest.mark.parametrize("variable", ["", " ", "{}", '{"auths": {}}', '{"auths": null}'])
    def test_that_is_empty_is_no_trouble(self, tmp_path: Path, variable: str) -> None:
        assert Logins(tmp_path, variable).of("ghcr.io") == Lookup()

    def test_asks_no_helper(self, tmp_path: Path) -> None:
        variable = json.dumps({"credsStore": "fake", **stored("ghcr.io", {"auth": encoded()})})
        assert find_login(tmp_path, "ghcr.io", variable) == Login("ann", WORD)
        assert find_login(tmp_path, "quay.io", variable) is None


class TestTrouble:
    """What keeps a login from being read is said, without anything that may be secret."""

    def trouble(self, folder: Path, registry: str = "ghcr.io") -> str:
        found = Logins(folder).of(registry)
        assert found.login is None
        assert WORD not in found.trouble
        return found.trouble

    def test_none_without_a_configuration(self, tmp_path: Path) -> None:
        assert self.trouble(tmp_path) == ""
        assert self.trouble(tmp_path / "nowhere") == ""

    @pytest.mark.parametrize("content", ["", "{", "[]", "null"])
    def test_a_malformed_configuration(self, configured: Callable[..., Path], content: str) -> None:
        folder = configured(content)
        assert self.trouble(folder) == f"{folder / 'config.json'} is not a JSON object"

    def test_a_configuration_that_must_not_be_read(
        self, configured: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def closed(*_: object, **__: object) -> str:
            raise PermissionError(13, "Permission denied")

        folder = configured({})
        monkeypatch.setattr(type(folder), "read_text", closed)
        assert self.trouble(folder) == f"{folder / 'config.json'} cannot be read: Permission denied"

    @pytest.mark.parametrize("auth", ["no colon", "not base64!", 7, ["x"]])
    def test_an_entry_that_is_garbled(self, configured: Callable[..., Path], auth: object) -> None:
        assert "holds for ghcr.io is not user and password" in self.trouble(
            configured(stored("ghcr.io", {"auth": auth}))
        )

    @pytest.mark.parametrize("content", [{}, {"auths": {"ghcr.io": {}}}, {"auths": {"ghcr.io": {"auth": ""}}}])
    def test_none_where_there_is_no_login(self, configured: Callable[..., Path], content: object) -> None:
        assert self.trouble(configured(content)) == ""

    @pytest.mark.parametrize(
        ("setting", "name"),
        [({"credsStore": "gone"}, "credsStore"), ({"credHelpers": {"ghcr.io": "gone"}}, "credHelpers")],
    )
    def test_a_helper_that_is_not_installed(
        self,
        configured: Callable[..., Path],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        setting: dict[str, Any],
        name: str,
    ) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        folder = configured(setting)
        wanted = f"docker-credential-gone is not on PATH, which {name} in {folder / 'config.json'} names"
        assert self.trouble(folder) == wanted
        # What is stored beside it is taken, as by docker.
        configured({**setting, **stored("ghcr.io", {"auth": encoded()})})
        assert find_login(folder, "ghcr.io") == Login("ann", WORD)

    @pytest.mark.allow_processes
    @pytest.mark.parametrize(
        ("script", "why"),
        [
            (
                "echo 'pass not initialized: exit status 1'; exit 1",
                "failed with exit code 1: pass not initialized: exit",
            ),
            ("echo 'gpg: decryption failed' >&2; exit 2", "failed with exit code 2: gpg: decryption failed"),
            ("exit 3", "failed with exit code 3, which"),
            (f'echo \'{{"Secret": "{WORD}"}}\'; exit 1', "failed with exit code 1, which"),
            (f'echo \'{{"Username": "a"}}{WORD}\'', "gave an answer that holds no login"),
            ("echo nothing", "gave an answer that holds no login"),
            ("exec sleep 30", "gave no answer within 0.1 s"),
        ],
    )
    def test_a_helper_that_does_not_answer(
        self,
        configured: Callable[..., Path],
        helper: Helper,
        monkeypatch: pytest.MonkeyPatch,
        script: str,
        why: str,
    ) -> None:
        if "sleep" in script:
            monkeypatch.setattr(helper_module, "HELPER_ANSWER", 0.1)
        program = helper.folder / "docker-credential-fake"
        program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        program.chmod(0o755)
        assert f"docker-credential-fake {why}" in self.trouble(configured({"credsStore": "fake"}))

    @pytest.mark.allow_processes
    def test_a_helper_that_is_no_program(self, configured: Callable[..., Path], helper: Helper) -> None:
        program = helper.folder / "docker-credential-fake"
        program.write_bytes(b"\x7fELF not quite")
        program.chmod(0o755)
        assert "docker-credential-fake cannot be run: " in self.trouble(configured({"credsStore": "fake"}))

    @pytest.mark.allow_processes
    def test_none_where_a_helper_has_no_login(self, configured: Callable[..., Path], helper: Helper) -> None:
        helper.install({})
        assert self.trouble(configured({"credsStore": "fake"})) == ""

    @pytest.mark.allow_processes
    def test_a_helper_is_asked_once_a_registry(self, configured: Callable[..., Path], helper: Helper) -> None:
        helper.install({"ghcr.io": said("bob", WORD)})
        logins = Logins(configured({"credsStore": "fake"}))
        assert [logins.of("ghcr.io").login for _ in range(3)] == [Login("bob", WORD)] * 3
        assert helper.asked == ["get ghcr.io"]


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


_key = st.text(max_size=12) | st.sampled_from(["ghcr.io", "https://ghcr.io:443/v2", "[::", "*.*.*", "://", "ghcr.io:"])


@given(st.dictionaries(_key, st.fixed_dictionaries({"auth": _json}), max_size=3), _key)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_key_crashes(configured: Callable[..., Path], auths: object, registry: str) -> None:
    assert isinstance(Logins(configured({"auths": auths})).of(registry), Lookup)


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
    monkeypatch.setattr(helper_module, "HELPER_ANSWER", 0.1)
    program = helper.folder / "docker-credential-fake"
    program.write_text("#!/bin/sh\nexec sleep 30\n", encoding="utf-8")
    program.chmod(0o755)
    assert find_login(configured({"credsStore": "fake"}), "ghcr.io") is None


@pytest.mark.allow_processes
def test_a_helper_is_told_of_and_what_it_says_is_not(
    configured: Callable[..., Path], helper: Helper, told: Told
) -> None:
    helper.install({"ghcr.io": said("bob", WORD)})
    assert find_login(configured({"credsStore": "fake"}), "ghcr.io") == Login("bob", WORD)
    assert told.lines == ["docker-credential-fake get: exit code 0, N s"]
