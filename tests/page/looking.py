"""What a page looks like: a picture of it at rest, what axe finds serious in it, and whether it is wider than the window."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.page.browser import Browser

AXE = Path("web/node_modules/axe-core/axe.min.js")
PICTURES = Path("build/page")  # which git ignores
SIZES = {"desktop": (1280, 800, False), "dark": (1280, 800, True), "phone": (360, 740, False)}  # width, height, dark

with_axe = pytest.mark.skipif(not AXE.exists(), reason="needs the page's packages, which `make page` installs")


def look(page: Browser, name: str) -> list[str]:
    """Its serious faults, each after `name`; the picture is kept as `name` and the page's language."""
    page.rest()
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.shot(PICTURES / f"{name.replace('/', '-')}-{page.evaluate('document.documentElement.lang')}.png")
    found = faults(page)
    if broken := re.search(r"NaN|undefined|\[object", page.text("body")):
        found.append(f"it says {broken.group()}")
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append("it is wider than the window")
    return [f"{name}: {fault}" for fault in found]


def faults(page: Browser) -> list[str]:
    """What axe finds serious, with the element."""
    if page.evaluate("typeof axe === 'undefined'"):
        page.evaluate(AXE.read_text("utf-8") + ";0")
    found = page.evaluate(
        "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
        ".then(result => JSON.stringify(result.violations.filter(one => ['serious', 'critical'].includes(one.impact))"
        ".map(one => [one.id, one.nodes[0].html.slice(0, 200), one.nodes[0].failureSummary.slice(0, 300)])))"
    )
    return [str(one) for one in json.loads(found)]
