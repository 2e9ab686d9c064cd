"""`python load_data.py …` is the same as `koocr load …`."""

import sys

from koocr.cli import main

if __name__ == "__main__":
    sys.exit(main(["load", *sys.argv[1:]]))
