"""A local HTTP server for tests: files with ranges, and every way in which a transfer can go wrong."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote


@dataclass
class Server:
    """What is served, how it misbehaves, and what it was asked.

    Attributes:
        files: path → content.
        etags: path → ETag; others have none.
        cuts: after how many bytes each coming answer breaks off; empty: none does.
        statuses: status codes of the coming answers, instead of the file.
        ranges: whether Range is honoured.
        ranges_asked: the Range header of every request, or None.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    etags: dict[str, str] = field(default_factory=dict)
    cuts: list[int] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    ranges: bool = True
    has_length: bool = True
    ranges_asked: list[str | None] = field(default_factory=list)
    url: str = ""


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    """Runs the server while the block lasts; `server.url` is its address."""
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), _handler(server))
    thread = threading.Thread(target=httpd.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    server.url = f"http://127.0.0.1:{httpd.server_port}"
    try:
        yield server
    finally:
        httpd.shutdown()
        httpd.server_close()
        thread.join()


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.headers.get("Range")
            server.ranges_asked.append(asked)
            path = unquote(self.path.partition("?")[0])
            if server.statuses:
                self.send_error(server.statuses.pop(0))
            elif path not in server.files:
                self.send_error(404)
            else:
                self._send(path, server.files[path], asked)

        def _send(self, path: str, content: bytes, asked: str | None) -> None:
            etag = server.etags.get(path)
            condition = self.headers.get("If-Range")
            start = int(asked[6:-1]) if asked and server.ranges and condition in (None, etag) else 0
            if start >= len(content) > 0:
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(content)}")
                self.end_headers()
                return
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            if server.has_length:
                self.send_header("Content-Length", str(len(content) - start))
            if etag:
                self.send_header("ETag", etag)
            self.end_headers()
            stop = start + server.cuts.pop(0) if server.cuts else len(content)
            self.wfile.write(content[start:stop])

        def log_message(self, *_: object) -> None:
            pass

    return Handler
