from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from dext_tasks.errors import (
    ConfirmationNeededError,
    DextError,
    RegistryResponseError,
    UsageError,
    VersionInvalidError,
    VersionOutsideLineError,
)
from dext_tasks.extension.version import Bump
from dext_tasks.release.claim import Claim
from dext_tasks.release.journal import Journal
from dext_tasks.release.version import choose_version
from tests.unit.release.conftest import HEAD, LAGGING, MAINTENANCE, PAGE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from semver import Version

    from dext_tasks.registry.answers import Response
    from tests.unit.release.conftest import Machine

OTHER = "decaf" + "0" * 35
NAME = "localhost:5000/acme/demo"


@dataclass(frozen=True)
class Choice:
    """What is there, what is asked for, and the version that is chosen (or the error).

    Published versions and git tags stand with the commit they are of; "here" is the one checked out.
    """

    name: str
    chosen: str | type[DextError]
    bump: Bump | None = None
    explicit: str = ""
    published: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    remote: Mapping[str, str] = field(default_factory=dict)
    begun: Mapping[str, str] = field(default_factory=dict)
    head: str = HEAD
    line: str = ""
    ignored: tuple[str, ...] = ()
    pre: str = ""


COMMITS = {"here": HEAD, "there": OTHER}
MAJOR, MINOR, PATCH = Bump.MAJOR, Bump.MINOR, Bump.PATCH

