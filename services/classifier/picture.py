"""Pure. The coverage curve as a picture (SVG): how often the answers are right, if only the surest of them are taken."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

WIDTH, HEIGHT = 640, 400
LEFT, TOP, RIGHT, BOTTOM = 64, 48, 24, 56
TICKS = 5
MARKED = (0.5, 0.7, 0.8, 0.9, 1.0)
STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#333}.title{font-size:15px;font-weight:600}.grid{stroke:#ddd}"
    ".curve{fill:none;stroke:#0b6e99;stroke-width:2.5}.mark{fill:#0b6e99}.told{font-size:12px;text-anchor:middle}"
)


def coverage_svg(curve: Sequence[tuple[float, float, float]], title: str) -> str:
    """A picture of (share of the documents, accuracy within it, confidence that it ends at), which is at least one row."""
    floor = max(min(int(min(accuracy for _, accuracy, _ in curve) * 10) / 10, 0.9), 0.0)

    def point(share: float, accuracy: float) -> tuple[float, float]:
        across = LEFT + share * (WIDTH - LEFT - RIGHT)
        down = HEIGHT - BOTTOM - (accuracy - floor) / (1 - floor) * (HEIGHT - TOP - BOTTOM)
        return round(across, 1), round(down, 1)

    drawn = " ".join(f"{x},{y}" for x, y in (point(share, accuracy) for share, accuracy, _ in curve))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">',
        f'<style>{STYLE}</style><rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text class="title" x="{LEFT}" y="24">{escape(title)}</text>',
    ]
    for tick in range(TICKS + 1):
        share, accuracy = tick / TICKS, floor + (1 - floor) * tick / TICKS
        (left, down), (right, _) = point(0, accuracy), point(1, accuracy)
        parts.append(f'<path class="grid" d="M{left} {down}H{right}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{down + 4}" text-anchor="end">{accuracy:.0%}</text>')
        parts.append(
            f'<text x="{point(share, floor)[0]}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{share:.0%}</text>'
        )
    parts.append(f'<polyline class="curve" points="{drawn}"/>')
    for wanted in MARKED:
        share, accuracy, confidence = min(curve, key=lambda row: abs(row[0] - wanted))
        x, y = point(share, accuracy)
        parts.append(
            f'<circle class="mark" cx="{x}" cy="{y}" r="4"><title>confidence {confidence:.2f}</title></circle>'
        )
        parts.append(f'<text class="told" x="{min(x, WIDTH - RIGHT - 12)}" y="{y - 10}">{accuracy:.0%}</text>')
    below = "share of the documents, the surest first; upwards: share of right answers among them"
    parts.append(f'<text x="{LEFT}" y="{HEIGHT - 12}">{below}</text></svg>')
    return "\n".join(parts) + "\n"
