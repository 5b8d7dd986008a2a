"""Whether a compose file has the keys, shapes and values that Compose asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dext_tasks.formats.compose import ComposeFaultKind
from dext_tasks.formats.compose.forms import (
    ANYTHING,
    COMMAND,
    DECIMAL,
    DURATION,
    FLAG,
    NOTHING,
    NUMBER,
    OPTIONS,
    PAIRS,
    SIZE,
    STRING,
    STRING_OR_STRINGS,
    STRINGS,
    WHOLE,
    Form,
    each,
    list_of,
    mapping,
    mapping_of,
    one_of,
    scalar,
    worded,
)
from dext_tasks.formats.compose.model import ComposeFault
from dext_tasks.formats.compose.tree import Mapping, Scalar, Sequence, Value
from dext_tasks.formats.compose.variables import as_started, is_resolved
from dext_tasks.regex import regex
from dext_tasks.wording import did_you_mean, excerpt, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


_DEVICE: Final = {"capabilities": STRINGS, "count": scalar("string", "number"), "device_ids": STRINGS, "options": PAIRS}
_DEVICES: Final = list_of(mapping(_DEVICE, {"driver": STRING}, required=["capabilities"]))

# Other keys are let pass here, by mistake of the schema.
GPUS: Final = one_of("all") | list_of(
    Form(frozenset({"mapping"}), keys={**_DEVICE, "driver": STRING}, others=ANYTHING),
)

# Quantities such as memory are strings here, numbers are refused.
_MEMORY: Final = Form(frozenset({"string"}), SIZE.words, SIZE.said)
_GENERIC: Final = list_of(mapping({"discrete_resource_spec": mapping({"kind": STRING, "value": WHOLE})}))

_CHANGE: Final = mapping(
    each(DURATION, "delay monitor"),
    {
        "parallelism": WHOLE,
        "failure_action": STRING,
        "max_failure_ratio": DECIMAL,
        "order": one_of("start-first stop-first"),
    },
)

DEPLOYMENT: Final = NOTHING | mapping(
    each(STRING, "mode endpoint_mode"),
    each(_CHANGE, "rollback_config update_config"),
    {
        "replicas": WHOLE,
        "labels": PAIRS,
        "resources": mapping(
            {
                "limits": mapping({"cpus": DECIMAL, "memory": _MEMORY, "pids": WHOLE}),
                "reservations": mapping(
                    {"cpus": DECIMAL, "memory": _MEMORY, "generic_resources": _GENERIC, "devices": _DEVICES},
                ),
            }
        ),
        "restart_policy": mapping(each(DURATION, "delay window"), {"condition": STRING, "max_attempts": WHOLE}),
        "placement": mapping(
            {
                "constraints": STRINGS,
                "preferences": list_of(mapping({"spread": STRING})),
                "max_replicas_per_node": WHOLE,
            }
        ),
    },
)

_GRANTS: Final = list_of(STRING | mapping(each(STRING, "source target uid gid"), {"mode": WHOLE}))
_ULIMITS: Final = mapping_of(WHOLE | mapping(each(WHOLE, "soft hard"), required=["soft", "hard"]))
_HOSTS: Final = mapping_of(STRING_OR_STRINGS) | STRINGS
_HOOK: Final = mapping(each(STRING, "user working_dir"), {"command": COMMAND, "privileged": FLAG, "environment": PAIRS})

BUILD: Final = STRING | mapping(
    each(STRING, "context dockerfile dockerfile_inline network target isolation"),
    each(STRINGS, "entitlements cache_from cache_to tags platforms"),
    each(FLAG, "no_cache pull privileged"),
    each(PAIRS, "args labels additional_contexts"),
    {"ssh": PAIRS | STRING, "shm_size": SIZE, "extra_hosts": _HOSTS, "secrets": _GRANTS, "ulimits": _ULIMITS},
)

DEPENDENCY: Final = mapping(
    {
        "condition": one_of("service_started service_healthy service_completed_successfully"),
        "required": FLAG,
        "restart": FLAG,
    },
    required=["condition"],
)

HEALTHCHECK: Final = mapping(
    each(DURATION, "interval start_interval start_period timeout"),
    {"disable": FLAG, "retries": WHOLE, "test": STRING_OR_STRINGS},
)

MOUNT: Final = mapping(
    each(STRING, "source target consistency"),
    {
        "type": one_of("bind volume tmpfs cluster npipe image"),
        "read_only": FLAG,
        "bind": mapping(each(STRING, "propagation recursive selinux"), {"create_host_path": FLAG}),
        "volume": mapping({"labels": PAIRS, "nocopy": FLAG, "subpath": STRING}),
        "tmpfs": mapping({"size": SIZE, "mode": WHOLE}),
        "image": mapping({"subpath": STRING}),
    },
    required=["type", "target"],
)

PORT: Final = mapping(
    each(STRING, "name mode host_ip protocol app_protocol"),
    {"target": WHOLE, "published": scalar("string", "number")},
    required=["target"],
)

ATTACHMENT: Final = NOTHING | mapping(
    each(STRING, "interface_name ipv4_address ipv6_address mac_address"),
    each(STRINGS, "aliases link_local_ips"),
    each(NUMBER, "priority gw_priority"),
    {"driver_opts": OPTIONS},
)

_LIMITS: Final = list_of(mapping({"path": STRING, "rate": SIZE}))
_BLOCK_DEVICES: Final = mapping(
    each(_LIMITS, "device_read_bps device_read_iops device_write_bps device_write_iops"),
    {"weight": WHOLE, "weight_device": list_of(mapping({"path": STRING, "weight": WHOLE}))},
)

_WATCH: Final = mapping(
    each(STRING, "path action target"),
    each(STRING_OR_STRINGS, "ignore include"),
    {"exec": _HOOK, "initial_sync": FLAG},
    required=["path", "action"],
)

SERVICE: Final[Form] = mapping(
    each(
        STRING,
        (
            "cgroup_parent container_name cpuset domainname hostname image ipc isolation mac_address network_mode "
            "platform pull_refresh_after restart runtime stop_signal user userns_mode uts working_dir"
        ),
    ),
    each(FLAG, "attach init oom_kill_disable privileged read_only stdin_open tty use_api_socket"),
    each(
        STRINGS, "cap_add cap_drop device_cgroup_rules dns_opt external_links links profiles security_opt volumes_from"
    ),
    each(STRING_OR_STRINGS, "dns dns_search label_file tmpfs"),
    each(COMMAND, "command entrypoint"),
    each(PAIRS, "annotations environment labels sysctls"),
    each(SIZE, "mem_limit mem_reservation mem_swappiness memswap_limit shm_size"),
    each(DURATION, "stop_grace_period"),
    each(DECIMAL, "cpu_percent cpus"),
    each(WHOLE, "cpu_count cpu_shares oom_score_adj pids_limit scale"),
    # A duration is taken for the last two, too.
    each(scalar("number", "string"), "cpu_period cpu_quota cpu_rt_period cpu_rt_runtime"),
    each(list_of(scalar("string", "number")), "expose group_add"),
    each(_GRANTS, "configs secrets"),
    each(list_of(_HOOK), "post_start pre_stop"),
    {
        "blkio_config": _BLOCK_DEVICES,
        "build": BUILD,
        "cgroup": one_of("host private"),
        "credential_spec": mapping(each(STRING, "config file registry")),
        "depends_on": STRINGS | mapping_of(DEPENDENCY),
        "deploy": DEPLOYMENT,
        "develop": NOTHING | mapping({"watch": list_of(_WATCH)}),
        "devices": list_of(STRING | mapping(each(STRING, "source target permissions"), required=["source"])),
        "env_file": STRING
        | list_of(STRING | mapping({"path": STRING, "format": STRING, "required": FLAG}, required=["path"])),
        "extends": STRING | Form(frozenset({"mapping"}), others=ANYTHING, required=("service",)),
        "extra_hosts": _HOSTS,
        "gpus": GPUS,
        "healthcheck": HEALTHCHECK,
        "logging": mapping({"driver": STRING, "options": mapping_of(scalar("string", "number", "null"))}),
        "models": STRINGS | mapping_of(NOTHING | mapping(each(STRING, "endpoint_var model_var"))),
        "networks": STRINGS | mapping_of(ATTACHMENT),
        "pid": STRING | NOTHING,
        "ports": list_of(scalar("string", "number") | PORT),
        "provider": mapping({"type": STRING, "options": mapping_of(ANYTHING)}, required=["type"]),
        "pull_policy": worded(
            r"always|never|build|if_not_present|missing|refresh|daily|weekly|every_(?:[0-9]+[wdhms])+",
            "one of always, missing, never, build, daily, weekly, every_12h",
        ),
        "storage_opt": mapping_of(ANYTHING),
        "ulimits": _ULIMITS,
        "volumes": list_of(STRING | MOUNT),
    },
)

_EXTERNAL: Final = FLAG | mapping({"name": STRING})

NETWORK: Final = NOTHING | mapping(
    each(STRING, "name driver"),
    each(FLAG, "internal enable_ipv4 enable_ipv6 attachable"),
    {
        "driver_opts": OPTIONS,
        "external": _EXTERNAL,
        "labels": PAIRS,
        "ipam": mapping(
            {
                "driver": STRING,
                "options": mapping_of(STRING),
                "config": list_of(
                    mapping(each(STRING, "subnet ip_range gateway"), {"aux_addresses": mapping_of(STRING)}),
                ),
            }
        ),
    },
)

VOLUME: Final = NOTHING | mapping(
    each(STRING, "name driver"), {"driver_opts": OPTIONS, "external": _EXTERNAL, "labels": PAIRS}
)

_FILE: Final = {"labels": PAIRS, "external": _EXTERNAL, **each(STRING, "name environment file template_driver")}
SECRET: Final = mapping(_FILE, {"driver": STRING, "driver_opts": OPTIONS})
CONFIG: Final = mapping(_FILE, {"content": STRING})

MODEL: Final = mapping(
    each(STRING, "name model"), {"context_size": WHOLE, "runtime_flags": STRINGS}, required=["model"]
)

INCLUDE: Final = STRING | mapping(each(STRING_OR_STRINGS, "path env_file"), {"project_directory": STRING})

FILE: Final[Form] = mapping(
    each(STRING, "name version"),
    {
        "include": NOTHING | list_of(INCLUDE),
        "services": mapping_of(SERVICE),
        "networks": mapping_of(NETWORK),
        "volumes": mapping_of(VOLUME),
        "secrets": mapping_of(SECRET),
        "configs": mapping_of(CONFIG),
        "models": mapping_of(MODEL),
    },
)

_NAME = regex(r"[a-zA-Z0-9._-]+")
# Networks may be called anything.
_NAMED_SECTIONS = ("volumes", "secrets", "configs")
_OTHER_SOURCES = ("build", "extends", "provider")


def faults(root: Value | None) -> Iterator[ComposeFault]:
    """Everything in which the tree has not the form of a compose file."""
    if not isinstance(root, Mapping):
        yield _fault("the file is empty" if root is None else f"the file is {_said(root)}, not a mapping", root)
        return
    yield from _services(root)
    yield from _sections(root)
    yield from _value(root, FILE, "", root.line)


def _services(root: Mapping) -> Iterator[ComposeFault]:
    services = root.get("services")
    if services is None and "include" not in root.entries:
        yield _fault("there are no services", root)
    if not isinstance(services, Mapping):
        return
    if not services.entries:
        yield _fault("there are no services", services)
    for name, service in services.entries.items():
        yield from _service(name, service, services.lines.get(name, service.line))


def _service(name: str, service: Value, line: int) -> Iterator[ComposeFault]:
    path = below("services", name)
    if not _NAME.fullmatch(name):
        yield fault(f"{path}: a service's name has letters, digits, '.', '_' and '-' only", line)
    # "service X has neither an image nor a build context specified"
    # https://github.com/compose-spec/compose-go/blob/main/loader/validate.go
    if isinstance(service, Mapping) and not _has_source(service):
        yield fault(f"{path} has neither an image nor a build context specified", line)


def _has_source(service: Mapping) -> bool:
    image = service.get("image")
    is_empty = isinstance(image, Scalar) and not as_started(image.text)
    return any(map(service.get, _OTHER_SOURCES)) or not (image is None or is_empty)


def _sections(root: Mapping) -> Iterator[ComposeFault]:
    for section in _NAMED_SECTIONS:
        entries = root.get(section)
        if isinstance(entries, Mapping):
            for name in entries.entries:
                if not _NAME.fullmatch(name):
                    what = f"{below(section, name)}: a name here has letters, digits, '.', '_' and '-' only"
                    yield fault(what, line_of(entries, name))


def _value(value: Value, form: Form, path: str, line: int) -> Iterator[ComposeFault]:
    if value.kind not in form.kinds:
        hint = "; write it in quotes" if value.kind in {"number", "boolean"} and "string" in form.kinds else ""
        yield fault(f"{path} is {_said(value)}, not {form}{hint}", line)
    elif isinstance(value, Mapping):
        yield from _keys(value, form, path, line)
    elif isinstance(value, Sequence):
        yield from _items(value, form, path)
    else:
        yield from _words(value, form, path, line)


def _items(value: Sequence, form: Form, path: str) -> Iterator[ComposeFault]:
    if form.items:
        for index, item in enumerate(value.items):
            yield from _value(item, form.items, f"{path}.{index}", item.line)


def _words(value: Scalar, form: Form, path: str, line: int) -> Iterator[ComposeFault]:
    text = as_started(value.text)
    if value.kind == "string" and form.words and is_resolved(text) and not form.words.fullmatch(text):
        yield fault(f"{path} is {said(value.text)}, not {form.said}", line)


def _keys(mapping: Mapping, form: Form, path: str, line: int) -> Iterator[ComposeFault]:
    yield from (fault(f"{below(path, key)} is there twice", place) for key, place in mapping.duplicates)
    yield from (fault(f"{path}: {what}" if path else what, place) for what, place in mapping.odd)
    for key in form.required:
        if key not in mapping.entries:
            yield fault(f"{path}: {key} is missing", line)
    for key, value in mapping.entries.items():
        place = line_of(mapping, key)
        wanted = form.keys.get(key, form.others)
        if wanted:
            yield from _value(value, wanted, below(path, key), place)
        elif not key.startswith("x-"):
            what = f"{below(path, key)}: Additional property {excerpt(key)} is not allowed{meant(key, form.keys)}"
            yield fault(what, place)


def meant(name: str, known: Iterable[str]) -> str:
    """What a name was probably meant to be, as the end of a sentence."""
    return did_you_mean(excerpt(nearest(name, known)))


def below(path: str, key: str) -> str:
    """The path of a key."""
    return f"{path}.{excerpt(key)}" if path else excerpt(key)


def line_of(mapping: Mapping, key: str) -> int:
    """Line of a key."""
    return mapping.lines.get(key, mapping.line)


def said(text: str) -> str:
    """A string as written and, if that is something else, as it is on a user's machine."""
    started = as_started(text)
    return repr(excerpt(text)) if started == text else f"{excerpt(text)!r}, on a user's machine {excerpt(started)!r}"


def is_active(service: Mapping) -> bool:
    """Whether a service is started at all: one with a profile is not, and Compose asks nothing more of it."""
    profiles = service.get("profiles")
    return not (isinstance(profiles, Sequence) and profiles.items)


def fault(what: str, line: int) -> ComposeFault:
    """What Compose would refuse for."""
    return ComposeFault(ComposeFaultKind.STRUCTURE, what, line)


def _said(value: Value) -> str:
    return {"mapping": "a mapping", "list": "a list", "null": "empty"}.get(value.kind, f"a {value.kind}")


def _fault(what: str, value: Value | None) -> ComposeFault:
    return fault(what, value.line if value else 0)
