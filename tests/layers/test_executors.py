"""Layers and derivations on executors: the same answers, whatever finishes first and wherever it is done."""

from __future__ import annotations

import pickle
import re
import runpy
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import symconv as sc
from symconv.errors import OptionError
from symconv.evidence.tasks import ExecutorError
from tests.derivation.test_rules import moved_bound
from tests.executors import Disordered, processes
from tests.tiers import exhaustive, tiers

#: One layer of each kind, by a name; new ones each time, since a layer keeps what it has found.
LAYERS = {
    "strided": lambda: sc.Conv1d("N", "K", stride="s", padding="p", bias=True),
    "flipped": lambda: sc.Conv1d("N", "K", padding="full", flip=True),
    "channels": lambda: sc.Conv2d("H", 2, in_channels="C", out_channels=4, groups=2),
    "transposed": lambda: sc.ConvTranspose1d("N", "K", stride=2, output_padding=1),
    "average": lambda: sc.AvgPool1d("N", "K", stride="s"),
    "maximum": lambda: sc.MaxPool1d("N", 2),
    "reflected": lambda: sc.Conv1d("N", 3, padding=1, padding_mode="reflect", notation="goodfellow"),
    "numeric": lambda: sc.Conv2d(4, 2, in_channels=2, out_channels=2, padding=1, bias=True),
    "values": lambda: sc.Conv1d(4, 3).at(x=[1, 2, 3, 4], w=[5, 6, 7]),
}
OPEN = [name for name in LAYERS if name not in ("numeric", "values")]


@pytest.fixture(scope="module")
def pool() -> Iterator[Executor]:
    with processes() as found:
        yield found


def asked(layer: Any) -> str:
    """What a layer says of itself; afterwards it holds all that it has found."""
    names = ["output_size", "output"] if not layer.entries.given else []
    derived = [f"{layer.formula(n)}{layer.derive(n)}" for n in names]
    explicit = [str(layer.equation(n)) for n in layer.equation_names] if layer.spec.numeric else []
    return "\n".join([repr(layer), *map(str, layer.algorithm_names), *explicit, *derived])


def once_more(frozen: bytes) -> str:
    return asked(pickle.loads(frozen))


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", tiers(LAYERS, always=("strided", "values")))
def test_a_layer_is_the_same_in_another_process_whatever_was_asked_of_it(name: str, pool: Executor) -> None:
    layer = LAYERS[name]()
    fresh, told = pickle.dumps(layer), asked(layer)
    used = pickle.dumps(layer)
    assert [pool.submit(once_more, data).result() for data in (fresh, used)] == [told, told]


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", tiers(OPEN, always=("strided",)))
@pytest.mark.parametrize("engine", tiers(["z3", "islpy"], always=("z3",)))
def test_a_proof_is_the_same_whatever_finishes_first(name: str, engine: str, pool: Executor) -> None:
    def proof(executor: Executor | None) -> tuple[Any, str]:
        found = LAYERS[name]().derive("output").prove(engine=engine, executor=executor)
        return found, repr(found)

    with Disordered() as random, ThreadPoolExecutor(2) as threads:
        assert [proof(executor) for executor in (random, threads, pool)] == [proof(None)] * 3
        assert random.out_of_order


def wrong(derivation: sc.Derivation) -> sc.Derivation:
    """With an error in a limit of the first step whose sum has one."""
    lines = list(derivation._lines)
    at = next(n for n, line in enumerate(lines) if line.terms.bounds)
    lines[at] = replace(lines[at], terms=moved_bound(lines[at].terms, high=-1))
    derivation._lines = lines
    del derivation._trials
    return derivation


#: Those of no size are the usual ones, drawn where there are several indices.
GRIDS: dict[str, dict[str, range]] = {
    "usual": {}, "grid": {"N": range(1, 12), "K": range(1, 4), "H": range(2, 6)}
}  # fmt: skip


