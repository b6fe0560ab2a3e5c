//! The costs of an account by day and service, from Cost Explorer, and the figures derived from them.

use crate::timer::{Power, Timer};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The maximum age of the figures. They are read once per UTC day: each request costs a cent, and Cost Explorer updates
/// its figures only a few times a day.
pub const AGE: SignedDuration = SignedDuration::from_hours(24);
/// Number of days before yesterday that define the usual cost.
pub const USUAL_DAYS: i64 = 14;
/// The minimum number of days needed for a comparison.
const MIN_DAYS: usize = 4;

/// The costs as read at one time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Costs {
    pub read_at: Timestamp,
    /// `USD`.
    pub currency: String,
    /// Each day's costs by service, oldest first. The figures of the last two days still grow.
    pub days: Vec<Day>,
    /// The expected costs of the rest of the month; `None` if there is no forecast.
    pub rest: Option<f64>,
    /// The reason why there is no forecast.
    pub no_forecast: Option<String>,
    /// The cost budgets of the account.
    #[serde(default)]
    pub budgets: Vec<Budget>,
    /// The reason why the budgets are unknown.
    #[serde(default)]
    pub no_budgets: Option<String>,
}

impl Costs {
    /// Whether they were read on the current UTC day. Figures of the day before lack most of yesterday and, on the
    /// first of a month, the whole month.
    pub fn were_read_today(&self, now: Timestamp) -> bool {
        today(self.read_at) == today(now)
    }
}

/// Returns the date at `now` as Cost Explorer counts days: in UTC.
pub fn today(now: Timestamp) -> Date {
    now.to_zoned(TimeZone::UTC).date()
}

/// A budget, in its own currency.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Budget {
    pub name: String,
    /// `MONTHLY`, `QUARTERLY`, …
    pub every: String,
    pub limit: f64,
    /// The costs of the current period so far.
    pub spent: f64,
    /// The expected costs of the whole period.
    pub forecast: Option<f64>,
    /// `USD`.
    pub currency: String,
}

impl Budget {
    /// Returns the spent fraction: 1.0 is the whole budget.
    pub fn part(&self) -> Option<f64> {
        (self.limit > 0.0).then(|| self.spent / self.limit)
    }

    /// Whether it is exceeded or forecast to be.
    pub fn is_exceeded(&self) -> bool {
        self.spent > self.limit || self.forecast.is_some_and(|forecast| forecast > self.limit)
    }
}

/// The costs of one day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Day {
    pub date: Date,
    pub by: BTreeMap<String, f64>,
}

impl Day {
    /// The total of all services.
    pub fn total(&self) -> f64 {
        self.by.values().sum()
    }
}

/// The costs of one service.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    pub service: String,
    /// The current month so far.
    pub month: f64,
    pub yesterday: f64,
    /// The median of the days before yesterday.
    pub usual: Option<f64>,
}

/// The figures to display.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CostSummary {
    /// The current month so far.
    pub month: f64,
    /// The forecast for the whole current month.
    pub forecast: Option<f64>,
    pub yesterday: Option<f64>,
    /// The median of the days before yesterday.
    pub usual: Option<f64>,
    /// The costs by service, the most expensive first; services without costs are left out.
    pub parts: Vec<Part>,
}

/// Returns the range of days to read on a given day; the end is exclusive.
pub fn days_to_read(today: Date) -> (Date, Date) {
    let back = today.saturating_sub(jiff::Span::new().days(USUAL_DAYS + 1));
    (back.min(today.first_of_month()), today.saturating_add(jiff::Span::new().days(1)))
}

/// Returns the range of days to forecast, the end exclusive; `None` on the last day of a month.
pub fn days_to_forecast(today: Date) -> Option<(Date, Date)> {
    let end = today.last_of_month().saturating_add(jiff::Span::new().days(1));
    let start = today.saturating_add(jiff::Span::new().days(1));
    (start < end).then_some((start, end))
}

