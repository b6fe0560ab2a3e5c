//! The whole estimate: every resource of every unit, with the schedules.

use super::collector::Sheet;
use super::prices::Prices;
use super::rules;
use super::types::{Estimate, Line, Unit};
use crate::infra::plan::Billed;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Estimates the costs of units in a region. `now` is the start of the coming week of the schedules.
pub fn estimate(units: &[Unit<'_>], prices: &Prices, region: &str, now: Timestamp) -> Estimate {
    let resources: Vec<(&str, &Billed)> =
        units.iter().flat_map(|unit| unit.bill.resources.iter().map(|one| (unit.name, one))).collect();
    let mut sheet = Sheet::new(prices, region, &resources, now);
    for (unit, one) in &resources {
        rules::resource(&mut sheet, unit, one);
    }
    for unit in units {
        others(&mut sheet, unit);
    }
    let common = sheet.schedule.common();
    let mut estimate = sheet.finish();
    estimate.stopped = stopped(&estimate.lines).or(common);
    // Parts of the same resource stay together; equal ones keep the order of the plans.
    let mut totals: BTreeMap<(String, String), f64> = BTreeMap::new();
    for line in &estimate.lines {
        *totals.entry((line.unit.clone(), line.address.clone())).or_default() += line.min_cost;
    }
    let total_of = |line: &Line| totals.get(&(line.unit.clone(), line.address.clone())).copied().unwrap_or(0.0);
    estimate.lines.sort_by(|a, b| {
        total_of(b).total_cmp(&total_of(a)).then_with(|| (&a.unit, &a.address).cmp(&(&b.unit, &b.address)))
    });
    estimate
}

/// Adds resource types whose price depends on no attributes: free, by use, or unknown.
fn others(sheet: &mut Sheet<'_>, unit: &Unit<'_>) {
    for (kind, count) in &unit.bill.others {
        if let Some(items) = sheet.prices.usage.get(kind) {
            let what = if *count == 1 { kind.clone() } else { format!("{kind} × {count}") };
            for item in items.clone() {
                sheet.add_usage(unit.name, &what, &item);
            }
        } else if sheet.prices.is_free(kind) {
            sheet.free += count;
        } else {
            sheet.unknown(unit.name, kind, *count, "the table has no price of this type".to_owned());
        }
    }
}

/// Returns the average part of a week in which scheduled resources are stopped, weighted by cost; `None` if nothing is
/// stopped.
fn stopped(lines: &[Line]) -> Option<f64> {
    let stop = || lines.iter().filter(|line| line.stopped > 0.0);
    let paid: f64 = stop().map(|line| line.min_cost).sum();
    if paid > 0.0 {
        return Some(stop().map(|line| line.min_cost * line.stopped).sum::<f64>() / paid);
    }
    stop().map(|line| line.stopped).max_by(f64::total_cmp)
}
