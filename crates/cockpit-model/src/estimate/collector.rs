//! The sheet that collects the lines of an estimate.

use super::prices::Prices;
use super::schedule::Schedule;
use super::types::{Estimate, HOURS, Line, Unknown, Usage};
use crate::infra::plan::Billed;
use jiff::Timestamp;
use std::collections::BTreeSet;

/// The sheet for collecting the costs of resources one by one.
pub struct Sheet<'a> {
    pub prices: &'a Prices,
    pub free: u64,
    /// The schedules that stop services.
    pub schedule: Schedule<'a>,
    region: &'a str,
    resources: &'a [(&'a str, &'a Billed)],
    estimate: Estimate,
    used: BTreeSet<String>,
}

/// A priced item, of which there may be several.
pub struct Item<'a> {
    pub what: String,
    /// The names of its prices, with the monthly amount of each.
    pub parts: &'a [(&'a str, f64)],
    /// The minimum and maximum number.
    pub count: (f64, f64),
    /// The part of a week in which schedules keep it stopped.
    pub stopped: f64,
}

impl<'a> Sheet<'a> {
    /// Creates an empty sheet. `now` is the start of the coming week of the schedules.
    pub fn new(prices: &'a Prices, region: &'a str, resources: &'a [(&'a str, &'a Billed)], now: Timestamp) -> Self {
        let schedule = Schedule::new(resources, now);
        Self { prices, free: 0, schedule, region, resources, estimate: Estimate::default(), used: BTreeSet::new() }
    }

    /// Returns the resource at an address.
    pub fn resource_at(&self, unit: &str, address: &str) -> Option<&'a Billed> {
        self.resources.iter().find(|(name, one)| *name == unit && one.address == address).map(|(_, one)| *one)
    }

    /// Returns every resource of a type.
    pub fn of_kind(&self, kind: &'static str) -> impl Iterator<Item = &'a Billed> {
        self.resources.iter().map(|(_, one)| *one).filter(move |one| one.kind() == kind)
    }

    /// Adds resources whose price is unknown.
    pub fn unknown(&mut self, unit: &str, what: &str, count: u64, why: String) {
        self.estimate.unknown.push(Unknown { unit: unit.to_owned(), what: what.to_owned(), count, why });
    }

    /// Adds a line. If one of its prices is missing, it is added as unknown as a whole instead.
    pub fn line(&mut self, unit: &str, address: &str, item: Item<'_>) {
        let mut month = 0.0;
        for (name, amount) in item.parts {
            match self.prices.price_in(name, self.region) {
                Ok(price) => month += price * amount,
                Err(why) => return self.unknown(unit, address, 1, format!("{}: {why}", item.what)),
            }
        }
        self.used.extend(item.parts.iter().map(|(name, _)| (*name).to_owned()));
        let (least, most) = item.count;
        self.estimate.lines.push(Line {
            unit: unit.to_owned(),
            address: address.to_owned(),
            what: item.what,
            count: item.count,
            min_cost: month * least,
            max_cost: month * most,
            stopped: item.stopped,
        });
    }

    /// Adds an hourly cost.
    pub fn hourly(&mut self, unit: &str, address: &str, what: impl Into<String>, price: &str, count: f64) {
        let item = Item { what: what.into(), parts: &[(price, HOURS)], count: (count, count), stopped: 0.0 };
        self.line(unit, address, item);
    }

    /// Adds a monthly cost.
    pub fn monthly(&mut self, unit: &str, address: &str, what: impl Into<String>, price: &str, count: f64) {
        let item = Item { what: what.into(), parts: &[(price, 1.0)], count: (count, count), stopped: 0.0 };
        self.line(unit, address, item);
    }

    /// Adds a cost that depends on use.
    pub fn add_usage(&mut self, unit: &str, what: &str, item: &str) {
        let price = match self.prices.price_in(item, self.region) {
            Ok(price) => price,
            Err(why) => return self.unknown(unit, what, 1, why),
        };
        self.used.insert(item.to_owned());
        let named = format!("{unit}: {what}");
        if let Some(usage) = self.estimate.usage.iter_mut().find(|usage| usage.item == item) {
            return usage.of.push(named);
        }
        let per = self.prices.prices.get(item).map(|price| price.per.clone()).unwrap_or_default();
        self.estimate.usage.push(Usage { item: item.to_owned(), per, price, of: vec![named] });
    }

    /// Returns the finished estimate.
    pub fn finish(self) -> Estimate {
        Estimate { free: self.free, used: self.used.into_iter().collect(), ..self.estimate }
    }
}
