"""Golden hashes: what every public object prints, so that a move that changes a character is seen."""
