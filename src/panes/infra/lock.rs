//! Releasing a stale lock, after confirmation.

use super::requests::{Kind, ask, command, place, wrong_account};
use crate::app::App;
use crate::app::command::Risk;
use crate::app::effect::Effect;
use crate::app::overlay::Tone;
use crate::app::pane::Confirmation;
use crate::feeds::infra::{Ask, StateLock};

/// The confirmation for releasing a lock.
pub fn unlock(app: &App, lock: &StateLock) -> Confirmation {
    let StateLock { unit, id, holder: who, operation, since, alive, is_stale: gone } = lock;
    let text = vec![
        (Tone::Strong, format!("The state of {unit} is locked by {who}: {operation}, since {since}.")),
        (if *gone { Tone::Plain } else { Tone::Bad }, format!("{alive}.")),
        (Tone::Warn, "Where it is still worked on, two would write one state, and the work of one is lost.".to_owned()),
    ];
    Confirmation {
        title: format!("Release the lock of {unit}"),
        verb: "Release".to_owned(),
        risk: if *gone { Risk::Disrupt } else { Risk::Destroy },
        text,
        command: command(app, "unlock", std::slice::from_ref(unit)),
        covered_content: id.clone(),
        live: Vec::new(),
    }
}

/// Releases the lock.
pub fn release(app: &mut App, lock: StateLock) -> Vec<Effect> {
    if let Some(wrong) = wrong_account(app, true) {
        app.show_message(wrong);
        return Vec::new();
    }
    app.panes.infra.pending_request = Some(format!("releasing the lock of {} …", lock.unit));
    let question = Ask::Unlock { place: place(app), lock };
    vec![ask(app, Kind::Unlock, question).1]
}
