"""Random layers of every kind, for sheets of exercises."""

from __future__ import annotations

from random import Random
from typing import Any

import symconv as sc
from symconv.notes.model import plain

NOTATIONS = ("symconv", "goodfellow", "dumoulin-visin", "pytorch", "cs231n", "ufldl")


def layer(rng: Random) -> Any:
    """A possible layer: sizes, strides, paddings, channels, kinds and notations by chance."""
    while True:
        try:
            return _attempt(rng)
        except sc.SymconvError:
            continue


def _attempt(rng: Random) -> Any:
    rank = rng.choice((1, 1, 1, 2))
    kind = rng.choice(("Conv", "Conv", "Conv", "ConvTranspose", "AvgPool", "MaxPool"))
    options: dict[str, Any] = {"notation": rng.choice(NOTATIONS), "stride": rng.choice((1, 1, 2, 3))}
    sizes: list[Any] = [rng.randint(3, 8), rng.randint(1, 4)]
    opened = rng.random() < 0.15 and kind in ("Conv", "ConvTranspose") and options["notation"] == "symconv"
    if opened:
        sizes = ["N", rng.choice(("K", 3))]
        options["stride"] = rng.choice(("s", 1, 2))
    if kind == "Conv":
        options["padding"] = rng.choice((0, 1, 2, (1, 0), "full", "valid", "same", *["p"] * opened))
        options["padding_mode"] = rng.choice(("zeros", "zeros", "zeros", "circular", "reflect", "replicate"))
    else:
        options["padding"] = rng.choice((0, 0, 1, *["p"] * opened))
    if kind in ("Conv", "ConvTranspose"):
        options |= {
            "flip": rng.random() < 0.5,
            "dilation": rng.choice((1, 1, 2)),
            "bias": rng.random() < 0.25,
        }
        if rng.random() < 0.3 and not opened:
            groups = rng.choice((1, 1, 2))
            options |= {"in_channels": groups * rng.randint(1, 2), "out_channels": groups * rng.randint(1, 2)}
            options["groups"] = groups
        if rng.random() < 0.1:
            options["batch"] = 2
    if kind == "ConvTranspose":
        options["output_padding"] = rng.choice((0, 0, 1))
    if kind == "AvgPool":
        options["count_include_pad"] = rng.random() < 0.5
    if kind in ("AvgPool", "MaxPool"):
        options["ceil_mode"] = rng.random() < 0.3
        if rng.random() < 0.2:
            options["channels"] = 2
    return getattr(sc, f"{kind}{rank}d")(*sizes, **options)


def sheet(seed: int) -> Any:
    """A sheet on a random layer, of as many exercises as it has, eight at the most."""
    rng = Random(seed)
    made = layer(rng)
    for count in range(8, 0, -1):
        try:
            return made.exercises(seed=seed, count=count)
        except sc.SymconvError as error:
            if "ask for fewer" not in str(error):
                raise
    raise AssertionError(made)


def told(blocks: Any) -> str:
    """The sentences of blocks."""
    return " ".join(plain(block.words) for block in blocks if hasattr(block, "words"))
