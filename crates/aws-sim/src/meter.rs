//! Counts requests, and compares them with half of AWS's documented rates in real time: a client that polls should
//! leave the other half to the people and machines that share the account. Throttling itself is in `rates`.

use crate::rates::{self, RATES};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

#[derive(Debug, Default, Clone, Copy)]
struct Count {
    count: u64,
    errors: u64,
}

#[derive(Debug)]
struct Bucket {
    count: u64,
    throttled: u64,
    over_half: u64,
    peak_1s: usize,
    recent: VecDeque<Instant>,
    tokens: f64,
    filled: Option<Instant>,
}

/// Counters of requests, by service and operation.
#[derive(Debug)]
pub(crate) struct Meter {
    total: u64,
    unknown: u64,
    operations: BTreeMap<String, Count>,
    buckets: Vec<Bucket>,
}

impl Meter {
    /// Creates counters at zero with full buckets.
    pub(crate) fn new() -> Meter {
        let buckets = RATES
            .iter()
            .map(|rate| Bucket {
                count: 0,
                throttled: 0,
                over_half: 0,
                peak_1s: 0,
                recent: VecDeque::new(),
                tokens: rate.burst / 2.0,
                filled: None,
            })
            .collect();
        Meter { total: 0, unknown: 0, operations: BTreeMap::new(), buckets }
    }

    /// Counts a request as it arrives.
    pub(crate) fn request(&mut self, operation: &str, at: Instant) {
        self.total += 1;
        self.operations.entry(operation.to_owned()).or_default().count += 1;
        if let Some(of) = rates::index(operation)
            && let (Some(rate), Some(bucket)) = (RATES.get(of), self.buckets.get_mut(of))
        {
            bucket.take(rate.per_second / 2.0, rate.burst / 2.0, at);
        }
    }

    /// Counts a request that exceeded its rate.
    pub(crate) fn throttled(&mut self, operation: &str) {
        if let Some(bucket) = rates::index(operation).and_then(|at| self.buckets.get_mut(at)) {
            bucket.throttled += 1;
        }
    }

    /// The total number of requests.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// Counts an error answer.
    pub(crate) fn error(&mut self, operation: &str) {
        self.operations.entry(operation.to_owned()).or_default().errors += 1;
    }

    /// Counts a request with an unknown operation.
    pub(crate) fn unknown(&mut self) {
        self.unknown += 1;
    }

    /// The answer to `GET /_sim/requests`.
    pub(crate) fn report(&self) -> Value {
        let operations: Map<String, Value> = self
            .operations
            .iter()
            .map(|(name, c)| (name.clone(), json!({"count": c.count, "errors": c.errors})))
            .collect();
        let budgets: Map<String, Value> = RATES
            .iter()
            .zip(&self.buckets)
            .map(|(rate, b)| {
                let value = json!({"count": b.count, "throttled": b.throttled, "peak_1s": b.peak_1s, "over_half": b.over_half, "rate": rate.per_second, "burst": rate.burst});
                (rate.name.to_owned(), value)
            })
            .collect();
        json!({"total": self.total, "unknown": self.unknown, "operations": operations, "budgets": budgets})
    }
}

impl Bucket {
    fn take(&mut self, rate: f64, burst: f64, at: Instant) {
        self.count += 1;
        while self.recent.front().is_some_and(|t| at.duration_since(*t).as_secs_f64() >= 1.0) {
            self.recent.pop_front();
        }
        self.recent.push_back(at);
        self.peak_1s = self.peak_1s.max(self.recent.len());
        let elapsed = self.filled.map_or(0.0, |t| at.duration_since(t).as_secs_f64());
        self.filled = Some(at);
        self.tokens = (self.tokens + elapsed * rate).min(burst);
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
        } else {
            self.over_half += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn requests_over_half_the_rate_are_counted_in_real_time() {
        let mut meter = Meter::new();
        let start = Instant::now();
        for _ in 0..60 {
            meter.request("ecs:ListServices", start);
        }
        let report = meter.report();
        assert_eq!(report["budgets"]["ecs:services"]["over_half"], 10);
        assert_eq!(report["budgets"]["ecs:services"]["peak_1s"], 60);
        for i in 1..=20u64 {
            meter.request("ecs:DescribeServices", start + Duration::from_millis(100 * i));
        }
        assert_eq!(meter.report()["budgets"]["ecs:services"]["over_half"], 10);
        meter.request("rds:DescribeEvents", start);
        meter.error("rds:DescribeEvents");
        assert_eq!(meter.report()["budgets"]["rds"]["count"], 1);
        assert_eq!(meter.report()["operations"]["rds:DescribeEvents"]["errors"], 1);
        assert_eq!(meter.report()["total"], 81);
    }
}
