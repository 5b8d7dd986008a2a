"""Every rule, in the order of the report."""

from __future__ import annotations

from dext_tasks.checks import (
    api_rules,
    backend_image_rules,
    binary_rules,
    compose_rules,
    dockerfile_rules,
    file_rules,
    label_key_rules,
    label_rules,
    label_value_rules,
    metadata_rules,
    online_rules,
    permission_rules,
    platform_rules,
    portability_rules,
    program_rules,
    tag_rules,
    text_rules,
    tree_rules,
    ui_call_rules,
    ui_folder_rules,
    ui_rules,
)
from dext_tasks.extension.desktops import Desktop

RULES = (
    *dockerfile_rules.RULES,
    *label_rules.RULES,
    *label_value_rules.RULES,
    *label_key_rules.RULES,
    *text_rules.RULES,
    *api_rules.RULES,
    *metadata_rules.RULES,
    *backend_image_rules.RULES,
    *file_rules.RULES,
    *ui_rules.RULES,
    *ui_call_rules.RULES,
    *ui_folder_rules.RULES,
    *binary_rules.RULES,
    *compose_rules.RULES,
    *permission_rules.RULES,
    *tree_rules.RULES,
    *program_rules.RULES,
    *platform_rules.RULES,
    *tag_rules.RULES,
    *online_rules.RULES,
)

# Asked only for the desktops that are chosen.
PORTABILITY = {runtime: portability_rules.rules_for(runtime) for runtime in Desktop}
