"""The line in a tasks.py or noxfile.py of any style."""

from __future__ import annotations

import ast
import re
import sys
from types import ModuleType
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from invoke.collection import Collection

from dext_tasks.errors import PythonInvalidError
from dext_tasks.scaffold.adoption.taken import VERBS
from dext_tasks.scaffold.adoption.wiring import ByHand, Member, Wired, Wiring
from dext_tasks.scaffold.templates import template_path
from dext_tasks.tasks import namespace

if TYPE_CHECKING:
    from collections.abc import Mapping

WIRING = Wiring()
PLAIN = "from dext_tasks import with_verbs; ns = with_verbs(globals())  # noqa: E402, E702\n"
IN_PLACE = "from dext_tasks import with_verbs; with_verbs(globals())  # noqa: E402, E702\n"
OTHER_NAME = "from dext_tasks import with_verbs; namespace = with_verbs(globals())  # noqa: E402, E702\n"
TASK = "from invoke import task\n\n\n@task\ndef hello(c):\n    pass\n"
SESSION = "import nox\n\n\n@nox.session\ndef lint(session):\n    pass\n"
REGISTER = "from dext_tasks.sessions import register; register()  # noqa: E402, E702\n"


def wired(text: str | bytes, name: str = "tasks.py") -> Wired:
    content = text if isinstance(text, bytes) else text.encode()
    made = WIRING.tasks(name, content) if name != "noxfile.py" else WIRING.sessions(name, content)
    assert isinstance(made, Wired), made
    return made


def shown(text: str, name: str = "tasks.py") -> ByHand:
    made = WIRING.tasks(name, text.encode()) if name != "noxfile.py" else WIRING.sessions(name, text.encode())
    assert isinstance(made, ByHand), made
    return made


def listed(content: bytes, **others: ModuleType) -> Mapping[str, object]:
    """What ``inv --list`` shows of a file: names of tasks."""
    module = ModuleType("tasks")
    before = {name: sys.modules.get(name) for name in others}
    sys.modules.update(others)
    try:
        exec(compile(content, "tasks.py", "exec"), vars(module))  # noqa: S102 - a file of this test
    finally:
        for name, old in before.items():
            sys.modules.pop(name) if old is None else sys.modules.update({name: old})
    return Collection.from_module(module).task_names


def test_every_verb_is_known_by_its_name() -> None:
    assert set(VERBS) == {*namespace.tasks, *namespace.collections}


class TestNewFiles:
    def test_are_those_of_the_template(self) -> None:
        project = template_path() / "project"
        for made, name in ((WIRING.tasks("tasks.py", None), "tasks.py"), (WIRING.sessions("", None), "noxfile.py")):
            assert isinstance(made, Wired)
            assert made.content.decode() == (project / f"{name}.jinja").read_text(encoding="utf-8")
            assert made.line == 0

    def test_list_the_verbs(self) -> None:
        made = WIRING.tasks("tasks.py", None)
        assert isinstance(made, Wired)
        assert {"check", "release.status", "ci.github"} <= set(listed(made.content))

    def test_name_each_of_several_extensions(self) -> None:
        wiring = Wiring((Member("a", "extensions/a"), Member("b-ui", "b/ui")))
        made = wiring.tasks("tasks.py", None)
        assert isinstance(made, Wired)
        assert {"a.check", "b-ui.release.status"} <= set(listed(made.content))
        assert not any(name.endswith((".new", ".adopt")) for name in listed(made.content))
        assert b'tasks_for("b/ui", name="b-ui")' in made.content
        sessions = wiring.sessions("noxfile.py", None)
        assert isinstance(sessions, Wired)
        assert b'register(prefix="b-ui-", path="b/ui")\n' in sessions.content


