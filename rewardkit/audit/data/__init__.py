"""What a data set holds, and what simple policies earn on it."""
