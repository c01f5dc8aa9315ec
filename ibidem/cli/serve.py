"""`ibidem serve` and `ibidem open`: the server, and the link into it."""

from __future__ import annotations

import logging
import os
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from ibidem.cli.client import find
from ibidem.cli.main import DataDirOption, app, settings
from ibidem.errors import NotFound
from ibidem.settings import load
from ibidem.store.datadir import DataDir

BEYOND_LOOPBACK = (
    "warning: other machines can reach this server, over plain HTTP: passwords and documents cross the network readable.\n"
    "         Put a proxy with TLS in front (docs/sign-in.md), and name it in serve.trusted_proxies."
)


@app.command()
def serve(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Folders or files to keep in step, in the workspace home.", readable=False),
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on; beyond loopback only with passwords.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port to listen on.")] = None,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    data_dir: DataDirOption = None,
) -> None:
    """Run the server, its worker and the watcher; prints the one-time link."""
    loaded = load(data_dir)  # the whole process is watched below
    DataDir(loaded.data_dir).must_be_free()  # told at once, before the parts are loaded
    import asyncio

    from ibidem.api.access import Access
    from ibidem.api.server import bind, is_loopback
    from ibidem.api.server import serve as serve_http
    from ibidem.app import build
    from ibidem.cli.engine import absolute
    from ibidem.models.outbound import Outbound
    from ibidem.store.users import any_password
    from ibidem.store.workspaces import LOCAL_OWNER, get_workspace

    environment = dict(os.environ)  # as it was given
    again = False
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    outbound = Outbound(offline=loaded.models.offline)
    outbound.watch()
    engine = build(loaded)
    try:
        listener = bind(
            host or loaded.serve.host,
            port or loaded.serve.port,
            sign_in=loaded.serve.sign_in,
            has_password=any_password(engine.db),
        )
        engine.recover()
        home = get_workspace(engine.db, LOCAL_OWNER)
        for path in paths or []:
            engine.jobs.add_source(home, absolute(path), watch=True)

        def ready(address: str, access: Access) -> None:
            link = f"{address}/#t={access.new_link_token()}"
            print(
                f"Ibidem serves {address}",
                f"data: {loaded.data_dir}",
                f"open:  {link}  (once, within a minute; `ibidem open` gives a fresh link)",
                sep="\n",
                flush=True,
            )
            if not is_loopback(host or loaded.serve.host):
                print(BEYOND_LOOPBACK, file=sys.stderr, flush=True)
            if open_page:
                open_browser(link)

        again = asyncio.run(serve_http(engine, listener, outbound=outbound, ready=ready))
    except KeyboardInterrupt:
        print("stopped", flush=True)
    finally:
        engine.close()
    if again:  # the same process by its number, so that whoever started it keeps hold of it
        os.execve(sys.executable, [word for word in sys.orig_argv if word != "--open"], environment)  # noqa: S606


@app.command("open")
def open_(data_dir: DataDirOption = None) -> None:
    """Print a one-time link into the running server, and open it where there is a browser."""
    client = find(settings(data_dir).data_dir)
    if client is None:
        raise NotFound("no server runs on this data directory", hint="start one with `ibidem serve`")
    link = client.call("POST", "/api/auth/link/")["url"]
    print(link)
    if sys.stdout.isatty():
        open_browser(link)


def open_browser(link: str) -> None:
    """Only where there is a screen: text browsers would take the terminal."""
    if sys.platform == "darwin" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        import webbrowser

        webbrowser.open(link)
