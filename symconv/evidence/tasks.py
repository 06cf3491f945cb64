"""Tasks on any executor: the answers come in the order of the questions, whatever is finished first."""

from __future__ import annotations

import pickle
import re
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor
from functools import lru_cache
from itertools import islice
from typing import Any, Generic, TypeVar

from symconv.errors import OptionError, SymconvError

#: So many tasks are handed over before the first of them is waited for: enough for every worker of many
#: machines, and few enough that a sweep of any length needs little memory.
IN_FLIGHT = 256

#: What is raised by dask in the place of a result that no worker lives to give.
_LOST = ("KilledWorker",)

#: What pickle says of what it cannot send.
_UNSENT = re.compile(r"Can't (pickle|get) (local object|<)|^cannot pickle ")

#: What is said then, and of a process of this machine that is gone.
DIED = (
    "a worker process was killed or could not start: use fewer workers if memory ran out, define functions "
    "in a module, and start processes in a script only under if __name__ == '__main__'."
)

_Question = TypeVar("_Question")
_Answer = TypeVar("_Answer")


class ExecutorError(SymconvError, RuntimeError):
    """An executor that broke, or was shut down, before all was done."""


def accepted(executor: Any) -> Executor:
    """An executor; an error that says what to write for what is none.

    Raises
    ------
    OptionError
        When it has no ``submit``, or is a client of dask, which has an executor.
    """
    if hasattr(executor, "get_executor"):
        raise OptionError("{option} is a client: write client.get_executor().", "executor", executor)
    if not callable(getattr(executor, "submit", None)):
        sentence = "{option} is {given!r}, which has no method submit: give a concurrent.futures.Executor."
        raise OptionError(sentence, "executor", executor)
    found: Executor = executor
    return found


def mapped(
    task: Callable[[_Question], _Answer], questions: Iterable[_Question], executor: Executor | None = None
) -> Generator[_Answer, None, None]:
    """The answer to each question, in order; with an executor, several are worked on at once.

    Task, questions and answers must be picklable if the executor has other processes. Questions are read
    when there is room for them. What is still waiting is cancelled when an answer is an error, and when the
    generator is closed.

    Raises
    ------
    ExecutorError
        When the executor breaks or is shut down. The errors of tasks are raised as they are.

    Examples
    --------
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> with ThreadPoolExecutor(2) as pool:
    ...     list(mapped(abs, [-3, 2, -1], pool))
    [3, 2, 1]
    """
    if executor is None:
        yield from map(task, questions)
        return
    submit, waiting, kept = accepted(executor).submit, iter(questions), Kept(task)
    running: deque[Any] = deque()

    def hand_over(number: int) -> None:
        for question in islice(waiting, number):
            try:
                running.append(submit(kept, question))
            except RuntimeError as error:
                raise broken(error) from error

    try:
        hand_over(IN_FLIGHT)
        while running:
            answer = result(running.popleft())
            hand_over(1)
            yield answer
    finally:
        for future in running:
            future.cancel()


class Kept(Generic[_Question, _Answer]):
    """A task for many questions: another process reads it once, and keeps what it computes for itself."""

    def __init__(self, task: Callable[[_Question], _Answer]) -> None:
        self._task = task
        self._frozen: bytes | None = None

    def __call__(self, question: _Question) -> _Answer:
        return self._task(question)

    def __reduce__(self) -> tuple[Any, ...]:
        try:
            self._frozen = self._frozen or pickle.dumps(self._task)
        except (pickle.PicklingError, AttributeError, TypeError):
            return Kept, (self._task,)  # the executor may know how to send it
        return _kept, (self._frozen,)


@lru_cache(maxsize=4)
def _kept(frozen: bytes) -> Kept[Any, Any]:
    return Kept(pickle.loads(frozen))


def result(future: Any) -> Any:
    """What a future gives; an :class:`ExecutorError` where its executor is what fails."""
    try:
        return future.result()
    except (BrokenExecutor, CancelledError) as error:
        raise broken(error) from error
    except Exception as error:
        if type(error).__name__ in _LOST:
            raise broken(error) from error
        if _UNSENT.search(str(error)):
            sentence = "a task cannot be sent to another process: define functions in a module, by def"
            raise ExecutorError(f"{sentence} ({error}).") from error
        raise


def broken(error: BaseException) -> ExecutorError:
    """What is said of an executor that gives no more answers."""
    if isinstance(error, BrokenExecutor) or type(error).__name__ in _LOST:
        return ExecutorError(DIED)
    if isinstance(error, CancelledError):
        return ExecutorError("the executor was shut down before all was done: give one that is open.")
    return ExecutorError(f"the executor takes no more tasks: {error}. Give one that is open.")


def parts(items: Iterable[_Question], sizes: Iterable[int]) -> Iterator[list[_Question]]:
    """Lists of so many items each.

    >>> list(parts("abcd", [1, 3]))
    [['a'], ['b', 'c', 'd']]
    """
    rest = iter(items)
    for size in sizes:
        yield list(islice(rest, size))
