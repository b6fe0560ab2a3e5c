//! The questions of the Infra pane: their kinds, their numbers, and what is asked of a run.

use super::state::ID;
use crate::app::App;
use crate::app::effect::{Effect, Priority};
use crate::app::ticket::{Owner, Ticket};
use crate::app::update::settle::done;
use crate::feeds::lifetime::Lifetime;
use crate::feeds::runs;
use crate::model::Failure;
use crate::model::infra::run_event::RequestKind;
use crate::model::offered::in_environment;
use crate::model::text::quoted;

/// The kinds of its questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Units are looked for.
    Discover,
    /// Runs are listed.
    List,
    /// A run is followed.
    Follow,
    /// A run is begun.
    Begin,
    /// A plan is read.
    Plan,
    /// Something is asked of a run.
    Tell,
    /// Locks are looked for.
    Locks,
    /// A lock is released.
    Unlock,
    /// Looks for resources that a run may have left behind.
    Orphans,
    /// How long changes took is read.
    History,
    /// Units are looked at without a run.
    Look,
    /// Reads what is declared of what runs.
    Declared,
    /// Attributes of a resource are read.
    Attributes,
    /// Reads the output of Terraform and Terragrunt.
    Written,
}

impl Kind {
    /// The kind of this number.
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

/// A ticket with this number.
pub fn ticket(app: &App, kind: Kind, serial: u64) -> Ticket {
    Ticket { generation: app.generation(), owner: Owner::Pane(ID.0, kind as u8), serial }
}

/// A question with a number of its own.
pub fn ask(app: &mut App, kind: Kind, ask: impl Into<crate::feeds::Ask>) -> (u64, Effect) {
    app.panes.infra.serial += 1;
    let (serial, ask) = (app.panes.infra.serial, ask.into());
    app.panes.infra.latest.insert(kind as u8, serial);
    if ask.lifetime() == Lifetime::Detached {
        app.panes.infra.lasting.insert(serial, app.environment.name.clone());
    }
    (serial, Effect::Fetch { ticket: ticket(app, kind, serial), lane: Priority::Operator, ask })
}

/// The folder in which runs are kept.
pub fn place(app: &App) -> runs::Place {
    runs::Place { audit_file: app.config.audit_file.clone(), simulated: app.session.simulated }
}

/// Sends a request to the followed run.
pub fn wish(app: &mut App, wish: RequestKind, words: &str) -> Vec<Effect> {
    let Some(run) = app.panes.infra.run.as_ref().map(|run| run.folder.clone()) else { return Vec::new() };
    app.panes.infra.waiting = Some(words.to_owned());
    let question = runs::Ask::Tell { place: place(app), run, wish };
    let (_, effect) = ask(app, Kind::Tell, question);
    let mut effects = vec![effect];
    effects.extend(done(app));
    effects
}

/// Why nothing is planned, applied or released: the credentials are another account's, or nobody knows whose they are and
/// something would be changed.
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

/// The command line that does the same.
pub fn command(app: &App, word: &str, units: &[String]) -> String {
    let units: String = units.iter().flat_map(|unit| [" --unit ".to_owned(), quoted(unit)]).collect();
    format!("cockpit infra {word} --env {}{units}", quoted(&app.environment.name))
}

/// A question failed: it is reported, and kept among the notes.
pub(super) fn refused(app: &mut App, failure: &Failure) {
    let text = in_environment(&failure.message, app.environment.named());
    app.note(true, text.clone());
    tell(app, "Infra", &[text]);
}

/// The answer to a question, in a window.
pub(super) fn tell(app: &mut App, title: &str, lines: &[String]) {
    let message = crate::app::overlays::message(app, title, &lines.join("\n"));
    app.screen.overlays.push(message);
}
