"""What an extension is given of this machine: nothing that it was not granted by name."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dext_tasks.engine.connection import UNIX
from dext_tasks.engine.environment import for_reading, of_the_caller
from dext_tasks.extension.grants.files import UnreadableError, Variables, asked_by_files
from dext_tasks.extension.grants.kinds import ENVIRONMENT, NEW_PRIVILEGES, Asked, Grant, Granted, refusal, withheld
from dext_tasks.extension.grants.machine import HostMachine
from dext_tasks.extension.grants.model import asked
from dext_tasks.formats.compose.variables import IMAGE_VARIABLE
from dext_tasks.limits import LARGEST_VALUE
from dext_tasks.runtime.temporary import remove_folder
from dext_tasks.smoke import composition
from dext_tasks.smoke.outcome import ProbeFailedError, ProbeWithheldError
from dext_tasks.smoke.resolutions import ComposeQuestion

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from dext_tasks.config import Settings
    from dext_tasks.engine.services import Services
    from dext_tasks.smoke.installation import Tools, Trial
    from dext_tasks.smoke.resolutions import Resolutions


def _content(path: str) -> bytes | None:
    try:
        with Path(path).open("rb") as file:
            return file.read(LARGEST_VALUE + 1)
    except OSError:
        return None


def _followed_within(folder: str, path: str) -> str:
    """Where a path in a folder of this machine leads; the links of another machine cannot be followed from here."""
    return os.path.realpath(path) if path == folder or path.startswith(f"{folder}/") else path


@dataclass(frozen=True)
class Granting:
    """What one installation was granted, and how its paths are judged.

    Attributes:
        machine: Where it runs.
        granted: What it was granted.
        read: Reads one of the extension's own files; None if it is not there.
        resolutions: What compose has made of such files in this run.
    """

    machine: HostMachine
    granted: Granted
    read: Callable[[str], bytes | None]
    resolutions: Resolutions

    @classmethod
    def of(cls, tools: Tools, folder: Path, read: Callable[[str], bytes | None] = _content) -> Granting:
        """The gate for an installation by a compose file in a folder."""
        address = tools.engine.address
        # Behind a unix socket the engine may have this machine's files, whether that is proven or not.
        may_be_here = address.startswith(UNIX)
        machine = HostMachine(
            project=str(folder),
            follow=os.path.realpath if may_be_here else partial(_followed_within, str(folder)),
            sockets=frozenset({address.removeprefix(UNIX)} if may_be_here else ()),
        )
        return cls(machine, Granted(allowed(tools.settings), machine), read, tools.resolutions)

    @property
    def gives_new_privileges(self) -> bool:
        """Whether setuid programs may give rights."""
        return Grant(NEW_PRIVILEGES) in self.granted

    def of_image(self, image: str, own: str) -> tuple[dict[str, Any], tuple[Asked, ...]]:
        """What ``vm.image`` stands for as a document, and everything that asks for.

        Args:
            image: Its value.
            own: Reference of the extension's image.
        """
        document = composition.of_image(composition.substitute(image, own))
        return document, self.asked(document)

    def resolved(self, file: Path, own: str, services: Services) -> tuple[dict[str, Any], tuple[Asked, ...]]:
        """A compose file as compose understands it, and everything that asks for.

        Args:
            file: In the folder of the extension's own files; one of variables is written beside that folder.
            own: Reference of the extension's image.
            services: Which compose project it is.

        Raises:
            ProbeFailedError: It cannot be judged, or compose refuses it.
            ProbeWithheldError: Files would be read that were not granted.
        """
        contents: dict[str, bytes | None] = {}

        def noted(path: str) -> bytes | None:
            contents[path] = self.read(path)
            return contents[path]

        beside = tuple(env for env in (file.parent / ".env",) if env.is_file())
        found = replace(self, read=noted).of_files(file, beside)
        # What else is granted is not the extension's own, and may change.
        is_all = all(each.grant.kind == ENVIRONMENT for each in found)
        document = self.resolutions.answer(
            ComposeQuestion(file, beside, contents if is_all else None, self.variables(found), own, services)
        )
        return document, (*found, *self.asked(document))

    def of_files(self, composefile: Path, env_files: Iterable[Path]) -> tuple[Asked, ...]:
        """What the compose file asks for before compose reads it.

        Raises:
            ProbeFailedError: It cannot be judged.
            ProbeWithheldError: Files would be read that were not granted.
        """
        variables = Variables(
            given=frozenset(for_reading()),
            files=tuple(map(str, env_files)),
            defined=frozenset({IMAGE_VARIABLE, "COMPOSE_PROJECT_NAME"}),
        )
        try:
            found = asked_by_files(str(composefile), variables, self.machine, self._read)
        except UnreadableError as error:
            raise ProbeFailedError(f"{Path(error.path).name} cannot be read", error.why) from error
        if any(each.grant.kind != ENVIRONMENT for each in withheld(found, self.granted)):
            # Whatever else it asks for shows when compose may read it.
            self.require(found)
        return found

    def require(self, found: Iterable[Asked]) -> None:
        """Require that everything that is asked for was granted.

        Raises:
            ProbeWithheldError: Something was not.
        """
        lacking = withheld(found, self.granted)
        if lacking:
            raise ProbeWithheldError(self._refusal(lacking), tuple(str(each.grant) for each in lacking))

    def _refusal(self, lacking: Iterable[Asked]) -> str:
        """Why nothing is started; no grant that is named by a folder of this one run would help in the next one."""
        folder = f"{self.machine.real_path(self.machine.project)}/"
        loose = [each for each in lacking if each.grant.value.startswith(folder)]
        rest = [each for each in lacking if each not in loose]
        names = dict.fromkeys(each.grant.value.removeprefix(folder) for each in loose)
        writable = (
            f"not started: {', '.join(names)}, in a folder beside the compose file that a container may write to and "
            "could put a link in; mount that folder read-only"
        )
        return "; ".join([*([refusal(rest)] if rest else []), *([writable] if loose else [])])

    def asked(self, document: Mapping[str, Any]) -> tuple[Asked, ...]:
        """What a resolved document asks for."""
        return asked(document, self.machine)

    def variables(self, found: Iterable[Asked]) -> dict[str, str]:
        """The caller's variables that are asked for and granted."""
        names = [each.grant.value for each in found if each.grant.kind == ENVIRONMENT and each.grant in self.granted]
        return of_the_caller(names)

    def _read(self, path: str) -> bytes | None:
        return self.read(path) if self.machine.is_own(path) else None


def allowed(settings: Settings) -> tuple[str, ...]:
    """The names of everything the settings grant."""
    return (*settings.smoke_allow, *(("engine-socket",) if settings.smoke_engine_socket else ()))


def project_copy(trial: Trial, composefile: str) -> Path:
    """The compose file in a copy of its folder, which is the extension's to change.

    Containers may write there what they like, links included, while pages and programs are still read from the
    snapshot itself.
    """
    there, folder = trial.candidate.snapshot.path(composefile), trial.project_folder
    remove_folder(folder, ignore_errors=True)
    folder.mkdir(mode=0o755)
    at_root = there.parent == trial.candidate.snapshot.folder
    if there.is_file() and at_root:
        # Beside it is the whole image, none of which was extracted for it.
        shutil.copyfile(there, folder / there.name, follow_symlinks=False)
    elif there.parent.is_dir():
        shutil.copytree(there.parent, folder, symlinks=True, dirs_exist_ok=True)
    return folder / there.name
