"""The symbols of a layer: sizes, indices, sequences and the relation."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

from sympy import Expr, Indexed, IndexedBase, Symbol, expand, preorder_traversal, sympify

from symconv.errors import NotationError
from symconv.explicit.letters import printed_letters
from symconv.explicit.registry import QUANTITIES
from symconv.pattern import ROLES, Kernel, Specification
from symconv.printing.letters import marked, on_axis
from symconv.printing.notation import SIZES, Notation


@dataclass(frozen=True)
class LayerSymbols:
    """Everything that the formulas of a layer are written in.

    A role has as many indices as its operand has axes. Indices count from 0 here, whatever the
    notation prints.
    """

    spec: Specification

    @property
    def notation(self) -> Notation:
        """The letters of the layer."""
        return self.spec.written

    @property
    def bias(self) -> bool:
        """Whether a bias is added."""
        return self.spec.bias

    @property
    def kernel(self) -> Kernel:
        """What stands in the place of the taps."""
        return self.spec.kernel

    @cached_property
    def integers(self) -> dict[Symbol, Symbol]:
        """The integer symbol for each symbol of the layer.

        One that is declared an integer stays as it is. Another becomes one of the same name: positive or
        non-negative where it is a size by itself, of unknown sign where it is only part of one.
        """
        geometry = self.spec.pattern.geometry
        signs: dict[str, dict[str, bool]] = {}
        for name, size in geometry.items():
            if isinstance(size, Symbol):
                sign = "nonnegative" if least(name) == 0 else "positive"
                signs.setdefault(size.name, {sign: True}).update({sign: True})
        every = sorted({s for size in geometry.values() for s in sympify(size).free_symbols}, key=_by_name)
        named: dict[str, Symbol] = {}
        found: dict[Symbol, Symbol] = {}
        for symbol in every:
            whole = Symbol(symbol.name, integer=True, **signs.get(symbol.name, {}))
            found[symbol] = named.setdefault(symbol.name, symbol if symbol.is_integer else whole)
        self._check_names(found)
        return found

    def _check_names(self, symbols: dict[Symbol, Symbol]) -> None:
        printed = printed_letters(self.spec).items()
        taken = {letter: name.replace("_", " ") for name, letter in printed if name not in SIZES}
        taken |= {index.name: "index" for role in ROLES for index in self.indices(role)}
        taken |= {self.m_letter(at).name: "output size" for at in range(len(self.spec.axes))}
        for symbol in symbols:
            if symbol.name in taken:
                raise NotationError(
                    f"{symbol.name!r} names a size of the layer and also its {taken[symbol.name]}: "
                    "give the size another name, or choose another notation."
                )

    @cached_property
    def exact_spec(self) -> Specification:
        """The layer with integer symbols."""
        return self.spec.replaced(self.integers)

    def at(self, numbers: Mapping[Symbol, Expr]) -> LayerSymbols:
        """The same with numbers for some of the integer symbols."""
        return LayerSymbols(self.exact_spec.replaced(numbers))

    @cached_property
    def sizes(self) -> dict[str, Expr]:
        """The geometry as SymPy expressions over integer symbols; see :func:`least` for the names."""
        sizes = self.spec.pattern.geometry.items()
        return {name: sympify(size).xreplace(self.integers) for name, size in sizes}

    @property
    def symbols(self) -> list[Symbol]:
        """The symbols of the sizes, by name."""
        found = {s for size in self.sizes.values() for s in size.free_symbols}
        return sorted(found, key=_by_name)

    def of_axes(self, *names: str) -> tuple[Expr, ...]:
        """A size of each axis, such as its stride; of several sizes one after the other."""
        return tuple(sympify(axis.geometry[name]) for name in names for axis in self.exact_spec.axes)

    @cached_property
    def output_sizes(self) -> tuple[Expr, ...]:
        """``M`` of each axis, written out."""
        return tuple(sympify(axis.extents["output"][0]) for axis in self.exact_spec.axes)

    @cached_property
    def m(self) -> tuple[Expr, ...]:
        """``M`` of each axis as formulas show it: a number, a size, or a letter of :attr:`definitions`."""
        return tuple(map(self._lettered, self.output_sizes))

    def _lettered(self, size: Expr | int) -> Expr:
        """A size, or the letter of the output size that it is."""
        letters = {size: letter for letter, size in self.definitions.items()}
        return letters.get(sympify(size), sympify(size))

    def m_letter(self, axis: int = 0) -> Symbol:
        """The notation's letter for the output size of an axis; of all axes, where they are alike."""
        rank = 1 if self.spec.alike else len(self.spec.axes)
        return Symbol(on_axis(self.notation.output_size, axis, rank), integer=True, positive=True)

    @cached_property
    def m_names(self) -> tuple[str, ...]:
        """The letters of the output sizes of all axes."""
        return tuple(self.m_letter(at).name for at in range(len(self.spec.axes)))

    @cached_property
    def definitions(self) -> dict[Symbol, Expr]:
        """What each letter of an output size stands for."""
        pairs = ((self.m_letter(at), size) for at, size in enumerate(self.output_sizes))
        return {letter: size for letter, size in pairs if not (size.is_Integer or size.is_Symbol)}

    @cached_property
    def _letters(self) -> dict[str, tuple[str, ...]]:
        """The letters of each role's indices; those of places bear the number of their axis."""
        used = dict.fromkeys(ROLES, 0)
        found: dict[str, tuple[str, ...]] = dict.fromkeys(ROLES, ())
        for relation in self.spec.pattern.relations:
            for role, names in relation.letters.items():
                letters = (getattr(self.notation, name) for name in names)
                if relation.spatial:
                    letters = (on_axis(letter, used[role], len(self.spec.axes)) for letter in letters)
                found[role] += tuple(letters)
                used[role] += relation.spatial
        return found

    def indices(self, role: str, avoid: Collection[Symbol] = ()) -> tuple[Symbol, ...]:
        """The indices of a role, with primes where a letter is in use already."""
        taken, found = set(avoid), []
        for letter in self._letters[role]:
            index = Symbol(letter, integer=True)
            while index in taken:
                index = Symbol(f"{index.name}'", integer=True)
            taken.add(index)
            found.append(index)
        return tuple(found)

    @cached_property
    def extents(self) -> dict[str, tuple[Expr, ...]]:
        """How many values each index has, with letters for output sizes."""
        sizes = self.exact_spec.pattern.extents
        return {role: tuple(map(self._lettered, sizes[role])) for role in sizes}

    @cached_property
    def several(self) -> bool:
        """Whether an input has several indices."""
        return len(self.spec.pattern.extents["input"]) > 1

    @cached_property
    def _lasts(self) -> dict[str, Expr]:
        roles = ((self._letters[role], self.extents[role]) for role in ROLES)
        return {letter: expand(size - 1) for pair in roles for letter, size in zip(*pair, strict=True)}

    def _letter_of(self, index: Symbol) -> str:
        """The letter of an index, whatever primes it bears."""
        return str(index.name if index.name in self._lasts else index.name.rstrip("'"))

    def last(self, index: Symbol) -> Expr:
        """The last value of an index; its first is 0."""
        return self._lasts[self._letter_of(index)]

    def is_index(self, symbol: Symbol) -> bool:
        """Whether a symbol is an index of some role, with or without primes."""
        return self._letter_of(symbol) in self._lasts

    def is_tap(self, index: Symbol) -> bool:
        """Whether an index is one of a tap only."""
        letter = self._letter_of(index)
        return letter in self._letters["tap"] and letter not in self._letters["output"]

    def equations(self, index: Mapping[str, tuple[Symbol, ...]]) -> list[tuple[Symbol, Expr]]:
        """The relation between the indices of the three roles."""
        return [(left, expand(sympify(right))) for left, right in self.exact_spec.pattern.equations(index)]

    def steps(self) -> list[tuple[Expr, Expr, Expr]] | None:
        """``(a, b, c)`` of each axis, or None where it is not so or not affine.

        The index of the dependent role is ``a`` times that of the other plus ``b`` times the tap plus ``c``.
        """
        if any(len(axis.extents["tap"]) != 1 or axis.own_bias for axis in self.exact_spec.axes):
            return None
        dependent, other, tap = Symbol("dependent"), Symbol("other"), Symbol("tap")
        index = {"input": (other,), "output": (other,), "tap": (tap,), self.spec.dependent_role: (dependent,)}
        found = []
        for axis in self.exact_spec.axes:
            ((_, right),) = axis.equations(index)
            right = expand(right)
            a, b = right.coeff(other, 1), right.coeff(tap, 1)
            c = expand(right - a * other - b * tap)
            if c.has(other, tap) or 0 in (a, b):
                return None
            found.append((a, b, c))
        return found

    def sequence(self, quantity: str) -> IndexedBase:
        """The sequence of an operand or a matrix: see :meth:`symconv.printing.notation.Notation.letter`."""
        return IndexedBase(self.notation.letter(quantity))

    def entry(self, quantity: str, *indices: Symbol | Expr) -> Expr:
        """An entry of it; itself, if it has no index."""
        if quantity == "kernel":
            indices = self.kernel.indices(self.spec.tied, indices)
        return self.sequence(quantity)[indices] if indices else Symbol(self.notation.letter(quantity))

    @cached_property
    def constant(self) -> tuple[Expr, Expr] | None:
        """The letter of the kernel, and what it stands for; None where taps are operands."""
        taps = self.indices("tap")
        places = self.kernel.indices(self.spec.tied, taps)
        value = self.kernel.value(self.exact_spec.tied_axes, places)
        return None if value is None else (self.entry("kernel", *taps), value)

    def written_out(self, expr: Expr) -> Expr:
        """An expression with what the letter of the kernel stands for in its place."""
        if self.constant is None:
            return expr
        letter, value = self.constant
        if not isinstance(letter, Indexed):
            return expr.xreplace({letter: value})
        return expr.replace(
            lambda part: isinstance(part, Indexed) and part.base == letter.base,
            lambda part: value.xreplace(dict(zip(letter.indices, part.indices, strict=True))),
        )

    def bias_indices(self, outputs: tuple[Symbol, ...]) -> tuple[Symbol, ...]:
        """Those of an output's indices that its bias has."""
        index = {**dict.fromkeys(ROLES, ()), "output": outputs}
        parts = self.spec.pattern.split(index)
        return tuple(own for relation, here in parts if relation.own_bias for own in here["output"])

    def reads_input(self, place: Expr, last: Expr) -> bool:
        """Whether a place is what the index map of a padding mode gives, which lies within the input."""
        for axis in self.exact_spec.axes:
            fill = axis.fill
            size = sympify(axis.geometry["input_size"])
            whole = fill.reads_input and expand(last - size + 1) == 0
            if whole and any(fill.place(part, size) == place for part in preorder_traversal(place)):
                return True
        return False

    @property
    def window_roles(self) -> tuple[str, str]:
        """The roles of the two groups of indices of the windows, which are rows or columns."""
        return ("tap", "output") if self.notation.window_columns else ("output", "tap")

    @cached_property
    def matrices(self) -> dict[str, tuple[str, ...]]:
        """The roles of the indices of each matrix that has a closed form, by its letter."""
        rows = (row for row in QUANTITIES.values() if row.derived and row.is_matrix)
        kept = {self.notation.letter(row.letter): (*row.rows, *row.columns) for row in rows}
        return {**kept, self.notation.windows: self.window_roles}

    @property
    def padded(self) -> IndexedBase:
        """The input with its padding around it."""
        return IndexedBase(marked(self.notation.input, "pad"))

    @property
    def loss(self) -> Symbol:
        return Symbol(self.notation.loss)

    def unpadded(self, entry: Indexed) -> tuple[list[Expr], list[tuple[Expr, Expr]]]:
        """The indices of the input for those of the padded one; ``(place, last)`` of each zero padding."""
        indices, inside, at = list(entry.indices), [], 0
        for relation in self.exact_spec.pattern.relations:
            if relation.spatial:
                place = expand(indices[at] - sympify(relation.geometry["before"]))
                size = sympify(relation.geometry["input_size"])
                indices[at] = relation.fill.place(place, size)
                if not relation.fill.reads_input:
                    inside.append((place, size - 1))
            at += len(relation.extents["input"])
        return indices, inside


def kept_indices(setting: LayerSymbols, left: Expr) -> list[Symbol]:
    """The indices that the left side of an equation is open in, in the order in which it has them."""
    entries = [left] if isinstance(left, Indexed) else [e for e in left.args if isinstance(e, Indexed)]
    found = [index for entry in entries for index in entry.indices if index in left.free_symbols]
    return list(dict.fromkeys(index for index in found if setting.is_index(index)))


def least(name: str) -> int:
    """The least number that a size may be; "before 2" is the padding of the third relation.

    >>> least("stride"), least("before 2")
    (1, 0)
    """
    return 0 if name.split()[0] in ("before", "after", "output_padding") else 1


def _by_name(symbol: Symbol) -> tuple[str, str]:
    return symbol.name, str(sorted(symbol.assumptions0.items()))
