//! Cost Explorer and Budgets: the daily costs of the account by service, derived from its resources, and a forecast.

use super::{ApiError, Call};
use crate::account::ACCOUNT;
use crate::clock::timestamp;
use crate::rng;
use crate::wire::{Node, list, map};
use crate::world::World;
use crate::world::billing::CostExplorer;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Runs an operation of Cost Explorer.
pub(crate) fn call(operation: &str, call: &mut Call<'_>) -> Result<Node, ApiError> {
    // AWS answers like this; Budgets are available even without Cost Explorer.
    match (call.world.cost_explorer, operation) {
        (CostExplorer::Off, "GetCostAndUsage" | "GetCostForecast") => {
            return Err(ApiError::client("AccessDeniedException", "User not enabled for cost explorer access"));
        }
        (CostExplorer::New, "GetCostAndUsage" | "GetCostForecast") => {
            let text = "Data is not available. Please try to adjust the time period. If just enabled Cost Explorer, data might \
                        not be ingested yet";
            return Err(ApiError::client("DataUnavailableException", text));
        }
        _ => {}
    }
    match operation {
        "GetCostAndUsage" => usage(call),
        "GetCostForecast" => forecast(call),
        "DescribeBudgets" => budgets(call),
        _ => Err(ApiError::unknown_operation(operation)),
    }
}

fn invalid(message: &str) -> ApiError {
    ApiError::client("ValidationException", message)
}

fn period(call: &Call<'_>) -> Result<(Date, Date), ApiError> {
    let period = call.input.get("TimePeriod").ok_or_else(|| invalid("TimePeriod is required."))?;
    let day = |key: &str| period.str(key).and_then(|text| text.parse::<Date>().ok());
    let (Some(start), Some(end)) = (day("Start"), day("End")) else {
        return Err(invalid("Start time and end time must be of the form yyyy-MM-dd."));
    };
    if start >= end {
        return Err(invalid("Start date (and hour) should be before end date (and hour)"));
    }
    Ok((start, end))
}

fn today(world: &World) -> Date {
    timestamp(world.now).to_zoned(TimeZone::UTC).date()
}

/// The costs of a day by service in dollars: tasks, databases, balancers and gateways.
fn day(world: &World, date: Date) -> Vec<(&'static str, f64)> {
    let busy = 1.0 + 0.1 * rng::noise(world.seed ^ 0xc057, i64::from(date.day()) + 31 * i64::from(date.month()));
    let tasks: u32 = world.services.iter().map(|service| service.desired).sum();
    let databases = world.databases.instances.len() as f64;
    let balancers = world.balancers.len() as f64;
    vec![
        ("Amazon Elastic Container Service", f64::from(tasks) * 0.74 * busy),
        ("Amazon Relational Database Service", databases * 1.92 * busy),
        ("Amazon Elastic Load Balancing", balancers * 0.66),
        ("EC2 - Other", balancers * 1.49 * busy),
        ("AmazonCloudWatch", 0.31 * busy),
        ("AWS WAF", balancers * 0.23),
    ]
}

fn money(amount: f64) -> Node {
    map! {"Amount": format!("{amount:.10}"), "Unit": "USD"}
}

/// The share of each cost that each value of a tag has. Costs outside the environments have the empty value, and no
/// other tag is activated.
fn shares(key: &str) -> &'static [(&'static str, f64)] {
    if key == "Environment" { &[("prod", 0.6), ("staging", 0.3), ("", 0.1)] } else { &[("", 1.0)] }
}

/// The share of the costs that a filter selects.
fn selected_share(input: &Node) -> Result<f64, ApiError> {
    let Some(filter) = input.get("Filter") else { return Ok(1.0) };
    let tags = filter.get("Tags").ok_or_else(|| invalid("Only filters by tags are simulated."))?;
    let (key, values) = (tags.str("Key").unwrap_or_default(), tags.strings("Values"));
    let shares = shares(key).iter().filter(|(value, _)| values.iter().any(|wanted| wanted == value));
    Ok(shares.map(|(_, share)| share).sum())
}

