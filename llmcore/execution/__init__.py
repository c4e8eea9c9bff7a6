"""Doing what a config.json asks for: threads, processes, the queue, and the tasks of a run."""
