//! The report of `cockpit cost`: the month by service, the forecast, and yesterday compared with the usual.

use crate::headless::Rows;
use crate::headless::emit::Printable;
use crate::headless::table::{Table, left_aligned, numbers};
use crate::headless::times::TimeDisplay;
use crate::model::costs::{self, Budget, Costs, cents};
use crate::model::time;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

/// Schema of `cockpit cost`.
pub const SCHEMA: &str = "cockpit.cost/1";

/// The costs of the account.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Cost {
    /// `cockpit.cost/1`.
    pub schema: String,
    /// The environment's name.
    pub environment: String,
    /// The account.
    pub account: String,
    /// The tag filter (`KEY=VALUE`); `null` for the whole account.
    pub tag: Option<String>,
    /// The grouping: `service`, or `tag:KEY`.
    pub by: String,
    /// When Cost Explorer was read.
    pub read_at: String,
    /// The currency: `USD`.
    pub currency: String,
    /// The costs of this month until now.
    pub month: f64,
    /// The forecast for the whole month; `null` if there is none.
    pub forecast: Option<f64>,
    /// The costs of yesterday.
    pub yesterday: Option<f64>,
    /// The median of the two weeks before; `null` if too few days are known.
    pub usual: Option<f64>,
    /// By which fraction yesterday exceeded the usual; `null` if that is not remarkable.
    pub unusual: Option<f64>,
    /// The services, the most expensive first; empty if costs are grouped by a tag.
    pub services: Vec<ServiceDto>,
    /// The values of the tag; `null` if costs are grouped by service.
    pub tags: Option<Vec<TagDto>>,
    /// Cost budgets of the account; `null` if they could not be read.
    pub budgets: Option<Vec<BudgetDto>>,
    #[serde(skip)]
    shown: TimeDisplay,
    #[serde(skip)]
    no_forecast: Option<String>,
    #[serde(skip)]
    no_budgets: Option<String>,
}

/// A budget.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct BudgetDto {
    /// Its name.
    pub name: String,
    /// `MONTHLY`, `QUARTERLY`, …
    pub every: String,
    /// The amount of the budget in a period.
    pub limit: f64,
    /// The amount spent in this period until now.
    pub spent: f64,
    /// The forecast to the end of this period; `null` if AWS Budgets gives none.
    pub forecast: Option<f64>,
    /// The currency: `USD`.
    pub currency: String,
    /// Whether it is exceeded or forecast to be.
    pub exceeded: bool,
}

/// An AWS service.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ServiceDto {
    /// The name in Cost Explorer.
    pub service: String,
    /// The costs of this month until now.
    pub month: f64,
    /// Its share of the month's total.
    pub share: Option<f64>,
    /// The costs of yesterday.
    pub yesterday: f64,
    /// The median of the two weeks before.
    pub usual: Option<f64>,
}

/// A value of a tag.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TagDto {
    /// The value; `null` for resources without the tag.
    pub value: Option<String>,
    /// The costs of this month until now.
    pub month: f64,
    /// Its share of the month's total.
    pub share: Option<f64>,
    /// The costs of yesterday.
    pub yesterday: f64,
    /// The median of the two weeks before.
    pub usual: Option<f64>,
}

fn budget(budget: &Budget) -> BudgetDto {
    BudgetDto {
        name: budget.name.clone(),
        every: budget.every.clone(),
        limit: cents(budget.limit),
        spent: cents(budget.spent),
        forecast: budget.forecast.map(cents),
        currency: budget.currency.clone(),
        exceeded: budget.is_exceeded(),
    }
}

/// Builds the report of a day, filtered by `tag` and grouped by the values of `by` if these are given.
pub fn cost(
    costs: &Costs,
    environment: &str,
    account: &str,
    (tag, by): (Option<String>, Option<String>),
    today: Date,
    shown: TimeDisplay,
) -> Cost {
    let summary = costs::summarize(costs, today);
    let services = summary.parts.into_iter().map(|part| ServiceDto {
        share: (summary.month > 0.0).then(|| (part.month / summary.month * 1_000.0).round() / 1_000.0),
        service: part.service,
        month: cents(part.month),
        yesterday: cents(part.yesterday),
        usual: part.usual.map(cents),
    });
    let (services, tags) = match by {
        None => (services.collect(), None),
        Some(_) => (Vec::new(), Some(services.map(tagged).collect())),
    };
    Cost {
        schema: SCHEMA.to_owned(),
        environment: environment.to_owned(),
        account: account.to_owned(),
        tag,
        read_at: costs.read_at.to_string(),
        currency: costs.currency.clone(),
        month: cents(summary.month),
        forecast: summary.forecast.map(cents),
        yesterday: summary.yesterday.map(cents),
        usual: summary.usual.map(cents),
        unusual: summary.yesterday.zip(summary.usual).and_then(|(day, usual)| costs::unusual_increase(day, usual)),
        services,
        tags,
        by: by.map_or_else(|| "service".to_owned(), |key| format!("tag:{key}")),
        budgets: costs.no_budgets.is_none().then(|| costs.budgets.iter().map(budget).collect()),
        no_budgets: costs.no_budgets.clone(),
        shown,
        no_forecast: costs.no_forecast.clone(),
    }
}

