"""Reports of a graded class, made from its records alone."""
