"""``python -m symconv`` is the ``symconv`` command."""

from symconv.cli import main

main()
