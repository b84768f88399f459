"""Writes the bundles: the students', and the instructor's with the key."""
