"""Korean manuals -> the share of their technical nouns that the term table has.

    python3 -m venv /tmp/kiwi && /tmp/kiwi/bin/pip install kiwipiepy
    PYTHONPATH=. /tmp/kiwi/bin/python evals/terms_coverage.py PAGES [--missing]

PAGES holds a folder of text pages for each manual. The pages are not part of this repository. Measured on the 40 pages
with the most Hangul of each of these manuals, code and markup taken out:

- openai-agents: PyPI `openai-agents` 0.24.0, source archive, `docs/ko/**/*.md` (github.com/openai/openai-agents-python)
- intlayer: npm `@intlayer/docs` 8.9.6, `docs/ko/**/*.md` (github.com/aymericzip/intlayer)
- debian-install: Debian `installation-guide-amd64` 20230508+deb12u1, `ko/*.html`
- libreoffice-calc: Debian `libreoffice-help-ko` 7.4.7, `ko/text/scalc/guide`, `ko/text/sdatabase`
- ecc: npm `ecc-universal` 2.0.0, `docs/ko-KR/**/*.md` (github.com/affaan-m/ECC). Held out: 90.0 % by type and 94.9 %
  by occurrence before its missing nouns were looked at; the nouns missing in the others had been added by then

Counting. A noun is a run of Kiwi's NNG and NNP tokens with no space between, with the prefixes (XPN) and suffixes (XSN)
that adjoin them, two syllables or more: Kiwi cuts loan words (워크+플로), and only the whole has a meaning. A noun is
technical when it stands on at least two pages of the manual and not in `general_nouns.txt` beside this file (everyday
words, none of the trade's). It is covered when terms of the table cover all of it, but for one suffix: the noun
itself, or the parts of a compound (인증서버). By type each noun counts once; by occurrence as often as it stands in
the manual.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from kiwipiepy import Kiwi, Token

from ibidem.retrieve.terms import expansions

PAGES_AT_LEAST = 2
NOUN = ("NNG", "NNP", "XPN", "XSN")
SUFFIXES = ("적", "화", "성", "별", "용", "형", "들", "자", "기", "식")
GENERAL = frozenset(
    word
    for line in Path(__file__).with_name("general_nouns.txt").read_text("utf-8").splitlines()
    if not line.startswith("#")
    for word in line.split()
)


def technical_nouns(pages: list[str], kiwi: Kiwi) -> Counter[str]:
    """The technical nouns of a manual with their number of occurrences."""
    occurrences: Counter[str] = Counter()
    on_pages: Counter[str] = Counter()
    for page in pages:
        nouns = [noun for line in page.splitlines() for noun in nouns_of(kiwi.tokenize(line))]
        occurrences.update(nouns)
        on_pages.update(set(nouns))
    return Counter(
        {noun: occurrences[noun] for noun, count in on_pages.items() if count >= PAGES_AT_LEAST and noun not in GENERAL}
    )


def nouns_of(tokens: Sequence[Token]) -> Iterator[str]:
    """The runs of noun tokens with nothing between them."""
    run: list[Token] = []
    for token in [*tokens, None]:
        if token and token.tag in NOUN and (not run or token.start == run[-1].start + run[-1].len):
            run.append(token)
            continue
        noun = "".join(part.form for part in run)
        if any(part.tag in ("NNG", "NNP") for part in run) and re.fullmatch("[가-힣]{2,}", noun):
            yield noun
        run = [token] if token and token.tag in NOUN else []


def covered(noun: str) -> bool:
    held = [found.source for found in expansions(noun)]
    rest = noun
    for source in held:
        rest = rest.replace(source, "", 1)
    return not rest or (rest in SUFFIXES and noun.endswith(rest))


def main(folder: Path, *, missing: bool) -> None:
    kiwi = Kiwi(num_workers=1)
    print("| manual | pages | nouns | by type | occurrences | by occurrence |\n|---|---:|---:|---:|---:|---:|")
    for manual in sorted(path for path in folder.iterdir() if path.is_dir()):
        pages = [path.read_text("utf-8") for path in sorted(manual.iterdir())]
        nouns = technical_nouns(pages, kiwi)
        lacking = Counter({noun: count for noun, count in nouns.items() if not covered(noun)})
        types = 1 - len(lacking) / len(nouns)
        occurrences = 1 - lacking.total() / nouns.total()
        print(f"| {manual.name} | {len(pages)} | {len(nouns)} | {types:.1%} | {nouns.total()} | {occurrences:.1%} |")
        if missing:
            print(" ".join(f"{noun}:{count}" for noun, count in lacking.most_common()))


if __name__ == "__main__":
    main(Path(sys.argv[1]), missing="--missing" in sys.argv)
