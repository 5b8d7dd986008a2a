from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks import errors
from dext_tasks.engine.faults import asked_pause, naming, passing, tail, translate, trouble

SAID = [
    # The engine.
    (
        "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
        errors.EngineUnreachableError,
    ),
    (
        "failed to connect to the docker API at unix:///var/run/docker.sock; check if the path is correct",
        errors.EngineUnreachableError,
    ),
    (
        "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock",
        errors.EngineDeniedError,
    ),
    # Docker 28.
    (
        "permission denied while trying to connect to the docker API at unix:///var/run/docker.sock",
        errors.EngineDeniedError,
    ),
    (
        "Cannot connect to the Docker daemon at unix:///run/user/0/docker.sock. dial unix: connect: permission denied",
        errors.EngineDeniedError,
    ),
    ("ERROR: open /home/ada/.docker/buildx/current: permission denied", errors.FileAccessError),
    ("ERROR: mkdir /home/ada/.docker: permission denied", errors.FileAccessError),
    ("ERROR: mkdir /home/ada/.docker: read-only file system", errors.FileAccessError),
    ("ERROR: mkdir /nonexistent: permission denied", errors.FileAccessError),
    ("ERROR: mkdir /nonexistent/.docker: no such file or directory", errors.FileAccessError),
    ("ERROR: mkdir /etc/docker-client/buildx: permission denied", errors.FileAccessError),
    (
        (
            "WARNING: Error loading config file: open /home/ada/.docker/config.json: permission denied\n"
            "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"
        ),
        errors.EngineUnreachableError,
    ),
    ('error during connect: Get "http://x:2375/v1.24/info": dial tcp', errors.EngineUnreachableError),
    (
        "Error response from daemon: client version 1.22 is too old. Minimum supported API version is 1.24",
        errors.EngineTooOldError,
    ),
    (
        "Error response from daemon: client version 1.47 is too new. Maximum supported API version is 1.41",
        errors.EngineTooOldError,
    ),
    # Its client.
    ("docker: 'buildx' is not a docker command.\nSee 'docker --help'", errors.BuildxMissingError),
    ("docker: unknown command: docker buildx\n\nRun 'docker --help' for more information", errors.BuildxMissingError),
    ("docker: 'compose' is not a docker command.", errors.ComposeMissingError),
    ("docker: unknown command: docker compose", errors.ComposeMissingError),
    # Platforms and images.
    ("exec /usr/bin/sh: exec format error", errors.EmulatorMissingError),
    ("Error response from daemon: No such image: acme/demo:1", errors.ImageNotFoundError),
    ("Error: No such object: acme/demo:1", errors.ImageNotFoundError),
    ("An image does not exist locally with the tag: acme/demo; reference does not exist", errors.ImageNotFoundError),
    # Registries.
    ("unauthorized: authentication required", errors.LoginMissingError),
    ("denied: requested access to the resource is denied", errors.LoginMissingError),
    ("no basic auth credentials", errors.LoginMissingError),
    (
        'error getting credentials - err: exec: "docker-credential-desktop": executable file not found in $PATH',
        errors.LoginMissingError,
    ),
    ("failed to solve: error getting credentials - err: exit status 1, out: `no such host`", errors.LoginMissingError),
    ("push access denied, repository does not exist or may require authorization", errors.LoginMissingError),
    ("unexpected status from HEAD request to https://x/v2/: 401 Unauthorized", errors.LoginMissingError),
    ("unexpected status from PUT request to https://x/v2/: 403 Forbidden", errors.LoginMissingError),
    ("dial tcp 127.0.0.1:5000: connect: connection refused", errors.RegistryUnreachableError),
    ("dial tcp: lookup registry.invalid: no such host", errors.RegistryUnreachableError),
    ("net/http: TLS handshake timeout", errors.RegistryUnreachableError),
    ("read tcp 1.2.3.4:5: i/o timeout", errors.RegistryUnreachableError),
    ("read: connection reset by peer", errors.RegistryUnreachableError),
    ("http: server gave HTTP response to HTTPS client", errors.RegistryUnreachableError),
    (
        "tls: failed to verify: x509: certificate signed by unknown authority",
        errors.RegistryUnreachableError,
    ),
    ("received unexpected HTTP status: 503 Service Unavailable", errors.RegistryUnreachableError),
    ("received unexpected HTTP status: 502 Bad Gateway", errors.RegistryUnreachableError),
    # Anything else.
    ("", errors.EngineCommandError),
    ("something else went wrong", errors.EngineCommandError),
]


