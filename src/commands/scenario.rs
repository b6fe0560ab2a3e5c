//! Parses the scenario of the simulated AWS and the speed of its clock.

use aws_sim::Scenario;

/// Parses the name of a scenario.
pub(super) fn parse_scenario(text: &str) -> Result<Scenario, String> {
    Scenario::parse(text).ok_or_else(|| {
        let known: Vec<&str> = Scenario::ALL.iter().map(|scenario| scenario.name()).collect();
        format!("there is no scenario `{text}`; there are: {}", known.join(", "))
    })
}

/// Parses the speed of the simulated clock, as a multiple of real time.
pub(super) fn parse_speed(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|speed: &f64| speed.is_finite() && (0.0..=100_000.0).contains(speed))
        .ok_or_else(|| "a number from 0 to 100000".to_owned())
}
