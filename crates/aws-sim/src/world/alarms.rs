//! `CloudWatch` alarms: each evaluates its metric at the end of every minute. The effects of a state change (scaling)
//! are in `scaling`.

use super::metrics::{MetricName, Source};
use super::{HOUR, MINUTE, World};
use crate::account::ACCOUNT;
use crate::clock::{Ms, timestamp};
use std::fmt::Write as _;

/// The comparison of a value with the threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl Comparison {
    /// The value of `ComparisonOperator`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Comparison::Greater => "GreaterThanThreshold",
            Comparison::GreaterOrEqual => "GreaterThanOrEqualToThreshold",
            Comparison::Less => "LessThanThreshold",
            Comparison::LessOrEqual => "LessThanOrEqualToThreshold",
        }
    }

    fn holds(self, value: f64, threshold: f64) -> bool {
        match self {
            Comparison::Greater => value > threshold,
            Comparison::GreaterOrEqual => value >= threshold,
            Comparison::Less => value < threshold,
            Comparison::LessOrEqual => value <= threshold,
        }
    }

    fn phrase(self) -> &'static str {
        match self {
            Comparison::Greater => "greater than",
            Comparison::GreaterOrEqual => "greater than or equal to",
            Comparison::Less => "less than",
            Comparison::LessOrEqual => "less than or equal to",
        }
    }
}

/// The `StateValue` of an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Ok,
    Alarm,
    NoData,
}

impl State {
    pub(crate) fn name(self) -> &'static str {
        match self {
            State::Ok => "OK",
            State::Alarm => "ALARM",
            State::NoData => "INSUFFICIENT_DATA",
        }
    }
}

/// A metric alarm.
#[derive(Debug)]
pub(crate) struct Alarm {
    pub(crate) region: &'static str,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) metric: MetricName,
    pub(crate) source: Source,
    pub(crate) statistic: &'static str,
    pub(crate) unit: Option<&'static str>,
    /// The period in seconds.
    pub(crate) period: u32,
    pub(crate) periods: u32,
    pub(crate) threshold: f64,
    pub(crate) comparison: Comparison,
    /// `TreatMissingData`.
    pub(crate) missing: &'static str,
    pub(crate) actions: Vec<String>,
    pub(crate) created: Ms,
    pub(crate) state: State,
    pub(crate) reason: String,
    pub(crate) updated: Ms,
    /// State changes, oldest first.
    pub(crate) changes: Vec<Change>,
    /// One bit per minute, the newest lowest: whether the value breached the threshold.
    breaching: u64,
    /// The same for missing values.
    absent: u64,
}

/// A change of an alarm's state.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) at: Ms,
    pub(crate) from: State,
    pub(crate) to: State,
    /// The reasons of the old and of the new state.
    pub(crate) reasons: (String, String),
}

/// The settings of a new alarm; its initial state is computed.
#[derive(Debug, Clone)]
pub(crate) struct AlarmSpec {
    pub(crate) region: &'static str,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) metric: MetricName,
    pub(crate) statistic: &'static str,
    pub(crate) unit: Option<&'static str>,
    pub(crate) period: u32,
    pub(crate) periods: u32,
    pub(crate) threshold: f64,
    pub(crate) comparison: Comparison,
    pub(crate) missing: &'static str,
    pub(crate) actions: Vec<String>,
    /// The level and spread of a metric that nothing in the world produces.
    pub(crate) flat: Option<(f64, f64)>,
}

impl Alarm {
    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:cloudwatch:{}:{ACCOUNT}:alarm:{}", self.region, self.name)
    }

    /// The number of minutes that must breach, at most the number of bits available.
    fn window(&self) -> u32 {
        (self.periods * self.period / 60).clamp(1, 60)
    }

    fn push(&mut self, value: Option<f64>) {
        let breach = match value {
            Some(v) => self.comparison.holds(v, self.threshold),
            None => self.missing == "breaching",
        };
        let absent = value.is_none() && self.missing == "missing";
        self.breaching = self.breaching << 1 | u64::from(breach);
        self.absent = self.absent << 1 | u64::from(absent);
    }

    fn evaluate(&self) -> State {
        let mask = (1u64 << self.window()) - 1;
        if self.absent & mask == mask {
            State::NoData
        } else if self.breaching & mask == mask {
            State::Alarm
        } else {
            State::Ok
        }
    }
}

