"""Which keys ``deploy`` and ``gpus`` of a service have; the source is that of the module keys."""

from __future__ import annotations

from typing import Final

from dext_tasks.formats.compose.forms import (
    ANYTHING,
    DECIMAL,
    DURATION,
    NOTHING,
    PAIRS,
    SIZE,
    TEXT,
    TEXTS,
    WHOLE,
    Form,
    each,
    list_of,
    mapping,
    one_of,
    scalar,
)

_DEVICE: Final = {"capabilities": TEXTS, "count": scalar("string", "number"), "device_ids": TEXTS, "options": PAIRS}
_DEVICES: Final = list_of(mapping(_DEVICE, {"driver": TEXT}, required=["capabilities"]))

# Other keys are let pass here, by mistake of the schema.
GPUS: Final = one_of("all") | list_of(
    Form(frozenset({"mapping"}), keys={**_DEVICE, "driver": TEXT}, others=ANYTHING),
)

# Quantities such as memory are texts here, numbers are refused.
_MEMORY: Final = Form(frozenset({"string"}), SIZE.words, SIZE.said)
_GENERIC: Final = list_of(mapping({"discrete_resource_spec": mapping({"kind": TEXT, "value": WHOLE})}))

_CHANGE: Final = mapping(
    each(DURATION, "delay monitor"),
    {
        "parallelism": WHOLE,
        "failure_action": TEXT,
        "max_failure_ratio": DECIMAL,
        "order": one_of("start-first stop-first"),
    },
)

DEPLOYMENT: Final = NOTHING | mapping(
    each(TEXT, "mode endpoint_mode"),
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
        "restart_policy": mapping(each(DURATION, "delay window"), {"condition": TEXT, "max_attempts": WHOLE}),
        "placement": mapping(
            {
                "constraints": TEXTS,
                "preferences": list_of(mapping({"spread": TEXT})),
                "max_replicas_per_node": WHOLE,
            }
        ),
    },
)
