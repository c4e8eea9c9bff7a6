"""Diverse data: one small model for each corpus and one for their mix."""
