"""The house: imports go down only, every room says what it holds and has tests, and none is too large."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.seeds import printed_under_several_seeds
from tests.tiers import exhaustive

PACKAGE = Path(__file__).resolve().parent.parent / "symconv"

#: From the top floor down. A module may import from floors below its own, and from its own room.
FLOORS = [
    "__main__",
    "ext",
    "cli",
    "network",
    "layers",
    "notes",
    "figures",
    "check",
    "derivation",
    "evidence",
    "index_sums",
    "algorithms",
    "explicit",
    "pattern",
    "printing",
    "errors",
    "__init__",
]
MODULES = sorted(PACKAGE.rglob("*.py"))
TESTS = Path(__file__).resolve().parent

#: So many entries lie directly in the package, sixteen for layers and the room of networks; so many lines has
#: a file, and so many classes of the package are on the way from one of them, counted too, up to ``object``.
MOST_ENTRIES, MOST_IN_A_FILE, MOST_DEEP = 16 + 1, 350, 3

#: Names that nobody would guess, each with the one that says what is meant.
BETTER_NAMES = {
    "World": "NumericModel",
    "Setting": "LayerSymbols",
    "Scope": "IndexDomain",
    "Spread": "Upsampled",
    "Untied": "Unshared",
    "Exchanged": "Adjoint",
    "far": "dependent_role",
    "folds": "reads_input",
    "_judged": "check_arguments",
    "Told": "explained",
}

#: Tests of the project as a whole, beside those of the rooms.
OF_THE_PROJECT = ("docs", "extending", "house", "lines", "own_notation_page", "readme", "typed")


def name_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def floor_of(module: str) -> int:
    return FLOORS.index(module.split(".")[0])


def imports_of(path: Path) -> set[str]:
    """The package's modules that a file imports, in functions and under TYPE_CHECKING too."""
    found = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            parts = (node.module or "").split(".")
            folder = PACKAGE.joinpath(*parts[1:])
            modules = [
                a.name for a in node.names if (folder / f"{a.name}.py").exists() or (folder / a.name).is_dir()
            ]
            whole = ".".join(parts) if len(parts) > 1 or parts[0] != "symconv" else "symconv.__init__"
            names = [f"{node.module}.{name}" for name in modules]
            names += [whole] if len(modules) < len(node.names) else []
        else:
            continue
        found |= {name.removeprefix("symconv.") for name in names if name.split(".")[0] == "symconv"}
    return found


def test_every_room_has_a_floor() -> None:
    assert {name_of(path).split(".")[0] for path in MODULES} == set(FLOORS)


@pytest.mark.parametrize("path", [p for p in MODULES if p != PACKAGE / "__init__.py"], ids=name_of)
def test_imports_go_down_only(path: Path) -> None:
    room = name_of(path)
    for imported in imports_of(path):
        same_room = imported.split(".")[0] == room.split(".")[0]
        assert same_room or floor_of(imported) > floor_of(room), f"{room} imports {imported}"