@pytest.mark.parametrize("right", [True, False])
@pytest.mark.parametrize("grid", tiers(GRIDS, always=("grid",)))
@pytest.mark.parametrize("name", tiers(OPEN, always=("strided",)))
def test_a_verification_is_the_same_whatever_finishes_first(
    name: str, grid: str, right: bool, pool: Executor
) -> None:
    derivation, shown = LAYERS[name]().derive("output"), Bar()
    known = {symbol.name for symbol in derivation._setting.symbols}
    named = {size: numbers for size, numbers in GRIDS[grid].items() if size in known}
    derivation = derivation if right else wrong(derivation)
    alone = derivation.verify(progress=shown, **named)
    assert bool(alone) == right
    with Disordered() as random, ThreadPoolExecutor(2) as threads:
        for executor in (random, threads, pool):
            bar = Bar()
            found = derivation.verify(progress=bar, executor=executor, **named)
            assert (found, repr(found), str(found)) == (alone, repr(alone), str(alone))
            assert bar.told == shown.told
        assert random.out_of_order or len(shown.told) < 5


def doubled(x: Any, w: Any, stride: int) -> Any:
    """Valid cross-correlation by NumPy, wrong at the first stride that is not 1 or 2."""
    return np.convolve(x, w[::-1], "valid")[:: min(stride, 2)]


def strided(x: Any, w: Any, stride: int) -> Any:
    return np.convolve(x, w[::-1], "valid")[::stride]


CLAIMS: dict[str, tuple[str, Any, dict[str, range]]] = {
    "right": ("output", "sum(k=0..K - 1) w[k]*x[s*i + k]", {}),
    "on a grid": ("output", "sum(k=0..K - 1) w[k]*x[s*i + k]", {"N": range(1, 20), "K": range(1, 6)}),
    "wrong": ("output", "sum(k=0..K - 1) w[k]*x[i + s*k]", {}),
    "wrong late": ("output_size", "floor((N - K)/s) + 1 + floor(N/19)", {"N": range(1, 22)}),
    "wrong beyond": ("output_size", "floor((N - K)/s) + 1 + floor(N/1000)", {}),
    "wrong, exact only": ("output_size", "floor((N - K)/s) + 1 + 9^64*floor(s/99)", {}),
    "function": ("output", strided, {}),
    "wrong function": ("output", doubled, {}),
}


@pytest.mark.parametrize("name", tiers(CLAIMS, always=("wrong late", "wrong function")))
def test_a_verdict_is_the_same_whatever_finishes_first(name: str, pool: Executor) -> None:
    quantity, candidate, grid = CLAIMS[name]

    def verdict(executor: Executor | None) -> tuple[sc.Claim, str, int]:
        claim = sc.Conv1d("N", "K", stride="s").claim(quantity, candidate, executor=executor, **grid)
        return claim, str(claim), claim.cases

    alone = verdict(None)
    assert bool(alone[0]) == ("wrong" not in name)
    with Disordered() as random, ThreadPoolExecutor(2) as threads:
        assert [verdict(executor) for executor in (random, threads, pool)] == [alone] * 3
        assert random.out_of_order


def test_a_refuted_claim_is_tried_no_further() -> None:
    layer = sc.Conv1d("N", 2)
    claim = layer.claim("output_size", "N - 1 + floor(N/50)", N=range(2, 5000))
    assert claim.cases == 49
    with Disordered() as executor:
        assert layer.claim("output_size", "N", N=range(2, 5000), executor=executor).cases == 1
    assert len(executor.finished) < 8


def test_a_function_that_cannot_be_sent_is_said_to_be(pool: Executor) -> None:
    with pytest.raises(ExecutorError, match="a task cannot be sent to another process: define functions in"):
        sc.Conv1d("N", "K").claim("output", lambda x, w: x, executor=pool)
    with ThreadPoolExecutor(1) as threads:
        assert not sc.Conv1d("N", "K").claim("output", lambda x, w: x, executor=threads)


def test_a_sweep_is_split_into_parts_that_grow() -> None:
    derivation, shown = sc.Conv1d(4, 2, stride="s").derive("output_size"), Bar()
    found = derivation.verify(s=range(1, 3001), progress=shown)
    assert found.cases == 3000
    assert shown.told == [32, 128, 512, 1024, 1024, 280, "end", "left"]


