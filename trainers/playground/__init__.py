"""The playground: a small world that shows what rewards do, without any download.

    world      word problems with known golds, some of them unanswerable; splits that share no problem
    texts      the answers that the policy is first taught: careful, hasty, and lazily None
    policy     a tokenizer and a Qwen3 policy of half a million parameters, as ordinary model folders
    reward     `playground-none` versions 0 and 1 written by hand, to compare the recipes with
    training   SFT and GRPO through TRL, with the options as plain dicts

It shows reinforcement learning *eliciting* a way of reasoning that the policy already has from SFT, and how each
version of a reward changes how often it says None. It does not show RL teaching anything new: the products of
two-digit numbers stay as wrong as they were. `world`, `texts` and `reward` do not import torch.
`make evidence` (`tests/docs/evidence`) trains five seeds of it and writes what they show to `docs/evidence.md`.
"""