@pytest.mark.parametrize(("said", "error"), SAID)
def test_translate(said: str, error: type[errors.DextError]) -> None:
    translated = translate("docker thing", 1, said)
    assert type(translated) is error
    assert translated.message.startswith("docker thing")
    assert "\n" not in translated.message
    assert translated.remedy
    assert translated.detail == said


@pytest.mark.parametrize(
    ("said", "image", "command"),
    [
        # What was to be pushed or pulled.
        ("denied: requested access to the resource is denied", "ghcr.io/acme/demo:1.0.0", "docker login ghcr.io"),
        ("unauthorized: authentication required", "localhost:5000/acme/demo:1", "docker login localhost:5000"),
        ("denied: no", "", "docker login"),
        ("access denied", "acme/demo:1.0.0", "docker login"),
        ("access denied", "not a reference", "docker login"),
        # What docker names goes before it: a build asks other registries, too.
        ("pull access denied for quay.io/a/b, repository does not exist", "ghcr.io/x/y:1", "docker login quay.io"),
        ("pull access denied for a/b, repository does not exist", "ghcr.io/x/y:1", "docker login"),
        (
            "ERROR: failed to solve: failed to resolve source metadata for h.example:5000/a/b:1: 401 Unauthorized",
            "",
            "docker login h.example:5000",
        ),
        ('failed to resolve reference "ghcr.io/a/b:1": 403 Forbidden', "", "docker login ghcr.io"),
        ('Head "https://ghcr.io/v2/a/b/manifests/1": denied: denied', "", "docker login ghcr.io"),
        ('Head "https://registry-1.docker.io/v2/a/b/manifests/1": unauthorized: no', "", "docker login"),
    ],
)
def test_a_refusal_names_the_registry_to_log_in_to(said: str, image: str, command: str) -> None:
    with pytest.raises(errors.LoginMissingError) as caught, naming(image):
        raise translate("docker thing", 1, said)
    assert f"run `{command}` with" in caught.value.remedy
    assert caught.value.detail == said


def test_a_helper_that_fails_is_not_a_login_that_is_missing() -> None:
    with pytest.raises(errors.LoginMissingError, match="credential helper") as caught, naming("ghcr.io/acme/demo:1"):
        raise translate("docker push", 1, "error getting credentials - err: exit status 1, out: `locked`")
    assert "credsStore" in caught.value.remedy


def test_an_image_that_is_not_there_may_be_of_others() -> None:
    translated = translate("docker image inspect", 1, "Error: No such image: acme/demo:1")
    assert translated.remedy == "build it first: inv build; or fetch a published one: docker pull"


def test_other_errors_are_left_as_they_are() -> None:
    with pytest.raises(errors.ImageNotFoundError) as caught, naming("ghcr.io/acme/demo:1"):
        raise translate("docker thing", 1, "manifest unknown")
    assert "docker login" not in caught.value.remedy


@given(st.text(), st.text())
def test_a_refusal_of_whatever_image_is_a_refusal(said: str, image: str) -> None:
    with pytest.raises(errors.LoginMissingError), naming(image):
        raise errors.LoginMissingError("refused", remedy="run `docker login`", detail=said)


@pytest.mark.parametrize("code", [124, 137, -9])
def test_the_codes_of_timeout_mean_that_the_bound_was_reached(code: int) -> None:
    translated = translate("docker thing", code, "Cannot connect to the Docker daemon")
    assert type(translated) is errors.EngineTimeoutError


def test_the_engine_s_texts_go_before_the_registry_s() -> None:
    said = "connection refused\nCannot connect to the Docker daemon"
    assert type(translate("docker thing", 1, said)) is errors.EngineUnreachableError