/// Returns the figures as of a day.
pub fn summarize(costs: &Costs, today: Date) -> CostSummary {
    let yesterday = today.saturating_sub(jiff::Span::new().days(1));
    let first = today.first_of_month();
    let of_month = || costs.days.iter().filter(|day| day.date >= first && day.date <= today);
    let before: Vec<&Day> = costs.days.iter().filter(|day| day.date < yesterday).collect();
    let before = &before[before.len().saturating_sub(usize::try_from(USUAL_DAYS).unwrap_or(0))..];
    let mut month: BTreeMap<&str, f64> = BTreeMap::new();
    for (service, cost) in of_month().flat_map(|day| &day.by) {
        *month.entry(service).or_default() += cost;
    }
    let last = costs.days.iter().find(|day| day.date == yesterday);
    let mut parts: Vec<Part> = month
        .iter()
        .map(|(service, month)| Part {
            service: (*service).to_owned(),
            month: *month,
            yesterday: last.and_then(|day| day.by.get(*service)).copied().unwrap_or(0.0),
            usual: median(before.iter().map(|day| day.by.get(*service).copied().unwrap_or(0.0)).collect()),
        })
        .filter(|part| part.month.abs() >= 0.005 || part.yesterday.abs() >= 0.005)
        .collect();
    parts.sort_by(|a, b| b.month.total_cmp(&a.month).then_with(|| a.service.cmp(&b.service)));
    let total: f64 = month.values().sum();
    CostSummary {
        month: total,
        forecast: costs.rest.map(|rest| total + rest),
        yesterday: last.map(Day::total),
        usual: median(before.iter().map(|day| day.total()).collect()),
        parts,
    }
}

/// Cost Explorer's name for the service whose tasks a schedule stops.
const TASKS: &str = "Amazon Elastic Container Service";
/// Maximum number of occurrences of a schedule to examine.
const MAX_OCCURRENCES: usize = 200;

/// Returns the fraction of the coming week in which schedules keep the environment stopped; `None` unless they both
/// stop and start it.
pub fn stopped_fraction(timers: &[Timer], now: Timestamp) -> Option<f64> {
    let week = SignedDuration::from_hours(7 * 24);
    let end = now.checked_add(week).ok()?;
    let mut times: Vec<(Timestamp, Power)> = Vec::new();
    for timer in timers.iter().filter(|timer| timer.enabled) {
        let Some(power) = timer.power() else { continue };
        let mut at = now;
        for _ in 0..MAX_OCCURRENCES {
            match timer.next(at).filter(|next| *next < end && *next > at) {
                Some(next) => (times, at) = (with(times, (next, power)), next),
                None => break,
            }
        }
    }
    times.sort_by_key(|(at, _)| *at);
    let both = [Power::Stop, Power::Start].iter().all(|wanted| times.iter().any(|(_, power)| power == wanted));
    let (_, first) = times.first().filter(|_| both)?;
    let mut stopped = SignedDuration::ZERO;
    // If a start comes first, the environment is stopped now.
    let mut since = (*first == Power::Start).then_some(now);
    for (at, power) in &times {
        match (power, since) {
            (Power::Stop, None) => since = Some(*at),
            (Power::Start, Some(from)) => {
                stopped += at.duration_since(from);
                since = None;
            }
            (Power::Stop, Some(_)) | (Power::Start, None) => {}
        }
    }
    if let Some(from) = since {
        stopped += end.duration_since(from);
    }
    Some(stopped.as_secs_f64() / week.as_secs_f64())
}

fn with<T>(mut list: Vec<T>, one: T) -> Vec<T> {
    list.push(one);
    list
}

/// Returns roughly how much more a month's tasks would cost if they never stopped, from their current costs and the
/// fraction of time in which they are stopped.
pub fn schedule_savings(told: &CostSummary, stopped: f64) -> Option<f64> {
    let tasks = told.parts.iter().find(|part| part.service == TASKS)?.month;
    let whole_month = if told.month > 0.0 { tasks * told.forecast? / told.month } else { return None };
    (stopped > 0.0 && stopped < 0.95).then(|| whole_month * stopped / (1.0 - stopped))
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    (values.len() >= MIN_DAYS).then(|| values[values.len() / 2])
}

/// Returns by which fraction a day exceeds the usual costs; `None` below a quarter or below one unit of the currency.
pub fn unusual_increase(day: f64, usual: f64) -> Option<f64> {
    let more = day - usual;
    (usual > 0.0 && more >= usual * 0.25 && more >= 1.0).then(|| more / usual)
}

