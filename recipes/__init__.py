"""The shipped recipes: one file per version, with their cases and the lock of released versions."""
