"""Settings that several verbs take as flags."""

from __future__ import annotations

BUILD = (
    "platforms",
    "dockerfile",
    "metadata",
    "build_args",
    "build_target",
    "build_builder",
    "build_provenance",
    "build_timeout",
)
"""What a build depends on, and whatever begins with one."""

SMOKE = (
    "smoke_timeout",
    "smoke_settle",
    "smoke_engine_socket",
    "smoke_allow",
    "smoke_memory",
    "smoke_pids",
    "smoke_requests",
    "smoke_proxy",
    "smoke_proxy_image",
    "smoke_binary_arguments",
    "smoke_host_image",
    "smoke_ui_run",
    "smoke_ui_browser",
    "smoke_ui_timeout",
    "smoke_ui_script",
    "smoke_ui_dialog",
    "smoke_ui_allow_hosts",
)
"""How a smoke test probes."""
