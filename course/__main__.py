"""``python -m course``: the command `course`."""

import sys

from course.cli import main

sys.exit(main())
