"""The texts whose hashes are golden, job by job, and how they are recorded."""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import symconv as sc
from tests.golden.layers import KINDS, VALUES
from tests.golden.networks import exercises, networks
from tests.golden.refusals import CALLS
from tests.golden.texts import NEEDED, PARTS, Texts, told
from tests.golden.topics import CLAIMS, MORE, command_lines, ended

HASHES = Path(__file__).resolve().parent / "hashes"


#: Every preset, and a notation of somebody's own.
NOTATIONS: Mapping[str, Any] = {
    **{
        name: name
        for name in (
            "symconv", "goodfellow", "goodfellow-channels", "dumoulin-visin", "pytorch", "cs231n", "ufldl",
        )
    },
    "own": sc.Notation(
        input="a^(l)", kernel="theta", bias="beta", output="z'", input_size="L_in", kernel_size="kappa",
        output_index="u", tap_index="v", base=1, upstream_style="partial", window_columns=True, max_rows=4,
        tap_colours=("blue", "teal"),
    ),
}  # fmt: skip

#: Optional libraries. What is printed where all of them are absent is the same everywhere.
EXTRAS = ("scipy", "torch", "jax", "islpy", "z3", "cvc5")


@contextmanager
def without(libraries: tuple[str, ...]) -> Iterator[None]:
    """The process as it would be without some libraries."""
    modules: dict[str, Any] = sys.modules
    kept = {name: modules.get(name) for name in libraries}
    modules.update(dict.fromkeys(libraries))
    try:
        yield
    finally:
        for name, module in kept.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module


def refusals() -> Texts:
    for key, call in CALLS.items():
        yield f"refusal/{key}", told(call)


def commands() -> Texts:
    """What the command line prints and writes, and how it ends."""
    for line in command_lines():
        yield "command/" + " ".join(line), ended(line)


def claims() -> Texts:
    for key, call in CLAIMS.items():
        yield f"claim/{key}", told(call)


def more() -> Texts:
    """What belongs to no kind of layer."""
    for key, call in MORE.items():
        yield f"more/{key}", told(call)


#: The parts that are looked at in every notation.
WRITTEN = ("layer", "equation", "derivation", "figure")

#: The parts that are looked at on values too.
VALUED = ("layer", "equation", "entries", "figure", "check")

#: The layers that are looked at in every notation, those whose derivations are too, those with notes, with
#: pictures as SVG, with algorithms in the first tier, and with proofs.
IN_ALL = ("full", "dilated", "grouped", "plane", "transposed", "maximum", "open", "average")
DERIVED_IN_ALL = ("grouped", "plane", "transposed", "maximum", "open", "average")
NOTED = (
    "full", "strided", "plane", "grouped", "transposed", "circular", "average", "maximum", "open", "volume",
    "average-plane",
)  # fmt: skip
DRAWN = ("full", "plane", "transposed", "circular", "average", "maximum")
LISTED = ("full", "grouped", "plane", "transposed", "average", "maximum", "volume")
PROVED = ("strided", "open-full", "open")

#: The layer that the first tier looks at in every notation, and whose notes it writes; and the one that has
#: notes in every notation.
FIRST, NOTED_IN_ALL = "average", "maximum"


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
    for kind in KINDS:
        for notation in NOTATIONS:
            plain = notation == "symconv"
            for part in PARTS:
                if _wanted(kind, part, plain):
                    valued = part == "notes" and kind in VALUES
                    make = partial(_made, kind, notation, part, valued)
                    first = _first(kind, part, plain)
                    yield Job(kind, f"{notation}/", part, make, NEEDED.get(part, ()), not first)
        if kind in VALUES:
            for part in VALUED:
                yield Job(kind, "values/", part, partial(_made, kind, "symconv", part, True), (), False)
    yield Job("refusals", "", "refusal", refusals, exhaustive=False)
    yield Job("commands", "", "command", commands, exhaustive=False)
    yield Job("more", "", "more", more, exhaustive=False)
    yield Job("networks", "", "network", networks)
    yield Job("exercises", "", "exercise", exercises)
    yield Job("claims", "", "claim", claims, ("islpy", "z3"))


def _made(kind: str, notation: str, part: str, valued: bool) -> Texts:
    layer = KINDS[kind](NOTATIONS[notation])
    return PARTS[part](layer.at(**VALUES[kind]) if valued else layer)


def _wanted(kind: str, part: str, plain: bool) -> bool:
    """Whether a part of a kind of layer is looked at, in symconv's own notation or in another."""
    match part:
        case "notes":
            return kind in NOTED if plain else kind == NOTED_IN_ALL
        case "svg":
            return plain and kind in DRAWN
        case "prove" | "verify":
            return plain and kind in PROVED
        case "derivation":
            return plain or kind in DERIVED_IN_ALL
    return plain or (part in WRITTEN and kind in IN_ALL)


def _first(kind: str, part: str, plain: bool) -> bool:
    """Whether that belongs to the first tier."""
    if kind == FIRST:
        return plain or part != "derivation"
    return plain and (
        kind in LISTED if part == "algorithm" else part in ("layer", "equation", "entries", "figure")
    )


def digest(text: str) -> str:
    """The first 16 digits of the hash."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def recorded(file: str) -> dict[str, str]:
    """The golden hashes of a file by key."""
    found: dict[str, str] = json.loads((HASHES / f"{file}.json").read_text(encoding="utf-8"))
    return found


def main() -> None:
    """Record the hashes of all that is asked for, or write the texts."""
    parser = argparse.ArgumentParser(prog="python -m tests.golden", description=__doc__)
    parser.add_argument("--texts", metavar="FOLDER", type=Path, help="write the texts there, record nothing")
    parser.add_argument("--only", metavar="FILE", action="append", help="a layer or topic; may be repeated")
    asked = parser.parse_args()
    texts: dict[str, dict[str, str]] = {}
    for job in jobs():
        if asked.only is None or job.file in asked.only:
            for library in job.needs:
                import_module(library)
            texts.setdefault(job.file, {}).update(job.texts())
    if asked.texts is None:
        _record(texts)
    else:
        _write(texts, asked.texts)


def _record(texts: Mapping[str, Mapping[str, str]]) -> None:
    for file, found in texts.items():
        hashes = {key: digest(text) for key, text in sorted(found.items())}
        (HASHES / f"{file}.json").write_text(f"{json.dumps(hashes, indent=0)}\n", encoding="utf-8")


def _write(texts: Mapping[str, Mapping[str, str]], folder: Path) -> None:
    for file, found in texts.items():
        (folder / file).mkdir(parents=True, exist_ok=True)
        for key, text in found.items():
            (folder / file / _filename(key)).write_text(f"{text}\n", encoding="utf-8")


def _filename(key: str) -> str:
    """A key as the name of a file."""
    name = re.sub(r"[^\w=-]+", ".", key)
    return f"{name[:100]}{f'.{digest(key)}' if name != key.replace('/', '.') else ''}.txt"
