"""A text's numbers, dates, times and amounts, English and Korean -> values that can be compared, each with its place.

1.5만, 15,000 and "fifteen thousand" are one value; so are 3월 2일, March 2 and 03-02, or 24개월 and two years. A value
keeps its dimension (seconds, months, grams, won): 15 days are not 15 hours. Numbers inside a name (HP-450, v1.2.3)
belong to the name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

# Dimension and factor to its base. Counters (개, 명, times) have no dimension: languages count by different ones.
_UNITS: dict[str, tuple[str, float]] = {}
for _dimension, _factor, _names in (
    ("s", 0.001, "ms msec millisecond milliseconds 밀리초"),
    ("s", 1, "s sec secs second seconds 초"),
    ("s", 60, "min mins minute minutes 분"),
    ("s", 3600, "h hr hrs hour hours 시간"),
    ("s", 86400, "day days 일 일간 영업일"),
    ("s", 1209600, "fortnight fortnights"),
    ("s", 604800, "week weeks 주 주일 주간"),
    ("month", 1, "month months 개월 달"),
    ("month", 120, "decade decades"),
    ("month", 1200, "century centuries 세기"),
    ("month", 12, "year years yr yrs 년 년간 해"),
    ("m", 0.001, "mm millimetre millimetres millimeter millimeters 밀리미터 밀리"),
    ("m", 0.01, "cm centimetre centimetres centimeter centimeters 센티미터 센티 센치"),
    ("m", 1, "m metre metres meter meters 미터"),
    ("m", 1000, "km kilometre kilometres kilometer kilometers 킬로미터"),
    ("km/h", 1, "km/h kph 시속"),
    ("mile", 1, "mile miles mi 마일"),
    ("m2", 1, "m² m2 ㎡ 제곱미터 평방미터"),
    ("m2", 10000, "ha hectare hectares 헥타르"),
    ("m2", 1e6, "km² km2 ㎢ 제곱킬로미터"),
    ("g", 0.001, "mg milligram milligrams 밀리그램"),
    ("g", 1, "g gram grams 그램"),
    ("g", 1000, "kg kilogram kilograms kilo kilos 킬로그램 킬로"),
    ("g", 1e6, "t ton tons tonne tonnes 톤"),
    ("l", 0.001, "ml mL millilitre millilitres milliliter milliliters cc 밀리리터"),
    ("l", 1, "l L litre litres liter liters 리터"),
    ("B", 1, "byte bytes 바이트"),
    ("B", 1e3, "kB KB KiB kilobyte kilobytes 킬로바이트"),
    ("B", 1e6, "MB MiB megabyte megabytes 메가바이트"),
    ("B", 1e9, "GB GiB gigabyte gigabytes 기가바이트"),
    ("B", 1e12, "TB TiB terabyte terabytes 테라바이트"),
    ("%", 1, "% percent ％ 퍼센트 프로"),
    ("°", 1, "°C ℃ °F degrees degree celsius 도"),
    ("bar", 1, "bar bars 바"),
    ("W", 1, "W watt watts 와트"),
    ("W", 1e3, "kW kilowatt kilowatts 킬로와트"),
    ("W", 1e6, "MW megawatt megawatts 메가와트"),
    ("V", 1, "V volt volts 볼트"),
    ("KRW", 1, "won KRW 원"),
    ("USD", 1, "dollar dollars USD 달러 불"),
    ("EUR", 1, "euro euros EUR 유로"),
    ("JPY", 1, "yen JPY 엔"),
    ("x", 1, "x times-as fold 배"),
):
    _UNITS.update(dict.fromkeys(_names.split(), (_dimension, _factor)))
_UNITS["per cent"] = _UNITS["%"]
_COUNTERS = (
    "명 인 개 건 대 번 회 장 권 층 살 세 가지 곳 마리 병 잔 그루 점 표 쪽 페이지 칸 줄 사람 위 차 호 호기 기 판 조 항 편 척 팀 종 종류 자 잔 분기 단계 급 쌍 통 벌 송이 군데 차례"
).split()
_UNIT = "|".join(sorted(map(re.escape, [*_UNITS, *_COUNTERS]), key=len, reverse=True))
_SCALES = {
    "hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12, "k": 1e3, "K": 1e3, "M": 1e6,
    "bn": 1e9, "m": 1e6, "천": 1e3, "백": 1e2, "십": 10, "만": 1e4, "십만": 1e5, "백만": 1e6, "천만": 1e7, "억": 1e8,
    "십억": 1e9, "백억": 1e10, "천억": 1e11, "조": 1e12,
}  # fmt: skip
_WORDS = {
    word: float(value)
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
        "eighteen nineteen".split()
    )
} | {
    word: 10.0 * value
    for value, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2)
}
_ORDINALS = {
    word: float(value)
    for value, word in enumerate(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split(), start=1
    )
}
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "January Jan,February Feb,March Mar,April Apr,May,June Jun,July Jul,August Aug,September Sept Sep,October Oct,"
            "November Nov,December Dec"
        ).split(","),
        start=1,
    )
    for name in names.split()
}
_NATIVE = {
    "하나": 1, "한": 1, "두": 2, "둘": 2, "세": 3, "셋": 3, "석": 3, "서": 3, "네": 4, "넷": 4, "넉": 4, "다섯": 5,
    "여섯": 6, "일곱": 7, "여덟": 8, "아홉": 9, "열": 10, "스무": 20, "스물": 20, "서른": 30, "마흔": 40, "쉰": 50,
    "예순": 60, "일흔": 70, "여든": 80, "아흔": 90,
}  # fmt: skip
_NATIVE_TENS = "열|스물|스무|서른|마흔|쉰|예순|일흔|여든|아흔"
_NATIVE_UNITS = "하나|한|두|둘|세|셋|석|네|넷|넉|다섯|여섯|일곱|여덟|아홉"
_DAYS = {
    "하루": 1, "이틀": 2, "사흘": 3, "나흘": 4, "닷새": 5, "엿새": 6, "이레": 7, "여드레": 8, "아흐레": 9, "열흘": 10,
    "보름": 15,
}  # fmt: skip
_SINO = {digit: value for value, digit in enumerate("영일이삼사오육칠팔구")}
_SINO_UNIT = "개월|시간|영업일|퍼센트|킬로미터|미터|킬로그램|그램|리터|도|분|초|일|주|년|명|인|개|건|대|번|회|장|권|층|세|원|달러|쪽|배|만|억|점"
_FRACTIONS = {"half": 50.0, "halves": 50.0, "quarter": 25.0, "절반": 50.0, "반수": 50.0}
_TIMES = {"twice": 2.0, "thrice": 3.0, "once": 1.0, "double": 2.0, "doubles": 2.0, "doubled": 2.0, "doubling": 2.0}
_TIMES |= dict.fromkeys(("triple", "triples", "tripled"), 3.0)
_SIGN = {"$": "USD", "€": "EUR", "₩": "KRW", "￦": "KRW", "¥": "JPY", "£": "GBP"}


@dataclass(frozen=True, slots=True)
class Number:
    """`value` in the base of its `dimension`: "" where it only counts; `raw` is the number as written.

    A date is year * 10000 + month * 100 + day with 0 for what is not said, a time minutes since midnight.
    `exact` is false for a time that may be of either half of the day. `worded`: written as a word, often no fact (one).
    """

    value: float
    dimension: str
    raw: float
    start: int
    end: int
    exact: bool = True
    worded: bool = False


def same(one: Number, other: Number) -> bool:
    """Whether both say the same amount; a bare number is any dimension's."""
    if one.dimension == other.dimension:
        if one.dimension == "date":
            return _same_date(int(one.value), int(other.value))
        if one.dimension == "clock" and not (one.exact and other.exact):
            return one.value % 720 == other.value % 720
        return _near(one.value, other.value)
    if {one.dimension, other.dimension} == {"s", "date"}:  # 2일: two days, or the second
        date, days = (one, other) if one.dimension == "date" else (other, one)
        return date.value % 100 == days.value / 86400 or (date.value < 1e4 and date.value % 100 == days.raw)
    if {one.dimension, other.dimension} == {"", "date"}:  # in 2019
        date, bare = (one, other) if one.dimension == "date" else (other, one)
        return bare.raw in (date.value // 10000, date.value)
    return (not one.dimension or not other.dimension) and _near(one.raw, other.raw)


def rivals(one: Number, other: Number) -> bool:
    """Whether one could stand in the other's place and says something else."""
    return one.dimension == other.dimension and not same(one, other)


def _near(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-6 * max(abs(one), abs(other), 1e-9) or (
        abs(one - other) < 0.35 and {round(one), round(other)} in ({33}, {67})
    )


def _same_date(one: int, other: int) -> bool:
    """Parts that only one of them says are open, but one part at least must be said by both."""
    parts = [(one // 10000, other // 10000), (one // 100 % 100, other // 100 % 100), (one % 100, other % 100)]
    told = [(a, b) for a, b in parts if a and b]
    return bool(told) and all(a == b for a, b in told)


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
    month = _MONTHS[name] if name else int(parts.get("month") or parts.get("month2") or 0)
    day = int(parts.get("day") or parts.get("day2") or 0)
    if month > 12 or day > 31:
        return None
    return _made(match, year * 10000 + month * 100 + day, "date")


def _clock(match: re.Match[str]) -> Number | None:
    parts = match.groupdict()
    native = _NATIVE.get(parts.get("tens") or "", 0) + _NATIVE.get(parts.get("ones") or "", 0)
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
    hour = _WORDS[word] if word in _WORDS else float(word)
    said = (parts.get("minutes") or "0").lower()
    minutes = {"quarter": 15.0, "half": 30.0}.get(said) or (_WORDS[said] if said in _WORDS else float(said))
    if hour > 12 or minutes > 59 or ((parts.get("way") or "") == "to" and said == "half"):
        return None
    minutes = -minutes if (parts.get("way") or "").lower() == "to" else minutes
    return _made(match, (hour * 60 + minutes) % 1440, "clock", exact=False)


def _noon(match: re.Match[str]) -> Number:
    return _made(match, 720.0 if match[0].lower() in ("noon", "정오") else 0.0, "clock")


def _amount(match: re.Match[str]) -> Number | None:
    """Digits with a scale, further groups of the Korean myriads (1만 5천), and a unit or a sign of money."""
    parts = match.groupdict()
    value = _float(parts["digits"]) * _SCALES.get(parts["scale"] or "", 1)
    for digits, scale in re.findall(r"([\d,.]+)\s?(천만|백만|십만|만|천|백|억)?", parts["more"] or ""):
        value += _float(digits) * _SCALES.get(scale, 1)
    if parts["below"]:
        value = -value
    return _with_unit(match, value, parts["unit"] or "", _SIGN.get(parts["sign"] or "", ""))


def _with_unit(match: re.Match[str], value: float, unit: str, dimension: str = "", worded: bool = False) -> Number:
    known, factor = _UNITS.get(unit) or _UNITS.get(unit.lower(), ("", 1.0))
    if known == "month" and factor == 12 and 1000 <= value < 2200 and unit == "년":
        return _made(match, value * 10000, "date")
    return Number(value * factor, known or dimension, value, match.start(), match.end(), worded=worded)


def _year(match: re.Match[str]) -> Number:
    return _made(match, int(match["year"]) * 10000, "date")


def _words(match: re.Match[str]) -> Number:
    total = current = 0.0
    for word in re.findall(r"[a-z]+", match["words"].lower()):
        if word in _WORDS:
            current += _WORDS[word]
        elif word == "hundred":
            current = (current or 1) * 100
        elif word in _SCALES:
            total, current = total + (current or 1) * _SCALES[word], 0.0
    return _with_unit(match, total + current, match["unit"] or "", worded=True)


def _sino(match: re.Match[str]) -> Number | None:
    total = section = digit = 0.0
    for char in match["sino"]:
        if char in _SINO:
            digit = _SINO[char]
        elif char in "십백천":
            section, digit = section + (digit or 1) * _SCALES[char], 0.0
        else:
            total, section, digit = total + (section + digit or 1) * _SCALES[char], 0.0, 0.0
    return _with_unit(match, total + section + digit, match["unit"] or "", worded=True)


def _native(match: re.Match[str]) -> Number:
    value = float(_NATIVE.get(match["tens"] or "", 0) + _NATIVE.get(match["ones"] or "", 0))
    return _with_unit(match, value, match["unit"] or "", worded=True)


def _fraction(match: re.Match[str]) -> Number | None:
    parts = match.groupdict()
    if parts.get("top"):
        top, bottom = float(parts["top"]), float(parts["bottom"])
        return _made(match, 100 * top / bottom, "%") if bottom and top < bottom <= 20 else None
    word = match[0].lower()
    if word in _TIMES:
        return _made(match, _TIMES[word], "x", worded=True)
    return _made(match, _FRACTIONS.get(word, 50.0), "%", worded=True)


def _many(word: str | None) -> float:
    """A counting word before a dozen or a half."""
    said = (word or "a").lower()
    return {"a": 1.0, "an": 1.0, "half a": 0.5}.get(said) or (
        _WORDS[said] if said in _WORDS else _SCALES.get(said) or float(said)
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
    dimension, factor = _UNITS[unit]
    return Number(part * factor, dimension, part, match.start(), match.end(), worded=True)


_MONTH_NAME = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DIGITS = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_WORD_NUMBER = "|".join([*sorted(_WORDS, key=len, reverse=True), "hundred", "thousand", "million", "billion"])
_EN_UNIT = (
    r"(?:working |business |calendar )?(?P<unit>"
    + "|".join(sorted((name for name in _UNITS if name.isascii() and len(name) > 2 and name.isalpha()), key=len, reverse=True))
    + r"|%|km|cm|mm|kg)(?![A-Za-z])"
)  # fmt: skip
_COUNTS = re.compile(  # a text without any of these has no number: most have none
    rf"(?i)\d|\b(?:{_WORD_NUMBER}|{'|'.join(_ORDINALS)}|half|halves|quarters?|thirds?|twice|thrice|doubl\w+|tripl\w+|dozens?|"
    rf"noon|midnight|January|February|March|April|May|June|July|August|September|October|November|December|"
    rf"an? (?:hour|year|month|minute|day|week|decade|century|fortnight))\b|정오|자정|절반|반년|{'|'.join(_DAYS)}|"
    rf"[일이삼사오육칠팔구십백천만억]\s?(?:{_SINO_UNIT})|(?<![가-힣])(?:{_NATIVE_TENS}|{_NATIVE_UNITS})"
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
        lambda match: _made(match, _MONTHS[match["name"] or match["name2"]] * 100, "date"),
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
            + "|".join([*list(_WORDS)[1:13], r"\d{1,2}"]) + r")\b"
        ),
        _spoken,
    ),
    (re.compile(r"(?i)\b(?P<hour>" + "|".join([*list(_WORDS)[1:13], r"\d{1,2}"]) + r") o['’]clock"), _spoken),
    (re.compile(r"(?i)\b(?:noon|midnight)\b|정오|자정"), _noon),
    (re.compile(r"(?<![A-Za-z0-9_.-])(?=[A-Za-z0-9_.-]*[A-Za-z])[A-Za-z][A-Za-z]*[-_.]?\d[A-Za-z0-9_.-]*|\d+\.\d+\.\d+[\w.]*"), None),
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
        re.compile(rf"(?<![가-힣])(?:(?P<digits>\d+)|(?P<ones>{_NATIVE_UNITS}))\s?(?P<unit>시간|년|달|해) 반(?![가-힣]{{2}})"),
        lambda match: _with_unit(match, float(match["digits"] or _NATIVE[match["ones"]]) + 0.5, match["unit"], worded=True),
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
            r"(?P<more>(?:(?<=[천만억조])\s?[\d,]+\s?(?:천만|백만|십만|만|천|백|억)?(?=[\s가-힣]|$))*)"
            rf"[\s-]?(?:working |business |calendar |영업|달력)?(?P<unit>(?:{_UNIT})(?![A-Za-z]))?"
        ),
        _amount,
    ),
    (re.compile(rf"(?i)\b(?P<words>(?:{_WORD_NUMBER})(?:(?:[- ]| and )(?:{_WORD_NUMBER}))*)\b(?:[ -]{_EN_UNIT})?"), _words),
    (
        re.compile(r"(?i)(?<=the )(?:" + "|".join(_ORDINALS) + r")\b"),
        lambda match: _made(match, _ORDINALS[match[0].lower()], "", worded=True),
    ),
    (
        re.compile(r"(?<![가-힣])(?P<days>" + "|".join(_DAYS) + ")"),
        lambda match: Number(_DAYS[match["days"]] * 86400, "s", _DAYS[match["days"]], match.start(), match.end(), worded=True),
    ),
    (re.compile(r"반년"), lambda match: Number(6, "month", 6, match.start(), match.end(), worded=True)),
    (
        re.compile(rf"(?<![가-힣])(?P<sino>[일이삼사오육칠팔구]?[십백천만억][일이삼사오육칠팔구십백천만억]*|[일이삼사오육칠팔구])\s?(?P<unit>{_SINO_UNIT})(?![요])"),
        _sino,
    ),
    (
        re.compile(
            rf"(?<![가-힣])(?P<tens>{_NATIVE_TENS})?(?P<ones>{_NATIVE_UNITS})?(?<=[가-힣])\s?(?P<unit>시간|달|해|주|명|사람|개|건|대|번|차례|장|권|살|가지|곳|마리|병|잔|그루|배|쌍|군데|통|벌|송이)"
        ),
        _native,
    ),
]  # fmt: skip
_OF_WORDS = {
    pattern for pattern, _ in _PATTERNS if _WORD_NUMBER in pattern.pattern
}  # the dearest: tried where one is said
