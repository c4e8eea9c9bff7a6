"""What can be said before a start and about a curve: memory, time, what to change."""
