"""What the pipelines of a repository do with images: workflows of GitHub, and GitLab CI."""

from __future__ import annotations

from posixpath import dirname
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from dext_tasks.formats.compose.tree import Mapping as YamlMapping
from dext_tasks.formats.compose.tree import TreeError, read, walk
from dext_tasks.formats.docker_command import DockerCommand, DockerVerb, docker_commands
from dext_tasks.formats.gaps import Gaps, without_private
from dext_tasks.formats.github_workflow import steps, texts
from dext_tasks.formats.shell_words import expanded
from dext_tasks.regex import regex
from dext_tasks.scaffold.adoption.evidence import Evidence
from dext_tasks.scaffold.adoption.found import ValueOrigin
from dext_tasks.scaffold.adoption.listing import GITHUB_FOLDER, GITLAB_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dext_tasks.formats.compose.tree import Value
    from dext_tasks.formats.github_workflow import WorkflowStep
    from dext_tasks.scaffold.adoption.listing import RepositoryFiles

_MOST: Final = 100
_LONGEST_VALUE: Final = 4096
_YAML: Final = (".yml", ".yaml")
_BUILD: Final = "docker/build-push-action"
_METADATA: Final = "docker/metadata-action"
_OUTPUT = regex(r"\$\{\{\s*steps\.([\w-]{1,100})\.outputs\.tags\s*\}\}")
_NAME_OF_OUTPUT = regex(r"(?:^|,)name=([^,\s]{1,300})")
_SCRIPTS: Final = ("before_script", "script", "after_script")
# Keys of .gitlab-ci.yml that are no jobs: https://docs.gitlab.com/ci/yaml/#global-keywords
_NO_JOBS: Final = frozenset({"variables", "stages", "include", "workflow", "image", "services", "cache", "spec"})


def of_workflows(files: RepositoryFiles, repository: str) -> Iterator[Evidence]:
    """What workflows of GitHub do.

    Args:
        files: Of the repository.
        repository: Where it is hosted; empty if that is not known.
    """
    found = (name for name in files.names if dirname(name) == GITHUB_FOLDER and name.endswith(_YAML))
    known = _github(repository)
    for name in list(found)[:_MOST]:
        gaps = Gaps()
        images: dict[str, tuple[str, ...]] = {}
        for step in steps(files.read(name), gaps, known):
            if step.uses == _METADATA:
                images[step.name] = _names(step.inputs.get("images", ""))
            elif step.uses == _BUILD:
                origin = ValueOrigin(name, step.lines.get("tags", step.line), "tags of docker/build-push-action")
                yield Evidence(_built(step, gaps, images), origin, ("",), gaps)
            for command in docker_commands(step.run, gaps, step.env):
                origin = ValueOrigin(name, step.run_line + command.line - 1, command.verb)
                yield Evidence(command, origin, (step.folder,), gaps)


def _github(repository: str) -> Mapping[str, str]:
    parts = urlsplit(repository)
    path = parts.path.strip("/")
    if parts.hostname != "github.com" or path.count("/") != 1:
        return {}
    owner, _, name = path.partition("/")
    return {
        "github.repository": path,
        "github.repository_owner": owner,
        "github.event.repository.name": name,
        "github.workspace": ".",
    }


def _names(text: str) -> tuple[str, ...]:
    """Images as docker/metadata-action takes them, which makes them lower case.

    https://github.com/docker/metadata-action#images-input
    """
    entries = [line.strip() for line in text.replace(",", "\n").split("\n")] if "=" not in text else text.split("\n")
    made: list[str] = []
    for entry in entries:
        named = _NAME_OF_OUTPUT.search(entry.strip())
        name = named[1] if named else entry.strip()
        if name and "=" not in name and "enable=false" not in entry:
            made.append(name.lower())
    return tuple(made)


