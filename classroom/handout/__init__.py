"""What is handed out: the student's bundle, and the instructor's with the key."""