def test_there_are_no_cycles() -> None:
    graph = {
        name_of(path): imports_of(path) - {"__init__"} for path in MODULES if path != PACKAGE / "__init__.py"
    }
    done: set[str] = set()

    def visit(module: str, above: tuple[str, ...]) -> None:
        assert module not in above, " -> ".join((*above, module))
        if module not in done:
            for imported in sorted(graph[module]):
                visit(imported, (*above, module))
            done.add(module)

    for module in graph:
        visit(module, ())


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def lines_of(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_every_room_says_what_it_holds_and_is_small(path: Path) -> None:
    first, *_ = path.read_text(encoding="utf-8").splitlines()
    told = ast.get_docstring(tree_of(path))
    assert told is not None
    assert first.startswith('"""'), "the docstring begins on the first line"
    assert re.match(r"\S+ \S+ [^\n]*\.(\n|$)", told), "and that line is a sentence"
    assert lines_of(path) <= MOST_IN_A_FILE


def test_few_entries_lie_directly_in_the_package() -> None:
    no_rooms = ("__pycache__", "py.typed")  # the second is an empty file that says that there are types
    entries = sorted(path.name for path in PACKAGE.iterdir() if path.name not in no_rooms)
    assert len(entries) <= MOST_ENTRIES, entries


#: A class, with the module that defines it.
Class = tuple[Path, ast.ClassDef]


def classes_in(path: Path) -> list[Class]:
    """The classes that a module defines."""
    return [(path, node) for node in ast.walk(tree_of(path)) if isinstance(node, ast.ClassDef)]


def class_called(name: str, path: Path) -> Class | None:
    """The class of the package that a module defines or imports under a name."""
    for found in classes_in(path):
        if found[1].name == name:
            return found
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("symconv."):
            source = PACKAGE.joinpath(*str(node.module).split(".")[1:])
            source = source / "__init__.py" if source.is_dir() else source.with_suffix(".py")
            for alias in node.names:
                if name == (alias.asname or alias.name):
                    return class_called(alias.name, source)
    return None


def above(one: Class) -> list[Class]:
    """The classes of the package that a class inherits from."""
    path, node = one
    found = [class_called(base.id, path) for base in node.bases if isinstance(base, ast.Name)]
    return [base for base in found if base]


def depth(one: Class) -> int:
    """How many classes of the package are on the longest way from a class up, itself included."""
    return 1 + max(map(depth, above(one)), default=0)


def ancestry(one: Class) -> set[str]:
    """The names of a class and of all that it inherits from."""
    return {one[1].name}.union(*map(ancestry, above(one)))


def test_no_class_inherits_deep() -> None:
    depths = {f"{name_of(one[0])}.{one[1].name}": depth(one) for path in MODULES for one in classes_in(path)}
    assert depths["pattern.transposed.TransposedAxis"] > 1
    assert {name: found for name, found in depths.items() if found > MOST_DEEP} == {}


def names_in(path: Path) -> Iterator[str]:
    """Every name that a module uses."""
    for node in ast.walk(tree_of(path)):
        for field in ("id", "attr", "arg", "name", "asname"):
            if isinstance(getattr(node, field, None), str):
                yield getattr(node, field)


def test_names_that_nobody_would_guess_do_not_come_back() -> None:
    found = {(name_of(path), name) for path in MODULES for name in names_in(path) if name in BETTER_NAMES}
    assert {f"{module}: {name}, better {BETTER_NAMES[name]}" for module, name in found} == set()
    defined = {
        name_of(path) for path in MODULES for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef) and node.name == "counted"
    }  # fmt: skip
    assert defined == {"printing.english"}, "a number of things in words is all that counted means"


@cache
def kinds_of_layers() -> set[str]:
    """The classes by which layers differ: kernels, and relations but for the two that every layer has."""
    classes = [one for path in MODULES if name_of(path).startswith("pattern") for one in classes_in(path)]
    kinds = {one[1].name for one in classes if ancestry(one) & {"Kernel", "Relation"}}
    return kinds - {"Relation", "Pattern"}


