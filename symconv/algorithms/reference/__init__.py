"""Reference algorithms: every pass of a layer as loops, one file a kind of layer.

The bodies are kept to what a slide shows and latexify can typeset: no docstrings, slices, annotated
assignments, ``assert`` or ``raise``. What each computes stands in :mod:`symconv.algorithms.table`.

Letters: input ``x``, kernel ``w``, bias ``b``, output ``y``, upstream gradient ``delta``, a gradient ``g``;
sizes ``N``, ``K``, ``M`` of input, kernel and output; stride ``s``, dilation ``d``, zeros ``p`` before and
``q`` behind; indices ``i`` of an output, ``k`` of a tap, ``j`` of an input. With two axes each bears the
number of its axis, from 0 on. Arrays are nested lists.
"""
