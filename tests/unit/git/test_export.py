"""What is written of a commit, tried with the real git."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from hashlib import sha256
from typing import TYPE_CHECKING

import psutil
import pytest

from dext_tasks.errors import GitError
from dext_tasks.git import Git
from tests.unit.real_git import git, held, isolate, made, put

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.allow_processes


@pytest.fixture(autouse=True)
def _settled(_isolated: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = tmp_path / "gitconfig"
    settings.write_text('[protocol "file"]\n\tallow = always\n', encoding="utf-8")
    isolate(monkeypatch, GIT_CONFIG_GLOBAL=str(settings), GIT_COMMITTER_DATE="1700000000 +0000")


def fingerprint(root: Path) -> dict[str, str]:
    """Everything of a repository."""
    files = (each for each in sorted((root / ".git").rglob("*")) if each.is_file())
    return {str(each.relative_to(root)): sha256(each.read_bytes()).hexdigest() for each in files}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "work"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out" / "source"


FILES = {"Dockerfile": "FROM scratch\n", "ui/index.html": "first\n"}


class TestWorkingTree:
    def test_a_changed_file_is_the_commit_s(self, root: Path, out: Path) -> None:
        commit = made(root, FILES)
        put(root, {"ui/index.html": "edited\n", "ui/new.html": "new\n"})
        assert held(Git(root).export(commit, out)) == FILES

    def test_another_commit_that_is_checked_out_does_not_matter(self, root: Path, out: Path) -> None:
        commit = made(root, FILES)
        made(root, {"ui/index.html": "second\n"})
        assert held(Git(root).export(commit, out)) == FILES

    @pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
    def test_what_git_was_told_not_to_look_at(self, root: Path, out: Path, flag: str) -> None:
        commit = made(root, FILES)
        git(root, "update-index", flag, "ui/index.html")
        put(root, {"ui/index.html": "edited\n"})
        assert held(Git(root).export(commit, out)) == FILES

    def test_what_is_ignored_is_left_out(self, root: Path, out: Path) -> None:
        files = {**FILES, ".gitignore": "secret.local\n"}
        commit = made(root, files)
        put(root, {"ui/secret.local": "secret\n"})
        assert held(Git(root).export(commit, out)) == files

    def test_nothing_is_written_to_the_repository(self, root: Path, out: Path) -> None:
        commit = made(root, FILES)
        git(root, "config", "core.splitIndex", "true")
        before = fingerprint(root)
        Git(root).export(commit, out)
        assert fingerprint(root) == before
        assert git(root, "worktree", "list").count("\n") == 0
        assert [each.name for each in out.parent.iterdir()] == ["source"]


class TestAsACheckout:
    def test_attributes_of_archives_change_nothing(self, root: Path, out: Path) -> None:
        files = {**FILES, "version": "$Format:%H$\n", ".gitattributes": "ui export-ignore\nversion export-subst\n"}
        commit = made(root, files)
        assert held(Git(root).export(commit, out)) == files

    def test_line_endings_are_those_that_the_attributes_name(self, root: Path, out: Path) -> None:
        commit = made(root, {".gitattributes": "*.bat text eol=crlf\n", "deep/run.bat": "one\ntwo\n"})
        assert held(Git(root).export(commit, out))["deep/run.bat"] == "one\r\ntwo\r\n"

    def test_a_filter_of_the_user_s_is_applied(self, root: Path, out: Path) -> None:
        root.mkdir()
        git(root, "init", "--quiet")
        git(root, "config", "filter.upper.smudge", "tr a-z A-Z")
        git(root, "config", "filter.upper.clean", "tr A-Z a-z")
        commit = made(root, {".gitattributes": "*.up filter=upper\n", "x.up": "loud\n"})
        assert held(Git(root).export(commit, out))["x.up"] == "LOUD\n"

    @pytest.mark.skipif(os.name == "nt", reason="Windows has other modes and links")
    def test_modes_links_and_times_do_not_depend_on_who_makes_it(self, root: Path, out: Path) -> None:
        root.mkdir()
        (root / "link").symlink_to("tool")
        put(root, {"tool": "#!/bin/sh\n", "folder/plain": "x"})
        (root / "tool").chmod(0o700)
        commit = made(root, {})
        before = os.umask(0o077)
        try:
            Git(root).export(commit, out)
        finally:
            os.umask(before)
        modes = {name: stat.S_IMODE((out / name).stat().st_mode) for name in ("tool", "folder/plain", "folder", ".")}
        assert modes == {"tool": 0o755, "folder/plain": 0o644, "folder": 0o755, ".": 0o755}
        assert (out / "link").readlink().name == "tool"
        assert {(out / name).lstat().st_mtime for name in (*modes, "link")} == {1700000000.0}

    def test_no_hook_is_run(self, root: Path, out: Path) -> None:
        commit = made(root, FILES)
        for name in ("post-checkout", "post-index-change"):
            hook = root / ".git" / "hooks" / name
            hook.write_text(f"#!/bin/sh\ntouch '{root}/ran'\n", encoding="utf-8")
            hook.chmod(0o755)
        Git(root).export(commit, out)
        assert not (root / "ran").exists()

    def test_a_replaced_commit_is_the_one_of_its_name(self, root: Path, out: Path) -> None:
        first = made(root, FILES)
        second = made(root, {"ui/index.html": "second\n"})
        git(root, "replace", first, second)
        assert held(Git(root).export(first, out)) == FILES


class TestKindsOfClones:
    def test_a_linked_working_tree(self, root: Path, out: Path, tmp_path: Path) -> None:
        commit = made(root, FILES)
        git(root, "worktree", "add", "--quiet", "--detach", str(tmp_path / "linked"))
        assert held(Git(tmp_path / "linked").export(commit, out)) == FILES

    def test_a_sparse_one(self, root: Path, out: Path) -> None:
        commit = made(root, {**FILES, "other/x": "x"})
        git(root, "sparse-checkout", "set", "other")
        assert not (root / "ui").exists()
        assert held(Git(root).export(commit, out)) == {**FILES, "other/x": "x"}

    def test_a_shallow_one(self, root: Path, out: Path, tmp_path: Path) -> None:
        made(root, FILES)
        commit = made(root, {"ui/index.html": "second\n"})
        git(tmp_path, "clone", "--quiet", "--depth=1", root.as_uri(), "shallow")
        assert held(Git(tmp_path / "shallow").export(commit, out))["ui/index.html"] == "second\n"

    def test_a_partial_one_fetches_what_it_lacks(self, root: Path, out: Path, tmp_path: Path) -> None:
        commit = made(root, FILES)
        git(root, "config", "uploadpack.allowFilter", "true")
        git(tmp_path, "clone", "--quiet", "--no-checkout", "--filter=blob:none", root.as_uri(), "partial")
        assert held(Git(tmp_path / "partial").export(commit, out)) == FILES

    def test_a_partial_one_without_its_remote(self, root: Path, out: Path, tmp_path: Path) -> None:
        commit = made(root, FILES)
        git(root, "config", "uploadpack.allowFilter", "true")
        git(tmp_path, "clone", "--quiet", "--no-checkout", "--filter=blob:none", root.as_uri(), "partial")
        root.rename(tmp_path / "gone")
        with pytest.raises(GitError, match=f"the files of commit {commit[:12]} cannot be had"):
            Git(tmp_path / "partial").export(commit, out)

    def test_a_folder_below_the_top(self, root: Path, out: Path) -> None:
        commit = made(root, {"extensions/a/Dockerfile": "a", "Dockerfile": "top"})
        source = Git(root / "extensions" / "a").export(commit, out)
        assert source == out / "extensions" / "a"
        assert held(out) == {"extensions/a/Dockerfile": "a", "Dockerfile": "top"}


class TestHiddenChanges:
    @pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
    def test_are_what_git_was_told_not_to_look_at(self, root: Path, flag: str) -> None:
        made(root, FILES)
        git(root, "update-index", flag, "ui/index.html", "Dockerfile")
        assert Git(root).hidden_changes() == ()
        put(root, {"ui/index.html": "edited\n"})
        assert Git(root).changes() == ()
        assert Git(root).hidden_changes() == ("ui/index.html",)
        assert Git(root / "ui").hidden_changes() == ("ui/index.html",)

    def test_are_none_of_a_sparse_checkout(self, root: Path) -> None:
        made(root, {**FILES, "other/x": "x"})
        git(root, "sparse-checkout", "set", "other")
        assert Git(root).hidden_changes() == ()

    def test_what_git_shows_is_not_hidden(self, root: Path) -> None:
        made(root, FILES)
        put(root, {"ui/index.html": "edited\n"})
        assert Git(root).hidden_changes() == ()

    def test_of_a_submodule_that_is_ignored(self, root: Path, tmp_path: Path) -> None:
        made(tmp_path / "library", {"lib.js": "library\n"})
        made(root, FILES)
        git(root, "submodule", "--quiet", "add", str(tmp_path / "library"), "library")
        made(root, {})
        put(root / "library", {"lib.js": "edited\n"})
        assert Git(root).hidden_changes() == ()
        git(root, "config", "submodule.library.ignore", "all")
        assert Git(root).changes() == ()
        assert Git(root).hidden_changes() == ("library",)


class TestSubmodules:
    @pytest.fixture
    def commit(self, root: Path, tmp_path: Path) -> str:
        made(tmp_path / "inner", {"deep": "deep\n"})
        made(tmp_path / "library", {"lib.js": "library\n"})
        git(tmp_path / "library", "submodule", "--quiet", "add", str(tmp_path / "inner"), "inner")
        made(tmp_path / "library", {})
        made(root, FILES)
        git(root, "submodule", "--quiet", "add", str(tmp_path / "library"), "ui/library")
        git(root, "submodule", "--quiet", "update", "--init", "--recursive")
        return made(root, {})

    def test_hold_what_the_commit_names(self, root: Path, out: Path, commit: str) -> None:
        git(root, "config", "submodule.ui/library.ignore", "all")
        put(root / "ui" / "library", {"lib.js": "edited\n", "inner/deep": "edited\n"})
        made(root / "ui" / "library", {"lib.js": "another\n"})
        found = held(Git(root).export(commit, out))
        assert (found["ui/library/lib.js"], found["ui/library/inner/deep"]) == ("library\n", "deep\n")

    def test_one_that_is_not_there(self, root: Path, out: Path, commit: str) -> None:
        git(root, "submodule", "--quiet", "deinit", "--force", "ui/library")
        with pytest.raises(GitError, match="the submodule ui/library is not there") as caught:
            Git(root).export(commit, out)
        assert "git submodule update --init --recursive ui/library" in caught.value.remedy

    def test_one_outside_of_the_project_is_not_needed(self, root: Path, out: Path, commit: str) -> None:
        git(root, "submodule", "--quiet", "deinit", "--force", "ui/library")
        put(root, {"other/Dockerfile": "x"})
        assert commit
        made(root, {})
        assert held(Git(root / "other").export(git(root, "rev-parse", "HEAD"), out)) == {"Dockerfile": "x"}


POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 4\n"
# What git asks of git-lfs, and no more: https://git-scm.com/docs/gitattributes#_long_running_filter_process
PROGRAM = """
import os, sys

