"""The demo: what a reward pays for, shown on a policy that is trained while you watch.

settings    the plans, the suite and the sizes, of the whole story and the quick one
figures     what the evaluated policies do, and whether the story's claims hold in this run
story       the steps in order; each saves its result in the run folder and is not repeated
command     `rewardkit demo`
"""
