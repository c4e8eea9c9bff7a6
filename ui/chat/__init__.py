"""Conversations with language models, kept in the session and written by their own jobs."""
