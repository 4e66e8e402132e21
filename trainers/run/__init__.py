"""Running a plan: stages, folders, checks, evaluations and the dry run."""
