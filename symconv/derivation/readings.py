"""What somebody wrote, in the letters of a layer: ``w_k`` for ``w[k]``, and other letters on the left."""

import re
from collections.abc import Iterator, Mapping, Sequence

from sympy import Expr, Indexed, IndexedBase, Integer, Mul, Sum, Symbol, expand

from symconv.derivation.formula import Formula
from symconv.errors import OptionError
from symconv.index_sums.equation import WrittenEquation
from symconv.index_sums.nodes import Partial, Upsampled
from symconv.index_sums.symbols import LayerSymbols
from symconv.printing.english import counted


def in_own_letters(setting: LayerSymbols, formula: Formula, given: Expr | WrittenEquation) -> Expr:
    """The right side of what was written, in the sequences and indices of a formula.

    Raises
    ------
    OptionError
        If the left side is not that of the formula, or what the text says about letters and ranges is not
        what holds for the layer.
    """
    if isinstance(given, Expr | int):
        return _with_entries(setting, formula, given)
    read = {letter: _with_entries(setting, formula, size) for letter, size in given.definitions.items()}
    meant = {letter: size for letter, size in read.items() if not _defined_so(setting, formula, letter, size)}
    right = _with_entries(setting, formula, given.right).xreplace(meant)
    swap = _left_indices(setting, formula, _left_entry(formula, given.left))
    for index, first, last in given.ranges:
        ends = (_with_entries(setting, formula, end).xreplace(read) for end in (first, last))
        _require_range(formula, swap.get(index, index), tuple(ends))
    return _renamed(formula, right, swap)


def _renamed(formula: Formula, right: Expr, swap: Mapping[Symbol, Symbol]) -> Expr:
    """With the indices of the formula for those of the left side; no sum catches one of them."""
    free = {symbol for symbol in right.free_symbols if isinstance(symbol, Symbol)}
    for index in formula.kept:
        stray = next((s for s in free if s.name == index.name and s not in swap), None)
        if stray is not None and swap:
            raise OptionError(f"claim: {stray} stands on the right side, but is no index on the left.")
    taken = {symbol.name for pair in swap.items() for symbol in pair} | {symbol.name for symbol in free}
    return apart(right, taken).xreplace(dict(swap))


def apart(expr: Expr, taken: set[str]) -> Expr:
    """With an index of its own for every sum, which hides no other index and no size."""
    if not expr.has(Sum):
        return expr
    if not isinstance(expr, Sum):
        return expr.func(*(apart(part, taken) for part in expr.args))
    swap: dict[Symbol, Symbol] = {}
    limits = []
    for index, low, high in reversed(expr.limits):  # the outermost first
        ends = [apart(end, taken).xreplace(swap) for end in (low, high)]
        name = index.name
        while name in taken:
            name += "'"
        taken.add(name)
        swap[index] = Symbol(name, integer=True)
        limits.append((swap[index], *ends))
    return Sum(apart(expr.function, taken).xreplace(swap), *reversed(limits))


def _left_indices(setting: LayerSymbols, formula: Formula, left: Expr) -> dict[Symbol, Symbol]:
    """The indices of the formula by those that stand on the left side."""
    wanted = str(formula).partition(" = ")[0].strip()
    indices = left.indices if isinstance(left, Indexed) else ()
    head, own = str(left.base.label if isinstance(left, Indexed) else left), _left_letter(formula)
    sizes = {symbol.name for symbol in setting.symbols}
    if head != own and ("/" in head or head in _ranks(setting) or head in sizes):
        raise OptionError(f"claim: the left side is {left}, but that of {formula.name} is {wanted}.")
    if len(indices) != len(formula.kept):
        given, takes = (counted(len(found), "index", "indices") for found in (indices, formula.kept))
        raise OptionError(f"claim: {left} has {given}, but {wanted} has {takes}.")
    for index in indices:
        if not isinstance(index, Symbol) or index.name in sizes or indices.count(index) > 1:
            raise OptionError(
                f"claim: {index} is no index of {left}: write a letter of its own, as in {wanted}."
            )
    kept = [Symbol(index.name, integer=True) for index in formula.kept]  # nothing is known of their signs
    return dict(zip(indices, kept, strict=True))


def _left_entry(formula: Formula, left: Expr) -> Expr:
    """The left side as an entry: ``z_n`` is ``z[n]``, and the loss may have any letter."""
    own, base = _left_letter(formula), left.base.label if isinstance(left, Indexed) else left
    if not isinstance(base, Symbol):
        return left
    name = re.sub("^d[A-Za-z]+/d", own.partition("/")[0] + "/d", base.name) if "/d" in own else base.name
    if isinstance(left, Indexed):
        first, *rest = left.indices
        joined = rest and f"{name}_{first}" == own  # X_{col,i,k} in LaTeX is X_col[i, k]
        return IndexedBase(own)[tuple(rest)] if joined else IndexedBase(name)[left.indices]
    for letter in dict.fromkeys((own, name.partition("_")[0])):
        for head, index in _below(name, {letter: len(formula.kept)}):
            return IndexedBase(head)[tuple(index)]
    return Symbol(name, integer=True)


