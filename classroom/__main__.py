"""``python -m classroom``: the command `classroom`."""

import sys

from classroom.cli import main

sys.exit(main())
