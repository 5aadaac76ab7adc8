"""Many submissions: processes that grade them, the gradebook, and whose grade it is."""
