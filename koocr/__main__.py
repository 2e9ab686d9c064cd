"""`python -m koocr` is the same as `koocr`."""

import sys

from koocr.cli import program

if __name__ == "__main__":
    sys.exit(program())
