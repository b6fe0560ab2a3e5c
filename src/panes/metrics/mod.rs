//! The Metrics pane: metrics of services, databases, load balancers, NAT gateways and firewalls over a chosen time range,
//! with the events in it.

pub mod alarms;
pub mod layout;
mod marks;
pub mod rows;
pub mod state;
#[cfg(test)]
mod tests;
pub mod update;
pub mod view;

use crate::app::command::Bottom::First;
use crate::app::command::{Id, Risk, Scope};
use crate::app::pane::{Data, Rows};
use crate::app::subject::Subject;
use crate::app::{Command, Hooks, Pane, Spec, View, data_status, layout as place};
use crate::model::Source;
use state::{ALARMS, CHARTS, HISTORY, LIST, MARKS, Topic};

/// The Metrics pane.
pub const PANE: Pane = Pane {
    id: state::ID,
    title: "Metrics",
    key: "8",
    doc: "Go to the metrics.",
    heading: "In the metrics",
    commands: COMMANDS,
    in_lists: IN_LISTS,
    actions: &[MUTE, UNMUTE, VIEW_ALARMS, LONGER, SHORTER, EARLIER, LATER, COMPARE, AREA, Id::COPY, Id::CONSOLE, AGAIN],
    views: &[&VIEW, &OF_ALARMS],
    view: |app| if app.panes.metrics.topic == Topic::Alarms { &OF_ALARMS } else { &VIEW },
    hooks: Hooks {
        open_subject: alarms::shows,
        lines: alarms::lengths,
        picked: alarms::picked,
        entered: update::entered,
        back: update::back,
        up: update::up,
        plan: update::plan,
        answer: update::answer,
        renewed: update::renewed,
        on_switch: update::switched,
        ..Hooks::NONE
    },
};

static VIEW: View = View {
    name: "metrics",
    blocks: BLOCKS,
    unfocusable_blocks: BESIDE,
    layout: layout::layout,
    summary: place::no_summary,
    subject: |_| None,
    services: None,
    sources: &[Source::Services, Source::DbInstances, Source::Alarms, Source::AlarmHistory, Source::RdsEvents],
};

static OF_ALARMS: View = View {
    name: "metrics-of-alarms",
    blocks: ALARM_BLOCKS,
    unfocusable_blocks: BESIDE,
    layout: layout::layout,
    summary: place::no_summary,
    subject: |_| None,
    services: None,
    sources: &[Source::Alarms, Source::AlarmMutes, Source::AlarmHistory],
};

const OWN: Scope = Scope::Pane(state::ID.0);
const EARLIER: Id = Id("metrics-earlier");
const LATER: Id = Id("metrics-later");
const LONGER: Id = Id("metrics-longer");
const SHORTER: Id = Id("metrics-shorter");
const COMPARE: Id = Id("metrics-compare");
const AREA: Id = Id("metrics-area");
const EVERYTHING: Id = Id("metrics-of-all");
const AGAIN: Id = Id("metrics-refresh");

const VIEW_ALARMS: Id = Id("metrics-alarms");
const MUTE: Id = Id("alarm-mute");
const UNMUTE: Id = Id("alarm-unmute");

const IN_LISTS: &[Command] = &[
    Command::new(
        Id("metrics-of"),
        Scope::List,
        "its metrics",
        &["m"],
        "Show the metrics of the selected service or database; of everything if none is selected.",
        update::show_selected,
    ),
    Command::new(
        MUTE,
        Scope::List,
        "mute alarm",
        &["M"],
        "Mute the selected alarm for a time; CloudWatch unmutes it by itself.",
        alarms::mute,
    )
    .with_risk(Risk::Change)
    .when(alarms::is_alarm_selected),
    Command::new(UNMUTE, Scope::List, "unmute alarm", &["V"], "Unmute the selected alarm.", alarms::unmute)
        .with_risk(Risk::Change)
        .when(alarms::is_muted_alarm_selected),
];

const COMMANDS: &[Command] = &[
    Command::new(LONGER, OWN, "longer", &["-"], "Longer time range: up to 30 days.", |app| update::range(app, true))
        .on_bottom(First(1)),
    Command::new(SHORTER, OWN, "shorter", &["+"], "Shorter time range: down to an hour.", |app| {
        update::range(app, false)
    })
    .on_bottom(First(2)),
    Command::new(EARLIER, OWN, "earlier", &["["], "Half a time range earlier.", update::earlier).on_bottom(First(3)),
    Command::new(LATER, OWN, "later", &["]"], "Half a time range later, up to now.", update::later).on_bottom(First(4)),
    Command::new(
        COMPARE,
        OWN,
        "compare",
        &["c"],
        "Compare with the same time yesterday, then last week, then neither.",
        update::compare,
    )
    .on_bottom(First(0)),
    Command::new(
        AREA,
        OWN,
        "kind",
        &["a"],
        "Show everything, then only services, databases, load balancers, NAT gateways, firewalls.",
        update::area,
    )
    .on_bottom(First(5)),
    Command::new(
        VIEW_ALARMS,
        OWN,
        "alarms",
        &["v"],
        "Show the alarms: the metric of each as a curve, its state changes, whether it notifies; again goes back.",
        alarms::toggle,
    )
    .on_bottom(First(6)),
    Command::new(
        EVERYTHING,
        OWN,
        "of all",
        &["*"],
        "Show load balancers and firewalls of the whole region, not only those with the environment's names.",
        update::toggle_region,
    ),
    Command::new(AGAIN, OWN, "refresh", &["r"], "Refresh the data on the screen now.", update::reload),
];

const BLOCKS: &[&Spec] = &[
    &Spec {
        block: LIST,
        title: "Metrics",
        header: true,
        columns: &[],
        rows: Rows::Lines(rows::lines),
        follows_end: false,
        is_entry: |_| true,
        subject: rows::subject,
        open: update::open,
        details: rows::details,
        data: Data::Own(rows::data_status),
    },
    &Spec {
        block: MARKS,
        title: "Meanwhile",
        header: false,
        columns: &[],
        rows: Rows::NewestFirst(rows::marks),
        follows_end: false,
        is_entry: |_| true,
        subject: rows::mark_subject,
        open: |_| None,
        details: rows::mark_details,
        data: Data::Own(rows::marks_status),
    },
];

const ALARM_BLOCKS: &[&Spec] = &[
    &Spec {
        block: ALARMS,
        title: "Alarms",
        header: true,
        columns: alarms::COLUMNS,
        rows: Rows::Sorted(alarms::in_order),
        follows_end: false,
        is_entry: |_| true,
        subject: |_, key| key.map(|key| Subject::Alarm(key.to_owned())),
        open: update::open,
        details: alarms::details,
        data: Data::Read {
            status: |app| (data_status::all(app, &[Source::Alarms]), data_status::all(app, &[Source::AlarmMutes])),
            missing: alarms::missing,
            empty: alarms::empty,
        },
    },
    &Spec {
        block: HISTORY,
        title: "Its changes",
        header: false,
        columns: &[],
        rows: Rows::NewestFirst(alarms::history),
        follows_end: false,
        is_entry: |_| true,
        subject: alarms::change_subject,
        open: |_| None,
        details: alarms::change_details,
        data: Data::Own(alarms::history_status),
    },
];

const BESIDE: &[&Spec] = &[&Spec::self_drawn(CHARTS, "Curves", Data::Own(rows::charts_status))];
