"""Finds what was handed in, whichever way it was delivered, and trusts nothing in it."""
