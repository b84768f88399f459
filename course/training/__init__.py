"""Training painters (`course.nets.feedforward`): pictures to learn from, the loss, and the loop."""
