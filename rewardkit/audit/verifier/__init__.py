"""How well a verifier judges: labelled pairs, and what its errors cost."""
