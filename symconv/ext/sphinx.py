"""The ``symconv`` directive of Sphinx: a layer in options, its equations and prose in the document."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from hashlib import sha1
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from docutils import nodes
from sphinx.directives.patches import MathDirective
from sphinx.util import logging

from symconv import __version__
from symconv.cli.course import made_by
from symconv.cli.excerpt import Passage, excerpt
from symconv.cli.options import excerpt_options, layer_of, layer_options
from symconv.cli.refusals import REFUSALS, WAYS, refusal
from symconv.errors import Door, OptionError
from symconv.figures.captions import caption
from symconv.printing.files import write_whole
from symconv.printing.screen import rules
from symconv.printing.targets import as_latex, as_mathml, as_text

if TYPE_CHECKING:
    from sphinx.application import Sphinx

    from symconv.layers import Layer

logger = logging.getLogger(__name__)

#: What a label may be: it goes into LaTeX and HTML as it stands.
_LABEL = re.compile(r"[A-Za-z0-9]+([.:_-][A-Za-z0-9]+)*")

#: The images that builders take, and how a figure gives each.
_IMAGES: dict[str, tuple[str, Callable[[Any], bytes]]] = {
    "image/svg+xml": (".svg", lambda figure: str(figure.svg()).encode("utf-8")),
    "application/pdf": (".pdf", lambda figure: bytes(figure.pdf())),
}


@click.command(add_help_option=False)
@layer_options
@excerpt_options
@click.option("--caption")
@click.option("--label")
@click.option("--figure")
@click.option("--bare", is_flag=True)
@click.option("--math", type=click.Choice(["sphinx", "mathml"]), default="sphinx")
def _reader(**options: Any) -> None:
    """The reader of the command line, for the options of a directive."""


_OPTIONS = {(param.name or "").replace("_", "-"): param for param in _reader.params}

#: The directive.
DIRECTIVE = Door(lambda name: f":{name.replace('_', '-')}:", WAYS)


def _written(value: str | None) -> str:
    return " ".join((value or "").split())


#: Every option is taken as it is written: one reader judges them all, unknown ones too.
_AS_WRITTEN = defaultdict(lambda: _written, dict.fromkeys(_OPTIONS, _written))


def _read(written: dict[str, str]) -> dict[str, Any]:
    """The options of a directive, read as those of the command line; nothing is evaluated."""
    arguments = []
    for name, value in written.items():
        option = _OPTIONS.get(name)
        if option is None:
            raise OptionError("unknown option {given!r}: {cure}", given=name, allowed=_OPTIONS)
        if getattr(option, "is_flag", False):
            if value:
                raise OptionError(
                    "{option} is {given!r}, but it takes no value: leave it empty.", name, value
                )
            arguments.append(option.opts[0])
        elif not value:
            raise OptionError("{option} is empty: give it a value, or leave it out.", name)
        else:
            arguments += [option.opts[0], value]
    return _reader.make_context("symconv", arguments).params


def _layer_of(kind: str, options: dict[str, Any]) -> Layer:
    shown = ("show", "prove", "activation", "caption", "label", "figure", "bare", "math")
    given = {name: value for name, value in options.items() if name not in shown}
    return layer_of(kind=kind, values=not given.pop("steps"), **given)


def _warn(error: Exception, location: Any) -> None:
    """One line at the place of the directive, in the directive's words."""
    if isinstance(error, click.BadParameter) and error.param is not None:
        error.param_hint = f"'{DIRECTIVE.written(error.param.name or '')}'"
    logger.warning("symconv: %s", refusal(error, DIRECTIVE), location=location, type="symconv")


class FigureOfLayer(nodes.General, nodes.Element):
    """The place of a figure: ``kind`` and ``options`` as they are written, and the ``name`` of the figure."""


