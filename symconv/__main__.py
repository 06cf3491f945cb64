"""``python -m symconv`` is the ``symconv`` command."""

from symconv.cli import main

if __name__ == "__main__":
    main()
