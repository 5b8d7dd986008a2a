"""Regular expressions that are compiled when they are first used: a command loads many more than it uses."""

from __future__ import annotations

import re
from functools import cached_property
from typing import AnyStr, Generic, cast


def regex(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """The regular expression of a pattern, used as one of ``re.compile``; not to be given to functions of ``re``.

    Django does the same: https://github.com/django/django/blob/main/django/utils/regex_helper.py (_lazy_re_compile)

    Args:
        pattern: As of ``re.compile``; a fault in it is raised on first use.
        flags: As of ``re.compile``.
    """
    # What the class lacks, it takes from the compiled pattern.
    return cast("re.Pattern[AnyStr]", _Uncompiled(pattern, flags))


class _Uncompiled(Generic[AnyStr]):
    def __init__(self, pattern: AnyStr, flags: int) -> None:
        self._source: tuple[AnyStr, int] = (pattern, flags)

    @cached_property
    def _compiled(self) -> re.Pattern[AnyStr]:
        return re.compile(*self._source)

    def __getattr__(self, name: str) -> object:
        value = getattr(self._compiled, name)
        # Found without this function from now on, as fast as that of a compiled one.
        setattr(self, name, value)
        return value
