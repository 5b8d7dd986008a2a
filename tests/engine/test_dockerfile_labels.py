"""What the reader says of a Dockerfile's labels against what a real build makes of it.

Left out is what kills the daemon of Docker 26 (BuildKit 0.13): a file without a FROM, and a substitution
with an empty pattern such as ``${A#}``. So is what changed between releases of BuildKit: expansion in the
names of ARG, and ARG values that use an earlier one of the same instruction.
"""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from dext_tasks.formats.dockerfile.document import parse
from dext_tasks.formats.dockerfile.refusals import DockerfileRefusedError
from dext_tasks.formats.oci.platform import Platform

if TYPE_CHECKING:
    from pathlib import Path

SCRATCH = "FROM scratch\n"
ACCEPTED = {
    "quotes": SCRATCH + 'LABEL "a b"=\'c "d"\' e="f\'g" h=i\\ j k=\'[{"u": "v"}]\' l="{\\"m\\": 1}"\n',
    "old-form": SCRATCH + "LABEL key  some  'quoted  words'  x=y\n",
    "continuations": SCRATCH + "LABEL a=1 \\\n# c\n\n  b=2 \\   \n   # d\n c=x\\\ny \\\n",
    "glued": SCRATCH + 'LABEL a="x"\\\nb="y"\n',
    "crlf-and-mark": '\ufeff# escape=`\r\nFROM scratch\r\nLABEL a=C:\\x `\r\n  b=`$A c="`""\r\n',
    "tripled-escape": SCRATCH + "LABEL a=b\\\\\\\nLABEL c=d\n",
    "late-directive": "\n# escape=`\n" + SCRATCH + "LABEL a=b\\ c\n",
    "spaces": SCRATCH + "LABEL a=b\xa0c=d\u3000e=f\x0bg=h\n",
    "heredocs": SCRATCH + "COPY <<A <<-'B' /x/\nLABEL no=1\nB\nA\n\tLABEL no=2\n\tB\nLABEL a=b\n",
    "special-parameters": SCRATCH + 'LABEL a="$5" b=$$ c=$ d=$. e=$? f=$1x g=${1}\n',
    "alternatives": SCRATCH + "ENV E= S=s\nLABEL a=${E:-1}${E-2}${U:-${S:+3}}${U+4}${E+5}${S:?} b=${U:-'}'}\n",
    "patterns": SCRATCH + "ARG F=a/b.c.d\nLABEL a=${F#*/} b=${F##*.} c=${F%.*} d=${F%%.*} e=${F/./-} f=${F//./-}\n",
    "patterns-and-dollars": SCRATCH + "ARG F=abc\nLABEL a=${F//b/'<$0>'} b=${F/b/'<$0>'} c=${F//b/'$$'} d=${F///-}\n",
    "escaped-patterns": SCRATCH + "ARG F='a*b?/}c'\nLABEL a=${F#?\\*} b=${F//\\//:} c=${F%\\}*} d=${F/\\?/\\/}\n",
    "before-the-instruction": SCRATCH + "ENV A=1\nENV A=2 B=$A\nLABEL A=3 a=$A b=$B\n",
    "expanded-keys": SCRATCH + "ENV K=key\nLABEL $K.x=1 \"${K}y\"=2 '$K'=3 $NONE=4\n",
    "argument-scopes": "ARG G=g\nARG H=${G}h\n" + SCRATCH + "LABEL a=-$G\nARG G\nARG H=own\nLABEL b=$G$H$PATH\n",
    "argument-after-env": SCRATCH + "ENV A=env\nARG A=arg\nARG B=arg\nENV B=env\nLABEL a=$A b=$B\n",
    "inherited-variables": "FROM scratch AS p\nENV A=env\nARG A=arg\nARG B=b\nFROM p\nARG B\nLABEL a=$A b=$B\n",
    "inherited-labels": "FROM scratch AS p\nLABEL a=1 b=1\nFROM scratch\nLABEL n=o\nFROM p\nLABEL b=2\n",
    "triggers": "FROM scratch AS p\nONBUILD LABEL o=$V\nONBUILD ENV V=2\nENV V=1\nFROM p\nLABEL b=$V\n",
    "platform": SCRATCH
    + "ARG TARGETPLATFORM TARGETARCH TARGETVARIANT\nLABEL a=$TARGETPLATFORM-$TARGETARCH$TARGETVARIANT\n",
    "unneeded-stage": "FROM scratch AS dead\nLABEL a=${X:?}\n" + SCRATCH + "LABEL b=c\n",
    "long-line": SCRATCH + f"LABEL a={'x' * 65527}\n",
}
REFUSED = {
    "no-equals": "LABEL a=b \\\n  c\n",
    "one-word": "LABEL a\n",
    "comment-behind": "LABEL a=b # c\n",
    "blank-name": "LABEL =b\n",
    "open-double-quote": 'LABEL a="b\n',
    "open-single-quote": "LABEL a='b\n",
    "no-break-space": "LABEL\xa0a=b\n",
    "flag": "LABEL --a b=c\n",
    "bad-substitution": "LABEL a=${}\n",
    "modifier": "LABEL a=${A=b}\n",
    "required-variable": "LABEL a=${A:?must be given}\n",
    "open-heredoc": "COPY <<EOF /x\nLABEL a=b\n",
    "long-line": f"LABEL a={'x' * 65528}\n",
    "upper-case-stage": "FROM Scratch\n",
}


def build(source: str, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    # A file, not standard input: buildx 0.13 leaves a copy of that in the temporary folder.
    (folder / "Dockerfile").write_bytes(source.encode())
    command = ["docker", "buildx", "build", "--load", *options, str(folder)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def built_labels(source: str, folder: Path, *options: str) -> dict[str, str]:
    tag = f"dext-tasks-dockerfile-labels:{uuid4().hex}"
    built = build(source, folder, "--tag", tag, *options)
    assert built.returncode == 0, built.stderr
    inspect = ["docker", "image", "inspect", "--format", "{{json .Config.Labels}}", tag]
    try:
        inspected = subprocess.run(inspect, capture_output=True, text=True, timeout=60, check=True)
    finally:
        subprocess.run(["docker", "image", "rm", tag], capture_output=True, timeout=60, check=False)
    return dict(json.loads(inspected.stdout) or {})


@pytest.mark.parametrize("source", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_labels_are_those_of_a_build(source: str, tmp_path: Path) -> None:
    expected = built_labels(source, tmp_path, "--platform", "linux/arm64")
    assert parse(source, platform=Platform("linux", "arm64")).labels() == expected


def test_build_arguments_are_used_as_in_a_build(tmp_path: Path) -> None:
    source = 'ARG A=1\nFROM scratch\nARG A B C=3\nENV C=env\nLABEL a=$A b="$B" c=$C d=$D\n'
    given = {"A": "x y", "B": "$A '\"", "C": "y", "D": "z"}
    options = [f"--build-arg={name}={value}" for name, value in given.items()]
    assert parse(source, build_args=given).labels() == built_labels(source, tmp_path, *options)


@pytest.mark.parametrize("lines", REFUSED.values(), ids=REFUSED.keys())
def test_what_a_build_refuses_is_refused(lines: str, tmp_path: Path) -> None:
    source = SCRATCH + lines
    built = build(source, tmp_path)
    assert built.returncode != 0
    assert "failed to solve" in built.stderr, "refused for a reason that is not the Dockerfile's"
    with pytest.raises(DockerfileRefusedError):
        parse(source)
