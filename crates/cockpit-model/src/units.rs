//! Formatting of values with units, the same in every pane.

use super::database_health::lag_words;

/// The unit of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Percent,
    /// Aurora capacity units.
    Acu,
    /// A count without a unit.
    Count,
    Milliseconds,
    Bytes,
}

impl Unit {
    /// Formats a value with its unit: `12 %`, `0.5 ACU`, `18 ms`, `1.2 GB`.
    pub fn format(self, value: f64) -> String {
        match self {
            Self::Percent => percent(value),
            Self::Acu => format!("{} ACU", number(value)),
            Self::Count => number(value),
            Self::Milliseconds => lag_words(value),
            Self::Bytes => bytes(value),
        }
    }
}

/// Formats a percentage: `12 %`.
pub fn percent(value: f64) -> String {
    format!("{value:.0} %")
}

/// Formats a number: `0.5`, `12`; with decimals only where they matter.
pub fn number(value: f64) -> String {
    if value.abs() < 10.0 && (value - value.round()).abs() >= 0.05 {
        format!("{value:.1}")
    } else {
        format!("{value:.0}")
    }
}

/// Formats a size: `1.2 GB`, in powers of ten as AWS does.
pub fn bytes(value: f64) -> String {
    let (value, unit) = match value.abs() {
        size if size >= 1e12 => (value / 1e12, "TB"),
        size if size >= 1e9 => (value / 1e9, "GB"),
        size if size >= 1e6 => (value / 1e6, "MB"),
        size if size >= 1e3 => (value / 1e3, "kB"),
        _ => (value, "B"),
    };
    format!("{} {unit}", number(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_short() {
        assert_eq!(Unit::Percent.format(7.4), "7 %");
        assert_eq!(Unit::Acu.format(0.5), "0.5 ACU");
        assert_eq!(Unit::Acu.format(16.0), "16 ACU");
        assert_eq!(Unit::Count.format(9.96), "10");
        assert_eq!(Unit::Bytes.format(1.23e9), "1.2 GB");
        assert_eq!(Unit::Milliseconds.format(4200.0), "4.2 s");
    }
}
