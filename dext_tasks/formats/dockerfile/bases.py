"""What is known of the images that stages begin with, without looking at any of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dext_tasks.formats.dockerfile import SCRATCH

if TYPE_CHECKING:
    from dext_tasks.formats.dockerfile.stages import Stage

# https://docs.docker.com/docker-hub/repos/manage/trusted-content/official-images/: distributions, which hold nothing
# but a distribution, in the folders that every distribution has.
_DISTRIBUTIONS = frozenset(
    {
        *("alpine", "almalinux", "amazonlinux", "archlinux", "busybox", "centos", "debian", "fedora", "oraclelinux"),
        *("photon", "rockylinux", "ubuntu"),
    }
)
# https://refspecs.linuxfoundation.org/FHS_3.0/fhs/ch03.html, with what distributions add.
SYSTEM_FOLDERS = frozenset(
    {
        *("bin", "boot", "dev", "etc", "home", "lib", "lib32", "lib64", "libx32", "media", "mnt", "opt", "proc"),
        *("root", "run", "sbin", "srv", "sys", "tmp", "usr", "var", "go", "data"),
    }
)
# Official images that set a working folder, or set none; of any other it is not known.
_FOLDERS = {
    "golang": "/go",
    **dict.fromkeys(("docker", "maven", "nginx", "node", "openjdk", "python", "ruby", "rust"), "/"),
}


class Base(NamedTuple):
    """What a stage begins with.

    Attributes:
        name: As the FROM names it.
        folder: Its working folder; None if that is not known.
        is_empty: Whether it has no file at all.
        is_official: Whether it is one of Docker's official images, which are taken to hold none of an extension's
            files outside of the system's folders.
        is_plain: Whether it is a distribution, which holds no other programs there, either.
    """

    name: str
    folder: str | None
    is_empty: bool = False
    is_official: bool = False
    is_plain: bool = False

    def may_hold(self, path: str) -> bool:
        """Whether a file of an extension may be in it.

        Args:
            path: Absolute, in the image.
        """
        if self.is_empty:
            return False
        return not self.is_official or is_system(path)


def is_system(path: str) -> bool:
    """Whether a path is in a folder that every distribution has."""
    return path.lstrip("/").partition("/")[0] in SYSTEM_FOLDERS


def base_of(stage: Stage) -> Base:
    """What is known of the image a stage begins with, which is built on no other stage."""
    if stage.base == SCRATCH:
        return Base(SCRATCH, "/", is_empty=True)
    name = _official_name(stage.base)
    is_plain = name in _DISTRIBUTIONS
    folder = "/" if is_plain else _FOLDERS.get(name)
    return Base(stage.base, folder, is_official=bool(name), is_plain=is_plain)


def _official_name(reference: str) -> str:
    """The name of one of Docker's official images, without tag and digest; empty for any other."""
    name = reference.partition("@")[0].removeprefix("docker.io/").removeprefix("library/")
    return "" if "/" in name else name.partition(":")[0]