# fmt: off
CHOICES = [
    # The very first.
    Choice("first, nothing said", "0.1.0"),
    Choice("first, patch", "0.1.0", PATCH),
    Choice("first, major", "0.1.0", MAJOR),
    Choice("first, named", "1.0.0", explicit="1.0.0"),
    Choice("first, no commit", "0.1.0", head=""),
    # Named.
    Choice("named", "2.0.0", explicit="2.0.0", published={"1.0.0": "there"}),
    Choice("named goes before bump", "2.0.0", MINOR, "2.0.0", published={"1.0.0": "there"}),
    Choice("named goes before what is begun", "2.0.0", explicit="2.0.0", begun={"1.1.0": "here"}),
    Choice("named, smaller", "0.9.0", explicit="0.9.0", published={"1.0.0": "there"}),
    Choice("named, pre-release", "2.0.0-rc.1", explicit="2.0.0-rc.1"),
    Choice("named, no version", VersionInvalidError, explicit="v2.0.0"),
    Choice("named, with build metadata", VersionInvalidError, explicit="2.0.0+1"),
    # After the last one.
    Choice("patch", "1.2.4", PATCH, published={"1.2.3": "there"}),
    Choice("minor", "1.3.0", MINOR, published={"1.2.3": "there"}),
    Choice("major", "2.0.0", MAJOR, published={"1.2.3": "there"}),
    Choice("nothing said", UsageError, published={"1.2.3": "there"}),
    Choice("nothing said, git knows one", UsageError, tags={"v1.2.3": "there"}),
    Choice("the greatest counts", "1.11.0", MINOR, published={"1.2.0": "there", "1.10.0": "there", "0.9.9": "there"}),
    Choice("git counts", "1.3.0", MINOR, published={"1.1.0": "there"}, tags={"v1.2.0": "there"}),
    Choice("the git remote counts, as in a clone without tags", "3.1.0", MINOR, remote={"v3.0.0": "there"}),
    Choice("nothing said, the git remote knows one", UsageError, remote={"v3.0.0": "there"}),
    Choice("the greater of both git's", "3.1.0", MINOR, tags={"v2.0.0": "there"}, remote={"v3.0.0": "there"}),
    Choice("a tag that was not pushed counts", "3.1.0", MINOR, tags={"v3.0.0": "there"}, remote={"v2.0.0": "there"}),
    Choice("tags of another prefix do not", "1.2.0", MINOR,
           published={"1.1.0": "there"}, tags={"2.0.0": "there", "web-v3.0.0": "there"}),
    Choice("tags that are not versions do not", "1.2.0", MINOR, published={"1.1.0": "there"}, tags={"vnext": "there"}),
    Choice("after a pre-release comes its release", "1.2.0", MINOR, published={"1.2.0-rc.1": "there"}),
    # Begun or finished for this commit: the same command again goes on with it.
    Choice("begun", "1.1.0", MINOR, published={"1.0.0": "there"}, begun={"1.1.0": "here"}),
    Choice("begun, another bump", "1.1.0", MAJOR, published={"1.0.0": "there"}, begun={"1.1.0": "here"}),
    Choice("begun, nothing said", "1.1.0", published={"1.0.0": "there"}, begun={"1.1.0": "here"}),
    Choice("begun elsewhere", "1.1.0", MINOR, published={"1.0.0": "there"}, begun={"5.0.0": "there"}),
    Choice("published", "1.0.0", MINOR, published={"1.0.0": "here"}),
    Choice("published, nothing said", "1.0.0", published={"1.0.0": "here"}),
    Choice("published and tagged", "1.0.0", MINOR, published={"1.0.0": "here"}, tags={"v1.0.0": "here"}),
    Choice("tagged only", "1.1.0", MINOR, published={"1.0.0": "there"}, tags={"v1.1.0": "here"}),
    Choice("tagged on the git remote only", "1.1.0", MINOR, published={"1.0.0": "there"}, remote={"v1.1.0": "here"}),
    Choice("tagged here, and elsewhere on the git remote", "1.2.0", MINOR,
           tags={"v1.1.0": "here"}, remote={"v1.1.0": "there"}),
    Choice("tagged with another prefix", "1.1.0", MINOR, published={"1.0.0": "there"}, tags={"web-v9.0.0": "here"}),
    Choice("begun twice", "1.2.0", MINOR, begun={"1.1.0": "here", "1.2.0": "here"}),
    Choice("an older one is of this commit", "1.3.0", MINOR, published={"1.0.0": "here", "1.2.0": "there"}),
    # Of a line.
    Choice("after the last of the line", "1.0.2", PATCH, published={"1.0.1": "there", "2.0.0": "there"}, line="1.0"),
    Choice("git counts in a line", "1.0.3", PATCH, published={"1.0.1": "there"}, tags={"v1.0.2": "there"}, line="1"),
    Choice("the first of a line", "1.4.0", PATCH, published={"1.3.0": "there", "2.0.0": "there"}, line="1.4"),
    Choice("out of the line", VersionOutsideLineError, MAJOR, published={"1.0.0": "there"}, line="1"),
    Choice("nothing said in a line", UsageError, published={"1.0.0": "there", "2.0.0": "there"}, line="1"),
    Choice("begun in a line", "1.0.1", MINOR, published={"2.0.0": "there"}, begun={"1.0.1": "here"}, line="1"),
    Choice("begun out of the line", "1.0.1", PATCH, published={"1.0.0": "there"}, begun={"3.0.0": "here"}, line="1"),
    Choice("published in a line", "1.0.1", PATCH, published={"1.0.1": "here", "2.0.0": "there"}, line="1"),
    Choice("published out of the line", "1.0.1", PATCH, published={"1.0.0": "there", "2.0.0": "here"}, line="1"),
    # Pre-releases.
    Choice("the very first pre-release", "0.1.0-rc.1", pre="rc"),
    Choice("a pre-release", "1.1.0-rc.1", MINOR, published={"1.0.0": "there"}, pre="rc"),
    Choice("the next one", "1.1.0-rc.2", MINOR, published={"1.0.0": "there", "1.1.0-rc.1": "there"}, pre="rc"),
    Choice("the next one, nothing said", "1.1.0-rc.2",
           published={"1.0.0": "there"}, tags={"v1.1.0-rc.1": "there"}, pre="rc"),
    Choice("another name", "1.1.0-rc.1", published={"1.1.0-beta.3": "there"}, pre="rc"),
    Choice("of what, nothing said", UsageError, published={"1.0.0": "there"}, pre="rc"),
    Choice("of a line", "1.0.1-rc.2", PATCH,
           published={"1.0.0": "there", "1.0.1-rc.1": "there", "2.0.0": "there"}, line="1.0", pre="rc"),
    Choice("begun as a pre-release", "1.1.0-rc.1", MINOR, begun={"1.1.0-rc.1": "here"}, pre="rc"),
    # Strays.
    Choice("a stray", ConfirmationNeededError, PATCH, published={"1.0.0": "there", "2.1.0-amd64": "there"}),
    Choice("a stray tag of git", ConfirmationNeededError, MINOR, tags={"v1.0.0": "there", "v20240101.0.0": "there"}),
    Choice("a stray, named", "2.1.1", explicit="2.1.1", published={"2.1.0-amd64": "there"}),
    Choice("a stray that is not the last one", "2.2.0", MINOR, published={"2.1.0-amd64": "there", "2.1.0": "there"}),
    Choice("a stray outside of the line", "1.0.1", PATCH,
           published={"1.0.0": "there", "20240101.0.0": "there"}, line="1.0"),
    Choice("a pre-release that is called so", "2.1.0-build.2", published={"2.1.0-build.1": "there"}, pre="build"),
    Choice("a stray is followed by a pre-release", ConfirmationNeededError, PATCH,
           published={"2.1.0-build.1": "there"}, pre="rc"),
    Choice("a stray that is ignored", "1.0.1", PATCH,
           published={"1.0.0": "there", "2.1.0-amd64": "there"}, tags={"v2024.0.0": "there"},
           ignored=("*-amd64", "2024.*")),
    Choice("no version of an extension", "1.8.1", PATCH, published={"1.8.0": "there"},
           tags={"v1.8.1+build": "here", "v99999999999.0.0-rc.1": "here", f"v2.0.0-rc.{'9' * 19}": "here"},
           remote={"v1.9.0+7": "here", "v2147483648.0.0": "there", f"v3.0.0-{'a' * 130}": "here"}),
    Choice("too large to be counted", VersionInvalidError, explicit="2147483648.0.0"),
    Choice("too large once it is raised", VersionInvalidError, MAJOR, published={"2147483647.0.0": "there"}),
    Choice("nothing but what is ignored", "0.1.0", PATCH, published={"2024.0.0": "here"}, ignored=("2024.*",)),
]
# fmt: on


