"""What the course states about speed, measured: ``python -m benchmarks``, or ``make bench``."""
