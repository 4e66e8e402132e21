"""Self-contained HTML pages: sections, tables, charts, and a browser of completions."""