@given(st.text(), st.integers(1, 255))
def test_any_failure_has_an_error(said: str, code: int) -> None:
    translated = translate("docker thing", code, said)
    assert isinstance(translated, errors.DextError)
    assert len(translated.detail.splitlines()) <= 40


@pytest.mark.parametrize(
    ("text", "lines", "expected"),
    [("", 3, ""), ("a\nb\n\n", 3, "a\nb"), ("a\nb\nc\nd", 2, "c\nd"), ("a\r\nb", 2, "a\nb")],
)
def test_tail(text: str, lines: int, expected: str) -> None:
    assert tail(text, lines) == expected


SNAPSHOT = "parent snapshot sha256:4f04 does not exist: not found"
PASSES = [
    ("docker create acme/demo:1", f"Error response from daemon: {SNAPSHOT}", "lost a parent snapshot"),
    ("docker compose up", f"Error response from daemon: {SNAPSHOT}", "lost a parent snapshot"),
    ("docker image ls", "Error response from daemon: content digest sha256:07: not found", "was removed while"),
    ("docker pull x", 'failed to prepare: snapshot "extract-1 sha256:0" already exists', "unpacked the same layer"),
    (
        "docker pull x",
        "locking failed: ref moby/1/layer-sha256:a3 locked for 12ms: unavailable",
        "fetched the same layer",
    ),
    ("docker rm", "Error response from daemon: removal of container 1f is already in progress", "doing the same"),
    ("docker compose up", "failed to set up container networking: network 5f3 not found", "being removed"),
    ("docker compose down", "error while removing network: network x has active endpoints", "leaving the network"),
    ("docker compose up", "Error response from daemon: container 43 is not connected to the network x", "not joined"),
    ("docker compose up", "Error response from daemon: network with name x already exists", "same network"),
    ("docker pull x", "write unix @->/run/docker.sock: use of closed network connection", "connection broke"),
    ("docker pull x", "read tcp 10.0.0.1:1->10.0.0.2:443: read: connection reset by peer", "connection broke"),
    ("docker compose up", 'error during connect: Post "http://docker/v1.45/x": EOF\ntry it', "connection broke"),
    ("docker pull x", "unexpected EOF", "connection broke"),
]
STAYS = [
    "denied: requested access to the resource is denied",
    f"unauthorized: {SNAPSHOT}",
    f"No such image: acme/demo:1; {SNAPSHOT}",
    "permission denied while trying to connect to the docker API: connection reset by peer",
    "failed to set up container networking: driver failed: Bind for 0.0.0.0:80 failed: port is already allocated",
    "network front declared as external, but could not be found",
    "dial tcp 127.0.0.1:5000: connect: connection refused",
    "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
    "content digest sha256:07: not found",
    "EOFError: x",
    "",
]


class TestPassing:
    @pytest.mark.parametrize(("what", "said", "why"), PASSES)
    def test_of_what_comes_and_goes(self, what: str, said: str, why: str) -> None:
        assert why in passing(translate(what, 1, said))

    @pytest.mark.parametrize("said", STAYS)
    def test_not_of_what_stays(self, said: str) -> None:
        assert passing(translate("docker create acme/demo:1", 1, said)) == ""

    def test_not_of_what_took_too_long(self) -> None:
        assert passing(translate("docker create acme/demo:1", 124, SNAPSHOT)) == ""

    @pytest.mark.parametrize(
        ("log", "passes"),
        [
            (f"#19 ERROR: failed to prepare\nERROR: failed to build: failed to solve: {SNAPSHOT}", True),
            (f'ERROR: process "/bin/sh -c echo {SNAPSHOT}" did not complete successfully: exit code: 1', False),
            (f"#5 0.1 {SNAPSHOT}\n{SNAPSHOT}\nERROR: failed to solve: exit code: 1", False),
        ],
    )
    def test_of_a_build_only_where_buildkit_says_so(self, log: str, passes: bool) -> None:  # noqa: FBT001 - of the row
        assert bool(passing(errors.BuildFailedError("it failed", remedy="", log=log))) is passes

    def test_not_of_an_emulator_that_crashed(self) -> None:
        crash = errors.EmulatorCrashedError("it crashed", remedy="", log=f"ERROR: {SNAPSHOT}")
        assert passing(crash) == ""


