"""Documents, models and names that attack the page are only text, and the page asks nobody but its server."""

from __future__ import annotations

from tests.api.serving import Server
from tests.fakes.model_server import FakeModelServer
from tests.page.browser import Browser
from tests.page.conftest import ATTACKS, answer, ask

MADE = (
    "document.querySelectorAll('#root :is(script, iframe, style, object, embed, svg:not(.MuiSvgIcon-root),"
    ' img:not([src^="/assets/"]), [onerror], [onload], [onfocus])\').length'
)
OUR_LINKS = "[...document.links].every(link => link.href.startsWith(location.origin))"


def test_a_model_that_attacks_writes_only_text(writing: Browser, model: FakeModelServer) -> None:
    fence = "```html\n" + "\n".join(ATTACKS) + "\n```\n"
    table = "|a|b|\n|-|-|\n|<img src=x onerror=alert(1)>|[1]|"
    attacks = "\n\n".join((*ATTACKS, *(f"- **{attack}** `{attack}` [1]" for attack in ATTACKS), table))
    model.reply = [attacks[at : at + 7] for at in range(0, len(attacks), 7)] + ["\n\n" + fence]
    ask(writing, "pump?")
    assert all(attack in writing.text(".answer pre") for attack in ATTACKS)
    assert writing.evaluate("document.querySelectorAll('.answer .markdown li').length") == len(ATTACKS)
    assert writing.evaluate(MADE) == 0
    links = writing.evaluate("[...document.querySelectorAll('.answer .markdown a')].map(link => link.href)")
    assert set(links) <= {"http://127.0.0.1:1/pixel.png"}, "the picture's address, which nothing has loaded"


def test_documents_and_titles_that_attack_are_only_text(signed_in: Browser, server: Server) -> None:
    for attack in ATTACKS:
        server.http.post("/api/sessions/", json={"title": attack})
    ask(signed_in, "What does the xylophone say loudly?")
    assert "xylophone" in answer(signed_in)
    signed_in.wait(f"document.querySelector('nav').innerText.includes({ATTACKS[1]!r})")
    signed_in.click(".sources button")
    signed_in.wait("document.querySelector('aside .document-text li')")
    assert signed_in.evaluate(MADE) == 0
    signed_in.evaluate("location.hash = '#/documents'")
    signed_in.wait("document.querySelector('table.documents')?.innerText.includes('evil <img')")
    assert signed_in.evaluate(MADE) == 0
    assert signed_in.evaluate(OUR_LINKS)


def test_an_error_that_attacks_is_only_text(writing: Browser, model: FakeModelServer) -> None:
    writing.evaluate(f"location.hash = '#/documents/{'%3Cimg%20src=x%20onerror=alert(1)%3E'}'")
    writing.wait("document.querySelector('[role=alert]')")
    assert writing.evaluate(MADE) == 0
    assert all("404" in message for message in writing.messages)
    writing.messages.clear()


def test_nothing_but_the_own_server_is_asked(signed_in: Browser, server: Server) -> None:
    ask(signed_in, "relief valve pump bar?")
    for place in ("documents", "models", "jobs"):
        signed_in.evaluate(f"location.hash = '#/{place}'")
        signed_in.wait("document.querySelector('main h1')")
    asked = signed_in.evaluate("performance.getEntriesByType('resource').map(one => new URL(one.name).origin)")
    assert set(asked) == {server.url}


def test_the_page_is_never_kept_and_what_it_loads_is(server: Server) -> None:
    browsers = {"Accept": "text/html"}
    page = server.http.get("/", headers=browsers)
    assert page.headers["cache-control"] == "no-store"
    policy = page.headers["content-security-policy"]
    assert "unsafe" not in policy and "default-src 'none'" in policy and "script-src 'self';" in policy
    again = server.http.get("/", headers=browsers).headers["content-security-policy"]
    assert policy != again, "every page has a nonce of its own"
    script = page.text.split('type="module"')[1].split('src="')[1].split('"')[0]
    assert "immutable" in server.http.get(script).headers["cache-control"]
    assert server.http.get("/assets/theme.js").headers["cache-control"] == "no-cache"
    assert server.http.get("/assets/../page.py").status_code == 404
