"""Worker processes with deadlines and memory limits, which may be killed at any moment."""
