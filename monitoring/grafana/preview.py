"""Draws every dashboard from the figures of the running stack, as a picture to look at where no Grafana is.

    python3 monitoring/grafana/preview.py [minutes]

Queries, places, titles, units and thresholds are the dashboard's; the drawing is plotly's, not Grafana's, and the picture says so.
Wants plotly in the Python that runs it (monitoring/tests/requirements.txt), chromium, and the stack (`make up`, `make replay`).
"""

import base64
import html
import json
import math
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(HERE / "stack"), str(HERE / "tests")]
from settings import password, say, stop, value

COLUMN, ROW, GAP, TOP = 62, 36, 8, 64  # pixels
COLORS = ["#73bf69", "#f2cc0c", "#5794f2", "#ff9830", "#f2495c", "#b877d9", "#8ab8ff", "#37872d"]
PAPER, INK, LINES = "#181b1f", "#ccccdc", "#2c3235"
NAMED = {"red": "#f2495c", "yellow": "#f2cc0c", "green": "#73bf69", "blue": "#5794f2"}


def fetch(expr: str, start: float, end: float) -> list[dict]:
    """The series of an expression from start to end."""
    step = max(1, round((end - start) / 240))
    parameters = urllib.parse.urlencode({"query": expr, "start": start, "end": end, "step": step})
    request = urllib.request.Request(f"http://127.0.0.1:{value('PROMETHEUS_PORT')}/api/v1/query_range?{parameters}")
    login = base64.b64encode(f"{value('ADMIN_USER')}:{password()}".encode()).decode()
    request.add_header("Authorization", f"Basic {login}")
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=20) as answer:
            return json.load(answer)["data"]["result"]
    except urllib.error.HTTPError as error:
        stop(f"Prometheus refuses {expr}: {error.read().decode()}")
    except OSError as error:
        stop(f"Prometheus does not answer ({error}); start the stack: make up")


def resolved(expr: str) -> str:
    return expr.replace("$instance", ".+").replace("$interval", "1m")


def legend(pattern: str, labels: dict) -> str:
    for name, text in labels.items():
        pattern = pattern.replace(f"{{{{{name}}}}}", text)
    return pattern


def series_of(panel: dict, start: float, end: float) -> list[tuple[str, list, list]]:
    """Name, times and values of every line of a panel."""
    found = []
    for target in panel["targets"]:
        for one in fetch(resolved(target["expr"]), start, end):
            times = [time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at)) for at, _ in one["values"]]
            found.append((legend(target["legendFormat"], one["metric"]), times, [float(text) for _, text in one["values"]]))
    return found


def words(number: float, unit: str) -> str:
    """A number as Grafana would write it."""
    if math.isnan(number):
        return "–"
    if unit == "percentunit":
        return f"{number:.2%}"
    if unit == "s":
        for name, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1), ("ms", 1e-3)):
            if abs(number) >= size:
                return f"{number / size:.3g} {name}"
        return f"{number * 1e6:.3g} µs"
    if unit == "bytes":
        return f"{number / 2**20:.1f} MiB"
    return f"{number:.4g}" + (" req/s" if unit == "reqps" else "")


def layout(panel: dict) -> dict:
    unit = panel["fieldConfig"]["defaults"]["unit"]
    axis = {"gridcolor": LINES, "zeroline": False, "automargin": True}
    ticks = {"percentunit": {"tickformat": ".1%"}, "s": {"ticksuffix": "s", "tickformat": "~s"}, "bytes": {"tickformat": "~s", "ticksuffix": "B"}}
    return {"paper_bgcolor": PAPER, "plot_bgcolor": PAPER, "font": {"color": INK, "size": 11}, "margin": {"l": 44, "r": 12, "t": 6, "b": 24},
            "xaxis": {**axis, "tickformat": "%H:%M"}, "yaxis": {**axis, "rangemode": "tozero", **ticks.get(unit, {})}, "showlegend": True,
            "legend": {"orientation": "h", "y": -0.16, "yanchor": "top", "font": {"size": 10}}}