@pytest.mark.parametrize("choice", CHOICES, ids=lambda choice: choice.name)
def test_choose_version(machine: Machine, choice: Choice) -> None:
    for version, commit in choice.published.items():
        machine.publish(version, COMMITS[commit])
    machine.git_tags = {tag: COMMITS[commit] for tag, commit in choice.tags.items()}
    machine.remote_tags = {tag: COMMITS[commit] for tag, commit in choice.remote.items()}
    for version, commit in choice.begun.items():
        machine.journals.write(Journal(version, NAME, COMMITS[commit]))
    machine.configure(release_line=choice.line, release_ignore_tags=choice.ignored)

    world = machine.world()
    if isinstance(choice.chosen, str):
        assert (
            str(choose_version(world, choice.head, explicit=choice.explicit, bump=choice.bump, pre=choice.pre))
            == choice.chosen
        )
    else:
        with pytest.raises(choice.chosen):
            choose_version(world, choice.head, explicit=choice.explicit, bump=choice.bump, pre=choice.pre)


class TestOneAnswerThatIsWrong:
    """What a commit was published as is not forgotten for it, nor is the commit published again."""

    @pytest.fixture
    def published(self, machine: Machine) -> Machine:
        """Of the commit checked out, and nobody but the registry knows it."""
        machine.publish("1.0.0", HEAD)
        return machine

    def chosen(self, machine: Machine) -> str:
        return str(choose_version(machine.world(), HEAD, explicit="", bump=PATCH))

    def claim(self, machine: Machine, commit: str) -> None:
        claim = Claim(NAME, commit, "sha256:7", {}, "elsewhere.1", "abc", 7)
        machine.claims["v1.0.0"] = machine.world().git.new_claim(claim.text, 1)

    def test_a_server_that_lags_behind_is_asked_again(self, published: Machine) -> None:
        published.instead["GET manifests/1.0.0"] = [LAGGING]
        assert self.chosen(published) == "1.0.0"

    def test_what_is_listed_and_stays_away_is_an_error(self, published: Machine) -> None:
        published.denied.add("1.0.0")
        with pytest.raises(RegistryResponseError, match=rf"lists {NAME}:1\.0\.0, and says") as caught:
            self.chosen(published)
        assert caught.value.remedy.startswith("run the same command again")
        assert str(choose_version(published.world(), HEAD, explicit="1.0.1", bump=None)) == "1.0.1"

    @pytest.mark.parametrize(("commit", "version"), [(HEAD, "1.0.0"), (OTHER, "1.0.1")])
    def test_unless_git_says_whose_it_is(self, published: Machine, commit: str, version: str) -> None:
        published.denied.add("1.0.0")
        published.remote_tags["v1.0.0"] = commit
        assert self.chosen(published) == version

    @pytest.mark.parametrize("witness", ["journal", "claim"])
    def test_or_what_a_release_of_it_has_left(self, published: Machine, witness: str) -> None:
        published.denied.add("1.0.0")
        if witness == "journal":
            published.journals.write(Journal("1.0.0", NAME, HEAD))
        else:
            self.claim(published, HEAD)
        assert self.chosen(published) == "1.0.0"

    @pytest.mark.parametrize("answer", [PAGE, MAINTENANCE])
    def test_a_gateway_proves_nothing(self, published: Machine, answer: Response) -> None:
        published.journals.write(Journal("1.0.0", NAME, HEAD))
        published.instead["GET manifests/1.0.0"] = [answer]
        with pytest.raises(RegistryResponseError, match=r"nothing in between|does not say|something else") as caught:
            self.chosen(published)
        assert caught.value.remedy.endswith("then run the same command again")
        assert self.chosen(published) == "1.0.0"

    def test_nor_does_it_of_an_image(self, published: Machine) -> None:
        for digest in published.platforms_of("1.0.0").values():
            published.instead[f"GET manifests/{digest}"] = [MAINTENANCE]
        with pytest.raises(RegistryResponseError, match=r"malformed manifest of sha256:\w+: it is something else"):
            self.chosen(published)

    @pytest.mark.parametrize("times", [1, 2])
    def test_an_image_is_gone_only_if_it_stays_so(self, published: Machine, times: int) -> None:
        for digest in published.platforms_of("1.0.0").values():
            published.instead[f"GET manifests/{digest}"] = [LAGGING] * times
        assert self.chosen(published) == "1.0.0"

    @pytest.mark.parametrize(("commit", "version"), [(HEAD, "1.0.0"), (OTHER, "0.9.1")])
    def test_a_list_that_lags_behind_hides_no_release_that_has_a_claim(
        self, published: Machine, commit: str, version: str
    ) -> None:
        published.publish("0.9.0", OTHER)
        published.hidden.add("1.0.0")
        self.claim(published, commit)
        assert self.chosen(published) == version

    def test_usually_nothing_more_is_asked(self, published: Machine) -> None:
        published.publish_recorded("1.1.0")
        published.requests = 0
        self.chosen(published)
        # The list, the version, and whether each image is there.
        assert (published.requests, published.remote_looks) == (2 + 2, 1)


