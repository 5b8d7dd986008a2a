from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.extension.exec_calls import ExecCall, exec_calls, relative_path, shell_syntax, unbounded_output

STREAM = "{stream: {onOutput() {}}}"


def only(source: str) -> ExecCall:
    (call,) = exec_calls(source.encode())
    return call


def written(owner: str, command: str, words: tuple[str, ...], options: str) -> ExecCall:
    more = f", {options}" if options else ""
    return only(f'd.{owner}.cli.exec("{command}", [{", ".join(words)}]{more})')


def docker(command: str, *words: str, options: str = "") -> ExecCall:
    return written("docker", command, words, options)


def host(command: str, *words: str, options: str = "") -> ExecCall:
    return written("extension.host?", command, words, options)


def call_of(
    owner: str, *words: str | None, whole: bool = True, options: tuple[str, ...] = (), line: int = 1
) -> ExecCall:
    return ExecCall(owner, words, whole, frozenset(options), line)


@pytest.mark.parametrize(
    ("source", "call"),
    [
        ("ddClient.docker.cli.exec('ps', ['-a'])", call_of("docker", "ps", "-a")),
        (
            "\nd.extension.host!.cli.exec('x', [id, `a`, `${b}`, 'c' + d], {cwd: e, stream: {}})",
            call_of("host", "x", None, "a", None, None, options=("cwd", "stream"), line=2),
        ),
        ("d.extension.vm?.cli.exec(cmd, args)", call_of("vm", None, whole=False)),
        ("cli.exec('x')", call_of("", "x")),
        ("e.docker.cli.exec('x', ['a', ...b])", call_of("docker", "x", "a", None, whole=False)),
        ("e.docker.cli.exec('x', ['a'].concat(b))", call_of("docker", "x", "a", whole=False)),
        ("e.docker.cli.exec('x', [], more)", call_of("docker", "x", options=("cwd", "env", "stream"))),
        ("e.docker.cli.exec('x', [f(a, [b]), {c: 'd'}])", call_of("docker", "x", None, None)),
        ('e.docker.cli.exec("it\'s", ["a"])', call_of("docker", "it's", "a")),
    ],
)
def test_a_call(source: str, call: ExecCall) -> None:
    assert only(source) == call


def test_what_is_in_a_comment_is_no_call() -> None:
    assert exec_calls(b"// d.docker.cli.exec('ps', ['|'])") == ()


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (docker("ps", '"-a"', '"|"', '"grep"', '"x"'), "|"),
        (docker("ps", '"&&"', '"docker"'), "&&"),
        (docker("rm", '"a"', '";"'), ";"),
        (docker("logs", "id", '">"', '"/tmp/x"'), ">"),
        (docker("logs", "id", '"2>&1"'), "2>&1"),
        (docker("rm", '"a"', '"|| true"'), "|| true"),
        (docker("logs", "id", '"> /tmp/x"'), "> /tmp/x"),
        (docker("ps -a | grep x"), "|"),
        (docker("kill", '"$(docker ps -q)"'), "$(docker ps -q)"),
        (docker("kill $(docker ps -q)"), "$(docker ps -q)"),
        (docker("inspect", '"$ID"'), "$ID"),
        (host("ls", '"$HOME/x"'), "$HOME/x"),
        (host("ls", "'${HOME}'"), "${HOME}"),
        (host("cat", '"~/.kube/config"'), "~/.kube/config"),
        (host("rm", '"/tmp/*.log"'), "/tmp/*.log"),
        (host("rm", '"*.log"'), "*.log"),
        (docker("cp", '"a:/b"', '"~/b"'), "~/b"),
        (docker("run", '"-v"', '"~/x"', '"img"'), "~/x"),
    ],
)
def test_what_is_for_a_shell(call: ExecCall, word: str) -> None:
    assert shell_syntax(call) == word


@pytest.mark.parametrize(
    "call",
    [
        docker("ps", '"-a"', '"--format"', "'{{json .}}'"),
        docker("ps", '"--filter"', '"name=*foo*"'),
        docker("images", '"--filter"', '"reference=acme/*"'),
        docker("exec", "id", '"/bin/sh"', '"-c"', '"a && b | c > d"'),
        docker("exec", "id", '"sh"', '"-c"', '"a"', '"|"'),
        docker("exec", "id", "'bash -c \"curl x | jq\"'"),
        docker("run", '"--entrypoint"', '"/bin/sh"', '"img"', '"-c"', '"$HOME"', '"|"'),
        docker("exec", "id", '"node"', '"-e"', '"const a = b || c; d > e"'),
        docker("exec", "id", "\"psql -U x -c 'select 1'\""),
        docker("run", '"-e"', '"PRICE=$5"', '"img"'),
        docker("exec", "id", '"ls"', '"~"'),
        docker("stop keploy-v2"),
        host("kubectl", '"-o"', '"jsonpath={.data}"'),
        host("cmd.exe", '"/c"', '"dir"', '"|"', '"more"'),
        host("x", "`${home}/*`"),
        only("d.docker.cli.exec('x', args)"),
        only("d.extension.vm.cli.exec('ls', ['~/x'])"),
    ],
)
def test_what_is_for_nobody_else(call: ExecCall) -> None:
    assert shell_syntax(call) == ""


