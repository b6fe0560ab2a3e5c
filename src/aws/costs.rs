//! Cost Explorer: an account's costs by day and service, and the forecast for the month. Each request costs $0.01.

use super::budget::Class;
use super::pages::{AnswerSender, PageGuard};
use super::protocols::json;
use super::session::{Action, Caller};
use super::signed::Service;
use crate::feeds::aws::{CostQuery, Fact};
use crate::model::costs::{Budget, Costs, Day};
use crate::model::{Failure, FailureKind};
use jiff::civil::Date;
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(super) const GET_COST_AND_USAGE: Action = Action { name: "ce:GetCostAndUsage", class: Class::Costs };
pub(super) const GET_COST_FORECAST: Action = Action { name: "ce:GetCostForecast", class: Class::Costs };
/// Cost Explorer uses one region for all accounts.
const COST_EXPLORER: Service = Service("ce", Some("us-east-1"));
const TARGET: &str = "AWSInsightsIndexService";

pub(super) const DESCRIBE_BUDGETS: Action = Action { name: "budgets:DescribeBudgets", class: Class::Costs };
/// AWS Budgets uses one region for all accounts.
pub(super) const BUDGETS: Service = Service("budgets", Some("us-east-1"));
pub(super) const BUDGETS_TARGET: &str = "AWSBudgetServiceGateway";

/// Reads the costs. If only the forecast fails (it needs some weeks of history), the rest is returned.
pub(super) async fn costs(caller: &Caller<'_>, answers: &AnswerSender<'_>, of: &CostQuery) -> Result<(), Failure> {
    let filter = of.tag.as_ref().map(|(key, value)| json!({"Tags": {"Key": key, "Values": [value]}}));
    let mut costs = Costs { currency: "USD".to_owned(), read_at: of.now, ..Costs::default() };
    let mut days: BTreeMap<Date, BTreeMap<String, f64>> = BTreeMap::new();
    let mut guard = PageGuard::default();
    let mut token: Option<String> = None;
    loop {
        let mut body = json!({
            "TimePeriod": {"Start": of.from.to_string(), "End": of.to.to_string()},
            "Granularity": "DAILY",
            "Metrics": ["UnblendedCost"],
            "GroupBy": [match &of.group_by_tag {
                None => json!({"Type": "DIMENSION", "Key": "SERVICE"}),
                Some(key) => json!({"Type": "TAG", "Key": key}),
            }],
        });
        if let Some(filter) = &filter {
            body["Filter"] = filter.clone();
        }
        if let Some(token) = &token {
            body["NextPageToken"] = json!(token);
        }
        let page = caller.json(&json(GET_COST_AND_USAGE, COST_EXPLORER, TARGET, &body)).await.map_err(with_hint)?;
        take(&page, of.group_by_tag.as_deref(), &mut days, &mut costs.currency);
        let next = page.get("NextPageToken").and_then(Value::as_str).map(str::to_owned);
        token = guard.next_token(GET_COST_AND_USAGE.name, next)?;
        if token.is_none() {
            break;
        }
    }
    costs.days = days.into_iter().map(|(date, by)| Day { date, by }).collect();
    if let Some((from, to)) = of.forecast {
        let mut body = json!({
            "TimePeriod": {"Start": from.to_string(), "End": to.to_string()},
            "Metric": "UNBLENDED_COST",
            "Granularity": "MONTHLY",
        });
        if let Some(filter) = filter {
            body["Filter"] = filter;
        }
        match caller.json(&json(GET_COST_FORECAST, COST_EXPLORER, TARGET, &body)).await {
            Ok(answer) => {
                costs.rest = answer.pointer("/Total/Amount").and_then(amount);
                if costs.rest.is_none() {
                    costs.no_forecast = Some(format!("{}: the answer has no amount", GET_COST_FORECAST.name));
                }
            }
            Err(failure) if failure.kind == FailureKind::Credentials => return Err(failure),
            Err(failure) => costs.no_forecast = Some(failure.to_string()),
        }
    } else {
        costs.rest = Some(0.0);
    }
    // Reading them is free; the rest is returned without them.
    match all_budgets(caller, &of.account).await {
        Ok(found) => costs.budgets = found,
        Err(failure) if failure.kind == FailureKind::Credentials => return Err(failure),
        Err(failure) if failure.kind == FailureKind::NotFound => {}
        Err(failure) => costs.no_budgets = Some(failure.to_string()),
    }
    answers.last(Fact::Costs(Box::new(costs))).await;
    Ok(())
}

/// Returns the budgets of an account, from all pages.
async fn all_budgets(caller: &Caller<'_>, account: &str) -> Result<Vec<Budget>, Failure> {
    let (mut found, mut guard, mut token) = (Vec::new(), PageGuard::default(), None::<String>);
    loop {
        let mut body = json!({"AccountId": account, "MaxResults": 100});
        if let Some(token) = &token {
            body["NextToken"] = json!(token);
        }
        let page = caller.json(&json(DESCRIBE_BUDGETS, BUDGETS, BUDGETS_TARGET, &body)).await?;
        found.extend(budgets(&page));
        let next = page.get("NextToken").and_then(Value::as_str).map(str::to_owned);
        token = guard.next_token(DESCRIBE_BUDGETS.name, next)?;
        if token.is_none() {
            return Ok(found);
        }
    }
}

