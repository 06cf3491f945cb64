"""Notes on batch normalisation: a small batch by hand, both passes in formulas, training and inference."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import cycle, islice
from math import prod
from types import MappingProxyType
from typing import Any

import mpmath
from sympy import Expr, Float, flatten, sqrt, sympify

from symconv.errors import OptionError, SymconvError
from symconv.index_sums.printers import of_formulas
from symconv.network.batchnorm_check import Draw
from symconv.network.batchnorm_values import letter_of
from symconv.network.references import DIGITS
from symconv.network.writing import in_brackets, packed, say, short, shown
from symconv.network.written import upright
from symconv.notes import Document
from symconv.notes.frames import plainly
from symconv.notes.model import Block, Display, Frame, Heading, Maths, Points, Prose
from symconv.notes.pieces import Inline
from symconv.notes.sections import wanted_sections
from symconv.printing import display as data
from symconv.printing.display import Row
from symconv.printing.target import MathsTarget
from symconv.printing.targets import as_latex, as_text, target_of

#: A batch with more entries is too large to be worked by hand.
MOST = 12

#: How many entries agree with those of the reference.
AGREED = 20

_QUESTION = (
    "Batch normalisation gives each channel of a batch the mean 0 and a variance close to 1, and then a "
    "scale and a shift that are learned. So every output of a channel depends on every input of that "
    "channel, through the mean and the variance. What does that do to the gradient?",
)
_FORWARDS = "Forwards, in training. Mean and variance of the channel are taken over its {count} entries:"
_SUMS = (
    "Let {delta} be the upstream gradient, with respect to the output. The gradients with respect to the "
    "scale and the shift are sums over the channel:"
)
_STEPS = (
    "The loss depends on an input through the entry itself, through the mean, and through the variance. The "
    "steps take these one by one:"
)
_INFERENCE = (
    "In inference the output of a sample must not depend on the others in its batch. So mean and variance "
    "are constants then: running averages that training has kept, with the momentum, by",
    "With them each channel is multiplied by one number, and another is added, so only the way through the "
    "entry itself is left in the gradient:",
)
_KNOWN = (
    f"Every number above was computed a second time by plain loops; all agree to {AGREED} digits. Every "
    "formula, and every step of its derivation, was compared with them at random sizes and numbers."
)


class Lines:
    """A display that is put together for a target with the letters of a normalisation."""

    def __init__(self, norm: Any, build: Callable[[MathsTarget], list[Row]]) -> None:
        self._norm, self._build = norm, build

    def display(self, target: MathsTarget) -> data.Display:
        """The rows, for a target to lay out."""
        return upright(target, data.Display(tuple(self._build(of_formulas(target, self._norm.symbols)))))

    latex, text = as_latex, as_text


class Batch:
    """A small batch, and all that the two passes find of it, compared with plain loops."""

    def __init__(self, norm: Any) -> None:
        numeric = all(isinstance(size, int) for size in norm.lengths)
        self.norm = _filled(norm if numeric and 1 < prod(norm.lengths) <= MOST else _small(norm))
        self.given = self.norm.given
        spread = [v + self.norm.eps for v in flatten(self.norm.quantity("variance").tolist())]
        if 0 in spread:
            raise OptionError(
                "eps is 0, and all entries of a channel are equal: give another eps, or another x."
            )
        self.r = exact(1 / sqrt(spread[0]))
        wanted = ("mean", "variance", "normalised", "output", "grad_scale", "grad_shift", "grad_input")
        self.held = {name: list(map(exact, flatten(self.norm.quantity(name).tolist()))) for name in wanted}
        with mpmath.workdps(DIGITS):
            draw = Draw(self.norm, 0, "training")
            for name, entries in self.held.items():
                for entry, value in zip(map(_precise, entries), draw.expected(name), strict=True):
                    if abs(entry - value) > mpmath.mpf(10) ** -AGREED * (1 + abs(value)):
                        wrong = f"the example does not agree with its reference: {name} has {entry}."
                        raise SymconvError(wrong)

    def own(self, entries: Sequence[Expr]) -> list[Expr]:
        """The entries of the first channel."""
        samples, channels, *places = self.norm.shape
        every = prod(places)
        return [entries[n * channels * every + at] for n in range(samples) for at in range(every)]


def _lettered(norm: Any) -> Any:
    """The same with letters for sizes that are numbers: what formulas are of."""
    places = ["S"] if len(norm.input_size) == 1 else [f"S_{at}" for at in range(1, len(norm.input_size) + 1)]
    given = zip((norm.features, *norm.input_size), ("C", *places), strict=True)
    channels, *sizes = (letter if isinstance(size, int) else size for size, letter in given)
    batch = None if isinstance(norm.batch, int) else norm.batch
    how = {"eps": norm.eps, "momentum": norm.momentum, "notation": norm.notation}
    return type(norm)(channels, tuple(sizes), batch=batch, **how)


def _small(norm: Any) -> Any:
    """The same with three entries in one channel, or with four where there are positions."""
    rank = len(norm.input_size)
    batch, places = {0: (3, ()), 1: (2, (2,))}.get(rank, (1, (2, 2, *[1] * (rank - 2))))
    return _of(norm, 1, places, batch, 3 if rank else 2)


def _filled(norm: Any) -> Any:
    """Small numbers for what has none."""
    samples, channels, *places = norm.shape
    made, count = _of(norm, channels, places, samples, 2), prod(norm.shape)
    rows = {"x": (0, 2) if count % 3 else (0, 0, 3), "delta": (1, 0, 0, 2, -1)}
    rows |= {"gamma": (4, 1), "beta": (1, 0)}
    sizes = {"x": count, "delta": count, "gamma": channels, "beta": channels}
    chosen = {name: tuple(map(sympify, islice(cycle(row), sizes[name]))) for name, row in rows.items()}
    made.given = {**chosen, **norm.given}
    return made


def _of(norm: Any, channels: int, places: Sequence[int], samples: int, eps: int) -> Any:
    """The same with other sizes, and a number for epsilon where it is a letter."""
    how = {"momentum": norm.momentum, "notation": norm.notation}
    eps = norm.eps if norm.eps.is_number else eps
    return type(norm)(channels, tuple(places), batch=samples, eps=eps, **how)


def _precise(number: Expr) -> Any:
    return mpmath.mpf(str(number.evalf(DIGITS)))


def exact(number: Expr) -> Expr:
    """A fraction as it is; another number with many digits."""
    return number if number.is_Rational else Float(number.evalf(DIGITS), DIGITS)


def _numbers(norm: Any, batch: Batch) -> list[Block]:
    """The section: a batch by hand, forwards and backwards, one channel."""
    first = ", those of the first channel" if batch.norm.shape[1] > 1 else ""
    count = str(len(batch.own(batch.given["x"])))
    by = _piece(norm, lambda form: _by(form, norm, norm.notation.input))
    text = "Moving all inputs of a channel by one number changes no output. So the entries of {by} sum to 0."
    return [
        Prose((f"Take these numbers{first}:",)),
        Display(Lines(norm, partial(_given, batch)), "", "given"),
        Prose(say(_FORWARDS, count=count)),
        Display(Lines(norm, partial(_forwards, batch)), "", "forwards"),
        Prose(("Backwards, each entry of the gradient with respect to the input takes both sums:",)),
        Display(Lines(norm, partial(_backwards, batch)), "", "backwards"),
        Prose(say(text, by=by)),
    ]


def _piece(norm: Any, write: Callable[[MathsTarget], str]) -> Maths:
    latex, text = (of_formulas(form, norm.symbols) for form in (Inline(), target_of("text")))
    return Maths(write(latex), write(text))


def _by(form: MathsTarget, norm: Any, name: str) -> str:
    return str(form.derivative(form.letter(norm.notation.loss), form.letter(name)))


def _over(form: MathsTarget, terms: Sequence[str], count: int) -> str:
    """A sum divided by a number."""
    total = " + ".join(terms if len(terms) <= MOST // 2 else [*terms[:3], form.across, terms[-1]])
    return f"\\frac{{{total}}}{{{count}}}" if form.stacked else f"({total})/{count}"


def _letters(form: MathsTarget, norm: Any) -> dict[str, str]:
    names = ("x", "xhat", "y", "delta", "gamma", "beta", "mu", "sigma")
    found = {name: form.letter(letter_of(norm, name)) for name in names}
    squared = "^{2}" if form.stacked else "**2"
    return {**found, "variance": f"{found['sigma']}{squared}", "squared": squared, "r": form.letter("r")}


def _given(batch: Batch, form: MathsTarget) -> list[Row]:
    letters, given = _letters(form, batch.norm), batch.given
    pairs = [(letters[n], _listed(form, batch.own(given[n]))) for n in ("x", "delta")]
    pairs += [(letters[n], shown(form, given[n][0])) for n in ("gamma", "beta")]
    pairs.append((form.letter("epsilon"), shown(form, batch.norm.eps)))
    return packed(form, pairs)


def _listed(form: MathsTarget, entries: Sequence[Expr]) -> str:
    return in_brackets(form, [shown(form, entry) for entry in entries])


def _forwards(batch: Batch, form: MathsTarget) -> list[Row]:
    """Mean and variance as sums of numbers, and then all entries of the channel."""
    letters, x = _letters(form, batch.norm), batch.own(batch.given["x"])
    mean, variance = batch.held["mean"][0], batch.held["variance"][0]
    less = [f"({form.factor(short(e))} - {form.factor(short(mean))}){letters['squared']}" for e in x]
    inside = f"{letters['variance']} + {form.letter('epsilon')}"
    root = f"\\frac{{1}}{{\\sqrt{{{inside}}}}}" if form.stacked else f"1/sqrt({inside})"
    output = f"{letters['gamma']}{form.times}{letters['xhat']} + {letters['beta']}"
    normal = f"({letters['x']} - {letters['mu']}){form.times}{letters['r']}"
    return [
        Row(letters["mu"], (_over(form, [shown(form, e) for e in x], len(x)), shown(form, mean))),
        Row(letters["variance"], (_over(form, less, len(x)), shown(form, variance))),
        Row(letters["r"], (root, shown(form, batch.r))),
        Row(letters["xhat"], (normal, _listed(form, batch.own(batch.held["normalised"])))),
        Row(letters["y"], (output, _listed(form, batch.own(batch.held["output"])))),
    ]


def _backwards(batch: Batch, form: MathsTarget) -> list[Row]:
    """The gradients of shift and scale as sums, and that of the input: in letters, one entry, and all."""
    norm, letters, held = batch.norm, _letters(form, batch.norm), batch.held
    pair = batch.own(batch.given["delta"]), batch.own(held["normalised"])
    delta, xhat = ([form.factor(short(entry)) for entry in entries] for entries in pair)
    by = {name: _by(form, norm, name) for name in ("beta", "gamma", norm.notation.input)}
    shift, scale = (held[name][0] for name in ("grad_shift", "grad_scale"))

    def entry(times: str, gamma: str, r: str, delta: str, xhat: str, *sums: str) -> str:
        over = _over(form, [f"{xhat}{times}{sums[0]}", sums[1]], len(pair[0]))
        inside = f"\\left({delta} - {over}\\right)" if form.stacked else f"({delta} - {over})"
        return f"{gamma}{times}{r}{times}{inside}"

    own = (letters[name] for name in ("gamma", "r", "delta", "xhat"))
    letter = entry(form.times, *own, by["gamma"], by["beta"])
    numbers = (form.factor(short(number)) for number in (scale, shift))
    gamma, r = (form.factor(short(number)) for number in (batch.given["gamma"][0], batch.r))
    index = [int(norm.notation.base)] * len(norm.shape)
    one = form.derivative(form.letter(norm.notation.loss), form.indexed(norm.notation.input, *index))
    told = entry(form.dot, gamma, r, delta[0], xhat[0], *numbers)
    products = map(form.dot.join, zip(delta, xhat, strict=True))
    return [
        Row(by["beta"], (" + ".join(delta), shown(form, shift))),
        Row(by["gamma"], (" + ".join(products), shown(form, scale))),
        Row(by[norm.notation.input], (letter,)),
        Row(one, (told, shown(form, held["grad_input"][0]))),
        Row(by[norm.notation.input], (_listed(form, batch.own(held["grad_input"])),)),
    ]


def _formulas(norm: Any, *names: str, mode: str = "training") -> list[Block]:
    call = "" if mode == "training" else f", mode={mode!r}"
    codes = {name: f"norm.formula({name!r}{call})" for name in names}
    return [Display(norm.formula(n, mode=mode), code, f"{n}-{mode}") for n, code in codes.items()]


def _training(norm: Any, batch: Batch) -> list[Block]:
    """The section: the pass forwards in formulas."""
    return [
        Prose(("For every index, with one mean and one variance for each channel:",)),
        *_formulas(norm, "mean", "variance", "normalised", "output"),
    ]


def _gradient(norm: Any, batch: Batch) -> list[Block]:
    """The section: the gradient of the input in named steps, and those of scale and shift."""
    made = norm.derive("grad_input")
    delta = _piece(norm, lambda form: form.letter(letter_of(norm, "delta")))
    return [
        Prose(say(_SUMS, delta=delta)),
        *_formulas(norm, "grad_scale", "grad_shift"),
        Prose((_STEPS,)),
        Display(made, "norm.derive('grad_input')", "derivation-grad-input", stepwise=True),
        Points(tuple(((rule,), (reason,)) for rule, reason in made.reasons().items()), detail=True),
    ]


def _inference(norm: Any, batch: Batch) -> list[Block]:
    """The section: running statistics, and what takes the place of the batch's own."""
    moved, constant = _INFERENCE
    return [
        Prose((moved,)),
        *_formulas(norm, "running_mean", "running_variance"),
        Prose((constant,)),
        *_formulas(norm, "output", "grad_input", mode="inference"),
    ]


