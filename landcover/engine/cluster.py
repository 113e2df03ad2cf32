"""Where tasks run: processes on this machine, or any dask scheduler by its address.

A worker of another version, or one that does not see OUT, is refused before work starts.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from landcover import __version__
from landcover.engine.platform import deaf_to_ctrl_c, worker_environment
from landcover.errors import InputError, WorkerError
from landcover.files import write_whole

__all__ = ["ALLOWED_FAILURES", "connect", "lost_scheduler"]

ALLOWED_FAILURES = 5
"""Workers that may die on one tile before it is given up."""

CONNECT_SECONDS = 30
"""How long to wait for a scheduler, and for its first worker (seconds)."""

START_SECONDS = 10
"""How long the processes of this machine may take to start before Ctrl-C cuts in (seconds)."""

GONE = "the scheduler of the workers is gone"
"""What is said where nobody answers any more."""

GONE_EARLY = "its workers, or their scheduler, went away before the work began"

_QUIET = (
    "distributed", "distributed.client", "distributed.nanny", "distributed.worker",
    "distributed.scheduler",
)  # fmt: skip


def _probe(path: str, token: str) -> tuple[str, bool]:
    """Tell, from inside a worker, its version and whether it sees OUT."""
    from landcover import __version__ as version

    file = Path(path)
    return version, file.exists() and file.read_text(encoding="utf-8") == token


async def _warm(asked: frozenset[str]) -> None:
    """Load every kernel that the job uses, and what a tile's task imports, before the first.

    Compiling takes minutes where a machine is slow. A worker whose loop is blocked for so long
    misses its heartbeats, and a scheduler removes it: so this is done beside the loop.
    """
    await asyncio.to_thread(_load, asked)


def _load(asked: frozenset[str]) -> None:
    """Load and compile, in the thread that calls."""
    from importlib import import_module

    from landcover.kernels import warm

    import_module("landcover.engine.run")
    warm(asked)


def _check_workers(client: Any, work: Path) -> None:
    """Refuse workers that cannot do this run's work.

    Raises
    ------
    InputError
        Another version, or OUT out of sight.
    """
    from distributed.comm import CommClosedError

    token, file = uuid4().hex, work / "seen-by-workers"
    write_whole(file, token)
    try:
        answers = client.run(_probe, str(file), token)
    except CommClosedError:
        raise  # it went away: that says nothing of what it can load
    except Exception as error:
        raise InputError(
            "run.scheduler",
            "its workers cannot load landcover",
            f"Install landcover {__version__} where they run",
        ) from error
    finally:
        file.unlink(missing_ok=True)
    for address, (version, sees) in sorted(answers.items()):
        if version != __version__:
            raise InputError(
                f"worker {address}",
                f"has landcover {version}, and this is {__version__}",
                "Install one version everywhere",
            )
        if not sees:
            raise InputError(
                f"worker {address}",
                f"does not see the output folder {work.parent}",
                "Use a folder that every worker mounts under the same path",
            )


def _local(workers: int, loop: Any) -> Any:
    """Start processes on this machine; each is spawned, never forked."""
    import dask
    from distributed import LocalCluster

    settings = {
        "distributed.worker.multiprocessing-method": "spawn",
        "distributed.scheduler.allowed-failures": ALLOWED_FAILURES,
        # a death is seen by its closed connection; a worker that merely stands still (a machine
        # asleep, a processor overloaded) would be removed for good, and all would wait for it
        "distributed.scheduler.worker-ttl": None,
        "distributed.worker.memory.target": False,
        "distributed.worker.memory.spill": False,
        "distributed.worker.memory.pause": False,
        "distributed.worker.memory.terminate": False,
        # it looks at all threads' frames every 10 ms, and was seen to stop the interpreter for
        # good while another thread was starting (CPython 3.11.7); our own clock times the parts
        "distributed.worker.profile.enabled": False,
        "distributed.nanny.pre-spawn-environ": worker_environment(),
    }
    with dask.config.set(settings):  # workers keep them; the caller's own dask does not
        return LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            dashboard_address="127.0.0.1:0",  # None takes port 8787, and warns where it is taken
            memory_limit=0,
            host="127.0.0.1",
            preload="landcover.engine.worker",
            silence_logs=logging.CRITICAL,
            loop=loop,
        )


def _is_main() -> bool:
    """Whether this thread is the one that Ctrl-C goes to."""
    return threading.current_thread() is threading.main_thread()


@contextmanager
def _ctrl_c_later() -> Iterator[None]:
    """Keep Ctrl-C until processes stand: what is half started cannot be closed in order.

    Who presses it again after `START_SECONDS` is heard at once: something hangs.
    """
    if not _is_main():
        yield  # Ctrl-C goes to the main thread alone
        return
    pressed: list[float] = []

    def keep(number: int, frame: Any) -> None:
        pressed.append(time.monotonic())
        if pressed[-1] - pressed[0] > START_SECONDS:
            signal.default_int_handler(number, frame)

    before = signal.signal(signal.SIGINT, keep)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if pressed:
            signal.raise_signal(signal.SIGINT)


class _Closing:
    """Lets what stands be closed without being interrupted (again).

    An order to end that is cut short leaves processes that are waited for until they time out:
    two quick Ctrl-C took 12 s, one takes 1 s. Who presses it again after `START_SECONDS` is heard
    at once, and who pressed it for the first time is heard when all is closed.
    """

    def __init__(self) -> None:
        self._before = signal.getsignal(signal.SIGINT)
        self._pressed = False
        self._until = 0.0

    def begin(self) -> None:
        """Stop hearing Ctrl-C."""
        self._until = time.monotonic() + START_SECONDS
        if _is_main():
            signal.signal(signal.SIGINT, self._keep)

    def _keep(self, number: int, frame: Any) -> None:
        self._pressed = True
        if time.monotonic() > self._until:
            signal.default_int_handler(number, frame)

    def end(self, kind: type[BaseException] | None, *_: object) -> None:
        """Hear it again; `kind` is why all was closed."""
        if not _is_main():
            return
        signal.signal(signal.SIGINT, self._before)
        if self._pressed and not (kind and issubclass(kind, KeyboardInterrupt)):
            signal.raise_signal(signal.SIGINT)


def _deaf_loop() -> Any:
    """Start the thread that starts processes; those are deaf to Ctrl-C from birth.

    A terminal sends it to every process of a run. The main process ends the others; until
    they can be told so, which takes a second, they would show where it struck them.
    """
    from distributed.utils import LoopRunner

    runner = LoopRunner(asynchronous=False)
    with deaf_to_ctrl_c():
        runner.start()
    return runner


def _begin_local(stack: contextlib.ExitStack, workers: int) -> Any:
    """Start processes on this machine and connect to them; the stack closes all of it."""
    from distributed import Client

    closing = _Closing()
    stack.push(closing.end)  # what is entered first is left last
    with _ctrl_c_later():
        runner = _deaf_loop()
        stack.callback(runner.stop)
        cluster = stack.enter_context(_local(workers, runner.loop))
        client = stack.enter_context(Client(cluster))
        stack.callback(closing.begin)
        return client


def _reach(scheduler: str) -> Any:
    """Connect to a scheduler that somebody started.

    Raises
    ------
    WorkerError
        It does not answer, or has no workers.
    """
    from distributed import Client

    try:
        client = Client(scheduler, timeout=CONNECT_SECONDS)
        client.wait_for_workers(1, timeout=CONNECT_SECONDS)
    except (OSError, TimeoutError) as error:
        raise WorkerError(
            "run.scheduler",
            f"{scheduler} does not answer, or has no workers",
            "Start the scheduler and its workers, then run again",
        ) from error
    return client


@contextmanager
def _scheduler_needed(gone: str = GONE) -> Iterator[None]:
    """Say in one sentence that the scheduler went away during the work, or what else is `gone`.

    Raises
    ------
    WorkerError
    """
    from distributed import CancelledError
    from distributed.comm import CommClosedError

    try:
        yield
    except (CommClosedError, CancelledError) as error:
        raise lost_scheduler(gone) from error


def lost_scheduler(gone: str = GONE) -> WorkerError:
    """Return the error of work that nobody will finish."""
    remedy = "Start it if it is your own, then run again; finished tiles are kept"
    return WorkerError("run.scheduler", gone, remedy)


@contextmanager
def connect(
    scheduler: str | None, workers: int, work: Path, asked: frozenset[str] = frozenset()
) -> Iterator[Any]:
    """Yield a dask client with checked, warm workers; close it and what was started.

    Parameters
    ----------
    scheduler : str or None
        Address, or None for processes on this machine.
    workers : int
        Processes to start.
    work : Path
        OUT/.work, which every worker must see.
    asked : frozenset of str
        Kernels beside those of every job (`kernels.warm`).

    Raises
    ------
    InputError
        A worker cannot do this run's work.
    WorkerError
        Nobody answers, or the scheduler goes away during the work.
    """
    import distributed  # noqa: F401  first: on import it sets its loggers' levels

    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with contextlib.ExitStack() as stack:
        if scheduler is None:
            client = _begin_local(stack, workers)
        else:
            client = stack.enter_context(_reach(scheduler))
        with _scheduler_needed(GONE_EARLY):
            _check_workers(client, work)
            client.run(_warm, asked)
        with _scheduler_needed():
            yield client


def addresses(client: Any) -> Sequence[str]:
    """Return the addresses of the workers that are there now."""
    return sorted(client.scheduler_info(n_workers=-1)["workers"])
