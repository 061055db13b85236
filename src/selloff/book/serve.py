"""Serving the built site to this machine alone."""

from __future__ import annotations

import errno
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from selloff.book import BookError

__all__ = ["bind", "serve"]

HOST = "127.0.0.1"
PORTS_TRIED = 20


class _Handler(SimpleHTTPRequestHandler):
    """Files of one folder, never cached, requests not logged."""

    def end_headers(self) -> None:
        # A rebuilt page must show at the next reload.
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        return


def serve(site: Path, port: int = 8000) -> None:
    """Serve a built site on the loopback address until interrupted.

    Parameters
    ----------
    site : Path
        Folder with the site's ``index.html``.
    port : int
        Where to start looking for a free port; 0 lets the system choose.

    Raises
    ------
    BookError
        The site is not built, or no port is free.
    """
    with bind(site, port) as server:
        print(f"serving {site}\nopen http://{HOST}:{server.server_port}/ and stop with Ctrl-C", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("\nstopped")


def bind(site: Path, port: int) -> ThreadingHTTPServer:
    """Return a server for a site, bound to the first free port from ``port`` on.

    Raises
    ------
    BookError
        The site is not built, or no port is free.
    """
    if not (site / "index.html").is_file():
        raise BookError(f'the book is not built (no {site / "index.html"}); run "make book" first')
    handler = partial(_Handler, directory=str(site))
    last = min(port + PORTS_TRIED, 65536)
    for candidate in range(port, last):
        try:
            return ThreadingHTTPServer((HOST, candidate), handler)
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
    raise BookError(f"no port from {port} to {last - 1} is free; name another one with --port")
