"""Index sums: their nodes, the symbols of a layer, the parser, the printers."""
