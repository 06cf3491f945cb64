"""The report of a check: what was compared with what, how often, and where it failed."""

from collections.abc import Mapping
from dataclasses import dataclass

from symconv.check.evaluate import Number
from symconv.printing.rich import paragraph, table, words
from symconv.printing.targets import target_of


@dataclass(frozen=True)
class Counterexample:
    """An entry in which a quantity and a reference differ, with the numbers that were put in."""

    quantity: str
    index: tuple[int, ...]
    found: Number
    expected: Number
    operands: Mapping[str, list[Number]]

    def __str__(self) -> str:
        where = f"{self.quantity}[{', '.join(map(str, self.index))}]"
        numbers = ", ".join(f"{name} = {values}" for name, values in self.operands.items())
        return f"{where} is {self.found}, but the reference gives {self.expected}, for {numbers}"


@dataclass(frozen=True)
class Finding:
    """The comparison of one quantity with one reference."""

    quantity: str
    reference: str
    cases: int
    largest_error: Number
    counterexample: Counterexample | None = None

    def __bool__(self) -> bool:
        return self.counterexample is None


@dataclass(frozen=True, repr=False)
class Report:
    """The result of a check; true if and only if there is a comparison and all comparisons agree.

    Attributes
    ----------
    findings : tuple of Finding
        One comparison of a quantity with a reference each.
    missing : tuple of str
        What was left out: references that are not installed, and comparisons that are too large.

    Examples
    --------
    >>> import symconv as sc
    >>> print(str(sc.Conv1d(4, 3).check(reference="loops")).splitlines()[-1])
    all agree exactly
    """

    findings: tuple[Finding, ...]
    missing: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.findings) and all(self.findings)

    def __str__(self) -> str:
        rows = [target_of("text").table(self._table("DIFFERS"), "llrrl")] if self.findings else []
        return "\n".join([*rows, *self._remarks])

    @property
    def _remarks(self) -> list[str]:
        """Where it failed, what was left out, and the verdict."""
        missing = [f"not compared with {name}" for name in self.missing]
        if not self.findings:
            return [*missing, "nothing was compared"]
        failed = [f"{f.reference}: {f.counterexample}" for f in self.findings if not f]
        verdict = f"{len(failed)} of {len(self.findings)} comparisons differ"
        if not failed:
            exact = all(f.largest_error == 0 for f in self.findings)
            verdict = "all agree exactly" if exact else "all agree up to rounding"
        return [*failed, *missing, verdict]

    __repr__ = __str__

    def latex(self) -> str:
        """The findings as an ``array``."""
        return target_of("latex").table(self._table("differs"), "llrrl")

    def _table(self, differs: str) -> list[tuple[str, ...]]:
        """A row a finding, under a head."""
        rows: list[tuple[str, ...]] = [("quantity", "reference", "entries", "largest error", "")]
        for f in self.findings:
            rows.append((f.quantity, f.reference, str(f.cases), str(f.largest_error), "ok" if f else differs))
        return rows

    def _repr_html_(self) -> str:
        head, *rows = (tuple(map(words, row)) for row in self._table("differs"))
        return "\n".join([*([table(head, rows)] if rows else []), *map(paragraph, map(words, self._remarks))])

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"
