"""The desk's own server: nothing left behind when it is killed, and nobody keeps others out."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import httpx
import pytest
from desk_help import HERE, answers, token_in

from pipeline.desk import tokens
from pipeline.desk.desk import Desk, Settings
from pipeline.desk.limits import Limits
from pipeline.desk.secrets_folder import prepared
from pipeline.desk.serve import server
from pipeline.desk.tokens import TokenFile


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("served")


@pytest.fixture(scope="module")
def running(shared_study: Path, folder: Path) -> Iterator[tuple[str, int, subprocess.Popen[str]]]:
    """The command itself, with a temporary folder of its own; its address, its port and the process."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    (folder / "tmp").mkdir()
    process = subprocess.Popen(
        [
            sys.executable, "-c", "from pipeline.cli import main; main()", "desk", "--study", str(shared_study),
            "--port", str(port), "--secrets", str(folder / "secrets"),
        ],
        env=os.environ | {"TMPDIR": str(folder / "tmp")}, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            break
        except OSError:
            time.sleep(0.1)
    yield f"http://127.0.0.1:{port}", port, process
    process.kill()
    process.wait()


def test_an_upload_leaves_no_file_even_when_the_desk_is_killed(
    shared_study: Path,
    folder: Path,
    running: tuple[str, int, subprocess.Popen[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(tokens._SCRYPT, "n", 2**14)  # as the process has it
    address, port, process = running
    _, code = TokenFile(prepared(folder / "secrets", study=shared_study)).add(HERE, today=date.today())
    with httpx.Client(base_url=address, follow_redirects=True, timeout=60) as client:
        client.post("/login", data={"token": token_in(client.get("/login").text), "code": code})
        token = token_in(client.get("/new").text)
        client.post("/new", data={"token": token}, files={"file": ("a.csv", answers(personal=True))})
        seen = set(_files(folder / "tmp"))
        # half of another upload is on its way, and the first is being read, when everything is killed
        head = (
            f"POST /new HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: desk={client.cookies['desk']}\r\n"
            "Content-Type: multipart/form-data; boundary=XX\r\nContent-Length: 900000\r\n\r\n"
            f'--XX\r\nContent-Disposition: form-data; name="token"\r\n\r\n{token}\r\n--XX\r\n'
            'Content-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
        )
        with socket.create_connection(("127.0.0.1", port)) as line:
            line.sendall(head.encode() + b"geheim," * 60_000)
            for _ in range(20):
                seen |= set(_files(folder / "tmp"))
                time.sleep(0.01)
            children = _children(process.pid)
            process.send_signal(signal.SIGKILL)
            process.wait()
    assert seen == set()
    assert list(_files(folder / "tmp")) == []
    end = time.monotonic() + 10
    while any(Path(f"/proc/{child}").exists() for child in children) and time.monotonic() < end:
        time.sleep(0.05)
    assert [child for child in children if Path(f"/proc/{child}").exists()] == []
    said = process.stderr.read() if process.stderr else ""
    assert "geheim" not in said
    assert code not in said


def _files(folder: Path) -> Iterator[str]:
    return (str(path) for path in folder.rglob("*"))


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in found.read_text().split()] if found.exists() else []


@pytest.fixture(scope="module")
def impatient(shared_study: Path, folder: Path) -> Iterator[int]:
    """The port of a desk that waits a moment only."""
    secrets = prepared(folder / "secrets", study=shared_study)
    desk = Desk(Settings(shared_study, secrets, limits=Limits(spare=False, request_seconds=0.3)))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    serving = server(desk, host="127.0.0.1", port=port)
    thread = threading.Thread(target=serving.run, daemon=True)
    thread.start()
    while not serving.started:
        time.sleep(0.02)
    yield port
    serving.should_exit = True
    thread.join(10)


_GET = b"GET /login HTTP/1.1\r\nHost: 127.0.0.1\r\n"


@pytest.mark.parametrize(
    ("sent", "answers_before"),
    [
        (b"", 0),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX-A", 0),
        (_GET + b"\r\nGET /lo", 1),
        (_GET + b"Content-Length: 9999999\r\n\r\nabc", 1),
    ],
)
def test_whoever_goes_on_without_a_request_is_cut_off(impatient: int, sent: bytes, answers_before: int) -> None:
    with socket.create_connection(("127.0.0.1", impatient), 5) as line:
        line.sendall(sent)
        came, end = b"", time.monotonic() + 5
        line.settimeout(0.1)
        while time.monotonic() < end:
            try:
                line.sendall(b"x" if sent else b"")  # a byte now and then
                piece = line.recv(65_536)
            except TimeoutError:
                continue
            except OSError:
                break
            if not piece:
                break
            came += piece
    assert time.monotonic() < end
    assert came.count(b"HTTP/1.1 200") == answers_before


def test_a_request_with_two_ends_is_refused(impatient: int) -> None:
    with socket.create_connection(("127.0.0.1", impatient), 5) as line:
        line.sendall(
            b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"0\r\n\r\n" + _GET + b"\r\n"
        )
        came = b""
        while piece := line.recv(65_536):
            came += piece
    assert came.startswith(b"HTTP/1.1 400")
    assert came.count(b"HTTP/1.1") == 1
    assert "server" not in httpx.get(f"http://127.0.0.1:{impatient}/login").headers
