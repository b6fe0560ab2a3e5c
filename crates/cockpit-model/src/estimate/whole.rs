//! All of it: every resource of every unit, and the schedule.

use super::prices::Prices;
use super::rules;
use super::sheet::Sheet;
use super::types::{Estimate, Line, Unit};
use crate::costs::stopped_part;
use crate::infra::plan::Billed;
use crate::timer::{Sets, Timer};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// What units cost in a region. `now` is where the coming week of the schedule begins.
pub fn estimate(units: &[Unit<'_>], prices: &Prices, region: &str, now: Timestamp) -> Estimate {
    let all: Vec<(&str, &Billed)> =
        units.iter().flat_map(|unit| unit.bill.resources.iter().map(|one| (unit.name, one))).collect();
    let mut sheet = Sheet::new(prices, region, &all);
    for (unit, one) in &all {
        rules::resource(&mut sheet, unit, one);
    }
    for unit in units {
        others(&mut sheet, unit);
    }
    let mut estimate = sheet.done();
    estimate.stopped = stopped_part(&timers(&all), now);
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

/// What starts and stops it at a time, by the plans.
fn timers(all: &[(&str, &Billed)]) -> Vec<Timer> {
    let text = |one: &Billed, name: &str| one.fact(name).unwrap_or_default().to_owned();
    let timer = |one: &Billed| match one.kind().as_str() {
        "aws_scheduler_schedule" => Some(Timer {
            name: one.address.clone(),
            expression: text(one, "schedule_expression"),
            timezone: one.fact("schedule_expression_timezone").map(str::to_owned),
            enabled: one.fact("state") != Some("DISABLED"),
            input: text(one, "input"),
            ..Timer::default()
        }),
        "aws_appautoscaling_scheduled_action" => {
            let count = |name| one.fact(name).and_then(|text| text.parse().ok());
            Some(Timer {
                name: one.address.clone(),
                expression: text(one, "schedule"),
                timezone: one.fact("timezone").map(str::to_owned),
                enabled: true,
                action: Some(Sets {
                    resource: text(one, "resource_id"),
                    min: count("min_capacity"),
                    max: count("max_capacity"),
                }),
                ..Timer::default()
            })
        }
        _ => None,
    };
    all.iter().filter_map(|(_, one)| timer(one)).collect()
}
