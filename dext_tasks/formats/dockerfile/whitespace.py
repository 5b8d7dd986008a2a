"""The characters BuildKit takes for space: Go's, which are not quite Python's.

``str.isspace`` also counts U+001C to U+001F: https://pkg.go.dev/unicode#IsSpace
"""

from __future__ import annotations

SPACES = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)

# What separates an instruction's keyword from the rest is narrower, so a no-break space after LABEL
# makes an unknown instruction:
# https://github.com/moby/buildkit/blob/master/frontend/dockerfile/parser/split_command.go
BLANKS = "\t\v\f\r "
