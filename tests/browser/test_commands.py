from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from dext_tasks.ui.machine import CommandHost

from .conftest import page
from .scripted_machine import HOLD

if TYPE_CHECKING:
    from .conftest import Stage

# Resolves to what a stream called back with.
STREAM = """
const stream = (cli, cmd, args, options = {}) => new Promise((done) => {
    const seen = [];
    const process = cli.exec(cmd, args, { ...options, stream: {
        ...options.stream,
        onOutput: (data) => { seen.push(data); options.each?.(data, process); },
        onError: (error) => { seen.push({ error: String(error) }); done(seen); },
        onClose: (code) => { seen.push(code); done(seen); },
    } });
});
"""


def test_a_result_has_output_and_parsers(stage: Stage) -> None:
    told = stage.told(
        """
        const it = await dd.extension.vm.cli.exec("/bin/sh", ["-c", `'echo {\\\\"a\\\\":1}; echo {\\\\"a\\\\":2}'`]);
        const one = await dd.extension.host.cli.exec("/bin/echo", [`'{"b": 3}'`]);
        tell([it.stdout, it.stderr, it.lines(), it.parseJsonLines(), one.parseJsonObject()]);
        """
    )

    assert told == ['{"a":1}\n{"a":2}\n', "", ['{"a":1}', '{"a":2}', ""], [{"a": 1}, {"a": 2}], {"b": 3}]
    assert [command.where for command in stage.machine.commands] == [CommandHost.VM, CommandHost.HOST]


@pytest.mark.parametrize(
    "call",
    [
        'dd.extension.vm.cli.exec("echo", ["a"])',
        'dd.extension.host.cli.exec("echo", ["a"])',
        'dd.docker.cli.exec("ps", ["a"])',
        'dd.backend.execInVMExtension("echo a")',
        'dd.execHostCmd("echo a")',
        'dd.execDockerCmd("ps", "a")',
    ],
)
def test_what_ends_well_does_not_say_how_it_ended(stage: Stage, call: str) -> None:
    told = stage.told(f"const it = await {call}; tell(Object.keys(it));")

    assert told == ["stdout", "stderr", "lines", "parseJsonLines", "parseJsonObject"]


def test_a_page_that_wants_a_code_of_zero_fails(stage: Stage) -> None:
    told = stage.told(
        """
        const check = (it) => { if (it.code !== 0) throw new Error("it failed"); };
        tell(await caught(dd.docker.cli.exec("ps", []).then(check)).then(String));
        """
    )

    assert told == "Error: it failed"


def test_a_failing_command_rejects_with_its_result(stage: Stage) -> None:
    told = stage.told(
        """tell(await caught(dd.extension.host.cli.exec("sh", ["-c", '"echo out; echo err >&2; exit 3"'])));"""
    )

    assert told["code"] == 3
    assert told["cmd"] == "sh -c echo out; echo err >&2; exit 3"
    assert (told["stdout"], told["stderr"], told["killed"]) == ("out\n", "err\n", False)


def test_a_signal_rejects_with_its_name(stage: Stage) -> None:
    told = stage.told("""tell(await caught(dd.extension.vm.cli.exec("sh", ["-c", "'kill -9 $$'"])));""")

    assert told["signal"] == "SIGKILL"
    assert "code" not in told


def test_a_missing_program_rejects_with_enoent(stage: Stage) -> None:
    told = stage.told(
        f"""{STREAM}
        const error = await caught(dd.extension.host.cli.exec("nope", []));
        tell([error instanceof Error, error.message, await stream(dd.extension.host.cli, "nope", [])]);"""
    )

    assert told[0]
    assert told[1] == "spawn nope ENOENT: no program nope"
    assert told[2] == [{"error": "Error: spawn nope ENOENT: no program nope"}]


