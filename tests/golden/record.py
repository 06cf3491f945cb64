"""The texts whose hashes are golden: what every public object prints, by file and key."""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import symconv as sc
from tests.golden.layers import KINDS, VALUES
from tests.golden.refusals import CALLS, COMMANDS

HERE = Path(__file__).resolve().parent
PRESETS = ("symconv", "goodfellow", "goodfellow-channels", "dumoulin-visin", "pytorch", "cs231n", "ufldl")

#: Optional libraries. What is printed where all of them are absent is the same everywhere.
EXTRAS = ("scipy", "torch", "jax", "islpy")

#: Explicit quantities, as entries.
ENTRIES = (
    "output_size", "x", "w", "delta", "b", "output", "matrix", "windows", "grad_input", "grad_kernel",
    "grad_bias", "upstream_matrix", "tying", "dense_gradient", "masked_gradient", "filter_windows",
    "filter_matrix", "feature_maps", "selection",
)  # fmt: skip

#: Each text by its key.
Texts = Iterator[tuple[str, str]]


@contextmanager
def without(libraries: tuple[str, ...]) -> Iterator[None]:
    """The process as it would be without some libraries."""
    kept = {name: sys.modules.get(name) for name in libraries}
    sys.modules.update(dict.fromkeys(libraries))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name, module in kept.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module


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
    for name in layer.formula_names:
        yield f"verify/{name}", told(lambda name=name: layer.derive(name).verify())


def proved(layer: Any) -> Texts:
    """What is settled with integer sets: proofs, and the judgement of each formula on itself."""
    for name in ("output", "grad_input"):
        yield f"prove/{name}", told(lambda name=name: layer.derive(name).prove())
        yield f"prove/{name}/settled", told(lambda name=name: layer.derive(name).settled())


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
    """Sources of the notes; their pictures by their names, since SVG is matplotlib's too."""
    document = layer.notes()
    yield "notes/repr", repr(document)
    for form, (name, options) in FORMATS.items():
        with tempfile.TemporaryDirectory() as folder:
            document.save(Path(folder) / name, **options)
            written = (Path(folder) / name).read_text(encoding="utf-8")
            names = sorted(path.name for path in Path(folder).iterdir())
        yield (
            f"notes/{form}",
            "\n".join([*names, re.sub(r"<svg .*?</svg>", _words, written, flags=re.DOTALL)]),
        )


def _words(svg: re.Match[str]) -> str:
    """The title and the description of a picture."""
    return "\n".join(re.findall(r"<title>.*?</title>|<desc>.*?</desc>", svg[0], re.DOTALL))


def refusals() -> Texts:
    for key, call in CALLS.items():
        yield f"refusal/{key}", told(call)


def commands() -> Texts:
    """What the command line prints, and how it ends."""
    from click.testing import CliRunner

    from symconv.cli.commands import run

    for arguments in COMMANDS:
        runner = CliRunner()
        with runner.isolation() as streams:
            code = run(list(arguments))
            sys.stdout.flush()
            sys.stderr.flush()
            out, err = streams[0].getvalue().decode(), streams[1].getvalue().decode()
        yield "command/" + " ".join(arguments), f"{code}\n{out}\n{err}"


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
NEEDED: Mapping[str, tuple[str, ...]] = {
    "svg": ("matplotlib",),
    "notes": ("matplotlib", "nbformat"),
    "prove": ("islpy",),
}

#: The parts that notation changes.
WRITTEN = ("layer", "equation", "entries", "derivation", "figure")

#: The layers whose every preset is looked at, and whose notes are written.
PRESETTED = ("full", "dilated", "grouped", "plane", "transposed", "maximum", "open")
NOTED = (
    "full", "strided", "plane", "grouped", "transposed", "circular", "average", "maximum", "open",
)  # fmt: skip
PROVED = ("strided", "open-full", "open")
#: The layers that are looked at in the first tier in every preset, and with their notes.
FIRST = ("average",)