class SymconvDirective(MathDirective):
    """The directive: it numbers and labels equations as the math directive does."""

    required_arguments = 0
    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec = _AS_WRITTEN

    def run(self) -> list[nodes.Node]:
        try:
            return self._composed()
        except REFUSALS as error:
            _warn(error, self.get_location())
            return []

    def _composed(self) -> list[nodes.Node]:
        """Everything that is shown; numbers are given last, when nothing can be refused any more."""
        if any(self.content):
            raise OptionError("the directive takes no content: put an empty line after its options.")
        if not self.arguments:
            raise OptionError("name a layer after the directive, such as conv1d.")
        kind, options = self.arguments[0], _read(self.options)
        layer = _layer_of(kind, options)
        chosen = {name: options[name] for name in ("steps", "prove", "activation")}
        figures = [name.strip() for name in options["figure"].split(",")] if options["figure"] else []
        for name in figures:
            layer.figure(name)
        passages = excerpt(layer.coloured() if figures else layer, options["show"], **chosen)
        labels = self._labels(options["label"], passages)
        equations = [self._equation(*pair, options["math"]) for pair in zip(passages, labels, strict=True)]
        places = [FigureOfLayer(kind=kind, options=dict(self.options), name=name) for name in figures]
        compose = self._bare if options["bare"] else self._explained
        made = compose(layer, options, places, list(zip(passages, equations, strict=True)))
        for node in made:
            self.set_source_info(node)
        return made

    def _explained(
        self,
        layer: Layer,
        options: dict[str, Any],
        places: Sequence[FigureOfLayer],
        shown: Sequence[tuple[Passage, nodes.math_block]],
    ) -> list[nodes.Node]:
        """The geometry in a sentence, figures and what to see in them, each equation with its reason."""
        made: list[nodes.Node] = []
        if options["caption"]:
            made.append(self._prose(nodes.rubric, options["caption"]))
        made.append(self._prose(nodes.paragraph, layer.description))
        for place in places:
            made.append(self._figure(place, caption(place["name"], layer.spec)))
        for passage, equation in shown:
            made += [self._prose(nodes.paragraph, passage.reason), *self._targeted(equation)]
            made += [self._prose(nodes.paragraph, remark) for remark in passage.remarks]
        return made

    def _bare(
        self,
        layer: Layer,
        options: dict[str, Any],
        places: Sequence[FigureOfLayer],
        shown: Sequence[tuple[Passage, nodes.math_block]],
    ) -> list[nodes.Node]:
        """Nothing but what was asked for: a caption belongs to the last figure, and proofs are told."""
        made: list[nodes.Node] = []
        if options["caption"] and not places:
            made.append(self._prose(nodes.rubric, options["caption"]))
        for at, place in enumerate(places, 1):
            made.append(self._figure(place, options["caption"] if at == len(places) else None))
        for passage, equation in shown:
            made += self._targeted(equation)
            if options["prove"]:
                made.append(self._prose(nodes.paragraph, passage.remarks[-1]))
        return made

    def _targeted(self, equation: nodes.math_block) -> list[nodes.Node]:
        """An equation behind the target that references to its label lead to."""
        numbered: list[nodes.Node] = [equation]
        self.add_target(numbered)
        return numbered

    def _labels(self, label: str | None, passages: Sequence[Passage]) -> list[str | None]:
        """The label of each part: as given, and the quantity behind it where there are several."""
        if label is None:
            return [None] * len(passages)
        labels = [label] if len(passages) == 1 else [f"{label}-{passage.name}" for passage in passages]
        places = [nodes.make_id(f"equation-{one}") for one in labels]
        wrong = ""
        if not passages:
            wrong = "is {given!r}, but no equation is shown: leave it out, or name a quantity in {show}."
        elif not _LABEL.fullmatch(label):
            wrong = "is {given!r}: write letters and digits, with single . : _ or - between them."
        elif not self.state.document.ids.keys().isdisjoint(places):
            wrong = "{given!r} is already used: give each equation in the document its own label."
        if wrong:
            raise OptionError(f"{{option}} {wrong}", "label", label)
        return [*labels]

    def _equation(self, passage: Passage, label: str | None, math: str) -> nodes.math_block:
        latex, plain = as_latex(passage.display), as_text(passage.display)
        where = {"docname": self.env.docname, "number": None, "label": label}
        shown = {"mathml": as_mathml(passage.display)} if math == "mathml" else {}
        block = nodes.math_block(latex, latex, plain=plain, **where, **shown)
        block["no-wrap"] = block["nowrap"] = False
        return block

    def _figure(self, place: FigureOfLayer, caption: str | None) -> nodes.figure:
        """A figure on a line of its own, with its caption below; Sphinx numbers what has an id."""
        self.set_source_info(place)
        below = [self._prose(nodes.caption, caption)] if caption else []
        figure = nodes.figure("", place, *below)
        self.state.document.set_id(figure)
        return figure

    def _prose(self, node: type[nodes.TextElement], text: str) -> nodes.TextElement:
        """Text that is no markup."""
        return node(text, "", nodes.Text(text))


