"""The instructors' and authors' part: builds, hands out, collects and grades chapters. No student gets it."""
