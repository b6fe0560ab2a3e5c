//! The firing times of AWS schedules: `cron(…)`, `rate(…)` or `at(…)` in a time zone, between a start and an end date;
//! and the start date that skips the next time.
//!
//! Source: "Schedule types in EventBridge Scheduler" of its user guide; `StartDate` and `EndDate` of its API reference.
//! If the documentation leaves open when a schedule fires, a sentence is returned instead of a time.

use super::cron::{self, Cron};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, civil};

/// A start date this long after a firing time of a cron expression skips only that time. The offset also identifies a
/// start date that was set as a skip.
const SKIP_OFFSET: SignedDuration = SignedDuration::from_secs(1);

/// The firing times of a schedule.
#[derive(Debug, Clone, PartialEq)]
pub struct Recurrence {
    expression: Expression,
    zone: TimeZone,
    /// It does not fire before this time.
    start: Option<Timestamp>,
    /// It does not fire after this time.
    end: Option<Timestamp>,
    /// Whether the schedule was changed after its creation.
    changed: bool,
}

#[derive(Debug, Clone, PartialEq)]
enum Expression {
    Cron(Cron),
    Rate {
        period: SignedDuration,
        /// The first firing time; later ones follow in multiples of the period.
        anchor: Timestamp,
    },
    /// A single time; start and end dates are ignored.
    At(Option<Timestamp>),
}

/// The known facts about a schedule.
#[derive(Debug, Clone, Copy, Default)]
pub struct Facts<'a> {
    /// `cron(…)`, `rate(…)` or `at(…)`.
    pub expression: &'a str,
    /// The IANA time zone; UTC if `None`.
    pub timezone: Option<&'a str>,
    /// It does not fire before this time.
    pub start: Option<Timestamp>,
    /// It does not fire after this time.
    pub end: Option<Timestamp>,
    /// When the schedule was created.
    pub created: Option<Timestamp>,
    /// When it was last changed.
    pub modified: Option<Timestamp>,
}

/// The start date that skips the next time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Skip {
    /// The skipped time.
    pub skipped: Timestamp,
    /// The new start date.
    pub start: Timestamp,
    /// The first firing time after the new start date.
    pub next: Timestamp,
}

/// The start date that undoes a skip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unskip {
    /// The time that is restored.
    pub next: Timestamp,
    /// The start date; `None` if it can simply be removed, because no other times would come back.
    pub start: Option<Timestamp>,
}

impl Recurrence {
    /// Creates it from the known facts. The error is a sentence on why the firing times cannot be determined.
    pub fn of(facts: &Facts<'_>) -> Result<Self, String> {
        let text = facts.expression.trim();
        let zone = match facts.timezone {
            None => TimeZone::UTC,
            Some(name) => TimeZone::get(name).map_err(|_| format!("its time zone {name} is not known here"))?,
        };
        let unclear = || format!("`{text}` is not an expression whose times the documentation of AWS describes");
        // The two times may come from different clocks of AWS.
        let changed = facts
            .created
            .zip(facts.modified)
            .is_none_or(|(created, modified)| modified.duration_since(created).abs() > SignedDuration::from_secs(1));
        let expression = if let Some(at) = text.strip_prefix("at(").and_then(|rest| rest.strip_suffix(')')) {
            let at = once(at).ok_or_else(unclear)?;
            Expression::At(cron::moment(at, &zone))
        } else if let Some(rate) = text.strip_prefix("rate(").and_then(|rest| rest.strip_suffix(')')) {
            let period = period(rate).ok_or_else(unclear)?;
            // Without a start date it begins at its creation; whether a change restarts it is undocumented.
            let anchor = facts.start.or_else(|| facts.created.filter(|_| !changed));
            let anchor = anchor.ok_or_else(|| {
                format!("when `{text}` began is not known: it has no StartDate, and was changed since it was made")
            })?;
            Expression::Rate { period, anchor }
        } else {
            Expression::Cron(Cron::parse(text).ok_or_else(unclear)?)
        };
        Ok(Self { expression, zone, start: facts.start, end: facts.end, changed })
    }

