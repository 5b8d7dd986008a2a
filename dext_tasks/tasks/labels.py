"""dext labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.tasks.verb import verb

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.tasks.run import Run

_HELP = {
    "image": "show those of an image in the engine",
    "remote": "show those of an image in a registry; nothing is pulled",
    "platform": "only those of one platform",
}


@verb(options=("dockerfile", "build_args", "build_target"), help=_HELP, example="--remote my-org/my-extension:1.2.0")
def labels(run: Run, image: str = "", remote: str = "", platform: str = "") -> None:
    """Show the labels of the source tree, an image, or a published image."""
    from dext_tasks.checks.run import CheckRequest
    from dext_tasks.console.report import label_lines, labels_table
    from dext_tasks.formats.oci.platform import Platform

    CheckRequest(image, remote).require_sane()
    wanted = Platform.parse(platform) if platform else None
    found = _labels(run, image, remote, wanted)
    if run.output.is_read_by_people:
        run.output.table(labels_table(found), result=True)
    else:
        run.output.result("\n".join(label_lines(found)))
    run.output.data({str(each): dict(sorted(values.items())) for each, values in found.items()})


def _labels(run: Run, image: str, remote: str, platform: Platform | None) -> Mapping[Platform, Mapping[str, str]]:
    from dext_tasks.sources.labels import of_image, of_platform, of_registry, of_tree

    if image:
        found = of_image(run.engine, image, *([(platform,)] if platform else []))
    elif remote:
        found = of_registry(remote, run.access, run.cancellation)
    else:
        found = of_tree(run.project)
    return {platform: of_platform(found, platform)} if platform else found
