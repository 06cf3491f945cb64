"""Errors as data: an error knows its option, and every door writes options and ways of asking as its own."""

from __future__ import annotations

import ast
import pickle
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from sympy import Symbol

import symconv as sc
from symconv.cli.commands import cli
from symconv.cli.options import layer_kinds
from symconv.cli.refusals import COMMAND_LINE, WAYS
from symconv.errors import PYTHON, Door, OptionError, SymconvError
from symconv.ext.shown import DIRECTIVE
from tests.cli.test_cli import run
from tests.ext.project import Project, directive

PACKAGE = Path(sc.__file__).parent
DOORS = {"python": PYTHON, "command line": COMMAND_LINE, "directive": DIRECTIVE}
SIZES = {"input_size": 4, "kernel_size": 2}
LAYER = ["--input-size", "4", "--kernel-size", "2"]
LARGE = {"input_size": 60, "kernel_size": 2}
OPENING = {"x": "1,2,3", "w": "4,5"}

#: Every option that a door has, by its name in the Python interface.
OPTIONS = {str(param.name) for command in cli.commands.values() for param in command.params} | {"label"}
#: A layer is what errors speak of, beside an option of this name.
WORDS = {"layer"}

#: Layers that are refused, and the options that the refusal names.
REFUSED: list[tuple[str, Mapping[str, Any], list[str]]] = [
    *(("conv1d", {**SIZES, name: 0}, [name]) for name in ("input_size", "kernel_size", "stride", "dilation")),
    *(("conv1d", {**SIZES, name: -1}, [name]) for name in ("padding", "batch")),
    *(("maxpool1d", {**SIZES, name: 0}, [name]) for name in ("stride", "channels", "batch")),
    *(("conv1d", {**SIZES, name: (2, 2)}, [name]) for name in ("stride", "dilation")),
    ("conv1d", {**SIZES, "padding": (1, 2, 3)}, ["padding"]),
    ("conv1d", {**SIZES, "padding": "ful"}, ["padding"]),
    ("conv1d", {**SIZES, "padding": "same", "stride": 2}, ["padding"]),
    ("conv1d", {**SIZES, "padding": 9, "padding_mode": "reflect"}, ["padding_mode"]),
    ("conv1d", {**SIZES, "groups": 2}, ["groups", "in_channels", "out_channels"]),
    ("conv1d", {**SIZES, "in_channels": 2}, ["in_channels", "out_channels"]),
    ("conv1d", {**SIZES, "out_channels": 2}, ["in_channels", "out_channels"]),
    ("conv1d", {**SIZES, "in_channels": 3, "out_channels": 2, "groups": 2}, ["in_channels"]),
    ("convtranspose1d", {**SIZES, "output_padding": 1}, ["output_padding"]),
    ("convtranspose1d", {**SIZES, "padding": "same"}, ["padding"]),
    ("conv2d", {"input_size": (4, 4), "kernel_size": 2, "stride": (1, 2, 3)}, ["stride"]),
]

#: The same, where the interface of Python is asked in another way.
DESCRIBED: list[tuple[str, Mapping[str, Any], list[str]]] = [
    ("conv1d", {"x": "1,2"}, ["kernel_size", "w"]),
    ("conv1d", {"w": "1,2"}, ["input_size", "x"]),
    ("conv1d", {"x": "1,2;3", "w": "1"}, ["x"]),
    ("conv1d", {"x": "1,,2", "w": "1"}, ["x"]),
    ("conv1d", {**SIZES, "x": "1,2"}, ["x"]),
    ("conv1d", {**SIZES, "w": "1,2,3"}, ["w"]),
    ("conv1d", {**OPENING, "delta": "1"}, ["delta"]),
    ("conv1d", {"x": "x0,1", "w": "4,5"}, ["x"]),
    ("conv1d", {"input_size": "N", "kernel_size": 2, "x": "1,2"}, ["input_size"]),
    ("conv1d", {**SIZES, "stride": "s", "x": "1,2,3,4"}, ["stride"]),
    ("conv1d", {**SIZES, "padding": "p", "w": "1,2"}, ["padding"]),
    ("conv1d", {**OPENING, "max_rows": 1}, ["max_rows"]),
    ("conv1d", {**OPENING, "max_rows": -1}, ["max_rows"]),
    ("conv1d", {**OPENING, "padding_mode": "zero"}, ["padding_mode"]),
    ("conv1d", {**OPENING, "output_padding": 1}, ["output_padding"]),
    ("conv1d", {**OPENING, "channels": 1}, ["channels"]),
    ("maxpool1d", {**SIZES, "b": 1}, ["b"]),
    ("maxpool1d", {**SIZES, "w": "1,2"}, ["w", "kernel_size"]),
    ("maxpool1d", {**SIZES, "flip": True}, ["flip"]),
    ("conv1d", {**OPENING, "show": "matrx"}, ["show"]),
    ("conv1d", {**OPENING, "show": "output,output"}, ["show"]),
    ("conv1d", {**OPENING, "show": "all,output"}, ["show"]),
    ("conv1d", {**OPENING, "show": "grad_bias"}, ["show", "bias", "b"]),
    ("conv1d", {**OPENING, "show": "output", "activation": "f"}, ["show", "activation"]),
    ("conv1d", {**OPENING, "prove": True}, ["prove", "steps"]),
    ("conv1d", {**OPENING, "steps": True}, ["x", "input_size"]),
    ("conv1d", {**SIZES, "b": 1, "steps": True}, ["b", "bias"]),
    ("conv1d", {**SIZES, "steps": True, "activation": "f"}, ["steps", "activation"]),
    ("conv1d", {**SIZES, "steps": True, "show": "none"}, ["steps", "show"]),
    ("conv1d", {"input_size": 30000, "kernel_size": 2, "show": "matrix", "max_rows": 0}, ["max_rows"]),
]

