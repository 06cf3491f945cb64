"""``python -m tests.bench``: times, ratios, growth and memory, all in one run."""

from __future__ import annotations

import argparse
import gc
import math
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from sympy.core.cache import clear_cache

from tests.bench import cases, evidence, networks, planes

MEMORY = """
import symconv as sc
def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
sc.Conv1d(2, 1, padding="full").output
before = peak()
sc.Conv1d({n}, {k}, padding="full", flip=True).output
print(peak() - before)
"""


def best(work: Callable[[Any], object], repeats: int, prepare: Callable[[], Any] = lambda: None) -> float:
    """The shortest of some runs in seconds, SymPy's cache cleared and garbage gone before each."""
    shortest = math.inf
    for _ in range(repeats):
        clear_cache()
        given = prepare()
        gc.collect()
        start = time.perf_counter()
        result = work(given)
        shortest = min(shortest, time.perf_counter() - start)
        del result, given
    return shortest


def _alone(work: Callable[[], object], _: object) -> object:
    """Work that is given nothing."""
    return work()


def compare(case: cases.Case, *, once: bool) -> None:
    """Print one case: symconv's time, then each peer's with its ratio."""
    ours = best(case.work, 7 if case.terms and not once else 1, case.prepare)
    print(f"{case.name} ({case.terms:,} terms)" if case.terms else case.name)
    print(f"    {'symconv':24}{1e3 * ours:12,.2f} ms")
    for name, work in case.peers.items():
        theirs = best(partial(_alone, work), 1 if once else 3)
        print(f"    {name:24}{1e3 * theirs:12,.2f} ms{theirs / ours:12,.1f} times symconv's", flush=True)


def growth(make: Callable[[int], cases.Case], sizes: list[int], *, once: bool) -> None:
    """Print the exponent of time in N, fitted by least squares over the sizes."""
    times = [best(made.work, 1 if once else 5, made.prepare) for made in map(make, sizes)]
    xs, ys = [math.log(n) for n in sizes], [math.log(t) for t in times]
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / sum(
        (x - mean_x) ** 2 for x in xs
    )
    shown = ", ".join(f"{1e3 * t:,.1f}" for t in times)
    print(
        f"    {make(sizes[0]).name.replace(f'N={sizes[0]} ', ''):32} exponent {slope:5.2f}   ms: {shown}",
        flush=True,
    )


def memory(n: int, k: int) -> float:
    """Peak memory in MB that the output takes above what the imports took, in a fresh process."""
    code = MEMORY.format(n=n, k=k)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return int(done.stdout) / 1024


def start_up(*, once: bool) -> None:
    """Print the times of ``symconv --help`` and of importing SymPy, each in fresh processes."""

    def run(*call: str) -> float:
        command = [sys.executable, *call]
        return best(lambda _: subprocess.run(command, capture_output=True, check=True), 1 if once else 7)

    ours, theirs = run("-m", "symconv", "--help"), run("-c", "import sympy")
    print(
        f"symconv --help {1e3 * ours:.0f} ms, import sympy {1e3 * theirs:.0f} ms: {ours / theirs:.2f} of it"
    )


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, once, to see that all runs")
    quick = parser.parse_args(arguments).quick
    compare(cases.output(*((64, 8) if quick else (1024, 64))), once=quick)
    compare(cases.gradients(*((16, 3) if quick else (256, 9))), once=quick)
    compare(cases.latex(*((64, 8) if quick else (1024, 64))), once=quick)
    compare(cases.matrix(*((64, 3) if quick else (4096, 9))), once=quick)
    compare(cases.dense(*((16, 3) if quick else (512, 9))), once=quick)
    compare(cases.evaluation(*((16, 3) if quick else (1024, 9))), once=quick)
    compare(cases.check(*((16, 3) if quick else (128, 9))), once=quick)
    compare(cases.dense_gradient(*((16, 3) if quick else (256, 9))), once=quick)
    compare(cases.printing(), once=quick)
    for plane in (planes.output, planes.gradients, planes.matrix, planes.latex):
        compare(plane(6 if quick else 32), once=quick)
    for step in ("derive", "prove") if quick else ("derive", "verify", "prove"):
        compare(cases.derivation(step), once=quick)
    for layer, few in zip(evidence.LAYERS, (2, 1) if quick else (200, 12), strict=True):
        for quantity in ("output",) if quick else ("output", "matrix", "grad_input", "grad_kernel"):
            evidence.compare(evidence.verification(layer, quantity, few, max(1, few // 10)))
        evidence.compare(evidence.proofs(layer, "output" if quick else "grad_input"))
    for depth in (2,) if quick else (2, 3, 4):
        compare(networks.backprop(depth, by_sympy=True), once=quick)
    compare(networks.backprop(4 if quick else 10, by_sympy=False), once=quick)
    compare(networks.trained(2 if quick else 16), once=quick)
    sizes = [32, 64] if quick else [2**power for power in (10, 12, 14, 16)]
    print(f"growth over N = {', '.join(f'{n:,}' for n in sizes)}")
    for quantity in cases.GROWING:
        growth(partial(cases.grow, quantity, k=9), sizes, once=quick)
    for quantity in ("output", "matrix", "grad_input", "grad_kernel"):
        growth(partial(planes.grow, quantity), [8 * n for n in sizes[:3]], once=quick)
    growth(networks.derived, [1, 2] if quick else [2, 4, 8, 16], once=quick)
    growth(lambda n: cases.latex(n, 9), sizes, once=quick)
    growth(lambda n: cases.evaluation(n, 9), sizes, once=quick)
    n, k = (64, 8) if quick else (1024, 64)
    print(f"peak memory of the output of {n * k:,} terms: {memory(n, k):.1f} MB above the imports")
    start_up(once=quick)


if __name__ == "__main__":
    main()
