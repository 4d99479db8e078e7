//! A strict reader of OpenMetrics text, for the types that the service has: whatever it does not know is an error.

use std::collections::{BTreeMap, BTreeSet};

/// What a scrape says.
#[derive(Debug, Default)]
pub struct Scrape {
    /// Type of each family.
    pub families: BTreeMap<String, String>,
    /// Value of each series, named `name{label="value",…}` with the labels in order.
    pub series: BTreeMap<String, f64>,
}

impl Scrape {
    /// Reads a whole text.
    pub fn read(text: &str) -> Result<Self, String> {
        let body = text.strip_suffix("# EOF\n").ok_or("the text does not end in # EOF")?;
        let mut reader = Reader::default();
        for (number, line) in body.split_terminator('\n').enumerate() {
            reader.line(line).map_err(|problem| format!("line {}: {problem}: {line}", number + 1))?;
        }
        reader.end_family()?;
        Ok(reader.scrape)
    }

    /// The value of a series; 0 if there is none.
    pub fn value(&self, series: &str) -> f64 {
        self.series.get(series).copied().unwrap_or_default()
    }

    /// Sum of all series of one name that have a label.
    pub fn sum(&self, name: &str, label: &str) -> f64 {
        let begin = format!("{name}{{");
        let chosen = self.series.iter().filter(|(series, _)| series.starts_with(&begin) && series.contains(label));
        chosen.map(|(_, value)| value).sum()
    }
}

#[derive(Default)]
struct Reader {
    scrape: Scrape,
    name: String,
    kind: String,
    described: BTreeSet<&'static str>,
    samples: Vec<(String, Labels, f64)>,
}

type Labels = BTreeMap<String, String>;

impl Reader {
    fn line(&mut self, line: &str) -> Result<(), String> {
        let Some(comment) = line.strip_prefix("# ") else {
            return self.sample(line);
        };
        let mut words = comment.splitn(3, ' ');
        let (keyword, name, rest) = (words.next(), words.next(), words.next());
        let (Some(keyword), Some(name), Some(rest)) = (keyword, name, rest) else {
            return Err("expected keyword, name and text".into());
        };
        let keyword = ["HELP", "TYPE", "UNIT"].into_iter().find(|&known| known == keyword).ok_or("unknown keyword")?;
        if name != self.name || !self.samples.is_empty() {
            self.end_family()?;
            name.clone_into(&mut self.name);
        }
        if !self.described.insert(keyword) {
            return Err("a second time for this family".into());
        }
        match keyword {
            "TYPE" => rest.clone_into(&mut self.kind),
            "UNIT" if !name.ends_with(&format!("_{rest}")) => return Err("the name does not end in the unit".into()),
            "HELP" if !rest.ends_with('.') => return Err("help is no sentence".into()),
            _ => {}
        }
        Ok(())
    }

    fn sample(&mut self, line: &str) -> Result<(), String> {
        let end = line.find(['{', ' ']).ok_or("no value")?;
        let (name, rest) = line.split_at(end);
        let (labels, value) =
            if let Some(rest) = rest.strip_prefix('{') { read_labels(rest)? } else { (Labels::new(), rest) };
        let value = value.strip_prefix(' ').ok_or("no space before the value")?;
        let value: f64 = value.parse().map_err(|_| "the value is no number")?;
        let suffix = name.strip_prefix(self.name.as_str()).ok_or("a sample of another family")?;
        let (fits, counts) = match self.kind.as_str() {
            "counter" => (suffix == "_total", true),
            "gauge" => (suffix.is_empty(), false),
            "histogram" => (["_bucket", "_sum", "_count"].contains(&suffix), true),
            _ => return Err("a sample without a type that is known".into()),
        };
        if !fits || (suffix == "_bucket") != labels.contains_key("le") {
            return Err("no such sample in this type of family".into());
        }
        if counts && (value.is_nan() || value < 0.0) {
            return Err("a count below zero".into());
        }
        let listed: Vec<_> = labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
        let series = if labels.is_empty() { name.to_owned() } else { format!("{name}{{{}}}", listed.join(",")) };
        self.samples.push((suffix.to_owned(), labels, value));
        match self.scrape.series.insert(series, value) {
            None => Ok(()),
            Some(_) => Err("a second sample of the same series".into()),
        }
    }

