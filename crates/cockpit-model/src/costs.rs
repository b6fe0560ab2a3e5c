//! The costs of an account: by day and service, as Cost Explorer tells it, and what follows from that.

use crate::timer::{Power, Timer};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// They are read once a day of UTC: each request costs a cent, and Cost Explorer has new figures a few times a day.
pub const AGE: SignedDuration = SignedDuration::from_hours(24);
/// How many days before yesterday tell what is usual.
pub const USUAL: i64 = 14;
/// Fewer days than this are too few to compare with.
const LEAST: usize = 4;

/// The costs as they were read, and when.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Costs {
    pub read_at: Timestamp,
    /// `USD`.
    pub currency: String,
    /// Each day by service, oldest first. Those of the last two days grow still.
    pub days: Vec<Day>,
    /// The expected costs of the rest of the month; none where they cannot be told.
    pub rest: Option<f64>,
    /// Why it cannot be told.
    pub no_forecast: Option<String>,
    /// Budgets of the account over its cost.
    #[serde(default)]
    pub budgets: Vec<Budget>,
    /// Why they are not known.
    #[serde(default)]
    pub no_budgets: Option<String>,
}

impl Costs {
    /// Whether they were read on the day of UTC that it is now. Those of the day before lack most of yesterday, and on the first of
    /// a month the whole month.
    pub fn are_of_today(&self, now: Timestamp) -> bool {
        today(self.read_at) == today(now)
    }
}

/// The day at a moment, as Cost Explorer counts days: in UTC.
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
    /// Of this period until now.
    pub spent: f64,
    /// The expected costs of the whole period.
    pub forecast: Option<f64>,
    /// `USD`.
    pub currency: String,
}

impl Budget {
    /// The part of it that is spent: 1.0 is all of it.
    pub fn part(&self) -> Option<f64> {
        (self.limit > 0.0).then(|| self.spent / self.limit)
    }

    /// Whether it is exceeded, or will be.
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
    /// All services together.
    pub fn total(&self) -> f64 {
        self.by.values().sum()
    }
}

/// A service's part of the month.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    pub service: String,
    /// This month until now.
    pub month: f64,
    pub yesterday: f64,
    /// The middle of the days before.
    pub usual: Option<f64>,
}

/// The figures that are shown of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Told {
    /// This month until now.
    pub month: f64,
    /// This month to its end.
    pub forecast: Option<f64>,
    pub yesterday: Option<f64>,
    /// The middle of the days before.
    pub usual: Option<f64>,
    /// The dearest first; those of nothing are left out.
    pub parts: Vec<Part>,
}

/// The days (the last not included) that are read on a day.
pub fn span(today: Date) -> (Date, Date) {
    let back = today.saturating_sub(jiff::Span::new().days(USUAL + 1));
    (back.min(today.first_of_month()), today.saturating_add(jiff::Span::new().days(1)))
}

/// The days (the last not included) that are forecast; none on the last day of a month in which nothing is left.
pub fn ahead(today: Date) -> Option<(Date, Date)> {
    let end = today.last_of_month().saturating_add(jiff::Span::new().days(1));
    let start = today.saturating_add(jiff::Span::new().days(1));
    (start < end).then_some((start, end))
}

/// The figures as of a day.
pub fn told(costs: &Costs, today: Date) -> Told {
    let yesterday = today.saturating_sub(jiff::Span::new().days(1));
    let first = today.first_of_month();
    let of_month = || costs.days.iter().filter(|day| day.date >= first && day.date <= today);
    let before: Vec<&Day> = costs.days.iter().filter(|day| day.date < yesterday).collect();
    let before = &before[before.len().saturating_sub(usize::try_from(USUAL).unwrap_or(0))..];
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
    Told {
        month: total,
        forecast: costs.rest.map(|rest| total + rest),
        yesterday: last.map(Day::total),
        usual: median(before.iter().map(|day| day.total()).collect()),
        parts,
    }
}

/// Cost Explorer's name of the service whose tasks a schedule stops.
const TASKS: &str = "Amazon Elastic Container Service";
/// Times of a schedule that are looked at.
const TIMES: usize = 200;

