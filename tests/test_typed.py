"""Types as a user meets them: exact signatures, names of every table, and what type checkers mark."""

from __future__ import annotations

import inspect
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

import symconv as sc
from symconv.check import REFERENCES
from symconv.errors import OptionError
from symconv.evidence.proofs import ENGINES
from symconv.explicit.registry import QUANTITIES
from symconv.figures import FIGURES
from symconv.layers.einsum import _ROLES
from symconv.layers.layer import Layer
from symconv.notes import DEPTHS, SECTIONS
from symconv.notes.exercises import KINDS
from symconv.notes.files import GivenOptions, Options
from symconv.notes.html import SCRIPTS
from symconv.pattern import MODES, PADDING_MODES
from symconv.printing import names
from symconv.printing.notation import PRESETS, UPSTREAM_STYLES
from tests.optional import required

ROOT = Path(__file__).resolve().parent.parent

#: A page of a person's own: mypy in its strictest mode and Pyright find nothing in it.
RIGHT = '''"""Everything that is usual."""

import symconv as sc

layer = sc.Conv1d(4, 3, padding="full", flip=True)
valued = layer.at(x=[1, 2, 3, 4], w=[5, 6, 7])
print(valued.output.T, valued.output[0] + 1, len(valued.output), layer.matrix.shape[0], valued.matrix * 2)
for name in layer.equation_names:
    print(layer.equation(name).latex(), layer.reasons[name])
for derived in layer.formula_names:
    print(layer.derive(derived).result.rhs - 1)
wide = sc.Conv2d((8, "N"), (3, "K"), stride=(1, "s"), padding=("same", (1, "p")), in_channels=2,
    out_channels=4)
deep = sc.ConvTranspose3d(2, 3, stride=2, output_padding=1, notation="goodfellow")
size = sc.AvgPool2d(layer.output_size, 2, padding=1).output_size
formula = sc.Conv1d("N", "K", stride="s", padding="p").formula("output")
entry = formula.subs(N=4, K=3, s=1, p=0)
claim = sc.Conv1d("N", "K").claim("output[2]", "w[0]*x[2]")
text: str = claim.verdict if claim else claim.diagnosis
notation = sc.Notation(kernel="h", base=1).replace(tap_colours=("red",))
sc.MaxPool1d(4, 2, notation=notation).notes(depth="page", sections=["numbers"]).save("n.tex", slides=True)
layer.exercises(kinds=["output_size"], count=1).save("e.md", solutions=True, myst=True)
image: bytes = layer.figure("network").png(dpi=100)
agrees: bool = bool(layer.check(reference="loops", draws=1))
'''

#: Mistakes, one a line: each is marked by both.
WRONG = [
    "sc.Conv1d(4, 3, strid=2)",
    'layer.formula("outptu")',
    'sc.Conv1d(4, 3, padding="ful")',
    "sc.Conv2d(3.0, 2)",
    "layer.outputs",
    'text: str = layer.formula("output").rhs',
    'sc.Notation(kernal="h")',
    'sc.Conv1d(4, 3, padding_mode="circula")',
    'layer.notes(depth="pages")',
    'layer.notes().save("notes.tex", slide=True)',
    'layer.figure("bands")',
    'sc.Notation().replace(kernal="h")',
    "entries: list[int] = layer.output",
    'layer.check(reference="numpi")',
    'sc.Conv1d(4, 3, notation="goodfelow")',
    'sc.convolve([1], [2], mode="ful")',
    "layer.at(y=[1])",
    "sc.conv1d(4, 3)",
    'layer.derive("output").prove(engine="z4")',
    'layer.exercises(kinds=["output_sizes"])',
]


