"""Both modules of rules on compose files: they share the texts."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.checks.catalogue import declared_in
from dext_tasks.checks.rules import compose_file, compose_image, compose_machine
from dext_tasks.formats.oci.platform import Platform
from dext_tasks.formats.oci.reference import Reference
from dext_tasks.sources.source import Place
from tests.unit.checks.fake_source import FakeSource, compose

OF_OTHER_SOURCES = {
    *("composefile-absent", "composefile-nowhere", "compose-side-file-absent"),
    *("compose-image-absent", "compose-image-platform-missing", "compose-image-unanswered"),
}
RULES = [
    rule
    for family in (compose_file, compose_image, compose_machine)
    for rule in declared_in(family)
    if rule.code not in OF_OTHER_SOURCES
]
BY_CODE = {rule.code: rule for rule in RULES}
FILE = Place(file="compose.yaml")
GOOD = """services:
  web:
    image: ${DESKTOP_PLUGIN_IMAGE}
"""


def composed(text: str | bytes | None) -> FakeSource:
    return FakeSource(compose=[compose(text)])


def found(text: str) -> dict[str, list[tuple[str, int]]]:
    problems = {rule.code: list(rule.ask(composed(text.encode()))) for rule in RULES}
    return {code: [(each.what, each.place.line) for each in said] for code, said in problems.items() if said}


WAITS = "    depends_on: {db: {condition: service_completed_successfully}}"


def second(lines: str) -> str:
    return f"{GOOD}  db:\n    image: postgres:17.2\n    {lines}\n"


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        second("volumes: [data:/data, './conf:/conf']") + "volumes: {data: }\n",
        second("ports: ['80']"),
        second("network_mode: bridge"),
        second("cap_drop: [ALL]"),
        second("security_opt: ['no-new-privileges:true']"),
        second("volumes: ['/run/guest-services:/run/guest-services']"),
    ],
)
def test_nothing_is_wrong(text: str) -> None:
    assert found(text) == {}


@pytest.mark.parametrize(
    ("text", "code", "what", "line"),
    [
        ("services: [", "compose-syntax", "line 1, column 12: expected the node content, but found '<stream end>'", 1),
        (
            second("imge: x"),
            "compose-schema",
            "services.db.imge: Additional property imge is not allowed; did you mean image?",
            6,
        ),
        (GOOD + "  db:\n    build: .\n", "compose-build", "service db is built on the user's machine", 5),
        (second("build: ."), "compose-build-leftover", "service db has build: beside its image", 6),
        (
            "services:\n  db:\n    image: postgres:17\n",
            "compose-own-image-unused",
            "no service runs ${DESKTOP_PLUGIN_IMAGE}",
            2,
        ),
        (
            GOOD + "  db:\n    image: postgres\n",
            "compose-image-floating",
            "service db runs postgres with no tag, which means latest",
            5,
        ),
        (
            GOOD + "  db:\n    image: acme/db:main\n",
            "compose-image-floating",
            "service db runs acme/db with the moving tag main",
            5,
        ),
        (
            GOOD + "  db:\n    image: acme/DB:1\n",
            "compose-image-invalid",
            "service db has an image that is not a reference: 'acme/DB:1'",
            5,
        ),
        (
            GOOD + "  db:\n    image: a:${V}\n",
            "compose-image-variable",
            "service db has a variable in its image: a:${V}",
            5,
        ),
        (second("ports: ['8080:80']"), "compose-port-published", "service db takes port 8080 of every address", 6),
        (
            second("ports: ['127.0.0.1:8080:80']"),
            "compose-port-published",
            "service db takes port 8080 of 127.0.0.1",
            6,
        ),
        (
            second("volumes: ['data:/d']") + "volumes:\n  data:\n    external: true\n    name: theirs\n",
            "compose-external",
            "the volume theirs is external",
            8,
        ),
        (
            second("command: '${HOME}/x'"),
            "compose-variable-system",
            "${HOME}/x has HOME, which is not set on Windows",
            6,
        ),
        (
            second("command: '${USERPROFILE:?must}'"),
            "compose-variable-required",
            "${USERPROFILE:?must} needs USERPROFILE, which is not set on macOS and Linux",
            6,
        ),
        (
            second("restart: unless-stopped\n    depends_on: []\n  b:\n    image: b:1\n" + WAITS),
            "compose-dependency-endless",
            "service b waits until db has completed, which is started again whenever it ends",
            4,
        ),
        (second("container_name: db"), "compose-container-name", "service db has the fixed name db", 6),
        (second("privileged: true"), "compose-privileged", "service db runs privileged", 6),
        (second("volumes: ['/etc:/h']"), "compose-host-mount", "service db mounts /etc read-write", 6),
        (
            second("volumes: ['~/.ssh:/s:ro']"),
            "compose-host-mount",
            "service db mounts ~/.ssh read-only",
            6,
        ),
        (second("pid: host"), "compose-host-namespace", "service db shares the host's processes", 6),
        (second("network_mode: host"), "compose-host-namespace", "service db shares the host's network", 6),
        (second("userns_mode: host"), "compose-host-namespace", "service db shares the host's users", 6),
        (second("cap_add: [ipc_lock]"), "compose-capability", "service db has the capability IPC_LOCK", 6),
        (
            second("cap_add: [CAP_SYS_ADMIN]"),
            "compose-capability-far-reaching",
            "service db has the capability SYS_ADMIN",
            6,
        ),
        (second("cap_add: [ALL]"), "compose-capability-far-reaching", "service db has the capability ALL", 6),
        (second("devices: [/dev/fuse]"), "compose-device", "service db uses the device /dev/fuse", 6),
        (
            second("security_opt: ['seccomp:unconfined']"),
            "compose-unconfined",
            "service db has the security option seccomp:unconfined",
            6,
        ),
        (
            second("volumes: ['/var/run/docker.sock.raw:/var/run/docker.sock']"),
            "compose-engine-socket",
            "service db controls the container engine",
            6,
        ),
        (
            second("volumes: [data:/data]"),
            "compose-schema",
            "services.db refers to undefined volume data",
            6,
        ),
        (
            second("volumes: ['../../../..:/h']"),
            "compose-host-mount",
            "service db mounts ../../../.. read-write",
            6,
        ),
        (
            second("volumes: ['/run/guest-services/../../etc:/g']"),
            "compose-host-mount",
            "service db mounts /etc read-write",
            6,
        ),
        (
            second("volumes: ['etc:/r']") + "volumes: {etc: {driver_opts: {type: none, o: bind, device: /etc}}}\n",
            "compose-host-mount",
            "volume etc leads to /etc",
            7,
        ),
        (
            second("secrets: [s]") + "secrets: {s: {file: /etc/shadow}}\n",
            "compose-host-mount",
            "secret s reads /etc/shadow",
            7,
        ),
        (
            second("volumes: ['//./pipe/docker_engine://./pipe/docker_engine']"),
            "compose-engine-socket",
            "service db controls the container engine",
            6,
        ),
        (second("gpus: all"), "compose-device", "service db uses the machine's accelerators", 6),
        (second("use_api_socket: true"), "compose-engine-socket", "service db controls the container engine", 6),
    ],
)
def test_one_thing_is_wrong_and_one_rule_says_so(text: str, code: str, what: str, line: int) -> None:
    assert found(text) == {code: [(what, line)]}


def test_a_folder_with_the_engine_in_it_is_both() -> None:
    assert found(second("volumes: ['/:/h:ro']")) == {
        "compose-host-mount": [("service db mounts / read-only", 6)],
        "compose-engine-socket": [("service db controls the container engine", 6)],
    }


def test_a_file_without_faults_of_its_own_may_name_the_own_image_by_hand() -> None:
    assert found("services:\n  web:\n    image: acme/demo-extension:1.0.0\n") == {
        "compose-own-image-unused": [("no service runs ${DESKTOP_PLUGIN_IMAGE}", 2)],
        "compose-own-image-hardcoded": [
            ("service web runs acme/demo-extension:1.0.0, which looks like the extension's own image", 3)
        ],
    }


def test_beside_the_placeholder_such_a_name_is_somebody_elses() -> None:
    assert found(GOOD + "  other:\n    image: acme/demo-extension:1.0.0\n") == {}


def published(text: str) -> FakeSource:
    return FakeSource(compose=[compose(text)], own_image=Reference.parse("acme/demo"))


@pytest.mark.parametrize(
    "image", ["acme/demo:1.0", "docker.io/acme/demo", "index.docker.io/acme/demo:2", f"acme/demo@sha256:{'a' * 64}"]
)
def test_the_own_image_is_known_by_where_it_is_published(image: str) -> None:
    text = f"{GOOD}  other:\n    image: {image}\n"
    (problem,) = BY_CODE["compose-own-image-hardcoded"].ask(published(text))
    assert problem.what == f"service other runs {Reference.parse(image)}, the extension's own image"
    assert problem.place.line == 5


@pytest.mark.parametrize(
    "image", ["acme/demo2:1", "ghcr.io/acme/demo:1", "demo:1", "${X:-y}/demo", "acme/demo-extension:1"]
)
def test_other_images_are_not_the_own_one(image: str) -> None:
    text = f"{GOOD}  other:\n    image: {image}\n"
    assert list(BY_CODE["compose-own-image-hardcoded"].ask(published(text))) == []


def test_a_variable_with_a_default_is_its_default() -> None:
    assert found(GOOD + "  db:\n    image: postgres:${V:-17}\n    ports: ['${P:-5432}:5432']\n") == {
        "compose-port-published": [("service db takes port 5432 of every address", 6)]
    }


@pytest.mark.parametrize("added", ["DAC_OVERRIDE", "fowner", "CAP_CHOWN", "NET_BIND_SERVICE"])
def test_what_every_container_may_is_not_added(added: str) -> None:
    assert found(second(f"cap_add: [{added}]")) == {}
    assert found(second(f"cap_drop: [ALL]\n    cap_add: [{added}]")) == {}


@pytest.mark.parametrize("kind", ["secret", "config"])
def test_what_compose_does_not_support_is_not_to_be_made_by_it(kind: str) -> None:
    text = second(f"{kind}s: [a]") + f"{kind}s: {{a: {{external: true}}}}\n"
    (problem,) = BY_CODE["compose-external"].ask(composed(text.encode()))
    assert problem.what == f"the {kind} a is external"
    assert problem.fix.endswith(f"Compose does not support external {kind}s")


def test_in_an_image_the_line_is_part_of_the_text() -> None:
    place = Place(path="/compose.yaml", platform=Platform("linux", "arm64"))
    (problem,) = BY_CODE["compose-privileged"].ask(
        FakeSource(compose=[replace(compose(second("privileged: true")), place=place)])
    )
    assert (problem.what, problem.place) == ("line 6: service db runs privileged", place)


def test_a_file_that_is_not_there_is_another_rules() -> None:
    assert [problem for rule in RULES for problem in rule.ask(composed(None))] == []


LEAVES = st.none() | st.booleans() | st.text() | st.sampled_from(["host", "/:/x\n", "${A}", "a:b:c", "\u202e:1"])
KEYS = st.sampled_from(
    ["image", "build", "ports", "volumes", "cap_add", "devices", "security_opt", "container_name", "pid", "privileged"]
)
SERVICES = st.dictionaries(KEYS, LEAVES | st.lists(LEAVES | st.dictionaries(st.text(max_size=5), LEAVES), max_size=3))


@given(st.dictionaries(st.text(max_size=9), SERVICES | LEAVES, max_size=3), st.text(max_size=9))
def test_every_rule_has_an_answer_to_anything(services: dict[str, object], key: str) -> None:
    text = json.dumps({"services": services, key: 1})
    for said in found(text).values():
        assert all("\n" not in what and "\u202e" not in what for what, _ in said)
