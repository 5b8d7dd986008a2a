"""Which keys a service has, and what is below them; the source is that of the module keys."""

from __future__ import annotations

from typing import Final

from dext_tasks.formats.compose.deployment_keys import DEPLOYMENT, GPUS
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
    TEXT,
    TEXT_OR_TEXTS,
    TEXTS,
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

_GRANTS: Final = list_of(TEXT | mapping(each(TEXT, "source target uid gid"), {"mode": WHOLE}))
_ULIMITS: Final = mapping_of(WHOLE | mapping(each(WHOLE, "soft hard"), required=["soft", "hard"]))
_HOSTS: Final = mapping_of(TEXT_OR_TEXTS) | TEXTS
_HOOK: Final = mapping(each(TEXT, "user working_dir"), {"command": COMMAND, "privileged": FLAG, "environment": PAIRS})

BUILD: Final = TEXT | mapping(
    each(TEXT, "context dockerfile dockerfile_inline network target isolation"),
    each(TEXTS, "entitlements cache_from cache_to tags platforms"),
    each(FLAG, "no_cache pull privileged"),
    each(PAIRS, "args labels additional_contexts"),
    {"ssh": PAIRS | TEXT, "shm_size": SIZE, "extra_hosts": _HOSTS, "secrets": _GRANTS, "ulimits": _ULIMITS},
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
    {"disable": FLAG, "retries": WHOLE, "test": TEXT_OR_TEXTS},
)

MOUNT: Final = mapping(
    each(TEXT, "source target consistency"),
    {
        "type": one_of("bind volume tmpfs cluster npipe image"),
        "read_only": FLAG,
        "bind": mapping(each(TEXT, "propagation recursive selinux"), {"create_host_path": FLAG}),
        "volume": mapping({"labels": PAIRS, "nocopy": FLAG, "subpath": TEXT}),
        "tmpfs": mapping({"size": SIZE, "mode": WHOLE}),
        "image": mapping({"subpath": TEXT}),
    },
    required=["type", "target"],
)

PORT: Final = mapping(
    each(TEXT, "name mode host_ip protocol app_protocol"),
    {"target": WHOLE, "published": scalar("string", "number")},
    required=["target"],
)

ATTACHMENT: Final = NOTHING | mapping(
    each(TEXT, "interface_name ipv4_address ipv6_address mac_address"),
    each(TEXTS, "aliases link_local_ips"),
    each(NUMBER, "priority gw_priority"),
    {"driver_opts": OPTIONS},
)

_LIMITS: Final = list_of(mapping({"path": TEXT, "rate": SIZE}))
_BLOCK_DEVICES: Final = mapping(
    each(_LIMITS, "device_read_bps device_read_iops device_write_bps device_write_iops"),
    {"weight": WHOLE, "weight_device": list_of(mapping({"path": TEXT, "weight": WHOLE}))},
)

_WATCH: Final = mapping(
    each(TEXT, "path action target"),
    each(TEXT_OR_TEXTS, "ignore include"),
    {"exec": _HOOK, "initial_sync": FLAG},
    required=["path", "action"],
)

SERVICE: Final[Form] = mapping(
    each(
        TEXT,
        (
            "cgroup_parent container_name cpuset domainname hostname image ipc isolation mac_address network_mode "
            "platform pull_refresh_after restart runtime stop_signal user userns_mode uts working_dir"
        ),
    ),
    each(FLAG, "attach init oom_kill_disable privileged read_only stdin_open tty use_api_socket"),
    each(TEXTS, "cap_add cap_drop device_cgroup_rules dns_opt external_links links profiles security_opt volumes_from"),
    each(TEXT_OR_TEXTS, "dns dns_search label_file tmpfs"),
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
        "credential_spec": mapping(each(TEXT, "config file registry")),
        "depends_on": TEXTS | mapping_of(DEPENDENCY),
        "deploy": DEPLOYMENT,
        "develop": NOTHING | mapping({"watch": list_of(_WATCH)}),
        "devices": list_of(TEXT | mapping(each(TEXT, "source target permissions"), required=["source"])),
        "env_file": TEXT | list_of(TEXT | mapping({"path": TEXT, "format": TEXT, "required": FLAG}, required=["path"])),
        "extends": TEXT | Form(frozenset({"mapping"}), others=ANYTHING, required=("service",)),
        "extra_hosts": _HOSTS,
        "gpus": GPUS,
        "healthcheck": HEALTHCHECK,
        "logging": mapping({"driver": TEXT, "options": mapping_of(scalar("string", "number", "null"))}),
        "models": TEXTS | mapping_of(NOTHING | mapping(each(TEXT, "endpoint_var model_var"))),
        "networks": TEXTS | mapping_of(ATTACHMENT),
        "pid": TEXT | NOTHING,
        "ports": list_of(scalar("string", "number") | PORT),
        "provider": mapping({"type": TEXT, "options": mapping_of(ANYTHING)}, required=["type"]),
        "pull_policy": worded(
            r"always|never|build|if_not_present|missing|refresh|daily|weekly|every_(?:[0-9]+[wdhms])+",
            "one of always, missing, never, build, daily, weekly, every_12h",
        ),
        "storage_opt": mapping_of(ANYTHING),
        "ulimits": _ULIMITS,
        "volumes": list_of(TEXT | MOUNT),
    },
)
