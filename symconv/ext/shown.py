"""What directives have in common: equations with numbers and labels, figures, and what becomes of them."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha1
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from docutils import nodes
from sphinx.directives.patches import MathDirective
from sphinx.util import logging

from symconv.cli.excerpt import Passage
from symconv.cli.refusals import REFUSALS, WAYS, refusal
from symconv.errors import Door, OptionError
from symconv.printing.files import write_whole
from symconv.printing.targets import as_latex, as_mathml, as_text

if TYPE_CHECKING:
    from sphinx.application import Sphinx

logger = logging.getLogger(__name__)

#: What a label may be: it goes into LaTeX and HTML as it stands.
_LABEL = re.compile(r"[A-Za-z0-9]+([.:_-][A-Za-z0-9]+)*")

#: The images that builders take, and how a figure gives each.
_IMAGES: dict[str, tuple[str, Callable[[Any], bytes]]] = {
    "image/svg+xml": (".svg", lambda figure: str(figure.svg()).encode("utf-8")),
    "application/pdf": (".pdf", lambda figure: bytes(figure.pdf())),
}


#: The directive.
DIRECTIVE = Door(lambda name: f":{name.replace('_', '-')}:", WAYS)


def warn(error: Exception, location: Any) -> None:
    """One line at the place of the directive, in the directive's words."""
    if isinstance(error, click.BadParameter) and error.param is not None:
        error.param_hint = f"'{DIRECTIVE.written(error.param.name or '')}'"
    logger.warning("symconv: %s", refusal(error, DIRECTIVE), location=location, type="symconv")


def shared_options(command: Any) -> Any:
    """The options that every directive has."""
    math = click.option("--math", type=click.Choice(["sphinx", "mathml"]), default="sphinx")
    return click.option("--caption")(click.option("--label")(math(command)))


def _written(value: str | None) -> str:
    return " ".join((value or "").split())


def as_written(reader: click.Command) -> defaultdict[str, Any]:
    """Every option is taken as it is written: one reader judges them all, unknown ones too."""
    return defaultdict(lambda: _written, dict.fromkeys(_options(reader), _written))


def _options(reader: click.Command) -> dict[str, click.Parameter]:
    return {(param.name or "").replace("_", "-"): param for param in reader.params}


def read_options(reader: click.Command, written: Mapping[str, str]) -> dict[str, Any]:
    """The options of a directive, read as those of the command line; nothing is evaluated."""
    known, arguments = _options(reader), []
    for name, value in written.items():
        option = known.get(name)
        if option is None:
            raise OptionError("unknown option {given!r}: {cure}", given=name, allowed=known)
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
    return reader.make_context("symconv", arguments).params


class FigureInPlace(nodes.General, nodes.Element):
    """The place of a figure, with ``drawn``, a function of the place that draws it anew."""


class Shows(MathDirective):
    """A directive that numbers and labels equations as the math directive does."""

    required_arguments = 0
    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self) -> list[nodes.Node]:
        try:
            return self._composed()
        except REFUSALS as error:
            warn(error, self.get_location())
            return []

    @abstractmethod
    def _composed(self) -> list[nodes.Node]:
        """Everything that is shown; numbers are given last, when nothing can be refused any more."""

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

    def _figure(self, place: FigureInPlace, caption: str | None) -> nodes.figure:
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
    for place in list(document.findall(FigureInPlace)):
        try:
            place.replace_self(_image(app, docname, place))
        except REFUSALS as error:
            warn(error, place)
            place.parent.parent.remove(place.parent)


def _image(app: Sphinx, docname: str, place: FigureInPlace) -> nodes.Element:
    figure = place["drawn"](place)
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
