"""What students hand in: notebooks are read and understood here, before anything in them is run."""