def read():
    size = int(sys.stdin.buffer.read(4) or b"0", 16)
    return sys.stdin.buffer.read(size - 4) if size else b""

def read_all():
    return list(iter(read, b""))

def write(*lines):
    for line in lines:
        sys.stdout.buffer.write(b"%04x" % (len(line) + 4) + line)
    sys.stdout.buffer.write(b"0000")
    sys.stdout.buffer.flush()

if sys.argv[1] == "version":
    sys.exit(VERSION)
read_all()
write(b"git-filter-server\\n", b"version=2\\n")
read_all()
write(b"capability=smudge\\n")
while read_all():
    content = b"".join(read_all())
    write(b"status=success\\n")
    write(content if os.environ["GIT_LFS_SKIP_SMUDGE"] == "1" else b"BIG\\n")
    write()
"""
STORED = {".gitattributes": "*.bin filter=lfs -text\n", "big.bin": POINTER, "note.txt": POINTER}


@pytest.mark.skipif(os.name == "nt", reason="a program is a script there")
class TestLargeFiles:
    @pytest.fixture
    def install(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
        """Put a git-lfs before any other on PATH, whose version is asked for with some exit code."""

        def install(code: int) -> None:
            program = f"#!{sys.executable} -I\n{PROGRAM.replace('VERSION', str(code))}"
            put(tmp_path, {"bin/git-lfs": program})
            (tmp_path / "bin" / "git-lfs").chmod(0o755)
            monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")

        return install

    def test_without_git_lfs_it_says_so(self, root: Path, out: Path, install: Callable[[int], None]) -> None:
        install(1)
        commit = made(root, STORED)
        with pytest.raises(GitError, match=r"1 file is in Git LFS and cannot be had: big\.bin") as caught:
            Git(root).export(commit, out)
        assert "install git-lfs" in caught.value.remedy

    def test_with_it_files_take_the_place_of_pointers(
        self, root: Path, out: Path, install: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        install(0)
        monkeypatch.setenv("GIT_LFS_SKIP_SMUDGE", "1")
        commit = made(root, STORED)
        found = held(Git(root).export(commit, out))
        # Only what the attributes give to Git LFS is one of its files.
        assert (found["big.bin"], found["note.txt"]) == ("BIG\n", POINTER)


# Writes a commit to a temporary folder, as a release does, in the main thread or in one of a step.
INTERRUPTED = """
import sys
from pathlib import Path
from dext_tasks.errors import InterruptedError as Interrupted
from dext_tasks.git import Git
from dext_tasks.runtime.cancellation import Cancellation
from dext_tasks.runtime.parallel import for_each
from dext_tasks.runtime.signals import Signals
from dext_tasks.runtime.temporary import temporary_folder

