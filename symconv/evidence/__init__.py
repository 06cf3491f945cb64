"""Evidence that two index sums are equal: numbers put in, and integer sets."""
