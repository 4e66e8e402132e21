"""Attack a recipe with named mutations of real completions."""
