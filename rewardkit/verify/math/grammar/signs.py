"""Tables of what a token may be: relation signs, commands that ask for work, signs that end a value, joining words."""

from __future__ import annotations


def table(signs: str) -> frozenset[str]:
    """Signs written with spaces between them, as a set."""
    return frozenset(signs.split())


RELATIONS = table(
    r"= < > \le \ge \ne \approx \equiv \in \notin \ni \subset \subseteq \supset \supseteq \sim \simeq \cong \to "
    r"\ll \gg \gtrsim \lesssim \propto \Rightarrow \Leftrightarrow \iff \mapsto \leftarrow \perp \parallel "
    r"\doteq \triangleq \not"
)
REFUSED = table(
    r"\int \lim \iint \iiint \oint \limsup \liminf \sup \inf "
    r"\frown \partial \nabla \bigcup \bigcap"
)
STOPS = table(r", ; ) ] } \} | & \\ : \rangle \rfloor \rceil \over \choose \end = ?") | {""}
CONNECTIVES = {
    "and": "and",
    "or": "or",
    "和": "and",
    "及": "and",
    "与": "and",
    "且": "and",
    "或": "or",
    "或者": "or",
    "以及": "and",
    ",and": "and",
    ",or": "or",
    ", and": "and",
    ", or": "or",
    "and,": "and",
}
ORDINALS = frozenset(("st", "nd", "rd", "th"))