def _left_letter(formula: Formula) -> str:
    """What stands on the left side, without its indices."""
    own = formula.lhs
    entry = own.args[1] if isinstance(own, Partial) else own
    letter = str(entry.base.label if isinstance(entry, Indexed) else entry)
    return f"d{own.args[0]}/d{letter}" if isinstance(own, Partial) else letter


def _defined_so(setting: LayerSymbols, formula: Formula, letter: Symbol, size: Expr) -> bool:
    """Whether a definition is that of the layer's own letter."""
    own = {symbol.name: meaning for symbol, meaning in setting.definitions.items()}
    return letter.name in own and _plain(own[letter.name] - size) == 0


def _require_range(formula: Formula, index: Symbol, ends: Sequence[Expr]) -> None:
    swap = {_plain(letter): _plain(size) for letter, size in formula.definitions.items()}
    own = {symbol.name: (first, last) for symbol, first, last in formula.index}
    if index.name not in own:
        raise OptionError(f"claim: {index} has a range, but is no index of {formula.name}.")
    for given, wanted in zip(ends, own[index.name], strict=True):
        if expand(_plain(given - wanted).xreplace(swap)) != 0:
            here, there = (f"{low} <= {index} <= {high}" for low, high in (own[index.name], ends))
            raise OptionError(f"claim: the range of {index} is {here}, not {there}.")


def _plain(expr: Expr) -> Expr:
    """With whole numbers of the same names for all letters."""
    return expand(expr.xreplace({s: Symbol(s.name, integer=True) for s in expr.free_symbols}))


def _ranks(setting: LayerSymbols) -> dict[str, int]:
    """How many indices each sequence of the layer takes."""
    n = setting.notation
    roles = {n.input: "input", n.upstream: "output"}
    if setting.constant is None:
        roles[n.kernel] = "tap"
    found = {letter: len(setting.extents[role]) for letter, role in roles.items()}
    if setting.bias and (own := len(setting.bias_indices(setting.indices("output")))):
        found[n.bias] = own
    return found


def _with_entries(setting: LayerSymbols, formula: Formula, expr: Expr) -> Expr:
    """With an entry for each name such as ``w_k`` or ``w0``, and the upstream gradient by its own letter."""
    n, ranks = setting.notation, _ranks(setting)
    derivative = f"d{setting.loss}/d{n.output}"
    ranks[derivative] = len(setting.extents["output"])
    known = {symbol.name for symbol in (*setting.symbols, *formula.kept, *setting.definitions)} | {*ranks}
    known |= {index.name for part in expr.atoms(Sum) for index in part.variables}

    def entry(base: str, index: Sequence[Expr]) -> Expr:
        return IndexedBase(n.upstream if base == derivative else base)[tuple(index)]

    def read(part: Expr) -> Expr:
        if isinstance(part, Symbol):
            if part.name in known:
                return part
            if (joined := part.name.replace("_", "", 1)) in known:
                return Symbol(joined, integer=True)  # LaTeX writes the size p1 as p_{1}
            if found := next(_below(part.name, ranks), None):
                return entry(*found)
            letters = part.name if known.issuperset(part.name) else ""  # LaTeX writes s times i as si
            return Mul(*(Symbol(letter, integer=True) for letter in letters)) if letters else part
        if isinstance(part, Indexed):
            base, index = part.base.label.name, [read(at) for at in part.indices]
            if base not in ranks and ranks.get(joined := f"{base}_{index[0]}") == len(index) - 1:
                base, index = joined, index[1:]  # L_{in,k} in LaTeX is L_in[k]
            return entry(base, index)
        if isinstance(part, Upsampled):
            base = part.args[0].label.name
            return Upsampled(
                IndexedBase(n.upstream if base == derivative else base), *map(read, part.args[1:])
            )
        return part.func(*map(read, part.args)) if part.args else part

    return read(expr)


def _below(name: str, ranks: Mapping[str, int]) -> Iterator[tuple[str, list[Expr]]]:
    """The sequence and the indices that a name with indices below it stands for."""
    for letter, rank in ranks.items():
        head = re.split(r"\^|'", letter)[0]
        tail = letter.removeprefix(head)
        found = re.fullmatch(rf"{re.escape(head)}(_?)(\w+){re.escape(tail)}", name)
        if not found or not rank:
            continue
        parts = found[2].split("_")
        if len(parts) != rank == len(found[2]):
            parts = list(found[2])
        if len(parts) == rank and all(part.isdigit() or (found[1] and part.isalpha()) for part in parts):
            yield letter, [Integer(p) if p.isdigit() else Symbol(p, integer=True) for p in parts]
