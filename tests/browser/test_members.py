from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from dext_tasks.ui.gate import Guard
from dext_tasks.ui.machine import CommandHost, NotThereError, ServiceAnswer, ServiceRequest
from dext_tasks.ui.visit_result import Scheme

from .conftest import page

if TYPE_CHECKING:
    from .conftest import Stage


def test_facts_of_the_extension_and_of_the_machine(stage: Stage) -> None:
    told = stage.told("tell([dd.extension.image, dd.host.platform, dd.host.arch, dd.host.hostname]);")

    assert told == ["acme/demo:1.2.0", "linux", "arm64", "box"]


def test_the_client_is_there_before_a_script_of_the_head(stage: Stage) -> None:
    files = {
        "index.html": '<html><script src="first.js"></script><body>Hi',
        "first.js": "window.ddClient.desktopUI.toast.success(String(typeof window.ddClient.docker.cli.exec));",
    }

    seen = stage.look(files)

    assert [call.args for call in seen.calls] == ['["function"]']
    assert not seen.faults


@pytest.mark.parametrize("verb", ["get", "head", "delete", "post", "put", "patch"])
def test_every_verb_reaches_the_backend(stage: Stage, verb: str) -> None:
    stage.told(f"""await dd.extension.vm.service.{verb}("/a?b=c", {{x: 1}}); tell(0);""")

    request = stage.machine.requests[0]
    sends = verb in ("post", "put", "patch")
    assert (request.method, request.url) == (verb.upper(), "/a?b=c")
    assert request.body == (b'{"x":1}' if sends else None)
    assert dict(request.headers) == ({"Content-Type": "application/json"} if sends else {})


def test_request_hands_on_headers(stage: Stage) -> None:
    stage.told(
        """await dd.extension.vm.service.request({
            url: "/r", method: "put", headers: {"x-a": "1", "content-type": "text/csv"}, data: "a;b",
        }); tell(0);"""
    )

    assert stage.machine.requests[0] == ServiceRequest("PUT", "/r", {"x-a": "1", "content-type": "text/csv"}, b"a;b")


def test_a_text_is_sent_as_it_is(stage: Stage) -> None:
    told = stage.told("""tell(await dd.extension.vm.service.post("/echo", "hello"));""")

    assert told == "POST /echo text/plain hello"


def test_json_of_the_backend_is_parsed(stage: Stage) -> None:
    stage.machine.answer = lambda _: ServiceAnswer(200, "OK", b'{"a": [1, "\xc3\xa9"]}')

    assert stage.told("""tell(await dd.extension.vm.service.get("/"));""") == {"a": [1, "é"]}


def test_no_content_is_an_empty_text(stage: Stage) -> None:
    told = stage.told(
        """tell([await dd.extension.vm.service.get("/status/204"), await dd.extension.vm.service.head("/x")]);"""
    )

    assert told == ["", ""]


@pytest.mark.parametrize("status", [400, 404, 500])
def test_a_bad_status_rejects_with_a_service_error(stage: Stage, status: int) -> None:
    told = stage.told(f"""tell(await caught(dd.extension.vm.service.get("/status/{status}")));""")

    assert told["statusCode"] == status
    assert told["message"] == f"is {status}"
    assert told["name"]


def test_a_silent_backend_rejects_with_an_error(stage: Stage) -> None:
    def answer(request: ServiceRequest) -> ServiceAnswer:
        if request.url == "/gone":
            raise NotThereError("the backend does not answer")
        return ServiceAnswer(200, "OK", b"")

    stage.machine.answer = answer

    told = stage.told("""tell(String(await caught(dd.extension.vm.service.get("/gone"))));""")

    assert told == "Error: the backend does not answer"


def test_lists_give_the_engines_own_json_and_hand_filters_on_verbatim(stage: Stage) -> None:
    told = stage.told(
        """tell([
            await dd.docker.listContainers(),
            await dd.docker.listImages({all: true, filters: JSON.stringify({dangling: ["true"]})}),
        ]);"""
    )

    assert told[0][0]["Names"] == ["/web"]
    assert told[1][0]["RepoTags"] == ["acme/demo:1.2.0"]
    assert stage.machine.asked == [{}, {"all": True, "filters": '{"dangling":["true"]}'}]