def _built(step: WorkflowStep, gaps: Gaps, images: Mapping[str, tuple[str, ...]]) -> DockerCommand:
    """What the action does: https://github.com/docker/build-push-action#inputs."""
    given = step.inputs
    tags = [line.strip() for line in given.get("tags", "").replace(",", "\n").split("\n") if line.strip()]
    named = [name for tag in tags for name in _of_metadata(tag, gaps, images)]
    named += [found[1] for found in _NAME_OF_OUTPUT.finditer(given.get("outputs", ""))]
    pairs = [line.strip().partition("=") for line in given.get("build-args", "").split("\n") if "=" in line]
    pushes = given.get("push", "").strip() not in {"", "false"} or "push=true" in given.get("outputs", "")
    return DockerCommand(
        verb=DockerVerb.BUILD,
        line=step.line,
        images=tuple(dict.fromkeys(named)),
        context=given.get("context", "") or ".",
        dockerfile=given.get("file", ""),
        platforms=tuple(
            part.strip() for part in given.get("platforms", "").replace("\n", ",").split(",") if part.strip()
        ),
        build_args=tuple((name.strip(), value.strip()) for name, _, value in pairs),
        target=given.get("target", ""),
        is_pushed=pushes,
    )


def _of_metadata(tag: str, gaps: Gaps, images: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The images of a step of docker/metadata-action, where a tag is its output; else the tag itself."""
    for reason in gaps.reasons(tag):
        found = _OUTPUT.fullmatch(f"${{{{ {reason} }}}}")
        if found and found[1] in images:
            return images[found[1]]
    return (tag,)


def of_gitlab(files: RepositoryFiles, repository: str) -> Iterator[Evidence]:
    """What the jobs of GitLab CI do.

    Args:
        files: Of the repository.
        repository: Where it is hosted; empty if that is not known.
    """
    try:
        root = read(files.read(GITLAB_FILE)) if GITLAB_FILE in files.known else None
    except TreeError:
        return
    if not isinstance(root, YamlMapping):
        return
    gaps = Gaps()
    whole = {**_gitlab(repository), **_variables(root.get("variables"))}
    for name, job in root.entries.items():
        if name in _NO_JOBS:
            continue
        scripts = [job.get(key) for key in _SCRIPTS] if isinstance(job, YamlMapping) else [job]
        own = _variables(job.get("variables")) if isinstance(job, YamlMapping) else {}
        yield from _of_job(name, [each for each in scripts if each], {**whole, **own}, gaps)


def _of_job(name: str, scripts: list[Value], variables: Mapping[str, str], gaps: Gaps) -> Iterator[Evidence]:
    lines = [line for script in scripts for line in walk(script)]
    # One script, of which each line begins where it stands.
    known = _expanded(variables, gaps)
    text = "\n".join(without_private(line.text).replace("\n", " ; ") for line in lines)
    for command in docker_commands(text, gaps, known):
        line = lines[min(command.line, len(lines)) - 1].line
        yield Evidence(command, ValueOrigin(GITLAB_FILE, line, f"{command.verb} of job {name}"), ("",), gaps)


def _expanded(variables: Mapping[str, str], gaps: Gaps) -> dict[str, str]:
    """Variables that name others: https://docs.gitlab.com/ci/variables/where_variables_can_be_used/."""
    known: dict[str, str] = {}
    for name, value in variables.items():
        known[name] = expanded(value, gaps, known)[:_LONGEST_VALUE]
    return known


def _variables(value: Value | None) -> dict[str, str]:
    found = texts(value)
    # The long form: https://docs.gitlab.com/ci/yaml/#variablesdescription
    for key, each in value.entries.items() if isinstance(value, YamlMapping) else ():
        if isinstance(each, YamlMapping):
            found[key] = texts(each).get("value", "")
    return found


def _gitlab(repository: str) -> dict[str, str]:
    """What GitLab sets: https://docs.gitlab.com/ci/variables/predefined_variables/."""
    parts = urlsplit(repository)
    path = parts.path.strip("/")
    if parts.hostname != "gitlab.com" or "/" not in path:
        return {}
    return {
        "CI_REGISTRY": "registry.gitlab.com",
        "CI_REGISTRY_IMAGE": f"registry.gitlab.com/{path.lower()}",
        "CI_PROJECT_PATH": path,
        "CI_PROJECT_NAMESPACE": path.rpartition("/")[0],
        "CI_PROJECT_NAME": path.rpartition("/")[2],
        "CI_PROJECT_DIR": ".",
    }
