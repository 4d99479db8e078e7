//! The text of a scrape: every family, with its help.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, prometheus_text, text};
use prometheus_client::registry::Registry;

use super::families::Families;
use super::instruments::Counter;
use super::metrics::{Metrics, Reason};
use super::model_series::{Bins, ModelSeries};

/// How the text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// OpenMetrics 1.0.0: what is served unless the older text is asked for.
    OpenMetrics,
    /// Prometheus text 0.0.4: what tools such as `promtool check metrics` read.
    PrometheusText,
}

impl Format {
    /// The content type.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::PrometheusText => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

impl Metrics {
    /// Everything as text.
    ///
    /// # Errors
    ///
    /// None that is known of: the text goes into a string.
    pub fn text(self: &Arc<Self>, format: Format) -> Result<String, fmt::Error> {
        // The encoders take a registry only; it is a vector of one entry.
        let mut registry = Registry::default();
        registry.register_collector(Box::new(Arc::clone(self)));
        let mut text = String::with_capacity(64 << 10);
        match format {
            Format::OpenMetrics => text::encode(&mut text, &registry)?,
            Format::PrometheusText => prometheus_text::encode(&mut text, &registry)?,
        }
        Ok(text)
    }
}

impl Collector for Metrics {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut families = Families(encoder);
        predictions(&mut families, self)?;
        if let Some(model) = self.model() {
            about_model(&mut families, &model)?;
            bins(&mut families, &model)?;
        }
        http(&mut families, self)?;
        service(&mut families, self)?;
        process(&mut families)
    }
}

fn predictions(families: &mut Families<'_>, metrics: &Metrics) -> fmt::Result {
    families.counter(
        "predictions",
        "Answered requests for predictions; a batch is one request.",
        metrics.predictions.get(),
    )?;
    families.counter("model_info", "Answered requests for the model's information.", metrics.model_info.get())?;
    families.histograms(
        "predictions_output",
        "Predictions of all rows: 1 for an inlier and 0 for an outlier, so that the mean is the share of inliers.",
        [([], &metrics.output)],
    )?;
    families.histograms(
        "predictions_scores",
        "Anomaly scores of the rows whose score was asked for, in (0, 1]: the negative of score_samples, higher is more anomalous.",
        [([], &metrics.scores)],
    )?;
    families.histograms(
        "predictions_latency",
        "Seconds from the body of an answered request for predictions to the answer, without the network.",
        [([], &metrics.latency)],
    )?;
    families.counters(
        "prediction_rows",
        "Rows predicted, by result.",
        [([("result", "inlier")], metrics.inliers.get()), ([("result", "outlier")], metrics.outliers.get())],
    )?;
    families.counters(
        "prediction_errors",
        "Requests for predictions that were refused, by reason.",
        Reason::ALL
            .into_iter()
            .zip(&metrics.errors)
            .map(|(reason, counter)| ([("reason", reason.label())], counter.get())),
    )
}

fn about_model(families: &mut Families<'_>, model: &ModelSeries) -> fmt::Result {
    families.gauges(
        "anomaly_model_info",
        "Always 1; the labels say which model answers.",
        [([("version", model.version.as_str()), ("sha256", model.sha256.as_str())], 1.0)],
    )?;
    if let Some(trained) = model.trained {
        families.gauge("anomaly_model_trained_timestamp_seconds", "When the model was trained, Unix time.", trained)?;
    }
    if let Some(loaded) = model.loaded {
        families.gauge("anomaly_model_loaded_timestamp_seconds", "When the model was loaded, Unix time.", loaded)?;
    }
    families.gauge(
        "anomaly_model_expected_outlier_ratio",
        "Share of the training rows that the model calls outliers.",
        model.expected_outlier_ratio,
    )?;
    families.gauge("anomaly_model_features", "Features of the model.", model.n_features as f64)?;
    families.gauge(
        "anomaly_model_features_watched",
        "Features, from the first on, that have series of their own; of the others none is kept, to bound a scrape.",
        model.features.len() as f64,
    )
}

