"""The training loop. It gets a task, a control, a sink and a directory, and knows no run store."""
