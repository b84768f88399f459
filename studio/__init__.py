"""The studio: a web page on which a whole class paints, from the machine of its teacher and without the internet.

`course studio` starts it. `server` puts it together: `desk` takes orders and keeps jobs, an `engine` has them painted
in another process or by Dask, `web` holds the pages. Nothing in the server's own process imports torch or opens a
picture that somebody has sent: that is for the processes it starts (`process`, `tasks`).
"""
