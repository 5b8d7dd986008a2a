from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.ui.docker_commands import why_refused, why_refused_variables

READING = """
ps
ps -a --format {{json .}} --filter name=-H
images --digests
info --format {{json .}}
version
inspect web
history acme/demo
logs --tail 5 web
logs -n 5 web
logs -nf web
port web
top web
top web -o pid,cmd -H
stats --no-stream
diff web
search nginx
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
context ls
context show
node ls
service ps web
stack services s
plugin ls
manifest inspect alpine
buildx ls
buildx inspect
buildx du
buildx --builder b inspect
buildx imagetools inspect alpine
buildx history ls
compose ls
compose version
compose -p demo ps --format json
compose --project-name=demo ps
compose -f compose.yaml --profile p config
compose logs web
--version
-v
--help
run --help
compose --help
""".strip().splitlines()

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
logs -tf web
logs -tfn5 web
container logs -f web
service logs -f web
compose logs -f
compose -p demo logs --follow
events
events --filter type=container
system events
compose events
stats
stats web --format json
container stats
compose stats
""".strip().splitlines()


@pytest.mark.parametrize("line", READING)
@pytest.mark.parametrize("streaming", [False, True])
def test_what_reads_and_ends_is_let_through(line: str, streaming: bool) -> None:  # noqa: FBT001 - a parameter of the test
    assert why_refused(shlex.split(line), streaming=streaming) == ""


@pytest.mark.parametrize("line", CHANGING)
@pytest.mark.parametrize("streaming", [False, True])
def test_what_changes_anything_is_refused(line: str, streaming: bool) -> None:  # noqa: FBT001 - as above
    assert why_refused(shlex.split(line), streaming=streaming)


@pytest.mark.parametrize("line", ELSEWHERE)
def test_no_other_engine_is_asked(line: str) -> None:
    assert why_refused(shlex.split(line), streaming=True).endswith("leads to another engine or configuration")


@pytest.mark.parametrize("line", ENDLESS)
def test_what_never_ends_needs_a_stream(line: str) -> None:
    assert "never ends on its own" in why_refused(shlex.split(line), streaming=False)
    assert why_refused(shlex.split(line), streaming=True) == ""


def test_messages_name_the_command() -> None:
    assert why_refused(["compose", "-p", "x", "up", "-d"], streaming=False) == (
        "docker compose up is not among the commands that only read"
    )
    assert (
        why_refused(["buildx", "inspect", "--bootstrap"], streaming=False) == "docker buildx inspect --bootstrap writes"
    )
    assert why_refused([], streaming=False) == "no docker command was given"


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
    why_refused(words, streaming=streaming)


@given(st.sampled_from(["run", "exec", "rm", "up", "down", "prune", "create"]), st.lists(_WORD, max_size=5))
def test_nothing_after_a_changing_command_makes_it_read(verb: str, rest: list[str]) -> None:
    assert why_refused([verb, *rest], streaming=True)
    assert why_refused(["container", verb, *rest], streaming=True)


@pytest.mark.parametrize("name", ["DOCKER_HOST", "docker_host", "DOCKER_CONTEXT", "BUILDX_CONFIG", "BUILDKIT_HOST"])
def test_variables_lead_nowhere_else(name: str) -> None:
    assert name in why_refused_variables(["A", name])
    assert why_refused_variables(["A", "PATH"]) == ""
