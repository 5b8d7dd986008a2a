from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.formats.makefile import read


def expanded(text: str, wanted: str = "$(IMAGE)") -> tuple[str, ...]:
    """What becomes of a text, with the reasons of what is not known."""
    makefile = read(text.encode())
    return tuple(makefile.gaps.shown(each) for each in makefile.expand(wanted))


class TestVariables:
    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("IMAGE = acme/hello", "acme/hello"),
            ("IMAGE?=acme/hello", "acme/hello"),
            ("IMAGE := acme/hello # ours", "acme/hello"),
            ("export IMAGE ::= acme/hello", "acme/hello"),
            ("override IMAGE=acme/hello", "acme/hello"),
            ("ORG=acme\nIMAGE=$(ORG)/${NAME}\nNAME=hello", "acme/hello"),
            ("IMAGE=a/b\nIMAGE=acme/hello", "acme/hello"),
            ("IMAGE=acme/hello\nIMAGE?=a/b", "acme/hello"),
            ("IMAGE=acme\nIMAGE+=hello", "acme hello"),
            ("IMAGE=acme/\\\nhello", "acme/ hello"),
            ("define IMAGE\nacme/hello\nendef", "acme/hello"),
            ("IMAGE = a\nIMAGE := acme/hello-$(IMAGE)", "acme/hello-a"),
            ("IMAGE=$(strip  acme/hello )", "acme/hello"),
            ("IMAGE=$(or ,acme/hello,b)", "acme/hello"),
            ("\ufeffIMAGE=acme/hello\r", "acme/hello"),
            ("IMAGE=cost$$", "cost$"),
        ],
    )
    def test_a_value(self, text: str, value: str) -> None:
        assert expanded(text) == (value,)

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("IMAGE=acme/$(shell git describe)", "acme/<$(shell git describe)>"),
            ("IMAGE != git describe", "<$(shell git describe)>"),
            ("IMAGE=$(ORG)/hello", "<the variable ORG, which the environment may set>/hello"),
            (
                "include a.mk\nIMAGE=$(O)",
                "<the variable O, which the environment, or another file that is included, may set>",
            ),
            ("IMAGE=$(A)\nA=$(IMAGE)", "<the variable IMAGE, which refers to itself>"),
            ("IMAGE=$(subst a,b,$(X))", "<$(subst a,b,$(X))>"),
        ],
    )
    def test_what_only_make_could_tell_is_a_gap(self, text: str, value: str) -> None:
        assert expanded(text) == (value,)

    def test_all_branches_of_a_condition_count(self) -> None:
        text = "IMAGE=a/b\nifeq ($(X),1)\nIMAGE=a/dev\nelse\nIMAGE=a/prod\nendif\n"
        assert expanded(text) == ("a/b", "a/dev", "a/prod")

    def test_a_target_has_values_of_its_own(self) -> None:
        makefile = read(b"IMAGE=a/b\ndev: IMAGE=a/dev\ndev:\n\techo $(IMAGE)\n")
        assert makefile.expand("$(IMAGE)", "dev") == ("a/dev",)
        assert makefile.expand("$(IMAGE)", "prod") == ("a/b",)


class TestRecipes:
    def test_lines_with_their_targets(self) -> None:
        makefile = read(b"all: a\na b: c\n\t@one \\\n\t  two\n\t-three\nd: ; four\n")
        assert [(each.target, each.line, each.text) for each in makefile.recipes] == [
            ("a", 3, "one \\\n\t  two"),
            ("b", 3, "one \\\n\t  two"),
            ("a", 5, "three"),
            ("b", 5, "three"),
            ("d", 6, "four"),
        ]


class TestHostile:
    @given(st.binary(max_size=400))
    def test_any_bytes_are_read(self, content: bytes) -> None:
        makefile = read(content)
        for each in makefile.recipes:
            assert makefile.expand(each.text, each.target)

    @given(st.text("$(){}A=:?+! \t\n\\#ABif", max_size=200))
    def test_anything_like_a_makefile_is_read(self, text: str) -> None:
        assert expanded(text, "$(A)$(B)${if}")

    def test_doubling_has_an_end(self) -> None:
        lines = [f"A{number}=$(A{number + 1})$(A{number + 1})" for number in range(200)]
        (value,) = expanded("\n".join(lines), "$(A0)")
        assert "variables that lead too far" in value
