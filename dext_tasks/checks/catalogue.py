"""Every rule, in the order of the report."""

from __future__ import annotations

from dext_tasks.checks import file_rules, label_rules, metadata_rules, platform_rules

RULES = (*label_rules.RULES, *metadata_rules.RULES, *file_rules.RULES, *platform_rules.RULES)
