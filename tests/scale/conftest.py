"""A cluster that is started once for each module that asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from selloff.scale.ordered import local_client


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    """Two worker processes on this machine's loopback."""
    with local_client(2) as client:
        yield client
