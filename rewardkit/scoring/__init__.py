"""Scoring groups of rollouts from files and frames: resumable, summed up, explained."""
