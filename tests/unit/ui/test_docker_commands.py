from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.ui.docker_commands import SPELLED, names_containers, why_refused, why_refused_variables

PROJECT = "acme_demo-desktop-extension"

READING = (
    """
ps
ps -a --format {{json .}} --filter name=-H
ps -aqn5 --no-trunc
ps -an 5
ps -n=5 --size=false
images --digests
info --format {{json .}}
info --format '{{ json . }}'
version
inspect web
inspect --type container -s web
inspect --type=image -- web
history acme/demo
logs --tail 5 web
logs -n 5 web
logs -nf web
logs -n -f web
logs --since 1h --follow=false web
port web
top web
top web -o pid,cmd -H
top web -ef
top web aux
stats --no-stream
diff web
search nginx
search --limit 5 acme/demo
search registry.example
events --since 1h --until 0s
container ls -aq
container inspect web
container logs web
image ls
image history x
image inspect x
volume ls
volume inspect v
network ls
network inspect n
system df -v
system info
context show
node ls
service ps web
stack services s
plugin ls
buildx du --filter type=x
buildx version
compose ls
compose version --short
compose -p PROJECT ps --format json
compose --project-name=PROJECT ps
compose --ansi never --profile p -p PROJECT --progress=plain top
compose -pPROJECT port web 80
compose -p=PROJECT images -q
compose -p PROJECT logs --tail 5 web
compose -p PROJECT events --until 0s
compose -p PROJECT ps --help
--version
-v
--help
run --help
compose --help
""".replace("PROJECT", PROJECT)
    .strip()
    .splitlines()
)

# Each option and each value that names a file, another place or another project, and what gives away what is neither
# the extension's nor the engine's.
CLOSED = (
    """
compose --env-file /root/.docker/config.json -p PROJECT ps
compose --env-file=/root/.docker/config.json -p PROJECT ps
compose -p PROJECT --env-file /etc/passwd ps
compose -f /etc/passwd -p PROJECT ps
compose -f/etc/passwd -p PROJECT ps
compose -f=/etc/passwd -p PROJECT ps
compose -f - -p PROJECT ps
compose --file /etc/passwd -p PROJECT ps
compose --file=/etc/passwd -p PROJECT ps
compose --project-directory / -p PROJECT ps
compose --project-directory=/ -p PROJECT ps
compose --workdir / -p PROJECT ps
compose --verbose -p PROJECT ps
compose ps
compose logs web
compose -p other ps
compose -pother ps
compose -p PROJECT -p other ps
compose --project-name=other -p PROJECT ps
compose --project-name other logs web
compose -p '' ps
compose -p PROJECT ps -f /etc/passwd
compose -p PROJECT ps --env-file /etc/passwd
compose -p PROJECT ps --unheard-of
compose -p PROJECT config
compose -p PROJECT config --environment
compose -p PROJECT config --variables
compose -f /etc/passwd config
compose --profile p config
compose -p PROJECT convert
compose -p PROJECT config -o out.yaml
compose -p PROJECT config --output=out.yaml
compose -p PROJECT viz
compose -p PROJECT publish x
context ls
context inspect
context inspect default
context export default -
config inspect c
secret inspect s
service inspect s
service logs s
node inspect self
plugin inspect p
stack config -c /etc/passwd
stack config --compose-file /etc/passwd
stack deploy -c /etc/passwd s
manifest inspect alpine
manifest inspect --insecure 127.0.0.1:5000/x
trust inspect alpine
search 127.0.0.1:5000/x
search localhost/x
search registry.example/x
buildx imagetools inspect 127.0.0.1:5000/x
buildx imagetools inspect alpine
buildx imagetools create --dry-run -f /etc/passwd x
buildx history ls
buildx history inspect
buildx history logs
buildx history export
buildx ls
buildx inspect
buildx --builder b du
buildx du --builder b
buildx du --verbose
buildx bake --print -f /etc/passwd
buildx build --iidfile /x .
buildx dial-stdio
inspect --type config c
inspect --type=secret s
inspect --type service s
inspect --type plugin p
inspect --unheard-of x
ps --config /other
ps --unheard-of
ps -ax
info --unheard-of=/etc/passwd
image ls @/etc/passwd --iidfile x
top web --file=/etc/passwd
top web -o 'pid,cmd /etc'
top --unheard-of web
version --kubeconfig /etc/passwd
stats --no-stream --unheard-of
logs --env-file /etc/passwd web
container top web -q=/etc/passwd
""".replace("PROJECT", PROJECT)
    .strip()
    .splitlines()
)

