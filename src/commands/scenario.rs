//! A scenario of the simulated AWS and the speed of its clock, as they are typed.

use aws_sim::Scenario;

/// The scenario of this name.
pub(super) fn named(text: &str) -> Result<Scenario, String> {
    Scenario::parse(text).ok_or_else(|| {
        let known: Vec<&str> = Scenario::ALL.iter().map(|scenario| scenario.name()).collect();
        format!("there is no scenario `{text}`; there are: {}", known.join(", "))
    })
}

/// How much faster than the wall the clock runs.
pub(super) fn speed(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|speed: &f64| speed.is_finite() && (0.0..=100_000.0).contains(speed))
        .ok_or_else(|| "a number from 0 to 100000".to_owned())
}
