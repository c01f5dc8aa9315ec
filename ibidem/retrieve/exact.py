"""A question -> whether it says exactly what it is about: then other words for it only lead away."""

from __future__ import annotations

import re

# A name of code: in backticks, in snake_case or camelCase, called, or dotted.
_NAME = re.compile(r"`|[^\W_]_[^\W_]|[a-z0-9][A-Z]|\w\(\)|\w\w\.[a-z]{2}")
# The verb that the description of a change opens with. Such a text was written beside the code, in its words.
_CHANGE = re.compile(
    r"\s*(?:fix|add|support|allow|prevent|avoid|handle|remove|rename|update|improve|make|ensure|refactor|use|drop|introduce"
    r"|implement|replace|deprecate|change|disallow|correct|simplify|extract|enable|disable|respect|preserve|restore|revert"
    r"|optimi[sz]e|reduce|clean|stop|do not|don't|raise|reject|apply|resolve|bump|unify|clarify)(?:e?s|ed|ing|d)?\b",
    re.IGNORECASE,
)

MANY_WORDS = 10  # more say enough by themselves. Source: evals/LOG.md


def is_exact(question: str) -> bool:
    """It names code, describes a change, has many words, or runs over several lines (a message, a traceback)."""
    text = question.strip()
    return "\n" in text or len(text.split()) > MANY_WORDS or bool(_NAME.search(text) or _CHANGE.match(text))
