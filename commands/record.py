"""Record a live feed (SOLANA_WS_URL) to compressed files, one an hour, that `replay` reads with the same spacing.

Ctrl-C (or SIGTERM) puts the last file on disk and ends. A kill, or a power failure, costs at most the last second.
"""

import argparse
import sys
from pathlib import Path
from time import monotonic

import gevent
from gevent.event import Event

from actors.adapters.environment import foreign
from actors.adapters.live_feed import LiveFeed
from actors.adapters.recording import FRAME_S, Recorder
from commands.options import settings_of
from commands.paper import stop_signals
from core.errors import Refused

LOST = 1
TELL_S = 60.0


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", default="recordings", metavar="DIR", help="where the files go (default: recordings)")


def run(options: argparse.Namespace) -> int:
    settings = settings_of(options)
    url = foreign("SOLANA_WS_URL", file=Path(options.settings_file) if options.settings_file else None)
    if not url:
        raise Refused("record needs SOLANA_WS_URL, the WebSocket address of a Solana node")
    asked = stop_signals()
    feed = LiveFeed(url, settings.live, settings.runtime.seed)
    try:
        recorder = Recorder(feed, Path(options.out))
    except Refused:
        feed.close()
        raise
    print(f"Recording {feed.address} to {options.out}; stop with Ctrl-C", flush=True)
    reader = gevent.spawn(_read, recorder)
    teller = gevent.spawn(_keep, recorder, feed)
    reader.link(lambda _: asked.set())
    asked.wait()
    teller.kill()
    recorder.close()
    reader.get()
    print(f"Stopped: {_figures(recorder, feed)}", flush=True)
    return LOST if recorder.lost else 0


def _read(recorder: Recorder) -> None:
    while recorder.next() is not None:
        pass


def _keep(recorder: Recorder, feed: LiveFeed) -> None:
    """Write what waits although nothing more comes, and tell how it goes."""
    told_s, error, never = monotonic(), "", Event()
    while not never.wait(FRAME_S):
        recorder.flush()
        if recorder.error != error:
            error = recorder.error
            print(error or "it can be written again", file=sys.stderr, flush=True)
        if monotonic() - told_s >= TELL_S:
            told_s = monotonic()
            print(_figures(recorder, feed), flush=True)


def _figures(recorder: Recorder, feed: LiveFeed) -> str:
    lost = f", {recorder.lost} frames lost ({recorder.error or 'written again since'})" if recorder.lost else ""
    return (
        f"{recorder.batches} batches, {feed.counts.get('received', 0)} transactions, {recorder.bytes} bytes in "
        f"{recorder.files} files, {feed.counts.get('reconnects', 0)} reconnects{lost}"
    )
