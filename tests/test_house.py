"""The house: imports go down only, every room says what it holds, and none is too large."""

from __future__ import annotations

import ast
import subprocess
import sys
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


def name_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def floor_of(module: str) -> int:
    return FLOORS.index(module.split(".")[0])


def imports_of(path: Path) -> set[str]:
    """The package's modules that a file imports, in functions and under TYPE_CHECKING too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = [node.module or ""]
            if node.module == "symconv":
                names = [
                    f"symconv.{a.name}"
                    if (PACKAGE / f"{a.name}.py").exists() or (PACKAGE / a.name).is_dir()
                    else "symconv.__init__"
                    for a in node.names
                ]
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


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_every_room_says_what_it_holds_and_is_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith('"""')
    assert len(text.splitlines()) <= 350


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