/// Rounds an amount to cents.
pub fn cents(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn costs(today: Date) -> Costs {
        let (from, to) = days_to_read(today);
        let mut days = Vec::new();
        let mut day = from;
        while day < to {
            let ecs = if day.day() == 9 { 30.0 } else { 10.0 };
            days.push(Day {
                date: day,
                by: [("ECS".to_owned(), ecs), ("RDS".to_owned(), 4.0), ("S3".to_owned(), 0.0)].into(),
            });
            day = day.tomorrow().expect("a day");
        }
        Costs { days, rest: Some(100.0), currency: "USD".into(), ..Costs::default() }
    }

    #[test]
    fn month_and_yesterday_are_compared_with_the_usual() {
        let figures = summarize(&costs(date(2026, 11, 10)), date(2026, 11, 10));
        assert_eq!((figures.month, figures.forecast), (160.0, Some(260.0)));
        assert_eq!((figures.yesterday, figures.usual), (Some(34.0), Some(14.0)));
        assert_eq!(figures.parts.iter().map(|part| part.service.as_str()).collect::<Vec<_>>(), ["ECS", "RDS"]);
        assert!(unusual_increase(34.0, 14.0).is_some());
        assert!(unusual_increase(14.5, 14.0).is_none());
        assert!(unusual_increase(1.0, 0.0).is_none());
    }

    #[test]
    fn last_day_has_no_forecast_and_early_days_include_the_previous_month() {
        assert_eq!(days_to_forecast(date(2026, 11, 30)), None);
        assert_eq!(days_to_forecast(date(2026, 11, 29)), Some((date(2026, 11, 30), date(2026, 12, 1))));
        assert_eq!(days_to_read(date(2026, 12, 1)), (date(2026, 11, 16), date(2026, 12, 2)));
        assert_eq!(days_to_read(date(2026, 11, 29)).0, date(2026, 11, 1));
    }

    #[test]
    fn schedule_saves_the_cost_of_stopped_tasks() {
        let timer = |expression: &str, action: &str| Timer {
            name: action.into(),
            expression: expression.into(),
            timezone: Some("Asia/Tokyo".into()),
            enabled: true,
            input: format!(r#"{{"action":"{action}"}}"#),
            ..Timer::default()
        };
        // Every day from 22:00 to 10:00: half of the time.
        let timers = [timer("cron(0 22 * * ? *)", "stop"), timer("cron(0 10 * * ? *)", "start")];
        let now: Timestamp = "2026-11-20T05:00:00Z".parse().expect("a time");
        let part = stopped_fraction(&timers, now).expect("both");
        assert!((part - 0.5).abs() < 0.01, "{part}");
        assert_eq!(stopped_fraction(&timers[..1], now), None, "nothing starts it again");
        let parts = vec![Part { service: TASKS.into(), month: 40.0, yesterday: 2.0, usual: None }];
        let told = CostSummary { month: 100.0, forecast: Some(150.0), parts, ..CostSummary::default() };
        assert_eq!(schedule_savings(&told, 0.5), Some(60.0));
        assert_eq!(schedule_savings(&CostSummary { forecast: None, ..told }, 0.5), None);
    }

    #[test]
    fn budget_is_exceeded_by_spent_or_forecast_costs() {
        let budget = |spent, forecast| Budget {
            name: "monthly".into(),
            every: "MONTHLY".into(),
            limit: 100.0,
            spent,
            forecast,
            currency: "USD".into(),
        };
        assert!(!budget(40.0, Some(90.0)).is_exceeded() && budget(40.0, Some(101.0)).is_exceeded());
        assert!(budget(101.0, None).is_exceeded());
        assert_eq!(budget(40.0, None).part(), Some(0.4));
        assert_eq!(Budget { limit: 0.0, ..budget(1.0, None) }.part(), None);
    }

    proptest! {
        #[test]
        fn parts_add_up_to_the_month(values in proptest::collection::vec(0.0f64..1e6, 1..200)) {
            let today = date(2026, 11, 20);
            let days = values.iter().enumerate().map(|(place, value)| Day {
                date: date(2026, 11, 1 + (place % 20) as i8),
                by: [(format!("s{}", place % 7), *value)].into(),
            });
            let figures = summarize(&Costs { days: days.collect(), ..Costs::default() }, today);
            let parts: f64 = figures.parts.iter().map(|part| part.month).sum();
            prop_assert!((parts - figures.month).abs() <= 0.05 + figures.month * 1e-9);
            prop_assert!(figures.parts.windows(2).all(|pair| pair[0].month >= pair[1].month));
        }
    }
}
