"""What instructors and authors run: chapters are built, handed out, collected and graded here. No student gets it."""
