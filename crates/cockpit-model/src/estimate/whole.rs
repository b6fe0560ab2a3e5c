//! The whole estimate: every resource of every unit, and the schedule.

use super::prices::Prices;
use super::rules;
use super::sheet::Sheet;
use super::types::{Estimate, Line, Unit};
use crate::infra::plan::Billed;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The costs of units in a region. `now` is where the coming week of the schedule begins.
pub fn estimate(units: &[Unit<'_>], prices: &Prices, region: &str, now: Timestamp) -> Estimate {
    let all: Vec<(&str, &Billed)> =
        units.iter().flat_map(|unit| unit.bill.resources.iter().map(|one| (unit.name, one))).collect();
    let mut sheet = Sheet::new(prices, region, &all, now);
    for (unit, one) in &all {
        rules::resource(&mut sheet, unit, one);
    }
    for unit in units {
        others(&mut sheet, unit);
    }
    let common = sheet.schedule.common();
    let mut estimate = sheet.done();
    estimate.stopped = stopped(&estimate.lines).or(common);
    // The same resource's parts stay together; the order of equal ones is that of the plans.
    let mut whole: BTreeMap<(String, String), f64> = BTreeMap::new();
    for line in &estimate.lines {
        *whole.entry((line.unit.clone(), line.address.clone())).or_default() += line.least;
    }
    let of = |line: &Line| whole.get(&(line.unit.clone(), line.address.clone())).copied().unwrap_or(0.0);
    estimate
        .lines
        .sort_by(|a, b| of(b).total_cmp(&of(a)).then_with(|| (&a.unit, &a.address).cmp(&(&b.unit, &b.address))));
    estimate
}

/// Types whose price depends on nothing of them: free, by use, or not known.
fn others(sheet: &mut Sheet<'_>, unit: &Unit<'_>) {
    for (kind, count) in &unit.bill.others {
        if let Some(items) = sheet.prices.usage.get(kind) {
            let what = if *count == 1 { kind.clone() } else { format!("{kind} × {count}") };
            for item in items.clone() {
                sheet.by_use(unit.name, &what, &item);
            }
        } else if sheet.prices.is_free(kind) {
            sheet.free += count;
        } else {
            sheet.unknown(unit.name, kind, *count, "the table has no price of this type".to_owned());
        }
    }
}

/// The part of a week in which what is stopped at times stands still: on average, by what it costs; none where nothing is.
fn stopped(lines: &[Line]) -> Option<f64> {
    let stop = || lines.iter().filter(|line| line.stopped > 0.0);
    let paid: f64 = stop().map(|line| line.least).sum();
    if paid > 0.0 {
        return Some(stop().map(|line| line.least * line.stopped).sum::<f64>() / paid);
    }
    stop().map(|line| line.stopped).max_by(f64::total_cmp)
}
