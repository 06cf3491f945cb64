"""Whose source is read, and that it is what runs."""

from __future__ import annotations

import ast
import functools
import linecache
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import symconv as sc
from symconv.errors import OptionError
from tests.algorithms.activations import relu
from tests.algorithms.written import imported, plain


class Layer:
    def method(self, x):
        return x

    @staticmethod
    def static(x):
        return x


def wrapped(x):
    return x


FOREIGN = [
    (math.exp, "exp is of type builtin_function_or_method, which has no Python source"),
    (max, "max is of type builtin_function_or_method"),
    (Layer, "Layer is a class, which has no Python source: give a function written with def"),
    (3, "3 is of type int"),
    (functools.partial(relu), "of type partial"),
    (functools.lru_cache(relu), "relu is of type _lru_cache_wrapper"),
    (Layer().method, "method is a method: give a function defined outside the class, without self"),
    (Layer.method, "method is a method"),
    (Layer.static, "static is a method"),
    (lambda x: x, "a lambda has no name to typeset: define the function with def"),
    (functools.wraps(relu)(lambda x: x), "relu is wrapped by a decorator: give the function without"),
]


@pytest.mark.parametrize(("function", "message"), FOREIGN, ids=[message[:12] for _, message in FOREIGN])
def test_what_has_no_source_of_its_own_says_so(function: Any, message: str) -> None:
    with pytest.raises(OptionError) as refused:
        sc.function_latex(function)
    assert message in str(refused.value)


@pytest.mark.exhaustive
def test_functions_made_by_exec_or_on_the_command_line_say_so() -> None:
    space: dict[str, Any] = {}
    exec("def f(x):\n    return x\n", space)
    with pytest.raises(OptionError, match="the source of f is not available, as for code run by exec"):
        sc.function_latex(space["f"])
    code = "import symconv as sc\ndef f(x): return x\nprint(sc.function_latex(f))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    told = done.stderr.splitlines()[-1:] or [done.stdout.strip()]
    # Python 3.13 keeps the lines of -c.
    assert told == ["f(x) = x"] or "the source of f is not available" in told[0]


def test_source_that_was_changed_since_the_import_is_not_typeset(tmp_path: Path) -> None:
    kept = "import math\n\n\ndef f(x, k=0):\n    return math.exp(x) + 1\n"
    f = imported(kept, tmp_path).f
    assert plain(sc.function_latex(f)) == r"f(x, k) = \exp (x) + 1"
    for changed, why in (
        (kept.replace("+ 1", "+ 1000000"), "not what runs"),
        (kept.replace("+ 1", "+ 1.0"), "not what runs"),
        (kept.replace("+ 1", "- 1"), "not what runs"),
        (kept.replace("exp", "log"), "not what runs"),
        (kept.replace("f(", "g("), "not what runs"),
        (kept.replace("f(x", "f(y"), "not what runs"),
        (f"{kept[:13]}x = 1\n", "not what runs"),
        (kept.replace("def", "async def"), "asynchronous"),
        (f"{kept[:13]}def f(x\n", "is not a complete statement"),
    ):
        (tmp_path / "written.py").write_text(changed + "# so that the size differs\n" * len(changed))
        with pytest.raises(OptionError, match=why):
            sc.function_latex(f)
    (tmp_path / "written.py").write_text(kept + "# what comes behind changes nothing\n")
    assert sc.function_latex(f).endswith("+ 1")


@pytest.mark.parametrize("text", ["import math\n\n\n{}", "import math\n\n\ndef outer(c):\n{}    return f\n"])
def test_a_function_of_a_notebook_is_read(text: str) -> None:
    """Its statements are compiled one by one, which changes the code of calls into modules."""
    indent = "    " if "outer" in text else ""
    lines = (
        ("def f(x):\n", "    return math.exp(c * x)\n")
        if indent
        else ("def f(x):\n", "    return math.exp(x)\n")
    )
    cell = text.format("".join(indent + line for line in lines))
    name = f"<cell {len(cell)}>"
    linecache.cache[name] = (len(cell), None, cell.splitlines(True), name)
    space: dict[str, Any] = {}
    for statement in ast.parse(cell).body:
        exec(compile(ast.Module([statement], []), name, "exec"), space)
    f = space["outer"](2) if indent else space["f"]
    assert plain(sc.function_latex(f)) == (r"f(x) = \exp (c x)" if indent else r"f(x) = \exp (x)")


@pytest.mark.exhaustive
def test_warnings_of_a_file_are_not_given_again(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(
        "def leaky(x):\n    return x / 10\n\n\nodd, same = '\\d', 3 is 3\n", encoding="utf-8"
    )
    code = "import warnings, own, symconv as sc; warnings.simplefilter('error'); "
    options = [sys.executable, "-W", "ignore", "-c", f"{code}print(sc.function_latex(own.leaky))"]
    done = subprocess.run(options, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "leaky" in done.stdout
