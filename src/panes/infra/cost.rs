//! `c`: the estimated monthly cost of the environment, from the plans of the run, before anything is built.

use crate::app::App;
use crate::app::effect::Effect;
use crate::app::update::refresh::after_move;
use crate::model::estimate::coverage::{self, Cover};
use crate::model::estimate::prices::Prices;
use crate::model::estimate::{Unit, estimate, figures};
use std::fmt::Write as _;

/// Shows the estimated cost.
pub fn show(app: &mut App) -> Vec<Effect> {
    let Some(body) = estimate_text(app) else { return Vec::new() };
    let message = crate::app::overlays::message(app, "What it costs a month", &body);
    app.screen.overlays.push(message);
    after_move(app)
}

/// The estimate as text. `None` if there is no plan to estimate from, which is reported.
fn estimate_text(app: &mut App) -> Option<String> {
    let Some(region) = app.environment.region.clone() else {
        app.show_message("prices are of a region, and the environment's is not configured");
        return None;
    };
    let state = &app.panes.infra;
    let goal = state.state().and_then(|run| Some(run.started.as_ref()?.goal));
    if let Some(goal) = goal.filter(|goal| !coverage::describes_intended_resources(*goal)) {
        app.show_message(format!("what {} plans is not what is to stand; P plans that", goal.name()));
        return None;
    }
    let mut covers = state.state().map(|run| coverage::of_run(run, |unit| state.plan_of(unit))).unwrap_or_default();
    let bills = covers.iter().filter_map(|one| Some((&*one.unit, state.plan_of(&one.unit)?.bill.as_ref()?)));
    let units: Vec<Unit<'_>> = bills.map(|(name, bill)| Unit { name, bill }).collect();
    if units.is_empty() {
        app.show_message("no plan says what it costs; P plans");
        return None;
    }
    let prices = Prices::built_in();
    let estimate = estimate(&units, &prices, &region, app.service_now());
    let (least, most) = estimate.total();
    let money = &prices.currency;
    let mut body = format!("{} in {region}: {least:.2} {money} a month", app.environment.name);
    if most - least >= 0.005 {
        let _ = write!(body, ", {most:.2} with all that scales at its maximum");
    }
    body.push('\n');
    if let (Some(part), Some(saved)) = (estimate.stopped, estimate.savings()) {
        let _ = writeln!(body, "{}", figures::schedule(part, saved, least, money));
    }
    let _ = writeln!(body, "list prices on demand of {}, a month of 730 hours", prices.as_of());
    coverage::add_missing_units(&mut covers, state.unit_names());
    for note in covers.iter().flat_map(Cover::notes) {
        let _ = writeln!(body, "▲ {note}");
    }
    let mocked: Vec<&str> = covers.iter().filter(|cover| cover.on_mocks).map(|cover| cover.unit.as_str()).collect();
    if let Some(note) = coverage::mock_output_note(&mocked) {
        let _ = writeln!(body, "▲ {note}");
    }
    for one in &estimate.unknown {
        let count = if one.count == 1 { String::new() } else { format!(" × {}", one.count) };
        let _ = writeln!(body, "▲ in no sum: {}: {}{count}: {}", one.unit, one.what, one.why);
    }
    body.push('\n');
    for line in estimate.grouped() {
        let count = figures::count(line.count);
        let most =
            if line.max_cost - line.min_cost >= 0.005 { format!("–{:.2}", line.max_cost) } else { String::new() };
        let _ =
            writeln!(body, "{:>8.2}{most}  {}: {}, {count} × {}", line.min_cost, line.unit, line.address, line.what);
    }
    let _ = writeln!(body, "\nBy use, in no sum:");
    for one in &estimate.usage {
        let _ =
            writeln!(body, "{} {money} a {}: {}", figures::price(one.price), one.per, figures::format_names(&one.of));
    }
    let _ = writeln!(body, "\nAs a table, as JSON: cockpit cost {} --estimate", app.environment.name);
    Some(body)
}
