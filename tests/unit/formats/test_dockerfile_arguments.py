from __future__ import annotations

import pytest

from dext_tasks.formats.dockerfile.document import parse
from dext_tasks.formats.dockerfile.refusals import DockerfileRefusedError


@pytest.mark.parametrize(
    "line",
    [
        "ADD a b",
        'ADD ["a", "b"]',
        "ARG A",
        "ARG --flags-are-ignored A",
        "CMD",
        "CMD ls",
        'CMD ["ls"]',
        "CMD [not json",
        "CMD [1",
        "COPY --from=scratch a b",
        "COPY --some-flag-of-next-year a b",
        "ENTRYPOINT",
        "ENTRYPOINT []",
        "ENV A=b",
        "ENV A b c",
        "EXPOSE 80",
        "HEALTHCHECK NONE",
        'HEALTHCHECK --interval=1s CMD ["ls"]',
        "LABEL a=b",
        "LABEL a b c",
        "MAINTAINER Some One",
        "ONBUILD RUN ls",
        "ONBUILD UNKNOWN thing",
        "ONBUILD LABEL",
        "RUN ls",
        "RUN " + "[" * 5000,
        'RUN ["ls"]',
        'SHELL ["sh"]',
        "STOPSIGNAL 9",
        "USER me",
        "VOLUME /a /b",
        'VOLUME ["/a"]',
        "WORKDIR /a b",
        "COPY <<EOF /x\nEOF",
        'WORKDIR "/quoted"',
        "EXPOSE $PORT",
    ],
)
def test_accepted(line: str) -> None:
    assert parse(f"FROM scratch\n{line}\n").labels().keys() <= {"a"}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("LABLE a=b", 'unknown instruction: "LABLE"'),
        ("a=b", 'unknown instruction: "A=B"'),
        ("LABEL\xa0a=b", 'unknown instruction: "LABEL\xa0A=B"'),
        ('"LABEL" a=b', 'unknown instruction: "\\"LABEL\\""'),
        ("ADD a", "ADD requires at least two arguments, but only one was provided. Destination could not be"),
        ("COPY a", "COPY requires at least two arguments, but only one was provided. Destination could not be"),
        ("COPY --from=x", "COPY requires at least two arguments"),
        ('COPY ["a"]', "COPY requires at least two arguments"),
        ("ARG", "ARG requires at least one argument"),
        ("ARG =x", "ARG names can not be blank"),
        ("ENV", "ENV requires at least one argument"),
        ("ENV A", "ENV must have two arguments"),
        ("ENV A=b c", 'Syntax error - can\'t find = in "c". Must be of the form: name=value'),
        ("ENV =b", "ENV names can not be blank"),
        ("ENV --x A=b", "unknown flag: x"),
        ("LABEL", "LABEL requires at least one argument"),
        ("LABEL x", "LABEL must have two arguments"),
        ("LABEL a=b # c", 'Syntax error - can\'t find = in "#". Must be of the form: name=value'),
        ("LABEL =b", "LABEL names can not be blank"),
        ("LABEL --x=y a=b", "unknown flag: x"),
        ("EXPOSE", "EXPOSE requires at least one argument"),
        ("HEALTHCHECK", "HEALTHCHECK requires at least one argument"),
        ("MAINTAINER", "MAINTAINER requires exactly one argument"),
        ("ONBUILD", "ONBUILD requires at least one argument"),
        ("ONBUILD ONBUILD RUN ls", "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"),
        ("ONBUILD FROM x", "FROM isn't allowed as an ONBUILD trigger"),
        ("ONBUILD maintainer x", "MAINTAINER isn't allowed as an ONBUILD trigger"),
        ("ONBUILD LABEL x", "LABEL must have two arguments"),
        ("ONBUILD ENV A=b c", 'Syntax error - can\'t find = in "c". Must be of the form: name=value'),
        ("RUN [1]", "when using JSON array syntax, arrays must be comprised of strings only"),
        ('CMD ["a", null]', "when using JSON array syntax, arrays must be comprised of strings only"),
        ("ENTRYPOINT [[]]", "when using JSON array syntax, arrays must be comprised of strings only"),
        ("HEALTHCHECK CMD [1]", "when using JSON array syntax, arrays must be comprised of strings only"),
        ("COPY [1, 2]", "when using JSON array syntax, arrays must be comprised of strings only"),
        ("SHELL sh", "SHELL requires the arguments to be in JSON form"),
        ("SHELL", "SHELL requires at least one argument"),
        ("STOPSIGNAL", "STOPSIGNAL requires exactly one argument"),
        ("USER", "USER requires exactly one argument"),
        ("VOLUME", "VOLUME requires at least one argument"),
        ("VOLUME []", "VOLUME requires at least one argument"),
        ("WORKDIR", "WORKDIR requires exactly one argument"),
        ("WORKDIR ${}", "syntax error: bad substitution"),
        ("USER '", "unexpected end of statement while looking for matching single-quote"),
        ("EXPOSE ${", "syntax error: missing '}'"),
        ("VOLUME ${", "syntax error: missing '}'"),
        ("COPY ${ /x", "syntax error: missing '}'"),
        ('COPY "a b" /x', "unexpected end of statement while looking for matching double-quote"),
        ("STOPSIGNAL ${", "syntax error: missing '}'"),
    ],
)
def test_refused(line: str, message: str) -> None:
    with pytest.raises(DockerfileRefusedError) as refused:
        parse(f"# line 1\nFROM scratch\n{line}\n")
    assert refused.value.message.startswith(f"Dockerfile line 3: {message}")
    assert refused.value.line == 3
    assert refused.value.remedy
    assert "\n" not in refused.value.message + refused.value.remedy


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("FROM", "FROM requires either one or three arguments"),
        ("FROM a b", "FROM requires either one or three arguments"),
        ("FROM a b c", "FROM requires either one or three arguments"),
        ("FROM a AS b c", "FROM requires either one or three arguments"),
        ("FROM --platform linux/amd64 scratch", "FROM requires either one or three arguments"),
        ("FROM a AS 1b", 'invalid name for build stage: "1b", name can\'t start with a number or contain symbols'),
        ("FROM a AS b/c", 'invalid name for build stage: "b/c", name can\'t start with a number or contain symbols'),
        ("FROM --x=y scratch", "unknown flag: x"),
        ("FROM --platform scratch", "missing a value on flag: platform"),
        ("FROM --platform=a --platform=b scratch", "duplicate flag specified: platform"),
        ("FROM --platform=$NONE scratch", "empty platform value from expression $NONE"),
        ("FROM ${NONE}", "base name (${NONE}) should not be blank"),
        ("FROM 'scratch", "unexpected end of statement while looking for matching single-quote"),
        ("FROM Builder", 'failed to parse stage name "Builder": invalid reference format'),
        ("FROM alpine:$NONE", 'failed to parse stage name "alpine:": invalid reference format'),
    ],
)
def test_refused_from(line: str, message: str) -> None:
    with pytest.raises(DockerfileRefusedError) as refused:
        parse(f"{line}\n")
    assert refused.value.message == f"Dockerfile line 1: {message}"
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("source", "line", "word"),
    [
        ('LABEL a="b" \\\n  c="d"e" \\\n  f="g h"\n', 4, "h"),
        ("LABEL a=b \\\n# c\n\n  oops\n", 5, "oops"),
        ("LABEL a=b \\\n  =c\n", 3, "blank"),
        ("ONBUILD LABEL a=b \\\n  oops\n", 3, "oops"),
        ("LABEL a=b \\\n  c=${}\n", 3, "bad substitution"),
        ("ENV a=b \\\n  c='\n", 3, "single-quote"),
    ],
)
def test_the_refused_word_is_located(source: str, line: int, word: str) -> None:
    with pytest.raises(DockerfileRefusedError, match=word) as refused:
        parse(f"FROM scratch\n{source}")
    assert refused.value.line == line