/// Adds a hint. AWS uses the same error code for a missing permission and for Cost Explorer that was never enabled.
fn with_hint(failure: Failure) -> Failure {
    match failure.kind {
        FailureKind::Denied => failure.with_hint(
            "either this identity is not allowed to (allow ce:GetCostAndUsage), or Cost Explorer was never enabled: open it once in the \
             billing console (in an organization its management account does that, and grants access to the others); its data \
             appears a day later",
        ),
        FailureKind::NotFound => failure.with_hint(
            "Cost Explorer has no data for this time yet: in an account where it was enabled today, data appears within a day",
        ),
        _ => failure,
    }
}

/// Parses the cost budgets; usage and reservation budgets have other units.
fn budgets(answer: &Value) -> Vec<Budget> {
    let all = answer.get("Budgets").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let text = |budget: &Value, key: &str| budget.get(key).and_then(Value::as_str).map(str::to_owned);
    let of_cost = all.iter().filter(|budget| budget.get("BudgetType").and_then(Value::as_str) == Some("COST"));
    let read = |budget: &Value| {
        Some(Budget {
            name: text(budget, "BudgetName")?,
            every: text(budget, "TimeUnit")?,
            limit: budget.pointer("/BudgetLimit/Amount").and_then(amount)?,
            spent: budget.pointer("/CalculatedSpend/ActualSpend/Amount").and_then(amount)?,
            forecast: budget.pointer("/CalculatedSpend/ForecastedSpend/Amount").and_then(amount),
            currency: budget.pointer("/BudgetLimit/Unit").and_then(Value::as_str)?.to_owned(),
        })
    };
    of_cost.filter_map(read).collect()
}

/// Parses an amount, which Cost Explorer sends as a string.
fn amount(value: &Value) -> Option<f64> {
    value.as_str()?.parse::<f64>().ok().filter(|value| value.is_finite())
}

/// Collects the groups of a page: services, or values of a tag, which arrive as `KEY$VALUE`; a missing tag is empty.
fn take(page: &Value, by: Option<&str>, days: &mut BTreeMap<Date, BTreeMap<String, f64>>, currency: &mut String) {
    let results = page.get("ResultsByTime").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    for result in results {
        let date = result.pointer("/TimePeriod/Start").and_then(Value::as_str).and_then(|date| date.parse().ok());
        let Some(date) = date else { continue };
        let day = days.entry(date).or_default();
        let groups = result.get("Groups").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        for group in groups {
            let service = group.pointer("/Keys/0").and_then(Value::as_str).and_then(|text| named(text, by));
            let cost = group.pointer("/Metrics/UnblendedCost/Amount").and_then(amount);
            let (Some(service), Some(cost)) = (service, cost) else { continue };
            *day.entry(service.to_owned()).or_default() += cost;
            if let Some(unit) = group.pointer("/Metrics/UnblendedCost/Unit").and_then(Value::as_str) {
                unit.clone_into(currency);
            }
        }
    }
}

fn named<'a>(text: &'a str, by: Option<&str>) -> Option<&'a str> {
    match by {
        None => Some(text),
        Some(key) => text.strip_prefix(key)?.strip_prefix('$'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cost_budgets_are_read_and_others_skipped() {
        let amount = |amount: &str| json!({"Amount": amount, "Unit": "USD"});
        let budget = |name: &str, kind: &str| {
            json!({
                "BudgetName": name, "BudgetType": kind, "TimeUnit": "MONTHLY", "BudgetLimit": amount("250.0"),
                "CalculatedSpend": {"ActualSpend": amount("99.5")},
            })
        };
        let found =
            budgets(&json!({"Budgets": [budget("all", "COST"), budget("hours", "USAGE"), {"BudgetType": "COST"}]}));
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].name.as_str(), found[0].limit, found[0].spent, found[0].forecast),
            ("all", 250.0, 99.5, None)
        );
    }

    #[test]
    fn amounts_are_read_by_day_and_service() {
        let group = |service: &str, amount: &str| json!({"Keys": [service], "Metrics": {"UnblendedCost": {"Amount": amount, "Unit": "EUR"}}});
        let page = json!({"ResultsByTime": [
            {"TimePeriod": {"Start": "2026-11-01", "End": "2026-11-02"}, "Groups": [group("ECS", "1.5"), group("RDS", "x")]},
            {"TimePeriod": {"Start": "nonsense"}, "Groups": [group("ECS", "9")]},
        ]});
        let (mut days, mut currency) = (BTreeMap::new(), String::new());
        take(&page, None, &mut days, &mut currency);
        assert_eq!(days.len(), 1);
        assert_eq!(days.values().next(), Some(&[("ECS".to_owned(), 1.5)].into()));
        assert_eq!(currency, "EUR");
        let groups = [group("Environment$prod", "2"), group("Environment$", "1"), group("Other$x", "9")];
        let page =
            json!({"ResultsByTime": [{"TimePeriod": {"Start": "2026-11-01", "End": "2026-11-02"}, "Groups": groups}]});
        let mut days = BTreeMap::new();
        take(&page, Some("Environment"), &mut days, &mut currency);
        assert_eq!(days.values().next(), Some(&[(String::new(), 1.0), ("prod".to_owned(), 2.0)].into()));
    }
}
