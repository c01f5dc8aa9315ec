"""The words of numbers, English and Korean: units with their dimension, scales, numerals, months, days, signs of money."""

from __future__ import annotations

import re

# Dimension and factor to its base. Counters (개, 명, times) have no dimension: languages count by different ones.
UNITS: dict[str, tuple[str, float]] = {}
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
    UNITS.update(dict.fromkeys(_names.split(), (_dimension, _factor)))
UNITS["per cent"] = UNITS["%"]
COUNTERS = (
    "명 인 개 건 대 번 회 장 권 층 살 세 가지 곳 마리 병 잔 그루 점 표 쪽 페이지 칸 줄 사람 위 차 호 호기 기 판 조 항 편 척 팀 종 종류 자 잔 분기 단계 급 쌍 통 벌 송이 군데 차례"
).split()
UNIT = "|".join(sorted(map(re.escape, [*UNITS, *COUNTERS]), key=len, reverse=True))
SCALES = {
    "hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12, "k": 1e3, "K": 1e3, "M": 1e6,
    "bn": 1e9, "m": 1e6, "천": 1e3, "백": 1e2, "십": 10, "만": 1e4, "십만": 1e5, "백만": 1e6, "천만": 1e7, "억": 1e8,
    "십억": 1e9, "백억": 1e10, "천억": 1e11, "조": 1e12,
}  # fmt: skip
WORDS = {
    word: float(value)
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
        "eighteen nineteen".split()
    )
} | {
    word: 10.0 * value
    for value, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2)
}
ORDINALS = {
    word: float(value)
    for value, word in enumerate(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split(), start=1
    )
}
MONTHS = {
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
NATIVE = {
    "하나": 1, "한": 1, "두": 2, "둘": 2, "세": 3, "셋": 3, "석": 3, "서": 3, "네": 4, "넷": 4, "넉": 4, "다섯": 5,
    "여섯": 6, "일곱": 7, "여덟": 8, "아홉": 9, "열": 10, "스무": 20, "스물": 20, "서른": 30, "마흔": 40, "쉰": 50,
    "예순": 60, "일흔": 70, "여든": 80, "아흔": 90,
}  # fmt: skip
NATIVE_TENS = "열|스물|스무|서른|마흔|쉰|예순|일흔|여든|아흔"
NATIVE_UNITS = "하나|한|두|둘|세|셋|석|네|넷|넉|다섯|여섯|일곱|여덟|아홉"
DAYS = {
    "하루": 1, "이틀": 2, "사흘": 3, "나흘": 4, "닷새": 5, "엿새": 6, "이레": 7, "여드레": 8, "아흐레": 9, "열흘": 10,
    "보름": 15,
}  # fmt: skip
SINO = {digit: value for value, digit in enumerate("영일이삼사오육칠팔구")}
SINO_UNIT = "개월|시간|영업일|퍼센트|킬로미터|미터|킬로그램|그램|리터|도|분|초|일|주|년|명|인|개|건|대|번|회|장|권|층|세|원|달러|쪽|배|만|억|점"
FRACTIONS = {"half": 50.0, "halves": 50.0, "quarter": 25.0, "절반": 50.0, "반수": 50.0}
TIMES = {"twice": 2.0, "thrice": 3.0, "once": 1.0, "double": 2.0, "doubles": 2.0, "doubled": 2.0, "doubling": 2.0}
TIMES |= dict.fromkeys(("triple", "triples", "tripled"), 3.0)
SIGN = {"$": "USD", "€": "EUR", "₩": "KRW", "￦": "KRW", "¥": "JPY", "£": "GBP"}