def test_a_command_gets_its_folder_and_variables(stage: Stage) -> None:
    told = stage.told(
        """const it = await dd.extension.vm.cli.exec("sh", ["-c", "'pwd; echo $X'"], {cwd: "/usr", env: {X: "y z"}});
        tell(it.lines());"""
    )

    assert told == ["/usr", "y z", ""]


def test_arguments_may_be_missing(stage: Stage) -> None:
    assert stage.told("""tell((await dd.extension.vm.cli.exec("true")).stdout);""") == ""


@pytest.mark.parametrize(
    ("mode", "expected"), [("", ["ps --format {{json .}}"]), ("stream", ["ps --format {{json .}}"])]
)
def test_quotes_are_taken_away(stage: Stage, mode: str, expected: list[str]) -> None:
    exec_ = f"""{STREAM}
        const args = ["--format", '"{{{{json .}}}}"'];
        tell({
        "(await stream(dd.docker.cli, 'ps', args))[0].stdout"
        if mode
        else "(await dd.docker.cli.exec('ps', args)).stdout"
    });"""

    assert stage.told(exec_) == f"{expected[0]}\n"
    assert [*stage.machine.commands[0].args] == ["--format", "{{json .}}"]


def test_streams_give_one_key_at_a_time_and_the_exit_code(stage: Stage) -> None:
    told = stage.told(
        f"""{STREAM}
        tell(await stream(dd.extension.host.cli, "sh", ["-c", "echo 4; sleep 0.1; echo 6 >&2; sleep 0.1; exit 5"]));"""
    )

    assert told == [{"stdout": "4\n"}, {"stderr": "6\n"}, 5]


def test_lines_are_whole_and_the_last_one_comes_without_its_end(stage: Stage) -> None:
    script = "'printf a; sleep 0.1; printf \"b\\\\r\\\\nc\\\\n\\\\nd\"'"
    told = stage.told(
        f"""{STREAM}
        tell(await stream(dd.extension.vm.cli, "sh", ["-c", {script!r}], {{stream: {{splitOutputLines: true}}}}));"""
    )

    assert told == [{"stdout": "ab"}, {"stdout": "c"}, {"stdout": ""}, {"stdout": "d"}, 0]


def test_characters_are_not_broken_by_chunks(stage: Stage) -> None:
    script = r"printf '\303'; sleep 0.2; printf '\251'"
    told = stage.told(
        f"""{STREAM}
        const seen = await stream(dd.extension.vm.cli, "sh", ["-c", {script!r}]);
        tell(seen.map((each) => each.stdout ?? "").join(""));"""
    )

    assert told == "é"


def test_much_output_arrives_in_order(stage: Stage) -> None:
    told = stage.told(
        f"""{STREAM}
        const options = {{stream: {{splitOutputLines: true}}}};
        const seen = await stream(dd.extension.vm.cli, "seq", ["1", "50000"], options);
        tell([seen.length, seen.every((each, index) => index === 50000 || each.stdout === String(index + 1))]);"""
    )

    assert told == [50001, True]


def test_close_ends_the_process(stage: Stage) -> None:
    told = stage.told(
        f"""{STREAM}
        const each = (_, process) => process.close();
        tell(await stream(dd.extension.vm.cli, "sh", ["-c", "echo up; exec sleep 60"], {{each}}));"""
    )

    assert told == [{"stdout": "up\n"}, -1]
    assert stage.machine.processes[0].returncode == -signal.SIGTERM


def test_close_at_once_and_twice_is_fine(stage: Stage) -> None:
    told = stage.told(
        """tell(await new Promise(async (done) => {
            const process = await dd.extension.vm.cli.exec("sleep", ["60"], {stream: {onClose: done}});
            process.close(); process.close();
        }));"""
    )

    assert told == -1


def test_what_ignores_sigterm_is_killed(stage: Stage) -> None:
    told = stage.told(
        f"""{STREAM}
        const each = (_, process) => process.close();
        const stubborn = "trap '' TERM; echo up; while :; do sleep 0.1; done";
        tell(await stream(dd.extension.vm.cli, "sh", ["-c", stubborn], {{each}}));"""
    )

    assert told[-1] == -1
    assert stage.machine.processes[0].returncode == -signal.SIGKILL


