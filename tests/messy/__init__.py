"""Submissions as students save them, made for these tests: builders, because many are binary, huge, or differ in one thing alone."""