def asks_the_kind(node: ast.AST, kinds: set[str]) -> bool:
    """Whether code asks an object for its class, or compares the name of a kernel, which a table may hold."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        asked = node.args[1:] if node.func.id in ("isinstance", "issubclass") else []
        return any(isinstance(part, ast.Name) and part.id in kinds for one in asked for part in ast.walk(one))
    if isinstance(node, ast.MatchClass):
        return isinstance(node.cls, ast.Name) and node.cls.id in kinds
    if not isinstance(node, ast.Compare):
        return False
    sides = [node.left, *node.comparators]
    written = [side for side in sides if isinstance(side, ast.Constant | ast.Tuple | ast.List | ast.Set)]
    told = [part.value for side in written for part in ast.walk(side) if isinstance(part, ast.Constant)]
    return any(isinstance(value, str) for value in told) and any(map(of_a_kind, sides))


def of_a_kind(side: ast.expr) -> bool:
    """Whether an expression is the name of a kernel, one of its kinds, or the form of a relation."""
    return bool(re.search(r"kernel\.(name|kinds)$|\brelation\.form$", ast.unparse(side)))


def test_only_the_pattern_knows_kinds_of_layers() -> None:
    kinds = kinds_of_layers()
    assert {"Axis", "Spatial", "TransposedAxis", "Channels", "Kernel", "Selection"} <= kinds
    above = [path for path in MODULES if floor_of(name_of(path)) < floor_of("pattern")]
    found = [(path, node) for path in above for node in ast.walk(tree_of(path)) if asks_the_kind(node, kinds)]
    assert [f"{name_of(path)}:{node.lineno}" for path, node in found if hasattr(node, "lineno")] == []


@pytest.mark.parametrize(
    "code",
    [
        "isinstance(relation, Axis)",
        "isinstance(relation, Batch | Channels)",
        "spec.kernel.name == 'selection'",
        "'weights' in kernel.kinds",
        "kernel.name in ('uniform', 'clipped')",
        "relation.form == 'samples'",
        "match relation:\n    case Spatial(): pass",
    ],
)
def test_asking_for_a_kind_is_seen(code: str) -> None:
    assert any(asks_the_kind(node, kinds_of_layers()) for node in ast.walk(ast.parse(code)))


@pytest.mark.parametrize("room", sorted({name_of(path).split(".")[0] for path in MODULES}))
def test_every_room_has_its_tests(room: str) -> None:
    if room not in ("__init__", "__main__"):
        tests = [*(TESTS / room).rglob("test_*.py"), *TESTS.glob(f"test_{room}.py")]
        assert tests, f"no tests/{room}/test_*.py and no tests/test_{room}.py"


def test_tests_lie_in_the_rooms_that_they_are_of() -> None:
    rooms = {name_of(path).split(".")[0] for path in MODULES}
    loose = {path.stem.removeprefix("test_") for path in TESTS.glob("test_*.py")}
    assert loose - rooms == set(OF_THE_PROJECT)


def test_no_class_is_more_than_three_deep() -> None:
    bases: dict[str, list[str]] = {}
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                bases.setdefault(node.name, []).extend(b.id for b in node.bases if isinstance(b, ast.Name))

    def depth(name: str) -> int:
        return 1 + max(map(depth, bases[name]), default=0) if name in bases else 0

    assert {name: depth(name) for name in bases if depth(name) > 3} == {}


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout


def test_importing_the_package_and_asking_for_help_loads_no_library() -> None:
    code = (
        "import sys, symconv\n"
        "from symconv.cli.commands import main\n"
        "for call in (['--help'], ['derive', '--help'], ['check', '--help'], ['--version']):\n"
        "    try: main(call)\n"
        "    except SystemExit as e: assert not e.code, e.code\n"
        "heavy = {'sympy', 'numpy', 'latexify', 'scipy'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    assert "Derive convolution layers" in run(code)


def test_public_names_load_and_unknown_ones_do_not() -> None:
    import symconv

    for name in symconv.__all__:
        assert getattr(symconv, name) is not None
        assert name in dir(symconv)
    with pytest.raises(AttributeError, match="no attribute 'Conv9d'"):
        symconv.__getattr__("Conv9d")


@pytest.mark.parametrize("reference", ["'loops'", pytest.param("None", marks=exhaustive)])
def test_output_is_the_same_whatever_the_hash_seed(reference: str) -> None:
    code = (
        "import symconv as sc\n"
        "layer = sc.Conv1d(5, 3, stride=2, padding=1, bias=True)\n"
        "print([layer.equation(n).latex() for n in layer.equation_names], repr(layer))\n"
        f"print(layer.check(reference={reference}))\n"
    )
    assert len(printed_under_several_seeds(code)) == 1
