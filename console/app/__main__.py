"""`python -m console.app COMMAND`: the command line inside the environment."""

import multiprocessing
import sys

from console.app.cli import main

if __name__ == "__main__":
    multiprocessing.freeze_support()  # in a bundle, worker processes start here as well
    sys.exit(main(sys.argv[1:]))
