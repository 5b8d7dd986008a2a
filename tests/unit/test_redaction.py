from __future__ import annotations

import base64
import shlex

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dext_tasks.redaction import address, command_line, image, redact, secret_values, without_logins


@pytest.mark.parametrize(
    ("text", "secrets", "expected"),
    [
        ("nothing", (), "nothing"),
        ("nothing", ("",), "nothing"),
        ("a secret, secret", ("secret",), "a ***, ***"),
        ("secret-longer secret", ("secret", "secret-longer"), "*** ***"),
        ("A.B", (".",), "A***B"),
    ],
)
def test_redact(text: str, secrets: tuple[str, ...], expected: str) -> None:
    assert redact(text, secrets) == expected


@given(st.text(), st.lists(st.text(st.characters(exclude_characters="*"), min_size=1), max_size=4))
def test_no_secret_survives(text: str, secrets: list[str]) -> None:
    redacted = redact(text, tuple(secrets))
    assert not any(secret in redacted for secret in secrets)


@pytest.mark.parametrize(
    ("name", "value", "is_secret"),
    [
        ("TOKEN", "abc", True),
        ("npm_token", "x", True),
        ("DB_PASSWORD", "1", True),
        ("API_KEY", "k", True),
        ("KEYBOARD", "us", False),
        ("VERSION", "1.2.0", False),
        ("DEBUG", "true", False),
        ("DB_PASS", "1", True),
        ("SSH_PASSPHRASE", "1", True),
        ("ROOT_PW", "1", True),
        ("NPM_APIKEY", "1", True),
        ("PASSIVE", "1", False),
        ("BYPASS", "1", False),
        ("ANYTHING", "12345678", True),
        ("TOKEN", "", False),
    ],
)
def test_which_values_nobody_else_is_to_read(name: str, value: str, is_secret: bool) -> None:  # noqa: FBT001 - a row
    assert bool(secret_values([(name, value)])) is is_secret


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("fatal: 'https://host/x.git/'", "fatal: 'https://host/x.git/'"),
        ("to https://ann:pw@host/x", "to https://***@host/x"),
        ("to https://token@host/x and ssh://git@host/y", "to https://***@host/x and ssh://***@host/y"),
        ("https://ann:p@ss@host/x", "https://***@host/x"),
        ("https://ann:@host", "https://***@host"),
        ("https://host/a@b", "https://host/a@b"),
        ("git@github.com:a/b.git", "git@github.com:a/b.git"),
        ("https://a:b@h1\nhttps://c:d@h2", "https://***@h1\nhttps://***@h2"),
    ],
)
def test_without_logins(text: str, expected: str) -> None:
    assert without_logins(text) == expected


@given(
    user=st.text(st.characters(categories=["L", "N"]), max_size=8),
    password=st.text(
        st.sampled_from("@:#?%'\"") | st.characters(categories=["L", "N", "P", "S"], exclude_characters="/"),
        max_size=8,
    ),
)
def test_no_password_survives(user: str, password: str) -> None:
    text = f"fatal: unable to access 'https://{user}:{password}@host.example/x.git/': refused"
    assert without_logins(text) == "fatal: unable to access 'https://***@host.example/x.git/': refused"


# What no shown word begins or ends with by chance; a masked value is all asterisks.
SECRET = st.text(st.characters(categories=["L", "N", "P", "S"], exclude_characters="*/"), min_size=8, max_size=30)


@given(SECRET, st.integers(0, 23))
@example('it\'s a "secret" $HOME', 0)
def test_no_command_line_shows_a_secret(secret: str, form: int) -> None:
    secret = f"zq{secret}"
    basic = base64.b64encode(f"me:{secret}".encode()).decode()
    words = (
        ["docker", "build", "--build-arg", f"WORD={secret}", "."],
        ["docker", "build", f"--build-arg=WORD={secret}", "."],
        ["docker", "run", "--rm", "-e", f"WORD={secret}", "image"],
        ["docker", "run", "--rm", f"-eWORD={secret}", "image"],
        ["docker", "run", f"--env=WORD={secret}", "image"],
        ["docker", "login", "--password", secret, "host"],
        ["docker", "login", f"--password={secret}", "host"],
        ["docker", "login", "--password", f"-{secret}", "host"],
        ["tool", "--auth-token", secret],
        ["tool", f"--api-key={secret}"],
        ["git", "push", f"https://me:{secret}@host/x.git"],
        ["git", "-c", f"http.extraHeader=Authorization: Basic {secret}", "push"],
        ["sh", "-c", f"curl -H 'Authorization: Bearer {secret}' https://host"],
        ["env", f"API_TOKEN={secret}", "tool"],
        ["env", f"API_TOKEN=two words and {secret}", "tool"],
        ["sh", "-c", f"API_TOKEN={secret} tool"],
        ["sh", "-c", f"tool --verbose --password {secret} end"],
        ["sh", "-c", f"tool --password={secret}; docker run -e WORD={secret} x"],
        ["curl", "-u", f"me:{secret}", "https://host"],
        ["sh", "-c", f"curl -u me:{secret} https://host"],
        ["curl", "-H", f"X-Api-Key: {secret}", "https://host"],
        ["sh", "-c", f"curl -H 'PRIVATE-TOKEN: {secret}' https://host"],
        ["tool", f"arguments=--token {secret}"],
        ["docker", "exec", "name", "tool", f"Proxy-Authorization: Basic {basic}"],
    )[form]
    shown = command_line(words)
    assert secret not in shown
    assert basic not in shown
    # Nor as a shell would write it.
    assert shlex.quote(secret).strip("'") not in shown


