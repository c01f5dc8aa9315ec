"""The trace of a search -> lines that tell a person why a hit stands where it does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_WIDTH = 9


def lines(trace: Mapping[str, Any]) -> Iterator[str]:
    """What was searched for, then a row for each chunk with its score in every channel."""
    if not trace:
        yield "nothing to search for, or nothing to search in yet"
        return
    searched = trace["searched"]
    yield f"searched    {searched['text']}" + ("" if searched["wants_code"] else "   (prose before code)")
    if searched["carried"]:
        borrowed = ", ".join(f"{word} {share:.2g}" for word, share in searched["carried"].items())
        yield f"borrowed    {borrowed}   (leans on earlier turns: {searched['because']})"
    yield "terms       " + (", ".join(f"{token} {weight:.1f}" for token, weight in trace["terms"].items()) or "none")
    for source, wordings in trace["expansion"].items():
        yield f"wordings    {source} = {', '.join(wordings)}"
    for source, words in trace["synonyms"].items():
        yield f"synonyms    {source} ~ {', '.join(words)}"
    if lent := trace.get("feedback"):
        yield "feedback    " + ", ".join(f"{token} {weight:.2f}" for token, weight in lent.items())
    if trace["excerpts"]:
        yield f"excerpts    {len(trace['excerpts'])} chunks of code, behind the first"
    yield f"morphemes   {', '.join(trace['morphemes']) or 'none'}"
    for name in ("dense", "rerank"):
        if told := trace.get(name):
            yield f"{name:<12}" + ", ".join(told[key] for key in ("embedder", "reranker", "state") if told.get(key))
    ranked = sorted((*trace["kept"], *trace["cut"]), key=lambda one: int(one["rank"]))
    best = {name: ranking[0][1] for name, ranking in trace["channels"].items() if ranking}
    reranked = ["rerank"] if any("rerank" in one["channels"] for one in ranked) else []
    cut = {one["chunk"] for one in trace["cut"]}
    if not ranked:
        return
    yield ""
    yield _row("", "score", *best, *reranked)
    yield _row("weight", "", *(f"{trace['weights'][name]:g}" for name in best))
    yield _row("best", "", *(f"{score:.2f}" for score in best.values()))
    for one in ranked:
        scores = (f"{one['channels'][name]:.2f}" if name in one["channels"] else "-" for name in (*best, *reranked))
        place = f"{one['path']}, page {one['page']}" if one["page"] else f"{one['path']}:{one['start_line']}"
        over = "   cut: over the budget of tokens" if one["chunk"] in cut else ""
        yield f"{_row(str(one['rank']), format(one['score'], '.3f'), *scores)}   {place}{over}"
    yield "score: the sum of weight x score / best over the channels" + (
        ", in the reranker's order" if reranked else ""
    )


def _row(name: str, *cells: str) -> str:
    return f"{name:>6}" + "".join(f"{cell:>{_WIDTH}}" for cell in cells)
