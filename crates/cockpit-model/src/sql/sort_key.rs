//! Sort keys for the values of a column that reproduce the server's order from its text output.

use super::Column;
use std::cmp::Ordering;

/// How the values of a column are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Integers and decimals of any size.
    Decimal,
    /// Binary floating-point numbers.
    Float,
    /// Amounts with currency signs.
    Money,
    /// Years, months, days and times.
    Interval,
    /// Dates, with or without a time and a zone.
    DateTime,
    /// Text, and types that sort like their text.
    Text,
    /// Sorted as text although the server's order for the type may differ, because that order is unknown.
    AsText,
}

impl Order {
    /// Returns the order of a column, by its type.
    pub fn of(column: &Column) -> Self {
        match column.type_oid {
            // int8, int2, int4, oid, xid, cid, numeric, xid8
            20 | 21 | 23 | 26 | 28 | 29 | 1700 | 5069 => Self::Decimal,
            // float4, float8
            700 | 701 => Self::Float,
            790 => Self::Money,
            1186 => Self::Interval,
            // date, timestamp, timestamptz
            1082 | 1114 | 1184 => Self::DateTime,
            // bool, bytea, char, name, text, unknown, bpchar, varchar, time, uuid
            16 | 17 | 18 | 19 | 25 | 705 | 1042 | 1043 | 1083 | 2950 => Self::Text,
            _ => Self::AsText,
        }
    }

    /// Returns the key of a value. A value not in the type's expected format sorts as text.
    pub fn key(self, value: Option<&str>) -> SortKey {
        let Some(text) = value else { return SortKey::Null };
        let known = match self {
            Self::Decimal => Decimal::of(text).map(SortKey::Decimal),
            Self::Float => text.parse().ok().map(SortKey::Float),
            Self::Money => Decimal::parse_money(text).map(SortKey::Decimal),
            Self::Interval => interval(text).map(SortKey::Integer),
            Self::DateTime => moment(text).map(SortKey::Integer),
            Self::Text | Self::AsText => None,
        };
        known.unwrap_or_else(|| SortKey::Text(text.into()))
    }

    /// Returns whether a value with this key is sorted by its text instead of the server's order.
    pub fn is_as_text(self, key: &SortKey) -> bool {
        matches!(key, SortKey::Text(_)) && self != Self::Text
    }
}

/// The key that a value is sorted by.
#[derive(Debug, Clone, PartialEq)]
pub enum SortKey {
    /// A decimal number.
    Decimal(Decimal),
    /// A floating-point number.
    Float(f64),
    /// Microseconds.
    Integer(i128),
    Text(Box<str>),
    Null,
}

/// Compares as PostgreSQL does: NULL is the largest, and NaN is larger than every number.
pub fn compare(a: &SortKey, b: &SortKey) -> Ordering {
    let rank = |key: &SortKey| match key {
        SortKey::Decimal(_) | SortKey::Float(_) | SortKey::Integer(_) => 0,
        SortKey::Text(_) => 1,
        SortKey::Null => 2,
    };
    match (a, b) {
        (SortKey::Decimal(a), SortKey::Decimal(b)) => a.cmp(b),
        (SortKey::Float(a), SortKey::Float(b)) => match a.is_nan().cmp(&b.is_nan()) {
            Ordering::Equal => a.partial_cmp(b).unwrap_or(Ordering::Equal),
            order => order,
        },
        (SortKey::Integer(a), SortKey::Integer(b)) => a.cmp(b),
        (SortKey::Text(a), SortKey::Text(b)) => a.cmp(b),
        _ => rank(a).cmp(&rank(b)),
    }
}

/// A decimal number of any size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decimal {
    /// -1 is `-Infinity`, 0 a finite number, 1 `Infinity`, 2 `NaN`.
    kind: i8,
    negative: bool,
    /// The digits before the point, without leading zeros.
    whole: Box<str>,
    /// The digits after the point, without trailing zeros.
    part: Box<str>,
}

impl Decimal {
    fn of(text: &str) -> Option<Self> {
        let named = |kind| Some(Self { kind, negative: false, whole: "".into(), part: "".into() });
        match text {
            "NaN" => return named(2),
            "Infinity" => return named(1),
            "-Infinity" => return named(-1),
            _ => {}
        }
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(whole) || !is_number(part) || whole.is_empty() && part.is_empty() {
            return None;
        }
        let (whole, part) = (whole.trim_start_matches('0'), part.trim_end_matches('0'));
        let negative = negative && !(whole.is_empty() && part.is_empty());
        Some(Self { kind: 0, negative, whole: whole.into(), part: part.into() })
    }

