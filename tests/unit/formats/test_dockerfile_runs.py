from __future__ import annotations

import pytest

from dext_tasks.formats.dockerfile.copies import Unknown, history_of
from dext_tasks.formats.dockerfile.document import parse

HARMLESS = [
    "true",
    "echo a && printf b; ls /x | wc -l",
    "chmod +x /service && chown -R 1:1 /ui",
    "cat /metadata.json > /dev/null 2>&1",
    "test -f /x || echo no",
    "echo a # > /metadata.json",
    "# comment\n",
    '["echo", "> /metadata.json"]',
    "A=1 echo b",
]
ELSEWHERE = [
    "apk add --no-cache curl",
    "apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*",
    "apk add \\\n    curl=${VERSION}",
    "mkdir -p /run/guest-services",
    "mkdir -p /a /b && touch /a/x",
    "cd /tmp && mkdir x && curl -fsSL https://acme.org/x -o x/y",
    "wget -O /usr/local/bin/tool https://acme.org/tool",
    "tar -C /opt -xzf /tmp/x.tgz",
    "unzip -d /opt x.zip",
    "ln -s /bin/busybox /bin/ash",
    "cp /a/b /c/d",
    "echo x > /etc/x",
    "echo x >>/etc/x",
    "rm -rf /tmp/*",
    "addgroup -S x && adduser -S -h /home/x x",
    "<<EOF\napk add curl\nmkdir /x\nEOF",
]
ANYTHING = [
    "make",
    "npm run build",
    "./build.sh",
    "/usr/bin/mkdir /x",
    "sh -c 'rm /metadata.json'",
    "eval rm x",
    "rm -rf $DIR",
    "rm -rf ~/x",
    "mkdir $(pwd)/x",
    "for x in a b; do rm /$x; done",
    "(cd / && rm metadata.json)",
    "echo x > $FILE",
    "cd $HOME && rm x",
    "wget https://acme.org/metadata.json",
    "tar -xzf x.tgz",
    "sed -i s/a/b/ /metadata.json",
    "cp a /",
    "cp a .",
    "rm *",
    "rm /metadata.json",
    "rm -f /*.json",
    "mv /x /metadata.json",
    "echo {} > /metadata.json",
    "echo {} > metadata.json",
    "echo {} 1>metadata.json",
    "echo 'a",
    '["rm", "/metadata.json"]',
    '["/build"]',
    "<<EOF\n#!/usr/bin/env python3\nEOF",
    "<<EOF cat > /metadata.json\n{}\nEOF",
    "cat <<EOF > /metadata.json\n{}\nEOF",
]


def touches(text: str, path: str) -> bool:
    changes = history_of(parse(text).lineage()).changes
    return any(isinstance(each, Unknown) and each.reach.touches(path) for each in changes)


@pytest.mark.parametrize("command", HARMLESS)
def test_a_command_that_changes_no_content(command: str) -> None:
    assert history_of(parse(f"FROM alpine\nRUN {command}\n").lineage()).changes == ()


@pytest.mark.parametrize("command", ELSEWHERE)
def test_a_command_that_works_elsewhere(command: str) -> None:
    text = f"FROM alpine\nRUN {command}\n"
    assert history_of(parse(text).lineage()).changes
    assert not touches(text, "/metadata.json")
    assert not touches(text, "/ui/index.html")


@pytest.mark.parametrize("command", ANYTHING)
def test_a_command_that_may_have_changed_it(command: str) -> None:
    assert touches(f"FROM alpine\nRUN {command}\n", "/metadata.json")


@pytest.mark.parametrize(
    ("command", "path"),
    [
        ("apk add curl", "/usr/bin/curl"),
        ("mkdir -p /ui/x", "/ui"),
        ("mkdir -p /ui/x", "/ui/x/y"),
        ("wget -O /a/tool https://acme.org/x", "/a/tool"),
        ("cd /ui && touch a", "/ui/a"),
        ("adduser -h /home/x x", "/home/x/y"),
    ],
)
def test_what_it_works_on(command: str, path: str) -> None:
    assert touches(f"FROM alpine\nRUN {command}\n", path)


def test_names_are_relative_to_the_working_folder() -> None:
    assert not touches("FROM alpine\nWORKDIR /app\nRUN touch metadata.json\n", "/metadata.json")
    assert touches("FROM alpine\nWORKDIR /app\nRUN touch metadata.json\n", "/app/metadata.json")
    assert touches("FROM acme/base\nRUN touch a\n", "/metadata.json")


@pytest.mark.parametrize(
    ("shell", "is_read"),
    [('["/bin/bash", "-o", "pipefail", "-c"]', True), ('["/bin/sh", "-c"]', True), ('["python3", "-c"]', False)],
)
def test_another_shell_may_mean_anything(shell: str, *, is_read: bool) -> None:
    assert touches(f"FROM alpine\nSHELL {shell}\nRUN mkdir /x\n", "/metadata.json") is not is_read
