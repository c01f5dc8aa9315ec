"""A question's form -> what it wants: whether it says exactly what it is about, and whether it is about code.

Exact ones are searched as they are: other words would only lead away. Ones that do not ask for code find prose first
where there is both: code that happens to have the words says less than a page that is about the matter.
"""

from __future__ import annotations

import re

from ibidem.index.imports import language_of

# A name of code: in backticks, in snake_case or camelCase, called, or dotted.
_NAME = re.compile(r"`|[^\W_]_[^\W_]|[a-z0-9][A-Z]|\w\(\)|\w\w\.[a-z]{2}")
# The verb that the description of a change opens with. Such a text was written beside the code, in its words.
_CHANGE = re.compile(
    r"\s*(?:fix|add|support|allow|prevent|avoid|handle|remove|rename|update|improve|make|ensure|refactor|use|drop|introduce"
    r"|implement|replace|deprecate|change|disallow|correct|simplify|extract|enable|disable|respect|preserve|restore|revert"
    r"|optimi[sz]e|reduce|clean|stop|do not|don't|raise|reject|apply|resolve|bump|unify|clarify)(?:e?s|ed|ing|d)?\b",
    re.IGNORECASE,
)
# What code is made of, and what is done to it.
_CODE = re.compile(
    r"\b(?:code|functions?|class(?:es)?|methods?|modules?|variables?|constants?|structs?|interfaces?|decorators?"
    r"|implement\w*|defined|definitions?|source|which files?)\b"
    r"|함수|클래스|메서드|메소드|모듈|변수|상수|구조체|인터페이스|코드|구현|정의된|정의하|어느 파일|어떤 파일",
    re.IGNORECASE,
)

# Endings of source without a parser of ours, which is read as plain text.
_PLAIN_SOURCES = frozenset(
    "sql sh bash zsh ps1 bat css scss less lua swift scala pl r jl dart ex exs hs ml clj vue svelte gradle cmake proto graphql"
    " tf asm".split()
)


def is_exact(question: str) -> bool:
    """It names code, describes a change, or runs over several lines (a message, a traceback)."""
    text = question.strip()
    return "\n" in text or bool(_NAME.search(text) or _CHANGE.match(text))


def is_code(path: str) -> bool:
    """Source by the name's ending, also of languages that are read as plain text."""
    return bool(language_of(path)) or path.rpartition(".")[2].lower() in _PLAIN_SOURCES


def wants_code(question: str) -> bool:
    """It is exact, or asks for a function, a class, a definition, the code itself."""
    return is_exact(question) or bool(_CODE.search(question))
