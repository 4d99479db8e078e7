"""Which metrics a PromQL expression names, and which a page of metrics has."""

import re

# Words of PromQL that stand where a metric could: aggregations and keywords. Functions are known by their bracket.
WORDS = {
    "sum", "min", "max", "avg", "group", "stddev", "stdvar", "count", "count_values", "bottomk", "topk", "quantile",
    "by", "without", "on", "ignoring", "group_left", "group_right", "bool", "offset", "and", "or", "unless", "inf", "nan",
}
LABEL_LISTS = re.compile(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)")
STRINGS = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'')
DURATION = re.compile(r"\[[^\]]*\]")
NAME = re.compile(r"(?<![\w:.])([a-zA-Z_:][\w:]*)(?!\s*\(|[\w:])")


def named_in(expression: str) -> set[str]:
    """Metrics (and recorded series) that the expression reads."""
    text = STRINGS.sub('""', expression)
    text = re.sub(r"\{[^}]*\}", "", text)  # label matchers
    text = LABEL_LISTS.sub(" ", DURATION.sub("", text))
    return {name for name in NAME.findall(text) if name.lower() not in WORDS}


def exported_by(page: str) -> set[str]:
    """Names of all samples on a page of metrics, OpenMetrics or Prometheus text, and those that its families promise.

    A family is on the page from the start, its samples sometimes only after the first request.
    """
    names = set()
    for line in page.splitlines():
        if line.startswith("# TYPE "):
            _, _, family, kind = line.split()[:4]
            if kind == "counter":
                names.add(family if family.endswith("_total") else f"{family}_total")
            elif kind == "histogram":
                names.update(f"{family}_{part}" for part in ("bucket", "sum", "count"))
            else:
                names.add(family)
        elif line and not line.startswith("#"):
            names.add(re.split(r"[{ ]", line, maxsplit=1)[0])
    return names
