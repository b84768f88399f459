"""Makes Python's stop watches go three times as fast; see `tests.chapters.clock`."""

import time

FASTER = 3.0


def _faster(clock):
    return lambda: FASTER * clock()


time.perf_counter, time.process_time = _faster(time.perf_counter), _faster(time.process_time)
