//! The parts of an estimate: lines, usage, unknown prices.

use crate::infra::plan::{Bill, resource_of};

/// Hours per month, as in AWS's own calculator.
pub const HOURS: f64 = 730.0;

/// A unit with billed resources.
#[derive(Debug, Clone, PartialEq)]
pub struct Unit<'a> {
    pub name: &'a str,
    /// The resources after the apply.
    pub bill: &'a Bill,
}

/// The costs of an environment, estimated from its plans.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Estimate {
    /// Hourly and monthly costs, the most expensive first.
    pub lines: Vec<Line>,
    /// Costs that depend on use, with unit prices.
    pub usage: Vec<Usage>,
    /// Resources with an unknown price, with the reason.
    pub unknown: Vec<Unknown>,
    /// Number of resources that are free of charge.
    pub free: u64,
    /// The part of a week in which the schedules keep resources stopped, weighted by their costs; `None` without a
    /// schedule.
    pub stopped: Option<f64>,
    /// The names of the prices that were used.
    pub used: Vec<String>,
}

/// An hourly or monthly cost.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Line {
    pub unit: String,
    pub address: String,
    /// The item: `Fargate, 0.25 vCPU and 0.5 GB`.
    pub what: String,
    /// The minimum and maximum number.
    pub count: (f64, f64),
    /// The minimum monthly cost, running all day.
    pub min_cost: f64,
    /// The maximum monthly cost: everything that scales at its maximum for the whole month.
    pub max_cost: f64,
    /// The part of a week in which schedules keep it stopped.
    pub stopped: f64,
}

/// A cost that depends on use.
#[derive(Debug, Clone, PartialEq)]
pub struct Usage {
    /// The name of its price.
    pub item: String,
    pub per: String,
    pub price: f64,
    /// The resources with this price.
    pub of: Vec<String>,
}

/// Resources with an unknown price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    pub unit: String,
    /// The address, or a resource type.
    pub what: String,
    /// Number of resources.
    pub count: u64,
    pub why: String,
}

impl Estimate {
    /// Returns the minimum and maximum monthly cost, running all day.
    pub fn total(&self) -> (f64, f64) {
        (self.lines.iter().map(|line| line.min_cost).sum(), self.lines.iter().map(|line| line.max_cost).sum())
    }

    /// Returns the minimum monthly savings of the schedules, for each service while it is stopped; `None` without a
    /// schedule.
    pub fn savings(&self) -> Option<f64> {
        self.stopped.filter(|part| *part > 0.0)?;
        Some(self.lines.iter().map(|line| line.min_cost * line.stopped).sum())
    }

    /// Returns the lines with those of the same kind combined: fifteen alarms of one resource in the code become one
    /// line.
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
                    let least = other.min_cost + line.min_cost;
                    if least > 0.0 {
                        other.stopped = (other.min_cost * other.stopped + line.min_cost * line.stopped) / least;
                    }
                    other.min_cost = least;
                    other.max_cost += line.max_cost;
                }
                None => grouped.push((line.clone(), 1)),
            }
        }
        for (line, _) in grouped.iter_mut().filter(|(_, many)| *many > 1) {
            line.address = resource_of(&line.address);
        }
        let mut lines: Vec<Line> = grouped.into_iter().map(|(line, _)| line).collect();
        // The most expensive resource first, with its parts together.
        let resource_totals: Vec<f64> = lines
            .iter()
            .map(|one| {
                let same = lines.iter().filter(|other| (&other.unit, &other.address) == (&one.unit, &one.address));
                same.map(|other| other.min_cost).sum()
            })
            .collect();
        let mut order: Vec<usize> = (0..lines.len()).collect();
        order.sort_by(|a, b| {
            resource_totals[*b]
                .total_cmp(&resource_totals[*a])
                .then_with(|| (&lines[*a].unit, &lines[*a].address).cmp(&(&lines[*b].unit, &lines[*b].address)))
        });
        order.into_iter().map(|at| std::mem::take(&mut lines[at])).collect()
    }

    /// Returns the minimum monthly cost with the schedule's savings deducted.
    pub fn scheduled(&self) -> Option<f64> {
        self.savings().map(|saved| self.total().0 - saved)
    }
}