def drawing(panel: dict, width: int, height: int, start: float, end: float) -> str:
    """A panel's inside as HTML."""
    import plotly.graph_objects as go

    found, defaults = series_of(panel, start, end), panel["fieldConfig"]["defaults"]
    unit, steps = defaults["unit"], defaults["thresholds"]["steps"]
    if not found:
        return '<div class="big">no data</div>'
    if panel["type"] == "stat":
        name, _, values = found[0]
        last = values[-1]
        mapped = next((one["options"][f"{last:g}"]["text"] for one in defaults.get("mappings", []) if f"{last:g}" in one["options"]), None)
        text = name if panel["options"]["textMode"] == "name" else mapped or words(last, unit)
        color = next(step["color"] for step in reversed(steps) if step["value"] is None or last >= step["value"])
        return f'<div class="big" style="color:{NAMED[color]}">{html.escape(text)}</div>'
    figure = go.Figure(layout=layout(panel) | {"width": width, "height": height})
    if panel["type"] == "heatmap":
        bounds = sorted(found, key=lambda one: float(one[0].replace("+Inf", "inf")))
        cells = [[after - before for before, after in zip(below[2], above[2])] for below, above in zip([("", [], [0] * len(bounds[0][2]))] + bounds, bounds)]
        figure.add_heatmap(x=bounds[0][1], y=[name for name, _, _ in bounds], z=cells, colorscale="Blues_r", showscale=False)
        figure.update_yaxes(type="category")
    else:
        for index, (name, times, values) in enumerate(found):
            known = [one for one in values if not math.isnan(one)]
            figure.add_scatter(x=times, y=values, name=f"{name}  {words(known[-1] if known else math.nan, unit)}", mode="lines", line={"width": 1.4, "color": COLORS[index % len(COLORS)]})
        if defaults.get("custom", {}).get("scaleDistribution", {}).get("type") == "log":
            figure.update_yaxes(type="log", dtick=1)
        figure.update_xaxes(range=[time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at)) for at in (start, end)])
        for step in steps[1:] if defaults.get("custom", {}).get("thresholdsStyle", {}).get("mode") == "dashed" else []:
            figure.add_hline(y=step["value"], line={"dash": "dash", "width": 1, "color": NAMED[step["color"]]})
    return figure.to_html(full_html=False, include_plotlyjs=False, config={"staticPlot": True})


def page(dashboard: dict, minutes: float) -> tuple[str, int]:
    """The whole dashboard as HTML, and its height."""
    from plotly.offline import get_plotlyjs

    end = time.time()
    boxes = []
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        left, top, width, height = place["x"] * COLUMN, TOP + place["y"] * ROW, place["w"] * COLUMN - GAP, place["h"] * ROW - GAP
        style = f"left:{left}px;top:{top}px;width:{width}px;height:{height}px"
        if panel["type"] == "row":
            boxes.append(f'<h2 style="{style}">{html.escape(panel["title"])}</h2>')
            continue
        inside = drawing(panel, width, height - 24, end - minutes * 60, end)
        boxes.append(f'<div class="panel" style="{style}"><h3>{html.escape(panel["title"])}</h3>{inside}</div>')
    height = TOP + max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in dashboard["panels"]) * ROW
    style = f"""body{{background:#111217;color:{INK};font:13px sans-serif;margin:0;position:relative}} h1{{font-size:20px;margin:14px 0 0 10px}}
        p{{margin:2px 10px;color:#9fa7b3}} h2,.panel{{position:absolute;margin-left:{GAP}px}} h2{{font-size:15px;line-height:28px}}
        .panel{{background:{PAPER};border:1px solid {LINES};border-radius:2px;overflow:hidden}}
        h3{{font-size:13px;font-weight:600;margin:4px 10px;height:16px}} .big{{font-size:34px;display:flex;align-items:center;justify-content:center;height:calc(100% - 48px)}}"""
    head = f"<h1>{html.escape(dashboard['title'])}</h1><p>Preview: the dashboard's queries on live figures of the last {minutes:g} minutes, drawn with plotly, not by Grafana.</p>"
    return f"<!doctype html><meta charset=utf-8><style>{style}</style><script>{get_plotlyjs()}</script>{head}{''.join(boxes)}", height


def photograph(text: str, height: int, picture: Path) -> None:
    browser = next((path for name in ("chromium", "chromium-browser", "google-chrome") for path in [shutil.which(name)] if path), None)
    if not browser:
        stop("no chromium on the PATH to draw with; on Debian: apt install chromium")
    picture.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "page.html"
        file.write_text(text)
        command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={folder}/profile",
                   f"--window-size={24 * COLUMN + 2 * GAP},{height + GAP}", "--virtual-time-budget=20000", f"--screenshot={picture}", file.as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, timeout=180)
    if done.returncode or not picture.exists():
        stop(f"chromium could not draw the picture: {done.stderr[-500:]}")


def main() -> None:
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 15
    for file in sorted((HERE / "grafana" / "provisioning" / "dashboards").glob("*.json")):
        picture = HERE / "images" / f"{file.stem}-preview.png"
        text, height = page(json.loads(file.read_text()), minutes)
        photograph(text, height, picture)
        say(f"{picture} drawn")


if __name__ == "__main__":
    main()
