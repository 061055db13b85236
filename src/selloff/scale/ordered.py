"""A map that runs on a Dask cluster, gives results in order and keeps few of them waiting."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from selloff.scale.extra import need

__all__ = ["Map", "dask_map", "local_client"]

#: The builtin ``map``, that of a thread pool, or one of :func:`dask_map`: results in the order of the arguments.
Map = Callable[..., Iterable[Any]]


@contextmanager
def local_client(workers: int = 2) -> Iterator[Any]:
    """Start worker processes on this machine, seen by nobody else, and stop them at the end.

    Parameters
    ----------
    workers : int
        Processes of one thread each. A nanny watches over each and starts it again should it die.

    Yields
    ------
    distributed.Client

    Raises
    ------
    ValueError
        ``workers`` is below 1.
    ImportError
        dask.distributed is not installed.

    Notes
    -----
    The workers are spawned: in a script, call this under ``if __name__ == "__main__"``.

    Examples
    --------
    ``with local_client(2) as client: panel_reductions("returns", 90, client)``
    """
    if workers < 1:
        raise ValueError(f"local_client: workers must be at least 1, got {workers}")
    distributed = need("distributed")
    # Port 0 is a free one; without an address the pages of the cluster would ask for port 8787, which may be taken.
    address = "127.0.0.1"
    with (
        distributed.LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, host=address, dashboard_address=f"{address}:0"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def dask_map(client: Any, in_flight: int | None = None) -> Map:
    """Return a ``map`` whose calls run on the workers of a Dask client.

    Parameters
    ----------
    client : dask.distributed.Client
        A client of a running cluster, not an asynchronous one.
    in_flight : int, optional
        Calls that may be under way or wait to be collected; by default the threads of the cluster and one more for
        each worker. Memory grows with it, and with nothing else.

    Returns
    -------
    callable
        Takes a function and its iterables, as the builtin does. Results come in the order of the arguments,
        whichever worker is first.

    Raises
    ------
    ValueError
        The client is asynchronous or has no workers, or ``in_flight`` is below 1.
    RuntimeError
        When results are collected: workers died several times at the same call, most likely for want of memory.

    Notes
    -----
    When a worker dies, Dask runs its calls again elsewhere, those whose results were not collected yet too. A call
    that outlives several workers is given up (``distributed.scheduler.allowed-failures``, 3 by default).

    Examples
    --------
    ``with local_client(2) as client: list(dask_map(client)(pow, [2, 3], [5, 2]))`` gives 32 and 9.
    """
    distributed = need("distributed")
    if getattr(client, "asynchronous", False):
        raise ValueError("dask_map: the client is asynchronous; open it without asynchronous=True")
    threads = client.nthreads()
    if not threads:
        raise ValueError("dask_map: the cluster has no workers; start some, or wait for them (client.wait_for_workers)")
    limit = sum(threads.values()) + len(threads) if in_flight is None else in_flight
    if limit < 1:
        raise ValueError(f"dask_map: in_flight must be at least 1, got {in_flight}")

    def mapped(function: Callable[..., Any], *iterables: Iterable[Any]) -> Iterator[Any]:
        waiting: deque[Any] = deque()
        try:
            for arguments in zip(*iterables, strict=False):
                if len(waiting) == limit:
                    yield _collect(waiting, distributed)
                waiting.append(client.submit(function, *arguments, pure=False))
            while waiting:
                yield _collect(waiting, distributed)
        finally:
            # A caller that stops early, or an error, leaves calls nobody waits for.
            client.cancel(list(waiting))

    return mapped


def _collect(waiting: deque[Any], distributed: Any) -> Any:
    future = waiting.popleft()
    try:
        return future.result()
    except distributed.KilledWorker as killed:
        raise RuntimeError(
            f"workers died {killed.allowed_failures + 1} times at one block, most likely for want of memory; "
            "give them more (memory_limit) or lower the budget"
        ) from None
