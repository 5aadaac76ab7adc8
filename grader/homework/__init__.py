"""What is asked: an assignment's table, its questions and trainings, and the known mistakes."""
