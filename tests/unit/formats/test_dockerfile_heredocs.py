from __future__ import annotations

import pytest

from dext_tasks.formats.dockerfile.document import parse
from dext_tasks.formats.dockerfile.heredocs import Heredoc, heredoc_of, opened_by
from dext_tasks.formats.dockerfile.refusals import DockerfileRefusedError, RefusalError


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("RUN ls", []),
        ("RUN <<EOF", ["EOF"]),
        ("RUN <<-EOF", ["EOF"]),
        ("RUN 3<<EOF", ["EOF"]),
        ('RUN <<"EOF"', ["EOF"]),
        ("RUN <<'one two'", ["one two"]),
        ("RUN <<eo'f'", ["eof"]),
        ("RUN <<eo\\'f", ["eo'f"]),
        ("RUN <<$EOF", ["$EOF"]),
        ("RUN <<${EOF:-x}", ["${EOF:-x}"]),
        ("RUN <<EOF python3 > out", ["EOF"]),
        ("RUN cat <<A <<B > f", ["A", "B"]),
        ("COPY <<a.txt <<b.txt /dest/", ["a.txt", "b.txt"]),
        ("RUN --mount=type=cache,target=/x <<EOF", ["EOF"]),
        ('RUN "<<EOF"', []),
        ("RUN '<<EOF'", []),
        ("RUN \\<<EOF", []),
        ("RUN a<<EOF", []),
        ("RUN <<<EOF", []),
        ("RUN <<", []),
        ("RUN <<-", []),
        ("RUN echo ${list[@]} <<EOF", []),
        ("RUN echo 'unclosed <<EOF", []),
        ("RUN echo ${} <<EOF", []),
    ],
)
def test_heredocs_opened_by_a_line(line: str, names: list[str]) -> None:
    assert [heredoc.name for heredoc in opened_by(line)] == names


def test_a_word_may_be_no_heredoc() -> None:
    assert heredoc_of("<<EOF sh") is None


@pytest.mark.parametrize("word", ["<<'EOF", '<<"EOF', "<<EOF'", "<<${"])
def test_a_word_that_cannot_be_read_is_refused(word: str) -> None:
    with pytest.raises(RefusalError):
        heredoc_of(word)


@pytest.mark.parametrize(
    ("heredoc", "line", "ends"),
    [
        (Heredoc("EOF", chomp=False), "EOF", True),
        (Heredoc("EOF", chomp=False), "\tEOF", False),
        (Heredoc("EOF", chomp=False), "EOF ", False),
        (Heredoc("EOF", chomp=True), "\t\tEOF", True),
        (Heredoc("EOF", chomp=True), " EOF", False),
    ],
)
def test_the_last_line(*, heredoc: Heredoc, line: str, ends: bool) -> None:
    assert heredoc.ends_at(line) is ends


@pytest.mark.parametrize(
    "opening",
    ["RUN <<EOF", "COPY <<EOF /x", "ADD <<EOF /x", "ONBUILD RUN <<EOF", "run <<EOF", 'RUN cat \\\n  <<-"EOF"'],
)
def test_instructions_in_a_heredoc_are_text(opening: str) -> None:
    body = "LABEL in=heredoc\n# escape=`\n\n \\\nEOF\n"
    assert parse(f"FROM scratch\n{opening}\n{body}LABEL a=b\n").labels() == {"a": "b"}


def test_two_heredocs_follow_in_order() -> None:
    source = "FROM scratch\nCOPY <<X <<Y /x/\nY\nX\nX\nY\nLABEL a=b\n"
    assert parse(source).labels() == {"a": "b"}


def test_crlf_ends_a_heredoc() -> None:
    assert parse("FROM scratch\r\nRUN <<EOF\r\nLABEL x=1\r\nEOF\r\nLABEL a=b\r\n").labels() == {"a": "b"}


def test_label_takes_no_heredoc() -> None:
    with pytest.raises(DockerfileRefusedError, match="line 3: unknown instruction"):
        parse("FROM scratch\nLABEL a=<<EOF\ntext\nEOF\n")


def test_the_end_line_is_behind_the_heredoc() -> None:
    run = parse("FROM scratch\nRUN <<EOF\nls\nEOF\nLABEL a=b\n").instructions[1]
    assert (run.line, run.end_line) == (2, 4)


def test_an_unterminated_heredoc_is_refused() -> None:
    with pytest.raises(DockerfileRefusedError, match="line 2: unterminated heredoc 'EOF'") as refused:
        parse("FROM scratch\nRUN <<EOF\nLABEL a=b\n")
    assert "EOF" in refused.value.remedy