TROUBLE = [
    ("toomanyrequests: retry-after: 985.86\u00b5s, allowed: 44000/minute", "no more requests"),
    (
        "failed commit on ref: unexpected status from PUT request to https://r/v2/x/manifests/y: 429 Too Many Requests",
        "no more requests",
    ),
    ("error parsing HTTP 429 response body: invalid character 'T' looking for beginning of value", "no more requests"),
    ("received unexpected HTTP status: 503 Service Unavailable", "in trouble"),
    ("unexpected status from POST request to https://r:5000/v2/x/blobs/uploads/: 500 Internal Server Error", "trouble"),
    ("unexpected status code [manifests 1.0.0]: 502 Bad Gateway", "in trouble"),
    ("error parsing HTTP 504 response body: invalid character '<'", "in trouble"),
    ("unknown: Internal Server Error", "in trouble"),
    ('Put "https://r/v2/x/blobs/uploads/7": EOF', "connection to the registry broke"),
    ('failed to do request: Head "https://r/v2/x": dial tcp 10.0.0.1:443: connect: connection refused', "broke"),
    ("read tcp 10.0.0.1:1->10.0.0.2:443: read: connection reset by peer", "broke"),
    ('Get "https://r/v2/": net/http: TLS handshake timeout', "in time"),
    ('Get "https://r/v2/": dial tcp 10.0.0.1:443: i/o timeout', "in time"),
    ("net/http: request canceled (Client.Timeout exceeded): context deadline exceeded", "in time"),
]
NO_TROUBLE = [
    "denied: requested access to the resource is denied",
    "unauthorized: authentication required",
    "unexpected status from PUT request to https://r/v2/x/manifests/y: 403 Forbidden",
    "unexpected status from PUT request to https://r/v2/503/manifests/1.500.0: 405 Method Not Allowed",
    "unexpected status from PUT request to https://r/v2/x/manifests/y: 400 Bad Request",
    "name unknown: repository acme/demo not found: 503 others are",
    "tag invalid: The image tag '1.0.0' already exists and cannot be overwritten because the repository is immutable",
    "dial tcp: lookup r.example: no such host",
    "tls: failed to verify certificate: x509: certificate signed by unknown authority",
    "server gave HTTP response to HTTPS client",
    "An image does not exist locally with the tag: acme/demo",
    "Cannot connect to the Docker daemon at unix:///var/run/docker.sock: connection refused",
]


class TestTrouble:
    """What a registry in trouble says goes by; a refusal does not."""

    @pytest.mark.parametrize(("said", "why"), TROUBLE)
    def test_passes(self, said: str, why: str) -> None:
        assert why in trouble(translate("docker push acme/demo:x", 1, said))

    @pytest.mark.parametrize("said", NO_TROUBLE)
    def test_stays(self, said: str) -> None:
        assert trouble(translate("docker push acme/demo:x", 1, said)) == ""

    def test_what_took_as_long_as_it_may_is_not_begun_again(self) -> None:
        assert trouble(translate("docker push acme/demo:x", 124, "503 Service Unavailable")) == ""

    @pytest.mark.parametrize(
        ("said", "seconds"),
        [
            ("toomanyrequests: retry-after: 985.86\u00b5s, allowed: 44000/minute", 0.0),
            ("toomanyrequests: Retry-After: 1m2.5s", 62.5),
            ("429 Too Many Requests, retry after 20", 20.0),
            ("retry-after: 1h", 3600.0),
            ("retry-after: 250ms", 0.25),
            ("retry-after: soon", 0.0),
            ("503 Service Unavailable", 0.0),
        ],
    )
    def test_a_registry_may_say_how_long(self, said: str, seconds: float) -> None:
        assert asked_pause(translate("docker push acme/demo:x", 1, said)) == pytest.approx(seconds)
