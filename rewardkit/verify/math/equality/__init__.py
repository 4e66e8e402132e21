"""Whether two trees have the same value, decided exactly and within bounds."""
