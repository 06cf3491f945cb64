"""Reference algorithms: every pass of a layer as loops, one file a kind of layer.

The bodies are kept to what a slide shows and latexify can typeset: no docstrings, slices, annotated
assignments, ``assert`` or ``raise``. What each computes stands in :mod:`symconv.algorithms.table`.

Letters: input ``x``, kernel ``w``, bias ``b``, output ``y``, upstream gradient ``delta``, a gradient ``g``;
sizes ``N``, ``K``, ``M`` of input, kernel and output; stride ``s``, dilation ``d``, zeros ``p`` before and
``q`` behind, of a transposed layer taken off there, and ``a`` places more behind; indices ``i`` of an output,
``k`` of a tap, ``j`` of an input. With two axes each bears the number of its axis, as in the formulas: 1 of
rows, 2 of columns. Arrays are nested lists, and places count from 0.
"""
