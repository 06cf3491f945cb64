"""Sweeps on a cluster of dask: the same answers as without it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import symconv as sc
from symconv.errors import OptionError
from symconv.evidence.tasks import ExecutorError, mapped
from tests.layers.test_executors import CLAIMS
from tests.notes.test_course_executors import built
from tests.optional import required

distributed = required("distributed", "pip install distributed to run sweeps on a cluster")

pytestmark = pytest.mark.exhaustive


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as found,
    ):
        yield found


@pytest.fixture
def executor(client: Any) -> Executor:
    found: Executor = client.get_executor()
    return found


def layer() -> sc.Conv1d:
    return sc.Conv1d("N", "K", stride="s", padding="p", bias=True)


def killed(number: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_both_workers_take_part(executor: Executor) -> None:
    assert len(set(mapped(process, range(100), executor))) == 2


def process(number: int) -> int:
    return os.getpid()


@pytest.mark.parametrize("name", layer().formula_names)
def test_a_proof_is_the_same(name: str, executor: Executor) -> None:
    found = layer().derive(name).prove(executor=executor)
    assert repr(found) == repr(layer().derive(name).prove())
    assert found


@pytest.mark.parametrize("name", layer().formula_names)
def test_a_verification_is_the_same(name: str, executor: Executor) -> None:
    found = layer().derive(name).verify(executor=executor)
    assert repr(found) == repr(layer().derive(name).verify())
    assert found.cases > 1000


@pytest.mark.parametrize("name", CLAIMS)
def test_a_verdict_is_the_same(name: str, executor: Executor) -> None:
    quantity, candidate, grid = CLAIMS[name]
    strided = sc.Conv1d("N", "K", stride="s")
    alone, found = (strided.claim(quantity, candidate, executor=e, **grid) for e in (None, executor))
    assert (found, str(found), found.cases) == (alone, str(alone), alone.cases)


def test_a_check_is_the_same(executor: Executor) -> None:
    numeric = sc.Conv2d(4, 2, in_channels=2, out_channels=2, padding=1)
    for reference in ("loops", "differences"):
        found = numeric.check(reference=reference, executor=executor)
        assert found == numeric.check(reference=reference)


def test_a_course_is_the_same(executor: Executor, tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as pool:
        assert built(tmp_path / "one", executor) == built(tmp_path / "two", pool)


def test_the_client_itself_is_refused_with_what_to_write(client: Any) -> None:
    with pytest.raises(OptionError, match=r"write client\.get_executor\(\)"):
        layer().derive("output").prove(executor=client)


def test_a_worker_that_dies_is_one_sentence(executor: Executor) -> None:
    with pytest.raises(ExecutorError, match="a worker process was killed"):
        list(mapped(killed, range(1), executor))
