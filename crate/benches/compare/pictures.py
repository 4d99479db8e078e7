"""The pictures of RESULTS.md: plotly's, photographed by headless Chromium, or drawn as SVG where there is none."""

import html
import math
import shutil
import subprocess
import tempfile
from pathlib import Path

from environment import say

COLORS = ["#4c78a8", "#f58518", "#54a24b", "#b279a2"]
WIDTH, HEIGHT, COLUMNS = 1000, 760, 2

# A panel is {"title", "x", "y", "lines": {name: [(x, y), …]}}; both axes are logarithmic, but a y of text is a category.


def draw(panels: list[dict], path_without_suffix: Path) -> Path:
    """Draws the panels, two in a row, and gives the file that was written."""
    browser = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
    for suffix in (".png", ".svg"):
        path_without_suffix.with_suffix(suffix).unlink(missing_ok=True)
    if browser and (picture := photograph(browser, panels, path_without_suffix.with_suffix(".png"))):
        return picture
    say("no Chromium that works: the picture is a plain SVG")
    picture = path_without_suffix.with_suffix(".svg")
    picture.write_text(svg(panels))
    return picture


def plotly_page(panels: list[dict]) -> str:
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    figure = make_subplots(rows=math.ceil(len(panels) / COLUMNS), cols=COLUMNS, subplot_titles=[panel["title"] for panel in panels],
                           horizontal_spacing=0.28 if is_category(panels[0]) else 0.1, vertical_spacing=0.14)
    for index, panel in enumerate(panels):
        row, column = index // COLUMNS + 1, index % COLUMNS + 1
        for number, (name, points) in enumerate(panel["lines"].items()):
            mode = "markers" if is_category(panel) else "lines+markers"
            figure.add_scatter(x=[x for x, _ in points], y=[y for _, y in points], name=name, mode=mode, legendgroup=name, showlegend=index == 0,
                               marker={"color": COLORS[number], "size": 9}, line={"color": COLORS[number]}, row=row, col=column)
        figure.update_xaxes(type="log", title=panel["x"], dtick=1, row=row, col=column)
        if is_category(panel):
            figure.update_yaxes(autorange="reversed", row=row, col=column)
        else:
            figure.update_yaxes(type="log", title=panel["y"], row=row, col=column)
    figure.update_layout(template="plotly_white", width=WIDTH, height=HEIGHT, margin={"l": 60, "r": 20, "t": 40, "b": 90},
                         legend={"orientation": "h", "y": -0.1})
    return figure.to_html(include_plotlyjs=True, config={"staticPlot": True})


def photograph(browser: str, panels: list[dict], picture: Path) -> Path | None:
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        page.write_text(plotly_page(panels))
        command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={folder}/profile",
                   f"--window-size={WIDTH + 16},{HEIGHT + 16}", "--virtual-time-budget=20000", f"--screenshot={picture}", page.as_uri()]
        done = subprocess.run(command, capture_output=True, timeout=180)
    return picture if done.returncode == 0 and picture.exists() else None


def is_category(panel: dict) -> bool:
    return isinstance(next(iter(panel["lines"].values()))[0][1], str)


def svg(panels: list[dict]) -> str:
    """The same panels without plotly's help: points, lines, and a tick at each power of ten."""
    wide, high = WIDTH / COLUMNS, HEIGHT / math.ceil(len(panels) / COLUMNS)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="11">',
             f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>']
    for index, panel in enumerate(panels):
        left, top = index % COLUMNS * wide, index // COLUMNS * high
        parts += [f'<g transform="translate({left:.0f},{top:.0f})">', *panel_svg(panel, wide, high), "</g>"]
    return "\n".join([*parts, "</svg>\n"])


def panel_svg(panel: dict, wide: float, high: float) -> list[str]:
    points = [point for line in panel["lines"].values() for point in line]
    categories = list(dict.fromkeys(y for _, y in points)) if is_category(panel) else None
    xs = [math.log10(x) for x, _ in points]
    ys = list(range(len(categories))) if categories else [math.log10(y) for _, y in points]
    box = (190 if categories else 60), 30, wide - 20, high - 70

    def place(value: float, values: list[float], start: float, end: float) -> float:
        low, high = math.floor(min(values)), math.ceil(max(values))
        return start + (value - low) / max(high - low, 1) * (end - start)

    def across(x: float) -> float:
        return place(math.log10(x), xs, box[0], box[2])

    def down(y: float | str) -> float:
        if categories:
            return place(categories.index(y), ys, box[1] + 10, box[3] - 10)
        return place(math.log10(y), ys, box[3], box[1])

    parts = [f'<text x="{wide / 2:.0f}" y="18" text-anchor="middle" font-size="14">{html.escape(panel["title"])}</text>',
             f'<text x="{(box[0] + box[2]) / 2:.0f}" y="{box[3] + 32:.0f}" text-anchor="middle">{html.escape(panel["x"])}</text>']
    for power in range(math.floor(min(xs)), math.ceil(max(xs)) + 1):
        x = across(10**power)
        parts.append(f'<path d="M{x:.1f} {box[1]}V{box[3]:.1f}" stroke="#ddd"/><text x="{x:.1f}" y="{box[3] + 15:.1f}" text-anchor="middle">{10**power:g}</text>')
    ticks = categories or [10**power for power in range(math.floor(min(ys)), math.ceil(max(ys)) + 1)]
    for tick in ticks:
        name = tick if categories else f"{tick:g}"
        parts.append(f'<path d="M{box[0]} {down(tick):.1f}H{box[2]:.1f}" stroke="#ddd"/><text x="{box[0] - 6}" y="{down(tick) + 4:.1f}" text-anchor="end">{html.escape(name)}</text>')
    for number, (name, line) in enumerate(panel["lines"].items()):
        color = COLORS[number]
        corners = " ".join(f"{across(x):.1f},{down(y):.1f}" for x, y in line)
        if not categories:
            parts.append(f'<polyline points="{corners}" fill="none" stroke="{color}"/>')
        parts += [f'<circle cx="{across(x):.1f}" cy="{down(y):.1f}" r="4" fill="{color}"/>' for x, y in line]
        parts.append(f'<text x="{box[0] + 150 * number - (130 if categories else 0):.0f}" y="{box[3] + 52:.0f}" fill="{color}">● {html.escape(name)}</text>')
    return parts
