from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.errors import EngineUnreachableError
from dext_tasks.ui.bridge import unquoted
from dext_tasks.ui.machine import CommandHost, NotThereError, PageRequestRefusedError, ServiceAnswer, ServiceRequest
from dext_tasks.ui.session import Note

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import World


def _service(**detail: object) -> dict[str, object]:
    return {"action": "service", "method": "GET", "url": "/x", **detail}


def test_a_request_to_the_backend(world: World) -> None:
    answer = world.answer("call", detail=_service(method="post", body="{}", type="application/json"))

    assert answer == {"value": "fine", "status": 200}
    assert world.machine.requests == [ServiceRequest("POST", "/x", {"Content-Type": "application/json"}, b"{}")]


def test_the_pages_own_content_type_wins(world: World) -> None:
    world.answer("call", detail=_service(headers={"content-TYPE": "a/b", "n": 1}, body="", type="text/plain"))

    assert world.machine.requests[0].headers == {"content-TYPE": "a/b", "n": "1"}
    assert world.machine.requests[0].body == b""


@pytest.mark.parametrize(
    ("given", "error", "outcome"),
    [
        (ServiceAnswer(404, "No", b"x"), {"name": "No", "message": "x", "statusCode": 404}, "404 No"),
        (ServiceAnswer(500, "Oops", b""), {"name": "Oops", "message": "500 Oops", "statusCode": 500}, "500 Oops"),
        (ServiceAnswer(299, "", b""), None, "ok"),
        (ServiceAnswer(503, "", b"\xff"), {"name": "503", "message": "\ufffd", "statusCode": 503}, "503 503"),
    ],
)  # fmt: skip
def test_statuses(world: World, given: ServiceAnswer, error: object, outcome: str) -> None:
    world.machine.answer = given

    answer = world.answer("call", member="extension.vm.service.get", args=["/x"], detail=_service())

    assert answer.get("error") == error
    (call,) = world.session.ledger.calls
    assert (call.member, call.args, call.outcome) == ("extension.vm.service.get", '["/x"]', outcome)


@pytest.mark.parametrize(
    "fault", [NotThereError("silent"), OSError("silent"), EngineUnreachableError("silent", remedy="start it")]
)
def test_a_backend_that_does_not_answer(world: World, fault: Exception) -> None:
    world.machine.fault = fault

    assert world.answer("call", detail=_service())["error"] == {"name": "Error", "message": "silent"}
    assert world.session.ledger.calls[0].outcome == "silent"


@pytest.mark.parametrize("action", ["containers", "images"])
def test_lists(world: World, action: str) -> None:
    options = {"all": True, "filters": "{}", "limit": None}

    assert world.answer("call", args=[options], detail={"action": action})["value"] == [
        action, {"all": True, "filters": "{}"},
    ]  # fmt: skip
    assert world.answer("call", args=[], detail={"action": action})["value"] == [action, {}]


def test_a_list_that_the_engine_refuses_is_not_our_refusal(world: World) -> None:
    world.machine.fault = PageRequestRefusedError("bad filter")

    assert world.answer("call", detail={"action": "images"}) == {"error": {"name": "Error", "message": "bad filter"}}


@pytest.mark.parametrize(("dialog", "canceled"), [((), True), (("/a",), False)])
def test_dialogs(make_world: Callable[..., World], dialog: tuple[str, ...], canceled: bool) -> None:  # noqa: FBT001 - a parameter of the test
    answer = make_world(dialog=dialog).answer("call", detail={"action": "dialog"})

    assert answer["value"] == {"canceled": canceled, "filePaths": [*dialog]}


def test_a_command_line(world: World) -> None:
    detail = {"where": "host", "words": ["tool", "'a b'"], "cwd": "/x", "env": {"A": 1}}

    assert world.answer("start", detail=detail) == {"value": None}
    world.site.close()

    (command,) = world.machine.commands
    assert (command.where, command.program, [*command.args]) == (CommandHost.HOST, "tool", ["a b"])
    assert (command.cwd, command.env) == ("/x", {"A": "1"})
    assert world.session.ledger.calls[0].outcome == "ok"


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (NotThereError("spawn x ENOENT: gone"), "spawn x ENOENT: gone"),
        (NotThereError("there is no container"), "spawn x ENOENT: there is no container"),
        (FileNotFoundError("no"), "spawn x ENOENT: no"),
        (PageRequestRefusedError("not here"), "refused by the smoke test: not here"),
    ],
)
def test_what_cannot_be_started(world: World, fault: Exception, message: str) -> None:
    world.machine.fault = fault

    answer = world.answer("start", detail={"where": "vm", "words": ["x"]})

    assert answer["error"] == {"name": "Error", "message": message}
    assert world.session.ledger.pending == 0