    /// Parses an amount. All amounts of a column have the same number of decimals, wherever the server's locale puts its
    /// signs.
    fn parse_money(text: &str) -> Option<Self> {
        let sign = if text.contains(['-', '(', '−']) { "-" } else { "" };
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        if digits.is_empty() { None } else { Self::of(&format!("{sign}{digits}")) }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let size = || {
            let whole = self.whole.len().cmp(&other.whole.len()).then_with(|| self.whole.cmp(&other.whole));
            whole.then_with(|| self.part.cmp(&other.part))
        };
        self.kind.cmp(&other.kind).then_with(|| match (self.negative, other.negative) {
            (false, false) => size(),
            (true, true) => size().reverse(),
            (negative, _) => {
                if negative {
                    Ordering::Less
                } else {
                    Ordering::Greater
                }
            }
        })
    }
}

/// Microseconds per day.
const DAY: i128 = 86_400_000_000;

/// Parses `HH:MM[:SS[.ffffff]]` into microseconds.
fn time(text: &str) -> Option<i128> {
    let mut parts = text.split(':');
    let (hours, minutes) = (parts.next()?.parse::<u64>().ok()?, parts.next()?.parse::<u64>().ok()?);
    let (seconds, part) = parts.next().map_or(("0", ""), |seconds| seconds.split_once('.').unwrap_or((seconds, "")));
    if parts.next().is_some() || part.len() > 6 {
        return None;
    }
    let part: u64 = format!("{part:0<6}").parse().ok()?;
    let seconds = i128::from(hours) * 3_600 + i128::from(minutes) * 60 + i128::from(seconds.parse::<u64>().ok()?);
    Some(seconds * 1_000_000 + i128::from(part))
}

/// Parses `infinity` and `-infinity`, which dates have, and intervals since version 17.
fn endless(text: &str) -> Option<i128> {
    match text {
        "infinity" => Some(i128::MAX),
        "-infinity" => Some(i128::MIN),
        _ => None,
    }
}

/// Parses an interval in the style `postgres`, with the server's comparison rules: a month is 30 days, a day 24 hours.
fn interval(text: &str) -> Option<i128> {
    if let Some(endless) = endless(text) {
        return Some(endless);
    }
    let mut sum = 0;
    let mut words = text.split(' ');
    while let Some(word) = words.next() {
        let (sign, number) = match word.split_at_checked(1)? {
            ("-", number) => (-1, number),
            ("+", number) => (1, number),
            _ => (1, word),
        };
        sum += sign
            * if number.contains(':') {
                time(number)?
            } else {
                let days = match words.next()? {
                    "year" | "years" => 360,
                    "mon" | "mons" => 30,
                    "day" | "days" => 1,
                    _ => return None,
                };
                i128::from(number.parse::<u64>().ok()?) * days * DAY
            };
    }
    Some(sum)
}

