"""One notebook in one clean kernel, put away whatever happens."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbclient import NotebookClient

__all__ = ["TIMEOUT", "kernel_environment", "run_cells", "uninterrupted"]

TIMEOUT = 300
_ONE_THREAD = (
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
_FOREIGN = ("IPYTHONDIR", "PYTHONHASHSEED", "PYTHONPATH", "PYTHONSTARTUP", "PYTHONWARNINGS", "SELLOFF_DATA")


def kernel_environment(root: Path, folder: Path) -> dict[str, str]:
    """Return the environment of a clean kernel.

    One thread for linear algebra, so that sums add up in the same order on every machine; the book's own
    ``src/`` first on the path, so that the code that is stamped is the code that ran; an empty IPython
    folder, so that no start-up file of the user runs.

    Parameters
    ----------
    root, folder : Path
        Root of the book; an empty folder for IPython.
    """
    environment = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
    environment |= dict.fromkeys(_ONE_THREAD, "1")
    environment |= {
        "IPYTHONDIR": str(folder),
        "PYTHONPATH": str(root / "src"),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    return environment


def run_cells(notebook: Any, folder: Path, root: Path, timeout: int = TIMEOUT) -> str:
    """Run all cells of a notebook and store their outputs in it.

    Parameters
    ----------
    notebook : NotebookNode
        The notebook; its cells take the outputs.
    folder, root : Path
        Where it runs, and the root of the book.
    timeout : int
        Seconds that one cell may take.

    Returns
    -------
    str
        What went wrong, in a few lines; empty if every cell ran and none wrote to stderr.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    with tempfile.TemporaryDirectory(prefix="selloff-", ignore_cleanup_errors=True) as empty:
        begun = [0]
        client = NotebookClient(
            notebook,
            km=_own_kernel(Path(empty)),
            timeout=timeout,
            record_timing=False,
            coalesce_streams=True,
            on_cell_start=lambda cell, cell_index: begun.append(cell_index),
        )
        try:
            _execute(client, cwd=str(folder), env=kernel_environment(root, Path(empty)), cleanup_kc=True)
        except CellExecutionError as error:
            return _place(notebook, begun[-1], f"{error.ename}: {error.evalue}")
        except CellTimeoutError:
            return _place(notebook, begun[-1], f"took longer than {timeout} s")
        except DeadKernelError:
            return _place(notebook, begun[-1], "the kernel died (out of memory?)")
        except RuntimeError as error:
            return f"the kernel did not start: {error}"
    for index, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            if output.output_type == "stream" and output.name == "stderr":
                words = [line.strip() for line in output.text.splitlines() if line.strip()]
                return _place(notebook, index, f"wrote to stderr: {_shown(words[0] if words else '')}")
    return ""


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold Ctrl-C off; a process started meanwhile ignores it, too."""
    with _on_interrupt(signal.SIG_IGN):
        yield


def _own_kernel(empty: Path) -> Any:
    """Return a manager that starts this very Python, whatever kernels the user has registered."""
    import ipykernel.kernelspec
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager

    class OwnKernel(KernelSpecManager):
        def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
            return KernelSpec(resource_dir="", **ipykernel.kernelspec.get_kernel_dict())

    return AsyncKernelManager(
        kernel_name="python3",
        kernel_spec_manager=OwnKernel(),
        # Sockets in a folder of this user alone, where there are such: nobody else can listen in.
        transport="tcp" if os.name == "nt" else "ipc",
        connection_file=str(empty / "kernel.json"),
    )


def _execute(client: NotebookClient, **start: Any) -> None:
    """Execute in a thread, so that Ctrl-C reaches this one, which then kills the kernel.

    In the main thread nbclient would listen to Ctrl-C itself, shut the kernel down twice and complain.
    """
    manager, failures = client.km, []

    def work() -> None:
        try:
            asyncio.run(client.async_execute(**start))
        except BaseException as error:  # whatever it is, the caller must see it
            failures.append(error)

    thread = threading.Thread(target=work, daemon=True)
    with _on_interrupt(signal.default_int_handler):
        try:
            thread.start()
            while thread.is_alive():
                thread.join(0.5)
        except KeyboardInterrupt:
            with _on_interrupt(signal.SIG_IGN):
                process = getattr(getattr(manager, "provisioner", None), "process", None)
                if process is not None:
                    process.kill()
                    process.wait(10)
                # It notices that the kernel is gone, and takes its own things away.
                thread.join(10)
            raise
    if failures:
        raise failures[0]


@contextlib.contextmanager
def _on_interrupt(handler: Any) -> Iterator[None]:
    """Do something else on Ctrl-C for a while; without effect in another thread than the main one."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _place(notebook: Any, index: int, error: str) -> str:
    """Say at which cell, counted from 1 over text and code alike, the run failed."""
    lines = [line for line in notebook.cells[index].source.splitlines() if line.strip()]
    first = _shown(lines[0]) if lines else ""
    # Only the start of a long message: the full one is in the notebook when its author runs it.
    message = "\n    ".join(_shown(line) for line in error.strip().splitlines()[:3])
    return f"cell {index + 1}: {first}\n    {message}"


def _shown(line: str) -> str:
    return line if len(line) <= 160 else f"{line[:157]}..."
