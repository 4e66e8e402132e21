"""What every run needs: an append-only log, a lock, a folder with its manifest, and units of work that resume."""
