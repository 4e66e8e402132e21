"""The playground: a small world in which rewards can be seen at work without any download.

    world      word problems with known golds, some of them unanswerable; splits that share no problem
    texts      the answers that the policy is first taught: careful, hasty, and lazily None
    policy     a tokenizer and a Qwen3 policy of half a million parameters, as ordinary model folders
    reward     `playground-none` versions 0 and 1 written by hand, to hold the recipes against
    training   SFT and GRPO through TRL, with the options as plain dicts
    sampling   greedy and sampled completions of a model folder
    measure    greedy accuracy, pass@8 and the None figures by level, with intervals
    evidence   five seeds of all that; page writes them to `docs/evidence.md`

What it shows is reinforcement learning *eliciting* a way of reasoning that the policy already has from
SFT, and what each version of a reward does to saying None. It does not show RL teaching anything new: the
products of two-digit numbers stay as wrong as they were. `world`, `texts`, `reward` and `measure` do not import torch.
"""
