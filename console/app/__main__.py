"""`python -m console.app COMMAND`: the command line inside the environment."""

import sys

from console.app.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
