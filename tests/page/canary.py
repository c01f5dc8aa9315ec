"""A server that nobody must ask: whoever does has followed an address that a document or a model named."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Canary:
    """`asked` holds the paths asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                self.send_response(204)
                self.end_headers()

            do_POST = do_HEAD = do_OPTIONS = do_GET

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def attacks(self) -> tuple[str, ...]:
        """Texts that would ask it, if any of them became markup, a picture, a style or a formula's link."""
        to = self.url
        return (
            f"![a]({to}/inline.png)",
            f"![b][ref]\n\n[ref]: {to}/reference.png",
            f'<img src="{to}/img.png" srcset="{to}/set.png 2x">',
            f'<svg><image href="{to}/svg.png"/><use href="{to}/use.svg#x"/></svg>',
            f'<link rel="stylesheet" href="{to}/style.css"><style>@import "{to}/import.css"; body {{ background: url({to}/bg.png) }}</style>',
            f'<iframe src="{to}/frame"></iframe><object data="{to}/object"></object><embed src="{to}/embed">',
            f'<script src="{to}/script.js"></script><meta http-equiv="refresh" content="0;url={to}/refresh">',
            f'<a href="{to}/ping" ping="{to}/pinged">x</a><video src="{to}/video" poster="{to}/poster"></video>',
            f'<form action="{to}/form"><button>x</button></form><base href="{to}/">',
            f"<b style=\"background:url('{to}/attribute.png')\">x</b>",
            f"$\\includegraphics{{{to}/tex.png}}$ and $\\href{{{to}/href}}{{x}}$ and $\\url{{{to}/url}}$",
            f"$$\\style{{background:url({to}/tex-style)}}{{x}} \\class{{x}}{{y}}$$",
            f"| ![c]({to}/cell.png) | <img src={to}/raw-cell.png> |\n|---|---|\n| x | ![d]({to}/cell2.png) |",
            f'```html" onload="fetch(`{to}/language`)\n<img src={to}/code.png>\n```',
            f"[x](javascript:fetch('{to}/js')) <svg onload=\"fetch('{to}/onload')\">",
        )
