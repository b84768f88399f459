"""For authors and instructors: chapters are built here. No chapter imports it."""
