"""``python -m tests.golden`` records the hashes anew, or writes the texts themselves into a folder."""

from tests.golden.record import main

if __name__ == "__main__":
    main()
