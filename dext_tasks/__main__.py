"""``python -m dext_tasks`` is ``dext``."""

from __future__ import annotations

from dext_tasks.cli import main

main()
