"""``python -m selloff``: the same as the command ``selloff``."""

import sys

from selloff.book.cli import main

if __name__ == "__main__":
    sys.exit(main())
