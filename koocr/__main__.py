"""`python -m koocr` is the same as `koocr`."""

import sys

from koocr.cli import main

if __name__ == "__main__":
    sys.exit(main())
