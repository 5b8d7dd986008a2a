"""Removing leftovers, and what that frees."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dext_tasks.cleaning.leftovers import LeftoverKind, find
from dext_tasks.errors import DextError, EngineCommandError, why_failed
from dext_tasks.errors import InterruptedError as Interrupted
from dext_tasks.runtime.temporary import remove_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from dext_tasks.cleaning.leftovers import CleaningScope, Leftover
    from dext_tasks.engine.engine import Engine


@dataclass(frozen=True)
class Cleaned:
    """What came of it, or what would.

    Attributes:
        removed: What is gone.
        kept: What stays, each with the reason.
        freed: Size of the images that are gone with their last name, bytes; layers that others share stay.
        unreached: Why engines could not be asked, where several were.
    """

    removed: tuple[Leftover, ...] = ()
    kept: tuple[Leftover, ...] = ()
    freed: int = 0
    unreached: tuple[DextError, ...] = ()

    def require_whole(self) -> None:
        """Require that every engine was asked.

        Raises:
            DextError: Why one was not.
        """
        for error in self.unreached:
            raise error


def on_each(engines: Iterable[Engine], work: Callable[[Engine], Cleaned]) -> Cleaned:
    """What comes of it on several engines; one that does not answer does not keep the others from being cleaned.

    Args:
        engines: Which.
        work: What is done on each.

    Raises:
        InterruptedError: The run was interrupted; what is gone is gone.
    """
    done, unreached = [], []
    for engine in engines:
        try:
            done.append(_placed(work(engine), engine))
        except Interrupted:
            raise
        except DextError as error:
            unreached.append(error)
    return Cleaned(
        # A folder of this machine is seen from every engine.
        removed=tuple(dict.fromkeys(leftover for each in done for leftover in each.removed)),
        kept=tuple(dict.fromkeys(leftover for each in done for leftover in each.kept)),
        freed=sum(each.freed for each in done),
        unreached=tuple(unreached),
    )


def _placed(cleaned: Cleaned, engine: Engine) -> Cleaned:
    def place(leftover: Leftover) -> Leftover:
        return leftover if leftover.folder else replace(leftover, context=engine.context)

    return replace(cleaned, removed=tuple(map(place, cleaned.removed)), kept=tuple(map(place, cleaned.kept)))


def preview(engine: Engine, scope: CleaningScope) -> Cleaned:
    """What would be removed; changes nothing.

    Raises:
        DextError: The engine cannot be asked.
    """
    going, staying, sizes = _planned(engine, scope)
    names = {listed.reference: listed.image for listed in engine.listed()}
    removed = {each.name for each in going}
    # An image that keeps another name stays.
    named = {image for name, image in names.items() if name not in removed}
    return Cleaned(going, staying, sum(size for image, size in sizes.items() if image not in named))


def clean(engine: Engine, scope: CleaningScope) -> Cleaned:
    """Remove everything that may go; what cannot be removed stays, and is named.

    Raises:
        DextError: The engine cannot be asked.
        InterruptedError: The run was interrupted; what is gone is gone.
    """
    going, staying, sizes = _planned(engine, scope)
    tried = [replace(each, kept=_remove(engine, each)) for each in going]
    removed = tuple(each for each in tried if not each.kept)
    gone = sizes.keys() & {each.image for each in removed} - _there(engine)
    engine.builds.forget(gone)
    return Cleaned(
        removed=removed,
        kept=(*staying, *(each for each in tried if each.kept)),
        freed=sum(sizes[image] for image in gone),
    )


def _there(engine: Engine) -> frozenset[str]:
    """Images that are still there; none where the engine stumbles over what others remove at the moment."""
    try:
        return engine.image_ids()
    except EngineCommandError:
        return frozenset()


def _planned(
    engine: Engine, scope: CleaningScope
) -> tuple[tuple[Leftover, ...], tuple[Leftover, ...], Mapping[str, int]]:
    """What may go, what stays, and the size of each image among the first."""
    found = find(engine, scope)
    going = tuple(each for each in found if not each.kept)
    sizes = engine.sizes({each.image for each in going if each.image})
    return going, tuple(each for each in found if each.kept), sizes


def _remove(engine: Engine, leftover: Leftover) -> str:
    """Take one away; why it stays, or nothing."""
    engine.client.cancellation.check()
    try:
        if leftover.orphan:
            leftover.orphan.remove(engine.client)
        elif leftover.folder:
            remove_folder(leftover.folder)
        else:
            engine.untag(leftover.image if leftover.kind is LeftoverKind.REPLACED else leftover.name)
    except DextError as error:
        engine.client.cancellation.check()
        return (error.detail.strip() or error.message).splitlines()[-1]
    except OSError as error:
        return why_failed(error)
    return ""
