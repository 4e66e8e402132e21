"""The demo: what a reward pays for, shown on a policy that is trained while one watches.

settings    how much of everything: the plans, the suite, the sizes, for the whole story and the quick one
figures     what the evaluated policies do, and whether the story's claims hold in this run
story       the steps in order; each leaves its result in the run folder and is not done twice
command     `rewardkit demo`
"""
