"""What a value is made of: numbers, names, sums, commands, quantities with their units."""