def test_the_end_of_a_visit_ends_its_processes(stage: Stage) -> None:
    seen = stage.look(page("""for (let i = 0; i < 8; i++) dd.extension.vm.cli.exec("sleep", ["60"], {stream: {}});"""))

    assert not seen.faults
    assert [call.outcome for call in seen.calls] == ["pending"] * 8
    assert [process.returncode for process in stage.machine.processes] == [-signal.SIGTERM] * 8


def test_leaving_a_page_ends_its_processes(stage: Stage) -> None:
    second = page(
        # A page that asks again and again is waited for while a call is under way.
        f"""dd.extension.vm.service.get("{HOLD}");
        const alive = () => dd.extension.vm.cli.exec("pgrep", ["-fx", "sleep 61.25"]).then(() => true, () => false);
        while (await alive()) await new Promise((done) => setTimeout(done, 100));
        tell("gone");"""
    )
    first = page(
        """dd.extension.vm.cli.exec("sleep", ["61.25"], {stream: {}});
        setTimeout(() => { location.href = "second.html"; }, 200);"""
    )

    seen = stage.look({"index.html": first, "second.html": second})

    assert not seen.faults
    assert stage.values() == ["gone"]


def test_many_streams_do_not_stand_in_each_others_way(stage: Stage) -> None:
    told = stage.told(
        f"""{STREAM}
        for (let i = 0; i < 10; i++) dd.extension.vm.cli.exec("sleep", ["60"], {{stream: {{}}}});
        const all = Array.from({{length: 10}}, (_, i) => stream(dd.extension.vm.cli, "echo", [String(i)]));
        tell((await Promise.all(all)).map((seen) => seen[0].stdout.trim()));"""
    )

    assert told == [str(number) for number in range(10)]


def test_what_a_callback_throws_is_an_error_of_the_page_and_stops_nothing(stage: Stage) -> None:
    seen = stage.look(
        page(
            """dd.extension.vm.cli.exec("echo", ["x"], {stream: {
                onOutput() { throw new TypeError("mine"); }, onClose: tell,
            }});"""
        )
    )

    assert [fault.what for fault in seen.faults] == ["TypeError: mine"]
    assert stage.values() == [0]


def test_what_a_command_leaves_in_the_background_does_not_hold_its_end_up(stage: Stage) -> None:
    # Longer than a page gets.
    told = stage.told("""tell((await dd.extension.vm.cli.exec("sh", ["-c", "'sleep 120 & echo $!'"])).stdout);""")

    os.kill(int(told), signal.SIGKILL)


def test_a_refused_command_says_why_and_is_no_fault(stage: Stage) -> None:
    script = """
        dd.docker.cli.exec("rm", ["-f", "web"]);
        const error = await caught(dd.docker.cli.exec("-H", ["tcp://x", "ps"]));
        tell([error instanceof Error, error.message]);
    """

    told = stage.told(script)

    assert told == [True, "refused by the smoke test: -H leads to another engine or configuration"]
    assert not stage.machine.commands


def test_a_refused_stream_is_told_to_its_error_callback(stage: Stage) -> None:
    told = stage.told(f"""{STREAM} tell(await stream(dd.docker.cli, "run", ["alpine"]));""")

    assert told[0]["error"].startswith("Error: refused by the smoke test: docker run")


def test_following_needs_a_stream(stage: Stage) -> None:
    told = stage.told(
        f"""{STREAM}
        const error = await caught(dd.docker.cli.exec("logs", ["-f", "web"]));
        tell([error.message, await stream(dd.docker.cli, "logs", ["-f", "web"])]);"""
    )

    assert "never ends" in told[0]
    assert told[1] == [{"stdout": "logs -f web\n"}, 0]
