"""A map on a cluster behaves like the builtin one, and a worker that dies loses nothing."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from selloff.scale.ordered import dask_map, local_client

pytestmark = pytest.mark.slow


def test_results_come_in_the_order_of_the_arguments(client: Any) -> None:
    def slow_first(number: int) -> int:
        time.sleep(0.3 if number == 0 else 0.0)
        return number**2

    assert list(dask_map(client)(slow_first, range(8))) == [number**2 for number in range(8)]
    assert list(dask_map(client, 1)(pow, [2, 3, 4], [5, 2])) == [32, 9]


def test_no_more_calls_are_under_way_than_stated(client: Any) -> None:
    taken = []

    def numbers() -> Iterator[int]:
        for number in range(10):
            taken.append(number)
            yield number

    results = dask_map(client, 3)(abs, numbers())
    for collected in range(1, 7):
        next(iter(results))
        assert len(taken) <= 3 + collected


def test_an_error_on_a_worker_arrives_as_it_is_and_the_rest_is_cancelled(client: Any) -> None:
    def invert(number: int) -> float:
        time.sleep(0.05)
        return 1 / number

    with pytest.raises(ZeroDivisionError):
        list(dask_map(client, 4)(invert, [1, 0, 2, 3, 4, 5]))

    assert list(dask_map(client)(abs, [-1])) == [1]


def test_a_worker_that_dies_loses_nothing(client: Any, tmp_path: Path) -> None:
    def square_or_die(number: int) -> int:
        mark = tmp_path / "died"
        if number == 5 and not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.05)
        return number**2

    assert list(dask_map(client, 4)(square_or_die, range(12))) == [number**2 for number in range(12)]
    assert (tmp_path / "died").exists()


def test_a_call_that_kills_every_worker_is_given_up(client: Any) -> None:
    def die(number: int) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(RuntimeError, match="workers died 4 times at one block, most likely for want of memory"):
        list(dask_map(client)(die, [0]))
    client.wait_for_workers(2, timeout=20)


def test_the_cluster_is_seen_from_this_machine_only_and_no_process_stays() -> None:
    import psutil

    mine = psutil.Process()
    with local_client(1) as client:
        processes = [mine, *(psutil.Process(each) for each in client.run(os.getpid).values())]
        listening = [c.laddr.ip for each in processes for c in each.net_connections() if c.status == "LISTEN"]

    assert set(listening) == {"127.0.0.1"}
    assert not processes[1].is_running()
    with pytest.raises(ValueError, match="workers must be at least 1, got 0"), local_client(0):
        pass


def test_clients_that_cannot_serve_are_refused(client: Any) -> None:
    class Asynchronous:
        asynchronous = True

    class Empty:
        asynchronous = False

        def nthreads(self) -> dict[str, int]:
            return {}

    with pytest.raises(ValueError, match="the client is asynchronous; open it without"):
        dask_map(Asynchronous())
    with pytest.raises(ValueError, match="the cluster has no workers"):
        dask_map(Empty())
    with pytest.raises(ValueError, match="in_flight must be at least 1, got 0"):
        dask_map(client, 0)
