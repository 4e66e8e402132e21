"""Claims about a recipe that are proven over all its cells, or refuted by a witness."""
