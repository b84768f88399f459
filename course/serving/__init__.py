"""A small studio, to look into: a page, a line of those who wait, and one painter, all in a notebook's own process.

`lesson` simulates a class that shares one painter, `page` serves real phones on this machine, `drawing` shows what goes
where. The studio that a whole class uses is another program, ``course studio``, of the same plan and sturdier parts.
"""
