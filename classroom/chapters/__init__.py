"""Chapters: read from their source, built into the student's notebook and the executed solution."""
