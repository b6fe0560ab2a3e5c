//! The report of `cockpit cost --estimate`: the costs of an environment according to its plans.

use crate::headless::Rows;
use crate::headless::emit::Printable;
use crate::headless::table::{Table, left_aligned, numbers, prose};
use crate::headless::times::TimeDisplay;
use crate::model::costs::cents;
use crate::model::estimate::coverage::{self, Cover};
use crate::model::estimate::prices::Prices;
use crate::model::estimate::{Estimate, HOURS, Line, Unknown, Usage, figures as wording};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// Schema of `cockpit cost --estimate`.
pub const SCHEMA: &str = "cockpit.cost-estimate/1";

/// The estimated costs of an environment.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CostEstimate {
    /// `cockpit.cost-estimate/1`.
    pub schema: String,
    /// The environment's name.
    pub environment: String,
    /// The region of the prices.
    pub region: String,
    /// The plans it is based on, from a run or from files.
    pub plans: Vec<PlanDto>,
    /// The currency: `USD`.
    pub currency: String,
    /// The month of the oldest price used: `2025-06`.
    pub prices_as_of: String,
    /// The number of hours in a month.
    pub hours: f64,
    /// The minimum monthly costs of everything with a known price, running all day.
    pub month: f64,
    /// The maximum monthly costs: everything that scales runs at its maximum for the whole month.
    pub month_at_most: f64,
    /// The share of a week for which the plans' schedules stop resources: the average weighted by costs; `null` without
    /// a schedule.
    pub stopped: Option<f64>,
    /// The monthly savings of the schedules, relative to `month`; `null` without a schedule.
    pub saved: Option<f64>,
    /// Whether the sum includes every resource, and every unit has a complete plan.
    pub complete: bool,
    /// Costs by the hour or by the month, the most expensive resource first.
    pub lines: Vec<LineDto>,
    /// Costs that depend on usage; they are in no sum.
    pub usage: Vec<UsageDto>,
    /// Unknown costs; they are in no sum.
    pub unknown: Vec<UnknownDto>,
    /// Number of resources that are free in themselves.
    pub free: u64,
    /// The prices that were used, by name.
    pub prices: BTreeMap<String, PriceDto>,
    #[serde(skip)]
    grouped: Vec<Line>,
    #[serde(skip)]
    shown: TimeDisplay,
}

/// The plan of a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PlanDto {
    /// The unit.
    pub unit: String,
    /// The run that made it, or the file.
    pub from: String,
    /// When the run began; `null` for a file.
    pub made: Option<String>,
    /// Whether values of dependencies were mocked.
    pub on_mocks: bool,
    /// Why the unit has no plan; `null` if it has one.
    pub missing: Option<String>,
    /// Why the plan is incomplete: it has targets, was made with errors, or may not cover all units; `null` if it is
    /// complete.
    pub partial: Option<String>,
}

/// Costs by the hour or by the month.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct LineDto {
    /// The unit.
    pub unit: String,
    /// The address of the resource.
    pub resource: String,
    /// The name of the cost.
    pub what: String,
    /// The minimum count.
    pub count: f64,
    /// The maximum count.
    pub count_at_most: f64,
    /// The minimum monthly costs.
    pub month: f64,
    /// The maximum monthly costs.
    pub month_at_most: f64,
    /// Whether a schedule stops the resource.
    pub stops: bool,
    /// The share of a week in which it is stopped; 0 if it never is.
    pub stopped: f64,
}

/// Costs that depend on usage.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct UsageDto {
    /// The name of its price.
    pub price: String,
    /// The price of one unit of usage.
    pub each: f64,
    /// The unit that the price applies to.
    pub per: String,
    /// Terraform unit and address of each resource priced this way.
    pub of: Vec<String>,
}

/// A resource whose price is not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UnknownDto {
    /// The unit.
    pub unit: String,
    /// The address of the resource, or its type.
    pub what: String,
    /// The number of such resources.
    pub count: u64,
    /// Why the price is not known.
    pub why: String,
}

/// An entry of the price table.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct PriceDto {
    /// The price in this region.
    pub price: f64,
    /// The unit that the price applies to.
    pub per: String,
    /// The month of the price list it was read from.
    pub as_of: String,
    /// The page that lists the current price.
    pub source: String,
}

impl PlanDto {
    /// Makes the DTO; `from` is the run or the file that was read.
    pub fn new(cover: Cover, from: impl Into<String>, made: Option<String>) -> Self {
        let Cover { unit, on_mocks, missing, partial } = cover;
        Self { unit, from: from.into(), made, on_mocks, missing, partial }
    }

    /// Returns the reasons why the sum does not fully cover the unit; empty if it does.
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

/// Builds the report.
pub fn report(
    estimate: &Estimate,
    prices: &Prices,
    environment: &str,
    region: &str,
    plans: Vec<PlanDto>,
    shown: TimeDisplay,
) -> CostEstimate {
    let (least, most) = estimate.total();
    let price = |item: &String| {
        let (of, price) = (prices.prices.get(item)?, prices.price_in(item, region).ok()?);
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
        saved: estimate.savings().map(cents),
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
        month: cents(line.min_cost),
        month_at_most: cents(line.max_cost),
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
            left_aligned("UNIT").rank(2),
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
                Some(wording::count(line.count)),
                Some(money(line.min_cost)),
                Some(money(line.max_cost)),
            ]);
        }
        if !self.grouped.is_empty() {
            let (least, most) = (money(self.month), money(self.month_at_most));
            table.row([Some("all".to_owned()), None, None, None, Some(least), Some(most)]);
        }
        let by_use = [prose("BY USE, NOT IN THE SUM"), numbers("PRICE"), left_aligned("OF EACH"), prose("OF").rank(1)];
        let mut uses = Table::new(&by_use, "nothing depends on use");
        for one in &self.usage {
            let price = wording::price(one.each);
            let resources = wording::format_names(&one.of);
            table_row(&mut uses, [one.price.clone(), price, one.per.clone(), resources]);
        }
        let mut tables = vec![table, uses];
        if !self.unknown.is_empty() {
            let columns =
                [left_aligned("UNIT").rank(1), prose("NOT KNOWN, NOT IN THE SUM"), numbers("COUNT"), prose("WHY")];
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
        notes.extend(coverage::mock_output_note(&mocked));
        if let (Some(part), Some(saved)) = (self.stopped, self.saved) {
            notes.push(wording::schedule(part, saved, self.month, &self.currency));
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
            notes.push(format!("! {count} {plural} not wholly in the sum: the table shows why"));
        }
        notes
    }
}

fn table_row(table: &mut Table, cells: [String; 4]) {
    table.row(cells.map(Some));
}
