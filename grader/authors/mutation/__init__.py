"""The reference changed mechanically, change by change: how many of these wrong solutions lose points?

`operators` says which changes there are, `mutants` makes them in the solutions of graded questions, `trial` runs each through the
checks, `equivalent` knows those that change nothing anybody could see.
"""
