r"""Answers that are words: None words, and the plain text behind LaTeX and markdown formatting.

An extracted answer is compared by its words, lower-cased and without formatting, so that
`\boxed{\text{Cannot be determined.}}` and `**cannot be determined**` are the same. Nothing is matched
in part: `Neon` holds no None, and neither does `none of these`.
"""

from __future__ import annotations

import re

import regex

from .memory import remembered

_COMMAND = re.compile(
    r"\\(?:text(?:bf|it|rm|sf|tt|normal|up|sl|sc)?|math(?:rm|bf|it|sf|tt|normal)|mbox|hbox|operatorname\*?|boxed|fbox|emph"
    r"|underline|bf|rm|it|displaystyle)(?![A-Za-z])"
)
_DRESS = re.compile(
    r"\\[()\[\],;:! ]|\\q?quad(?![a-zA-Z])|[{}$*_`~\u200b\u200c\u200d\ufeff\u00ad]|</?(?:b|i|em|strong)>"
)
_SPACE = re.compile(r"[\s\u00a0\u2009\u202f]+")
_EDGE = " \t\n.,;:!。，；：！、\"'“”‘’"
LONGEST = 400
"""Strings longer than this are never a None word."""
TIMEOUT_S = 1.0
"""Processor seconds that a recipe's pattern may take on an answer; past them it does not match."""


@remembered(4096)
def plain(text: str) -> str:
    r"""The words of an answer without formatting, case, or punctuation at its ends.

    >>> plain(r"\text{Cannot  be determined.}"), plain("**none**")
    ('cannot be determined', 'none')
    """
    bare = _DRESS.sub(" ", _COMMAND.sub(" ", text))
    return _SPACE.sub(" ", bare.replace("’", "'")).strip(_EDGE).casefold()


def same_words(text: str, word: str) -> bool:
    r"""Whether a whole extracted answer is this word or phrase, whatever its formatting and case.

    >>> same_words(r"\boxed{\text{None}}", "None"), same_words("Neon", "None"), same_words("none of these", "None")
    (True, False, False)
    """
    if len(text) > LONGEST + len(word):
        return False
    wanted = plain(word)
    return bool(wanted) and plain(text) == wanted


def pattern_fault(pattern: str) -> str:
    """What is wrong with a regular expression; "" where it is one."""
    try:
        regex.compile(pattern, regex.IGNORECASE)
    except regex.error as fault:
        return str(fault)
    return ""


def matches_words(text: str, pattern: str) -> bool:
    r"""Whether the words of a whole extracted answer match a pattern from the first to the last, in either case.

    >>> matches_words(r"\text{I don't know.}", "i (do not|don't) know"), matches_words("I don't know, 5?", "i don't know")
    (True, False)
    """
    if len(text) > 2 * LONGEST:
        return False
    try:
        return regex.fullmatch(pattern, plain(text), regex.IGNORECASE, timeout=TIMEOUT_S) is not None
    except TimeoutError:
        return False
