"""Functions as equations and as pseudocode: what they read as, and what is refused, with its cure."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import symconv as sc
from symconv.algorithms.typeset import algorithm_latex
from symconv.errors import OptionError
from tests.algorithms.activations import EQUATIONS, gelu, relu
from tests.algorithms.written import imported, plain
from tests.seeds import printed_under_several_seeds


@pytest.mark.parametrize("function", EQUATIONS, ids=lambda f: f.__name__)
def test_a_function_reads_as_an_equation(function: Callable[..., Any], typeset) -> None:
    found = sc.function_latex(function)
    assert plain(found).replace("\n", " ") == EQUATIONS[function]
    typeset(found, fits=True)


def test_a_function_within_a_function_with_lines_at_the_margin_is_read() -> None:
    # fmt: off
    def inner(x, y):
        c = x[0, 1]
    # a comment at the margin
        return c * y
    # fmt: on
    assert plain(sc.function_latex(inner)) == (
        "\\begin{aligned}\nc &= x_{0, 1} \\\\\n\\mathrm{inner}(x, y) &= c y\n\\end{aligned}"
    )


def test_a_name_of_a_module_stays_where_an_argument_bears_it() -> None:
    def f(math):
        return math.pi

    def g(x):
        return math.exp(x) + math.pi

    with pytest.raises(OptionError, match="the attribute pi cannot be typeset"):
        sc.function_latex(f)
    assert plain(sc.function_latex(g)) == r"g(x) = \exp (x) + \pi"


def test_pseudocode_has_ranges_as_sets_and_names_as_letters(typeset) -> None:
    def sigma(x, C_in, w):
        y = 0
        for i in range(1, C_in + 1):
            for k in range(0, 9, 2):
                y += w[i, k] * x[k]
            while y > 1:
                y /= 2
            if y < 0:
                continue
            elif y == 0:
                break
            else:
                pass
        return y

    lines = [line.strip() for line in plain(algorithm_latex(sigma)).splitlines()]
    assert lines == [
        r"\begin{algorithmic}",
        r"\Function{sigma}{$x, C_{\mathrm{in}}, w$}",
        r"\State $y \gets 0$",
        r"\For{$i \in \mathopen{}\left\{ 1, \dots, C_{\mathrm{in}} \mathclose{}\right\}$}",
        r"\For{$k \in \mathrm{range} (0, 9, 2)$}",
        r"\State $y \gets y + w_{i, k} x_{k}$",
        r"\EndFor",
        r"\While{$y > 1$}",
        r"\State $y \gets \frac{y}{2}$",
        r"\EndWhile",
        r"\If{$y < 0$}",
        r"\State $\mathbf{continue}$",
        r"\Else",
        r"\If{$y = 0$}",
        r"\State $\mathbf{break}$",
        r"\Else",
        r"\State $\mathbf{pass}$",
        r"\EndIf",
        r"\EndIf",
        r"\EndFor",
        r"\State \Return $y$",
        r"\EndFunction",
        r"\end{algorithmic}",
    ]
    typeset(algorithm_latex(sigma, "math"), fits=True)


#: What is refused in an equation: the lines of f, the number of the line, what stands there, the cure.
REFUSED = [
    ("g = lambda x: x\nreturn g(x)", 2, "a lambda", "define a function with def"),
    ("return sum(x[1:3])", 2, "a slice", "over the index"),
    ("y: int = x\nreturn y", 2, "an annotated assignment", "without the annotation"),
    ("assert x > 0\nreturn x", 2, "an assertion", "check the arguments before the call"),
    ("if x < 0:\n    raise ValueError\nreturn x", 3, "an exception", "check the arguments before the call"),
    ("y = 0\nfor k in range(3):\n    y = y + k\nreturn y", 3, "a loop", "write sum(... for k in range(K))"),
    ("y = x\nwhile y > 1:\n    y = y / 2\nreturn y", 3, "a loop", "an equation has no loops"),
    ("y = x\ny += 1\nreturn y", 3, "an augmented assignment", "a new name"),
    ("y = x\ny = y + 1\nreturn y", 3, "a second value of y", "its own name"),
    ("x = x + 1\nreturn x", 2, "a second value of x", "its own name"),
    ("y = [0, 0]\ny[0] = x\nreturn y", 3, "an assignment to an entry", "as a list"),
    ("print(x)\nreturn x", 2, "a statement without a value", "leave it out"),
    ("def g(y):\n    return y\nreturn g(x)", 2, "a function inside a function", "outside"),
    ("import math\nreturn math.exp(x)", 2, "an import", "top of the module"),
    (
        "match x:\n    case 0:\n        return 1\n    case _:\n        return x",
        2,
        "a match statement",
        "if, elif",
    ),
    (
        "try:\n    return 1 / x\nexcept ZeroDivisionError:\n    return 0",
        2,
        "an exception handler",
        "leave it",
    ),
    ("with x:\n    return 1", 2, "a with statement", "leave it out"),
    ("return {0: x}[0]", 2, "a dictionary", "if, elif and else"),
    ("return f'{x}'", 2, "a formatted string", "leave it out"),
    ("return 'x'", 2, "text", "leave it out"),
    ("return float('inf')", 2, "text", "write math.inf"),
    ("return max(*x)", 2, "a starred expression", "write out the items"),
    ("return round(x, ndigits=2)", 2, "a keyword argument", "by position"),
    ("return sum((k for k in range(3)), x)", 2, "a sum with a start value", "add the start value"),
    ("return max(k for k in range(3))", 2, "a generator", "in sum(...) or prod(...)"),
    ("return (y := x)", 2, "an assignment in an expression", "on a line of its own"),
    ("yield x", 2, "a statement without a value", "leave it out"),
    ("return x.exp()", 2, "the attribute exp", "call a function of it"),
    ("return x[-1]", 2, "an index counted from the end", "x[N - 1]"),
    ("return x[0, -1]", 2, "an index counted from the end", "x[N - 1]"),
    ("if x > 0:\n    return x", 2, "a case without else", "for the other case too"),
    ("if x > 0:\n    y = x\nelse:\n    y = 0\nreturn y", 2, "a case that does not return", "end each branch"),
    ("if x > 0:\n    y = x\n    return y\nreturn 0", 3, "a case with several statements", "in one statement"),
    ("return", 2, "a branch that returns no value", "return a value at its end"),
    ("y = x", 2, "a branch that returns no value", "return a value at its end"),
    ("'docstring'", 1, "a function without statements", "return a value"),
    ("return {x for y in x if del_(y)} if await_ else async_(b'')", 2, "text", "leave it out"),
]


@pytest.mark.parametrize(("body", "line", "what", "cure"), REFUSED)
def test_what_an_equation_cannot_say_is_refused_with_its_line_and_cure(
    body: str, line: int, what: str, cure: str, tmp_path: Path
) -> None:
    source = "def f(x):\n" + "".join(f"    {row}\n" for row in body.splitlines())
    f = imported(source, tmp_path).f
    with pytest.raises(OptionError) as refused:
        sc.function_latex(f)
    message = str(refused.value)
    assert message.startswith(f"f, line {line}, {source.splitlines()[line - 1].strip()!r}: {what} cannot be ")
    assert cure in message.split("; ", 1)[1]
    assert "\n" not in message
    assert refused.value.__cause__ is None


#: What is refused in pseudocode, where loops are at home.
REFUSED_IN_PSEUDOCODE = [
    ("for k in range(3):\n    y = k\nelse:\n    y = 0\nreturn y", 2, "a loop with else", "after the loop"),
    ("while x:\n    x = 0\nelse:\n    x = 1\nreturn x", 2, "a loop with else", "after the loop"),
    ("for k in range(3):\n    del x[0]\nreturn x", 3, "the Python construct Delete", "another way"),
    ("y: int = x\nreturn y", 2, "an annotated assignment", "without the annotation"),
    ("assert x > 0\nreturn x", 2, "an assertion", "check the arguments"),
    ("for k in range(3):\n    y = x[:k]\nreturn y", 3, "a slice", "over the index"),
]


@pytest.mark.parametrize(("body", "line", "what", "cure"), REFUSED_IN_PSEUDOCODE)
@pytest.mark.parametrize("target", ["latex", "math"])
def test_what_pseudocode_cannot_say_is_refused_with_its_line_and_cure(
    target: str, body: str, line: int, what: str, cure: str, tmp_path: Path
) -> None:
    source = "def f(x):\n" + "".join(f"    {row}\n" for row in body.splitlines())
    with pytest.raises(
        OptionError, match=f"^f, line {line}, .*: {what} cannot be typeset as an algorithm; "
    ) as e:
        algorithm_latex(imported(source, tmp_path).f, target)
    assert cure in str(e.value)


@pytest.mark.parametrize(
    ("head", "what"),
    [
        ("f(*x)", "the argument x cannot"),
        ("f(x, *, y)", "the argument y cannot"),
        ("f(**x)", "the argument x cannot"),
        ("f(σ)", "the name σ cannot be typeset as an equation; write it in ASCII"),
        ("φ(x)", "the name φ cannot"),
    ],
)
def test_arguments_that_a_header_cannot_show_are_refused(head: str, what: str, tmp_path: Path) -> None:
    module = imported(f"def {head}:\n    return 1\n", tmp_path)
    with pytest.raises(OptionError, match="line 1, ") as refused:
        sc.function_latex(getattr(module, head.split("(")[0]))
    assert what in str(refused.value)


def test_what_latexify_itself_refuses_is_told_without_its_traceback() -> None:
    def f(x):
        return pow(x, 2, 3)

    with pytest.raises(OptionError, match="f cannot be typeset: Incorrect number of arguments for pow"):
        sc.function_latex(f)


def test_the_line_is_counted_from_the_first_decorator(tmp_path: Path) -> None:
    source = "def same(f):\n    return f\n\n\n@same\ndef f(x):\n    return x[-1]\n"
    with pytest.raises(OptionError, match=r"f, line 3, 'return x\[-1\]'"):
        sc.function_latex(imported(source, tmp_path).f)


#: Names that would be one letter: a function, and the two of them.
ONE_LETTER = [
    ("def f(x, x_):\n    return x - x_", "x and x_ would both be written x"),
    ("def f(x1, x_1):\n    return x1 - x_1", "x1 and x_1 would both be written x_{1}"),
    ("def f(x, x_1):\n    return x_1 + x[1]", "x_1 and x[1] would both be written x_{1}"),
    ("def f(x):\n    f_ = 2\n    return x + f_", "f and f_ would both be written f"),
    ("def f(e):\n    return math.e + e", "e and math.e would both be written e"),
    ("def f(inf):\n    return -math.inf if inf else 0", "inf and math.inf would both be"),
    ("tau = 1\ndef f(x):\n    return x * math.tau + tau", "tau and math.tau would both be"),
]


@pytest.mark.parametrize(("source", "told"), ONE_LETTER)
def test_two_names_that_would_be_one_letter_are_refused(source: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=f"^f: {re.escape(told)}.*; rename "):
        sc.function_latex(imported(f"import math\n{source}\n", tmp_path).f)


def test_one_thing_under_two_names_is_no_clash(tmp_path: Path) -> None:
    source = (
        "import math\nfrom math import exp, pi\n\n\n"
        "def f(x, y):\n    return exp(x) + math.exp(y) + pi * math.pi\n"
    )
    found = sc.function_latex(imported(source, tmp_path).f)
    assert plain(found) == r"f(x, y) = \exp (x) + \exp (y) + \pi \pi"


def test_an_unknown_target_is_answered_with_the_nearest() -> None:
    with pytest.raises(OptionError, match="there is no target 'maths': did you mean 'math'"):
        algorithm_latex(relu, "maths")


@pytest.mark.exhaustive
def test_typesetting_is_the_same_whatever_the_hash_seed() -> None:
    code = (
        "import symconv as sc\n"
        "from tests.algorithms.test_listings import LISTINGS\n"
        "from tests.algorithms.activations import EQUATIONS\n"
        "for listing in (LISTINGS[name] for name in LISTINGS if '_2d' in name):\n"
        "    print(listing.name, listing.reason, listing, listing.latex(), listing.math())\n"
        "print([sc.function_latex(f) for f in EQUATIONS])\n"
    )
    printed = printed_under_several_seeds(code)
    assert len(printed) == 1
    assert r"\Function{correlation\_2d}" in printed.pop()


def test_a_python_function_is_still_an_activation() -> None:
    layer = sc.Conv1d(2, 1).at(x=[2, -3], w=[1])
    assert list(layer.activation(relu)) == [2, 0]
    assert r"\tanh" in sc.function_latex(gelu)