def test_docker_commands_are_looked_at(world: World) -> None:
    refused = world.answer("start", detail={"where": "docker", "words": ["rm", "x"]})
    led_away = world.answer("start", detail={"where": "docker", "words": ["ps"], "env": {"DOCKER_HOST": "x"}})

    assert refused["error"]["message"].startswith("refused by the smoke test: docker rm")
    assert "DOCKER_HOST" in led_away["error"]["message"]
    assert not world.machine.commands
    assert world.session.ledger.calls[0].outcome.startswith("refused: docker rm")


@pytest.mark.parametrize("detail", [{"where": "moon", "words": ["x"]}, {"where": "vm"}, {"where": "vm", "words": []}])
def test_command_lines_that_no_page_sends(world: World, detail: dict[str, Any]) -> None:
    assert world.post("start", detail=detail).status == 400


def test_notes_are_kept_once_and_refusals_are_none(world: World) -> None:
    for text in ["a", "a", "b", "refused by the smoke test: x"]:
        world.post("note", detail={"kind": "rejection", "text": text})
    world.post("note", member="x.y", detail={"kind": "unknown", "text": "x.y"})

    assert world.session.notes == (Note("rejection", "a"), Note("rejection", "b"), Note("unknown", "x.y"))
    assert [(call.member, call.outcome) for call in world.session.ledger.calls] == [("x.y", "unknown member")]


_PLAIN = st.text(st.characters(categories=["L", "N"]), min_size=1)


@pytest.mark.parametrize(
    ("args", "waiting", "streaming"),
    [
        (["-a"], ["-a"], ["-a"]),
        (['"{{json .}}"'], ["{{json .}}"], ["{{json .}}"]),
        (["'a b'"], ["a b"], ["a b"]),
        (["jsonpath='{.contexts}'"], ["jsonpath={.contexts}"], ["jsonpath='{.contexts}'"]),
        (["a b"], ["a", "b"], ["a b"]),
        (["it's"], ["it's"], ["it's"]),
        (['"'], ['"'], ['"']),
        (['""'], [""], [""]),
        ([r"a\ b"], ["a b"], [r"a\ b"]),
        (["# no comment"], ["#", "no", "comment"], ["# no comment"]),
        ([], [], []),
    ],
)
def test_quotes_of_pages(args: list[str], waiting: list[str], streaming: list[str]) -> None:
    assert unquoted("ps", args, streaming=False) == ("ps", *waiting)
    assert unquoted("ps", args, streaming=True) == ("ps", *streaming)


def test_a_program_may_hold_its_whole_command_line() -> None:
    assert unquoted("ls -l '/a b'", [], streaming=False) == ("ls", "-l", "/a b")


@pytest.mark.parametrize("program", ["", " "])
def test_nothing_stays_something(program: str) -> None:
    assert unquoted(program, [], streaming=False) == (program,)


@given(_PLAIN, st.lists(_PLAIN), st.booleans())
def test_plain_words_stay_as_they_are(program: str, args: list[str], streaming: bool) -> None:  # noqa: FBT001 - hypothesis
    assert unquoted(program, args, streaming=streaming) == (program, *args)


@given(st.text(), st.lists(st.text()), st.booleans())
def test_any_words_give_a_program(program: str, args: list[str], streaming: bool) -> None:  # noqa: FBT001 - as above
    assert unquoted(program, args, streaming=streaming)


@given(st.lists(st.text(st.characters(exclude_characters="\"'"))))
def test_one_pair_of_quotes_is_taken_away_while_streaming(args: list[str]) -> None:
    quoted = [f'"{arg}"' for arg in args]

    assert unquoted("x", quoted, streaming=True) == ("x", *args)


@pytest.mark.parametrize("streaming", [False, True])
def test_a_template_that_nobody_quoted_stays_one_word(streaming: bool) -> None:  # noqa: FBT001 - of the row
    args = ["--format", "{{ json . }}", "--filter={{a b}}"]
    assert unquoted("info", args, streaming=streaming) == ("info", *args)