def plain_equations(app: Sphinx, document: nodes.document, docname: str) -> None:
    """Put lines of text in the place of equations, for a builder that would print their LaTeX."""
    if app.builder.format not in ("text", "man", "texinfo"):
        return
    for block in list(document.findall(nodes.math_block)):
        if "plain" in block:
            first, *others = block["plain"].split("\n")
            text = "\n".join([first + _number(app, docname, block["label"]), *others])
            block.replace_self(nodes.literal_block(text, text, language="none"))


def mathml_equations(app: Sphinx, document: nodes.document, docname: str) -> None:
    """Put MathML in the place of equations that ask for it; a page with no other loads no script for them."""
    blocks = [block for block in document.findall(nodes.math_block) if "mathml" in block]
    if app.builder.format != "html" or not blocks:
        return
    for block in blocks:
        number = _number(app, docname, block["label"]).strip()
        told = f'<span class="eqno">{number}</span>' if number else ""
        name = "".join(f' id="{name}"' for name in block["ids"][:1])
        html = f'<div class="math notranslate nohighlight"{name}>{told}{block["mathml"]}</div>'
        block.replace_self(nodes.raw(html, html, format="html"))
    if not any(True for _ in document.findall(lambda node: isinstance(node, nodes.math | nodes.math_block))):
        app.env.get_domain("math").data["has_equations"][docname] = False


def _number(app: Sphinx, docname: str, label: str | None) -> str:
    """The number of an equation, as references write it."""
    math, content = app.env.get_domain("math"), nodes.inline()
    reference = label and math.resolve_xref(app.env, docname, app.builder, "eq", label, content, content)
    return f"   {reference.astext()}" if reference else ""


def draw_figures(app: Sphinx, document: nodes.document, docname: str) -> None:
    """Put images of the kind that the builder takes in their places, or their words where it takes none."""
    for place in list(document.findall(FigureOfLayer)):
        try:
            place.replace_self(_image(app, docname, place))
        except REFUSALS as error:
            _warn(error, place)
            place.parent.parent.remove(place.parent)


def _image(app: Sphinx, docname: str, place: FigureOfLayer) -> nodes.Element:
    figure = _layer_of(place["kind"], _read(place["options"])).figure(place["name"])
    for kind in app.builder.supported_image_types:
        if kind in _IMAGES:
            suffix, made = _IMAGES[kind]
            content = made(figure)
            name = f"symconv-{sha1(content, usedforsecurity=False).hexdigest()}{suffix}"
            file = Path(app.doctreedir, "images", name)
            file.parent.mkdir(parents=True, exist_ok=True)
            if not file.exists():
                write_whole(file, content)
            app.env.images.add_file(docname, str(file))
            return nodes.image(uri=str(file), candidates={kind: str(file)}, alt=figure.alt)
    return nodes.paragraph(figure.alt, figure.alt)


def _themed(*, dark: bool, page: str) -> str:
    """The rules for pictures and formulas of light or dark pages."""
    scheme = "dark" if dark else "light"
    return f'{page}img[src*="symconv-"]{{color-scheme:{scheme}}}' + "".join(rules(dark, f"{page}.math"))


def dark_colours(app: Sphinx, page: str, template: str, context: dict[str, Any], document: Any) -> None:
    """Style the colours of formulas for light pages and for dark ones, as Furo and others tell them.

    Pictures have a style of their own, which they use where they are told that the page is dark.
    """
    light, dark, preferred = (
        _themed(dark=dark, page=page)
        for dark, page in ((False, ""), (True, "[data-theme=dark] "), (True, "[data-theme=auto] "))
    )
    style = f"<style>{light}{dark}@media(prefers-color-scheme:dark){{{preferred}}}</style>"
    context["metatags"] = f"{context.get('metatags', '')}{style}"


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive, called by Sphinx."""
    app.add_node(FigureOfLayer)
    app.add_directive("symconv", SymconvDirective)
    app.connect("doctree-resolved", plain_equations)
    app.connect("doctree-resolved", mathml_equations)
    app.connect("doctree-resolved", draw_figures)
    app.connect("html-page-context", dark_colours)
    return {
        "version": __version__,
        # Pages are read anew where other code would compose them otherwise.
        "env_version": int(made_by()[:12], 16),
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
