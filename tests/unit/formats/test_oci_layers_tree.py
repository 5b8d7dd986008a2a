from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.formats.oci.layers import (
    ArchiveMember,
    Layer,
    LayerFileKind,
    LayerOrigin,
    LayerPath,
    MemberKind,
    Missing,
    TooLargeError,
    Tree,
)
from dext_tasks.limits import LayerLimits

if TYPE_CHECKING:
    from collections.abc import Sequence

FILE, FOLDER, LINK, HARD = MemberKind.FILE, MemberKind.FOLDER, MemberKind.SYMLINK, MemberKind.HARDLINK


def file(name: str, size: int = 1) -> ArchiveMember:
    return ArchiveMember(name, FILE, 0o644, size, "")


def folder(name: str) -> ArchiveMember:
    return ArchiveMember(name, FOLDER, 0o755, 0, "")


def link(name: str, target: str) -> ArchiveMember:
    return ArchiveMember(name, LINK, 0o777, 0, target)


def hard(name: str, target: str) -> ArchiveMember:
    return ArchiveMember(name, HARD, 0o644, 0, target)


def add(layer: Layer, members: Sequence[ArchiveMember]) -> None:
    for member in members:
        layer.add(member)


def tree(*layers: Sequence[ArchiveMember], complete: bool = True) -> Tree:
    """Layers newest first."""
    made = Tree()
    for number, members in enumerate(layers):
        layer = Layer(number)
        add(layer, members)
        made.add(layer)
    made.complete = complete
    return made


def at(made: Tree, path: str) -> tuple[str, int | None] | None:
    """Real path and layer."""
    found = made.find(path)
    return (
        (found.real, found.entry.origin.layer if found.entry.origin else None) if isinstance(found, LayerPath) else None
    )


class TestPaths:
    @pytest.mark.parametrize("name", ["a/b", "/a/b", "./a/b", "a//b", "../a/b", "x/../a/b", "/../../a/b", "a/./b"])
    def test_every_way_to_write_a_path(self, name: str) -> None:
        assert at(tree([file(name)]), "/a/b") == ("/a/b", 0)

    @pytest.mark.parametrize("name", ["", "/", ".", "..", "./"])
    def test_the_root_is_no_member(self, name: str) -> None:
        assert list(tree([file(name)]).root.children) == []

    def test_folders_are_there_without_members_of_their_own(self) -> None:
        found = tree([file("a/b/c")]).find("/a/b")
        assert isinstance(found, LayerPath)
        assert found.entry.kind is LayerFileKind.FOLDER

    def test_what_no_file_system_holds_is_left_out(self) -> None:
        assert list(tree([file("a/" * 3000), link("l", "x" * 5000)]).root.children) == []


class TestLayers:
    def test_the_newest_wins(self) -> None:
        assert at(tree([file("a")], [file("a")]), "/a") == ("/a", 0)

    def test_the_last_of_duplicates_wins(self) -> None:
        found = tree([file("a", 1), file("a", 2)]).find("/a")
        assert isinstance(found, LayerPath)
        assert (found.entry.size, found.entry.origin) == (2, LayerOrigin(0, 1))

    def test_folders_are_merged(self) -> None:
        made = tree([file("ui/new")], [file("ui/old")])
        assert (at(made, "/ui/new"), at(made, "/ui/old")) == (("/ui/new", 0), ("/ui/old", 1))

    def test_a_whiteout_removes_what_is_below(self) -> None:
        made = tree([file(".wh.ui")], [file("ui/a")])
        assert (at(made, "/ui"), at(made, "/ui/a")) == (None, None)

    def test_a_whiteout_leaves_newer_layers_alone(self) -> None:
        made = tree([file("ui/new")], [file(".wh.ui")], [file("ui/old")])
        assert (at(made, "/ui/new"), at(made, "/ui/old")) == (("/ui/new", 0), None)

    @pytest.mark.parametrize("members", [[file(".wh.ui"), file("ui/new")], [file("ui/new"), file(".wh.ui")]])
    def test_a_whiteout_is_about_older_layers_wherever_it_stands(self, members: list[ArchiveMember]) -> None:
        made = tree(members, [file("ui/old")])
        assert (at(made, "/ui/new"), at(made, "/ui/old")) == (("/ui/new", 0), None)

    @pytest.mark.parametrize(
        "members",
        [[file("ui/.wh..wh..opq"), file("ui/new")], [folder("ui"), file("ui/new"), file("ui/.wh..wh..opq")]],
    )
    def test_an_opaque_folder_hides_what_older_layers_put_there(self, members: list[ArchiveMember]) -> None:
        made = tree(members, [file("ui/old"), file("other")])
        assert (at(made, "/ui/new"), at(made, "/ui/old"), at(made, "/other")) == (("/ui/new", 0), None, ("/other", 1))

    def test_a_file_in_place_of_a_folder_and_back(self) -> None:
        made = tree([file("x/new")], [file("x")], [file("x/old")])
        assert (at(made, "/x/new"), at(made, "/x/old")) == (("/x/new", 0), None)

    def test_a_folder_that_replaces_a_file_within_a_layer_is_empty(self) -> None:
        assert at(tree([file("x"), folder("x")], [file("x/old")]), "/x/old") is None

    @pytest.mark.parametrize("name", [".wh..wh.plnk", ".wh.", ".wh...", "a/.wh.."])
    def test_odd_whiteouts_remove_nothing(self, name: str) -> None:
        assert at(tree([file(name)], [file("a/b")]), "/a/b") == ("/a/b", 1)

    def test_newer_layers_may_leave_the_answer_to_older_ones(self) -> None:
        made = tree([file("a"), file(".wh.gone"), file("o/.wh..wh..opq")], complete=False)
        asked = ["/a", "/a/below", "/gone", "/o/x", "/b"]
        assert [made.find(path) if path != "/a" else None for path in asked] == [
            None,
            Missing.ABSENT,
            Missing.ABSENT,
            Missing.ABSENT,
            Missing.UNKNOWN,
        ]