def _checks(norm: Any, batch: Batch) -> list[Block]:
    report = norm.check()
    if not report:
        raise SymconvError(f"the normalisation does not agree with its references:\n{report}")
    for mode, names in norm.names.items():
        for name in names:
            if not (verified := norm.derive(name, mode=mode).verify()):
                raise SymconvError(str(verified))
    return [Prose((_KNOWN,))]


#: Each section by its name: its heading, and what it consists of.
SECTIONS: Mapping[str, tuple[str, Callable[[Any, Batch], list[Block]]]] = MappingProxyType(
    {
        "numbers": ("A batch by hand", _numbers),
        "forwards": ("Forwards, in formulas", _training),
        "backwards": ("Backwards, in steps", _gradient),
        "inference": ("Training and inference", _inference),
        "checks": ("How we know", _checks),
    }
)


def notes(norm: Any, *, title: str | None = None, sections: Sequence[str] | None = None) -> Document:
    """Lecture notes on batch normalisation: a batch by hand, the gradient in steps, training and inference.

    Parameters
    ----------
    title : str, optional
    sections : sequence of str, optional
        By default all: "numbers", "forwards", "backwards", "inference" and "checks".

    Raises
    ------
    OptionError
        If a section is unknown, or there are no features.

    Examples
    --------
    >>> import symconv as sc
    >>> sc.BatchNorm("C").notes(sections=["numbers"])
    <Document 'Batch normalisation': 8 blocks>
    """
    wanted = wanted_sections("all", sections, {"all": tuple(SECTIONS)}, SECTIONS, ("numbers", "backwards"))
    batch, norm = Batch(norm), _lettered(norm)
    found: list[Block] = [] if sections is not None else [Prose(_QUESTION, lead=True)]
    for name in wanted:
        heading, make = SECTIONS[name]
        found += [Heading((heading,)), *make(norm, batch)]
    code = f"import symconv as sc\n\nnorm = sc.{norm!r}"
    named = "Batch normalisation" if title is None else title.strip()
    frames = (Frame(named, ((Prose(_QUESTION),),), opening=True), *plainly(found[sections is None :]))
    return Document(named, tuple(found), code, 3 if sections is None else 0, frames)
