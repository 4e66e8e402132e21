"""Reading rollouts from a file of rows, one prompt's completions at a time.

    groups = read_rollouts("rollouts.jsonl", Columns(gold="answer"), gold_extract="hash")
    for group in groups:            # a list of Rollout: all completions of one prompt
        recipe.score(group)
    groups.report                   # which columns were taken; every row left out, and why

A file is never loaded whole (except a JSON list, or with `group_by`). A bad row is named, counted and
left out: it gets no reward, and it does not stop the others unless `strict` is set.
"""

from .columns import ROLES, Chosen, Columns, parse_columns
from .golds import GoldReader, gold_extractor
from .reader import Groups, read_rollouts
from .report import BadRow, Group, RowReport
from .sources import Row, Source, open_rows
from .values import number_text

__all__ = [
    "ROLES",
    "BadRow",
    "Chosen",
    "Columns",
    "GoldReader",
    "Group",
    "Groups",
    "Row",
    "RowReport",
    "Source",
    "gold_extractor",
    "number_text",
    "open_rows",
    "parse_columns",
    "read_rollouts",
]
