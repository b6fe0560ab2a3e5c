//! What an account costs: by day and service, as Cost Explorer tells it, and what follows from that.

use jiff::{SignedDuration, Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// It is asked no more often: each request costs a cent, and Cost Explorer has new figures a few times a day.
pub const AGE: SignedDuration = SignedDuration::from_hours(24);
/// So many days before yesterday tell what is usual.
pub const USUAL: i64 = 14;
/// Fewer days than this tell nothing.
const LEAST: usize = 4;

/// What was read, and when.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Costs {
    pub read_at: Timestamp,
    /// `USD`.
    pub currency: String,
    /// Each day by service, oldest first. Those of the last two days grow still.
    pub days: Vec<Day>,
    /// What the rest of the month will cost; none where it cannot be told.
    pub rest: Option<f64>,
    /// Why it cannot be told.
    pub no_forecast: Option<String>,
}

/// A day.
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

/// What of it is told.
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

/// From which day to which (not included) is read on a day.
pub fn span(today: Date) -> (Date, Date) {
    let back = today.saturating_sub(jiff::Span::new().days(USUAL + 1));
    (back.min(today.first_of_month()), today.saturating_add(jiff::Span::new().days(1)))
}

/// From which day to which (not included) is forecast; none on the last day of a month in which nothing is left.
pub fn ahead(today: Date) -> Option<(Date, Date)> {
    let end = today.last_of_month().saturating_add(jiff::Span::new().days(1));
    let start = today.saturating_add(jiff::Span::new().days(1));
    (start < end).then_some((start, end))
}

/// What is told on a day.
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

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    (values.len() >= LEAST).then(|| values[values.len() / 2])
}

/// By how much of the usual a day is above it, where that is worth a word: a quarter of it and a whole unit of money.
pub fn unusual(day: f64, usual: f64) -> Option<f64> {
    let more = day - usual;
    (usual > 0.0 && more >= usual * 0.25 && more >= 1.0).then(|| more / usual)
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
