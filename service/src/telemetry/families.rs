//! Writes families of series with the encoder of `prometheus-client`.

use std::fmt;

use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Unit;

use super::instruments::Histogram;

/// Labels of a series: name and value.
pub(super) type Labels<'a, const N: usize> = [(&'a str, &'a str); N];

/// One exposition being written. Names are those of the families: the encoder ends counters in `_total`.
pub(super) struct Families<'a>(pub(super) DescriptorEncoder<'a>);

impl Families<'_> {
    /// A counter without labels.
    pub(super) fn counter(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        self.counters(name, help, [([], value)])
    }

    /// Counters, one a set of labels.
    pub(super) fn counters<'l, const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        series: impl IntoIterator<Item = (Labels<'l, N>, u64)>,
    ) -> fmt::Result {
        self.family(name, help, MetricType::Counter, |encoder| {
            series.into_iter().try_for_each(|(labels, value)| {
                encoder.encode_family(&labels)?.encode_counter::<NoLabelSet, _, u64>(&value, None)
            })
        })
    }

    /// A counter that is no whole number.
    pub(super) fn counter_f64(&mut self, name: &str, help: &str, value: f64) -> fmt::Result {
        self.family(name, help, MetricType::Counter, |encoder| {
            encoder.encode_counter::<NoLabelSet, _, u64>(&value, None)
        })
    }

    /// A gauge without labels.
    pub(super) fn gauge(&mut self, name: &str, help: &str, value: f64) -> fmt::Result {
        self.gauges(name, help, [([], value)])
    }

    /// Gauges, one a set of labels.
    pub(super) fn gauges<'l, const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        series: impl IntoIterator<Item = (Labels<'l, N>, f64)>,
    ) -> fmt::Result {
        self.family(name, help, MetricType::Gauge, |encoder| {
            series.into_iter().try_for_each(|(labels, value)| encoder.encode_family(&labels)?.encode_gauge(&value))
        })
    }

    /// Histograms, one a set of labels.
    pub(super) fn histograms<'l, const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        series: impl IntoIterator<Item = (Labels<'l, N>, &'l Histogram)>,
    ) -> fmt::Result {
        self.family(name, help, MetricType::Histogram, |encoder| {
            series.into_iter().try_for_each(|(labels, histogram)| {
                let buckets = histogram.buckets();
                let count = buckets.iter().map(|&(_, count)| count).sum();
                encoder.encode_family(&labels)?.encode_histogram::<NoLabelSet>(histogram.sum(), count, &buckets, None)
            })
        })
    }

    /// Name, help, type and unit; then what `write` writes. The unit is the end of the name, as the format demands.
    fn family(
        &mut self,
        name: &str,
        help: &str,
        kind: MetricType,
        write: impl FnOnce(&mut MetricEncoder<'_>) -> fmt::Result,
    ) -> fmt::Result {
        let split = name.rsplit_once('_').filter(|(_, unit)| ["seconds", "bytes", "ratio"].contains(unit));
        let unit = split.map(|(_, unit)| Unit::Other(unit.to_owned()));
        let name = split.map_or(name, |(name, _)| name);
        write(&mut self.0.encode_descriptor(name, help, unit.as_ref(), kind)?)
    }
}
