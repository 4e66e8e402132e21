"""One page about everything: evaluation runs, training runs, score files, audits and diffs.

    from rewardkit.evals.report import build
    build(["runs/base", "runs/trained", "train/trained", "check.json"], "report.html")

sources      what an argument is
evaluation   sections about evaluation runs; `texts` their completions, `charts` their pictures
agreement    the reward compared with an independent reading
folders      sections about folders that other packages write, such as training runs
audits       findings and figures of check, diff, advantages and the like
scores       score files
build        all of it, in order
"""

from rewardkit.pages.page import Page, Section

from .build import build, make_page

__all__ = ["Page", "Section", "build", "make_page"]
