"""Finds what was handed in, whoever delivers it, and trusts nothing in it."""
