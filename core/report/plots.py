"""Plots as inline SVG, made by small pure functions. Colours are the page's CSS classes, so both themes fit.

A plot is as wide as its place; its texts are those of the page. Every plot says in words what it shows.
"""

from collections.abc import Callable, Sequence
from html import escape
from math import ceil, floor, log10

WIDTH, HEIGHT = 640, 240
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 10, 28
BAR_HEIGHT, BAR_GAP = 22, 8
POINTS_MOST = 1_200

Text = Callable[[float], str]
Point = tuple[float, float]


def line_plot(
    series: Sequence[tuple[str, Sequence[Point]]], *, label: str, x_text: Text, y_text: Text, zero: bool = False
) -> str:
    """Lines over a common scale: (CSS class, points). `zero`: the scale includes 0."""
    series = [(name, _thinned(points)) for name, points in series if points]
    every = [point for _, points in series for point in points]
    if not every:
        return nothing(label)
    xs = _Scale(min(x for x, _ in every), max(x for x, _ in every), LEFT, WIDTH - RIGHT)
    low, high = min(y for _, y in every), max(y for _, y in every)
    ys = _Scale(*_widened(min(low, 0.0) if zero else low, max(high, 0.0) if zero else high), HEIGHT - BOTTOM, TOP)
    body = [*_y_axis(ys, y_text), *_x_axis(xs, x_text)]
    for name, points in series:
        path = " ".join(f"{xs.at(x):.1f},{ys.at(y):.1f}" for x, y in points)
        body.append(f'<polyline class="{name}" points="{path}"/>')
    return _svg(body, label, HEIGHT)


def histogram(values: Sequence[float], *, label: str, x_text: Text, bins: int = 30, split: float = 0.0) -> str:
    """How often which value came; bars below `split` look like losses. The outermost hundredths stand at the ends."""
    if not values:
        return nothing(label)
    ordered = sorted(values)
    cut = len(ordered) // 100
    low, high = _widened(ordered[cut], ordered[-1 - cut])
    step = _round_step((high - low) / bins)
    first = floor(low / step)
    counts = [0] * (ceil(high / step) - first + 1)
    for value in ordered:
        counts[min(max(floor(value / step) - first, 0), len(counts) - 1)] += 1
    xs = _Scale(first * step, (first + len(counts)) * step, LEFT, WIDTH - RIGHT)
    ys = _Scale(0.0, float(max(counts)), HEIGHT - BOTTOM, TOP)
    body = [*_y_axis(ys, lambda y: f"{y:.0f}"), *_x_axis(xs, x_text)]
    for place, count in enumerate(counts):
        left, right = xs.at((first + place) * step), xs.at((first + place + 1) * step)
        name = "loss" if (first + place + 1) * step <= split else "win"
        top = ys.at(count)
        body.append(
            f'<rect class="{name}" x="{left + 0.5:.1f}" y="{top:.1f}" width="{max(right - left - 1, 0.5):.1f}"'
            f' height="{HEIGHT - BOTTOM - top:.1f}"/>'
        )
    return _svg(body, label, HEIGHT)


def bars(rows: Sequence[tuple[str, float, str]], *, label: str, y_text: Text) -> str:
    """Horizontal bars: (name, value, CSS class); values may be negative."""
    if not rows:
        return nothing(label)
    height = TOP + len(rows) * (BAR_HEIGHT + BAR_GAP) + 4
    left = LEFT + 130
    low, high = min(0.0, *(value for _, value, _ in rows)), max(0.0, *(value for _, value, _ in rows))
    room = 84
    xs = _Scale(low, high if high > low else low + 1.0, left + (room if low < 0 else 0), WIDTH - RIGHT - room)
    body = [f'<line class="axis" x1="{xs.at(0):.1f}" y1="{TOP}" x2="{xs.at(0):.1f}" y2="{height - 6}"/>']
    for place, (name, value, style) in enumerate(rows):
        y = TOP + place * (BAR_HEIGHT + BAR_GAP)
        start, end = sorted((xs.at(0), xs.at(value)))
        middle = y + BAR_HEIGHT / 2 + 4
        body.append(f'<text class="name" x="{left - 8}" y="{middle:.1f}">{escape(name)}</text>')
        body.append(
            f'<rect class="{style}" x="{start:.1f}" y="{y}" width="{max(end - start, 0.5):.1f}" height="{BAR_HEIGHT}"/>'
        )
        if value < 0:
            body.append(f'<text class="end" x="{start - 6:.1f}" y="{middle:.1f}">{escape(y_text(value))}</text>')
        else:
            body.append(f'<text class="start" x="{end + 6:.1f}" y="{middle:.1f}">{escape(y_text(value))}</text>')
    return _svg(body, label, height)