@given(SECRET, st.lists(st.text(max_size=8), max_size=3))
def test_what_is_known_to_be_secret_is_nowhere(secret: str, around: list[str]) -> None:
    secret = f"zq{secret}"
    words = [f"{each}{secret}{each}" for each in ["", *around]]
    assert secret not in shlex.split(command_line(["docker", *words], [secret]))
    assert not any(secret in word for word in shlex.split(command_line(["docker", *words], [secret])))


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["docker", "image", "ls", "--quiet"], "docker image ls --quiet"),
        (["docker", "version", "--format", "{{json .}}"], "docker version --format '{{json .}}'"),
        (["docker", "build", "--build-arg", "MODE=fast"], "docker build --build-arg MODE=fast"),
        (["docker", "build", "--build-arg", "API_KEY=k"], "docker build --build-arg 'API_KEY=***'"),
        (["docker", "build", "--build-arg", "NAME"], "docker build --build-arg NAME"),
        (["docker", "ps", "--filter", "label=com.docker.compose.project=demo"], None),
        (["git", "log", "--format=%H"], None),
        (["git", "fetch", "https://me:word@host/x.git"], "git fetch 'https://***@host/x.git'"),
        (["docker", "run", "--user", "1000:1000", "x"], None),
        (["sh", "-c", "exec tool --port 80 -u 0:0"], "sh -c 'exec tool --port 80 -u 0:0'"),
        (["docker", "login", "--password-stdin", "host"], "docker login --password-stdin '***'"),
    ],
)
def test_what_a_command_line_shows(words: list[str], shown: str | None) -> None:
    assert command_line(words) == (shown or " ".join(words))


@given(SECRET)
@example("0000000?")
@example("#0000000")
def test_an_address_shows_neither_login_nor_query(secret: str) -> None:
    secret = f"zq{secret}"
    for url in (f"https://me:{secret}@host/x", f"https://host/x?X-Amz-Signature={secret}", f"https://host/x#{secret}"):
        assert secret not in address(url)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://ghcr.io/v2/org/demo/manifests/1.0.0", "https://ghcr.io/v2/org/demo/manifests/1.0.0"),
        ("https://me:word@host:5000/x?y=z", "https://host:5000/x?***"),
        ("unix:///run/docker.sock/info", "unix:///run/docker.sock/info"),
        ("https://host/a@b", "https://host/a@b"),
        ("https://host/a?b@c", "https://host/a?***"),
        ("https://host?b", "https://host?***"),
        ("https://me:a?b@host/x", "https://***"),
        ("https://me:a#b@host/x", "https://***"),
        ("http://[::1", "http://[::1"),
        ("", ""),
    ],
)
def test_what_of_an_address_is_shown(url: str, shown: str) -> None:
    assert address(url) == shown


@pytest.mark.parametrize(
    "word",
    [
        "-a=" * 50_000,
        "- " * 50_000,
        "--a " * 50_000,
        "a" * 200_000,
        "-u a:" * 30_000,
        "a://" * 50_000,
        "a@" * 99_000,
        "x-" * 99_000,
    ],
)
@pytest.mark.timeout(60)
def test_long_words_take_no_time(word: str) -> None:
    assert command_line(["sh", "-c", word])


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("me:hunter2@host.example/x:1", "me:***@host.example/x:1"),
        ("docker image inspect me:hun/ter2@host.example/x:1", "docker image inspect me:***@host.example/x:1"),
        ("'me:hun@ter2@host.example/x'", "'me:***@host.example/x'"),
        ("localhost:5000/x:1", "localhost:5000/x:1"),
        (f"localhost:5000/x:1@sha256:{'0' * 64}", f"localhost:5000/x:1@sha256:{'0' * 64}"),
    ],
)
def test_a_login_before_an_image_is_not_shown(written: str, shown: str) -> None:
    assert image(written) == shown
