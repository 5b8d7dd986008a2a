"""Which keys a compose file has and what shape their values are of.

Source: https://github.com/compose-spec/compose-spec/blob/main/schema/compose-spec.json (at 00655e22). Compose
refuses any other key, save those that begin with ``x-``.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Flag, auto
from typing import Final, TypeAlias


class Shape(Flag):
    """Shapes of a value."""

    SCALAR = auto()
    LIST = auto()
    MAPPING = auto()

    def __str__(self) -> str:
        names = {Shape.SCALAR: "a single value", Shape.LIST: "a list", Shape.MAPPING: "a mapping"}
        return " or ".join(names[shape] for shape in self)


Table: TypeAlias = Mapping[str, Shape]

_S, _L, _M = Shape.SCALAR, Shape.LIST, Shape.MAPPING


def _table(**shapes: tuple[Shape, str]) -> dict[str, Shape]:
    return {key: shape for shape, keys in shapes.values() for key in keys.split()}


TOP_LEVEL: Final[Table] = _table(
    scalars=(_S, "name version"),
    lists=(_L, "include"),
    mappings=(_M, "services networks volumes secrets configs models"),
)

SERVICE: Final[Table] = _table(
    scalars=(
        _S,
        (
            "attach cgroup cgroup_parent container_name cpu_count cpu_percent cpu_period cpu_quota cpu_rt_period "
            "cpu_rt_runtime cpu_shares cpus cpuset domainname hostname image init ipc isolation mac_address mem_limit "
            "mem_reservation mem_swappiness memswap_limit network_mode oom_kill_disable oom_score_adj pid pids_limit "
            "platform privileged pull_policy pull_refresh_after read_only restart runtime scale shm_size stdin_open "
            "stop_grace_period stop_signal tty use_api_socket user userns_mode uts working_dir"
        ),
    ),
    lists=(
        _L,
        (
            "cap_add cap_drop configs device_cgroup_rules devices dns_opt expose external_links group_add links ports "
            "post_start pre_stop profiles secrets security_opt volumes volumes_from"
        ),
    ),
    mappings=(_M, "blkio_config credential_spec deploy develop healthcheck logging provider storage_opt ulimits"),
    scalars_or_lists=(_S | _L, "command dns dns_search entrypoint gpus label_file tmpfs"),
    scalars_or_mappings=(_S | _M, "build extends"),
    lists_or_mappings=(_L | _M, "annotations depends_on environment extra_hosts labels models networks sysctls"),
    anything=(_S | _L | _M, "env_file"),
)

DEPENDENCY: Final[Table] = _table(scalars=(_S, "condition required restart"))

HEALTHCHECK: Final[Table] = _table(
    scalars=(_S, "disable interval retries start_interval start_period timeout"), either=(_S | _L, "test")
)

MOUNT: Final[Table] = _table(
    scalars=(_S, "type source target read_only consistency"), mappings=(_M, "bind volume tmpfs image")
)

PORT: Final[Table] = _table(scalars=(_S, "name mode host_ip target published protocol app_protocol"))
