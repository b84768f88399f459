"""Memory that is freed and wanted back at once, many times a second."""

from __future__ import annotations

import ctypes
import sys

# <malloc.h>
M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4

# The largest number that mallopt takes: two gigabytes, about what an evaluation at 1024 pixels frees at its end.
KEPT = 2**31 - 1


def keep_freed_memory() -> None:
    """Asks the C library to keep up to two gigabytes of freed memory in this process, for the next tensors.

    Each evaluation of an objective allocates its feature maps and frees them, hundreds of megabytes at 512 pixels.
    glibc, the C library of most Linux systems, gives blocks above 32 megabytes back to the system one by one, and the
    system hands each out again page by page, wiped. A map of 48 megabytes then costs 30 ms, of which the ReLU that
    fills it needs 5. So we ask glibc to treat large blocks as it treats small ones, and not to return what lies free.

    The price is memory: gaps between blocks make the process about a tenth larger at 512 pixels, and it stays so, up to
    two gigabytes, when a painting is finished. Since it holds for the whole process, it is asked for where painting
    begins (`course.synthesis.paint`), and not where a network is only looked at. Without glibc (macOS, Windows, Alpine
    Linux) nothing is done.
    """
    if sys.platform != "linux":
        return
    library = ctypes.CDLL(None)
    if hasattr(library, "gnu_get_libc_version"):
        library.mallopt(M_MMAP_MAX, 0)
        library.mallopt(M_TRIM_THRESHOLD, KEPT)
