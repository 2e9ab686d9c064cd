"""`python evaluate.py …` is the same as `koocr evaluate …`."""

import sys

from koocr.cli import main

if __name__ == "__main__":
    sys.exit(main(["evaluate", *sys.argv[1:]]))
