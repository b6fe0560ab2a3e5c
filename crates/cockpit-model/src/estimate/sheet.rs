//! The sheet that lines of an estimate are written to while resources are gone through.

use super::prices::Prices;
use super::schedule::Schedule;
use super::types::{Estimate, HOURS, Line, Unknown, Usage};
use crate::infra::plan::Billed;
use jiff::Timestamp;
use std::collections::BTreeSet;

/// The list that resources are entered in one by one.
pub struct Sheet<'a> {
    pub prices: &'a Prices,
    pub free: u64,
    /// The schedules that stop services.
    pub schedule: Schedule<'a>,
    region: &'a str,
    all: &'a [(&'a str, &'a Billed)],
    estimate: Estimate,
    used: BTreeSet<String>,
}

/// Something of which there are several, each at its price.
pub struct Item<'a> {
    pub what: String,
    /// The names of its prices, with how much of each one is paid in a month.
    pub parts: &'a [(&'a str, f64)],
    /// How many there are at least, and at most.
    pub count: (f64, f64),
    /// The part of a week in which schedules have it stopped.
    pub stopped: f64,
}

impl<'a> Sheet<'a> {
    /// An empty one. `now` is where the coming week of the schedules begins.
    pub fn new(prices: &'a Prices, region: &'a str, all: &'a [(&'a str, &'a Billed)], now: Timestamp) -> Self {
        let schedule = Schedule::new(all, now);
        Self { prices, free: 0, schedule, region, all, estimate: Estimate::default(), used: BTreeSet::new() }
    }

    /// The resource at an address.
    pub fn at(&self, unit: &str, address: &str) -> Option<&'a Billed> {
        self.all.iter().find(|(name, one)| *name == unit && one.address == address).map(|(_, one)| *one)
    }

    /// Every resource of a type.
    pub fn of_kind(&self, kind: &'static str) -> impl Iterator<Item = &'a Billed> {
        self.all.iter().map(|(_, one)| *one).filter(move |one| one.kind() == kind)
    }

    /// Enters resources whose price is not known.
    pub fn unknown(&mut self, unit: &str, what: &str, count: u64, why: String) {
        self.estimate.unknown.push(Unknown { unit: unit.to_owned(), what: what.to_owned(), count, why });
    }

    /// Writes a line; where a price of it is missing that is told, and no part of it is.
    pub fn line(&mut self, unit: &str, address: &str, item: Item<'_>) {
        let mut month = 0.0;
        for (name, amount) in item.parts {
            match self.prices.of(name, self.region) {
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
            least: month * least,
            most: month * most,
            stopped: item.stopped,
        });
    }

    /// Enters a cost by the hour.
    pub fn hourly(&mut self, unit: &str, address: &str, what: impl Into<String>, price: &str, count: f64) {
        let item = Item { what: what.into(), parts: &[(price, HOURS)], count: (count, count), stopped: 0.0 };
        self.line(unit, address, item);
    }

    /// Enters a cost by the month.
    pub fn monthly(&mut self, unit: &str, address: &str, what: impl Into<String>, price: &str, count: f64) {
        let item = Item { what: what.into(), parts: &[(price, 1.0)], count: (count, count), stopped: 0.0 };
        self.line(unit, address, item);
    }

    /// Something that is paid by its use.
    pub fn by_use(&mut self, unit: &str, what: &str, item: &str) {
        let price = match self.prices.of(item, self.region) {
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

    /// The estimate that was written.
    pub fn done(self) -> Estimate {
        Estimate { free: self.free, used: self.used.into_iter().collect(), ..self.estimate }
    }
}
