"""A policy that needs no model: its answer to each prompt is decided by a hash."""

import hashlib

from rewardkit.evals.backends import Backend, Completion
from rewardkit.types import Finish


class Simulated(Backend):
    """Right with the probability that `skill` gives for an item; says None on `shy` of the others."""

    def __init__(self, name="simulated", skill=0.5, shy=0.1, length=20):
        self.name, self.skill, self.shy, self.length = name, skill, shy, length
        self.asked = []

    def identity(self):
        return {"backend": "simulated", "model": self.name}

    def environment(self):
        return {"backend": "simulated"}

    def effective(self, sampling):
        return sampling.identity()

    def render(self, prompt):
        return prompt if isinstance(prompt, str) else "\n".join(m["content"] for m in prompt)

    def chance(self, *names):
        digest = hashlib.sha256("/".join(map(str, names)).encode()).digest()
        return int.from_bytes(digest[:6]) / 2**48

    def answer(self, request, sample):
        hardness = self.chance("hard", request.item)
        luck = self.chance(self.name, request.item, request.arm, sample)
        skill = min(1.0, max(0.0, 2 * self.skill - hardness))
        gold = request.fields["gold"]
        if luck < skill:
            return gold
        return "None" if luck > 1 - self.shy else str(int(luck * 1000))

    def generate(self, requests):
        for request in requests:
            for sample in request.samples:
                self.asked.append((request.item, request.arm, sample))
                text = f"Let me think about it. \\boxed{{{self.answer(request, sample)}}}"
                cut = self.chance("cut", request.item, request.arm, sample) < 0.05
                yield Completion(
                    index=request.index,
                    sample=sample,
                    text=text[:10] if cut else text,
                    tokens=self.length,
                    finish=Finish.LENGTH if cut else Finish.STOP,
                )
