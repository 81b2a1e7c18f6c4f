"""Serve the chat over the folder given as argument, seeds/ by default; its index is made first."""

import sys

from qa.cli import main

if __name__ == "__main__":
    sys.exit(main(["serve", *sys.argv[1:]]))
