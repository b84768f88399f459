"""``course submit``: on a student's own machine, looks at the notebooks, runs the checks, packs what is handed in."""