class TestTasks:
    @pytest.mark.parametrize(
        ("text", "line", "names"),
        [
            pytest.param(TASK, PLAIN, {"hello"}, id="functions"),
            pytest.param("", PLAIN, set(), id="empty"),
            pytest.param('"""Mine."""\nfrom __future__ import annotations\n' + TASK, PLAIN, {"hello"}, id="future"),
            pytest.param(
                TASK + "\nfrom invoke import Collection\nns = Collection(hello)\n", IN_PLACE, {"hello"}, id="ns"
            ),
            pytest.param(
                TASK + "\nimport invoke\nnamespace = invoke.Collection()\nnamespace.add_task(hello, 'hi')\n",
                IN_PLACE,
                {"hi"},
                id="namespace",
            ),
            pytest.param(
                TASK + "\nfrom invoke import Collection\ndef make():\n    return Collection(hello)\nns = make()\n",
                OTHER_NAME,
                {"hello"},
                id="a function makes it",
            ),
            pytest.param(TASK + "\nns = 'kube'\nassert ns\n", OTHER_NAME, {"hello"}, id="ns is something else"),
            pytest.param(
                TASK + "\nfrom invoke import Collection, Program\nns: Collection = Collection(hello)\n"
                "program = Program(namespace=ns)\n",
                IN_PLACE,
                {"hello"},
                id="program",
            ),
            pytest.param(
                "from invoke import Task, task\n\nclass Mine(Task):\n    pass\n\n@task(klass=Mine)\ndef hello(c):\n"
                "    pass\n",
                PLAIN,
                {"hello"},
                id="class",
            ),
            pytest.param(
                "from invoke import Collection, task\n\nclass Group:\n    @staticmethod\n    def make():\n"
                "        @task\n        def inner(c):\n            pass\n        return Collection('group', inner)\n\n"
                "ns = Collection(Group.make())\n",
                IN_PLACE,
                {"group.inner"},
                id="class with collection",
            ),
        ],
    )
    def test_of_each_style_keep_their_own_and_get_the_verbs(self, text: str, line: str, names: set[str]) -> None:
        made = wired(text)
        assert made.content.decode().endswith(line)
        assert made.content.decode().startswith(text)
        assert made.content.decode().splitlines()[made.line - 1] == line.rstrip()
        assert names | {"check", "release.status"} <= set(listed(made.content))
        assert WIRING.tasks("tasks.py", made.content) is None

    def test_of_a_package_that_takes_all_from_another_module(self) -> None:
        others = ModuleType("others")
        exec(TASK, vars(others))  # noqa: S102 - a text of this test
        made = wired("from others import *\n", "tasks/__init__.py")
        assert {"hello", "check"} <= set(listed(made.content, others=others))
        vars(others)["ns"] = Collection(vars(others)["hello"])
        assert {"hello", "check"} <= set(listed(made.content, others=others))

    def test_win_where_names_are_the_same(self) -> None:
        text = "from invoke import task\n@task\ndef check(c): pass\n@task(name='release')\ndef publish(c): pass\n"
        made = wired(text)
        assert WIRING.taken("tasks.py", text.encode()) == ("check", "release")
        assert WIRING.taken("tasks.py", made.content) == ("check", "release")
        assert made.notes[0] == "`inv check` stays yours, and the verb is `inv dext.check`"
        names = listed(made.content)
        assert {"check", "build", "release", "dext.check", "dext.release.status"} <= set(names)
        assert "release.status" not in names

    def test_in_a_collection_win_by_the_names_they_have_there(self) -> None:
        text = (
            "from invoke import Collection, task\n@task\ndef check(c): pass\n@task\ndef other(c): pass\n"
            "ns = Collection(check)\nns.add_task(other, name='smoke')\nns.add_collection(Collection('ci'))\n"
        )
        assert WIRING.taken("tasks.py", text.encode()) == ("check", "ci", "smoke")
        another = text.replace("Collection(check)", "Collection(other)")
        assert WIRING.taken("tasks.py", another.encode()) == ("ci", "smoke")

    @pytest.mark.parametrize("name", ["with_verbs"])
    def test_keep_a_name_that_ours_has(self, name: str) -> None:
        made = wired(f"{TASK}\ndef {name}():\n    return 7\n")
        assert b"import with_verbs as with_dext_verbs; ns = with_dext_verbs(globals())" in made.content
        assert "check" in listed(made.content)

    def test_stay_before_what_runs_them_as_a_program(self) -> None:
        end = "\n\nif __name__ == '__main__':\n    raise SystemExit(1)\n"
        made = wired(TASK + end)
        assert made.content.decode() == f"{TASK}\n\n{PLAIN}{end}"

    @pytest.mark.parametrize("eol", ["\n", "\r\n", "\r"])
    def test_keep_line_ends_and_get_the_same(self, eol: str) -> None:
        text = TASK.replace("\n", eol).encode()
        assert wired(text).content == text + f"\n\n{PLAIN}".replace("\n", eol).encode()

    @pytest.mark.parametrize("coding", ["utf-8-sig", "latin-1", "cp1252"])
    def test_keep_their_encoding(self, coding: str) -> None:
        head = "" if coding == "utf-8-sig" else f"# -*- coding: {coding} -*-\n"
        text = f"{head}# Grüße\n{TASK}".encode(coding)
        made = wired(text)
        assert made.content.startswith(text)
        assert "check" in listed(made.content)

    def test_without_a_line_end_get_one(self) -> None:
        assert wired(TASK.rstrip()).content.decode() == f"{TASK}\n\n{PLAIN}"

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("from celery import shared_task\n\n@shared_task\ndef add(): pass\n", "nothing in it shows that it holds"),
            ("ns = 'kube'\ndef add(): pass\n", "nothing in it shows that it holds"),
            ("from celery import task\n", "nothing in it shows that it holds"),
            (TASK + "\nimport sys\nsys.exit(0)\n", "the file ends itself before its last line"),
            (TASK + "\nraise RuntimeError\n", "the file ends itself before its last line"),
            (TASK + "\ndef globals(): return {}\n", "`globals` of its own"),
            (TASK + "\nfrom a import ns, namespace\n", "is only known when it runs"),
        ],
    )
    def test_that_are_not_certain_are_left_and_the_line_is_shown(self, text: str, why: str) -> None:
        made = shown(text)
        assert why in made.why
        assert "with_verbs(globals())" in made.text

    def test_that_are_there_already_are_left(self) -> None:
        assert WIRING.tasks("tasks.py", b"from dext_tasks import namespace as ns\n") is None
        assert WIRING.tasks("tasks.py", b"from dext_tasks.tasks import check\n") is None
        assert b"with_verbs" in wired(f"from dext_tasks.api import load\n{TASK}").content
        several = Wiring((Member("a", "a"), Member("b", "b")))
        text = b'from invoke import Collection\nfrom dext_tasks import tasks_for\nns = Collection(tasks_for("a"))\n'
        made = several.tasks("tasks.py", text)
        assert isinstance(made, Wired)
        assert {"a.check", "b.check"} <= set(listed(made.content))
        assert several.tasks("tasks.py", made.content) is None

    @pytest.mark.parametrize("text", [b"def f(:\n", b"\0", b"# coding: nothing\n", b"a = '\xff'\n", b"(" * 9_999])
    def test_that_are_not_python_are_an_error(self, text: bytes) -> None:
        with pytest.raises(PythonInvalidError, match=r"tasks\.py.* is not valid Python"):
            WIRING.tasks("tasks.py", text)