fn usage(call: &Call<'_>) -> Result<Node, ApiError> {
    let (start, end) = period(call)?;
    let input = call.input;
    if input.str("Granularity") != Some("DAILY") {
        return Err(invalid("Only the granularity DAILY is simulated."));
    }
    let metrics = input.strings("Metrics");
    if metrics != ["UnblendedCost"] {
        return Err(invalid("Only the metric UnblendedCost is simulated."));
    }
    let group_by = input.items("GroupBy").first().and_then(|group| group.str("Key").zip(group.str("Type")));
    let tag = group_by.filter(|(_, kind)| *kind == "TAG").map(|(key, _)| key);
    let grouped = tag.is_some() || group_by == Some(("SERVICE", "DIMENSION"));
    let share = selected_share(input)?;
    let now = today(call.world);
    let mut results = Vec::new();
    let mut at = start;
    while at < end {
        let next = at.tomorrow().map_err(|_| invalid("The end date is too far away."))?;
        let mut costs: Vec<(String, f64)> = if at > now {
            Vec::new()
        } else {
            day(call.world, at).into_iter().map(|(name, cost)| (name.to_owned(), cost * share)).collect()
        };
        let total: f64 = costs.iter().map(|(_, cost)| cost).sum();
        if let Some(key) = tag.filter(|_| !costs.is_empty()) {
            costs = shares(key).iter().map(|(value, share)| (format!("{key}${value}"), total * share)).collect();
        }
        let group = |(service, cost): &(String, f64)| {
            map! {"Keys": list([service.as_str()]), "Metrics": map! {"UnblendedCost": money(*cost)}}
        };
        let groups: Vec<Node> = if grouped { costs.iter().map(group).collect() } else { Vec::new() };
        let total_node = if grouped {
            Node::empty()
        } else {
            map! {"UnblendedCost": money(total)}
        };
        results.push(map! {
            "TimePeriod": map! {"Start": at.to_string(), "End": next.to_string()},
            "Total": total_node,
            "Groups": list(groups),
            // Cost Explorer's figures settle within two days.
            "Estimated": at >= now.saturating_sub(jiff::Span::new().days(1)),
        });
        at = next;
    }
    let definitions = input.items("GroupBy").iter().map(|group| {
        map! {"Type": group.str("Type").unwrap_or("DIMENSION"), "Key": group.str("Key").unwrap_or_default()}
    });
    Ok(map! {
        "GroupDefinitions": list(definitions),
        "ResultsByTime": list(results),
        "DimensionValueAttributes": list(Vec::<Node>::new()),
    })
}

/// A single monthly cost budget.
fn budgets(call: &Call<'_>) -> Result<Node, ApiError> {
    if call.input.str("AccountId") != Some(ACCOUNT) {
        return Err(ApiError::client("AccessDeniedException", "Account ID does not match the account of the caller."));
    }
    let today = today(call.world);
    let after = |date: Date| date.tomorrow().map_err(|_| invalid("The end date is too far away."));
    let of = |from: Date, to: Date| {
        let mut total = 0.0;
        let mut at = from;
        while at < to {
            total += day(call.world, at).iter().map(|(_, cost)| cost).sum::<f64>();
            at = after(at)?;
        }
        Ok::<f64, ApiError>(total)
    };
    let (first, end) = (today.first_of_month(), after(today.last_of_month())?);
    // Including today, as in Cost Explorer.
    let (spent, month) = (of(first, after(today)?)?, of(first, end)?);
    // A round figure above the month's cost, so that a calm world stays within it.
    let limit = (month * 1.2 / 50.0).ceil() * 50.0;
    Ok(map! {"Budgets": list([map! {
        "BudgetName": "monthly",
        "BudgetType": "COST",
        "TimeUnit": "MONTHLY",
        "BudgetLimit": money(limit),
        "CalculatedSpend": map! {"ActualSpend": money(spent), "ForecastedSpend": money(month)},
    }])})
}

fn forecast(call: &Call<'_>) -> Result<Node, ApiError> {
    let (start, end) = period(call)?;
    let share = selected_share(call.input)?;
    if start < today(call.world) {
        return Err(invalid("Start date cannot be in the past"));
    }
    let mut total = 0.0;
    let mut at = start;
    while at < end {
        total += share * day(call.world, at).iter().map(|(_, cost)| cost).sum::<f64>();
        at = at.tomorrow().map_err(|_| invalid("The end date is too far away."))?;
    }
    Ok(map! {
        "Total": money(total),
        "ForecastResultsByTime": list([map! {
            "TimePeriod": map! {"Start": start.to_string(), "End": end.to_string()},
            "MeanValue": format!("{total:.10}"),
        }]),
    })
}