def test_a_filter_that_the_engine_refuses_is_an_error_of_the_page(stage: Stage) -> None:
    seen = stage.look(page("""dd.docker.listContainers({filters: "nonsense"});"""))

    assert [fault.what for fault in seen.faults] == ["unhandled rejection: Error: invalid filter"]


def test_toasts_and_navigation_are_written_down_in_order(stage: Stage) -> None:
    script = """
        for (const kind of ["success", "warning", "error"]) dd.desktopUI.toast[kind](kind + "!");
        for (const name of ["viewContainers", "viewImages", "viewVolumes"]) await dd.desktopUI.navigate[name]();
        for (const name of ["", "Logs", "Inspect", "Terminal", "Stats"]) {
            await dd.desktopUI.navigate["viewContainer" + name]("id");
        }
        await dd.desktopUI.navigate.viewImage("id", "tag");
        await dd.desktopUI.navigate.viewVolume("v");
        dd.host.openExternal("https://example.com");
    """

    seen = stage.look(page(script))

    assert not seen.faults
    names = [call.member.removeprefix("desktopUI.") for call in seen.calls]
    assert names[:3] == ["toast.success", "toast.warning", "toast.error"]
    assert names[3:6] == ["navigate.viewContainers", "navigate.viewImages", "navigate.viewVolumes"]
    assert names[-2:] == ["navigate.viewVolume", "host.openExternal"]
    assert len(names) == 14
    assert {call.outcome for call in seen.calls} == {"ok"}


def test_only_web_addresses_are_opened_outside(stage: Stage) -> None:
    told = stage.told("""try { dd.host.openExternal("file:///etc/passwd") } catch (error) { tell(error.message) }""")

    assert "http and https only" in told


@pytest.mark.parametrize(
    ("dialog", "expected"),
    [((), {"canceled": True, "filePaths": []}), (("/a", "/b"), {"canceled": False, "filePaths": ["/a", "/b"]})],
)
def test_dialogs_answer_what_the_settings_say(stage: Stage, dialog: tuple[str, ...], expected: object) -> None:
    script = """tell(await dd.desktopUI.dialog.showOpenDialog({properties: ["openFile"]}));"""

    assert stage.told(script, dialog=dialog) == expected


def test_parts_that_the_extension_does_not_have_are_absent(stage: Stage) -> None:
    script = "document.body.append([typeof dd.extension.vm, typeof dd.extension.host, typeof dd.backend].join());"
    seen = stage.look(
        page(script + "dd.desktopUI.toast.success(document.body.innerText);"), has_vm=False, has_host=False
    )

    assert "undefined,undefined,undefined" in seen.calls[0].args
    assert not seen.faults


@pytest.mark.parametrize("access", ["dd.feedback?.send('x')", "dd.docker.cli.spawn", "dd.desktopUI.navigate.viewPods"])
def test_unknown_members_are_named_once_and_undefined(stage: Stage, access: str) -> None:
    seen = stage.look(page(f"const a = {access}, b = {access}; dd.desktopUI.toast.success(String(a));"))

    path = access.removeprefix("dd.").partition("?")[0]
    assert [fault.what for fault in seen.faults] == [f"unknown member ddClient.{path}"]
    assert [call.args for call in seen.calls if call.member.endswith("success")] == ['["undefined"]']
    assert [call.outcome for call in seen.calls if call.member == path] == ["unknown member"]


def test_what_is_asked_for_just_in_case_is_no_fault(stage: Stage) -> None:
    assert not stage.look(page("dd.analytics?.track('x'); document.body.append('shown');")).faults


def test_a_client_can_be_awaited_printed_and_looked_at(stage: Stage) -> None:
    assert stage.told(
        """const it = await dd; JSON.stringify(it); String(it); `${it.docker}`; Object.keys(it); "x" in it; tell(1);"""
    )


def test_themes_are_complete_in_both_bags_and_schemes(stage: Stage) -> None:
    told = stage.told("tell([window.__ddMuiV5Themes, window.__ddMuiV6Themes]);")

    assert told[0] == told[1]
    for mode in ("light", "dark"):
        palette = told[0][mode]["palette"]
        assert palette["mode"] == mode
        for name in ("amber", "blue", "green", "grey", "red", "violet"):
            assert [*palette["docker"][name]] == [str(level) for level in range(100, 900, 100)]
        for name in ("primary", "secondary", "error", "warning", "info", "success"):
            assert palette[name]["main"].startswith("#")


