"""Conversations with language models, kept in the session and written by jobs of their own."""
