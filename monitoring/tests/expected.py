"""What the dashboard must hold, written down a second time: the course's panels, known units, and the limits of the alerts."""

UNITS = {"none", "reqps", "s", "percentunit", "bytes"}

# Title, unit, queries, in their order; they come first on the dashboard.
COURSE = [
    ("Request rate", "reqps", ["rate(predictions_total[1m])", "rate(model_info_total[1m])"]),
    ("Mean output and score", "none", [
        "sum(increase(predictions_output_sum[30s])) / sum(increase(predictions_output_count[30s]))",
        "sum(increase(predictions_scores_sum[30s])) / sum(increase(predictions_scores_count[30s]))",
    ]),
    ("Mean latency", "s", ["sum(increase(predictions_latency_sum[30s])) / sum(increase(predictions_latency_count[30s]))"]),
]

# Where an alert has a limit, its panel has it too.
LIMITS = {
    "Latency": [0.05],
    "Errors": [0.0144],
    "Slow predictions": [0.01],
    "Invalid requests": [0.05],
    "Age": [30 * 86400],
    "Failed reloads": [1],
    "Drift by feature": [0.1, 0.25],
    "Drift of the scores": [0.1, 0.25],
    "Out of range": [0.01],
}


def differences(panels: list[dict]) -> list[str]:
    """What is other than above."""
    found = []
    for place, (title, unit, queries) in enumerate(COURSE):
        panel = panels[place] if place < len(panels) else {}
        ours = (panel.get("title"), unit_of(panel), [target["expr"] for target in panel.get("targets", [])])
        if ours != (title, unit, queries):
            found.append(f"panel {place + 1} must be the course's: {title}, in {unit}, {queries}; got {ours}")
    drawn = {panel["title"]: panel for panel in panels if panel["type"] != "row"}
    for title, limits in LIMITS.items():
        steps = drawn.get(title, {}).get("fieldConfig", {}).get("defaults", {}).get("thresholds", {}).get("steps", [])
        if [step["value"] for step in steps[1:]] != limits:
            found.append(f"panel {title!r} must have the limits of its alert, {limits}; got {[step['value'] for step in steps]}")
    return found + [f"panel {title!r}: unit {unit_of(panel)!r}; expected one of {', '.join(sorted(UNITS))}"
                    for title, panel in drawn.items() if unit_of(panel) not in UNITS]


def unit_of(panel: dict) -> str:
    return panel.get("fieldConfig", {}).get("defaults", {}).get("unit", "")