    /// Returns the next firing time after `now`; `None` if it never fires again.
    pub fn next(&self, now: Timestamp) -> Option<Timestamp> {
        // It may fire exactly at its start date.
        let from = self.start.map_or(now, |start| now.max(start - SignedDuration::from_nanos(1)));
        if matches!(self.expression, Expression::At(_)) {
            return self.unbounded(now);
        }
        self.unbounded(from).filter(|at| self.end.is_none_or(|end| *at <= end))
    }

    /// Returns the next firing time after `now`, ignoring start and end dates.
    fn unbounded(&self, now: Timestamp) -> Option<Timestamp> {
        match &self.expression {
            Expression::Cron(cron) => cron.next_after(now, &self.zone),
            Expression::At(at) => at.filter(|at| *at > now),
            // Nothing fires before a start date in the future.
            Expression::Rate { anchor, .. } if *anchor > now => Some(*anchor),
            Expression::Rate { period, anchor } => {
                let passed = now.duration_since(*anchor).as_secs() / period.as_secs() + 1;
                let ahead = period.as_secs().checked_mul(passed)?;
                anchor.checked_add(SignedDuration::from_secs(ahead)).ok()
            }
        }
    }

    /// Returns the upcoming time that the start date skips, if it was set by [`Self::skip`] as far as can be
    /// determined.
    pub fn skipped(&self, now: Timestamp) -> Option<Timestamp> {
        let start = self.start?;
        let skipped = match &self.expression {
            Expression::Cron(cron) => {
                let at = start.checked_sub(SKIP_OFFSET).ok()?;
                let just_before = at.checked_sub(SignedDuration::from_nanos(1)).ok()?;
                (cron.next_after(just_before, &self.zone) == Some(at)).then_some(at)?
            }
            Expression::Rate { period, .. } if self.changed => start.checked_sub(*period).ok()?,
            Expression::Rate { .. } | Expression::At(_) => return None,
        };
        (skipped > now).then_some(skipped)
    }

    /// Returns how to skip the next time. The error is the reason why it cannot be skipped.
    pub fn skip(&self, now: Timestamp) -> Result<Skip, String> {
        let skipped = self.next(now).ok_or("it does not happen again")?;
        let start = match &self.expression {
            Expression::At(_) => {
                return Err("it happens once, and a one-time schedule takes no notice of a StartDate".to_owned());
            }
            Expression::Cron(_) => skipped.checked_add(SKIP_OFFSET).ok(),
            // The start date is the first firing time of a rate: any other value would shift all later ones.
            Expression::Rate { period, .. } => skipped.checked_add(*period).ok(),
        };
        let following = start.and_then(|start| Self { start: Some(start), ..self.clone() }.anchored(start).next(now));
        match start.zip(following) {
            Some((start, next)) => Ok(Skip { skipped, start, next }),
            None => Err("it is the last time, and nothing comes after it".to_owned()),
        }
    }

    /// Returns how to undo a skip; `None` if no time is skipped.
    pub fn unskip(&self, now: Timestamp) -> Option<Unskip> {
        let next = self.skipped(now)?;
        // Removing the start date must not bring back other times.
        let is_next_without_start = match &self.expression {
            Expression::Cron(cron) => cron.next_after(now, &self.zone) == Some(next),
            Expression::Rate { .. } | Expression::At(_) => false,
        };
        Some(Unskip { next, start: (!is_next_without_start).then_some(next) })
    }

    /// Returns a copy with another first time.
    fn anchored(mut self, start: Timestamp) -> Self {
        if let Expression::Rate { anchor, .. } = &mut self.expression {
            *anchor = start;
        }
        self
    }
}

/// Parses exactly `yyyy-mm-ddThh:mm:ss`.
fn once(text: &str) -> Option<civil::DateTime> {
    let shape = "dddd-dd-ddTdd:dd:dd";
    let fits = text.len() == shape.len()
        && text.bytes().zip(shape.bytes()).all(|(byte, wanted)| match wanted {
            b'd' => byte.is_ascii_digit(),
            other => byte == other,
        });
    if fits { text.parse().ok() } else { None }
}

