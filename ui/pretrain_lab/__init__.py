"""Beside a run, the Pretrain page has: parts of the architecture, and their comparison."""
