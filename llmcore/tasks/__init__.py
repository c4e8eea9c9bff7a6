"""Objectives: for each the data, the loss and the metrics. Training itself is in `train`."""
