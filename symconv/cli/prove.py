"""The ``symconv prove`` command: every step of derivations decided for all sizes, and its certificates."""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from symconv.cli.command import Command, derived_names, listed
from symconv.cli.options import geometry, layer_of
from symconv.cli.terminal import STREAM, progress, remark
from symconv.printing.english import counted


@click.command(cls=Command)
@click.argument("quantities", shell_complete=listed(derived_names))
@geometry(looks=False)
@click.option("--confirm", is_flag=True, help="Also check every script with z3 and with cvc5.")
@click.option(
    "-o",
    "--output",
    "folder",
    metavar="FOLDER",
    help="Write one script per question, and index.txt, into FOLDER.",
)
@click.pass_context
def prove(ctx: click.Context, /, quantities: str, confirm: bool, folder: str | None, **options: Any) -> None:
    """Prove every step of the derivations for all values of the sizes and steps given as letters.

    Separate quantities with commas: output_size, output, matrix, windows, grad_input, grad_kernel, grad_bias
    (with a bias), upstream_matrix, tying. With -o, each question on which a step rests is written as a
    script in SMT-LIB 2, which any solver of that language can check: unsat means that the statement in the
    script's first lines holds. The exit code is 1 if a step is not proved.

    \b
    Examples:
      symconv prove --input-size N --kernel-size K --stride s output,grad_input
      symconv prove --input-size N --kernel-size K --stride s output,grad_input -o certificates
    """
    if folder in ("", STREAM):
        raise click.UsageError("-o needs the name of a folder.")
    layer, proofs, certificates = layer_of(**options, values=False), [], []
    with progress([name.strip() for name in quantities.split(",")], label="proving") as names:
        for name in names:
            derivation = layer.derive(name)
            proofs.append(derivation.prove())
            if folder is not None or confirm:
                certificates.append(derivation.certificate())
    lines = [layer.description, *map(str, proofs)]
    right = all(proofs)
    if certificates:
        whole = sum(certificates[1:], certificates[0])
        if confirm:
            checked = whole.check(progress=partial(progress, label="checking"))
            lines.append(str(checked))
            right = right and bool(checked)
        if folder is not None:
            whole.save(folder)
    click.echo("\n".join(lines))
    if certificates and folder is not None:
        remark(f"{counted(len(whole.scripts), 'script')} written to {folder}")
    if not right:
        ctx.exit(1)
