"""`python -m ui` is `assistant ui`."""

import sys

from assistant.cli.entry import main

sys.exit(main(["ui", *sys.argv[1:]]))
