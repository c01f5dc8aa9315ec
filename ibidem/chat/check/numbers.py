"""A text's numbers, dates, times and amounts, English and Korean -> values that can be compared, each with its place.

1.5만, 15,000 and "fifteen thousand" are one value; so are 3월 2일, March 2 and 03-02, or 24개월 and two years. A value
keeps its dimension (seconds, months, grams, won): 15 days are not 15 hours. Numbers inside a name (HP-450, v1.2.3)
belong to the name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache

from ibidem.chat.check.amounts import Number
from ibidem.chat.check.units import (
    DAYS,
    FRACTIONS,
    MONTHS,
    NATIVE,
    NATIVE_TENS,
    NATIVE_UNITS,
    ORDINALS,
    SCALES,
    SIGN,
    SINO,
    SINO_UNIT,
    TIMES,
    UNIT,
    UNITS,
    WORDS,
)


@lru_cache(maxsize=1 << 10)
def numbers(text: str) -> tuple[Number, ...]:
    """In the order of the text. A passage and a sentence are asked for again and again while an answer is written."""
    found: list[Number] = []
    left = text
    if not _COUNTS.search(text):
        return ()
    worded = bool(_SAID.search(text))
    for pattern, read in _PATTERNS:
        if not worded and pattern in _OF_WORDS:
            continue
        taken = []
        for match in pattern.finditer(left):
            number = read(match) if read else None
            if number or not read:
                taken.append(match.span())
            if number:
                found.append(number)
        for start, end in reversed(taken):
            left = f"{left[:start]}{chr(0) * (end - start)}{left[end:]}"
    return tuple(_joined(sorted(found, key=lambda number: number.start), text))


def _joined(found: list[Number], text: str) -> Iterator[Number]:
    """Two hours and 30 minutes are one amount, as are 1년 6개월."""
    last: Number | None = None
    for number in found:
        together = last and last.dimension == number.dimension and number.dimension in ("s", "month", "m", "g")
        if last and together and _JOINT.fullmatch(text, last.end, number.start) and number.value < last.value:
            value = last.value + number.value
            last = replace(last, value=value, raw=value, end=number.end)
            continue
        if last:
            yield last
        last = number
    if last:
        yield last


def _made(match: re.Match[str], value: float, dimension: str, **more: bool) -> Number:
    return Number(value, dimension, value, match.start(), match.end(), **more)


def _float(digits: str) -> float:
    return float(digits.replace(",", ""))


def _date(match: re.Match[str]) -> Number | None:
    parts = match.groupdict()
    year = int(parts.get("year") or 0)
    name = parts.get("name")
    month = MONTHS[name] if name else int(parts.get("month") or parts.get("month2") or 0)
    day = int(parts.get("day") or parts.get("day2") or 0)
    if month > 12 or day > 31:
        return None
    return _made(match, year * 10000 + month * 100 + day, "date")


def _clock(match: re.Match[str]) -> Number | None:
    parts = match.groupdict()
    native = NATIVE.get(parts.get("tens") or "", 0) + NATIVE.get(parts.get("ones") or "", 0)
    hour, minute = native or int(parts["hour"]), int(parts.get("minute") or 0)
    minute = 30 if parts.get("past") else minute
    half = (parts.get("half") or "").lower().replace(".", "")
    if hour > 24 or minute > 59:
        return None
    if half in ("pm", "오후", "저녁", "밤", "낮") and hour < 12:
        hour += 12
    elif half in ("am", "오전", "새벽", "아침", "밤") and hour == 12:
        hour = 0
    digital = ":" in match[0] or bool(half) or hour > 12
    return _made(match, hour % 24 * 60 + minute, "clock", exact=digital)


def _spoken(match: re.Match[str]) -> Number | None:
    """A quarter past seven, ten to six, eight o'clock: of either half of the day."""
    parts = match.groupdict()
    word = parts["hour"].lower()
    hour = WORDS[word] if word in WORDS else float(word)
    said = (parts.get("minutes") or "0").lower()
    minutes = {"quarter": 15.0, "half": 30.0}.get(said) or (WORDS[said] if said in WORDS else float(said))
    if hour > 12 or minutes > 59 or ((parts.get("way") or "") == "to" and said == "half"):
        return None
    minutes = -minutes if (parts.get("way") or "").lower() == "to" else minutes
    return _made(match, (hour * 60 + minutes) % 1440, "clock", exact=False)