def test_the_plan_names_the_tags_that_are_semver_and_do_not_count(machine: Machine) -> None:
    machine.git_tags = {"v1.8.1+build": HEAD, "v2147483648.0.0": HEAD}
    _, planned = machine.look()
    assert str(planned.intent.version) == "0.1.0"
    (note,) = planned.plan.notes
    assert note.startswith("tags that are semver and do not count as versions: 1.8.1+build (with build metadata, ")
    assert note.endswith(", 2147483648.0.0 (with a number that is too large)")


def test_choosing_without_a_bump_names_the_last_version(machine: Machine) -> None:
    machine.publish("1.2.3")
    with pytest.raises(UsageError, match=r"1\.2\.3 is released") as caught:
        choose_version(machine.world(), HEAD, explicit="", bump=None)
    assert "--bump" in caught.value.remedy


def test_after_a_stray_nothing_is_bumped_unless_somebody_can_see_it(machine: Machine) -> None:
    machine.publish("20240101.0.0")
    with pytest.raises(ConfirmationNeededError) as caught:
        choose_version(machine.world(), HEAD, explicit="", bump=PATCH)
    assert caught.value.message == (
        "the next version would follow 20240101.0.0, and nobody can be asked whether it should: "
        "tags that count as versions and do not look so: 20240101.0.0 (a date)"
    )
    assert caught.value.remedy == (
        'set release.ignore-tags: ["20240101.0.0"]; if 20240101.0.0 is a version of this extension, '
        "name the next one with --version X.Y.Z"
    )
    chosen = choose_version(machine.world(), HEAD, explicit="", bump=PATCH, ask=lambda _: Bump.MAJOR)
    assert str(chosen) == "20240101.0.1"


def test_whoever_can_be_asked_is_asked_only_where_an_answer_is_needed(machine: Machine) -> None:
    asked: list[str] = []

    def ask(last: Version) -> Bump:
        asked.append(str(last))
        return Bump.MAJOR

    assert str(choose_version(machine.world(), HEAD, explicit="", bump=None, ask=ask)) == "0.1.0"
    machine.publish("1.2.3")
    assert str(choose_version(machine.world(), HEAD, explicit="", bump=PATCH, ask=ask)) == "1.2.4"
    assert str(choose_version(machine.world(), HEAD, explicit="1.5.0", bump=None, ask=ask)) == "1.5.0"
    assert asked == []
    assert str(choose_version(machine.world(), HEAD, explicit="", bump=None, ask=ask)) == "2.0.0"
    assert asked == ["1.2.3"]
