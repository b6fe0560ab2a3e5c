//! Input lines of the pane's own changes: paths to invalidate, targets of scaling policies, scheduled actions.

use super::health;
use super::state::ID;
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::operation::single::invalidation::Request;
use crate::app::operation::single::scaling::{self, StepChange, target};
use crate::app::screen::{Purpose, Typing};
use crate::app::select;
use crate::app::update::change::plan;
use crate::app::update::refresh::after_move;

const PATHS: u8 = 0;
const TARGET: u8 = 1;
const ADD: u8 = 2;
const REMOVE: u8 = 3;

/// Asks for the paths to invalidate, written as on the command line. If there are several distributions, the id comes first.
pub(super) fn ask(app: &mut App) -> Vec<Effect> {
    let purpose = Purpose::Pane { pane: ID, what: PATHS, label: "invalidate " };
    app.screen.typing = Some(Typing::new(purpose, "/*".to_owned()));
    after_move(app)
}

/// Opens an input line about the selected service.
fn about_service(app: &mut App, what: u8, label: &'static str, text: &str) -> Vec<Effect> {
    if select::service(app).is_none() {
        app.refuse_line("select a service first");
        return Vec::new();
    }
    let purpose = Purpose::Pane { pane: ID, what, label };
    app.screen.typing = Some(Typing::new(purpose, text.to_owned()));
    after_move(app)
}

/// Asks for the target value of a scaling policy.
pub(super) fn ask_target(app: &mut App) -> Vec<Effect> {
    about_service(app, TARGET, "metric=value ", "cpu=")
}

/// Asks for the scheduled action to add.
pub(super) fn ask_action(app: &mut App) -> Vec<Effect> {
    about_service(app, ADD, "name min max time ", "night 0 0 cron(0 22 * * ? *)")
}

/// Asks for the scheduled action to remove.
pub(super) fn ask_removal(app: &mut App) -> Vec<Effect> {
    about_service(app, REMOVE, "scheduled action to remove ", "")
}

/// Parses a scheduled action: `night 0 4 cron(0 22 * * ? *)`.
fn action(text: &str) -> Result<StepChange, String> {
    let wrong = || format!("`{text}` is not NAME MIN MAX TIME, such as night 0 0 cron(0 22 * * ? *)");
    let mut words = text.trim().splitn(4, ' ');
    let (Some(name), Some(min), Some(max), Some(schedule)) = (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(wrong());
    };
    let number = |text: &str| text.parse::<u32>().map(Some).map_err(|_| wrong());
    let (min, max, schedule) = (number(min)?, number(max)?, schedule.trim().to_owned());
    Ok(StepChange::Add { name: name.to_owned(), schedule, timezone: None, min, max })
}

/// Handles a submitted input line.
pub(super) fn accepted(app: &mut App, what: u8, text: &str) -> Vec<Effect> {
    if what == health::ALLOW || what == health::DISALLOW {
        return health::change(app, text, what == health::ALLOW);
    }
    if what != PATHS {
        let wanted = match what {
            TARGET => target(text).map(|(metric, value)| StepChange::Target { metric, value }),
            ADD => action(text),
            _ => Ok(StepChange::Remove { name: text.trim().to_owned() }),
        };
        return match (wanted, select::service(app)) {
            (Ok(wanted), Some(service)) => {
                let short = app.estate.service_row(&service).map_or_else(|| service.clone(), |row| row.short.clone());
                plan(app, scaling::Request { service, short, wanted })
            }
            (Err(why), _) => {
                app.show_message(why);
                after_move(app)
            }
            (Ok(_), None) => after_move(app),
        };
    }
    match Request::parse(&text.split_whitespace().collect::<Vec<_>>()) {
        Ok(request) => plan(app, request),
        Err(why) => {
            app.show_message(why);
            after_move(app)
        }
    }
}
