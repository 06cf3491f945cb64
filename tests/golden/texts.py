"""What a layer prints, as texts by keys: itself, its equations, derivations, figures, notes, reports."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest import mock
from xml.sax.saxutils import escape

import symconv as sc
from symconv.figures import Animation

#: Explicit quantities, as entries.
ENTRIES = (
    "output_size", "x", "w", "delta", "b", "output", "matrix", "windows", "grad_input", "grad_kernel",
    "grad_bias", "upstream_matrix", "tying", "dense_gradient", "masked_gradient", "filter_windows",
    "filter_matrix", "feature_maps", "selection",
)  # fmt: skip

#: Each text by its key.
Texts = Iterator[tuple[str, str]]


def told(call: Callable[[], Any]) -> str:
    """What a call prints, or the error that it refuses with."""
    try:
        return str(call())
    except sc.SymconvError as error:
        return f"{type(error).__name__}: {error}"


def shows(key: str, make: Callable[[], Any]) -> Texts:
    """An object as text and as LaTeX."""
    try:
        made = make()
    except sc.SymconvError as error:
        yield f"{key}/refused", f"{type(error).__name__}: {error}"
        return
    yield f"{key}/text", str(made)
    yield f"{key}/latex", made.latex()


def about(layer: Any) -> Texts:
    """The layer itself, and how much its matrix holds."""
    for name in ("title", "description", "equation_names", "formula_names", "algorithm_names"):
        yield f"layer/{name}", told(lambda name=name: getattr(layer, name))
    yield "layer/repr", repr(layer)
    yield "layer/text", told(lambda: layer)
    yield "layer/notebook", told(layer._repr_latex_)
    yield "layer/structure", told(lambda: layer.structure)


def equations(layer: Any) -> Texts:
    for name in layer.equation_names:
        yield from shows(f"equation/{name}", lambda name=name: layer.equation(name))
        yield f"equation/{name}/reason", told(lambda name=name: layer.equation(name).reason)
    yield from shows("equation/coloured", lambda: layer.coloured().equation("output"))


def entries(layer: Any) -> Texts:
    for name in ENTRIES:
        if hasattr(type(layer), name):
            yield f"entries/{name}", told(lambda name=name: getattr(layer, name))


def derivations(layer: Any) -> Texts:
    for name in layer.formula_names:
        for axis in range(len(layer.axes) if name == "output_size" else 1):
            key = f"{name}-{axis}" if axis else name
            made = layer.derive(name, axis=axis)
            yield from shows(f"derivation/{key}", lambda made=made: made)
            steps = [f"{s.equation}\n{s.rule}: {s.reason} ({s.evidence})" for s in made.steps]
            yield f"derivation/{key}/steps", "\n".join(steps)
            found = made.result
            yield from shows(f"derivation/{key}/result", lambda found=found: found)
            parts = (found.equation, found.index, found.conditions, found.definitions)
            yield f"derivation/{key}/result/parts", "\n".join(map(str, parts))


def figures(layer: Any) -> Texts:
    for name in layer.figure_names:
        yield f"figure/{name}/alt", told(lambda name=name: layer.figure(name))
        yield f"figure/{name}/tikz", told(lambda name=name: layer.figure(name).tikz(width=10))


def vectors(layer: Any) -> Texts:
    """The figures as SVG."""
    for name in layer.figure_names:
        yield f"svg/{name}", told(lambda name=name: layer.figure(name).svg())


def algorithms(layer: Any) -> Texts:
    for name in layer.algorithm_names or ["output"]:
        yield from shows(f"algorithm/{name}", lambda name=name: layer.algorithm(name))
        yield (
            f"algorithm/{name}/math",
            told(lambda name=name: f"{layer.algorithm(name).math()}\n{layer.algorithm(name).reason}"),
        )


def checks(layer: Any) -> Texts:
    yield "check/text", told(layer.check)
    yield "check/latex", told(lambda: layer.check(draws=1, seed=1).latex())


def verified(layer: Any) -> Texts:
    for name in ("output", "matrix", "grad_kernel"):
        yield f"verify/{name}", told(lambda name=name: layer.derive(name).verify())


def proved(layer: Any) -> Texts:
    """What integer sets decide."""
    for name in ("output", "windows", "grad_input"):
        yield f"prove/{name}", told(lambda name=name: layer.derive(name).prove())
    yield "prove/settled", told(lambda: layer.derive("output").settled())


#: The formats of notes that are text: the file, and the options that it is saved with.
FORMATS: Mapping[str, tuple[str, Mapping[str, bool]]] = {
    "article": ("notes.tex", {}),
    "fragment": ("notes.tex", {"fragment": True}),
    "slides": ("notes.tex", {"slides": True}),
    "github": ("notes.md", {}),
    "myst": ("notes.md", {"myst": True}),
    "html": ("notes.html", {}),
    "rst": ("notes.rst", {}),
    "text": ("notes.txt", {}),
    "notebook": ("notes.ipynb", {}),
}


def notes(layer: Any) -> Texts:
    """Sources of the notes; a picture stands there in words."""
    document = layer.notes()
    yield "notes/repr", repr(document)
    for form, (name, options) in FORMATS.items():
        with tempfile.TemporaryDirectory() as folder, ExitStack() as patched:
            for kind in (sc.Figure, Animation):
                patched.enter_context(mock.patch.object(kind, "svg", _in_words))
            document.save(Path(folder) / name, **options)
            written = (Path(folder) / name).read_text(encoding="utf-8")
            names = sorted(path.name for path in Path(folder).iterdir())
        yield f"notes/{form}", "\n".join([*names, written])


def _in_words(figure: sc.Figure | Animation) -> str:
    return f"<svg><desc>{escape(figure.alt)}</desc></svg>"


#: What is printed of a layer, by the word that its keys begin with.
PARTS: Mapping[str, Callable[[Any], Texts]] = {
    "layer": about,
    "equation": equations,
    "entries": entries,
    "derivation": derivations,
    "figure": figures,
    "svg": vectors,
    "algorithm": algorithms,
    "check": checks,
    "verify": verified,
    "prove": proved,
    "notes": notes,
}

#: The libraries that a part cannot do without.
NEEDED: Mapping[str, tuple[str, ...]] = {"prove": ("islpy", "z3")}
