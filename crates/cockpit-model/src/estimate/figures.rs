//! Formatting of an estimate's figures, for tables and the screen.

/// Formats a number or a range: `2`, `1–10`.
pub fn count((least, most): (f64, f64)) -> String {
    if (least - most).abs() < 1e-9 { number(least) } else { format!("{}–{}", number(least), number(most)) }
}

fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Formats a unit price with all its digits: `0.0000166667`, `5`.
pub fn price(value: f64) -> String {
    let text = format!("{value:.10}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Formats the first name and the number of others.
pub fn format_names(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first, rest @ ..] => format!("{first} and {} more", rest.len()),
    }
}

/// Returns a sentence on the schedule's savings.
pub fn schedule(stopped: f64, saved: f64, month: f64, currency: &str) -> String {
    format!(
        "the schedule has services stopped {:.0} % of a week, which saves {saved:.2} and leaves {:.2} {currency} a month",
        stopped * 100.0,
        month - saved
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_only_the_necessary_digits() {
        assert_eq!(
            (count((1.0, 10.0)), count((0.5, 0.5)), count((15.0, 15.0))),
            ("1–10".into(), "0.5".into(), "15".into())
        );
        assert_eq!(
            (price(0.000_016_666_7), price(5.0), price(0.06)),
            ("0.0000166667".into(), "5".into(), "0.06".into())
        );
        assert_eq!(format_names(&["a".into(), "b".into(), "c".into()]), "a and 2 more");
    }
}
