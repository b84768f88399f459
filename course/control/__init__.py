"""What a painter may be told besides photo and style: whose colours, which style where, and how much of each."""
