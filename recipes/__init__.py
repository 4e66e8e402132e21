"""The shipped recipes: one file a version, with their cases and the lock of released versions."""
