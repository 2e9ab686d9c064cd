"""`python train.py …` is the same as `koocr train …`."""

import sys

from koocr.cli import main

if __name__ == "__main__":
    sys.exit(main(["train", *sys.argv[1:]]))
