"""How things are written: letters, words, widths, maths targets, and whole files."""
