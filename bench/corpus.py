"""A seed -> files of English text, code, Korean, logs and tables; the same seed gives the same bytes on one Python.

Code is the standard library's own source; further copies have part of their names changed, so that no two chunks are
alike. Text is put together from sentences of the language reference. Nothing is downloaded, nothing kept.
"""

from __future__ import annotations

import keyword
import random
import re
import sysconfig
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

MB = 1_000_000
MAX_SOURCE_BYTES = 200_000
RENAMED_SHARE = 0.3  # of the names in a further copy of a source file
SWAPPED_SHARE = 0.06  # of the words of a sentence, by a name from the code: no two paragraphs are the same

_NAME = re.compile(r"[A-Za-z_][A-Za-z_]{5,}")
_SENTENCE = re.compile(r"[A-Z][^.!?*`|=<>]{40,300}[.!?](?=\s)")
_NOUNS = (
    "펌프 제어기 수위 센서 경보 점검 기록 보고서 휴가 규정 출장비 영수증 회의 일정 담당자 고객 계약 견적 납품 창고 부품 "
    "베어링 절연저항 전압 전류 온도 압력 유량 배관 밸브 필터 서버 네트워크 방화벽 비밀번호 백업 복구 데이터 문서 색인 검색 "
    "질문 답변 인용 출처 모델 학습 평가 지표 예산 결재 승인 반려 공지 교육 안전 사고 조치 원인 대책 설비 운전 정지 시험"
).split()
_PARTICLES = "은 는 이 가 을 를 에 에서 으로 와 과 의 도 만 부터 까지".split()
_VERBS = (
    "확인합니다 점검합니다 기록합니다 보고합니다 교체합니다 승인합니다 설정합니다 복구합니다 저장합니다 전달합니다 "
    "측정합니다 조정합니다 중지합니다 시작합니다 비교합니다 계산합니다 제출합니다 보관합니다 삭제합니다 검토합니다"
).split()


@dataclass(frozen=True, slots=True)
class Written:
    files: int
    size_bytes: int


def write_mixed(folder: Path, size_bytes: int, *, seed: int = 1, korean_share: float = 0.0) -> Written:
    """Half code, half English Markdown by bytes; `korean_share` of the text's files are Korean."""
    rng = random.Random(seed)
    files_of_code = sources()
    order = rng.sample(range(len(files_of_code)), len(files_of_code))
    files = written = code_bytes = copies = 0
    while written < size_bytes:
        if code_bytes <= written / 2:
            turn, at = divmod(copies, len(order))
            path, text = files_of_code[order[at]]
            fresh = text if turn == 0 and seed == 1 else _renamed(text, rng)
            size = _write(folder / f"code_{turn}" / path, fresh)
            code_bytes += size
            copies += 1
        else:
            korean = rng.random() < korean_share
            page = korean_page(rng) if korean else english_page(rng)
            size = _write(folder / "text" / f"{files // 100:03}" / f"{'ko' if korean else 'en'}-{files:06}.md", page)
        written += size
        files += 1
    return Written(files, written)


def write_small(folder: Path, count: int, *, seed: int = 2) -> Written:
    """`count` files of some hundred bytes, 100 to a folder."""
    rng = random.Random(seed)
    size = sum(
        _write(folder / f"{number // 100:03}" / f"note-{number:05}.md", f"# Note {number}\n\n{_paragraph(rng, 3)}\n")
        for number in range(count)
    )
    return Written(count, size)


def write_log(path: Path, size_bytes: int, *, seed: int = 3) -> Written:
    """Lines of a server's log."""
    return _write_lines(path, size_bytes, _log_lines(random.Random(seed)))


def write_csv(path: Path, size_bytes: int, *, seed: int = 4) -> Written:
    """A table of readings with a header."""
    return _write_lines(path, size_bytes, _csv_lines(random.Random(seed)))


KINDS = ("english", "code", "korean")
LONG_WORDS = 80  # of a long query: more tokens than a search keeps


def queries(count: int, *, seed: int = 5, kinds: Sequence[str] = KINDS) -> list[tuple[str, str]]:
    """(kind, query), in equal parts: an English question, names from code, a Korean question. No two are the same.

    Other kinds: "mixed", Korean about names from code, and "long", pasted English.
    """
    rng = random.Random(seed)
    made: dict[str, str] = {}
    while len(made) < count:
        kind = kinds[len(made) % len(kinds)]
        made.setdefault(_query(kind, rng), kind)
    return [(kind, query) for query, kind in made.items()]


def _query(kind: str, rng: random.Random) -> str:
    if kind == "code":
        return " ".join(rng.sample(_names(), rng.choice((1, 2, 2, 3))))
    if kind == "korean":
        one, two, three = rng.sample(_NOUNS, 3)
        return (
            f"{one}{rng.choice(_PARTICLES)} {two} {three}{rng.choice('을를')} 어떻게 {rng.choice(_VERBS)[:-3]}하나요?"
        )
    if kind == "mixed":
        (one, two), (name, other) = rng.sample(_NOUNS, 2), rng.sample(_names(), 2)
        return f"{name}에서 {one}{rng.choice(_PARTICLES)} {two} 처리하는 {other} 함수는 어디에 있나요?"
    if kind == "long":
        words: list[str] = []
        while len(words) < LONG_WORDS:
            words += rng.choice(_sentences()).split()
        return " ".join(words[:LONG_WORDS])
    words = rng.choice(_sentences()).split()
    start = rng.randrange(max(1, len(words) - 8))
    return f"{rng.choice(('How does', 'Why does', 'When is', 'What is'))} {' '.join(words[start : start + 8])}?"