class TestLinks:
    @pytest.mark.parametrize(
        "target", ["target", "./target", "/d/target", "../d/target", "../../../d/target", "/x/../d/target"]
    )
    def test_followed_inside_the_image(self, target: str) -> None:
        made = tree([link("d/l", target)], [file("d/target"), folder("x")])
        assert at(made, "/d/l") == ("/d/target", 1)

    def test_on_the_way(self) -> None:
        assert at(tree([link("ui", "app/ui"), file("app/ui/i")]), "/ui/i") == ("/app/ui/i", 0)

    def test_not_followed_unless_wanted(self) -> None:
        made = tree([link("l", "target"), file("target")])
        found = made.find("/l", follow=False)
        assert isinstance(found, LayerPath)
        assert found.entry.kind is LayerFileKind.SYMLINK

    @pytest.mark.parametrize("members", [[link("a", "a")], [link("a", "b"), link("b", "a")], [link("a", "a/a/a")]])
    def test_loops_lead_nowhere(self, members: list[ArchiveMember]) -> None:
        assert tree(members).find("/a") is Missing.ABSENT

    def test_of_the_same_layer_are_followed_for_what_comes_below(self) -> None:
        assert at(tree([folder("real"), link("l", "real"), file("l/x")]), "/real/x") == ("/real/x", 0)

    def test_hard_links_are_the_file_before_them(self) -> None:
        found = tree([file("a", 7), hard("b", "a"), file("a", 9)]).find("/b")
        assert isinstance(found, LayerPath)
        assert (found.entry.size, found.entry.origin) == (7, LayerOrigin(0, 0))

    def test_hard_links_to_an_older_layer(self) -> None:
        made = tree([hard("b", "a")], [file("a", 7)])
        assert at(made, "/b") == ("/a", 1)

    @pytest.mark.parametrize("member", [hard("b", "b"), hard("b", "nothing"), hard("b", "")])
    def test_hard_links_to_nothing(self, member: ArchiveMember) -> None:
        assert at(tree([member]), "/b") in (None, ("/b", None), ("/", None))


def test_everything_below_a_folder() -> None:
    made = tree([file("ui/a"), file("ui/.wh.gone"), link("ui/l", "/etc")], [file("ui/d/b"), file("ui/gone")])
    found = made.find("/ui")
    assert isinstance(found, LayerPath)
    assert sorted(each.real for each in made.below(found)) == ["/ui/a", "/ui/d", "/ui/d/b", "/ui/l"]


def test_too_many_paths() -> None:
    layer = Layer(0, LayerLimits(nodes=50))
    with pytest.raises(TooLargeError, match="more than 50 paths"):
        add(layer, [file(str(number)) for number in range(1000)])


def test_too_deep_paths() -> None:
    layer = Layer(0, LayerLimits(nodes=50))
    with pytest.raises(TooLargeError):
        layer.add(file("/".join("d" * 2000)))


def test_too_tangled_paths() -> None:
    layer = Layer(0, LayerLimits(steps=1000))
    layer.add(folder("/".join("d" * 300)))
    with pytest.raises(TooLargeError, match="link"):
        add(layer, [file("/".join("d" * 300) + f"/{number}") for number in range(10)])


NAMES = st.lists(
    st.sampled_from(["a", "b", "ui", "..", ".", "", ".wh.a", ".wh..wh..opq", ".wh.", ".wh.b", "\0", "é"]), max_size=6
).map("/".join)
MEMBERS = st.builds(
    ArchiveMember,
    name=st.one_of(NAMES, NAMES.map("/".__add__), st.text(max_size=30)),
    kind=st.sampled_from(MemberKind),
    mode=st.just(0o644),
    size=st.integers(0, 9),
    link=st.one_of(NAMES, NAMES.map("/".__add__)),
    whole=st.booleans(),
)


@given(st.lists(st.lists(MEMBERS, max_size=12), max_size=4), st.lists(NAMES, max_size=5))
def test_any_layers_make_a_file_system(layers: list[list[ArchiveMember]], asked: list[str]) -> None:
    made = tree(*layers)
    for path in asked:
        found = made.find(path)
        assert found is Missing.ABSENT or (isinstance(found, LayerPath) and found.real.startswith("/"))
        if isinstance(found, LayerPath):
            assert ".." not in found.real.split("/")
            assert found.entry.kind not in (LayerFileKind.SYMLINK, LayerFileKind.HARDLINK, LayerFileKind.ABSENT)
            again = made.find(found.real)
            assert isinstance(again, LayerPath)
            assert again.entry is found.entry
    assert all(each.entry.kind is not LayerFileKind.ABSENT for each in made.below(LayerPath(made.root, "/")))