/// The part of the coming week in which schedules have the environment stopped; none where they do not both stop and start
/// it.
pub fn stopped_part(timers: &[Timer], now: Timestamp) -> Option<f64> {
    let week = SignedDuration::from_hours(7 * 24);
    let end = now.checked_add(week).ok()?;
    let mut times: Vec<(Timestamp, Power)> = Vec::new();
    for timer in timers.iter().filter(|timer| timer.enabled) {
        let Some(power) = timer.power() else { continue };
        let mut at = now;
        for _ in 0..TIMES {
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
    // Before it is started for the first time it stands still.
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

/// About what a month's tasks would cost more if they were never stopped, from what they cost now and the part of the time
/// in which they are.
pub fn saved(told: &Told, stopped: f64) -> Option<f64> {
    let tasks = told.parts.iter().find(|part| part.service == TASKS)?.month;
    let whole = if told.month > 0.0 { tasks * told.forecast? / told.month } else { return None };
    (stopped > 0.0 && stopped < 0.95).then(|| whole * stopped / (1.0 - stopped))
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    (values.len() >= LEAST).then(|| values[values.len() / 2])
}

/// The share of the usual costs by which a day is above them, where it is at least a quarter and one unit of money.
pub fn unusual(day: f64, usual: f64) -> Option<f64> {
    let more = day - usual;
    (usual > 0.0 && more >= usual * 0.25 && more >= 1.0).then(|| more / usual)
}

/// An amount to the cent.
pub fn cents(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn costs(today: Date) -> Costs {
        let (from, to) = span(today);
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
    fn the_month_and_yesterday_against_the_usual_are_told() {
        let told = told(&costs(date(2026, 11, 10)), date(2026, 11, 10));
        assert_eq!((told.month, told.forecast), (160.0, Some(260.0)));
        assert_eq!((told.yesterday, told.usual), (Some(34.0), Some(14.0)));
        assert_eq!(told.parts.iter().map(|part| part.service.as_str()).collect::<Vec<_>>(), ["ECS", "RDS"]);
        assert!(unusual(34.0, 14.0).is_some());
        assert!(unusual(14.5, 14.0).is_none());
        assert!(unusual(1.0, 0.0).is_none());
    }

    #[test]
    fn at_the_end_of_a_month_nothing_is_forecast_and_early_in_it_the_days_before_are_read() {
        assert_eq!(ahead(date(2026, 11, 30)), None);
        assert_eq!(ahead(date(2026, 11, 29)), Some((date(2026, 11, 30), date(2026, 12, 1))));
        assert_eq!(span(date(2026, 12, 1)), (date(2026, 11, 16), date(2026, 12, 2)));
        assert_eq!(span(date(2026, 11, 29)).0, date(2026, 11, 1));
    }

    #[test]
    fn a_schedule_saves_what_tasks_would_cost_while_they_are_stopped() {
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
        let part = stopped_part(&timers, now).expect("both");
        assert!((part - 0.5).abs() < 0.01, "{part}");
        assert_eq!(stopped_part(&timers[..1], now), None, "nothing starts it again");
        let parts = vec![Part { service: TASKS.into(), month: 40.0, yesterday: 2.0, usual: None }];
        let told = Told { month: 100.0, forecast: Some(150.0), parts, ..Told::default() };
        assert_eq!(saved(&told, 0.5), Some(60.0));
        assert_eq!(saved(&Told { forecast: None, ..told }, 0.5), None);
    }

    #[test]
    fn a_budget_is_exceeded_by_what_is_spent_or_by_what_will_be() {
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
        fn the_parts_add_up_to_the_month(values in proptest::collection::vec(0.0f64..1e6, 1..200)) {
            let today = date(2026, 11, 20);
            let days = values.iter().enumerate().map(|(place, value)| Day {
                date: date(2026, 11, 1 + (place % 20) as i8),
                by: [(format!("s{}", place % 7), *value)].into(),
            });
            let told = told(&Costs { days: days.collect(), ..Costs::default() }, today);
            let parts: f64 = told.parts.iter().map(|part| part.month).sum();
            prop_assert!((parts - told.month).abs() <= 0.05 + told.month * 1e-9);
            prop_assert!(told.parts.windows(2).all(|pair| pair[0].month >= pair[1].month));
        }
    }
}
