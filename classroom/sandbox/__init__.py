"""Where students' code runs when it is graded: bubblewrap, a fork server in it, a confined process for each answer."""