CHANGING = """
run alpine
run alpine --help
exec web ls
rm -f web
rmi x
pull alpine
push x
build .
cp a:b c
create x
start web
stop web
kill web
restart web
pause web
rename a b
update web
commit web x
tag a b
load
save x
import x
export web
login
logout
attach web
wait web
container prune
container
container rm web
image rm x
image prune
volume create v
volume rm v
volume prune -f
network create n
network prune
system prune -af
context use other
context create x
swarm init
service create x
stack deploy s
plugin install x
buildx build .
buildx bake
buildx prune
buildx inspect --bootstrap
buildx imagetools create x
buildx
builder prune
compose up
compose -p demo down
compose -f ps up
compose exec web ls
compose config -o out.yaml
compose config --output=out.yaml
compose config -oout.yaml
compose
scout cves x
model run x
extension install x
unheard of
-D ps
""".strip().splitlines()

ELSEWHERE = """
-H tcp://other ps
-Htcp://other ps
--host tcp://other ps
--host=tcp://other ps
--context other ps
--context=other ps
-c other ps
-cother ps
--config /other ps
--tls ps
--tlsverify ps
--tlscacert=x ps
ps --context other
compose -c other ps
compose --context other ps
compose ps -H tcp://other
""".strip().splitlines()

ENDLESS = """
logs -f web
logs --follow web
logs --follow=true web
logs -f=true web
logs -n 5 -f web
logs -tf web
logs -tfn5 web
container logs -f web
compose -p acme_demo-desktop-extension logs -f
compose -p acme_demo-desktop-extension logs --follow
events
events --filter type=container
system events
compose -p acme_demo-desktop-extension events
stats
stats web --format json
container stats
stats --no-stream=false
compose -p acme_demo-desktop-extension stats
""".strip().splitlines()


def _refused(argv: list[str], *, streaming: bool) -> str:
    return why_refused(argv, project=PROJECT, streaming=streaming)


@pytest.mark.parametrize("line", READING)
@pytest.mark.parametrize("streaming", [False, True])
def test_what_reads_and_ends_is_let_through(line: str, streaming: bool) -> None:  # noqa: FBT001 - a parameter of the test
    assert _refused(shlex.split(line), streaming=streaming) == ""


@pytest.mark.parametrize("line", CHANGING)
@pytest.mark.parametrize("streaming", [False, True])
def test_what_changes_anything_is_refused(line: str, streaming: bool) -> None:  # noqa: FBT001 - as above
    assert _refused(shlex.split(line), streaming=streaming)


@pytest.mark.parametrize("line", ELSEWHERE)
def test_no_other_engine_is_asked(line: str) -> None:
    assert _refused(shlex.split(line), streaming=True).endswith("leads to another engine or configuration")


@pytest.mark.parametrize("line", ENDLESS)
def test_what_never_ends_needs_a_stream(line: str) -> None:
    assert "never ends on its own" in _refused(shlex.split(line), streaming=False)
    assert _refused(shlex.split(line), streaming=True) == ""


@pytest.mark.parametrize("line", CLOSED)
@pytest.mark.parametrize("streaming", [False, True])
def test_nothing_of_this_machine_is_given_away(line: str, streaming: bool) -> None:  # noqa: FBT001 - as above
    why = _refused(shlex.split(line), streaming=streaming)
    assert why
    # What the page gave as a value is its own affair, and may be long.
    assert "/etc/passwd" not in why


# Options by which docker, compose or buildx reads or writes a file, or takes a folder:
# https://docs.docker.com/reference/cli/docker/
OF_FILES = (
    *("--env-file", "--label-file", "--file", "--project-directory", "--workdir", "--cidfile", "--iidfile"),
    *("--metadata-file", "--config", "--tlscacert", "--tlscert", "--tlskey", "--output", "-o", "--input", "-i"),
    *("--secret", "--ssh", "--cache-from", "--cache-to", "--build-context", "--compose-file", "--security-opt"),
    *("--from-file", "--mount", "-v", "--volume", "--bundle-file", "--external", "--key", "--ca-cert", "--ca-key"),
    *("--template-driver", "--unheard-of", "-Z"),
)
COMMANDS = [f"{group} {verb}".strip() for group, verbs in SPELLED.items() for verb in verbs]