fn tagged(part: ServiceDto) -> TagDto {
    let ServiceDto { service, month, share, yesterday, usual } = part;
    TagDto { value: Some(service).filter(|value| !value.is_empty()), month, share, yesterday, usual }
}

impl Printable for Cost {
    fn tables(&self) -> Vec<Table> {
        let money = |value: f64| format!("{value:.2}");
        let columns = [
            left_aligned(if self.tags.is_some() { "VALUE" } else { "SERVICE" }),
            numbers("THIS MONTH"),
            numbers("SHARE").rank(1),
            numbers("YESTERDAY"),
            numbers("USUAL").rank(2),
        ];
        let by = if self.tags.is_some() { format!(" by {}", self.by) } else { String::new() };
        let read = self.shown.title(&self.read_at);
        let title = format!("Account {}{by} in {}, read {read}", self.account, self.currency);
        let mut table = Table::new(&columns, "nothing was charged this month").titled(title);
        let percent = |share: f64| format!("{:.0} %", share * 100.0);
        let services =
            self.services.iter().map(|one| (one.service.as_str(), one.month, one.share, one.yesterday, one.usual));
        let tags = self.tags.iter().flatten().map(|one| {
            let value = one.value.as_deref().unwrap_or("without the tag");
            (value, one.month, one.share, one.yesterday, one.usual)
        });
        let rows: Vec<_> = services.chain(tags).collect();
        for (name, month, share, yesterday, usual) in &rows {
            table.row([
                Some((*name).to_owned()),
                Some(money(*month)),
                share.map(percent),
                Some(money(*yesterday)),
                usual.map(money),
            ]);
        }
        if !rows.is_empty() {
            table.row([
                Some("all".to_owned()),
                Some(money(self.month)),
                Some("100 %".to_owned()),
                self.yesterday.map(money),
                self.usual.map(money),
            ]);
        }
        vec![table]
    }

    fn rows(&self) -> Option<Rows> {
        let (list, first) = if self.tags.is_some() { ("tags", "value") } else { ("services", "service") };
        Some(Rows::new(list, &[first, "month", "share", "yesterday", "usual"]))
    }

    fn notes(&self) -> Vec<String> {
        let mut notes: Vec<String> = self.untagged().into_iter().collect();
        match (self.forecast, &self.no_forecast) {
            (Some(forecast), _) => notes.push(format!("forecast for the whole month: {forecast:.2} {}", self.currency)),
            (None, why) => {
                let why = why.as_deref().unwrap_or("Cost Explorer does not say");
                notes.push(format!("! there is no forecast: {why}"));
            }
        }
        for budget in self.budgets.iter().flatten() {
            let BudgetDto { name, every, limit, spent, forecast, currency, exceeded } = budget;
            let sign = if *exceeded { "▲ " } else { "" };
            let ahead = forecast.map(|forecast| format!(", {forecast:.2} by its end")).unwrap_or_default();
            let every = every.to_lowercase();
            notes.push(format!("{sign}budget {name} ({every}): {spent:.2} of {limit:.2} {currency}{ahead}"));
        }
        notes.extend(self.no_budgets.iter().map(|why| format!("! budgets could not be read: {why}")));
        if let Some(more) = self.unusual {
            notes.push(format!("▲ yesterday was {:.0} % above the usual", more * 100.0));
        }
        let age = self.read_at.parse().ok().map(|at| time::age(Some(at), self.shown.now));
        if let Some(age) = age {
            notes.push(format!("read {age} ago; Cost Explorer is read once a day, as each request costs $0.01"));
        }
        notes
    }
}

impl Cost {
    /// Returns a note if nothing was charged for a tag: Cost Explorer returns the same for a tag that is not activated.
    fn untagged(&self) -> Option<String> {
        let why = "nothing has it, or it is not activated for cost allocation";
        let nothing = self.services.is_empty() && self.tags.is_none();
        if let Some(tag) = self.tag.as_ref().filter(|_| nothing) {
            return Some(format!("! nothing was charged for the tag {tag}: {why}"));
        }
        let tags = self.tags.as_ref()?;
        let without_values = tags.iter().all(|one| one.value.is_none());
        without_values.then(|| format!("! no value of {} was charged: {why}", self.by))
    }
}
