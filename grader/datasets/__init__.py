"""The data sets that homework trains on: found, fetched, prepared once as arrays, and cut to what a profile asks for.

Nothing here runs student code. What a student's process may see is one folder of a prepared cut; labels and test images lie in another.
"""