root, place, where = sys.argv[1:]
cancellation = Cancellation()

def work(commit):
    with temporary_folder("dext-", place) as folder:
        Git(Path(root)).export(commit, Path(folder, "source"))

with Signals(cancellation):
    try:
        work("HEAD") if where == "main" else for_each(["HEAD"], work, cancellation)
    except (KeyboardInterrupt, Interrupted):
        sys.exit(130)
"""


@pytest.mark.needs("linux")
class TestInterrupted:
    @pytest.mark.parametrize("where", ["main", "thread"])
    def test_a_filter_that_hangs_ends_with_git_and_nothing_is_left(
        self, root: Path, tmp_path: Path, where: str
    ) -> None:
        begun, place = tmp_path / "begun", tmp_path / "place"
        place.mkdir()
        made(root, {".gitattributes": "*.bin filter=slow\n", "large.bin": "large\n"})
        os.mkfifo(begun)
        # As Git LFS does while it fetches: it waits, and git waits for it. Its output is that of git.
        git(root, "config", "filter.slow.smudge", f'echo $$ >"{begun}"; exec sleep 3600')
        run = subprocess.Popen([sys.executable, "-c", INTERRUPTED, str(root), str(place), where])  # noqa: S603 - a list
        try:
            waiting = psutil.Process(int(begun.read_text(encoding="utf-8")))
            assert list(place.iterdir())
            run.terminate()
            assert run.wait(60) == 130
            _, alive = psutil.wait_procs([waiting], timeout=60)
        finally:
            run.kill()
            run.wait()
        assert alive == []
        assert list(place.iterdir()) == []
        assert list((root / ".git").rglob("*.lock")) == []
