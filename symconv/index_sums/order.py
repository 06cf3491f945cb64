"""The order in which a reader expects terms and factors."""

from typing import Any

from sympy import Add, Expr, Indexed, Le, Mod, Mul, Sum, Symbol, expand

from symconv.index_sums.nodes import Partial
from symconv.index_sums.symbols import LayerSymbols
from symconv.printing.expressions import Iverson


class Reading:
    """The order in which a reader expects things."""

    def __init__(self, setting: LayerSymbols) -> None:
        self.setting = setting
        plain = [index for role in ("output", "input", "tap") for index in setting.indices(role)]
        marked = [Symbol(f"{index.name}{mark}", integer=True) for index in plain for mark in ("", "'", "''")]
        self.indices = list(dict.fromkeys(marked))
        padded = str(setting.padded.label)
        self.first = [*self.indices, *dict.fromkeys(setting.of_axes("input_size"))]
        letters = (setting.notation.upstream, setting.notation.kernel, setting.notation.input, padded)
        self.letters = {letter: rank for rank, letter in enumerate(letters)}
        self.steps = [s for s in dict.fromkeys(setting.of_axes("dilation", "stride")) if s.is_Symbol]

    def terms(self, expr: Add) -> list[tuple[bool, Expr]]:
        """``(negative, term)``: indices first, then sizes, negatives behind them, the number last.

        Terms that share the stride or the dilation stand together: ``d (K - 1)``, ``s (i - 1)``.
        """
        plain, grouped = list(expr.args), []
        for factor in self.steps:
            shared = [term for term in plain if term.has(factor) and (term / factor).is_polynomial(factor)]
            if len(shared) < 2:
                continue
            plain = [term for term in plain if term not in shared]
            inner = expand(Add(*shared) / factor)
            grouped.append(self._signed(Mul(factor, inner, evaluate=False), inner))
        found = [self._signed(term, term) for term in plain]
        return sorted([*found, *grouped], key=self._term_key)

    def _signed(self, term: Expr, inner: Expr) -> tuple[bool, Expr]:
        """Whether a term is written with a minus, and the term without it."""
        if isinstance(inner, Add):
            first = self.terms(inner)
            negative = all(minus for minus, part in first if not part.is_number)
            if not negative:
                return False, term
            return True, Mul(term.args[0], expand(-inner), evaluate=False)
        negative = bool(inner.could_extract_minus_sign())
        return negative, -term if negative else term

    def _term_key(self, item: tuple[bool, Expr]) -> tuple[Any, ...]:
        negative, term = item
        rank = min((i for i, letter in enumerate(self.first) if term.has(letter)), default=99)
        return (bool(term.is_number), negative, term.has(Sum, Indexed), rank, len(term.args), str(term))

    def factors(self, expr: Mul) -> list[Expr]:
        """Numbers, brackets, sizes, indices, entries in the order upstream, kernel, input, then sums."""
        return sorted(expr.args, key=self._factor_key)

    def _factor_key(self, factor: Expr) -> tuple[Any, ...]:
        if factor.is_number:
            kind = 0
        elif isinstance(factor, Iverson):
            kind = 2 if factor.has(Mod) else 3 if factor.has(Le) else 1
        elif isinstance(factor, Symbol):
            kind = 5 if factor in self.indices else 4
        elif isinstance(factor, Indexed):
            return (7, self.letters.get(str(factor.base.label), -1), str(factor))
        else:
            kind = 8 if isinstance(factor, Partial) else 9 if isinstance(factor, Sum) else 6
        return (kind, 0, str(factor))
