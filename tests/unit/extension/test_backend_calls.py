from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.extension.api_calls import closed_streams, object_requests, text_bodies

STREAMED = "t.docker.cli.exec('logs',['-f'],{stream:{onOutput(d){}}})"


@pytest.mark.parametrize(
    ("source", "objects", "texts"),
    [
        ("d.extension.vm.service.request({url:'/x',method:'POST',data:{a:1}})", 1, 0),
        ("d.extension.vm?.service?.request({url,data})", 1, 0),
        ("d.vm.service.request({url,data:JSON.stringify(x)})", 0, 1),
        ('d.vm.service.request({data : "a"})', 0, 1),
        ("d.vm.service.request({url,headers:{data:1}})", 0, 0),
        ("d.vm.service.request({url:'/{data:1}'})", 0, 0),
        ("d.vm.service.request(config)", 0, 0),
        ("d.vm.service.request(", 0, 0),
        ("d.vm.service.post('/x', JSON.stringify({a:1}))", 0, 1),
        ("d.vm.service.put(f(a,b), `x`)", 0, 1),
        ("d.vm.service.patch(`/x/${a}`,{a:'b'})", 0, 0),
        ("d.vm.service.post('/x');f('/y', 'z')", 0, 0),
        ("d.vm.service.delete('/x', 'y')", 0, 0),
    ],
)
def test_bodies(source: str, objects: int, texts: int) -> None:
    assert (len(object_requests(source.encode())), len(text_bodies(source.encode()))) == (objects, texts)


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        (f"const p = {STREAMED};\nreturn () => p.close()", (2,)),
        (f"ref.current = await {STREAMED};\nref.current?.close()", (2,)),
        (f"let e={STREAMED},n=()=>e.close();e.close()", (1,)),
        ("const p = t.docker.cli.exec('logs',['-f']);p.close()", ()),
        (f"x=1;{STREAMED};x.close()", ()),
        (f"const f = () => {STREAMED};f.close()", ()),
        (f"if (a == {STREAMED}) a.close()", ()),
        (f"let e={STREAMED};be.close();b.e.close()", ()),
        (f"let e={STREAMED};{' ' * 5000}e.close()", ()),
        (f"{STREAMED}", ()),
    ],
)
def test_closed_streams(source: str, lines: tuple[int, ...]) -> None:
    assert closed_streams(source.encode()) == lines


def test_lines() -> None:
    assert text_bodies(b"\nservice.post('/', 'b')\nservice.request({data:'a'})") == (2, 3)


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "unit", [b"a=x.cli.exec('a',[],{stream:1});", b"cli.exec(", b"service.request({data:", b"a =."]
)
def test_a_bundle_of_10_mb_takes_no_time(unit: bytes) -> None:
    content = unit * (10_000_000 // len(unit))
    for find in (object_requests, text_bodies, closed_streams):
        find(content)


@given(st.binary() | st.text(alphabet="cli.exec(){}[]'\"`\\ =stream:,service.request.post?data").map(str.encode))
def test_anything_is_read(content: bytes) -> None:
    for find in (object_requests, text_bodies, closed_streams):
        find(content)
        find(b"a=cli.exec(a,{stream:1}" + content)
        find(b"service.request({data:" + content)
