"""Writes the dashboard "Service" for Grafana; `--check` only says whether the file is as this script would write it.

    python3 monitoring/grafana/make_dashboard.py [--check]

JSON by hand repeats the same thirty lines for each panel. The course's three panels come first and are as the course has them;
the rows below are ours. monitoring/tests/lint.py holds the result to Grafana's own types.
"""

import json
import sys
from pathlib import Path

FILE = Path(__file__).parent / "provisioning" / "dashboards" / "service.json"
PROMETHEUS = {"type": "prometheus", "uid": "prometheus"}
WHERE = 'job="service", instance=~"$instance"'  # what the variable at the top of the dashboard chooses
WIDTH = 24  # columns of Grafana's grid


def query(expr: str, legend: str, **more) -> dict:
    return {"datasource": PROMETHEUS, "editorMode": "code", "expr": expr, "legendFormat": legend, "range": True, **more}


def thresholds(*steps: tuple[float, str]) -> dict:
    base = {"color": "green", "value": None}
    return {"mode": "absolute", "steps": [base, *({"color": color, "value": value} for value, color in steps)]}


def panel(kind: str, title: str, description: str, unit: str, queries: list[dict], **more) -> dict:
    """A panel of any kind; `limits` are thresholds, `field` and `options` what else the kind takes."""
    field = {"unit": unit, "thresholds": thresholds(*more.get("limits", ())), **more.get("field", {})}
    return {
        "type": kind,
        "title": title,
        "description": description,
        "datasource": PROMETHEUS,
        "fieldConfig": {"defaults": field, "overrides": []},
        "options": more.get("options", {}),
        "targets": [{"refId": "ABCDEF"[index], **one} for index, one in enumerate(queries)],
    }