class TestSessions:
    @pytest.mark.parametrize(
        ("text", "line"),
        [
            (SESSION, REGISTER),
            (
                "import nox\n\ndef register():\n    pass\n",
                REGISTER.replace("register; register", "register as register_dext; register_dext"),
            ),
            (SESSION.replace("lint", "check"), REGISTER.replace("()", '(prefix="dext-")')),
            (SESSION.replace("session\n", "session(name='ui')\n", 1), REGISTER.replace("()", '(prefix="dext-")')),
            (SESSION.replace("session\n", "session(name=str(1))\n", 1), REGISTER.replace("()", '(prefix="dext-")')),
            ("import nox\nfrom shared import *\n", REGISTER.replace("()", '(prefix="dext-")')),
            (
                "import nox\nfor each in 'ab':\n    nox.session(name=each)(print)\n",
                REGISTER.replace("()", '(prefix="dext-")'),
            ),
        ],
    )
    def test_get_a_prefix_where_names_may_be_taken(self, text: str, line: str) -> None:
        made = wired(text, "noxfile.py")
        assert made.content.decode().endswith(line)
        assert WIRING.sessions("noxfile.py", made.content) is None

    def test_that_are_taken_are_said(self) -> None:
        made = wired(SESSION.replace("lint", "check"), "noxfile.py")
        assert made.notes == ("noxfile.py has a session check of its own, so that ours is dext-check",)

    def test_of_something_else_are_shown(self) -> None:
        assert shown("print('nothing')\n", "noxfile.py").why == "nothing in it shows that it holds sessions of nox"


LINES = st.sampled_from(
    [
        "x = 1",
        "from invoke import task",
        "def f():\n    pass",
        "class A:\n    ns = 3",
        "ns = object()",
        "'''a\n\nb'''",
        "if x:\n    import invoke",
        "# comment",
        "",
        "   ",
        "\f",
        "if __name__ == '__main__':\n    f()",
        "x = 1; y = 2",
        "x = (1,\n  2)",
        "from x import *",
        "y = 1 \\\n  + 2",
    ]
)


@given(lines=st.lists(LINES, max_size=8), eol=st.sampled_from(["\n", "\r\n", "\r"]), end=st.booleans())
def test_whatever_is_there_every_byte_of_it_stays(lines: list[str], eol: str, end: bool) -> None:  # noqa: FBT001 - hypothesis gives it
    content = ("\n".join(lines) + "\n" * end).replace("\n", eol).encode()
    try:
        made = WIRING.tasks("tasks.py", content)
    except PythonInvalidError:
        with pytest.raises(SyntaxError):
            ast.parse(content)
        return
    if isinstance(made, Wired):
        (line,) = [each for each in made.content.splitlines(keepends=True) if b"with_verbs" in each]
        before, _, after = made.content.partition(line)
        assert content.endswith(after)
        kept = content.removesuffix(after) if after else content
        assert re.fullmatch(re.escape(kept) + rb"[\r\n]*", before)
        assert made.content.splitlines()[made.line - 1] + (eol.encode() if eol.encode() in content else b"\n") == line
        assert WIRING.tasks("tasks.py", made.content) is None
