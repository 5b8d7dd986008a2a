"""Everything the doctor looks at, one small question each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from dext_tasks.config import Settings
from dext_tasks.doctor.browser import page_lines
from dext_tasks.doctor.emulator import require_runs
from dext_tasks.doctor.line import Line, LineStatus
from dext_tasks.engine.facts import Store
from dext_tasks.errors import ENGINE_UNUSABLE, DextError, DoctorFailedError, GitError
from dext_tasks.errors import InterruptedError as Interrupted
from dext_tasks.extension.tags import described, setting_for, strays, uncounted
from dext_tasks.monorepo import require_own_versions
from dext_tasks.project_files import require_room
from dext_tasks.redaction import without_logins
from dext_tasks.registry.repository import Repository
from dext_tasks.smoke.images import has_helper
from dext_tasks.smoke.reach import is_helped, seconds_to_answer
from dext_tasks.wording import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dext_tasks.engine.engine import Engine
    from dext_tasks.engine.engines import Engines
    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.git import Git
    from dext_tasks.project import Project
    from dext_tasks.registry.access import Access


@dataclass(frozen=True)
class Patient:
    """What is looked at.

    Attributes:
        engines: Of each platform.
        project: The project; None outside of one.
        git: The git repository; None outside of a project.
        platforms: Platforms an emulator is wanted for.
        access: The way to registries.
    """

    engines: Engines
    project: Project | None
    git: Git | None
    platforms: tuple[Platform, ...]
    access: Access

    @property
    def any_engine(self) -> Engine:
        """The first platform's, where each would do."""
        return self.engines.of(self.platforms[0])


def examine(patient: Patient) -> Iterator[Line]:
    """Every line, as soon as it is known.

    Raises:
        InterruptedError: The run was interrupted.
    """
    settings = patient.project.settings if patient.project else Settings()
    for engine, platforms in patient.engines.each_of(patient.platforms).items():
        yield from _lines_of_an_engine(engine, platforms, settings)
    yield from page_lines(settings)
    yield _line("registry", partial(_registry, patient))
    if patient.project and patient.project.settings.image:
        yield _line("push", partial(_push, patient, patient.project))
    if patient.project:
        yield _line("journal", partial(_journal, patient.project))
    yield _line("git", partial(_git, patient))
    commit = _commit(patient)
    if patient.project and patient.git and commit:
        yield _line("git tag", partial(_git_tag, patient.project, patient.git, commit))
        yield _line("git remote", partial(_git_remote, patient.project, patient.git, commit))
        if patient.project.settings.image:
            yield _line("versions", partial(_versions, patient, patient.project, patient.git))


def _lines_of_an_engine(engine: Engine, platforms: tuple[Platform, ...], settings: Settings) -> Iterator[Line]:
    """What is asked of an engine; one line alone where it is of no use, as every other would say the same."""
    is_usable, name = True, engine.client.in_context("engine")
    try:
        yield _engine(engine)
    except Interrupted:
        raise
    except DextError as error:
        is_usable = not isinstance(error, ENGINE_UNUSABLE)
        yield Line(name, LineStatus.FAIL, error.message, error.remedy)
    if not engine.context:
        yield _line("time limits", partial(_bounds, engine))
    if not is_usable:
        return
    for what, ask in (("image store", _store), ("buildx", _buildx), ("compose", _compose)):
        yield _line(engine.client.in_context(what), partial(ask, engine))
    yield _line(engine.client.in_context("backend"), partial(_backend, engine, settings))
    for platform in platforms:
        yield _line(engine.client.in_context(f"runs {platform}"), partial(_emulator, engine, platform))


def require_well(lines: list[Line]) -> None:
    """Require that no line is FAIL.

    Raises:
        DoctorFailedError: One is.
    """
    failed = [line.name for line in lines if line.status is LineStatus.FAIL]
    if failed:
        raise DoctorFailedError(f"checks failed: {', '.join(failed)}", remedy="follow the remedies above")


def _line(name: str, question: Callable[[], Line]) -> Line:
    try:
        return question()
    except Interrupted:
        raise
    except DextError as error:
        return Line(name, LineStatus.FAIL, error.message, error.remedy)


def _found(engine: Engine, what: str, found: str) -> Line:
    return Line(engine.client.in_context(what), LineStatus.OK, found)


def _engine(engine: Engine) -> Line:
    facts = engine.facts
    return _found(engine, "engine", f"{facts.version}, API {facts.api}, {facts.platform}")


def _bounds(engine: Engine) -> Line:
    by = "coreutils' timeout" if engine.client.has_timeout() else "a watchdog of our own"
    return _found(engine, "time limits", f"docker commands end at their bound, by {by}")


def _store(engine: Engine) -> Line:
    store = engine.facts.store
    return _found(engine, "image store", f"{store}{'' if store is Store.CONTAINERD else ' (one platform a tag)'}")


def _buildx(engine: Engine) -> Line:
    version = engine.client_facts.buildx
    engine.require_buildx()
    return _found(engine, "buildx", f"{version}, driver {engine.builder_driver()}")


def _compose(engine: Engine) -> Line:
    version = engine.client_facts.compose
    engine.require_compose()
    return _found(engine, "compose", version)


