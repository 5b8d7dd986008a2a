"""Building each platform, with the labels of the release."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Final

from dext_tasks.engine.build import (
    build,
    has_source_date,
    request,
    require_attestations,
    together,
)
from dext_tasks.errors import (
    BuildFailedError,
    ChangelogError,
    EngineCommandError,
    NotConvergedError,
    PreflightError,
)
from dext_tasks.extension.labels import CREATED, REVISION, VERSION
from dext_tasks.limits import BUILD_GRACE, LARGEST_DOCUMENT
from dext_tasks.release.journal import IMAGE_SETTINGS
from dext_tasks.release.state import listed
from dext_tasks.release.steps.step import ReleaseStep, platform_of
from dext_tasks.runtime.parallel import for_each

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from dext_tasks.engine.facts import ImageFacts
    from dext_tasks.release.observe import World
    from dext_tasks.release.state import Intent, Outlook
    from dext_tasks.release.steps.step import ReleaseRun, Step


class Build(ReleaseStep):
    """Builds one platform and copies the files that checks and smoke test look at."""

    title: ClassVar[str] = "build"

    def plan(self, outlook: Outlook) -> Iterator[Step]:
        """Once per platform; for all of them or for none, since what was tested is what is published."""
        for platform in outlook.intent.platforms:
            will = outlook.intent.located("build and load", platform)
            yield self.unless(outlook.why_tested(platform), str(platform), will, platform)

    def notes(self, outlook: Outlook) -> Iterator[str]:
        """What was changed since this version was begun and is neither ignored nor obeyed without a word."""
        intent, state = outlook.intent, outlook.state
        if state.build_changed:
            what = f"the settings of the build ({IMAGE_SETTINGS}) are not those that {intent.version} was begun with"
            kept = "a published version stays as it is"
            yield f"{what}: {kept if state.published else 'every platform is built and tested anew'}"
        if state.hidden:
            yield (
                f"git was told not to look at {', '.join(state.hidden)}, and what is there is not in the commit: the "
                "commit's is released"
            )
        if outlook.promoted and not state.published:
            yield (
                f"{intent.version} is of the same commit as {outlook.promoted}, and not of the same images: they name "
                "their version in a label, so that every platform is built and tested anew"
            )
        begun = set(state.journal.tested) if state.journal else set()
        # A clone that prepares one platform after the other begins each anew.
        if begun and begun != set(intent.platforms) and not state.published and not intent.is_part:
            yield (
                f"{intent.version} was begun for {listed(begun)}, and is now configured for "
                f"{listed(intent.platforms)}: every platform is built and tested anew"
            )

    def needs(self, world: World, intent: Intent) -> Iterator[Callable[[], None]]:
        """See ReleaseStep."""
        yield lambda: require_attestations(world.engines, world.project)
        yield lambda: _require_told(world, intent)

    def run_all(self, run: ReleaseRun, steps: Sequence[Step], work: Callable[[Step], None]) -> None:
        """All at once; the error names every platform that failed.

        Raises:
            FileAccessError: The files that were built from were changed meanwhile.
        """
        try:
            for_each(steps, work, run.world.cancellation, grace=BUILD_GRACE)
        except BuildFailedError as error:
            raise together(run.unbuilt) from error
        # What went while the engine read it is not in the images.
        run.world.require_source()

    def run(self, run: ReleaseRun, step: Step) -> None:
        """See ReleaseStep."""
        from dext_tasks.sources.build_state import state_of
        from dext_tasks.sources.snapshot import take

        platform, project = platform_of(step), run.world.project
        engine = run.world.engines.of(platform)
        labels = run.image_labels
        wanted = request(project, platform, tuple(labels.items()), state_of(project))
        arguments = {**_times(labels[CREATED]), **_arguments(project.dockerfile, labels), **dict(wanted.args)}
        usual, wanted = wanted.tag, replace(wanted, tag=run.own_name(platform), args=tuple(arguments.items()))
        try:
            built = build(engine, wanted, run.observer)
        except BuildFailedError as error:
            run.unbuilt[platform] = error
            raise
        image = built.image.pinned
        run.images[platform], run.crashes[platform] = image, built.crashes
        _require_labels(image, dict(wanted.labels))
        with suppress(EngineCommandError):
            # For `inv check` and `inv smoke` later. Where another run gives that name at this moment, it is that run's.
            engine.tag(image.id, usual)
        folder = run.folder / platform.slug
        folder.mkdir()
        run.snapshots[platform] = take(engine.client, image.id, platform, folder, image.programs, run.clearing)


# The names of the OCI labels' last parts, and the one that Makefiles of extensions pass:
# https://github.com/jfrog/jfrog-docker-desktop-extension/blob/main/Makefile
_ARGUMENTS: Final = {"VERSION": VERSION, "TAG": VERSION, "REVISION": REVISION, "CREATED": CREATED}


def _arguments(dockerfile: Path, labels: Mapping[str, str]) -> dict[str, str]:
    """Values for what the Dockerfile declares without one; a default may be the version of anything."""
    from dext_tasks.formats.dockerfile.document import arguments_without_default
    from dext_tasks.formats.dockerfile.refusals import DockerfileRefusedError

    with suppress(DockerfileRefusedError):
        declared = arguments_without_default(dockerfile.read_bytes()[:LARGEST_DOCUMENT])
        return {name: labels[label] for name, label in _ARGUMENTS.items() if name in declared}
    return {}


def _times(created: str) -> dict[str, str]:
    """The commit's date for all times that BuildKit writes into an image's configuration, unless the user sets another.

    Two machines that build a commit without a cache can then make the same image, if its Dockerfile lets them.
    BuildKit can set the times of files as well (rewrite-timestamp), but not where it unpacks what it builds, as the
    builder of an engine with the containerd store does: https://github.com/moby/buildkit/pull/4057
    """
    # https://docs.docker.com/build/ci/github-actions/reproducible-builds/
    if has_source_date():
        return {}
    return {"SOURCE_DATE_EPOCH": str(int(datetime.fromisoformat(created).timestamp()))}


def _require_told(world: World, intent: Intent) -> None:
    from dext_tasks.release.notes import label_of, notes_of, require_text

    notes = notes_of(world, intent.version, intent.commit)
    require_text(notes)
    try:
        label_of(notes)
    except ChangelogError as error:
        raise PreflightError(error.message, remedy=error.remedy) from error


def _require_labels(image: ImageFacts, wanted: Mapping[str, str]) -> None:
    """These labels tell a published release from another one, so they are written before it is."""
    for key, value in wanted.items():
        if image.labels.get(key) != value:
            raise NotConvergedError(
                f"the image for {image.platform} has label {key} = {image.labels.get(key)!r}, not {value!r}",
                remedy="let nothing but the release set this label",
            )