@exhaustive
def test_a_sweep_keeps_no_cases() -> None:
    layer, sizes = sc.Conv1d(4, 1, stride="s", dilation="d"), list[int]()
    derivation = layer.derive("output_size")
    tracemalloc.start()
    try:
        for dilations in (300, 900):  # both sweeps have many parts of the largest size
            tracemalloc.reset_peak()
            verified = derivation.verify(s=range(1, 41), d=range(1, dilations + 1))
            assert verified
            assert verified.cases == 40 * dilations
            sizes.append(tracemalloc.get_traced_memory()[1])
    finally:
        tracemalloc.stop()
    assert sizes[1] < 1.5 * sizes[0]


def test_what_a_second_solver_confirms_is_the_same() -> None:
    derivation = sc.Conv1d("N", "K", stride="s").derive("output_size")
    with Disordered() as executor:
        assert derivation.prove(confirm=True, executor=executor) == derivation.prove(confirm=True)


@pytest.mark.parametrize("reference", tiers([None, "loops"], always=("loops",)))
@pytest.mark.parametrize("name", tiers(["numeric", "values"], always=("values",)))
def test_a_check_is_the_same_whatever_finishes_first(
    name: str, reference: str | None, pool: Executor
) -> None:
    shown = Bar()
    alone = LAYERS[name]().check(reference=reference, draws=2, progress=shown)
    with Disordered() as random:
        for executor in (random, pool):
            bar = Bar()
            found = LAYERS[name]().check(reference=reference, draws=2, progress=bar, executor=executor)
            assert (found, str(found)) == (alone, str(alone))
            assert bar.told == shown.told
        assert random.out_of_order


class Bar:
    """A progress bar that notes what it has shown."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def __call__(self, work: Any) -> Bar:
        self.work = work
        return self

    def __enter__(self) -> Iterator[Any]:
        for item in self.work:
            self.told.append(item)
            yield item
        self.told.append("end")

    def __exit__(self, *stopped: object) -> None:
        self.told.append("left")


def test_what_is_no_executor_is_refused_everywhere() -> None:
    layer = sc.Conv1d("N", "K")
    derivation = layer.derive("output")
    claim = partial(layer.claim, "output", "x[i]")
    for ask in (
        derivation.prove,
        derivation.verify,
        claim,
        partial(sc.Conv1d(4, 3).check, reference="loops"),
    ):
        with pytest.raises(OptionError, match="executor is 2, which has no method submit"):
            ask(executor=2)


PAGE = (Path(__file__).resolve().parents[2] / "docs" / "sweeps.md").read_text(encoding="utf-8")


def test_the_sweep_of_the_page_is_over_a_million_geometries_and_prints_what_it_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    script, printed = re.findall(
        r"^:caption: sweep\.py\n\n(.*?)^````\n\n```text\n(.*?)^```", PAGE, re.S | re.M
    )[0]
    (tmp_path / "sweep.py").write_text(script, encoding="utf-8")
    sizes = runpy.run_path(str(tmp_path / "sweep.py"))["SIZES"]
    assert prod(map(len, sizes.values())) == 10**6
    small = {name: [numbers[0], numbers[-1]] for name, numbers in sizes.items()}
    (tmp_path / "sweep.py").write_text(
        re.sub(r"^SIZES = .*", f"SIZES = {small}", script, flags=re.M), encoding="utf-8"
    )
    monkeypatch.setattr("concurrent.futures.ProcessPoolExecutor", ThreadPoolExecutor)
    runpy.run_path(str(tmp_path / "sweep.py"), run_name="__main__")
    *lines, seconds = capsys.readouterr().out.splitlines()
    *told, took = printed.splitlines()
    assert [line.replace("32 cases", "1000000 cases") for line in lines] == told
    assert re.fullmatch(r"\d+ s", seconds)
    assert re.fullmatch(r"\d+ s", took)