def _backend(engine: Engine, settings: Settings) -> Line:
    """Where the engine is, and how a backend in it is reached; tried with the helper's image, if that is there."""
    name = engine.client.in_context("backend")
    at = engine.address
    where = f"the engine is {'on this machine' if engine.is_here else 'taken to be elsewhere'} ({at})"
    helped, image = is_helped(engine, settings), settings.smoke_proxy_image
    how = "through a helper container" if helped else "at their own sockets"
    found = f"{where}; backends are reached {how}"
    if has_helper(engine, image):
        return Line(name, LineStatus.OK, f"{found}, tried in {seconds_to_answer(engine, settings):.1f} s")
    if not helped:
        return Line(name, LineStatus.OK, found)
    docker = engine.client.by_hand
    remedy = f"a smoke test fetches it; or load it by hand ({docker} load, {docker} pull {image}), or name another one "
    return Line(
        name,
        LineStatus.WARN,
        f"{found}, whose image {image} is not there",
        f"{remedy}with smoke.proxy-image",
    )


def _emulator(engine: Engine, platform: Platform) -> Line:
    require_runs(engine.client, platform)
    how = "natively" if platform.is_native_on(engine.facts.platform) else "by an emulator"
    return _found(engine, f"runs {platform}", f"a program ran {how}")


def _registry(patient: Patient) -> Line:
    if patient.project is None or not patient.project.settings.image:
        return Line("registry", LineStatus.WARN, "no image is set", "set `image` under `dext:` in invoke.yaml")
    image = patient.project.image
    repository = Repository.open(image, patient.access, push=True)
    count = len(repository.tags())
    login = "with a login" if repository.transport.login else "without login"
    return Line("registry", LineStatus.OK, f"{image.registry} answers {login}, {count} tags in {image.repository}")


def _push(patient: Patient, project: Project) -> Line:
    image = project.image
    repository = Repository.open(image, patient.access, push=True)
    repository.require_push()
    if repository.is_login_given:
        patient.any_engine.require_login_variable(image.registry)
    if project.settings.release_latest and repository.keeps("latest"):
        found = f"{image.registry} takes images for {image.repository}, and keeps latest from being moved"
        return Line("push", LineStatus.WARN, found, "set release.latest: false")
    return Line("push", LineStatus.OK, f"{image.registry} takes images for {image.repository}")


def _journal(project: Project) -> Line:
    require_room(project.state)
    return Line("journal", LineStatus.OK, f"a release can keep what it has done in {project.state.name}")


def _git(patient: Patient) -> Line:
    if patient.git is None:
        return Line("git", LineStatus.WARN, "no project here", "make one: dext new NAME")
    head = patient.git.head()
    if not head:
        return Line("git", LineStatus.WARN, "no commit", "commit the project; a release is made from a commit")
    changes = patient.git.changes()
    if changes:
        return Line(
            "git", LineStatus.WARN, f"{counted(len(changes), 'file')} not committed", "commit them before a release"
        )
    return Line("git", LineStatus.OK, f"clean at {head[:12]}")


def _git_tag(project: Project, git: Git, commit: str) -> Line:
    committer, signs = git.committer(), git.signs_tags()
    if signs:
        git.require_signature()
    git.require_tag(_example(project), commit)
    return Line("git tag", LineStatus.OK, f"made by {committer}{', signed' if signs else ''}")


def _git_remote(project: Project, git: Git, commit: str) -> Line:
    remote = project.settings.release_remote
    if not git.has_remote(remote):
        name = without_logins(remote)
        return Line(
            "git remote", LineStatus.WARN, f"there is no {name}; a tag stays here", f"git remote add {name} URL"
        )
    git.require_push(remote, _example(project), commit)
    return Line(
        "git remote", LineStatus.OK, f"{remote} lets this account push; its own rules are asked when a tag comes"
    )


def _versions(patient: Patient, project: Project, git: Git) -> Line:
    others = require_own_versions(project, git)
    prefix = project.settings.release_tag_prefix
    found = f"git tags begin with {prefix!r}"
    if others:
        found += f", those of {', '.join(each.folder for each in others)} do not"
    git_tags, unasked = _git_tags(project, git)
    tags = {tag.removeprefix(prefix) for tag in git_tags if tag.startswith(prefix)}
    tags |= Repository.open(project.image, patient.access, push=True).tags()
    ignored = project.settings.release_ignore_tags
    remedies = []
    if unasked:
        found += f"; those of the git remote are not known: {unasked.message}"
        remedies.append(unasked.remedy)
    if left_out := uncounted(tags, ignored):
        found += f"; {left_out}"
    if wrong := strays(tags, ignored):
        found += f"; {described(wrong)}"
        remedies.append(f"delete them if they were never meant to be there, or set {setting_for(wrong, ignored)}")
    return Line("versions", LineStatus.WARN if remedies else LineStatus.OK, found, "; ".join(remedies))


def _git_tags(project: Project, git: Git) -> tuple[set[str], GitError | None]:
    """Every git tag that a release counts, here or on the remote, and why those of the remote are not among them."""
    here = set(git.tags())
    try:
        return here.union(git.remote_refs(project.settings.release_remote).tags), None
    except GitError as error:
        return here, error


def _commit(patient: Patient) -> str:
    """What a tag would stand for; empty where there is nothing, or where the line of git says why it is not known."""
    try:
        return patient.git.head() if patient.git else ""
    except Interrupted:
        raise
    except DextError:
        return ""


def _example(project: Project) -> str:
    """The name of a tag that is asked for and never made, spelt as no version's."""
    return f"{project.settings.release_tag_prefix}dext-doctor"
