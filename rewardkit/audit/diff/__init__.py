"""What changed between two recipes: in what they say, pay and claim."""