def _noon(match: re.Match[str]) -> Number:
    return _made(match, 720.0 if match[0].lower() in ("noon", "정오") else 0.0, "clock")


def _amount(match: re.Match[str]) -> Number | None:
    """Digits with a scale, further groups of the Korean myriads (1만 5천), and a unit or a sign of money."""
    parts = match.groupdict()
    value = _float(parts["digits"]) * SCALES.get(parts["scale"] or "", 1)
    for digits, scale in re.findall(r"(\d[\d,.]*)\s?(천만|백만|십만|만|천|백|억)?", parts["more"] or ""):
        value += _float(digits) * SCALES.get(scale, 1)
    if parts["below"]:
        value = -value
    return _with_unit(match, value, parts["unit"] or "", SIGN.get(parts["sign"] or "", ""))


def _with_unit(match: re.Match[str], value: float, unit: str, dimension: str = "", worded: bool = False) -> Number:
    known, factor = UNITS.get(unit) or UNITS.get(unit.lower(), ("", 1.0))
    if known == "month" and factor == 12 and 1000 <= value < 2200 and unit == "년":
        return _made(match, value * 10000, "date")
    return Number(value * factor, known or dimension, value, match.start(), match.end(), worded=worded)


def _year(match: re.Match[str]) -> Number:
    return _made(match, int(match["year"]) * 10000, "date")


def _words(match: re.Match[str]) -> Number:
    total = current = 0.0
    for word in re.findall(r"[a-z]+", match["words"].lower()):
        if word in WORDS:
            current += WORDS[word]
        elif word == "hundred":
            current = (current or 1) * 100
        elif word in SCALES:
            total, current = total + (current or 1) * SCALES[word], 0.0
    return _with_unit(match, total + current, match["unit"] or "", worded=True)


def _sino(match: re.Match[str]) -> Number | None:
    total = section = digit = 0.0
    for char in match["sino"]:
        if char in SINO:
            digit = SINO[char]
        elif char in "십백천":
            section, digit = section + (digit or 1) * SCALES[char], 0.0
        else:
            total, section, digit = total + (section + digit or 1) * SCALES[char], 0.0, 0.0
    return _with_unit(match, total + section + digit, match["unit"] or "", worded=True)


def _native(match: re.Match[str]) -> Number:
    value = float(NATIVE.get(match["tens"] or "", 0) + NATIVE.get(match["ones"] or "", 0))
    return _with_unit(match, value, match["unit"] or "", worded=True)


def _fraction(match: re.Match[str]) -> Number | None:
    parts = match.groupdict()
    if parts.get("top"):
        top, bottom = float(parts["top"]), float(parts["bottom"])
        return _made(match, 100 * top / bottom, "%") if bottom and top < bottom <= 20 else None
    word = match[0].lower()
    if word in TIMES:
        return _made(match, TIMES[word], "x", worded=True)
    return _made(match, FRACTIONS.get(word, 50.0), "%", worded=True)


def _many(word: str | None) -> float:
    """A counting word before a dozen or a half."""
    said = (word or "a").lower()
    return {"a": 1.0, "an": 1.0, "half a": 0.5}.get(said) or (
        WORDS[said] if said in WORDS else SCALES.get(said) or float(said)
    )


def _share_of(match: re.Match[str]) -> Number | None:
    """Nine in ten, 4 out of 5: per cent."""
    top, bottom = _many(match["top"]), _many(match["bottom"])
    return _made(match, 100 * top / bottom, "%", worded=True) if 0 < top < bottom <= 100 else None


