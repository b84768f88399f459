"""The pages: `handler` has what all of them share, `door` who is let in, the others what is on them."""
