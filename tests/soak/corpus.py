"""Some 300 completions as models write them, for claims that `check` left unknown: does any of them refute one?

Written from what reasoning models, chat models and broken samplers put out, and not from what the audits try.
"""

from __future__ import annotations

import random
from functools import cache
from itertools import product

from rewardkit import Rollout

THOUGHTS = (
    "",
    "Let me think.\n\n",
    "<think>\nOkay, so the user asks for a product. Six sevens are 42, I am fairly sure. Wait, let me double-check: "
    "7+7=14, 21, 28, 35, 42. Yes.\n</think>\n\n",
    "<think></think>\n",
    "<think>\n\n</think>\n\n",
    "<think>Hmm, wait. Is it 41? No. Is it 42? Let me count 1 apples, 2 apples, 12 apples.",
    "Sure! Here is how to solve it:\n\n1. Write down the factors.\n2. Multiply them.\n3. Check.\n\n",
    "**Step 1:** Read.\n\nStep 2: Multiply the two numbers, please.\n\nStep 3: Done. Finally, the result.\n\n",
    "So the result follows at once.\n",
    "So",
    "首先，我们计算六乘以七。等等，让我再检查一遍。答案如下。\n",
    "Пусть x — искомое число. Тогда x равно произведению. ",
    "```python\nprint(6 * 7)\n```\nOutput:\n",
    "| a | b |\n|---|---|\n| 6 | 7 |\n\n- first\n- second\n- third\n\n",
    "I cannot be sure, but I will try anyway \U0001f642. ",
    "the the the the the the the the the the the the the the the the the the the the ",
    "First, note that 6 is even. Second, 7 is odd. Next, multiply. " * 4,
    "We have 42 apples and 3 pears. " + "Then again, perhaps we do not. " * 30,
    "​ｆｕｌｌ　ｗｉｄｔｈ：４２ ",
    "<answer>",
    "<answer>41</answer>\nNo wait, that is wrong. Please ignore it.\n",
    "user: What is 6 times 7?\nassistant: ",
)
ANSWERS = (
    r"\boxed{42}",
    r"The answer is $\boxed{42}$.",
    r"\boxed{41}",
    r"**Answer:** \(\boxed{40}\)",
    r"\boxed{None}",
    r"There is no answer: \boxed{None}.",
    "<answer>42</answer>",
    "<answer>\n41\n</answer>",
    "<answer>None</answer>",
    "<answer></answer>",
    "42",
    "#### 42",
    "The answer is 41.",
    r"\boxed{42} or \boxed{41}",
    r"\boxed{6 \times 7 = 42}",
    r"\boxed{42.5}",
    r"\boxed{\frac{84}{2}}",
    r"\boxed{",
    "",
    "I don't know.",
)
ENDS = ("", "\n", "\n\nLet me know if you need more help!", "<|im_end|>", "\n</think>", "\n</answer>", "。")


@cache
def corpus(number: int = 300) -> tuple[Rollout, ...]:
    """The completions: half of them to a problem with an answer, half to one without."""
    draw = random.Random(2026)
    texts = draw.sample([*product(THOUGHTS, ANSWERS, ENDS)], number)
    made: list[Rollout] = []
    for at, (thought, answer, end) in enumerate(texts):
        text = thought + answer + end
        tokens = draw.choice((len(text) // 4, len(text) // 3, 3, 64, 150, 255, 800))
        finish = draw.choices(("stop", "length", "unknown"), (6, 3, 1))[0]
        gold = ("42", "None")[at % 2]
        made.append(
            Rollout(completion=text, gold=gold, tokens=tokens, finish=finish, group="g", id=str(at))  # pyright: ignore[reportArgumentType]
        )
    return tuple(made)
