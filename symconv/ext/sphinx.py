"""The ``symconv`` directive of Sphinx: a layer in options, its equations and prose in the document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click
from docutils import nodes

from symconv import __version__
from symconv.cli.course import made_by
from symconv.cli.excerpt import Passage, excerpt
from symconv.cli.options import excerpt_options, layer_of, layer_options
from symconv.errors import OptionError
from symconv.ext.network import NetworkDirective
from symconv.ext.shown import (
    FigureInPlace,
    Shows,
    as_written,
    draw_figures,
    mathml_equations,
    plain_equations,
    read_options,
    shared_options,
)
from symconv.figures.captions import caption
from symconv.printing.screen import rules

if TYPE_CHECKING:
    from sphinx.application import Sphinx

    from symconv.figures import Figure
    from symconv.layers import Layer


@click.command(add_help_option=False)
@layer_options
@excerpt_options
@shared_options
@click.option("--figure")
@click.option("--bare", is_flag=True)
def _reader(**options: Any) -> None:
    """The reader of the command line, for the options of a directive."""


def _layer_of(kind: str, options: dict[str, Any]) -> Layer:
    shown = ("show", "prove", "activation", "caption", "label", "figure", "bare", "math")
    given = {name: value for name, value in options.items() if name not in shown}
    return layer_of(kind=kind, values=not given.pop("steps"), **given)


def _drawn(place: FigureInPlace) -> Figure:
    """The figure of a layer by its name."""
    given = read_options(_reader, place["options"])
    return _layer_of(place["given"], given).figure(place["figure"])


class SymconvDirective(Shows):
    """A layer: its kind is the argument, and the options are those of the command line."""

    option_spec = as_written(_reader)

    def _composed(self) -> list[nodes.Node]:
        """Everything that is shown; numbers are given last, when nothing can be refused any more."""
        if any(self.content):
            raise OptionError("the directive takes no content: put an empty line after its options.")
        if not self.arguments:
            raise OptionError("name a layer after the directive, such as conv1d.")
        kind, options = self.arguments[0], read_options(_reader, self.options)
        layer = _layer_of(kind, options)
        chosen = {name: options[name] for name in ("steps", "prove", "activation")}
        figures = [name.strip() for name in options["figure"].split(",")] if options["figure"] else []
        for name in figures:
            layer.figure(name)
        passages = excerpt(layer.coloured() if figures else layer, options["show"], **chosen)
        labels = self._labels(options["label"], passages)
        equations = [self._equation(*pair, options["math"]) for pair in zip(passages, labels, strict=True)]
        places = [
            FigureInPlace(drawn=_drawn, given=kind, options=dict(self.options), figure=name)
            for name in figures
        ]
        compose = self._bare if options["bare"] else self._explained
        made = compose(layer, options, places, list(zip(passages, equations, strict=True)))
        for node in made:
            self.set_source_info(node)
        return made

    def _explained(
        self,
        layer: Layer,
        options: dict[str, Any],
        places: Sequence[FigureInPlace],
        shown: Sequence[tuple[Passage, nodes.math_block]],
    ) -> list[nodes.Node]:
        """The geometry in a sentence, figures and what to see in them, each equation with its reason."""
        made: list[nodes.Node] = []
        if options["caption"]:
            made.append(self._prose(nodes.rubric, options["caption"]))
        made.append(self._prose(nodes.paragraph, layer.description))
        for place in places:
            made.append(self._figure(place, caption(place["figure"], layer.spec)))
        for passage, equation in shown:
            made += [self._prose(nodes.paragraph, passage.reason), *self._targeted(equation)]
            made += [self._prose(nodes.paragraph, remark) for remark in passage.remarks]
        return made

    def _bare(
        self,
        layer: Layer,
        options: dict[str, Any],
        places: Sequence[FigureInPlace],
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
    app.add_node(FigureInPlace)
    app.add_directive("symconv", SymconvDirective)
    app.add_directive("symconv-net", NetworkDirective)
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
