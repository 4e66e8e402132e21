"""The page: sections made by functions, one self-contained HTML file, and its pictures.

    sections = evaluation_sections([folder])          # or training_sections(...), any list of Section
    write_page(Page(title, sections, completions), path)

A `Section` is a title and a body of HTML (tables, notes, pictures as SVG); who makes it does not matter, so
evaluation runs, training runs, scored files and diffs share one page. Other packages add readers of their
own folders and files through the entry-point group `rewardkit.report` (see `sources`).
"""

from .completions import CompletionTable
from .page import Page, Section, page_html, write_page

__all__ = ["CompletionTable", "Page", "Section", "page_html", "write_page"]
