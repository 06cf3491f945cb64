"""The command line: options to a layer, a layer to text; no mathematics."""