@pytest.mark.parametrize(
    ("call", "path"),
    [
        (host("kubectl", '"apply"', '"-f"', '"./folder/manifest.yml"'), "./folder/manifest.yml"),
        (host("tool", '"../x"'), "../x"),
        (host("./tool"), "./tool"),
        (docker("compose", '"-f"', '"./compose.yaml"', '"up"'), "./compose.yaml"),
        (docker("build", '"-t"', '"x"', '"."'), "."),
        (docker("cp", '"./a"', '"c:/b"'), "./a"),
        (docker("run", '"--rm"', '"-v"', '"./x:/y"', '"img"'), "./x"),
    ],
)
def test_relative_paths(call: ExecCall, path: str) -> None:
    assert relative_path(call) == path


@pytest.mark.parametrize(
    "call",
    [
        host("kubectl", '"-f"', '"./x"', options="{cwd: folder}"),
        host("kubectl", '"-f"', '"./x"', options="options"),
        host("kubectl", '"-f"', '"/etc/x"'),
        host("kubectl", '"-f"', '"https://example.com/x"'),
        host("tool", '"..."', '".hidden"', '"1.2.3"'),
        docker("exec", "id", '"./run.sh"'),
        docker("compose", '"exec"', '"web"', '"./run.sh"'),
        docker("compose", '"run"', '"web"', '"./run.sh"'),
        docker("run", '"img"', '"./run.sh"'),
        docker("ps", '"."'),
        only("d.extension.vm.cli.exec('./run.sh', ['./x'])"),
        only("cli.exec('x', ['./x'])"),
    ],
)
def test_paths_that_everybody_finds(call: ExecCall) -> None:
    assert relative_path(call) == ""


@pytest.mark.parametrize(
    ("call", "program"),
    [
        (docker("logs", "id"), "logs"),
        (docker("container", '"logs"', "id"), "logs"),
        (docker("compose", '"logs"'), "logs"),
        (docker("logs", '"--tail"', '"10"', '"-f"', "id"), "logs"),
        (docker("events"), "events"),
        (docker("stats", '"--format"', '"{{json .}}"'), "stats"),
        (docker("save", '"img"'), "save"),
        (docker("export", "id"), "export"),
        (docker("logs web"), "logs"),
        (docker("logs", "id", options="{cwd: x}"), "logs"),
        (host("kubectl", '"logs"', "pod"), "logs"),
    ],
)
def test_output_without_a_bound(call: ExecCall, program: str) -> None:
    assert unbounded_output(call) == program


@pytest.mark.parametrize(
    "call",
    [
        docker("logs", "id", options=STREAM),
        docker("logs", '"-f"', "id", options=STREAM),
        docker("logs", "id", options="options"),
        docker("logs", '"--tail"', '"100"', "id"),
        docker("logs", '"--tail=100"', "id"),
        docker("logs", '"-n"', '"5"', "id"),
        docker("logs", '"--since"', '"10m"', "id"),
        docker("logs --tail 5 web"),
        docker("logs", "...args"),
        only("d.docker.cli.exec('logs', args)"),
        docker("events", '"--since"', '"1h"', '"--until"', '"0s"'),
        docker("stats", '"--no-stream"'),
        docker("save", '"-o"', "file", '"img"'),
        docker("ps", '"-a"'),
        docker("inspect", "id"),
        docker("exec", "id", '"sh"', '"-c"', '"logs"'),
        docker("run", '"img"', '"logs"'),
        host("tool", '"logs"'),
        host("kubectl", '"logs"', "pod", '"--tail=5"'),
        only("d.extension.vm.cli.exec('logs', [])"),
    ],
)
def test_output_with_a_bound(call: ExecCall) -> None:
    assert unbounded_output(call) == ""


@given(st.text(alphabet="docker.cli.exec('\"`[],{}()|$~*/ \n-f").map(str.encode))
def test_any_text_is_read(content: bytes) -> None:
    for call in exec_calls(b"docker.cli.exec('" + content):
        shell_syntax(call)
        relative_path(call)
        unbounded_output(call)