fn bins(families: &mut Families<'_>, model: &ModelSeries) -> fmt::Result {
    let features = || model.features.iter();
    let feature_bins = || {
        features().flat_map(|feature| {
            feature.bins.iter().map(|bin| ([("feature", feature.name.as_str()), ("bin", bin.label.as_str())], bin))
        })
    };
    let score_bins = || model.score.iter().flat_map(Bins::iter).map(|bin| ([("bin", bin.label.as_str())], bin));
    families.counters(
        "feature_out_of_range",
        "Values outside the range that the feature had in training, since the model was loaded.",
        features().map(|feature| ([("feature", feature.name.as_str())], feature.out_of_range.get())),
    )?;
    families.counters(
        "anomaly_feature_bin",
        "Values by bin of the training data, or missing, since the model was loaded.",
        feature_bins().map(|(labels, bin)| (labels, bin.count.get())),
    )?;
    families.gauges(
        "anomaly_feature_bin_expected_ratio",
        "Share of the training rows in the bin, or missing; a feature's bins add up to 1.",
        feature_bins().map(|(labels, bin)| (labels, bin.expected)),
    )?;
    families.counters(
        "anomaly_score_bin",
        "Rows by bin of the training scores (score_samples, bin 0 the most anomalous), since the model was loaded.",
        score_bins().map(|(labels, bin)| (labels, bin.count.get())),
    )?;
    families.gauges(
        "anomaly_score_bin_expected_ratio",
        "Share of the training rows whose score is in the bin; the bins add up to 1.",
        score_bins().map(|(labels, bin)| (labels, bin.expected)),
    )
}

fn http(families: &mut Families<'_>, metrics: &Metrics) -> fmt::Result {
    let answers: Vec<_> = metrics
        .http
        .series()
        .flat_map(|(route, method, series)| {
            series.codes().map(move |(code, count)| (route.template.as_str(), method, code, count))
        })
        .collect();
    families.counters(
        "http_requests",
        "Answered requests, by method, route and status code.",
        answers
            .iter()
            .map(|(route, method, code, count)| ([("method", *method), ("route", route), ("code", code)], *count)),
    )?;
    families.histograms(
        "http_request_duration_seconds",
        "Seconds from a request's head to its answer's head.",
        metrics.http.series().map(|(route, method, series)| {
            ([("method", method), ("route", route.template.as_str())], &series.duration)
        }),
    )?;
    families.gauge(
        "http_requests_in_flight",
        "Requests that are being answered, the scrape itself included.",
        metrics.http.in_flight() as f64,
    )
}

fn service(families: &mut Families<'_>, metrics: &Metrics) -> fmt::Result {
    families.counters(
        "anomaly_model_reloads",
        "Reloads of the model, by result; after a failure the model before it serves on.",
        [([("result", "success")], metrics.reloads.get()), ([("result", "failure")], metrics.failed_reloads.get())],
    )?;
    families.counter(
        "log_lines_dropped",
        "Log lines that were dropped because they could not be written in time.",
        Counter::get(&metrics.log_lines_dropped),
    )?;
    families.gauges(
        "isoforest_build_info",
        "Always 1; the label says which version of the service runs.",
        [([("version", env!("CARGO_PKG_VERSION"))], 1.0)],
    )
}

/// Figures of the process, taken now; one that the system does not tell is left out.
fn process(families: &mut Families<'_>) -> fmt::Result {
    let process = metrics_process::collector::collect();
    if let Some(seconds) = process.cpu_seconds_total {
        families.counter_f64("process_cpu_seconds", "Seconds of CPU time spent, user and system.", seconds)?;
    }
    let gauges = [
        ("process_open_fds", "Open file descriptors.", process.open_fds),
        ("process_max_fds", "Most file descriptors that may be open; 0 means no limit.", process.max_fds),
        ("process_virtual_memory_bytes", "Virtual memory.", process.virtual_memory_bytes),
        (
            "process_virtual_memory_max_bytes",
            "Most virtual memory that may be taken; 0 means no limit.",
            process.virtual_memory_max_bytes,
        ),
        ("process_resident_memory_bytes", "Memory in use.", process.resident_memory_bytes),
        ("process_start_time_seconds", "When the process started, Unix time.", process.start_time_seconds),
        ("process_threads", "Threads.", process.threads),
    ];
    for (name, help, value) in gauges {
        if let Some(value) = value {
            families.gauge(name, help, value as f64)?;
        }
    }
    Ok(())
}
