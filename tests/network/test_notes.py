"""Notes on chains: what they say is computed, they have every format, and their code gives what they show."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import sympy

import symconv as sc
from symconv.errors import OptionError, SymconvError
from symconv.network.losses import Loss
from symconv.network.named import Named
from symconv.notes.model import Display, Heading, Picture, plain
from tests.network.noted import NETS, notes_of, one_filter, opening, two_filters
from tests.tiers import exhaustive, tiers


def residual() -> sc.Chain:
    block = sc.Residual([sc.Conv1d(None, 3, padding=1, out_channels=2)])
    first = sc.Conv1d("N", 3, in_channels=1, out_channels=2)
    return sc.Chain(first, sc.Activation("f"), block, sc.Activation("f"), sc.Flatten(), sc.Dense(None, 2))


def large() -> sc.Chain:
    return sc.Chain(sc.Conv1d(20, 3), sc.Activation("relu"), sc.Dense(None, 2))


def swish(z: Any) -> Any:
    return z / (1 + sympy.exp(-z))


def scaled(z: Any) -> Any:
    return len(NETS) * z**2


def cases(z: Any) -> Any:
    return sympy.Piecewise((z, z > 1), (0, True))


def in_steps(z: Any) -> Any:
    power = sympy.exp(z)
    return power / (1 + power)


def sections_of(document: Any) -> list[str]:
    return [plain(b.words) for b in document.blocks if isinstance(b, Heading) and b.level == 1]


def test_notes_tell_the_numbers_of_both_passes_first() -> None:
    document = notes_of(opening)
    text = str(document)
    for line in (
        "z^(1)_2 = w^(1)_2*x0 + w^(1)_1*x1 + w^(1)_0*x2 = 7*1 + 6*2 + 5*3 = 34",
        "  z^(1) = (5, 16, 34, 52, 45, 28)",
        "with relu(z) = max(0, z)",
        "Layer 1 is a true convolution (kernel flipped) of 4 inputs with a kernel of 3 weights, full "
        "padding, without bias, followed by ReLU. Layer 2 is a dense layer with 6 inputs and 2 outputs, with "
        "bias.",
        "t is the target, what the output should be, and a superscript in brackets is the number of the "
        "layer.",
        "  a^(2) = z^(2) = (5, -17)",
        "L = sum(i=0..1) (a^(2)[i] - t[i])**2/2 = 1/2*(4**2 + (-17)**2) = 305/2",
        "At 0, where ReLU has no derivative, its derivative is taken to be 0.",
        "delta^(2) = a^(2) - t = (4, -17)",
        "dL/dW^(2) = [ 20    64   136   208   180   112]",
        "delta^(1) = (4, 0, -17, 17, 0, 0)",
        "with relu'(z) = 1 if z > 0, else 0",
        "dL/dw^(1) = (21, 17, 17)",
        "dL/dx = (-99, 17, 17, 85)",
    ):
        assert line in text
    assert sections_of(document) == [
        "The numbers", "The network", "Forwards, in formulas", "Backwards, in formulas",
        "The gradient of one neuron", "One weight, used in several places", "How we know",
    ]  # fmt: skip


def test_notes_tell_the_gradients_of_one_neuron_and_of_one_weight() -> None:
    text = str(notes_of(opening))
    for line in (
        "a^(1)_2 feeds z^(2)_0 and z^(2)_1, so the loss depends on a^(1)_2 through both.",
        "dL/da^(1)_2 = W^(2)_0_2*delta^(2)_0 + W^(2)_1_2*delta^(2)_1 = 0*4 + 1*(-17) = -17",
        "delta^(1)_2 = relu'(z^(1)_2)*dL/da^(1)_2 = relu'(34)*(-17) = 1*(-17) = -17",
        "w^(1)_1 is used four times, in z^(1)_1, z^(1)_2, z^(1)_3 and z^(1)_4.",
        "            = 0*1 + (-17)*2 + 17*3 + 0*4\n            = 17",
        "dL/dW^(2)_0_2 = delta^(2)_0*a^(1)_2 = 4*34 = 136",
        "Every number of both passes was computed a second time by an independent program; all agree "
        "exactly.",
        "Filled nodes: the path of the gradient back to a^(1)_2: a^(2)_0, a^(2)_1.",
        "T^(1) is the matrix of layer 1. Row i holds the weights of output i, each in the column of",
        "Layer 1 (convolution):",
        "The gradients with respect to the weights and biases follow from delta",
    ):
        assert line in text
    assert "Derivations" not in text


def test_the_opening_question_is_answered_with_one_filter() -> None:
    text = str(notes_of(one_filter))
    for line in (
        "Here f is any differentiable function, and f' is its derivative.",
        "x = (1, 2, 3, 4), w^(1) = (5, 6, 7)",
        "z^(1) = (5, 16, 34, 52, 45, 28)",
        "a^(1) = f(z^(1)) = (f(5), f(16), f(34), f(52), f(45), f(28))",
        "delta^(1)_0 = f'(5)*dL/da^(1)_0, delta^(1)_1 = f'(16)*dL/da^(1)_1",
        "dL/dw^(1)_1 = delta^(1)_1 + 2*delta^(1)_2 + 3*delta^(1)_3 + 4*delta^(1)_4",
        "dL/dx0 = 5*delta^(1)_0 + 6*delta^(1)_1 + 7*delta^(1)_2",
        "12 of its 24 entries fixed at zero and only 3 different weights in the other 12:",
        "= f'(16)*dL/da^(1)_1*1 + f'(34)*dL/da^(1)_2*2 + f'(52)*dL/da^(1)_3*3 + f'(45)*dL/da^(1)_4*4",
        "In these checks a polynomial stood for f.",
    ):
        assert line in text


def test_the_opening_question_is_answered_with_two_filters() -> None:
    text = str(notes_of(two_filters))
    for line in (
        "w^(1)_0_0 = (5, 6, 7), w^(1)_1_0 = (1, 0, -1)",
        "z^(1)_0 = (5, 16, 34, 52, 45, 28), z^(1)_1 = (1, 2, 2, 2, -3, -4)",
        "a^(1)_1 = (f(1), f(2), f(2), f(2), f(-3), f(-4))",
        "Each of the two filters gives a channel",
        "delta^(1)_1_4 = f'(-3)*dL/da^(1)_1_4",
        "dL/dw^(1)_1_0_1 = delta^(1)_1_1 + 2*delta^(1)_1_2 + 3*delta^(1)_1_3 + 4*delta^(1)_1_4",
        "dL/dx0_0 = 5*delta^(1)_0_0 + 6*delta^(1)_0_1 + 7*delta^(1)_0_2 + delta^(1)_1_0 - delta^(1)_1_2",
    ):
        assert line in text


def test_numbers_of_an_unknown_function_stay_as_they_are() -> None:
    net = one_filter()
    assert str(net.output.T) == "Matrix([[f(5), f(16), f(34), f(52), f(45), f(28)]])"
    assert str(net.quantity("preactivation").T) == "Matrix([[5, 16, 34, 52, 45, 28]])"
    assert str(net.quantity("grad_input")[0]) == "5*dL0*f'(5) + 6*dL1*f'(16) + 7*dL2*f'(34)"
    assert str(two_filters().output[1, 4]) == "f(-3)"


@exhaustive
def test_open_sizes_are_told_on_an_example_and_then_in_letters() -> None:
    text = str(sc.Chain(sc.Conv1d("N", "K"), sc.Activation("f"), sc.Dense(None, 2)).notes())
    for line in (
        "First, an example with K = 3 and N = 5. Layer 1 is a cross-correlation of 5 inputs with a kernel",
        "The table gives the outputs of each layer and its cost, with the sizes of the example.",
        "z^(1) = (44, 65, 86)",
        "delta^(1)_1 = f'(65)*(2*delta^(2)_0 - 2*delta^(2)_1)",
        "with M_1 = N - K + 1",
    ):
        assert line in text
    text = str(residual().notes())
    assert "In these checks a polynomial stood for f." in text
    assert "delta^(1) = ((T^(2))^T delta^(2) + delta^(2)) .* f'(z^(1))" in text
    assert "past the layers of a residual chain the weight is 1:" in text


def test_chains_too_large_for_numbers_have_formulas_alone() -> None:
    document = large().notes()
    assert sections_of(document) == [
        "The network", "Forwards, in formulas", "Backwards, in formulas", "How we know"
    ]  # fmt: skip
    assert "These notes do so in formulas." in str(document)
    (shown,) = (block for block in document.blocks if isinstance(block, Picture))
    assert shown.figure.alt == (
        "Network in blocks: input, 20; 1: Conv1d, relu, 18, sees 3; 2: Dense, 2, sees 20."
    )
    with pytest.raises(OptionError, match="section 'neuron' has nothing to say: this chain is too large"):
        large().notes(sections=["neuron"])
    unknown = sc.Chain(sc.Conv1d(6, 3), sc.Activation("f"), sc.MaxPool1d(None, 2))
    assert "The numbers" not in sections_of(unknown.notes())  # of f(50) and f(74) neither is known as larger


@pytest.mark.exhaustive
def test_letters_of_a_formula_are_explained_below_it() -> None:
    net = sc.Chain(sc.Conv1d("N", "K"), sc.MaxPool1d(None, 2), sc.AvgPool1d(None, "P"), sc.Dense(None, 2))
    told = "with S^(2) equal to 1 at the first maximum of each window and 0 elsewhere"
    for shown in (net.formula("preactivation", layer=2), net.formula("delta", layer=1),
                  net.derive("grad_input", layer=2), net.notes(sections=["backwards"])):  # fmt: skip
        assert told in str(shown)
    assert r"\text{with }S^{(2)}\text{ equal to 1 at" in net.formula("delta", layer=1).latex()
    assert "S^(2)" not in str(net.formula("delta", layer=3))
    for name, layer in product(("preactivation", "delta", "grad_input"), range(1, 5)):
        formula = net.formula(name, layer=layer)
        sizes = {s.name for s in formula.rhs.free_symbols if s.name.startswith("M_")}
        assert all(f"with {size} = " in str(formula) for size in sizes)
    assert "T^(1), T^(2) and T^(3) are the matrices of layers 1, 2 and 3." in str(net.notes())


def test_a_function_of_ones_own_is_shown_as_latexify_writes_it(tmp_path: Path) -> None:
    net = sc.Chain(sc.Conv1d(4, 3), sc.Activation(swish), sc.Dense(None, 2))
    written = r"\operatorname{swish}(z) = \frac{z}{1 + \exp \mathopen{}\left( -z \mathclose{}\right)}"
    assert rf"\text{{with }}{written}" in net.formula("output", layer=1).latex()
    assert written in net.activations[1]._repr_latex_()
    assert "with swish(z) = z/(1 + exp(-z))" in str(net.formula("output", layer=1))
    net.notes().save(tmp_path / "notes.tex")
    assert written in (tmp_path / "notes.tex").read_text(encoding="utf-8")


@pytest.mark.parametrize("function", [scaled, cases, in_steps, lambda z: z**3, sympy.sin])
def test_a_function_that_latexify_cannot_write_alone_is_shown_by_sympy(function: Any) -> None:
    activation = sc.Activation(function)
    assert activation.source_latex is None
    assert sympy.latex(activation.expr).split("{")[0] in activation._repr_latex_()


def test_full_notes_derive_every_gradient() -> None:
    document = opening().notes(depth="full", title="Two layers")
    assert document.title == "Two layers"
    steps = [b for b in document.blocks if isinstance(b, Display) and b.stepwise]
    assert len(steps) == 5
    assert "activation: Each output of the activation depends on its own preactivation only." in str(document)


def test_notes_of_one_page_are_shorter() -> None:
    page, standard = (notes_of(two_filters, depth) for depth in ("page", "standard"))
    assert (page.pages, standard.pages, notes_of(opening).pages) == (1, 2, 3)
    assert sections_of(page) == [
        "The numbers", "The gradient of one input", "One weight, used in several places"
    ]  # fmt: skip
    assert "and so on" in str(page)
    assert "dL/dx0_3" not in str(page)
    assert len(page.blocks) < len(standard.blocks) * 0.6


@pytest.mark.parametrize("make", tiers([opening, residual, two_filters], (opening,)))
def test_the_code_of_notes_gives_what_they_show(make: Any) -> None:
    document = make().notes(depth="full")
    names: dict[str, Any] = {}
    exec(document.code, names)
    displays = [block for block in document.blocks if isinstance(block, Display) and block.code]
    assert displays
    for block in displays:
        shown: Any = block.item
        assert eval(block.code, names).text() == shown.text()
    for block in document.blocks:
        if isinstance(block, Picture):
            assert eval(block.code, names).alt == block.figure.alt


@exhaustive
@pytest.mark.parametrize("make", NETS.values(), ids=NETS)
def test_labels_are_unique(make: Callable[[], sc.Chain]) -> None:
    depth = "full" if make in (opening, two_filters) else "standard"
    labels = [b.label for b in notes_of(make, depth).blocks if isinstance(b, Display)]
    assert len(labels) == len(set(labels))


@pytest.mark.parametrize(
    "suffix", tiers(["tex", "typ", "md", "html", "rst", "txt", "ipynb"], ("tex", "html"))
)
def test_notes_are_saved_in_every_format(suffix: str, tmp_path: Path) -> None:
    for name, document in (("one", notes_of(opening, "full")), ("two", notes_of(two_filters))):
        file = tmp_path / f"{name}.{suffix}"
        document.save(file)
        assert file.stat().st_size > 2000


@exhaustive
@pytest.mark.parametrize(("make", "depth", "most"), [
    (opening, "standard", 3), (opening, "page", 1), (one_filter, "standard", 2), (two_filters, "page", 1),
])  # fmt: skip
def test_notes_fill_their_pages(make: Any, depth: Any, most: int, tmp_path: Path) -> None:
    make().notes(depth=depth).save(tmp_path / "notes.pdf")
    with pypdfium2.PdfDocument(tmp_path / "notes.pdf") as pages:
        assert len(pages) == most
        for page in pages:
            text, high = page.get_textpage(), page.get_height()
            lowest = min(b for _, b, *_ in map(text.get_rect, range(text.count_rects())) if b > 0.07 * high)
            assert lowest < 0.36 * high, "a third of a page is blank"


def test_functions_of_ones_own_have_no_code() -> None:
    net = sc.Chain(sc.Conv1d(3, 2), sc.Activation(lambda z: z**2))
    document = net.notes()
    assert document.code == ""
    assert all(block.code == "" for block in document.blocks if isinstance(block, Display | Picture))


def test_letters_are_those_of_the_notation() -> None:
    notation = sc.Notation(input="h", kernel="k", output="s", upstream="g", loss="J", base=1)
    text = str(sc.Chain(sc.Conv1d(4, 2), sc.Activation("phi"), sc.Dense(None, 2), notation=notation).notes())
    for line in (
        "s^(1)_1 = k^(1)_1*h1 + k^(1)_2*h2 = 5*1 + 6*2 = 17",
        "h^(1) = phi(s^(1)) = (phi(17), phi(28), phi(39))",
        "Let g = dJ/ds for each layer.",
        "dJ/dh^(1)_2 = k^(2)_1_2*g^(2)_1 + k^(2)_2_2*g^(2)_2",
        "Each of them sends back its g, multiplied",
    ):
        assert line in text
    assert "delta" not in text


def test_wrong_quantities_are_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Named._delta
    monkeypatch.setattr(Named, "_delta", lambda self, stage: [2 * entry for entry in right(self, stage)])
    with pytest.raises(SymconvError, match="does not agree"):
        opening().notes()
    with pytest.raises(SymconvError, match="does not agree"):
        one_filter().notes()
    monkeypatch.undo()
    value = Loss.value
    monkeypatch.setattr(Loss, "value", lambda self, a, t: 2 * value(self, a, t))
    with pytest.raises(SymconvError, match="its reference: the loss has 305"):
        opening().notes()


def test_wrong_options_are_refused() -> None:
    with pytest.raises(OptionError, match="did you mean 'full'"):
        opening().notes(depth="ful")
    with pytest.raises(OptionError, match="did you mean 'neuron'"):
        opening().notes(sections=["neurn"])
    with pytest.raises(OptionError, match="write a list of names"):
        opening().notes(sections="neuron")
    with pytest.raises(OptionError, match="is there 2 times"):
        opening().notes(sections=["neuron", "neuron"])


@pytest.mark.parametrize("loss", ["half_squared_error", "mean_squared_error"])
def test_the_loss_in_numbers_is_what_it_is_said_to_be(loss: str) -> None:
    """With fractions, whose squares need brackets."""
    first = sc.Conv1d(6, 2, padding=1), sc.Activation("relu"), sc.MaxPool1d(None, 2)
    text = str(sc.Chain(*first, sc.AvgPool1d(None, 2), sc.Dense(None, 2), loss=loss).notes())
    (line,) = (line for line in text.splitlines() if line.startswith("L = sum("))
    *_, numbers, value = line.split(" = ")
    assert "/2)**2" in numbers
    assert eval(numbers) == eval(value)
