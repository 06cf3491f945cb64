"""Random claims, most of them wrong: right formulas altered, or with a term that is switched on far away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Any

from sympy import Symbol

import symconv as sc
from symconv.index_sums.printers import text_for
from tests.evidence.claim_oracle import Axis, Layer


@dataclass(frozen=True)
class Family:
    """A layer, the same for the oracle, and numbers for its symbols in the grid of a claim."""

    made: Any
    oracle: Layer
    grid: dict[str, range]
    quantities: tuple[str, ...]

    @cached_property
    def formulas(self) -> dict[str, Any]:
        return {name: self.made.formula(name) for name in self.quantities}

    @cached_property
    def right(self) -> dict[str, str]:
        """The layer's own formulas as text."""
        return {
            name: text_for(formula._setting).expr(formula._shown).replace("Mod(", "mod(")
            for name, formula in self.formulas.items()
        }


_PLAIN = ("output_size", "output", "matrix", "windows", "grad_input", "grad_kernel")
_N, _K, _P, _S = range(1, 6), range(1, 4), range(3), range(1, 4)


def _conv(
    quantities: tuple[str, ...] = _PLAIN, transposed: bool = False, base: int = 0, **options: Any
) -> Family:
    padding = options.get("padding", 0)
    stride, dilation = options.get("stride", 1), options.get("dilation", 1)
    reach = f"({dilation})*(K - 1)"
    named = {"full": (reach, reach), "same": (f"floor({reach}/2)", f"{reach} - floor({reach}/2)")}
    pair = named.get(padding, padding if isinstance(padding, tuple) else (padding, padding))
    axis = Axis(
        "N", "K", str(stride), str(dilation), *map(str, pair), options.get("flip", False), transposed,
        str(options.get("output_padding", 0)), options.get("padding_mode") == "circular",
    )  # fmt: skip
    channels = tuple(str(options.get(name, 1)) for name in ("in_channels", "out_channels", "groups"))
    oracle = Layer(
        (axis,), channels if "in_channels" in options else None, options.get("batch"),
        options.get("bias", False), base=base,
    )  # fmt: skip
    kind = sc.ConvTranspose1d if transposed else sc.Conv1d
    made = kind("N", "K", notation=sc.Notation(base=base), **options)
    spans = {
        "N": _N,
        "K": _K,
        "p": _P,
        "q": _P,
        "s": _S,
        "d": _S,
        "A": _S,
        "O": _S,
        "Q": range(1, 3),
        "a": range(2),
    }
    return Family(made, oracle, {s.name: spans[s.name] for s in made.closed.symbols.symbols}, quantities)


def families() -> Iterator[Family]:
    """One axis in many ways; two axes; channels; pools."""
    yield _conv()
    yield _conv(padding="p")
    yield _conv(stride=2)
    yield _conv(stride="s")
    yield _conv(stride=3, dilation=2, padding=("p", "q"))
    yield _conv(padding="full", flip=True)
    yield _conv(padding="same", dilation=2)
    yield _conv(stride="s", padding="p", flip=True)
    yield _conv(dilation="d", padding=1)
    yield _conv(stride=2, padding="p", base=1)
    yield _conv(bias=True, base=1)
    yield _conv(transposed=True, stride=2, output_padding=1)
    yield _conv(transposed=True, stride="s", padding="p", flip=True)
    yield _conv(stride="s", dilation="d", padding=("p", "q"))
    yield _conv(stride="s", dilation="d", padding="full", flip=True)
    yield _conv(transposed=True, stride="s", dilation="d", padding="p", output_padding="a")
    yield _conv(padding="p", padding_mode="circular", quantities=("output", "windows", "grad_kernel"))
    circular = ("output", "windows", "grad_kernel")
    yield _conv(circular, padding="p", padding_mode="circular", stride="s", dilation="d")
    yield _conv(stride="K", quantities=("output_size", "output", "grad_input"))
    channels = ("output", "grad_input", "grad_kernel")
    yield _conv(channels, in_channels="A", out_channels="O", bias=True, stride=2)
    yield _conv(channels, in_channels=4, out_channels=2, groups=2, batch="Q", bias=True)
    axes = Axis(stride="2"), Axis("H", "2", before="p", after="p")
    yield Family(
        sc.Conv2d(("N", "H"), ("K", 2), stride=(2, 1), padding=(0, "p")), Layer(axes),
        {"N": _N, "H": _N, "K": _K, "p": _P}, ("output_size", "output", "grad_input"),
    )  # fmt: skip
    yield Family(
        sc.AvgPool1d("N", 3, stride=2, padding=1), Layer((Axis("N", "3", "2", "1", "1", "1"),), kind="mean"),
        {"N": range(1, 8)}, ("output_size", "output", "grad_input"),
    )  # fmt: skip
    yield Family(
        sc.AvgPool1d("N", "K", stride=2), Layer((Axis(stride="2"),), kind="mean"), {"N": _N, "K": _K},
        ("output_size", "output", "grad_input"),
    )  # fmt: skip
    yield Family(
        sc.MaxPool1d("N", 2, stride=2), Layer((Axis("N", "2", "2"),), kind="choice"), {"N": range(1, 8)},
        ("output_size", "output", "grad_input"),
    )  # fmt: skip
    size = Symbol("N") - 3
    yield Family(
        sc.Conv1d(size, 2 * Symbol("r") + 1, stride=2), Layer((Axis("N - 3", "2*r + 1", "2"),)),
        {"N": range(4, 10), "r": range(3)}, ("output_size", "output", "grad_kernel"),
    )  # fmt: skip