def marked(checker: str, folder: Path) -> dict[str, list[int]]:
    """The lines of each file of a folder that a type checker marks."""
    required(checker, "pip install 'symconv[lint]' to check the types of a program")
    settings = {"extraPaths": [str(ROOT)], "include": ["*.py"]}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    call = {
        "mypy": ["mypy", "--strict", "--follow-imports=silent", "right.py", "wrong.py"],
        "pyright": ["pyright", "--pythonpath", sys.executable],
    }[checker]
    environment = {**os.environ, "MYPYPATH": str(ROOT), "MYPY_CACHE_DIR": str(folder / "cache")}
    done = subprocess.run(
        [sys.executable, "-m", *call],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    found: dict[str, list[int]] = {"right.py": [], "wrong.py": []}
    for file, line in re.findall(r"(\w+\.py):(\d+)(?::\d+)?(?: -|:) error", done.stdout):
        found[file].append(int(line))
    assert re.search(r"\d+ errors?", done.stdout), done.stdout + done.stderr
    return found


@pytest.mark.exhaustive
@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_type_checkers_find_every_mistake_and_nothing_else(checker: str, tmp_path: Path) -> None:
    head = ["import symconv as sc", "layer = sc.Conv1d(4, 3)"]
    (tmp_path / "right.py").write_text(RIGHT, encoding="utf-8")
    (tmp_path / "wrong.py").write_text("\n".join([*head, *WRONG]) + "\n", encoding="utf-8")
    found = marked(checker, tmp_path)
    assert found["right.py"] == []
    assert sorted(set(found["wrong.py"])) == list(range(len(head) + 1, len(head) + len(WRONG) + 1))


def test_the_package_says_that_it_has_types() -> None:
    assert (ROOT / "symconv/py.typed").read_text(encoding="utf-8") == ""


@pytest.mark.parametrize(
    ("known", "table"),
    [
        (names.FormulaName, [name for name, row in QUANTITIES.items() if row.derived]),
        (names.EquationName, [name for name, row in QUANTITIES.items() if row.reasons]),
        (names.AlgorithmName, sc.Conv1d(4, 3, bias=True).algorithm_names),
        (names.ReferenceName, [name for kind in REFERENCES.values() for name in kind]),
        (names.FigureName, FIGURES),
        (names.SectionName, SECTIONS),
        (names.Depth, DEPTHS),
        (names.ExerciseName, KINDS),
        (names.EngineName, ENGINES),
        (names.ProductName, _ROLES),
        (names.PaddingWord, MODES),
        (names.PaddingModeName, PADDING_MODES),
        (names.PresetName, PRESETS),
    ],
)
def test_type_checkers_know_the_names_of_every_table(known: Any, table: Iterable[str]) -> None:
    assert sorted(get_args(known)) == sorted(set(table))


def test_type_checkers_know_the_attributes_options_and_styles() -> None:
    own = {name for name, row in QUANTITIES.items() if row.relation and row.kinds != ("selection",)}
    source = inspect.getsource(Layer)
    assert set(re.findall(r"^        (\w+): (?:Shaped|Matrix)$", source, re.MULTILINE)) == own | {
        "x", "w", "delta", "b",
    }  # fmt: skip
    assert GivenOptions.__annotations__.keys() == {*Options.__dataclass_fields__}
    assert sorted(get_args(get_type_hints(GivenOptions)["math"])) == sorted(SCRIPTS)
    hints = get_type_hints(sc.Notation)
    assert get_args(hints["upstream_style"]) == UPSTREAM_STYLES


#: Public calls that take numbers by the letters of sizes, or the options of :class:`GivenOptions`; and what
#: the package itself calls. Type checkers know the options of ``Notation.replace`` by the fields.
OPEN = {
    "Layer.claim", "Formula.at", "Formula.subs", "Derivation.verify",
    "Document.save", "Exercises.save", "Exercises.files",
    "Manuscript.render", "Notation.rewritten", "SymconvError",
    "Notation.replace",
}  # fmt: skip


def public_calls() -> dict[str, Callable[..., Any]]:
    """All that a user calls: public functions, classes and their methods."""
    found: dict[str, Callable[..., Any]] = {}
    for name in sc.__all__:
        value = getattr(sc, name)
        found[name] = value
        for owner in value.__mro__[:-1] if isinstance(value, type) else ():
            if owner.__module__.startswith("symconv."):
                methods = {k: v for k, v in vars(owner).items() if inspect.isfunction(v) and k[0] != "_"}
                found |= {f"{owner.__name__}.{k}": v for k, v in methods.items()}
    return found


def test_no_signature_takes_any_option() -> None:
    calls = public_calls()
    assert {"Conv2d", "Notation", "Layer.formula", "Figure.png", "convolve"} <= calls.keys()
    taking = {
        name
        for name, call in calls.items()
        if any(p.kind is p.VAR_KEYWORD for p in inspect.signature(call).parameters.values())
    }
    assert taking == OPEN


def test_signatures_are_short() -> None:
    shown = str(inspect.signature(sc.Conv2d))
    assert "notation: 'Notation | PresetName' = Notation()" in shown
    assert len(shown) < 4 * 110
    assert get_type_hints(sc.Conv2d.__init__).keys() >= {"input_size", "padding", "notation"}


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: sc.Conv3d(4, 3, biass=True), "Conv3d: unknown option 'biass': did you mean 'bias'"),
        (lambda: sc.Notation(kernal="h"), "Notation: unknown option 'kernal': did you mean 'kernel'"),
        (lambda: sc.Notation().replace(max_row=5), "a notation: unknown option 'max_row': .*'max_rows'"),
        (lambda: sc.Conv1d(4, 3).formula("output", axs=0), "formula: unknown option 'axs'.* 'axis'"),
        (lambda: sc.Conv1d(4, 3).check(draw=2), "check: unknown option 'draw': did you mean 'draws'"),
        (lambda: sc.Conv1d(4, 3).notes(dept="page"), "notes: unknown option 'dept': did you mean 'depth'"),
        (lambda: sc.Conv1d(4, 3).exercises(sed=1), "exercises: unknown option 'sed': did you mean 'seed'"),
        (lambda: sc.convolve([1], [2], mod="full"), "convolve: unknown option 'mod': did you mean 'mode'"),
        (lambda: sc.Conv1d(4, 3).notes().save("n.tex", slide=True), "save: unknown option 'slide'.*'slides'"),
        (lambda: sc.Conv1d(4, 3).einsum(nam="x"), "einsum: unknown option 'nam': .*'name'.*Write 'name'.$"),
        (lambda: sc.Conv1d(4, 3).einsum(entries=3), "unknown option 'entries': write 'name'.$"),
        (lambda: sc.Conv1d(4, 3).to_torch(vals=1), "unknown option 'vals': write 'dtype'.$"),
        (lambda: sc.Conv1d(4, 3).animation(spd=1), "animation: unknown option 'spd': it takes none.$"),
        (lambda: sc.Conv1d(4, 3).figure("band").png(dp=72), "png: unknown option 'dp': did you mean 'dpi'"),
    ],
)
def test_a_misspelt_option_is_answered_with_the_nearest(call: Callable[[], Any], said: str) -> None:
    with pytest.raises(OptionError, match=said):
        call()


def test_only_public_names_are_offered() -> None:
    assert dir(sc) == sorted([*sc.__all__, "__version__"])
    offered = dir(sc.Conv1d(4, 3))
    assert {"output", "matrix", "formula", "at", "notation", "x"} <= {*offered}
    assert [name for name in offered if name.startswith("_")] == []
    assert not {"spec", "entries", "closed", "written"} & {*offered}
