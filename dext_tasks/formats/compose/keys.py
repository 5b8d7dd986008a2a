"""Which keys a compose file has at its top, and what is below them.

Source of this module and the others with keys, where these name no other:
https://github.com/compose-spec/compose-spec/blob/main/schema/compose-spec.json (at 00655e22), and answers of
Compose 2.26. What one of the two accepts is accepted: users have either, or what lies between. Any other key is
refused by both, save those that begin with ``x-``.
"""

from __future__ import annotations

from typing import Final

from dext_tasks.formats.compose.forms import (
    FLAG,
    NOTHING,
    OPTIONS,
    PAIRS,
    TEXT,
    TEXT_OR_TEXTS,
    TEXTS,
    WHOLE,
    Form,
    each,
    list_of,
    mapping,
    mapping_of,
)
from dext_tasks.formats.compose.service_keys import SERVICE

_EXTERNAL: Final = FLAG | mapping({"name": TEXT})

NETWORK: Final = NOTHING | mapping(
    each(TEXT, "name driver"),
    each(FLAG, "internal enable_ipv4 enable_ipv6 attachable"),
    {
        "driver_opts": OPTIONS,
        "external": _EXTERNAL,
        "labels": PAIRS,
        "ipam": mapping(
            {
                "driver": TEXT,
                "options": mapping_of(TEXT),
                "config": list_of(
                    mapping(each(TEXT, "subnet ip_range gateway"), {"aux_addresses": mapping_of(TEXT)}),
                ),
            }
        ),
    },
)

VOLUME: Final = NOTHING | mapping(
    each(TEXT, "name driver"), {"driver_opts": OPTIONS, "external": _EXTERNAL, "labels": PAIRS}
)

_FILE: Final = {"labels": PAIRS, "external": _EXTERNAL, **each(TEXT, "name environment file template_driver")}
SECRET: Final = mapping(_FILE, {"driver": TEXT, "driver_opts": OPTIONS})
CONFIG: Final = mapping(_FILE, {"content": TEXT})

MODEL: Final = mapping(each(TEXT, "name model"), {"context_size": WHOLE, "runtime_flags": TEXTS}, required=["model"])

INCLUDE: Final = TEXT | mapping(each(TEXT_OR_TEXTS, "path env_file"), {"project_directory": TEXT})

FILE: Final[Form] = mapping(
    each(TEXT, "name version"),
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