@pytest.mark.parametrize("scheme", Scheme)
def test_the_dashboards_theme_is_what_the_page_prefers(stage: Stage, scheme: Scheme) -> None:
    assert stage.told("""tell(matchMedia("(prefers-color-scheme: dark)").matches);""", scheme) is (
        scheme is Scheme.DARK
    )


def test_other_servers_can_be_asked_as_in_a_desktop(stage: Stage) -> None:
    # To a browser the same server is another one under another name, and it allows nobody to read its answers.
    other = """location.href.replace("127.0.0.1", "localhost")"""

    asked = f"""tell((await fetch({other}, {{headers: {{"x-a": "1"}}}})).status);"""
    assert stage.told(asked, guard=Guard(("localhost",))) == 200


def test_other_servers_that_do_not_answer_are_no_fault_of_the_page(stage: Stage) -> None:
    seen = stage.look(page("""await caught(fetch("http://127.0.0.1:9/"));"""))

    assert not seen.faults
    assert any("request failed: http://127.0.0.1:9/: net::ERR" in line for line in seen.console)


def test_a_page_that_replaces_fetch_still_reaches_its_backend(stage: Stage) -> None:
    assert stage.told("""window.fetch = () => { throw Error("mine"); }; tell(await dd.docker.listImages());""")


class TestFirstVersion:
    def test_the_backend(self, stage: Stage) -> None:
        told = stage.told(
            """tell([
                await dd.backend.get("/g"), await dd.backend.post("/p", "x"), await dd.backend.put("/u", "x"),
                await dd.backend.patch("/a", "x"), await dd.backend.delete("/d"), await dd.backend.head("/h"),
                await dd.backend.request({url: "/r", method: "GET"}),
            ]);"""
        )

        assert [str(each).split()[:2] for each in told] == [
            ["GET", "/g"], ["POST", "/p"], ["PUT", "/u"], ["PATCH", "/a"], ["DELETE", "/d"], [], ["GET", "/r"],
        ]  # fmt: skip

    def test_command_lines(self, stage: Stage) -> None:
        told = stage.told(
            """tell([
                (await dd.backend.execInVMExtension("/bin/echo a b")).stdout,
                (await dd.execHostCmd("/bin/echo c")).lines(),
                (await dd.execDockerCmd("ps", "--all")).stdout,
            ]);"""
        )

        assert told == ["a b\n", ["c", ""], "ps --all\n"]
        assert [command.where for command in stage.machine.commands] == [
            CommandHost.VM,
            CommandHost.HOST,
            CommandHost.DOCKER,
        ]

    def test_streams_call_back_with_output_and_code(self, stage: Stage) -> None:
        script = """
            const seen = [];
            for (const spawn of [dd.backend.spawnInVMExtension, dd.spawnHostCmd, dd.spawnDockerCmd]) {
                await new Promise((done) => spawn("ps", ["--help"], (data, error) => {
                    seen.push(error ? "error" : Object.keys(data)[0]);
                    if (error || data.code !== undefined) done();
                }));
            }
            tell(seen);
        """

        told = stage.told(script)

        assert [each for each in told if each == "code"] == ["code"] * 3
        assert told[-2:] == ["stdout", "code"]

    def test_the_desktop(self, stage: Stage) -> None:
        script = """
            dd.toastSuccess("a"); dd.toastWarning("b"); dd.toastError("c");
            dd.navigateToContainers(); dd.navigateToImages(); dd.navigateToVolumes(); dd.navigateToVolume("v");
            for (const name of ["", "Logs", "Inspect", "Stats"]) await dd["navigateToContainer" + name]("id");
            await dd.navigateToImage("id", "tag");
            dd.openExternal("http://example.com");
            tell([await dd.listContainers(), await dd.listImages()]);
        """

        told: Any = stage.told(script)

        assert json.dumps(told).count("acme/demo") == 1

    def test_a_command_in_any_container_is_refused(self, stage: Stage) -> None:
        seen = stage.look(page("""dd.backend.execInContainer("web", "ls -l");"""))

        assert not seen.faults
        assert seen.calls[0].outcome.startswith("refused: docker exec")
        assert not stage.machine.commands
