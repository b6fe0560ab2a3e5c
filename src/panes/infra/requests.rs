//! Requests of the Infra pane: their kinds and serial numbers, and the requests to a run.

use super::state::ID;
use crate::app::App;
use crate::app::effect::{Effect, Priority};
use crate::app::ticket::{Owner, Ticket};
use crate::app::update::refresh::after_move;
use crate::feeds::lifetime::Lifetime;
use crate::feeds::runs;
use crate::model::Failure;
use crate::model::infra::run_event::RequestKind;
use crate::model::suggested_commands::with_scope;
use crate::model::text::shell_quote;

/// The kinds of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Finds the units.
    Discover,
    /// Lists the runs.
    List,
    /// Follows a run.
    Follow,
    /// Starts a run.
    Begin,
    /// Reads a plan.
    Plan,
    /// Sends a request to a run.
    Tell,
    /// Looks for locks.
    Locks,
    /// Releases a lock.
    Unlock,
    /// Looks for resources that a run may have left behind.
    Orphans,
    /// Reads how long changes took in earlier runs.
    History,
    /// Inspects units without a run.
    Look,
    /// Reads the declared state of what is running.
    Declared,
    /// Reads the attributes of a resource.
    Attributes,
    /// Reads the output of Terraform and Terragrunt.
    Written,
}

impl Kind {
    /// Returns the kind with this number.
    pub fn of(number: u8) -> Option<Self> {
        let all = [
            Self::Discover,
            Self::List,
            Self::Follow,
            Self::Begin,
            Self::Plan,
            Self::Tell,
            Self::Locks,
            Self::Unlock,
            Self::Orphans,
            Self::History,
            Self::Look,
            Self::Declared,
            Self::Attributes,
            Self::Written,
        ];
        all.into_iter().find(|kind| *kind as u8 == number)
    }
}

/// A ticket with this serial number.
pub fn ticket(app: &App, kind: Kind, serial: u64) -> Ticket {
    Ticket { generation: app.generation(), owner: Owner::Pane(ID.0, kind as u8), serial }
}

/// Creates a request with a new serial number.
pub fn ask(app: &mut App, kind: Kind, ask: impl Into<crate::feeds::Ask>) -> (u64, Effect) {
    app.panes.infra.serial += 1;
    let (serial, ask) = (app.panes.infra.serial, ask.into());
    app.panes.infra.latest.insert(kind as u8, serial);
    if ask.lifetime() == Lifetime::Detached {
        app.panes.infra.detached.insert(serial, app.environment.name.clone());
    }
    (serial, Effect::Fetch { ticket: ticket(app, kind, serial), priority: Priority::Operator, ask })
}

/// The location of the runs' folder.
pub fn place(app: &App) -> runs::Place {
    runs::Place { audit_file: app.config.audit_file.clone(), simulated: app.session.simulated }
}

/// Sends a request to the followed run.
pub fn request_run(app: &mut App, wish: RequestKind, words: &str) -> Vec<Effect> {
    let Some(run) = app.panes.infra.run.as_ref().map(|run| run.folder.clone()) else { return Vec::new() };
    app.panes.infra.pending_request = Some(words.to_owned());
    let question = runs::Ask::Request { place: place(app), run, request: wish };
    let (_, effect) = ask(app, Kind::Tell, question);
    let mut effects = vec![effect];
    effects.extend(after_move(app));
    effects
}

/// Why nothing may be planned, applied or released: the credentials belong to another account, or their account is unknown
/// and `changes` is set.
pub(super) fn wrong_account(app: &App, changes: bool) -> Option<String> {
    let (name, named) = (&app.environment.name, app.environment.account.as_ref()?);
    match app.estate.identity.value() {
        Some(identity) if identity.account != *named => {
            Some(format!("refused: the credentials are of account {}, and {name} is {named}", identity.account))
        }
        None if changes => {
            Some(format!("refused: the account of these credentials is not known, and {name} is {named}"))
        }
        _ => None,
    }
}

/// The equivalent command line.
pub fn command(app: &App, word: &str, units: &[String]) -> String {
    let units: String = units.iter().flat_map(|unit| [" --unit ".to_owned(), shell_quote(unit)]).collect();
    format!("cockpit infra {word} --env {}{units}", shell_quote(&app.environment.name))
}

/// Reports a failed request, and adds it to the activity.
pub(super) fn report_failure(app: &mut App, failure: &Failure) {
    let text = with_scope(&failure.message, app.environment.command_scope());
    app.note(true, text.clone());
    show_lines(app, "Infra", &[text]);
}

/// Shows lines in a window.
pub(super) fn show_lines(app: &mut App, title: &str, lines: &[String]) {
    let message = crate::app::overlays::message(app, title, &lines.join("\n"));
    app.screen.overlays.push(message);
}
