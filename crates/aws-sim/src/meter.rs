//! Counts of what was asked, and how that fits the request budgets AWS documents, in real time.
//! It measures only: nothing is throttled here.

use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

/// A budget class: name, requests a second, burst, and which operations draw on it.
/// The figures are AWS's documented ones; where there is none (Application Auto Scaling, ELB)
/// 10 a second and a burst of 40 are assumed.
const BUDGETS: &[(&str, f64, f64, &[&str])] = &[
    ("ecs:services", 20.0, 100.0, &["ecs:DescribeServices", "ecs:ListServices"]),
    ("ecs:tasks", 20.0, 100.0, &["ecs:DescribeTasks", "ecs:ListTasks"]),
    ("ecs:clusters", 20.0, 50.0, &["ecs:DescribeClusters", "ecs:ListClusters"]),
    ("ecs:task-definitions", 20.0, 50.0, &["ecs:DescribeTaskDefinition", "ecs:ListTaskDefinitions"]),
    (
        "ecs:service-deployments",
        20.0,
        50.0,
        &[
            "ecs:ListServiceDeployments",
            "ecs:DescribeServiceDeployments",
            "ecs:DescribeServiceRevisions",
            "ecs:StopServiceDeployment",
        ],
    ),
    ("ecs:update-service", 5.0, 50.0, &["ecs:UpdateService"]),
    ("ecs:register", 1.0, 20.0, &["ecs:RegisterTaskDefinition", "ecs:DeregisterTaskDefinition"]),
    ("rds", 12.0, 300.0, &["rds:"]),
    ("cloudwatch:alarms", 9.0, 9.0, &["cloudwatch:DescribeAlarms"]),
    ("cloudwatch:metric-data", 500.0, 500.0, &["cloudwatch:GetMetricData"]),
    ("cloudwatch:statistics", 400.0, 400.0, &["cloudwatch:GetMetricStatistics"]),
    ("cloudwatch:list-metrics", 25.0, 25.0, &["cloudwatch:ListMetrics"]),
    ("application-autoscaling", 10.0, 40.0, &["application-autoscaling:"]),
    ("elasticloadbalancing", 10.0, 40.0, &["elasticloadbalancing:"]),
    ("logs:filter", 10.0, 10.0, &["logs:FilterLogEvents"]),
    ("logs:get", 25.0, 25.0, &["logs:GetLogEvents"]),
    ("logs:describe", 10.0, 10.0, &["logs:DescribeLogGroups", "logs:DescribeLogStreams"]),
    ("logs:live-tail", 5.0, 5.0, &["logs:StartLiveTail"]),
    ("logs:insights", 10.0, 10.0, &["logs:StartQuery", "logs:GetQueryResults", "logs:StopQuery"]),
];

#[derive(Debug, Default, Clone, Copy)]
struct Count {
    count: u64,
    errors: u64,
}

#[derive(Debug)]
struct Bucket {
    count: u64,
    over_half: u64,
    peak_1s: usize,
    recent: VecDeque<Instant>,
    tokens: f64,
    filled: Option<Instant>,
}

/// The counters.
#[derive(Debug)]
pub(crate) struct Meter {
    total: u64,
    unknown: u64,
    operations: BTreeMap<String, Count>,
    buckets: Vec<Bucket>,
}

impl Meter {
    /// Counters at zero, buckets full.
    pub(crate) fn new() -> Meter {
        let buckets = BUDGETS
            .iter()
            .map(|(_, _, burst, _)| Bucket {
                count: 0,
                over_half: 0,
                peak_1s: 0,
                recent: VecDeque::new(),
                tokens: burst / 2.0,
                filled: None,
            })
            .collect();
        Meter { total: 0, unknown: 0, operations: BTreeMap::new(), buckets }
    }

    /// Counts a request as it arrives.
    pub(crate) fn request(&mut self, operation: &str, at: Instant) {
        self.total += 1;
        self.operations.entry(operation.to_owned()).or_default().count += 1;
        for ((_, rate, burst, operations), bucket) in BUDGETS.iter().zip(&mut self.buckets) {
            let mine = operations.iter().any(|o| *o == operation || (o.ends_with(':') && operation.starts_with(o)));
            if mine {
                bucket.take(rate / 2.0, burst / 2.0, at);
            }
        }
    }

    /// How many requests there were.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// Counts an answer that was an error.
    pub(crate) fn error(&mut self, operation: &str) {
        self.operations.entry(operation.to_owned()).or_default().errors += 1;
    }

    /// Counts a request whose operation nobody knows.
    pub(crate) fn unknown(&mut self) {
        self.unknown += 1;
    }

    /// What `GET /_sim/requests` answers.
    pub(crate) fn report(&self) -> Value {
        let operations: Map<String, Value> = self
            .operations
            .iter()
            .map(|(name, c)| (name.clone(), json!({"count": c.count, "errors": c.errors})))
            .collect();
        let budgets: Map<String, Value> = BUDGETS
            .iter()
            .zip(&self.buckets)
            .map(|((name, rate, burst, _), b)| {
                let value = json!({"count": b.count, "peak_1s": b.peak_1s, "over_half": b.over_half, "rate": rate, "burst": burst});
                ((*name).to_owned(), value)
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
    fn half_a_budget_is_counted_in_real_time() {
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
