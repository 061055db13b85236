"""The built site, and a browser to look at it with."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from selloff.book import find_root
from selloff.book.build import build
from selloff.book.serve import bind

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def root() -> Path:
    return find_root(Path(__file__).parent)


@pytest.fixture(scope="session")
def site(root: Path) -> Path:
    """The site of this book. Workers that ask at once wait for the first one's build and share it."""
    return build(root).parent


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium of the system with a fresh profile."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        reason = "no Chromium found; install it (apt-get install chromium) to run the browser tests"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[Callable[[str, str], str]]:
    """Give a page's address, on disk (``file``) or served to this machine alone (``http``)."""
    server = bind(site, 0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    served = f"http://127.0.0.1:{server.server_port}"
    yield lambda page, scheme: (f"{served}/" if scheme == "http" else f"{site.as_uri()}/") + f"{page}.html"
    server.shutdown()
    server.server_close()
    thread.join()