/// Parses `12 hours`.
fn period(text: &str) -> Option<SignedDuration> {
    let (number, unit) = text.trim().split_once(char::is_whitespace)?;
    let seconds = match unit.trim() {
        "minute" | "minutes" => 60,
        "hour" | "hours" => 3_600,
        // Always 24 hours, regardless of daylight saving time.
        "day" | "days" => 86_400,
        _ => return None,
    };
    let number: u32 = number.bytes().all(|byte| byte.is_ascii_digit()).then(|| number.parse().ok())??;
    (number > 0).then(|| SignedDuration::from_secs(i64::from(number) * seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("valid")
    }

    fn of(expression: &str) -> Facts<'_> {
        Facts { expression, ..Facts::default() }
    }

    #[test]
    fn start_and_end_are_inclusive_bounds() {
        let (now, daily) = (at("2026-11-20T12:00:00Z"), of("cron(0 22 * * ? *)"));
        let next = |facts: Facts<'_>| Recurrence::of(&facts).expect("it is understood").next(now);
        let tonight = at("2026-11-20T22:00:00Z");
        assert_eq!(next(daily), Some(tonight));
        assert_eq!(next(Facts { start: Some(tonight), ..daily }), Some(tonight));
        assert_eq!(next(Facts { start: Some(at("2026-11-20T22:00:01Z")), ..daily }), Some(at("2026-11-21T22:00:00Z")));
        assert_eq!(next(Facts { end: Some(tonight), ..daily }), Some(tonight));
        assert_eq!(next(Facts { end: Some(at("2026-11-20T21:59:59Z")), ..daily }), None);
    }

    #[test]
    fn rate_counts_from_its_start_or_creation() {
        let now = at("2026-11-20T12:00:00Z");
        let begun = at("2026-11-01T07:30:00Z");
        let twice = of("rate(12 hours)");
        let next = |facts: Facts<'_>| Recurrence::of(&facts).map(|recurrence| recurrence.next(now));
        assert_eq!(next(Facts { start: Some(begun), ..twice }), Ok(Some(at("2026-11-20T19:30:00Z"))));
        let made = Facts { created: Some(begun), modified: Some(begun), ..twice };
        assert_eq!(next(made), Ok(Some(at("2026-11-20T19:30:00Z"))));
        // A start date in the future is the first time.
        let later = at("2026-12-01T00:00:00Z");
        assert_eq!(next(Facts { start: Some(later), ..made }), Ok(Some(later)));
        // 24 hours, although Los Angeles has a day of 25 hours in between.
        let daily = Facts {
            start: Some(at("2026-10-31T10:00:00Z")),
            timezone: Some("America/Los_Angeles"),
            ..of("rate(1 day)")
        };
        assert_eq!(next(daily), Ok(Some(at("2026-11-21T10:00:00Z"))));
        // Changed since its creation: it is unknown whether it restarted.
        let why = next(Facts { modified: Some(now), ..made }).unwrap_err();
        assert!(why.contains("no StartDate"), "{why}");
    }

    #[test]
    fn one_time_schedule_ignores_start_and_end() {
        let now = at("2026-11-20T12:00:00Z");
        let tokyo = Facts { timezone: Some("Asia/Tokyo"), ..of("at(2026-11-20T22:00:00)") };
        let next = |facts: Facts<'_>| Recurrence::of(&facts).map(|recurrence| recurrence.next(now));
        assert_eq!(next(tokyo), Ok(Some(at("2026-11-20T13:00:00Z"))));
        let bounded = Facts { start: Some(at("2027-01-01T00:00:00Z")), end: Some(now), ..tokyo };
        assert_eq!(next(bounded), Ok(Some(at("2026-11-20T13:00:00Z"))));
        assert_eq!(next(of("at(2026-11-20T11:00:00)")), Ok(None));
        let skip = Recurrence::of(&tokyo).expect("it is understood").skip(now);
        assert!(skip.unwrap_err().contains("once"));
    }

    #[test]
    fn unknown_expression_has_a_reason() {
        for expression in [
            "rate(0 minutes)",
            "rate(-1 hours)",
            "rate(+1 hours)",
            "rate(5)",
            "rate(5 weeks)",
            "rate(5minutes)",
            "at(2026-11-20)",
            "at(2026-11-20 10:00:00)",
            "at(2026-11-20T10:00:00Z)",
            "at(2026-02-30T10:00:00)",
            "cron(0 0 L-1 * ? *)",
            "",
        ] {
            let why = Recurrence::of(&Facts { start: Some(Timestamp::UNIX_EPOCH), ..of(expression) }).unwrap_err();
            assert!(why.starts_with(&format!("`{expression}`")), "{why}");
        }
        let why = Recurrence::of(&Facts { timezone: Some("Moon/Sea"), ..of("rate(1 day)") }).unwrap_err();
        assert!(why.contains("Moon/Sea"), "{why}");
    }

    /// After a skip, AWS fires at the same times as before except the next one.
    #[test]
    fn skip_omits_the_next_time_and_moves_no_other() {
        let now = at("2026-11-20T12:00:00Z");
        let begun = Some(at("2026-11-01T07:30:00Z"));
        for facts in [
            of("cron(0 22 ? * MON-FRI *)"),
            of("cron(0 22 ? * 6L *)"),
            of("cron(0/5 * * * ? *)"),
            Facts { start: begun, ..of("cron(0 22 * * ? *)") },
            Facts { start: Some(at("2026-12-24T00:00:00Z")), ..of("cron(0 22 * * ? *)") },
            Facts { start: begun, ..of("rate(12 hours)") },
            Facts { created: begun, modified: begun, ..of("rate(7 days)") },
            Facts { start: Some(at("2026-12-24T00:00:00Z")), created: begun, modified: begun, ..of("rate(1 hour)") },
        ] {
            let before = Recurrence::of(&facts).expect("it is understood");
            let times = |recurrence: &Recurrence| -> Vec<Timestamp> {
                let mut from = now;
                let times = std::iter::from_fn(|| {
                    from = recurrence.next(from)?;
                    Some(from)
                });
                times.take(4).collect()
            };
            let skip = before.skip(now).expect("it can be skipped");
            let after = Recurrence::of(&Facts { start: Some(skip.start), modified: Some(now), ..facts }).expect("too");
            assert_eq!(times(&after)[..3], times(&before)[1..], "{facts:?}");
            assert_eq!((skip.skipped, skip.next), (times(&before)[0], times(&before)[1]), "{facts:?}");
            assert_eq!((before.skipped(now), after.skipped(now)), (None, Some(skip.skipped)), "{facts:?}");
            // Undoing the skip restores the original times.
            let unskip = after.unskip(now).expect("something is skipped");
            let back = Facts { start: unskip.start, modified: Some(now), ..facts };
            assert_eq!(times(&Recurrence::of(&back).expect("too")), times(&before), "{facts:?}");
        }
    }

    #[test]
    fn last_time_cannot_be_skipped() {
        let now = at("2026-11-20T12:00:00Z");
        let last = Facts { end: Some(at("2026-11-20T23:00:00Z")), ..of("cron(0 22 * * ? *)") };
        assert!(Recurrence::of(&last).expect("it is understood").skip(now).unwrap_err().contains("the last time"));
        let over = Facts { end: Some(now), ..last };
        assert!(Recurrence::of(&over).expect("it is understood").skip(now).is_err());
    }

    #[test]
    fn start_set_by_others_is_not_a_skip() {
        let now = at("2026-11-20T12:00:00Z");
        let theirs = Facts { start: Some(at("2026-12-24T00:00:00Z")), ..of("cron(0 22 * * ? *)") };
        let recurrence = Recurrence::of(&theirs).expect("it is understood");
        assert_eq!((recurrence.skipped(now), recurrence.unskip(now)), (None, None));
    }
}
