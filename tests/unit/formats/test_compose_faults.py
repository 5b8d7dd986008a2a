"""Snippets that `docker compose config -q` (2.26) refuses and takes; each was asked once and is expected ever after."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.formats.compose import ComposeFaultKind
from dext_tasks.formats.compose.faults import cycles
from dext_tasks.formats.compose.forms import FLAG, NOTHING, PAIRS, STRING, STRING_OR_STRINGS, list_of, mapping
from dext_tasks.formats.compose.reading import parse

SERVICE = "services:\n  a:\n    image: x\n"
WITH_B = f"{SERVICE}    KEYS\n  b:\n    image: x\n"


def faults(text: str) -> list[str]:
    found = parse(text.encode()).faults
    assert all(fault.kind is ComposeFaultKind.STRUCTURE for fault in found)
    assert all(fault.line <= text.count("\n") + 1 for fault in found)
    return [fault.what for fault in found]


# Keys of a service, what is wrong with them, and the nearest thing that is right.
KEYS = [
    ("image: 5", "image is a number, not a string; write it in quotes", "image: '5'"),
    ("user: 1000", "user is a number, not a string; write it in quotes", "user: '1000'"),
    ("hostname: 5", "hostname is a number, not a string", "hostname: five"),
    ("hostname:", "hostname is empty, not a string", "hostname: ''"),
    ("command: 5", "command is a number, not a string or a list or nothing; write it in quotes", "command: '5'"),
    ("command: [1, a]", r"command\.0 is a number", "command: ['1', a]"),
    ("command: {a: b}", "command is a mapping", "command:"),
    ("entrypoint: [true]", r"entrypoint\.0 is a boolean", "entrypoint: ['true']"),
    ("environment: {A: {b: c}}", r"environment\.A is a mapping", "environment: {A: true, B: 1, C: , D: x}"),
    ("environment: [A: b]", r"environment\.0 is a mapping", "environment: ['A: b', C]"),
    ("environment:", "environment is empty, not a list or a mapping", "environment: {}"),
    ("environment: {1: x}", "environment: the key 1 is a number, not a string", "environment: {'1': x, on: y}"),
    ("labels: {a: [b]}", r"labels\.a is a list", "labels: {a: b}"),
    ("privileged: maybe", "privileged is 'maybe', not true or false", "privileged: 'true'"),
    ("privileged: 1", "privileged is a number, not a string or a boolean", "privileged: yes"),
    ("privileged: ${X}", r"privileged is '\$\{X\}', on a user's machine '', not true", "privileged: ${X:-false}"),
    ("init: foo", "init is 'foo', not true or false", "init: true"),
    ("attach: x", "attach is 'x', not true or false", "attach: false"),
    ("tty: 1", "tty is a number", "tty: 'on'"),
    ("mem_limit: lots", "mem_limit is 'lots', not a size such as 512m", "mem_limit: 1.5GiB"),
    ("mem_limit: '-1'", "mem_limit is '-1', not a size", "mem_limit: -1"),
    ("shm_size: 1x", "shm_size is '1x', not a size", "shm_size: 64 MB"),
    ("cpus: abc", "cpus is 'abc', not a number", "cpus: '0.5'"),
    ("scale: x", "scale is 'x', not a whole number", "scale: '2'"),
    ("pids_limit: x", "pids_limit is 'x', not a whole number", "pids_limit: 100"),
    ("stop_grace_period: 10", "stop_grace_period is a number, not a string", "stop_grace_period: 1m30s"),
    ("stop_grace_period: '10'", "stop_grace_period is '10', not a duration such as 1m30s", "stop_grace_period: 1.5h"),
    ("stop_grace_period: ''", "stop_grace_period is '', not a duration", "stop_grace_period: '0'"),
    ("healthcheck: {interval: 5x}", r"healthcheck\.interval is '5x', not a duration", "healthcheck: {interval: 100ms}"),
    ("healthcheck: {retries: x}", r"healthcheck\.retries is 'x', not a whole number", "healthcheck: {retries: '3'}"),
    ("healthcheck: {test: [x]}", "test begins with 'x', not one of CMD", "healthcheck: {test: [CMD, x]}"),
    ("healthcheck: {foo: 1}", r"healthcheck\.foo: Additional property foo", "healthcheck: {disable: true}"),
    ("pull_policy: foo", "pull_policy is 'foo', not one of always", "pull_policy: if_not_present"),
    ("cgroup: foo", "cgroup is 'foo', not one of host, private", "cgroup: host"),
    ("restart: false", "restart is a boolean, not a string", "restart: no"),
    ("gpus: none", "gpus is 'none', not one of all", "gpus: all"),
    ("gpus: {count: 1}", "gpus is a mapping", "gpus: [{count: 1}]"),
    ("deploy: {foo: 1}", r"deploy\.foo: Additional property foo is not allowed", "deploy: {mode: global}"),
    (
        "deploy: {resources: {limits: {memory: 512}}}",
        r"deploy\.resources\.limits\.memory is a number, not a string",
        "deploy: {resources: {limits: {memory: 512m, cpus: 0.5}}}",
    ),
    (
        "deploy: {resources: {limit: {}}}",
        "Additional property limit is not allowed; did you mean limits",
        "deploy: {resources: {}}",
    ),
    (
        "deploy: {resources: {reservations: {devices: [{count: 1}]}}}",
        r"devices\.0: capabilities is missing",
        "deploy: {resources: {reservations: {devices: [{capabilities: [gpu]}]}}}",
    ),
    ("deploy: {update_config: {order: x}}", "order is 'x'", "deploy: {update_config: {order: stop-first}}"),
    ("deploy: {replicas: x}", "replicas is 'x'", "deploy: {replicas: '2'}"),
    ("logging: {foo: 1}", r"logging\.foo: Additional property", "logging: {driver: json-file, options: {a: 5, b: }}"),
    ("logging: {options: {a: true}}", r"logging\.options\.a is a boolean", "logging: {options: {a: 'true'}}"),
    ("logging:", "logging is empty, not a mapping", "logging: {}"),
    ("build: {context: ., foo: 1}", r"build\.foo: Additional property", "build: {context: ., args: [A=b]}"),
    ("build: {context: 5}", r"build\.context is a number", "build: ."),
    ("ulimits: {nofile: abc}", r"ulimits\.nofile is 'abc'", "ulimits: {nofile: '-1'}"),
    ("ulimits: {nofile: {soft: 1}}", r"ulimits\.nofile: hard is missing", "ulimits: {nofile: {soft: 1, hard: 2}}"),
    ("sysctls: {a: [1]}", r"sysctls\.a is a list", "sysctls: [a=1]"),
    ("extra_hosts: [x]", r"extra_hosts\.0: 'x' names no address", "extra_hosts: ['x:host-gateway', 'y=1.2.3.4']"),
    ("extra_hosts: {a: 5}", r"extra_hosts\.a is a number", "extra_hosts: {a: 1.2.3.4, b: ['::1']}"),
    ("dns: 5", "dns is a number", "dns: 8.8.8.8"),
    ("tmpfs: {a: b}", "tmpfs is a mapping", "tmpfs: /x"),
    ("cap_add: [1]", r"cap_add\.0 is a number", "cap_add: [NET_ADMIN]"),
    ("cap_add: A", "cap_add is a string, not a list", "cap_add: []"),
    ("devices: ['a:b:c:d']", r"devices\.0: 'a:b:c:d' has too many colons", "devices: ['/a:/b:rwx']"),
    ("devices: [{target: /a}]", r"devices\.0: source is missing", "devices: [{source: /a, target: /a}]"),
    ("profiles: x", "profiles is a string, not a list", "profiles: [x]"),
    ("expose: 80", "expose is a number, not a list", "expose: [80, '80-90']"),
    ("storage_opt: [a]", "storage_opt is a list", "storage_opt: {a: 1}"),
    ("credential_spec: {x: 1}", r"credential_spec\.x", "credential_spec: {file: a.json}"),
    ("blkio_config: {foo: 1}", r"blkio_config\.foo", "blkio_config: {weight: 300}"),
    ("develop: {watch: [{path: a}]}", r"watch\.0: action is missing", "develop: {watch: [{path: a, action: rebuild}]}"),
    ("post_start: {command: x}", "post_start is a mapping", "post_start: [{command: x}]"),
    ("env_file: {path: a}", "env_file is a mapping", "env_file: [{path: a, required: false}]"),
    ("env_file: [{pat: a}]", r"env_file\.0: path is missing", "env_file: []"),
    ("ports:", "ports is empty, not a list", "ports: []"),
    ("ports: [abc]", r"ports\.0: 'abc' has no port number", "ports: [80, '80', '80-90']"),
    ("ports: [99999]", r"ports\.0: '99999' has no port number", "ports: [65535]"),
    ("ports: ['80:99999']", "has no port number or range", "ports: ['8080:80']"),
    ("ports: ['90-80:1']", "has no port number or range", "ports: ['80-90:80']"),
    ("ports: ['80-90:80-85']", "has two ranges of different length", "ports: ['80-90:80-90']"),
    ("ports: ['80:']", "names no port of the container", "ports: [':80']"),
    ("ports: ['80:0']", "has no port number", "ports: ['0:80']"),
    ("ports: ['80:${X}']", "on a user's machine '80:' names no port", "ports: ['80:${X:-80}']"),
    ("ports: ['80/foo']", "has a protocol other than", "ports: ['80/UDP']"),
    ("ports: ['localhost:80:80']", "has a host address that is not an IP address", "ports: ['127.0.0.1:80:80']"),
    ("ports: ['::1:80:80']", "has a host address that is not an IP address", "ports: ['[::1]:80:80']"),
    ("ports: [{published: 80}]", r"ports\.0: target is missing", "ports: [{target: 80, published: 8000-8010}]"),
    ("ports: [{target: 80-90}]", r"ports\.0\.target is '80-90'", "ports: [{target: '80'}]"),
    ("ports: [true]", r"ports\.0 is a boolean", "ports: ['${X}:80']"),
    ("volumes: [5]", r"volumes\.0 is a number", "volumes: [/5]"),
    ("volumes: ['']", r"volumes\.0: '' is empty", "volumes: ['a:']"),
    ("volumes: ['/a::ro']", "has nothing between two colons", "volumes: ['/a:/b:ro']"),
    ("volumes: [':/x']", "has nothing between two colons", "volumes: ['C:\\a:/b']"),
    ("volumes: ['${D}:/x']", "on a user's machine ':/x' has nothing", "volumes: ['${HOME}/x:/x']"),
    (
        "volumes: [{source: /x, target: /y}]",
        r"volumes\.0: type is missing",
        "volumes: [{type: bind, source: /x, target: /y}]",
    ),
    ("volumes: [{type: bind, source: /x}]", r"volumes\.0: target is missing", "volumes: [{type: tmpfs, target: /x}]"),
    (
        "volumes: [{type: bind, target: /x}]",
        r"volumes\.0 is a bind without source",
        "volumes: [{type: volume, target: /x}]",
    ),
    (
        "volumes: [{type: bind, source: /x, target: /y, bind: {foo: 1}}]",
        r"volumes\.0\.bind\.foo",
        "volumes: [{type: bind, source: /x, target: /y, bind: {create_host_path: 'true'}}]",
    ),
    ("volumes: ['data:/h']", r"services\.a refers to undefined volume data", "volumes: ['./data:/h']"),
    ("networks: [n]", r"services\.a refers to undefined network n", "networks: [default]"),
    ("networks: {n: }", r"services\.a refers to undefined network n", "networks: {default: }"),
    (
        "networks: {default: {foo: 1}}",
        r"networks\.default\.foo: Additional property",
        "networks: {default: {aliases: [x], priority: 5}}",
    ),
    ("secrets: [s]", r"services\.a refers to undefined secret s", "secrets: []"),
    ("secrets: [{target: s}]", "refers to undefined secret", "configs: []"),
    ("configs: [{source: s}]", r"services\.a refers to undefined config s", "x-configs: [{source: s}]"),
    ("depends_on: [nope]", r"services\.a depends on undefined service nope", "depends_on: []"),
    ("depends_on: [a]", "dependency cycle: a -> a", "external_links: [a]"),
    ("links: ['nope:x']", r"depends on undefined service nope", "external_links: [nope]"),
    ("volumes_from: ['nope:ro']", "depends on undefined service nope", "volumes_from: ['container:nope:ro']"),
    ("ipc: 'service:nope'", "depends on undefined service nope", "ipc: shareable"),
    ("pid: 'service:nope'", "depends on undefined service nope", "pid: host"),
    ("network_mode: 'service:nope'", "depends on undefined service nope", "network_mode: 'container:nope'"),
    ("extends: nope", "extends undefined service nope", "profiles: []"),
    ("extends: a", "services extend each other: a -> a", "annotations: [a]"),
    ("extends: {}", "extends: service is missing", "annotations: {a: b}"),
    ("{network_mode: host, networks: [default]}", "exclude each other", "{network_mode: host, networks: []}"),
    ("{container_name: x, scale: 3}", "more than one container", "{container_name: x, scale: 1}"),
    ("{scale: 3, deploy: {replicas: 2}}", r"scale 3 and deploy\.replicas 2", "{scale: 2, deploy: {replicas: 2}}"),
    ("command: '${X'", "that no variable's name and } follow", "command: '$X'"),
    ("command: '${desktop plugin}'", "that no variable", "command: '${desktop_plugin}'"),
    ("command: '${1}'", "that no variable", "command: 'echo $1 $(date) a$'"),
    ("command: '${A:=b}'", "that no variable", "command: '${A:+b} ${A+b} ${A-b} ${A:-b}'"),
    ("command: '${A:-${B}'", "has \\$\\{ without }", "command: '${A:-${B:-c}}'"),
    ("<<: 5", "<< merges something that is not a mapping", "<<: {user: b}"),
    ("5: x", "the key 5 is a number, not a string", "x-5: x"),
]


def with_keys(keys: str) -> str:
    if keys.startswith("{"):
        return f"services:\n  a: {{image: x, {keys[1:]}\n"
    head = SERVICE.replace("    image: x\n", "") if keys.startswith("image:") else SERVICE
    return f"{head}    {keys}\n"


@pytest.mark.parametrize(("bad", "what"), [(bad, what) for bad, what, _ in KEYS])
def test_keys_of_a_service_that_compose_refuses(bad: str, what: str) -> None:
    found = faults(with_keys(bad))
    assert found
    assert any(re.search(what, each) for each in found), found


@pytest.mark.parametrize("good", [good for _, _, good in KEYS])
def test_keys_of_a_service_that_compose_takes(good: str) -> None:
    assert faults(with_keys(good)) == []


# The same of whole files.
FILES = [
    ("version: 3\n" + SERVICE, "version is a number, not a string; write it in quotes", "version: '3'\n" + SERVICE),
    ("version: 3.8\n" + SERVICE, "version is a number", "version: ''\n" + SERVICE),
    ("name: 5\n" + SERVICE, "name is a number", "name: five\n" + SERVICE),
    (SERVICE + "volumes:\n", "volumes is empty, not a mapping", SERVICE + "include:\n"),
    (SERVICE + "volumes: {n: {foo: 1}}\n", r"volumes\.n\.foo: Additional", SERVICE + "volumes: {n: }\n"),
    (SERVICE + "volumes: {n: 5}\n", r"volumes\.n is a number", SERVICE + "volumes: {n: {driver_opts: {a: 5}}}\n"),
    (SERVICE + "volumes: {a b: {}}\n", r"volumes\.a b: a name here has", SERVICE + "networks: {a b: {}}\n"),
    (
        SERVICE + "volumes: {n: {external: true, driver: x}}\n",
        "external and driver exclude each other",
        SERVICE + "volumes: {n: {external: true, name: x}}\n",
    ),
    (SERVICE + "volumes: {n: {external: maybe}}\n", "is 'maybe'", SERVICE + "volumes: {n: {external: {name: x}}}\n"),
    (SERVICE + "networks: {n: {foo: 1}}\n", r"networks\.n\.foo", SERVICE + "networks: {n: {internal: true}}\n"),
    (
        SERVICE + "networks: {n: {ipam: {config: {}}}}\n",
        r"ipam\.config is a mapping, not a list",
        SERVICE + "networks: {n: {ipam: {config: [{subnet: 10.0.0.0/8}]}}}\n",
    ),
    (SERVICE + "secrets: {n: {foo: 1}}\n", r"secrets\.n\.foo", SERVICE + "secrets: {n: {environment: X}}\n"),
    (SERVICE + "secrets: {n: {}}\n", r"secrets\.n has none of file", SERVICE + "secrets: {n: {file: a}}\n"),
    (SERVICE + "secrets: {n: }\n", r"secrets\.n is empty", SERVICE + "secrets: {n: {external: true}}\n"),
    (SERVICE + "secrets: {n: {external: false}}\n", "has none of", SERVICE + "configs: {n: {external: true}}\n"),
    (SERVICE + "configs: {n: {file: a, content: b}}\n", "exclude", SERVICE + "configs: {n: {content: b}}\n"),
    (SERVICE + "secrets: {n: {content: b}}\n", r"secrets\.n\.content", SERVICE + "configs: {n: {environment: B}}\n"),
    (
        WITH_B.replace("KEYS", "depends_on: {b: {}}"),
        r"depends_on\.b: condition is missing",
        WITH_B.replace("KEYS", "depends_on: {b: {condition: service_started}}"),
    ),
    (
        WITH_B.replace("KEYS", "depends_on: {b: {condition: started}}"),
        "condition is 'started', not one of service_started",
        WITH_B.replace("KEYS", "depends_on: [b]"),
    ),
    (
        WITH_B.replace("KEYS", "depends_on: [b]") + "    depends_on: [a]\n",
        "dependency cycle: a -> b -> a",
        WITH_B.replace("KEYS", "depends_on: [b]") + "    depends_on: []\n",
    ),
    (
        WITH_B.replace("KEYS", "network_mode: 'service:b'") + "    links: ['a:x']\n",
        "dependency cycle: a -> b -> a",
        WITH_B.replace("KEYS", "network_mode: 'service:b'") + "    links: []\n",
    ),
    (
        WITH_B.replace("KEYS", "depends_on: [bb]"),
        "undefined service bb; did you mean b",
        WITH_B.replace("KEYS", "links: ['b:c']"),
    ),
    (
        WITH_B.replace("KEYS", "extends: b") + "    extends: a\n",
        "extend each other: a -> b -> a",
        WITH_B.replace("KEYS", "extends: b"),
    ),
    (
        SERVICE + "    volumes: ['date:/d']\nvolumes: {data: }\n",
        "undefined volume date; did you mean data",
        SERVICE + "    volumes: ['data:/d', '${V:-data}:/e']\nvolumes: {data: }\n",
    ),
    (
        SERVICE + "    secrets: [{source: s, uid: 5}]\nsecrets: {s: {file: x}}\n",
        r"secrets\.0\.uid is a number",
        SERVICE + "    secrets: [{source: s, mode: 0440}]\nsecrets: {s: {file: x}}\n",
    ),
    (
        SERVICE + "    depends_on: [zz]\n    profiles: []\n",
        "undefined service zz",
        SERVICE + "    depends_on: [zz]\n    profiles: [p]\n",
    ),
    ("services:\n  a: {image: ''}\n", "neither an image", "services:\n  a: {image: '', build: .}\n"),
    ("services:\n  a: {image: '${X}'}\n", "neither an image", "services:\n  a: {image: '${X:-y}'}\n"),
    ("services:\n  a: {image: , build: .}\n", "image is empty", "services:\n  a: {build: .}\n"),
    ("services:\n  a: {command: x}\n", "neither an image", "services:\n  a: {image: x, command: x}\n"),
    ("services:\n  1: {image: x}\n", "the key 1 is a number", "services:\n  '1': {image: x}\n"),
    ("services:\n  true: {image: x}\n", "the key true is a boolean", "services:\n  yes: {image: x}\n"),
    ("x-a: ${A\n" + SERVICE, "that no variable", "x-a: $A {\n" + SERVICE),
    ("services:\n  a:\n", r"services\.a is empty, not a mapping", SERVICE + "    ports: !reset null\n"),
    ("include: [5]\n" + SERVICE, r"include\.0 is a number", "include: []\n" + SERVICE),
]


@pytest.mark.parametrize(("bad", "what"), [(bad, what) for bad, what, _ in FILES])
def test_files_that_compose_refuses(bad: str, what: str) -> None:
    found = faults(bad)
    assert any(re.search(what, each) for each in found), found


@pytest.mark.parametrize("good", [good for _, _, good in FILES])
def test_files_that_compose_takes(good: str) -> None:
    assert faults(good) == []


@pytest.mark.parametrize(
    "text",
    [
        "include: [other.yaml]\nservices: {a: {image: x, depends_on: [b], volumes: ['v:/v'], networks: [n]}}",
        SERVICE + "    extends: {file: other.yaml, service: b}\n",
        SERVICE + "    depends_on: {b: {condition: service_healthy, required: false}}\n",
        SERVICE + "    depends_on: ['${OTHER}']\n",
        SERVICE + "    use_api_socket: true\n    pull_policy: every_12h\n",
        "services: {a: {provider: {type: model, options: {model: x}}}}",
        "models: {m: {model: x}}\nservices: {a: {image: x, models: [m]}}",
        "include: [a, {path: [b, c], env_file: d}]",
    ],
    ids=["included", "elsewhere", "optional", "variable", "newer than 2.26", "provider", "models", "include"],
)
def test_what_cannot_be_known_or_is_new_is_taken(text: str) -> None:
    assert faults(text) == []


def test_a_fault_is_at_its_line() -> None:
    text = SERVICE + "    volumes:\n      - data:/h\n    deploy:\n      foo: 1\n    networks:\n      - n\n"
    found = {fault.what.split(":")[0]: fault.line for fault in parse(text.encode()).faults}
    assert found["services.a refers to undefined volume data"] == 5
    assert found["services.a.deploy.foo"] == 7
    assert found["services.a refers to undefined network n"] == 9


@pytest.mark.parametrize(
    ("graph", "found"),
    [
        ({}, []),
        ({"a": ["b"], "b": ["c"]}, []),
        ({"a": ["a"]}, [("a",)]),
        ({"a": ["b", "c"], "b": ["c"], "c": []}, []),
        ({"a": ["b"], "b": ["c"], "c": ["b"]}, [("b", "c")]),
        ({"a": ["b", "b"], "b": ["a"]}, [("a", "b")]),
    ],
)
def test_cycles(graph: dict[str, list[str]], found: list[tuple[str, ...]]) -> None:
    assert list(cycles(graph)) == found


@given(st.dictionaries(st.sampled_from("abcdef"), st.lists(st.sampled_from("abcdefg"), max_size=4)))
def test_every_cycle_is_one_and_none_is_missed(graph: dict[str, list[str]]) -> None:
    found = list(cycles(graph))
    for cycle in found:
        assert all(after in graph[before] for before, after in zip(cycle, (*cycle[1:], cycle[0]), strict=True))
    left = dict(graph)
    while leaf := next((name for name in left if not set(left[name]) & left.keys()), None):
        del left[leaf]
    assert bool(found) is bool(left)


def test_a_long_chain_needs_no_recursion() -> None:
    assert list(cycles({str(number): [str(number + 1)] for number in range(20_000)})) == []


def test_a_form_is_said_in_words() -> None:
    assert str(STRING_OR_STRINGS) == "a string or a list"
    assert str(PAIRS | NOTHING) == "a list or a mapping or nothing"
    assert str(FLAG) == "a string or a boolean"


def test_forms_are_joined() -> None:
    joined = FLAG | list_of(STRING) | mapping({"a": STRING}, required=["a"])
    assert joined.words == FLAG.words
    assert joined.items == STRING
    assert joined.required == ("a",)
    assert joined.kinds == {"string", "boolean", "list", "mapping"}


TOP = st.sampled_from(["services", "volumes", "networks", "secrets", "configs", "include", "name", "version", "x-a"])
PART = st.sampled_from(
    ["a", "b", "image", "depends_on", "volumes", "networks", "secrets", "deploy", "extends", "scale", "ports"]
) | st.sampled_from(
    ["healthcheck", "test", "network_mode", "source", "type", "external", "file", "replicas", "condition", "<<"]
)
LEAF = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=9)
    | st.sampled_from(
        ["a", "b", "service:a", "a:/b", "${A", "${A?}", "80:80", "bind", "host", "1s", "../a:/b", "[::]:1:1"]
    )
)
TREE = st.recursive(LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(PART, inner, max_size=4))


@given(st.dictionaries(TOP, st.dictionaries(PART, st.dictionaries(PART, TREE, max_size=5) | TREE, max_size=3) | TREE))
def test_no_tree_is_too_odd(tree: dict[str, object]) -> None:
    found = parse(json.dumps(tree).encode()).faults
    assert len(found) <= 50
    assert all("\n" not in fault.what for fault in found)
