"""Where findings are: people and programs open a file at a line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from dext_tasks.checks.catalogue import PORTABILITY, RULES
from dext_tasks.checks.report import check
from dext_tasks.sources.tree import TreeSource

if TYPE_CHECKING:
    from tests.unit.conftest import MakeProject

# Something is wrong in every file.
METADATA = {
    "name": "x",
    "icon": "nowhere.svg",
    "ui": {"dashboard-tab": {"title": "x", "root": "/a/ui", "src": "index.html", "extra": 1}},
    "vm": {"composefile": "/compose.yaml", "image": "acme/other", "exposes": {}},
    "host": {"binaries": [{"linux": [{"path": "/bin/tool"}]}]},
}
COMPOSE = """services:
  db:
    image: postgres
    container_name: db
    ports: ["5432:5432"]
    volumes: ["${HOME}/data:/d", "theirs:/t"]
    env_file: nowhere.env
    restart: "no"
    cap_add: [SYS_ADMIN]
volumes:
  theirs:
    external: true
"""
DOCKERFILE = """FROM scratch
ARG NOTES
LABEL org.opencontainers.image.title="Docker extension" \\
  org.opencontainers.image.license="MIT" \\
  com.docker.extension.screenshots='[{"alt":"x"},]' \\
  com.docker.extension.changelog="$NOTES" \\
  com.docker.extension.categories='["databases"]'
COPY . /
"""
SCRIPT = """const ddClient = createDockerDesktopClient();
ddClient.docker.cli.exec("logs", [id, "|", "wc"]);
ddClient.desktopUI.navigate.viewImages();
ddClient.toastError("x");
"""
PAGE = '<script src="/app.js"></script>\n<a href="https://example.com">x</a>\n'


def test_a_finding_in_a_file_has_a_line(make_project: MakeProject) -> None:
    files = {"Dockerfile": DOCKERFILE, "metadata.json": json.dumps(METADATA, indent=1), "compose.yaml": COMPOSE}
    tree = TreeSource(make_project({**files, "a/ui/app.js": SCRIPT, "a/ui/index.html": PAGE}))
    rules = [*RULES, *dict.fromkeys(rule for rules in PORTABILITY.values() for rule in rules)]
    found = check([tree], rules).findings
    assert [(each.rule.code, each.what) for each in found if each.place.file and not each.place.line] == []
    assert {each.place.file for each in found} == {*files, "a/ui/app.js", "a/ui/index.html"}
    assert len({each.rule.code for each in found}) > 30


def test_what_is_about_a_label_names_it(make_project: MakeProject) -> None:
    tree = TreeSource(make_project({"Dockerfile": f"{DOCKERFILE}COPY metadata.json /\n", "metadata.json": "{}"}))
    found = [each for each in check([tree], RULES).findings if each.place.file == "Dockerfile"]
    assert found
    assert [(each.rule.code, each.what) for each in found if not each.place.label] == []
