//! The parts of an estimate: lines, use, what is not known.

use crate::infra::plan::{Bill, resource_of};

/// Hours of a month, as AWS's own calculator counts.
pub const HOURS: f64 = 730.0;

/// A unit of which something is paid for.
#[derive(Debug, Clone, PartialEq)]
pub struct Unit<'a> {
    pub name: &'a str,
    /// The resources after its plan.
    pub bill: &'a Bill,
}

/// The costs of an environment, estimated from its plans.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Estimate {
    /// Costs by the hour or by the month, the dearest first.
    pub lines: Vec<Line>,
    /// Costs that depend on use, with unit prices.
    pub usage: Vec<Usage>,
    /// Resources whose price is not known, with the reason.
    pub unknown: Vec<Unknown>,
    /// How many resources cost nothing by themselves.
    pub free: u64,
    /// The share of a week in which the schedules of the plans keep things stopped, weighted by their costs; none without a
    /// schedule.
    pub stopped: Option<f64>,
    /// The names of the prices that were used.
    pub used: Vec<String>,
}

/// Something that is paid by the month or the hour.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Line {
    pub unit: String,
    pub address: String,
    /// What: `Fargate, 0.25 vCPU and 0.5 GB`.
    pub what: String,
    /// How many there are at least, and at most.
    pub count: (f64, f64),
    /// A month at least, running all day.
    pub least: f64,
    /// A month at most: all that scales at its maximum for the whole month.
    pub most: f64,
    /// The part of a week in which schedules have it stopped.
    pub stopped: f64,
}

/// Something that is paid by its use.
#[derive(Debug, Clone, PartialEq)]
pub struct Usage {
    /// The name of its price.
    pub item: String,
    pub per: String,
    pub price: f64,
    /// Addresses that are paid so.
    pub of: Vec<String>,
}

/// Something whose price is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    pub unit: String,
    /// The address, or a type.
    pub what: String,
    /// How many of them there are.
    pub count: u64,
    pub why: String,
}

impl Estimate {
    /// A month at least, and at most, running all day.
    pub fn total(&self) -> (f64, f64) {
        (self.lines.iter().map(|line| line.least).sum(), self.lines.iter().map(|line| line.most).sum())
    }

    /// The savings of the schedules in a month, at least: of each service that they stop, for as long as they do; none
    /// without one.
    pub fn saved(&self) -> Option<f64> {
        self.stopped.filter(|part| *part > 0.0)?;
        Some(self.lines.iter().map(|line| line.least * line.stopped).sum())
    }

    /// The lines of the same kind as one: fifteen alarms of one resource of the code are a line.
    pub fn grouped(&self) -> Vec<Line> {
        let mut grouped: Vec<(Line, u32)> = Vec::new();
        for line in &self.lines {
            let address = resource_of(&line.address);
            let same = |other: &Line| {
                other.unit == line.unit && other.what == line.what && resource_of(&other.address) == address
            };
            match grouped.iter_mut().find(|(other, _)| same(other)) {
                Some((other, many)) => {
                    *many += 1;
                    other.count = (other.count.0 + line.count.0, other.count.1 + line.count.1);
                    let least = other.least + line.least;
                    if least > 0.0 {
                        other.stopped = (other.least * other.stopped + line.least * line.stopped) / least;
                    }
                    other.least = least;
                    other.most += line.most;
                }
                None => grouped.push((line.clone(), 1)),
            }
        }
        for (line, _) in grouped.iter_mut().filter(|(_, many)| *many > 1) {
            line.address = resource_of(&line.address);
        }
        let mut lines: Vec<Line> = grouped.into_iter().map(|(line, _)| line).collect();
        // The dearest resource of the code first, its parts together.
        let whole: Vec<f64> = lines
            .iter()
            .map(|one| {
                let same = lines.iter().filter(|other| (&other.unit, &other.address) == (&one.unit, &one.address));
                same.map(|other| other.least).sum()
            })
            .collect();
        let mut order: Vec<usize> = (0..lines.len()).collect();
        order.sort_by(|a, b| {
            whole[*b]
                .total_cmp(&whole[*a])
                .then_with(|| (&lines[*a].unit, &lines[*a].address).cmp(&(&lines[*b].unit, &lines[*b].address)))
        });
        order.into_iter().map(|at| std::mem::take(&mut lines[at])).collect()
    }

    /// The costs of a month, less what the schedule saves.
    pub fn scheduled(&self) -> Option<f64> {
        self.saved().map(|saved| self.total().0 - saved)
    }
}
