"""Which architecture learns faster: GPT-2 and the variants that are trained beside it."""