#: Calls of the commands that no directive has.
COMMANDS: list[tuple[list[str], list[str]]] = [
    (["check", *LAYER, "--draws", "0"], ["draws"]),
    (["check", *LAYER, "--seed", "-1"], ["seed"]),
    (["check", "--input-size", "N", "--kernel-size", "2"], ["input_size"]),
    (["claim", *LAYER, "grad_bias", "x[i]"], ["bias"]),
    (["notes", *LAYER, "--slides", "-o", "n.md"], ["slides"]),
    (["notes", *LAYER, "--slides", "--fragment", "-o", "n.tex"], ["slides", "fragment"]),
    (["notes", *LAYER, "--mathjax", "", "-o", "n.html"], ["mathjax"]),
    (["notes", *LAYER, "--depth", "deep", "-o", "n.txt"], ["depth"]),
    (["notes", *LAYER, "--pooling", "max", "--activation", "f", "-o", "n.txt"], ["activation"]),
]


def text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def arguments(kind: str, options: Mapping[str, Any]) -> list[str]:
    """A layer as the command line asks for it."""
    words = {"maxpool1d": ["--pooling", "max"], "convtranspose1d": ["--transposed"]}.get(kind, [])
    for name, value in options.items():
        words += [COMMAND_LINE.written(name), *([] if value is True else [text(value)])]
    return ["derive", *words]


def refused(call: Callable[[], Any]) -> SymconvError:
    with pytest.raises(SymconvError) as found:
        call()
    return found.value


def require_words_of(door: str, message: str, named: list[str]) -> None:
    """Require that options and ways of asking are written as at this door, but for what was written there."""
    own = re.sub(r"""(?<!value for )('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")""", "''", message)
    for name in named:
        assert re.search(rf"(?<![\w:-]){DOORS[door].written(name)}(?!\w)", own), (name, message)
    for other in DOORS.keys() - {door}:
        for way in PYTHON.ways:
            said, here = (DOORS[d].format(f"{{{way}}}") for d in (other, door))
            assert said == here or said in here or said not in own, message
    verbs = "is|has|does|gives|goes|uses|names|mode|''|\\("
    for name in OPTIONS - WORDS if door != "python" else ():
        assert not re.search(rf"(?<![\w:-]){name}(?![\w:]) ({verbs}) ", own), message
        assert "_" not in name or not re.search(rf"\b{name}\b", own), message
    assert door == "command line" or "--" not in own, message
    assert door == "directive" or not re.search(r":[a-z-]+:", own), message


@pytest.mark.parametrize(("kind", "options", "named"), REFUSED)
def test_python_writes_its_options(kind: str, options: Mapping[str, Any], named: list[str]) -> None:
    error = refused(lambda: layer_kinds()[kind](**options))
    require_words_of("python", str(error), named)
    assert error.option in named
    assert error.given == options.get(error.option) or error.option in ("in_channels", "out_channels")


@pytest.mark.parametrize(("kind", "options", "named"), [*REFUSED, *DESCRIBED])
def test_the_command_line_writes_its_options(capsys, kind: str, options, named: list[str]) -> None:
    code, out, message = run(capsys, *arguments(kind, options))
    assert (code, out) == (2, "")
    require_words_of("command line", message, named)


@pytest.mark.parametrize(("call", "named"), COMMANDS)
def test_every_command_writes_its_options(capsys, tmp_path: Path, monkeypatch, call, named) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, message = run(capsys, *call)
    assert (code, out, list(tmp_path.iterdir())) == (2, "", [])
    require_words_of("command line", message, named)