@dataclass(frozen=True)
class WrongClaim:
    """A text that is claimed of a quantity; ``gate`` is a condition under which it may be wrong."""

    family: Family
    name: str
    text: str
    gate: str


def claims(seed: int, count: int, among: list[Family] | None = None) -> Iterator[WrongClaim]:
    """So many random claims, the same for the same seed."""
    rng = Random(seed)
    known = list(families()) if among is None else among
    for _ in range(count):
        family = rng.choice(known)
        yield _Maker(rng, family, rng.choice(family.quantities)).claim()


class _Maker:
    """Random parts of formulas in the letters of one quantity."""

    def __init__(self, rng: Random, family: Family, name: str) -> None:
        self._rng, self._family, self._name = rng, family, name
        formula = family.formulas[name]
        self._kept = [str(index) for index, _, _ in formula.index]
        self._sizes = list(family.grid)
        self._right = family.right[name]
        letters = {
            "output": ("w", "x"), "matrix": ("w",), "windows": ("x",), "grad_input": ("w", "delta"),
            "grad_kernel": ("x", "delta"), "output_size": (),
        }[name]  # fmt: skip
        case = next(case for case in map(family.oracle.at, self._corners()) if case is not None)
        self._ranks = {
            letter: len(case.shapes[letter])
            for letter in letters
            if letter in case.shapes and not (letter == "w" and family.oracle.kind != "weights")
        }
        self._pads = self._rng.random() < 0.5

    def _corners(self) -> Iterator[dict[str, int]]:
        yield {name: span[-1] for name, span in self._family.grid.items()}

    def claim(self) -> WrongClaim:
        gate = self._gate()
        text = self._rng.choice(
            [
                self._switched,
                self._switched,
                self._switched,
                self._weighed,
                self._altered,
                self._shifted,
                self._same,
            ]
        )(gate)
        return WrongClaim(self._family, self._name, text, gate)

    def _of(self, *parts: str) -> str:
        return self._rng.choice(parts)

    # conditions

    def _gate(self) -> str:
        """Sizes far beyond the grid, and often a condition on indices or remainders."""
        far, size, other = self._rng.randint(20, 60), self._of(*self._sizes), self._of(*self._sizes)
        found = self._of(
            f"[{size} > {far}]", f"[{size} >= {far}]", f"[N > {far}]", f"[N > {far}]",
            f"[2*N > {2 * far + 1}]",
            f"[N/2 > {far}/3]", f"[N - {other} >= {far}]", f"[{far} < {size}]",
            f"[{far} <= N < {far + self._rng.randint(1, 9)}]", f"[N = {far}]", f"[N/3 = {far}/2]",
        )  # fmt: skip
        more = [f"[mod({size}, 3) = {self._rng.randint(0, 2)}]", f"[2 divides {size}]", "[mod(N/2, 1) = 1/2]"]
        if self._kept:
            index = self._of(*self._kept)
            more += [f"[{index} > {far // 3}]", f"[mod({index}, 2) = 0]", f"[{index} = {far // 2}]"]
        return f"{found}*{self._of(*more)}" if self._rng.random() < 0.4 else found

    # numbers

    def _whole(self, *more: str) -> str:
        rng, size = self._rng, self._of(*self._sizes)
        names = [*self._kept, *self._kept, *more, *more, *self._sizes]
        name = self._of(*names)
        return self._of(
            str(rng.randint(-1, 4)), name, f"{name} + {rng.randint(1, 3)}", f"{name} - {rng.randint(1, 3)}",
            size, f"{size} - 1", f"2*{name}", f"max(0, {size} - {rng.randint(20, 50)})",
            f"min({name}, {rng.randint(0, 3)})", f"mod({name}, {rng.randint(2, 4)})",
            f"floor({name}/2)", f"ceil({name}/3)", f"-{name}", f"[{name} > 9]",
        )  # fmt: skip

    def _number(self, *more: str) -> str:
        """Whole or a fraction."""
        if self._rng.random() < 0.6:
            return self._whole(*more)
        inner = self._whole(*more)
        if self._rng.random() < 0.15:
            return f"{inner} + {self._zero()}/2"
        return self._of(
            f"({inner})/2", f"({inner})/3", f"{inner} + 1/2", f"mod(({inner})/2, 1)", "1/2",
            f"min(1, max(0, N - {self._rng.randint(20, 40)}))/2", f"({inner})/2 - floor(({inner})/2)",
        )  # fmt: skip

    def _zero(self) -> str:
        """A number that is 0 at every size, as long as nothing is divided by 0."""
        size = self._of(*self._sizes)
        return self._of(
            f"min({size}, 0)", f"(max({size}, 0) - {size})", f"(1 - [{size} >= 0])", f"[{size} < 0]",
            f"min({size}, 0)/(N - {self._rng.randint(20, 50)})",
        )  # fmt: skip

    # terms

    def _entry(self, *more: str) -> str:
        if not self._ranks:
            return f"({self._number(*more)})"
        letter = self._of(*self._ranks)
        return f"{letter}[{', '.join(self._number(*more) for _ in range(self._ranks[letter]))}]"

    def _junk(self, *more: str) -> str:
        count = self._of("1", "1", "2", "2", "3")
        factors = [self._entry(*more) for _ in range(int(count))]
        if self._rng.random() < 0.3:
            factors.append(f"({self._number(*more)})")
        if self._rng.random() < 0.2:
            factors.append(self._of("2", "1/2", "1/3", "3/2"))
        if self._rng.random() < 0.1:
            factors.append(self._zero())
        return "*".join(factors)

    def _term(self) -> str:
        rng = self._rng
        kind = rng.randint(0, 5)
        if kind <= 2:
            return self._junk()
        if kind == 3:
            index = self._of("t", "t", "k", "i", "N", "s", "j")
            taps = "K" if "K" in self._sizes else "2"
            low, high = self._of(
                ("0", f"{taps} - 1"), ("0", "1/2"), ("5", "3"), ("4", "1"), ("5", "-1"), ("N/2", "N/2 + 1"),
                ("1/2", "3/2"), ("0", f"[N > {rng.randint(20, 40)}] - 1"), (taps, f"{taps} - 1"),
                (self._number(), self._number()), ("0", self._number()), ("N", "N"),
            )  # fmt: skip
            return f"sum({index}={low}..{high}) {self._junk(index)}"
        if kind == 4:
            one = self._junk()
            return f"({one} - {self._junk()})" if rng.random() < 0.5 else f"({one} + {one})"
        low, high = self._number(), self._whole()
        return f"sum(t=0..{high}) sum({self._of('t', 'k', 'i')}={low}..t) {self._junk('t')}"

    # claims

    def _switched(self, gate: str) -> str:
        return f"{self._right} {self._of('+', '-')} {gate}*{self._term()}"

    def _weighed(self, gate: str) -> str:
        weight = self._of(f"1 + {gate}", f"1 + {gate}/2", f"1 - {gate}*({self._number()})")
        return f"({self._right})*({weight})"

    def _altered(self, gate: str) -> str:
        """One sign of the right formula is another."""
        places = list(re.finditer(r"\b\d+\b|[A-Za-z_]\w*|<=|[-+]", self._right))
        place = self._rng.choice(places)
        old = place.group()
        if old.isdigit():
            new = self._of(
                str(int(old) + 1), str(max(0, int(old) - 1)), f"({old} + {gate})", f"({old} + {gate}/2)"
            )
        elif old in "+-":
            leads = self._right[: place.start()].rstrip()[-1:] in ("", "(", "[", ",")
            new = "-" if old == "+" else "" if leads else "+"
        elif old in ("floor", "ceil", "max", "min"):
            new = {"floor": "ceil", "ceil": "floor", "max": "min", "min": "max"}[old]
        elif old == "<=":
            new = "<"
        elif old in (*self._sizes, *self._kept):
            new = self._of(*self._sizes, *self._kept, f"({old} + {gate})", f"({old} - {gate}/2)")
        else:
            new = old
        return self._right[: place.start()] + new + self._right[place.end() :]

    def _shifted(self, gate: str) -> str:
        """What the right formula takes is moved where the condition holds, by a whole number or not."""
        names = [name for name in (*self._kept, *self._sizes) if re.search(rf"\b{name}\b", self._right)]
        if not names:
            return self._switched(gate)
        name = self._of(*names)
        places = list(re.finditer(rf"\b{name}\b", self._right))
        place = self._rng.choice(places)
        step = self._of("", "/2", "*3", "*N", f"*({self._number()})")
        moved = f"({name} {self._of('+', '-')} {gate}{step})"
        return self._right[: place.start()] + moved + self._right[place.end() :]

    def _same(self, gate: str) -> str:
        """Right, or nearly: what is added is taken away, or never switched on."""
        term = self._junk()
        return self._of(
            f"{self._right} + [N < 1]*{term}", f"2*({self._right}) - {self._right}",
            f"({self._right})/2 + ({self._right})/2",
            f"{self._right} + {gate}*{gate.partition(']')[0]}]*0*{term}",
            f"{self._right} + sum(t=4..1) {term}", f"({self._right})*([N > 20] + [N <= 20])",
            f"{self._right} + {gate}*sum(t=0..1/2) {term} - {gate}*{term}",
        )  # fmt: skip
