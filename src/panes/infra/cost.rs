//! `c`: what the environment costs by the plans of the run, before it is built.

use crate::app::App;
use crate::app::effect::Effect;
use crate::app::update::settle::done;
use crate::model::estimate::prices::Prices;
use crate::model::estimate::{Unit, estimate, words};
use std::fmt::Write as _;

/// Shows it.
pub fn show(app: &mut App) -> Vec<Effect> {
    let Some(body) = told(app) else { return Vec::new() };
    let message = crate::app::overlays::message(app, "What it costs a month", &body);
    app.screen.overlays.push(message);
    done(app)
}

/// All of it as text; none where there is nothing to tell it from, which is said then.
fn told(app: &mut App) -> Option<String> {
    let Some(region) = app.environment.region.clone() else {
        app.say("prices are of a region, and the environment's is not configured");
        return None;
    };
    let state = &app.panes.infra;
    let names: Vec<String> = state.state().map(|run| run.units.keys().cloned().collect()).unwrap_or_default();
    let mut units = Vec::new();
    let mut missing = Vec::new();
    for name in &names {
        match state.plan_of(name).map(|plan| plan.bill.as_ref()) {
            Some(Some(bill)) => units.push(Unit { name, bill }),
            Some(None) => missing.push(format!("{name}: its plan was kept by an earlier version; P plans it again")),
            None => missing.push(format!("{name}: it has no plan")),
        }
    }
    if units.is_empty() {
        app.say("no plan says what it costs; P plans");
        return None;
    }
    let prices = Prices::ours();
    let estimate = estimate(&units, &prices, &region, app.service_now());
    let (least, most) = estimate.total();
    let money = &prices.currency;
    let mut body = format!("{} in {region}: {least:.2} {money} a month", app.environment.name);
    if most - least >= 0.005 {
        let _ = write!(body, ", {most:.2} with all that scales at its maximum");
    }
    body.push('\n');
    if let (Some(part), Some(saved)) = (estimate.stopped, estimate.saved()) {
        let _ = writeln!(body, "{}", words::schedule(part, saved, least, money));
    }
    let _ = writeln!(body, "list prices on demand of {}, a month of 730 hours", prices.as_of());
    for line in &missing {
        let _ = writeln!(body, "▲ in no sum: {line}");
    }
    for one in &estimate.unknown {
        let count = if one.count == 1 { String::new() } else { format!(" × {}", one.count) };
        let _ = writeln!(body, "▲ in no sum: {}: {}{count}: {}", one.unit, one.what, one.why);
    }
    body.push('\n');
    for line in estimate.grouped() {
        let count = words::count(line.count);
        let most = if line.most - line.least >= 0.005 { format!("–{:.2}", line.most) } else { String::new() };
        let _ = writeln!(body, "{:>8.2}{most}  {}: {}, {count} × {}", line.least, line.unit, line.address, line.what);
    }
    let _ = writeln!(body, "\nBy use, in no sum:");
    for one in &estimate.usage {
        let _ = writeln!(body, "{} {money} a {}: {}", words::price(one.price), one.per, words::several(&one.of));
    }
    let _ = writeln!(body, "\nAs a table, as JSON: cockpit cost {} --estimate", app.environment.name);
    Some(body)
}
