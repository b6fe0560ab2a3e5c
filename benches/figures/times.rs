//! Durations and their statistics.

use std::time::Duration;

/// Repeated measurements of a duration.
#[derive(Debug, Clone, Default)]
pub(crate) struct Times(Vec<Duration>);

impl Times {
    pub(crate) fn push(&mut self, time: Duration) {
        let at = self.0.partition_point(|other| *other <= time);
        self.0.insert(at, time);
    }

    /// The quantile of the measurements.
    pub(crate) fn quantile(&self, part: f64) -> Duration {
        let last = self.0.len().saturating_sub(1);
        self.0.get((last as f64 * part).round() as usize).copied().unwrap_or_default()
    }

    pub(crate) fn median(&self) -> Duration {
        self.quantile(0.5)
    }

    pub(crate) fn p99(&self) -> Duration {
        self.quantile(0.99)
    }

    pub(crate) fn longest(&self) -> Duration {
        self.quantile(1.0)
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// `p50 1.2 ms, p99 3.4 ms of 300`.
    pub(crate) fn quantiles(&self) -> String {
        format!("p50 {}, p99 {} of {}", ms(self.median()), ms(self.p99()), self.count())
    }

    /// The same with the longest one: `p50 1.2 ms, p99 3.4 ms, longest 5.6 ms of 300`.
    pub(crate) fn quantiles_and_longest(&self) -> String {
        let (p50, p99, longest) = (ms(self.median()), ms(self.p99()), ms(self.longest()));
        format!("p50 {p50}, p99 {p99}, longest {longest} of {}", self.count())
    }

    pub(crate) fn extend(&mut self, other: &Self) {
        for time in &other.0 {
            self.push(*time);
        }
    }
}

/// Formats milliseconds with as many decimals as needed.
pub(crate) fn ms(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1000.0;
    if ms < 100.0 { format!("{ms:.1} ms") } else { format!("{ms:.0} ms") }
}
