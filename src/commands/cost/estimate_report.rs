//! `cockpit cost --estimate`: what an environment costs by its plans.

use crate::headless::Rows;
use crate::headless::emit::Printable;
use crate::headless::shown::Shown;
use crate::headless::table::{Table, numbers, prose, words};
use crate::model::costs::cents;
use crate::model::estimate::cover::{self, Cover};
use crate::model::estimate::prices::Prices;
use crate::model::estimate::{Estimate, HOURS, Line, Unknown, Usage, words as told};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// Schema of `cockpit cost --estimate`.
pub const SCHEMA: &str = "cockpit.cost-estimate/1";

/// The costs of an environment by its plans.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CostEstimate {
    /// `cockpit.cost-estimate/1`.
    pub schema: String,
    /// The environment's name.
    pub environment: String,
    /// The region of the prices.
    pub region: String,
    /// The plans: a run, or files.
    pub plans: Vec<PlanDto>,
    /// The currency: `USD`.
    pub currency: String,
    /// The oldest month of the table of prices: `2025-06`.
    pub prices_as_of: String,
    /// Hours of the month.
    pub hours: f64,
    /// A month at least, running all day: of what is known.
    pub month: f64,
    /// A month at most: all that scales at its maximum for the whole month.
    pub month_at_most: f64,
    /// The part of a week in which schedules of the plans have what they stop stopped: on average, by what it costs; `null`
    /// without one.
    pub stopped: Option<f64>,
    /// The savings of the schedules, off `month`; `null` without one.
    pub saved: Option<f64>,
    /// Every resource is in the sum, and every unit has a plan, which is whole.
    pub complete: bool,
    /// Costs by the hour or by the month, the dearest resource first.
    pub lines: Vec<LineDto>,
    /// Costs that depend on use, and are in no sum.
    pub usage: Vec<UsageDto>,
    /// Costs that are not known, and are in no sum.
    pub unknown: Vec<UnknownDto>,
    /// How many resources cost nothing by themselves.
    pub free: u64,
    /// The prices that were used, by name.
    pub prices: BTreeMap<String, PriceDto>,
    #[serde(skip)]
    grouped: Vec<Line>,
    #[serde(skip)]
    shown: Shown,
}

/// A plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PlanDto {
    /// The unit.
    pub unit: String,
    /// The run that made it, or the file.
    pub from: String,
    /// When the run began; `null` of a file.
    pub made: Option<String>,
    /// Values of dependencies were made up.
    pub on_mocks: bool,
    /// Why there is no plan; `null` where there is one.
    pub missing: Option<String>,
    /// Why the plan does not have all that it should: it is of some resources alone, was made with errors, or may not be of
    /// all units; `null` where it has.
    pub partial: Option<String>,
}

/// Something that is paid by the hour or the month.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct LineDto {
    /// The unit.
    pub unit: String,
    /// Its address.
    pub resource: String,
    /// The name of the cost.
    pub what: String,
    /// How many at least.
    pub count: f64,
    /// How many at most.
    pub count_at_most: f64,
    /// A month at least.
    pub month: f64,
    /// The costs of a month at most.
    pub month_at_most: f64,
    /// Whether a schedule stops it.
    pub stops: bool,
    /// The part of a week in which it is stopped; 0 where it never is.
    pub stopped: f64,
}

/// Something that is paid by its use.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct UsageDto {
    /// The name of its price.
    pub price: String,
    /// The price of one.
    pub each: f64,
    /// The unit of the price.
    pub per: String,
    /// Unit and address of what is paid so.
    pub of: Vec<String>,
}

/// Something whose price is not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UnknownDto {
    /// The unit.
    pub unit: String,
    /// Its address, or a type.
    pub what: String,
    /// The number of such resources.
    pub count: u64,
    /// The reason why the price is not known.
    pub why: String,
}

/// A price of the table.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct PriceDto {
    /// The price in this region.
    pub price: f64,
    /// The unit of the price.
    pub per: String,
    /// The month of the list that it was read from.
    pub as_of: String,
    /// The page that has it today.
    pub source: String,
}

impl PlanDto {
    /// Makes the report; `from` is the run, or the file, that was read.
    pub fn new(cover: Cover, from: impl Into<String>, made: Option<String>) -> Self {
        let Cover { unit, on_mocks, missing, partial } = cover;
        Self { unit, from: from.into(), made, on_mocks, missing, partial }
    }

    /// The notes on the unit beside the sum; none where all of it is in it.
    fn notes(&self) -> Vec<String> {
        let cover = Cover {
            unit: self.unit.clone(),
            on_mocks: self.on_mocks,
            missing: self.missing.clone(),
            partial: self.partial.clone(),
        };
        cover.notes().collect()
    }
}

fn thousandths(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}

