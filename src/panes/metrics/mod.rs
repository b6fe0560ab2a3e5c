//! Metrics: of a service, a database, all load balancers, NAT gateways and firewalls, over a time that is chosen, with what
//! happened meanwhile.

pub mod layout;
pub mod rows;
pub mod state;
#[cfg(test)]
mod tests;
pub mod update;
pub mod view;

use crate::app::command::Bottom::First;
use crate::app::command::{Id, Scope};
use crate::app::pane::{Data, Rows};
use crate::app::{Command, Hooks, Pane, Spec, View, layout as place};
use crate::model::Source;
use state::{CHARTS, LIST, MARKS};

/// The pane.
pub const PANE: Pane = Pane {
    id: state::ID,
    title: "Metrics",
    key: "8",
    doc: "Go to the metrics.",
    heading: "In the metrics",
    commands: COMMANDS,
    in_lists: &[Command::new(
        Id("metrics-of"),
        Scope::List,
        "its metrics",
        &["m"],
        "Show the metrics of the selected service or database; of everything where none is selected.",
        update::of_selected,
    )],
    actions: &[LONGER, SHORTER, EARLIER, LATER, COMPARE, AREA, Id::COPY, AGAIN],
    views: &[&VIEW],
    view: |_| &VIEW,
    hooks: Hooks {
        entered: update::entered,
        back: update::back,
        up: update::up,
        plan: update::plan,
        answer: update::answer,
        renewed: update::renewed,
        switched: update::switched,
        ..Hooks::NONE
    },
};

static VIEW: View = View {
    name: "metrics",
    blocks: BLOCKS,
    beside: BESIDE,
    layout: layout::layout,
    summary: place::no_summary,
    about: |_| None,
    services: None,
    sources: &[Source::Services, Source::DbInstances, Source::Alarms, Source::AlarmHistory, Source::RdsEvents],
};

const OWN: Scope = Scope::Pane(state::ID.0);
const EARLIER: Id = Id("metrics-earlier");
const LATER: Id = Id("metrics-later");
const LONGER: Id = Id("metrics-longer");
const SHORTER: Id = Id("metrics-shorter");
const COMPARE: Id = Id("metrics-compare");
const AREA: Id = Id("metrics-area");
const AGAIN: Id = Id("metrics-refresh");

const COMMANDS: &[Command] = &[
    Command::new(LONGER, OWN, "longer", &["-"], "A longer time: up to 30 days.", |app| update::range(app, true))
        .on_bottom(First(1)),
    Command::new(SHORTER, OWN, "shorter", &["+"], "A shorter time: down to an hour.", |app| update::range(app, false))
        .on_bottom(First(2)),
    Command::new(EARLIER, OWN, "earlier", &["["], "Half of that time earlier.", update::earlier).on_bottom(First(3)),
    Command::new(LATER, OWN, "later", &["]"], "Half of that time later, up to now.", update::later).on_bottom(First(4)),
    Command::new(
        COMPARE,
        OWN,
        "compare",
        &["c"],
        "Show the same time of yesterday below the curves, then that of last week, then neither.",
        update::compare,
    )
    .on_bottom(First(0)),
    Command::new(
        AREA,
        OWN,
        "kind",
        &["a"],
        "Everything, then services, databases, load balancers, NAT gateways, firewalls alone.",
        update::area,
    )
    .on_bottom(First(5)),
    Command::new(AGAIN, OWN, "refresh", &["r"], "Read what is on the screen again, now.", update::reload),
];

const BLOCKS: &[&Spec] = &[
    &Spec {
        block: LIST,
        title: "Metrics",
        header: true,
        columns: &[],
        rows: Rows::Lines(rows::lines),
        follows_end: false,
        counts: |_| true,
        subject: rows::subject,
        open: update::open,
        whole: rows::whole,
        data: Data::Own(rows::data_status),
    },
    &Spec {
        block: MARKS,
        title: "Meanwhile",
        header: false,
        columns: &[],
        rows: Rows::Lines(rows::marks),
        follows_end: false,
        counts: |_| true,
        subject: rows::mark_subject,
        open: |_| None,
        whole: rows::whole_mark,
        data: Data::Own(rows::marks_status),
    },
];

const BESIDE: &[&Spec] = &[&Spec {
    block: CHARTS,
    title: "Curves",
    header: false,
    columns: &[],
    rows: Rows::None,
    follows_end: false,
    counts: |_| true,
    subject: |_, _| None,
    open: |_| None,
    whole: |_, _| Vec::new(),
    data: Data::Own(rows::data_status),
}];
