"""Grades in a sandbox: inputs in, values out."""
