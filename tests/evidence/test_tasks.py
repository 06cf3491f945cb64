"""Tasks on executors: answers in order, little at once, and errors that stop the rest."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest

from symconv.errors import OptionError
from symconv.evidence.tasks import IN_FLIGHT, ExecutorError, mapped, parts
from tests.executors import Disordered, processes


class Waiting(Executor):
    """Does nothing before it is asked for a result, which it then gives or raises."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error, self.futures = error, list[Future[Any]]()

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        executor = self

        class Late(Future[Any]):
            def result(self, timeout: float | None = None) -> Any:
                if executor.error is not None:
                    raise executor.error
                return fn(*args, **kwargs)

        self.futures.append(Late())
        return self.futures[-1]


def counted_up(seen: list[int], to: int) -> Iterator[int]:
    for number in range(to):
        seen.append(number)
        yield number


def failing(number: int) -> int:
    if number == 3:
        raise ZeroDivisionError("three")
    return number


def killed(number: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_answers_come_in_the_order_of_the_questions() -> None:
    with Disordered() as executor:
        assert list(mapped(abs, range(-40, 0), executor)) == list(range(40, 0, -1))
        assert executor.out_of_order


def test_without_an_executor_it_is_a_loop() -> None:
    seen: list[int] = []
    answers = mapped(abs, counted_up(seen, 9))
    assert (next(answers), next(answers), seen) == (0, 1, [0, 1])


def test_a_bounded_number_of_questions_is_read_at_once() -> None:
    seen: list[int] = []
    for number, answer in enumerate(mapped(abs, counted_up(seen, 4 * IN_FLIGHT), Waiting())):
        assert answer == number
        assert len(seen) <= number + 1 + IN_FLIGHT
    assert len(seen) == 4 * IN_FLIGHT


def test_the_error_of_a_task_is_raised_in_its_turn_and_the_rest_is_cancelled() -> None:
    executor, answers = Waiting(), []
    with pytest.raises(ZeroDivisionError, match="three"):
        answers += mapped(failing, range(10), executor)
    assert [future.cancelled() for future in executor.futures] == [False] * 4 + [True] * 6


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), SystemExit(), MemoryError()], ids=repr)
def test_what_stops_the_wait_cancels_all(stop: BaseException) -> None:
    executor = Waiting(stop)
    with pytest.raises(type(stop)):
        list(mapped(abs, range(5), executor))
    assert [future.cancelled() for future in executor.futures] == [False, True, True, True, True]


def test_closing_cancels_what_is_left() -> None:
    executor = Waiting()
    with closing(mapped(abs, range(5), executor)) as answers:
        assert next(answers) == 0
    assert all(future.cancelled() for future in executor.futures[1:])


#: The error of dask, which is known by its name, since dask need not be there.
KilledWorker = type("KilledWorker", (Exception,), {})


@pytest.mark.parametrize("error", [BrokenExecutor("gone"), KilledWorker("gone")], ids=repr)
def test_a_worker_that_died_is_one_sentence_with_a_cure(error: Exception) -> None:
    with pytest.raises(ExecutorError, match=r"a worker process was killed.*use fewer workers") as told:
        list(mapped(abs, range(5), Waiting(error)))
    assert "\n" not in str(told.value)
    assert told.value.__cause__ is error


def test_a_pool_whose_process_is_killed_is_said_to_be_broken() -> None:
    with processes(1) as pool, pytest.raises(ExecutorError, match="a worker process was killed"):
        list(mapped(killed, range(5), pool))


@pytest.mark.parametrize("error", [CancelledError(), None])
def test_an_executor_that_is_shut_down_is_said_to_be(error: CancelledError | None) -> None:
    executor: Executor = Waiting(error)
    if error is None:
        executor = ThreadPoolExecutor(1)
        executor.shutdown()
    with pytest.raises(ExecutorError, match=r"shut ?down.*[gG]ive one that is open\."):
        list(mapped(abs, range(5), executor))


class Client:
    """As that of dask, which is no executor but has one."""

    def submit(self) -> None: ...

    def get_executor(self) -> None: ...


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (2, "executor is 2, which has no method submit: give a concurrent.futures.Executor."),
        (Client(), "executor is a client: write client.get_executor()."),
    ],
    ids=["number", "client"],
)
def test_what_is_no_executor_is_refused(given: Any, words: str) -> None:
    with pytest.raises(OptionError) as told:
        list(mapped(abs, range(5), given))
    assert str(told.value) == words


class Counting:
    """A task that counts its calls."""

    calls = 0

    def __call__(self, question: int) -> tuple[int, int]:
        self.calls += 1
        return question, self.calls


def test_another_process_keeps_what_a_task_computes_for_itself() -> None:
    with processes(1) as pool:
        assert list(mapped(Counting(), range(5), pool)) == [(number, number + 1) for number in range(5)]


def test_a_task_that_cannot_be_sent_is_an_error() -> None:
    with (
        processes(1) as pool,
        pytest.raises(ExecutorError, match=r"cannot be sent.*define functions in a module.*lambda"),
    ):
        list(mapped(lambda number: number, range(5), pool))


def test_parts_read_no_more_than_they_give() -> None:
    seen: list[int] = []
    found = parts(counted_up(seen, 10), [1, 2, 3])
    assert next(found) == [0]
    assert seen == [0]
    assert list(found) == [[1, 2], [3, 4, 5]]
