"""`python3 -m console COMMAND`: works before anything is installed."""

import sys

from console.launcher import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