def waterfall(rows: Sequence[tuple[str, float]], *, label: str, y_text: Text) -> str:
    """From the first value through what is added or taken to the last: (name, change); first and last are totals."""
    if len(rows) < 2:
        return nothing(label)
    levels, running = [], 0.0
    for place, (name, value) in enumerate(rows):
        start = 0.0 if place in (0, len(rows) - 1) else running
        running = value if place in (0, len(rows) - 1) else running + value
        levels.append((name, start, running, value))
    edges = [edge for _, start, end, _ in levels for edge in (start, end)]
    height = TOP + len(rows) * (BAR_HEIGHT + BAR_GAP) + 4
    left = LEFT + 130
    low, high = _widened(min(0.0, *edges), max(0.0, *edges))
    xs = _Scale(low, high, left, WIDTH - RIGHT - 84)
    body = [f'<line class="axis" x1="{xs.at(0):.1f}" y1="{TOP}" x2="{xs.at(0):.1f}" y2="{height - 6}"/>']
    for place, (name, start, end, value) in enumerate(levels):
        y = TOP + place * (BAR_HEIGHT + BAR_GAP)
        a, b = sorted((xs.at(start), xs.at(end)))
        total = place in (0, len(levels) - 1)
        style = "total" if total else "win" if value >= 0 else "loss"
        body.append(f'<text class="name" x="{left - 8}" y="{y + 15}">{escape(name)}</text>')
        body.append(f'<rect class="{style}" x="{a:.1f}" y="{y}" width="{max(b - a, 0.8):.1f}" height="{BAR_HEIGHT}"/>')
        body.append(f'<text class="start" x="{b + 6:.1f}" y="{y + 15}">{escape(y_text(value))}</text>')
    return _svg(body, label, height)


def tolerances(rows: Sequence[tuple[str, float, float, float, str]], *, label: str) -> str:
    """Where each value lies in its band: (name, value, low, high, CSS class). Every band is as wide as the others."""
    row_height, width = 40, (WIDTH - 2 * RIGHT) / 2
    height, start = TOP + len(rows) * row_height, RIGHT + width / 2
    body: list[str] = []
    for place, (name, value, low, high, style) in enumerate(rows):
        y = TOP + place * row_height
        share = (value - low) / (high - low) if high > low else float(value > low)
        x = min(max(start + share * width, RIGHT + 5), WIDTH - RIGHT - 5)
        body.append(f'<text class="start" x="{RIGHT}" y="{y + 12}">{escape(name)}</text>')
        body.append(f'<line class="grid" x1="{RIGHT}" y1="{y + 23}" x2="{WIDTH - RIGHT}" y2="{y + 23}"/>')
        body.append(f'<rect class="band" x="{start:.1f}" y="{y + 18}" width="{width:.1f}" height="10"/>')
        body.append(f'<circle class="dot {style}" cx="{x:.1f}" cy="{y + 23}" r="5"/>')
    return _svg(body, label, height) if rows else nothing(label)


def nothing(label: str) -> str:
    return f'<p class="none">{escape(label)}: nothing was measured.</p>'


class _Scale:
    """A value's place on the plot."""

    def __init__(self, low: float, high: float, start: float, end: float) -> None:
        self.low, self.high = low, high if high > low else low + 1.0
        self.start, self.end = start, end

    def at(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self, wanted: int) -> list[float]:
        step = _round_step((self.high - self.low) / wanted)
        return [place * step for place in range(ceil(self.low / step), floor(self.high / step) + 1)]


def _round_step(rough: float) -> float:
    """The next of 1, 2, 5 times a power of ten."""
    power = 10.0 ** floor(log10(rough)) if rough > 0 else 1.0
    return float(next((step * power for step in (1, 2, 5) if step * power >= rough * 0.999), 10 * power))


def _widened(low: float, high: float) -> tuple[float, float]:
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _thinned(points: Sequence[Point]) -> list[Point]:
    step = len(points) // POINTS_MOST + 1
    return [*points[:-1:step], points[-1]] if points else []


def _y_axis(ys: _Scale, text: Text) -> list[str]:
    return [
        f'<line class="grid" x1="{LEFT}" y1="{ys.at(tick):.1f}" x2="{WIDTH - RIGHT}" y2="{ys.at(tick):.1f}"/>'
        f'<text class="name" x="{LEFT - 8}" y="{ys.at(tick) + 4:.1f}">{escape(text(tick))}</text>'
        for tick in ys.ticks(5)
    ]


def _x_axis(xs: _Scale, text: Text) -> list[str]:
    return [
        f'<text class="middle" x="{xs.at(tick):.1f}" y="{HEIGHT - 8}">{escape(text(tick))}</text>'
        for tick in xs.ticks(6)
    ]


def _svg(body: Sequence[str], label: str, height: int) -> str:
    inside = "".join(body)
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(label)}">{inside}</svg>'
