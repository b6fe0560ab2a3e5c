//! The state of one resource: what the run and the plan report about it, and its attributes from the state.

use super::requests::{Kind, ask};
use super::{plan_lines, state, texts};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::update::refresh::after_move;
use crate::feeds::infra::{Ask, Fact};
use crate::feeds::part::Part;
use std::fmt::Write as _;

/// `s`: reads the attributes of the selected resource.
pub fn read(app: &mut App) -> Vec<Effect> {
    let state = &app.panes.infra;
    let (Some(unit), Some(address)) = (state.opened_unit.clone(), state.selected_resource.clone()) else {
        app.show_message("Enter goes into a unit; s then shows how a resource stands");
        return Vec::new();
    };
    app.panes.infra.pending_request = Some(format!("reading what the state has of {address} …"));
    app.panes.infra.reading = Some((unit.clone(), address.clone()));
    let mut effects = vec![ask(app, Kind::Attributes, Ask::Attributes { unit, address }).1];
    effects.extend(after_move(app));
    effects
}

/// Shows the attributes. If they could not be read, still shows what the run reported.
pub fn answer(app: &mut App, part: Part<Fact>) {
    app.panes.infra.pending_request = None;
    let Some((unit, address)) = app.panes.infra.reading.clone() else { return };
    let mut body = known(app, &unit, &address);
    match part {
        Part::Page(Fact::Attributes { unit: of, address: named, values })
        | Part::Last(Fact::Attributes { unit: of, address: named, values })
            // An answer about another resource belongs to an earlier request.
            if of == unit && named == address =>
        {
            match values {
                Some(values) => {
                    body.push_str("\nAttributes, as the state has them:\n");
                    for (name, value) in values {
                        let _ = writeln!(body, "  {name} = {value}");
                    }
                }
                None => body.push_str("\nIt is in no state: nothing was applied of it.\n"),
            }
        }
        Part::Failed(failure) => {
            app.note(true, failure.message.clone());
            let _ = writeln!(body, "\nIts attributes cannot be read:\n{}", failure.message);
        }
        Part::Page(_) | Part::Last(_) => return,
    }
    app.panes.infra.reading = None;
    super::requests::show_lines(app, "Resource", &[body]);
}

/// What the run and the plan report about the resource.
fn known(app: &App, unit: &str, address: &str) -> String {
    let state = &app.panes.infra;
    let run = state.state().and_then(|run| run.units.get(unit));
    let mut body = format!("{address}\nin {unit}\n");
    if let Some(resource) = run.and_then(|run| run.resources.get(address)) {
        let _ = write!(body, "\n{}\n", texts::resource(resource, app.now).1);
    }
    let errors = run.into_iter().flat_map(|run| &run.diagnostics);
    for error in errors.filter(|error| error.address.as_deref() == Some(address)) {
        for (_, line) in state::diagnostic_lines(error) {
            body.push_str(&line);
            body.push('\n');
        }
    }
    if let Some(plan) = state.plan_of(unit)
        && let Some(change) = plan.change(address)
    {
        body.push('\n');
        for line in plan_lines::change(plan, change) {
            let _ = writeln!(body, "{:indent$}{} {}", "", line.sign, line.text, indent = usize::from(line.indent));
        }
    }
    body
}
