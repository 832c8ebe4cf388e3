"""`python -m assistant` is `assistant`."""

import sys

from assistant.cli.entry import main

sys.exit(main())
