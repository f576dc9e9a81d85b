"""A server on this machine whose answers break in the ways of real ones."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@dataclass
class Served:
    """One file and how it is sent; `asked` collects the Range header of each request, None where there was none."""

    content: bytes
    ranges: bool = True  # whether the server goes on from a byte
    stop_after: int | None = None  # how many bytes of an answer come before the connection ends
    tag: str | None = '"one"'  # what the server calls this version
    length: bool = True  # whether it says how long the file is
    status: int | None = None  # an answer that is an error
    wrong_place: bool = False  # sends another part than the one that was asked for
    location: str | None = None  # where it sends those who ask
    asked: list[str | None] = field(default_factory=list)
    address: str = ""


def _handler(served: Served) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_GET(self):
            asked = self.headers.get("Range")
            served.asked.append(asked)
            start = self._start(asked)
            if served.location:
                self._end(302, Location=served.location)
            elif served.status is not None:
                self.send_error(served.status)
            elif asked and start >= len(served.content):
                self._end(416, **{"Content-Range": f"bytes */{len(served.content)}", "Content-Length": "0"})
            else:
                self._send(start)

        def _end(self, status, **headers):
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

        def _start(self, asked):
            same = served.tag is None or self.headers.get("If-Range") in (None, served.tag)
            return int(asked.removeprefix("bytes=").removesuffix("-")) if asked and served.ranges and same else 0

        def _send(self, start):
            rest = served.content[start:]
            begins = start + 1 if served.wrong_place else start
            said = {
                "Content-Range": f"bytes {begins}-{len(served.content) - 1}/{len(served.content)}" if start else None,
                "Content-Length": str(len(rest)) if served.length else None,
                "ETag": served.tag,
            }
            self._end(206 if start else 200, **{name: value for name, value in said.items() if value})
            self.wfile.write(rest if served.stop_after is None else rest[: served.stop_after])

    return Handler


@contextmanager
def serving(content: bytes, name: str = "file.zip", host: str = "127.0.0.1", **how) -> Iterator[Served]:
    served = Served(content, **how)
    server = ThreadingHTTPServer((host, 0), _handler(served))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    served.address = f"http://{host}:{server.server_port}/{name}"
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