def english_page(rng: random.Random) -> str:
    parts = [f"# {' '.join(rng.sample(_names(), 2))}\n"]
    for _ in range(rng.randint(3, 14)):
        parts.append(f"\n## {' '.join(rng.choice(_sentences()).split()[:5])}\n")
        parts += [f"\n{_paragraph(rng, rng.randint(2, 7))}\n" for _ in range(rng.randint(1, 4))]
    return "".join(parts)


def korean_page(rng: random.Random) -> str:
    parts = [f"# {rng.choice(_NOUNS)} {rng.choice(_NOUNS)} 안내\n"]
    for _ in range(rng.randint(3, 10)):
        sentences = [_korean_sentence(rng) for _ in range(rng.randint(5, 15))]
        parts.append(f"\n## {rng.choice(_NOUNS)} {rng.choice(_NOUNS)}\n\n{' '.join(sentences)}\n")
    return "".join(parts)


def _korean_sentence(rng: random.Random) -> str:
    words = [rng.choice(_NOUNS) + rng.choice(_PARTICLES) for _ in range(rng.randint(3, 7))]
    return f"{' '.join(words)} {rng.randint(1, 400)} {rng.choice(_VERBS)}."


def _paragraph(rng: random.Random, sentences: int) -> str:
    return " ".join(_swapped(rng.choice(_sentences()), rng) for _ in range(sentences))


def _swapped(sentence: str, rng: random.Random) -> str:
    names = _names()
    return " ".join(rng.choice(names) if rng.random() < SWAPPED_SHARE else word for word in sentence.split())


def _renamed(text: str, rng: random.Random) -> str:
    """The source with a share of its names given a tail of their own."""
    found = sorted(set(_NAME.findall(text)) - set(keyword.kwlist))
    new = {name: f"{name}_{_syllables(rng)}" for name in found if rng.random() < RENAMED_SHARE}
    return _NAME.sub(lambda match: new.get(match[0], match[0]), text)


def _syllables(rng: random.Random) -> str:
    return "".join(rng.choice("bdfgklmnprstvz") + rng.choice("aeiou") for _ in range(2))


def _log_lines(rng: random.Random) -> Iterator[str]:
    names = _names()
    clock = 1_700_000_000.0
    while True:
        clock += rng.random()
        level = rng.choices(("INFO", "DEBUG", "WARN", "ERROR"), (70, 20, 8, 2))[0]
        yield (
            f"{clock:.3f} {level} [worker-{rng.randrange(32)}] {rng.choice(names)}: request {rng.randrange(1 << 48):012x}"
            f" GET /api/{rng.choice(names)}/{rng.randrange(100_000)} {rng.choice((200, 200, 200, 304, 404, 500))}"
            f" in {rng.expovariate(1 / 30):.1f} ms\n"
        )


def _csv_lines(rng: random.Random) -> Iterator[str]:
    yield "id,station,measured_at,level_m,flow_m3h,pump,state,remark\n"
    names = _names()
    number = 0
    while True:
        number += 1
        flow = f"{rng.uniform(0, 900):.1f}" if rng.random() < 0.6 else ""
        remark = f"{rng.choice(names)} {rng.choice(names)}" if rng.random() < 0.2 else ""
        yield (
            f"{number},ST-{rng.randrange(400):03},2025-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}T"
            f"{rng.randrange(24):02}:{rng.randrange(60):02},{rng.uniform(0, 4):.2f},{flow},"
            f"{rng.choice(('HP-200', 'HP-450', ''))},{rng.choice(('ok', 'ok', 'ok', 'alarm', ''))},{remark}\n"
        )


BLOCK_LINES = 100_000  # lines made one by one; a long file repeats them with another first field


def _write_lines(path: Path, size_bytes: int, lines: Iterator[str]) -> Written:
    """Making a gigabyte line by line would take minutes: blocks are repeated, each with a number of its own in it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    first = next(lines)
    block = "".join(line for line, _ in zip(lines, range(BLOCK_LINES), strict=False))
    with path.open("w", encoding="utf-8") as file:
        size = file.write(first)
        turn = 0
        while size < size_bytes:
            turn += 1
            size += file.write(block.replace("7", str(turn % 10)) if turn > 1 else block)
        file.truncate(size_bytes)
    return Written(1, size_bytes)


def _write(path: Path, text: str) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    data = text.encode()
    path.write_bytes(data)
    return len(data)


@cache
def sources() -> list[tuple[str, str]]:
    """(path, text) of the standard library's modules, its tests left out: not every Python has them."""
    root = Path(sysconfig.get_path("stdlib"))
    left_out = {"site-packages", "dist-packages", "test", "tests", "__pycache__", "lib2to3", "idlelib", "pydoc_data"}
    found = []
    for path in sorted(root.rglob("*.py")):
        below = path.relative_to(root)
        if left_out.isdisjoint(below.parts) and 500 < path.stat().st_size < MAX_SOURCE_BYTES:
            found.append((below.as_posix(), path.read_text("utf-8", "replace")))
    return found


@cache
def _names() -> list[str]:
    """Distinct names of the code, in a fixed order."""
    names: set[str] = set()
    for _, text in sources()[:400]:
        names.update(_NAME.findall(text))
    return sorted(names - set(keyword.kwlist))


@cache
def _sentences() -> list[str]:
    """English sentences: the language reference that `help()` shows."""
    from pydoc_data.topics import topics

    text = "\n\n".join(topics[name] for name in sorted(topics))
    return [" ".join(sentence.split()) for sentence in _SENTENCE.findall(text)]
