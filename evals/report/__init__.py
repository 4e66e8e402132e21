"""One page about everything: evaluation runs, training runs, score files, audits and diffs.

    from rewardkit.evals.report import build
    build(["runs/base", "runs/trained", "train/trained", "check.json"], "report.html")

sources      what an argument is
evaluation   sections about evaluation runs; `texts` their completions, `charts` their pictures
agreement    the reward against an independent reading
training     sections about training runs, `training_charts` their pictures
checkpoints  the evaluations that a plan asks for
audits       findings and figures of check, diff, advantages and the like
scores       score files
blocks       what a section is made of
page         sections to HTML, Markdown, JSON and pictures; `draw` renders charts
build        all of it, in order
"""

from rewardkit.pages.page import Page, Section

from .build import build, make_page

__all__ = ["Page", "Section", "build", "make_page"]