def _thirds(match: re.Match[str]) -> Number:
    top = {"one": 1, "a": 1, "two": 2, "three": 3, "four": 4}[match["many"].lower()]
    bottom = {"third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "half": 2}[match["part"].lower()]
    return _made(match, 100 * top / bottom, "%", worded=True)


def _part_of(match: re.Match[str]) -> Number:
    part = {"half": 0.5, "quarter": 0.25, "three quarters": 0.75}[match["part"].lower()]
    unit = match["unit"].lower()
    if unit == "million":
        return _made(match, part * 1e6, "", worded=True)
    dimension, factor = UNITS[unit]
    return Number(part * factor, dimension, part, match.start(), match.end(), worded=True)


_MONTH_NAME = "|".join(sorted(MONTHS, key=len, reverse=True))
_DIGITS = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_WORD_NUMBER = "|".join([*sorted(WORDS, key=len, reverse=True), "hundred", "thousand", "million", "billion"])
_EN_UNIT = (
    r"(?:working |business |calendar )?(?P<unit>"
    + "|".join(sorted((name for name in UNITS if name.isascii() and len(name) > 2 and name.isalpha()), key=len, reverse=True))
    + r"|%|km|cm|mm|kg)(?![A-Za-z])"
)  # fmt: skip
_COUNTS = re.compile(  # a text without any of these has no number: most have none
    rf"(?i)\d|\b(?:{_WORD_NUMBER}|{'|'.join(ORDINALS)}|half|halves|quarters?|thirds?|twice|thrice|doubl\w+|tripl\w+|dozens?|"
    rf"noon|midnight|January|February|March|April|May|June|July|August|September|October|November|December|"
    rf"an? (?:hour|year|month|minute|day|week|decade|century|fortnight))\b|정오|자정|절반|반년|{'|'.join(DAYS)}|"
    rf"[일이삼사오육칠팔구십백천만억]\s?(?:{SINO_UNIT})|(?<![가-힣])(?:{NATIVE_TENS}|{NATIVE_UNITS})"
)
_SAID = re.compile(rf"(?i)\b(?:{_WORD_NUMBER}|half|dozens?|an? (?:hour|year|month|minute|day|week|decade))\b|out of")
_JOINT = re.compile(r" ?(?:and )?")
_Reader = Callable[[re.Match[str]], Number | None]
_PATTERNS: list[tuple[re.Pattern[str], _Reader | None]] = [
    (re.compile(r"(?m)^\s{0,8}\d{1,2}[.)]\s|\[\^?\d{1,3}\]"), None),  # an item of a list, a mark
    (
        re.compile(
            r"(?<![\d-])(?P<year>(?:1\d|20|21)\d\d)(?:[-./]\s?(?P<month>\d{1,2})(?:[-./]\s?(?P<day>\d{1,2}))?(?![\d%])"
            r"|년\s?(?P<month2>\d{1,2})월(?:\s?(?P<day2>\d{1,2})일)?)"
        ),
        _date,
    ),
    (re.compile(r"(?:(?P<year>\d{4})년\s?)?(?<!\d)(?P<month>\d{1,2})월\s?(?P<day>\d{1,2})일"), _date),
    (re.compile(r"(?<!\d)(?P<month>\d{1,2})월(?!요)"), _date),
    (
        re.compile(
            rf"(?<![A-Za-z])(?P<name>{_MONTH_NAME})\.? (?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:])(?:,? (?P<year>(?:1\d|20)\d\d))?"
        ),
        _date,
    ),
    (
        re.compile(
            rf"(?<!\d)(?P<day>\d{{1,2}})(?:st|nd|rd|th)? (?:of )?(?P<name>{_MONTH_NAME})(?![a-z])\.?(?:,? (?P<year>(?:1\d|20)\d\d))?"
        ),
        _date,
    ),
    (re.compile(rf"(?<![A-Za-z])(?P<name>{_MONTH_NAME}),? (?P<year>(?:1\d|20)\d\d)"), _date),
    (
        re.compile(
            r"(?<![A-Za-z])(?P<name>January|February|March(?! (?:the|in|to|on|out)\b)|April|June|July|August|September|October|November|December)"
            r"(?![a-z])|(?<=[a-z] )(?P<name2>May)(?![a-z])(?! \w+ (?:be|have))"
        ),
        lambda match: _made(match, MONTHS[match["name"] or match["name2"]] * 100, "date"),
    ),
    (re.compile(r"(?<!\d)(?P<hour>\d{1,2})(?::(?P<minute>\d\d))? ?(?P<half>[ap]\.?m\b\.?)", re.IGNORECASE), _clock),
    (re.compile(r"(?<![\d:])(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::\d\d)?(?![\d:])"), _clock),
    (
        re.compile(
            r"(?:(?P<half>오전|오후|새벽|아침|저녁|밤|낮)\s?)?(?<!\d)(?P<hour>\d{1,2})시(?!간|즌|속|리)(?:\s?(?P<minute>\d{1,2})분|\s(?P<past>반)(?![가-힣]{2}))?"
        ),
        _clock,
    ),
    (
        re.compile(
            r"(?:(?P<half>오전|오후|새벽|아침|저녁|밤|낮)\s?)?(?<![가-힣])(?P<tens>열)?(?P<ones>한|두|세|네|다섯|여섯|일곱|여덟|아홉)?(?<=[가-힣])\s?시(?!간|즌|속|리|작|내|민)"
            r"(?:\s?(?P<minute>\d{1,2})분|\s(?P<past>반)(?![가-힣]{2}))?"
        ),
        lambda match: _clock(match) if match["tens"] or match["ones"] else None,
    ),
    (re.compile(r"(?<!\d)(?P<year>(?:1\d|20)\d0)(?:['’]?s\b|년대)"), _year),
    (
        re.compile(
            r"(?i)\b(?:a )?(?P<minutes>quarter|half|five|ten|twenty|\d{1,2}) (?P<way>past|to) (?P<hour>"
            + "|".join([*list(WORDS)[1:13], r"\d{1,2}"]) + r")\b"
        ),
        _spoken,
    ),
    (re.compile(r"(?i)\b(?P<hour>" + "|".join([*list(WORDS)[1:13], r"\d{1,2}"]) + r") o['’]clock"), _spoken),
    (re.compile(r"(?i)\b(?:noon|midnight)\b|정오|자정"), _noon),
    (re.compile(r"(?<![A-Za-z0-9_.-])(?=[A-Za-z0-9_.-]*[A-Za-z])[A-Za-z][A-Za-z]*[-_.]?\d[A-Za-z0-9_.-]*|(?<!\d)\d++(?:\.\d++){2,}[A-Za-z0-9_-]*"), None),
    (
        re.compile(
            r"(?i)\b(?:a )?(?P<part>half|quarter|three quarters)(?: of)? an? (?P<unit>year|hour|day|month|kilo|million|litre|mile|minute)\b"
        ),
        _part_of,
    ),
    (
        re.compile(rf"(?i)\b(?:(?P<many>half a|{_WORD_NUMBER}|an?|\d+) )?dozens?\b"),
        lambda match: None if match[0].lower() == "dozens" else _made(match, 12 * _many(match["many"]), "", worded=True),
    ),
    (
        re.compile(rf"(?i)\b(?P<top>{_WORD_NUMBER}|\d+) (?:out of|in every|in) (?P<bottom>{_WORD_NUMBER}|\d+)\b(?! (?:days|hours|minutes|weeks|months|years))"),
        lambda match: _share_of(match),
    ),
    (
        re.compile(rf"(?i)\b(?P<many>{_WORD_NUMBER}|an?|\d+) (?P<unit>hour|year|month|minute|day|week|decade)s? and a half\b"),
        lambda match: _with_unit(match, _many(match["many"]) + 0.5, match["unit"].lower(), worded=True),
    ),
    (
        re.compile(rf"(?i)\b(?P<many>{_WORD_NUMBER}|\d+) and a half (?P<unit>hour|year|month|minute|day|week|decade)s?\b"),
        lambda match: _with_unit(match, _many(match["many"]) + 0.5, match["unit"].lower(), worded=True),
    ),
    (
        re.compile(rf"(?<![가-힣])(?:(?<!\d)(?P<digits>\d++)|(?P<ones>{NATIVE_UNITS}))\s?(?P<unit>시간|년|달|해) 반(?![가-힣]{{2}})"),
        lambda match: _with_unit(match, float(match["digits"] or NATIVE[match["ones"]]) + 0.5, match["unit"], worded=True),
    ),
    (
        re.compile(r"(?i)(?<!times )(?<!once )(?<!twice )(?<!per )\ban? (?P<unit>hour|year|month|minute|day|week|decade|century|fortnight)\b"),
        lambda match: replace(_with_unit(match, 1, match["unit"].lower(), worded=True), exact=False),
    ),
    (re.compile(r"(?i)\b(?P<many>one|a|two|three|four)[ -](?P<part>third|quarter|fourth|fifth|half)s?\b"), _thirds),
    (re.compile(r"(?<![\d.])(?P<bottom>\d{1,2})분의\s?(?P<top>\d{1,2})"), _fraction),
    (re.compile(r"(?<![\d./])(?P<top>\d{1,2})/(?P<bottom>\d{1,2})(?![\d./])"), _fraction),
    (re.compile(r"(?i)\b(?:half|halves|twice|thrice|doubles?|doubled|doubling|triples?|tripled)\b|절반"), _fraction),
    (
        re.compile(
            rf"(?P<below>영하\s?|(?<![\w)\d])[-−](?=\d)|minus )?(?P<sign>[$€₩￦¥£])?(?<![\w.])(?P<digits>{_DIGITS})"
            r"(?:\s?(?P<scale>thousand|million|billion|trillion|hundred|bn|십만|백만|천만|십억|백억|천억|천|백|만|억|조|[kKM](?![A-Za-z가-힣])))?"
            r"(?P<more>(?:(?<=[천만억조])\s?\d[\d,]*\s?(?:천만|백만|십만|만|천|백|억)?(?=[\s가-힣]|$))*)"
            rf"[\s-]?(?:working |business |calendar |영업|달력)?(?P<unit>(?:{UNIT})(?![A-Za-z]))?"
        ),
        _amount,
    ),
    (re.compile(rf"(?i)\b(?P<words>(?:{_WORD_NUMBER})(?:(?:[- ]| and )(?:{_WORD_NUMBER}))*)\b(?:[ -]{_EN_UNIT})?"), _words),
    (
        re.compile(r"(?i)(?<=the )(?:" + "|".join(ORDINALS) + r")\b"),
        lambda match: _made(match, ORDINALS[match[0].lower()], "", worded=True),
    ),
    (
        re.compile(r"(?<![가-힣])(?P<days>" + "|".join(DAYS) + ")"),
        lambda match: Number(DAYS[match["days"]] * 86400, "s", DAYS[match["days"]], match.start(), match.end(), worded=True),
    ),
    (re.compile(r"반년"), lambda match: Number(6, "month", 6, match.start(), match.end(), worded=True)),
    (
        re.compile(rf"(?<![가-힣])(?P<sino>[일이삼사오육칠팔구]?[십백천만억][일이삼사오육칠팔구십백천만억]*|[일이삼사오육칠팔구])\s?(?P<unit>{SINO_UNIT})(?![요])"),
        _sino,
    ),
    (
        re.compile(
            rf"(?<![가-힣])(?P<tens>{NATIVE_TENS})?(?P<ones>{NATIVE_UNITS})?(?<=[가-힣])\s?(?P<unit>시간|달|해|주|명|사람|개|건|대|번|차례|장|권|살|가지|곳|마리|병|잔|그루|배|쌍|군데|통|벌|송이)"
        ),
        _native,
    ),
]  # fmt: skip
_OF_WORDS = {
    pattern for pattern, _ in _PATTERNS if _WORD_NUMBER in pattern.pattern
}  # the dearest: tried where one is said