@pytest.mark.parametrize("command", COMMANDS)
def test_no_option_of_a_command_names_a_file(command: str) -> None:
    words = command.split()
    project = ["-p", PROJECT] if words[0] == "compose" else []
    name = [words[0], *project, *words[1:]]
    # -v is --verbose of network inspect and system df.
    for option in OF_FILES:
        if option in SPELLED[" ".join(words[:-1])][words[-1]].split():
            continue
        for spelled in ([option, "/etc/passwd"], [f"{option}=/etc/passwd"]):
            assert _refused([*name, *spelled], streaming=True), spelled
            assert _refused([*name, "x", *spelled], streaming=True), spelled
            assert _refused([words[0], *project, *spelled, *words[1:]], streaming=True), spelled
        assert _refused([*name, f"{option}/etc/passwd"], streaming=True), option


def test_what_is_an_option_of_files_elsewhere_is_let_through_where_it_is_none() -> None:
    assert len(COMMANDS) > 60
    spelled = [of.split() for verbs in SPELLED.values() for of in verbs.values()]
    assert {option for option in OF_FILES if any(option in each for each in spelled)} == {"-v"}


def test_messages_name_the_command() -> None:
    said = {
        ("compose", "-p", "x", "up", "-d"): "docker compose up is not among the commands that only read",
        ("buildx", "inspect", "--bootstrap"): "docker buildx inspect is not among the commands that only read",
        (): "no docker command was given",
        ("ps", "--x=1"): "docker ps --x is not among the options that are let through",
        ("compose", "-f", "x", "ps"): "docker compose -f is not among the options that are let through",
        ("compose", "-p", "x", "ps"): f"docker compose ps is let through for the extension's own project: -p {PROJECT}",
        ("search", "h.example/x"): "docker search asks a registry other than Docker Hub",
        ("inspect", "--type", "secret", "x"): "docker inspect --type secret shows what is not the extension's",
    }
    assert {argv: _refused([*argv], streaming=False) for argv in said} == said


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("inspect -s a b", ["a", "b"]),
        ("inspect -f {{.Id}} a", ["a"]),
        ("inspect --type container a", ["a"]),
        ("inspect --type image a", []),
        ("container inspect a", ["a"]),
        ("logs -n 5 a", ["a"]),
        ("logs -- a", ["a"]),
        ("container logs a -f", ["a"]),
        ("top a -o pid", ["a"]),
        ("diff a", ["a"]),
        ("ps --filter name=a", []),
        ("image inspect a", []),
        ("volume inspect a", []),
        (f"compose -p {PROJECT} logs a", []),
    ],
)
def test_containers_whose_inside_is_shown(line: str, names: list[str]) -> None:
    assert [*names_containers(shlex.split(line))] == names


_WORD = st.sampled_from(
    [
        "run",
        "exec",
        "rm",
        "ps",
        "compose",
        "container",
        "-f",
        "-p",
        "--",
        "--builder",
        "buildx",
        "x",
        "",
        "up",
        "=",
        "-",
    ]
)


@given(st.lists(_WORD | st.text(), max_size=6), st.booleans())
def test_any_words_have_an_answer(words: list[str], streaming: bool) -> None:  # noqa: FBT001 - hypothesis
    _refused(words, streaming=streaming)


@given(st.sampled_from(["run", "exec", "rm", "up", "down", "prune", "create"]), st.lists(_WORD, max_size=5))
def test_nothing_after_a_changing_command_makes_it_read(verb: str, rest: list[str]) -> None:
    assert _refused([verb, *rest], streaming=True)
    assert _refused(["container", verb, *rest], streaming=True)


@pytest.mark.parametrize("name", ["DOCKER_HOST", "docker_host", "COMPOSE_FILE", "BUILDX_CONFIG", "BUILDKIT_HOST"])
def test_variables_lead_nowhere_else(name: str) -> None:
    assert name in why_refused_variables(["A", name])
    assert why_refused_variables(["A", "PATH"]) == ""
