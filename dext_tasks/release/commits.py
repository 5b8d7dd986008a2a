"""Which version follows from the commits since the last one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from dext_tasks.errors import HistoryMissingError, NothingToReleaseError
from dext_tasks.extension.version import Bump
from dext_tasks.formats.commits import ConventionalCommit
from dext_tasks.release.published import confirmed, published_as
from dext_tasks.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from semver import Version

    from dext_tasks.release.observe import World

_SHOWN = 20
# What users notice. The others (docs, test, ci and the like) are no reason for a release:
# https://www.conventionalcommits.org/en/v1.0.0/#summary, and what its most used preset does with perf and revert:
# https://github.com/semantic-release/commit-analyzer/blob/master/lib/default-release-rules.js
_BUMPS: Final = {"feat": Bump.MINOR, "fix": Bump.PATCH, "perf": Bump.PATCH, "revert": Bump.PATCH}
_SECTIONS: Final = ("Breaking changes", "Added", "Fixed")


def bump_of(commit: ConventionalCommit, last: Version) -> Bump | None:
    """What a commit raises of the last version; None if it is no reason for a release.

    Before 1.0.0 a breaking change raises the minor part: https://semver.org/spec/v2.0.0.html#spec-item-4
    """
    if commit.breaking:
        return Bump.MAJOR if last.major else Bump.MINOR
    return _BUMPS.get(commit.type)


@dataclass
class CommitsSince:
    """Answers what is to be raised of the last version, and says why.

    Attributes:
        world: Where answers come from.
        commit: What is to be released.
        reasons: Why, one line each; empty until it was asked.
        notes: The commits that are reasons, in Markdown; empty until it was asked.
    """

    world: World
    commit: str
    reasons: list[str] = field(default_factory=list)
    notes: str = ""

    def __call__(self, last: Version) -> Bump:
        """What the commits since a version raise of it.

        Raises:
            HistoryMissingError: They are not here.
            NothingToReleaseError: None of them is a reason for a release.
        """
        found = self._commits(last)
        bumps = {commit.id: bump for commit in found if (bump := bump_of(commit, last))}
        if not bumps:
            none = f"none of {counted(len(found), 'commit')}" if found else "no commit"
            raise NothingToReleaseError(
                f"{none} since {last} that changes a file of the extension is a reason for a release: feat, fix, perf, "
                "revert and breaking changes are; a commit that touches none of its files does not count",
                remedy="if there is something to release nevertheless, say what with --bump or --version",
                detail=_listed(found),
            )
        bump = min(bumps.values(), key=list(Bump).index)
        told = [commit for commit in found if commit.id in bumps]
        # Whoever is to say them holds this list.
        self.reasons[:] = [f"{bump}, for {counted(len(told), 'commit')} since {last}:", *_listed(told).splitlines()]
        self.notes = _notes(told)
        return bump

    def _commits(self, last: Version) -> list[ConventionalCommit]:
        git, tag = self.world.git, f"{self.world.project.settings.release_tag_prefix}{last}"
        since = self.world.released_tags.get(tag, "")
        if not since:
            # Some registries know versions that nobody has tagged.
            repository, target = self.world.repository, self.world.project.image.with_tag(str(last))
            published, _ = confirmed(repository, target, published_as(repository, target.tag), repository.listed_tags())
            since = published.revision if published else ""
        if not since:
            raise HistoryMissingError(
                f"nobody knows of which commit {last} is: there is no git tag {tag}, and its images do not say",
                remedy=f"tag it (git tag {tag} COMMIT), or say what to raise with --bump",
            )
        if not git.has_history(since, self.commit):
            raise HistoryMissingError(
                f"the commits since {last} ({since[:12]}) are not all in this clone",
                remedy="git fetch --unshallow --tags (on GitHub: fetch-depth: 0 of actions/checkout), "
                "or say what to raise with --bump",
            )
        return [ConventionalCommit.of(*each) for each in git.messages(since, self.commit)]


def _listed(commits: Sequence[ConventionalCommit]) -> str:
    lines = [f"  {commit.id[:12]} {commit}" for commit in commits[:_SHOWN]]
    rest = len(commits) - _SHOWN
    return "\n".join([*lines, *([f"  and {rest} more"] if rest > 0 else [])])


def _notes(commits: Iterable[ConventionalCommit]) -> str:
    sections: dict[str, list[str]] = {title: [] for title in _SECTIONS}
    for commit in commits:
        title = _SECTIONS[0 if commit.breaking else 1 if commit.type == "feat" else 2]
        scope = f"**{_escaped(commit.scope)}**: " if commit.scope else ""
        sections[title].append(f"- {scope}{_escaped(commit.breaking or commit.what)} ({commit.id[:12]})")
    return "\n\n".join(f"### {title}\n\n" + "\n".join(lines) for title, lines in sections.items() if lines)


def _escaped(text: str) -> str:
    """A text that means nothing more in Markdown: https://spec.commonmark.org/0.31.2/#backslash-escapes."""
    return "".join(f"\\{char}" if char in r"\`*_[]<>&#" else char for char in text)