impl World {
    /// Adds an alarm with the state that follows from its metric's history; returns its index in `alarms`.
    pub(crate) fn add_alarm(&mut self, spec: AlarmSpec) -> usize {
        let salt = crate::rng::hash(self.seed, &spec.name);
        let source = match spec.flat {
            Some((base, spread)) => Some(Source::Flat { salt, base, spread }),
            None => self.resolve(spec.region, &spec.metric),
        };
        let mut alarm = Alarm {
            region: spec.region,
            name: spec.name,
            description: spec.description,
            metric: spec.metric,
            source: source.unwrap_or(Source::Flat { salt, base: 0.0, spread: 0.0 }),
            statistic: spec.statistic,
            unit: spec.unit,
            period: spec.period,
            periods: spec.periods,
            threshold: spec.threshold,
            comparison: spec.comparison,
            missing: spec.missing,
            actions: spec.actions,
            created: self.start - 60 * super::DAY,
            state: State::Ok,
            reason: String::new(),
            updated: self.start - 5 * HOUR - (salt % 3_600_000).cast_signed(),
            changes: Vec::new(),
            breaching: 0,
            absent: 0,
        };
        let minute = self.now.div_euclid(MINUTE);
        for m in (minute - i64::from(alarm.window()))..minute {
            let value = self.metric(alarm.source, m);
            alarm.push(value);
        }
        alarm.state = alarm.evaluate();
        alarm.reason = self.reason(&alarm, minute - 1);
        let from = if alarm.state == State::Ok { State::Alarm } else { State::Ok };
        let reasons = ("Threshold Crossed".to_owned(), alarm.reason.clone());
        alarm.changes.push(Change { at: alarm.updated, from, to: alarm.state, reasons });
        self.alarms.push(alarm);
        self.alarms.len() - 1
    }

    /// Evaluates every alarm for the minute that has just ended.
    pub(crate) fn evaluate_alarms(&mut self) {
        let minute = self.now.div_euclid(MINUTE) - 1;
        for at in 0..self.alarms.len() {
            let value = self.metric(self.alarms[at].source, minute);
            let alarm = &mut self.alarms[at];
            alarm.push(value);
            let state = alarm.evaluate();
            if state != alarm.state {
                let (from, before) = (alarm.state, alarm.reason.clone());
                alarm.state = state;
                alarm.updated = self.now;
                let reason = self.reason(&self.alarms[at], minute);
                let change = Change { at: self.now, from, to: state, reasons: (before, reason.clone()) };
                self.alarms[at].changes.push(change);
                self.alarms[at].reason = reason;
            }
        }
    }

    /// The `StateReason` in the wording of `CloudWatch`.
    fn reason(&self, alarm: &Alarm, minute: i64) -> String {
        let n = alarm.periods;
        let plural = if n == 1 { "datapoint" } else { "datapoints" };
        if alarm.state == State::NoData {
            return format!("Insufficient Data: {n} {plural} {} unknown.", if n == 1 { "was" } else { "were" });
        }
        let mut points = String::new();
        let step = i64::from(alarm.period / 60).max(1);
        let shown = if alarm.state == State::Alarm { i64::from(n.min(5)) } else { 1 };
        for back in 0..shown {
            let m = minute - back * step;
            if let Some(value) = self.metric(alarm.source, m) {
                let at = timestamp(m * MINUTE).strftime("%d/%m/%y %H:%M:%S").to_string();
                let comma = if points.is_empty() { "" } else { ", " };
                let _ = write!(points, "{comma}{value:.4} ({at})");
            }
        }
        let (count, not, way) = match alarm.state {
            State::Alarm => (n, "", "OK -> ALARM"),
            _ => (1, "not ", "ALARM -> OK"),
        };
        let (was, noun) = if count == 1 { ("was", "datapoint") } else { ("were", "datapoints") };
        format!(
            "Threshold Crossed: {count} out of the last {n} {plural} [{points}] {was} {not}{} the threshold ({:?}) (minimum {count} {noun} for {way} transition).",
            alarm.comparison.phrase(),
            alarm.threshold,
        )
    }
}