/// Parses a date, with or without a time and a zone, in the format of `DateStyle = ISO`.
fn moment(text: &str) -> Option<i128> {
    if let Some(endless) = endless(text) {
        return Some(endless);
    }
    let (text, before) = text.strip_suffix(" BC").map_or((text, false), |text| (text, true));
    let (date, clock) = text.split_once(' ').unwrap_or((text, "00:00"));
    let mut parts = date.split('-').map(|part| part.parse::<u32>().ok());
    let (year, month, day) = (i128::from(parts.next()??), i128::from(parts.next()??), i128::from(parts.next()??));
    if parts.next().is_some() || !(1..=12).contains(&month) {
        return None;
    }
    // The year before 1 AD is 1 BC.
    let year = if before { 1 - year } else { year };
    // Years that begin in March have the leap day at their end.
    let (from_march, years) = ((month + 9) % 12, year - i128::from(month < 3));
    let leaps = years.div_euclid(4) - years.div_euclid(100) + years.div_euclid(400);
    let days = years * 365 + leaps + (from_march * 306 + 5) / 10 + day;
    let (clock, zone) = match clock.find(['+', '-']) {
        Some(at) => clock.split_at(at),
        None => (clock, ""),
    };
    let zone = match zone.split_at_checked(1) {
        None => 0,
        Some((sign, zone)) => {
            let zone = if zone.contains(':') { time(zone)? } else { time(&format!("{zone}:00"))? };
            if sign == "-" { -zone } else { zone }
        }
    };
    Some(days * DAY + time(clock)? - zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks that these values are in ascending order.
    fn ascends(order: Order, values: &[&str]) {
        for pair in values.windows(2) {
            let (a, b) = (order.key(Some(pair[0])), order.key(Some(pair[1])));
            assert_eq!(compare(&a, &b), Ordering::Less, "{pair:?}: {a:?} {b:?}");
            assert_eq!(compare(&b, &a), Ordering::Greater, "{pair:?}");
            assert!(!order.is_as_text(&a), "{pair:?}");
        }
    }

    #[test]
    fn numbers_of_any_size_have_the_servers_order() {
        let large = ["9007199254740992", "9007199254740993", "12345678901234567890123456789012345678901.5"];
        let small = [
            "-Infinity",
            "-9007199254740993",
            "-9007199254740992",
            "-1.5",
            "-1.25",
            "-0.01",
            "0.000",
            "0.01",
            "0.1",
            "9",
            "10",
        ];
        ascends(Order::Decimal, &[&small[..], &large[..], &["Infinity", "NaN"]].concat());
        assert_eq!(compare(&Order::Decimal.key(Some("-0.0")), &Order::Decimal.key(Some("0"))), Ordering::Equal);
        ascends(Order::Float, &["-Infinity", "-1e+30", "1.5e-07", "2", "1e+25", "Infinity", "NaN"]);
        assert_eq!(compare(&Order::Float.key(Some("NaN")), &Order::Float.key(Some("NaN"))), Ordering::Equal);
        assert_eq!(compare(&SortKey::Null, &Order::Decimal.key(Some("NaN"))), Ordering::Greater);
    }

    #[test]
    fn money_is_ordered_by_amount_in_any_locale() {
        ascends(
            Order::Money,
            &["-$1,000.00", "-$2.00", "$0.05", "$9.00", "$10.00", "$1,000.00", "$10,000,000,000,000.00"],
        );
        ascends(Order::Money, &["-1.234,56 €", "1,00 €", "9,99 €", "1.234,56 €"]);
        ascends(Order::Money, &["($5.00)", "$1.00"]);
        ascends(Order::Money, &["￥9", "￥1,000"]);
    }

    #[test]
    fn intervals_and_dates_are_ordered_by_time() {
        ascends(
            Order::Interval,
            &[
                "-infinity",
                "-1 years",
                "-1 days",
                "-00:00:01",
                "00:00:00",
                "09:00:00.5",
                "1 day -02:00:00",
                "23:00:00",
                "1 day",
                "2 days",
                "10 days",
                "1 mon",
                "31 days",
                "1 year 2 mons 3 days 04:05:06.789",
                "10 years",
                "infinity",
            ],
        );
        ascends(
            Order::DateTime,
            &["-infinity", "0044-03-15 BC", "0001-01-01", "2024-02-29", "2024-03-01", "10000-01-01", "infinity"],
        );
        ascends(
            Order::DateTime,
            &[
                "2024-10-27 02:30:00+02",
                "2024-10-27 02:30:00.5+02",
                "2024-10-27 02:00:00+01",
                "2024-10-27 06:45:00+05:30",
                "2024-10-26 22:30:00-04",
            ],
        );
    }

    #[test]
    fn values_in_another_format_are_sorted_as_text_and_reported_so() {
        for (order, text) in [
            (Order::Interval, "P1Y"),
            (Order::Interval, "@ 1 day ago"),
            (Order::DateTime, "27/10/2024"),
            (Order::AsText, "{1,2}"),
            (Order::Decimal, "x"),
        ] {
            assert!(order.is_as_text(&order.key(Some(text))), "{text}");
        }
        assert!(!Order::Text.is_as_text(&Order::Text.key(Some("a"))));
        assert!(!Order::AsText.is_as_text(&SortKey::Null));
        let order_of =
            |type_oid| Order::of(&Column { name: "a".into(), type_oid, modifier: -1, table_oid: 0, number: 0 });
        assert_eq!(
            [order_of(20), order_of(790), order_of(1186), order_of(25), order_of(1009)],
            [Order::Decimal, Order::Money, Order::Interval, Order::Text, Order::AsText]
        );
    }
}
