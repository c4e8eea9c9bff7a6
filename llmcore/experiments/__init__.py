"""Runs that answer a question with many small trainings: a folder for each, with its plan, its run
and what is read from it."""