/// The report.
pub fn report(
    estimate: &Estimate,
    prices: &Prices,
    environment: &str,
    region: &str,
    plans: Vec<PlanDto>,
    shown: Shown,
) -> CostEstimate {
    let (least, most) = estimate.total();
    let price = |item: &String| {
        let (of, price) = (prices.prices.get(item)?, prices.of(item, region).ok()?);
        let dto = PriceDto { price, per: of.per.clone(), as_of: of.as_of.clone(), source: of.source.clone() };
        Some((item.clone(), dto))
    };
    CostEstimate {
        schema: SCHEMA.to_owned(),
        environment: environment.to_owned(),
        region: region.to_owned(),
        currency: prices.currency.clone(),
        prices_as_of: prices.as_of().to_owned(),
        hours: HOURS,
        month: cents(least),
        month_at_most: cents(most),
        stopped: estimate.stopped.map(thousandths),
        saved: estimate.saved().map(cents),
        complete: estimate.unknown.is_empty() && plans.iter().all(|plan| plan.notes().is_empty()),
        lines: estimate.lines.iter().map(line).collect(),
        usage: estimate.usage.iter().map(usage).collect(),
        unknown: estimate.unknown.iter().map(unknown).collect(),
        free: estimate.free,
        prices: estimate.used.iter().filter_map(price).collect(),
        plans,
        grouped: estimate.grouped(),
        shown,
    }
}

fn line(line: &Line) -> LineDto {
    LineDto {
        unit: line.unit.clone(),
        resource: line.address.clone(),
        what: line.what.clone(),
        count: line.count.0,
        count_at_most: line.count.1,
        month: cents(line.least),
        month_at_most: cents(line.most),
        stops: line.stopped > 0.0,
        stopped: thousandths(line.stopped),
    }
}

fn usage(usage: &Usage) -> UsageDto {
    UsageDto { price: usage.item.clone(), each: usage.price, per: usage.per.clone(), of: usage.of.clone() }
}

fn unknown(unknown: &Unknown) -> UnknownDto {
    UnknownDto {
        unit: unknown.unit.clone(),
        what: unknown.what.clone(),
        count: unknown.count,
        why: unknown.why.clone(),
    }
}

impl Printable for CostEstimate {
    fn tables(&self) -> Vec<Table> {
        let money = |value: f64| format!("{value:.2}");
        let columns = [
            words("UNIT").rank(2),
            prose("RESOURCE"),
            prose("WHAT").rank(1),
            numbers("COUNT"),
            numbers("A MONTH"),
            numbers("AT MOST"),
        ];
        let title = format!("{} in {}, {} a month by its plans", self.environment, self.region, self.currency);
        let mut table = Table::new(&columns, "nothing is paid by the hour or the month").titled(title);
        for line in &self.grouped {
            table.row([
                Some(line.unit.clone()),
                Some(line.address.clone()),
                Some(line.what.clone()),
                Some(told::count(line.count)),
                Some(money(line.least)),
                Some(money(line.most)),
            ]);
        }
        if !self.grouped.is_empty() {
            let (least, most) = (money(self.month), money(self.month_at_most));
            table.row([Some("all".to_owned()), None, None, None, Some(least), Some(most)]);
        }
        let by_use = [prose("BY USE, NOT IN THE SUM"), numbers("PRICE"), words("OF EACH"), prose("OF").rank(1)];
        let mut uses = Table::new(&by_use, "nothing depends on use");
        for one in &self.usage {
            let price = told::price(one.each);
            let of = told::several(&one.of);
            table_row(&mut uses, [one.price.clone(), price, one.per.clone(), of]);
        }
        let mut tables = vec![table, uses];
        if !self.unknown.is_empty() {
            let columns = [words("UNIT").rank(1), prose("NOT KNOWN, NOT IN THE SUM"), numbers("COUNT"), prose("WHY")];
            let mut missing = Table::new(&columns, "");
            for one in &self.unknown {
                table_row(&mut missing, [one.unit.clone(), one.what.clone(), one.count.to_string(), one.why.clone()]);
            }
            tables.push(missing);
        }
        tables
    }

    fn rows(&self) -> Option<Rows> {
        let fields =
            ["unit", "resource", "what", "count", "count_at_most", "month", "month_at_most", "stops", "stopped"];
        Some(Rows::new("lines", &fields))
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let from: Vec<&PlanDto> = self.plans.iter().filter(|plan| plan.missing.is_none()).collect();
        if let Some(plan) = from.first() {
            let units: Vec<&str> = from.iter().map(|plan| plan.unit.as_str()).collect();
            let made = plan.made.as_deref().map(|made| format!(" of {}", self.shown.title(made))).unwrap_or_default();
            let source = if plan.made.is_some() { format!("the run {}{made}", plan.from) } else { "files".to_owned() };
            notes.push(format!("by the plans of {source}: {}", units.join(", ")));
        }
        let mocked: Vec<&str> = from.iter().filter(|plan| plan.on_mocks).map(|plan| plan.unit.as_str()).collect();
        notes.extend(cover::mocked(&mocked));
        if let (Some(part), Some(saved)) = (self.stopped, self.saved) {
            notes.push(told::schedule(part, saved, self.month, &self.currency));
        }
        notes.push(format!(
            "a month of {HOURS:.0} hours at AWS's list prices on demand of {}, without tax, discounts and free tier; {} more \
             resources cost nothing by themselves",
            self.prices_as_of, self.free
        ));
        notes.extend(self.plans.iter().flat_map(PlanDto::notes).map(|note| format!("! {note}")));
        let count: u64 = self.unknown.iter().map(|one| one.count).sum();
        if count > 0 {
            let plural = if count == 1 { "resource is" } else { "resources are" };
            notes.push(format!("! {count} {plural} not wholly in the sum: each says why"));
        }
        notes
    }
}

fn table_row(table: &mut Table, cells: [String; 4]) {
    table.row(cells.map(Some));
}