def test_the_directive_writes_its_options(tmp_path: Path) -> None:
    figure = ("conv1d", {**LARGE, "figure": "band"}, ["input_size", "channels", "batch", "show"])
    label = ("conv1d", {**OPENING, "show": "none", "label": "a"}, ["label", "show"])
    cases = [*REFUSED, *DESCRIBED, figure, label]
    texts = [
        directive(kind, **{k: v if v is True else text(v) for k, v in o.items()}) for kind, o, _ in cases
    ]
    project = Project(tmp_path)
    project.write({"index.rst": "Title\n=====\n\n" + "\n".join(texts)})
    warnings, _ = project.build()
    messages = [warning.partition("WARNING: symconv: ")[2] for warning in warnings]
    assert len(messages) == len(cases)
    for message, (_, _, named) in zip(messages, cases, strict=True):
        require_words_of("directive", message.removesuffix(" [symconv]"), named)


@pytest.mark.parametrize(
    ("call", "given", "allowed"),
    [
        (lambda: sc.Conv1d(4, 3, strid=2), "strid", "stride"),
        (lambda: sc.Conv1d(4, 3, padding="ful"), "ful", "full"),
        (lambda: sc.Conv1d(4, 3, padding_mode="circula"), "circula", "circular"),
        (lambda: sc.Conv1d(4, 3).equation("matrx"), "matrx", "matrix"),
        (lambda: sc.Conv1d(4, 3).formula("outpt"), "outpt", "output"),
        (lambda: sc.Conv1d(4, 3).at(y=[1]), "y", "x"),
        (lambda: sc.Conv1d(4, 3).figure("bnd"), "bnd", "band"),
        (lambda: sc.Conv1d(4, 3).notes(sections=["forwrd"]), "forwrd", "numbers"),
        (lambda: sc.Notation(upstream_style="partal"), "partal", "partial"),
        (lambda: sc.convolve(2, 2, mode="ful"), "ful", "full"),
    ],
)
def test_an_error_knows_what_is_allowed(call: Callable[[], Any], given: str, allowed: str) -> None:
    error = refused(call)
    assert error.given == given
    assert allowed in error.allowed
    assert repr(allowed) in str(error)


def test_an_error_knows_its_option_wherever_it_is_sent() -> None:
    error = refused(lambda: sc.Conv1d(4, 3, stride=0))
    sent = pickle.loads(pickle.dumps(error))
    assert (type(sent), sent.option, sent.given) == (type(error), "stride", 0)
    assert str(sent) == str(error) == "stride is 0: it must be at least 1."
    assert sent.said(COMMAND_LINE) == "--stride is 0: it must be at least 1."


def test_what_a_caller_wrote_is_never_said_otherwise() -> None:
    wrong = "{stride} --show {"
    error = refused(lambda: sc.Conv1d(4, 3).equation(wrong))
    assert all(repr(wrong) in error.said(door) for door in DOORS.values())
    step = Symbol("{stride", integer=True, positive=True)
    error = refused(lambda: sc.Conv1d(4, 3, padding="same", stride=step))
    assert "which is impossible for stride {stride" in error.said(COMMAND_LINE)
    assert str(SymconvError(wrong)) == SymconvError(wrong).said(DIRECTIVE) == wrong


def test_an_error_within_an_error_is_said_by_the_same_door() -> None:
    error = refused(lambda: sc.Conv1d(4, 3, padding=2.5))
    assert str(error).startswith("padding is 2.5: write a whole number or a symbol. Or write a pair (before")
    assert error.said(DIRECTIVE) == (
        ":padding: is 2.5: write a whole number or a symbol. "
        "Or write a pair BEFORE,AFTER, 'valid', 'same' or 'full'."
    )


def test_doors_know_the_same_ways() -> None:
    assert WAYS.keys() == PYTHON.ways.keys()
    assert not WAYS.keys() & OPTIONS


def places(node: ast.expr) -> set[str]:
    """The places of a template; what an f-string puts in is left out."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    said = "".join(str(part.value) if isinstance(part, ast.Constant) else "0" for part in parts)
    return set(re.findall(r"\{([a-z]\w*)", said))


def test_every_place_of_a_sentence_is_data_a_way_or_an_option() -> None:
    found: set[str] = set()
    known = OPTIONS | set(WAYS) | {"option", "given", "cure"}
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Error") and node.args:
                known |= {str(keyword.arg) for keyword in node.keywords}
                found |= places(node.args[0]) if node.keywords or node.args[1:] else set()
            elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in ("sentence", "cure"):
                found |= places(node.value)
    assert {"in_channels", "slides", "pair", "error"} <= found <= known


def test_a_door_fills_in_options_and_ways() -> None:
    door = Door("<{}>".format, {"ask": "write {stride}"})
    error = OptionError("{option} is {given}: {ask}, not {padding}.", "bias", "{flip}")
    assert error.said(door) == "<bias> is {flip}: write <stride>, not <padding>."
