"""`python crawl_data.py …` is the same as `koocr crawl …`."""

import sys

from koocr.cli import main

if __name__ == "__main__":
    sys.exit(main(["crawl", *sys.argv[1:]]))
