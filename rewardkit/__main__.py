"""`python -m rewardkit` is `rewardkit`."""

from .cli import main

main()