def lines(title: str, description: str, unit: str, *queries: dict, limits=(), log=False, **field) -> dict:
    """Figures over time; each limit is a dashed line."""
    custom = {"drawStyle": "line", "lineWidth": 1, "fillOpacity": 8, "showPoints": "never", "spanNulls": 60000,
              "thresholdsStyle": {"mode": "dashed" if limits else "off"},
              "scaleDistribution": {"type": "log", "log": 10} if log else {"type": "linear"}}
    options = {
        "legend": {"calcs": ["lastNotNull"], "displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    field = {"color": {"mode": "palette-classic"}, "custom": custom, **field}
    return panel("timeseries", title, description, unit, list(queries), limits=limits, field=field, options=options)


def figure(title: str, description: str, unit: str, *queries: dict, limits=(), text="auto", **field) -> dict:
    """The last value, large."""
    options = {
        "colorMode": "value",
        "graphMode": "none",
        "justifyMode": "auto",
        "orientation": "auto",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "textMode": text,
        "wideLayout": True,
        "percentChangeColorMode": "standard",
        "showPercentChange": False,
    }
    field = {"color": {"mode": "thresholds"}, **field}
    return panel("stat", title, description, unit, list(queries), limits=limits, field=field, options=options)


def heat_map(title: str, description: str, unit: str, *queries: dict) -> dict:
    options = {
        "calculate": False,
        "cellGap": 1,
        "cellValues": {"unit": "short"},
        "color": {"mode": "scheme", "scheme": "Blues", "fill": "dark-blue", "reverse": False, "exponent": 0.5, "steps": 64},
        "exemplars": {"color": "rgba(255,0,255,0.7)"},
        "filterValues": {"le": 1e-9},
        "legend": {"show": True},
        "rowsFrame": {"layout": "auto"},
        "tooltip": {"mode": "single", "yHistogram": True, "showColorScale": False},
        "yAxis": {"axisPlacement": "left", "reverse": False, "unit": unit},
    }
    return panel("heatmap", title, description, unit, list(queries), options=options)


def course() -> list[tuple[int, int, dict]]:
    """The course's three panels: width, height, panel."""
    return [
        (8, 8, lines("Request rate", "Answered requests per second of each endpoint, over a minute.", "reqps",
                     query("rate(predictions_total[1m])", "predictions"),
                     query("rate(model_info_total[1m])", "model information"))),
        (8, 8, lines("Mean output and score", "Mean prediction (1 is an inlier, 0 an outlier) and mean anomaly score (higher is more anomalous) over 30 seconds.", "none",
                     query("sum(increase(predictions_output_sum[30s])) / sum(increase(predictions_output_count[30s]))", "output"),
                     query("sum(increase(predictions_scores_sum[30s])) / sum(increase(predictions_scores_count[30s]))", "score"),
                     min=0, max=1)),
        (8, 8, lines("Mean latency", "Mean time from a parsed request for predictions to its answer, over 30 seconds.", "s",
                     query("sum(increase(predictions_latency_sum[30s])) / sum(increase(predictions_latency_count[30s]))", "latency"),
                     min=0)),
    ]


def overview() -> list[tuple[int, int, dict]]:
    latency = "histogram_quantile({}, sum by (le) (rate(predictions_latency_bucket{{" + WHERE + "}}[$interval])))"
    up_or_down = [{"type": "value", "options": {"0": {"text": "down", "index": 0}, "1": {"text": "up", "index": 1}}}]
    return [
        (4, 8, panel("stat", "Service", "Whether every chosen instance answers Prometheus.", "none",
                     [query(f"min(up{{{WHERE}}})", "up")],
                     field={"color": {"mode": "thresholds"}, "mappings": up_or_down, "thresholds": {"mode": "absolute", "steps": [
                         {"color": "red", "value": None}, {"color": "green", "value": 1}]}},
                     options=figure("", "", "none")["options"])),
        (4, 8, figure("Alerts", "Alerts that fire now; their texts are under Alerting.", "none",
                      query('count(ALERTS{alertstate="firing", severity!~"none|info"}) or vector(0)', "alerts"), limits=[(1, "red")])),
        (4, 8, figure("In flight", "Requests being answered at this moment, the scrape itself included.", "none",
                      query(f"sum(http_requests_in_flight{{{WHERE}}})", "in flight"))),
        (12, 8, lines("Requests by code", "All requests per second, by status code.", "reqps",
                      query(f"sum by (code) (rate(http_requests_total{{{WHERE}}}[$interval]))", "{{code}}"), min=0)),
        (12, 8, lines("Latency", "Half, 95 % and 99 % of the requests for predictions are answered within this time; the line is the objective for 99 % of the single ones.", "s",
                      query(latency.format(0.5), "p50"), query(latency.format(0.95), "p95"), query(latency.format(0.99), "p99"),
                      limits=[(0.05, "red")], log=True)),
        (12, 8, lines("Errors", "Share of requests answered with a 5xx code; at the line the month's budget is gone in two days.", "percentunit",
                      query("job:http_request_errors:ratio_rate5m", "last 5 minutes"),
                      query("job:http_request_errors:ratio_rate1h", "last hour"), limits=[(0.0144, "red")], min=0)),
        (8, 7, lines("Slow predictions", "Share of single predictions over 50 ms in the last 5 minutes; the objective allows 1 %.", "percentunit",
                     query("job:predictions_slow:ratio_rate5m", "over 50 ms"), limits=[(0.01, "red")], min=0)),
        (8, 7, lines("Invalid requests", "Share of requests for predictions of the last 15 minutes that were refused for what they contain.", "percentunit",
                     query("job:prediction_requests_invalid:ratio_increase15m", "invalid"), limits=[(0.05, "red")], min=0)),
        (8, 7, lines("Refusals by reason", "Refused requests for predictions per second, by reason.", "reqps",
                     query(f"sum by (reason) (rate(prediction_errors_total{{{WHERE}}}[$interval]))", "{{reason}}"), min=0)),
    ]


def model() -> list[tuple[int, int, dict]]:
    outliers = f'sum(rate(prediction_rows_total{{{WHERE}, result="outlier"}}[$interval])) / sum(rate(prediction_rows_total{{{WHERE}}}[$interval]))'
    expected = f"max(anomaly_model_expected_outlier_ratio{{{WHERE}}})"
    return [
        (6, 4, figure("Model", "Version of the model that answers: the first digits of its file's SHA-256.", "none",
                      query(f"anomaly_model_info{{{WHERE}}}", "{{version}}"), text="name")),
        (6, 4, figure("Age", "Time since the model was trained; after 30 days an alert asks for a new one.", "s",
                      query(f"max(time() - anomaly_model_trained_timestamp_seconds{{{WHERE}}})", "age"), limits=[(30 * 86400, "red")])),
        (6, 4, figure("Loaded", "Time since the model was loaded into the service.", "s",
                      query(f"max(time() - anomaly_model_loaded_timestamp_seconds{{{WHERE}}})", "loaded"))),
        (6, 4, figure("Failed reloads", "Attempts of the last 30 minutes to load another model that failed.", "none",
                      query(f'sum(increase(anomaly_model_reloads_total{{{WHERE}, result="failure"}}[30m]))', "failed"), limits=[(1, "red")], decimals=0)),
        (12, 9, lines("Outliers", "Share of rows that the model calls outliers, beside the share in its training data; over five times as much in an hour is an alert.", "percentunit",
                      query(outliers, "now"), query("instance:prediction_rows_outlier:ratio_increase1h", "last hour, {{instance}}"),
                      query(expected, "in training"), query(f"5 * clamp_min({expected}, 0.001)", "alert"), min=0)),
        (12, 9, heat_map("Scores", "How many rows got which anomaly score, of those whose score was asked for; above 0.5 is unusual.", "none",
                         query(f"sum by (le) (increase(predictions_scores_bucket{{{WHERE}}}[$interval]))", "{{le}}", format="heatmap"))),
    ]


def data() -> list[tuple[int, int, dict]]:
    chosen = '{instance=~"$instance"}'
    limits = [(0.1, "yellow"), (0.25, "red")]
    return [
        (12, 8, lines("Drift by feature", "Population stability index of each feature over the last hour: under 0.1 as in training, over 0.25 another population.", "none",
                      query(f"instance_feature:anomaly_feature_psi:1h{chosen}", "{{feature}}, {{instance}}"), limits=limits, min=0)),
        (12, 8, lines("Drift of the scores", "Population stability index of the scores of all rows over the last hour; it sees every feature at once.", "none",
                      query(f"instance:anomaly_score_psi:1h{chosen}", "{{instance}}"), limits=limits, min=0)),
        (12, 8, lines("Out of range", "Share of the last hour's values that lie outside the range the feature had in training.", "percentunit",
                      query(f"instance_feature:feature_out_of_range:ratio_increase1h{chosen}", "{{feature}}, {{instance}}"), limits=[(0.01, "red")], min=0)),
        (12, 8, lines("Missing", "Share of the last hour's values that were missing.", "percentunit",
                      query(f"instance_feature:anomaly_feature_missing:ratio1h{chosen}", "{{feature}}, {{instance}}"), min=0)),
    ]


def process() -> list[tuple[int, int, dict]]:
    return [
        (6, 7, lines("CPU", "Processors in use; 1 is one whole core.", "none",
                     query(f"rate(process_cpu_seconds_total{{{WHERE}}}[$interval])", "{{instance}}"), min=0)),
        (6, 7, lines("Memory", "Memory that the service holds.", "bytes",
                     query(f"process_resident_memory_bytes{{{WHERE}}}", "{{instance}}"), min=0)),
        (6, 7, lines("File descriptors", "Open files and connections.", "none",
                     query(f"process_open_fds{{{WHERE}}}", "{{instance}}"), min=0)),
        (6, 7, lines("Log lines dropped", "Lines of the request log per second that could not be written in time.", "none",
                     query(f"rate(log_lines_dropped_total{{{WHERE}}}[$interval])", "{{instance}}"), min=0)),
    ]


def cluster() -> list[tuple[int, int, dict]]:
    """Empty unless the profile cluster runs; its processes are not the variable's instances."""
    return [
        (4, 7, figure("Executors", "Executors whose last message the scheduler answered.", "none",
                      query("sum(isoforest_executor_connected)", "executors"))),
        (8, 7, lines("Rows scored", "Rows per second that each executor scores and writes.", "none",
                     query("rate(isoforest_executor_rows_total[$interval])", "{{instance}}"), min=0)),
        (6, 7, lines("Jobs", "Jobs that ended in the last hour, well or not.", "none",
                     query("increase(job_completed_total[1h])", "completed"), query("increase(job_failed_total[1h])", "failed"), min=0)),
        (6, 7, lines("Outliers", "Share of the scored rows that are outliers.", "percentunit",
                     query("sum(rate(isoforest_executor_outliers_total[$interval])) / sum(rate(isoforest_executor_rows_total[$interval]))", "outliers"), min=0)),
    ]


def place(parts: list[tuple[str | None, list]]) -> list[dict]:
    """Gives every panel its number and its place: from left to right, a new line where the width is used up."""
    panels, y = [], 0
    for title, row in parts:
        if title:
            panels.append({"type": "row", "title": title, "collapsed": False, "panels": [], "gridPos": {"x": 0, "y": y, "w": WIDTH, "h": 1}})
            y += 1
        x = height = 0
        for w, h, one in row:
            if x + w > WIDTH:
                x, y, height = 0, y + height, 0
            panels.append({**one, "gridPos": {"x": x, "y": y, "w": w, "h": h}})
            x, height = x + w, max(height, h)
        y += height
    return [{"id": number, **one} for number, one in enumerate(panels, 1)]


def variables() -> list[dict]:
    steps = ["30s", "1m", "5m", "15m", "1h"]
    instances = "label_values(up{job=\"service\"}, instance)"
    everything = {"selected": True, "text": "All", "value": "$__all"}
    return [
        {"type": "query", "name": "instance", "label": "Instance", "description": "Which instances of the service to show.",
         "datasource": PROMETHEUS, "query": {"query": instances, "refId": "instance"}, "refresh": 2, "sort": 1,
         "multi": True, "includeAll": True, "allValue": ".+", "current": everything, "options": [], "hide": 0, "skipUrlSync": False},
        {"type": "interval", "name": "interval", "label": "Interval", "description": "Over how much time rates are taken.",
         "query": ",".join(steps), "auto": False, "auto_count": 30, "auto_min": "10s", "refresh": 2, "hide": 0, "skipUrlSync": False,
         "current": {"selected": True, "text": "1m", "value": "1m"},
         "options": [{"selected": step == "1m", "text": step, "value": step} for step in steps]},
    ]


def dashboard() -> dict:
    rows = [(None, course()), ("Overview", overview()), ("Model", model()), ("Data", data()), ("Process", process()), ("Cluster", cluster())]
    loaded = {"name": "Model loaded", "enable": True, "hide": False, "iconColor": "blue", "datasource": PROMETHEUS,
              "expr": f"changes(anomaly_model_loaded_timestamp_seconds{{{WHERE}}}[1m]) > 0"}
    return {
        "id": None,
        "uid": "isoforest-service",
        "title": "Service",
        "description": "The prediction service: the course's three panels, then requests, model, data, process and cluster.",
        "tags": ["isoforest"],
        "schemaVersion": 41,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "timezone": "browser",
        "refresh": "10s",
        "time": {"from": "now-15m", "to": "now"},
        "timepicker": {},
        "fiscalYearStartMonth": 0,
        "links": [],
        "annotations": {"list": [loaded]},
        "templating": {"list": variables()},
        "panels": place(rows),
    }


def main() -> None:
    text = json.dumps(dashboard(), indent=2, ensure_ascii=False) + "\n"
    if sys.argv[1:] == ["--check"]:
        if FILE.read_text() != text:
            sys.exit(f"isoforest: {FILE} is not what {Path(__file__).name} writes; run the script, or change the script instead of the file")
        return
    FILE.write_text(text)
    print(f"isoforest: {FILE} written", flush=True)


if __name__ == "__main__":
    main()