@dataclass(frozen=True)
class Job:
    """The texts of a file whose keys begin alike, made together."""

    file: str
    above: str
    part: str
    make: Callable[[], Texts]
    needs: tuple[str, ...] = ()
    exhaustive: bool = True

    @property
    def keys(self) -> str:
        """What the keys begin with."""
        return f"{self.above}{self.part}/"

    def texts(self) -> dict[str, str]:
        """The texts by key."""
        with without(tuple(name for name in EXTRAS if name not in self.needs)):
            texts = {f"{self.above}{key}": text for key, text in self.make()}
        assert texts
        assert all(key.startswith(self.keys) for key in texts), f"keys of {self.keys} that begin otherwise"
        return texts


def jobs() -> Iterator[Job]:
    """Everything there is, piece by piece."""
    for kind, make in KINDS.items():
        for notation in PRESETS:
            plain = notation == "symconv"
            for part in PARTS:
                wanted = plain or (part in WRITTEN and kind in (*PRESETTED, *FIRST))
                if part in ("notes", "svg"):
                    wanted = kind in NOTED if plain else kind == "maximum" and part == "notes"
                if part in ("prove", "verify"):
                    wanted = plain and kind in PROVED
                if wanted:
                    exhaustive = part in ("prove", "verify", "svg", "notes", "derivation") or not plain
                    if kind in FIRST and part in WRITTEN:
                        exhaustive = False
                    yield Job(
                        kind,
                        f"{notation}/",
                        part,
                        _of(part, make, notation, {}),
                        NEEDED.get(part, ()),
                        exhaustive,
                    )
        if kind in VALUES:
            for part in ("layer", "equation", "entries", "figure", "check"):
                yield Job(kind, "values/", part, _of(part, make, "symconv", VALUES[kind]), exhaustive=False)
    yield Job("refusals", "", "refusal", refusals, exhaustive=False)
    yield Job("commands", "", "command", commands, needs=("matplotlib",), exhaustive=False)


def _of(
    part: str, make: Callable[[str], Any], notation: str, values: Mapping[str, Any]
) -> Callable[[], Texts]:
    def texts() -> Texts:
        layer = make(notation)
        return PARTS[part](layer.at(**values) if values else layer)

    return texts


def digest(text: str) -> str:
    """The first 16 digits of the hash."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def recorded(file: str) -> dict[str, str]:
    """The golden hashes of a file by key."""
    found: dict[str, str] = json.loads((HERE / "hashes" / f"{file}.json").read_text(encoding="utf-8"))
    return found


def main() -> None:
    """Record the hashes, or write the texts."""
    parser = argparse.ArgumentParser(prog="python -m tests.golden", description=__doc__)
    parser.add_argument("--texts", metavar="FOLDER", type=Path, help="write the texts there, record nothing")
    parser.add_argument("--only", metavar="FILE", action="append", help="a layer or topic; may be repeated")
    asked = parser.parse_args()
    found: dict[str, dict[str, str]] = {}
    for job in jobs():
        if asked.only is None or job.file in asked.only:
            found.setdefault(job.file, {}).update(job.texts())
    for file, texts in found.items():
        if asked.texts is None:
            whole = json.dumps({key: digest(text) for key, text in sorted(texts.items())}, indent=0)
            (HERE / "hashes").mkdir(exist_ok=True)
            (HERE / "hashes" / f"{file}.json").write_text(f"{whole}\n", encoding="utf-8")
            continue
        for key, text in texts.items():
            (asked.texts / file).mkdir(parents=True, exist_ok=True)
            (asked.texts / file / _filename(key)).write_text(f"{text}\n", encoding="utf-8")


def _filename(key: str) -> str:
    """A key as the name of a file."""
    name = re.sub(r"[^\w=-]+", ".", key)
    return f"{name[:100]}{f'.{digest(key)}' if name != key.replace('/', '.') else ''}.txt"