    fn end_family(&mut self) -> Result<(), String> {
        let name = std::mem::take(&mut self.name);
        let (kind, samples) = (std::mem::take(&mut self.kind), std::mem::take(&mut self.samples));
        let described = std::mem::take(&mut self.described);
        if name.is_empty() {
            return Ok(());
        }
        if !described.contains("HELP") || !described.contains("TYPE") {
            return Err(format!("{name} has no help or no type"));
        }
        if kind == "histogram" {
            check_histogram(&samples).map_err(|problem| format!("{name}: {problem}"))?;
        }
        match self.scrape.families.insert(name.clone(), kind) {
            None => Ok(()),
            Some(_) => Err(format!("the family {name} comes a second time")),
        }
    }
}

/// Labels up to the closing brace, and what follows it.
fn read_labels(mut rest: &str) -> Result<(Labels, &str), String> {
    let mut labels = Labels::new();
    loop {
        let (name, after) = rest.split_once("=\"").ok_or("a label without a value")?;
        if name.is_empty()
            || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        {
            return Err(format!("the label name {name:?}"));
        }
        let mut value = String::new();
        let mut letters = after.char_indices();
        let end = loop {
            match letters.next().ok_or("a value without an end")? {
                (end, '"') => break end,
                (_, '\\') => match letters.next() {
                    Some((_, 'n')) => value.push('\n'),
                    Some((_, letter @ ('\\' | '"'))) => value.push(letter),
                    _ => return Err("an unknown escape".into()),
                },
                (_, letter) => value.push(letter),
            }
        };
        if labels.insert(name.to_owned(), value).is_some() {
            return Err(format!("the label {name} twice"));
        }
        let after = &after[end + 1..];
        if let Some(after) = after.strip_prefix('}') {
            return Ok((labels, after));
        }
        rest = after.strip_prefix(',').ok_or("no comma between labels")?;
    }
}

#[derive(Default)]
struct Histogram {
    buckets: Vec<(f64, f64)>,
    sum: Option<f64>,
    count: Option<f64>,
}

/// Buckets rise, and the last is infinite and equal to the count.
fn check_histogram(samples: &[(String, Labels, f64)]) -> Result<(), String> {
    let mut histograms: BTreeMap<Labels, Histogram> = BTreeMap::new();
    for (suffix, labels, value) in samples {
        let mut labels = labels.clone();
        let bound = labels.remove("le");
        let histogram = histograms.entry(labels).or_default();
        match (suffix.as_str(), bound) {
            ("_bucket", Some(bound)) => {
                histogram.buckets.push((bound.parse().map_err(|_| format!("the bound {bound}"))?, *value));
            }
            ("_sum", _) => histogram.sum = Some(*value),
            _ => histogram.count = Some(*value),
        }
    }
    for (labels, Histogram { buckets, sum, count }) in histograms {
        let rises = buckets.is_sorted_by(|a, b| a.0 < b.0 && a.1 <= b.1);
        let last = buckets.last().copied();
        if !rises || sum.is_none() || count.is_none() || last != count.map(|count| (f64::INFINITY, count)) {
            return Err(format!("buckets {buckets:?}, sum {sum:?}, count {count:?} of {labels:?}"));
        }
    }
    Ok(())
}

#[test]
fn the_reader_refuses_what_is_wrong() {
    let good = "# HELP a A.\n# TYPE a counter\na_total{x=\"1\"} 1\n# EOF\n";
    assert!(Scrape::read(good).is_ok());
    for (from, to) in [
        ("a_total", "a"),
        ("# EOF\n", ""),
        ("# TYPE a counter\n", ""),
        ("# HELP a A.\n", ""),
        (" 1\n", " x\n"),
        (" 1\n", " -1\n"),
        (" 1\n", " 1\na_total{x=\"1\"} 2\n"),
        (" 1\n", " 1\nb 2\n"),
        ("# HELP", "# TYPE a counter\n# HELP"),
        ("# EOF", "\n# EOF"),
        ("{x=\"1\"}", "{x=\"1\"y=\"2\"}"),
    ] {
        let bad = good.replacen(from, to, 1);
        assert!(Scrape::read(&bad).is_err(), "{bad}");
    }
}
