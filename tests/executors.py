"""Executors for tests: one that finishes what it is given in a random order, and pools of processes."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_all_start_methods, get_context
from typing import Any


class Disordered(Executor):
    """Waits until there is nothing more to do at once, then finishes tasks in a random order, one by one."""

    def __init__(self, seed: int = 0) -> None:
        self.finished: list[int] = []
        self.cancelled = 0
        self._pending: list[tuple[int, Future[Any], Callable[[], Any]]] = []
        self._random, self._given, self._ended = random.Random(seed), 0, threading.Event()
        self._changed = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self._pending.append((self._given, future, lambda: fn(*args, **kwargs)))
        self._given += 1
        self._changed.set()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._ended.set()
        self._changed.set()
        self._thread.join()

    def _work(self) -> None:
        while self._pending or not self._ended.is_set():
            self._changed.clear()
            if self._changed.wait(0.005) and not self._ended.is_set():
                continue  # more was given meanwhile
            if self._pending:
                number, future, call = self._pending.pop(self._random.randrange(len(self._pending)))
                if not future.set_running_or_notify_cancel():
                    self.cancelled += 1
                    continue
                self.finished.append(number)
                try:
                    future.set_result(call())
                except BaseException as error:  # it is the caller's
                    future.set_exception(error)

    @property
    def out_of_order(self) -> bool:
        """Whether anything was finished before what was given earlier."""
        return self.finished != sorted(self.finished)


@contextmanager
def processes(number: int = 2) -> Iterator[Executor]:
    """Processes that are no forks of this one, with the package loaded where the platform has such."""
    context = get_context("spawn")
    if "forkserver" in get_all_start_methods():
        context = get_context("forkserver")
        context.set_forkserver_preload(["symconv.cli", "symconv.layers", "symconv.notes", "latexify"])
    with ProcessPoolExecutor(number, context) as pool:
        yield pool
