"""An SVG bar chart of the results: one group a task, bars as multiples of ours."""
from xml.sax.saxutils import escape

ROW, LABEL, WIDTH = 18, 170, 460
OURS, THEIRS, INK = "#1f7a5c", "#b9c4cc", "#1c2733"


def svg(results):
    y, parts = 30, []
    for task, result in results.items():
        rows = result["rows"]
        if not rows:
            continue
        base = next(iter(rows.values()))[0]
        most = max(r[0] for r in rows.values()) / base
        parts.append(f'<text x="8" y="{y}" font-weight="bold">{escape(task)}</text>')
        y += 8
        for n, (name, (wall, _, _)) in enumerate(rows.items()):
            times = wall / base
            length = max(1, times / most * WIDTH)
            scale = {"s": 1, "ms": 1e3}[result["unit"]]
            parts.append(
                f'<text x="{LABEL - 8}" y="{y + 13}" text-anchor="end">{escape(name)}</text>'
                f'<rect x="{LABEL}" y="{y + 3}" width="{length:.1f}" height="{ROW - 5}" '
                f'fill="{OURS if n == 0 else THEIRS}"/>'
                f'<text x="{LABEL + length + 5:.1f}" y="{y + 13}">'
                f'{wall * scale:.3g} {result["unit"]}'
                + (f" ({times:.1f}×)" if n else "") + "</text>")
            y += ROW
        y += 26
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{LABEL + WIDTH + 130}" '
            f'height="{y}" font-family="sans-serif" font-size="11" fill="{INK}">'
            '<rect width="100%" height="100%" fill="white"/>' + "".join(parts) + "</svg>\n")
