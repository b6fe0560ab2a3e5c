//! Alarms in the Metrics pane: state, watched metric, history, and mutes.

use super::state::{ALARMS, Curve, ID, MUTE, Topic};
use super::update::show;
use crate::app::App;
use crate::app::data_status::{self, note};
use crate::app::effect::Effect;
use crate::app::operation::single::mute::{Request, duration_text};
use crate::app::operation_texts;
use crate::app::overlay::{Choice, Kind, Line, Overlay, Tone};
use crate::app::pane::{DataStatus, Order, StatusLines};
use crate::app::rows::ordered;
use crate::app::select;
use crate::app::subject::{Fact, Subject, fact};
use crate::app::update::change::plan;
use crate::app::update::open::{go, reset_view};
use crate::app::update::refresh::after_move;
use crate::app::update::windows::{push_window, windows};
use crate::model::time::moment;
use crate::model::timeline::AlarmChange;
use crate::model::{Alarm, AlarmState, Health, Mute, Source};
use jiff::SignedDuration;
use std::cmp::Ordering;

/// Mute lengths offered by the key, in minutes; `cockpit alarms mute` accepts any length.
const LENGTHS: [i64; 6] = [15, 30, 60, 4 * 60, 12 * 60, 24 * 60];

/// The health that corresponds to an alarm's state.
pub fn health(alarm: &Alarm) -> Health {
    match alarm.state {
        AlarmState::Ok => Health::Healthy,
        AlarmState::Alarm => Health::Degraded,
        AlarmState::InsufficientData => Health::Unknown,
    }
}

/// All alarms, raised ones first and those of autoscaling last.
pub fn sorted(app: &App) -> Vec<&Alarm> {
    let mut alarms: Vec<&Alarm> = app.estate.alarms.value().into_iter().flatten().collect();
    let rank = |alarm: &Alarm| match alarm.state {
        AlarmState::Alarm => 0,
        AlarmState::InsufficientData => 1,
        AlarmState::Ok => 2,
    };
    alarms.sort_by_key(|alarm| (alarm.is_for_autoscaling(), rank(alarm), alarm.name.as_str()));
    alarms
}

/// The columns that alarms can be sorted by; by default raised alarms come first.
pub const COLUMNS: &[&str] = &["STATE", "NAME", "SINCE"];

/// The ordered row keys.
pub fn in_order(app: &App, order: &Order<'_>) -> (Vec<String>, usize) {
    ordered(
        order,
        sorted(app),
        |alarm| line(alarm),
        |a, b, column| match column {
            1 => a.name.cmp(&b.name),
            2 => b.since.cmp(&a.since),
            _ => Ordering::Equal,
        },
    )
}

fn line(alarm: &Alarm) -> (String, String) {
    let text = format!("{} {} {}", alarm.name, alarm.state.name(), alarm.metric.as_deref().unwrap_or_default());
    (alarm.name.clone(), text)
}

/// Returns the alarm with this name.
pub fn alarm<'a>(app: &'a App, name: &str) -> Option<&'a Alarm> {
    app.estate.alarms.value()?.iter().find(|alarm| alarm.name == name)
}

/// The mute rule that currently applies to the alarm.
pub fn muted<'a>(app: &'a App, name: &str) -> Option<&'a Mute> {
    let now = app.service_now();
    app.estate.alarm_mutes.value()?.iter().find(|mute| mute.mutes(name, now))
}

/// A short description of what the alarm watches.
pub fn watches(alarm: &Alarm) -> String {
    let children = alarm.children();
    if !children.is_empty() {
        return format!("{} alarms", children.len());
    }
    let sign = match alarm.comparison.as_deref() {
        Some("GreaterThanThreshold") => ">",
        Some("GreaterThanOrEqualToThreshold") => ">=",
        Some("LessThanThreshold") => "<",
        Some("LessThanOrEqualToThreshold") => "<=",
        _ => "at",
    };
    match (alarm.figure(), alarm.threshold) {
        (Some(figure), Some(at)) => {
            format!("{} {sign} {}", figure.name, figure.measure.format(at * f64::from(figure.scale)))
        }
        _ => "a formula".to_owned(),
    }
}

/// Whether the alarm notifies, and if not, until when it is muted.
pub fn notification(app: &App, alarm: &Alarm) -> (String, Health) {
    match muted(app, &alarm.name) {
        Some(Mute { until: Some(until), .. }) => {
            (format!("muted to {}", moment(*until, app.service_now(), &app.zone())), Health::Degraded)
        }
        Some(mute) => (format!("muted at times: {}", mute.rule), Health::Stopped),
        None if alarm.suppressed.is_some() => ("suppressed".to_owned(), Health::Degraded),
        None if !alarm.actions_enabled => ("actions off".to_owned(), Health::Stopped),
        None if alarm.actions.is_empty() => ("notifies nobody".to_owned(), Health::Stopped),
        None => ("tells".to_owned(), Health::Healthy),
    }
}

/// The selected alarm, or the first one.
pub fn selected(app: &App) -> Option<&Alarm> {
    let list = app.screen.list_of(ALARMS)?;
    alarm(app, list.selected().or_else(|| list.rows.first().map(String::as_str))?)
}

/// Names of the alarms whose curves are shown: the selected one, or the children of a composite alarm.
pub fn charted_alarms(app: &App) -> Vec<String> {
    let Some(alarm) = selected(app) else { return Vec::new() };
    let children = alarm.children();
    if children.is_empty() { vec![alarm.name.clone()] } else { children }
}

/// One chart for each of these alarms.
pub fn groups<'a>(app: &App, curves: &'a [Curve]) -> Vec<Vec<&'a Curve>> {
    let names = charted_alarms(app);
    let of = |name: &String| curves.iter().find(|curve| curve.figure.of == *name).map(|curve| vec![curve]);
    names.iter().filter_map(of).collect()
}

/// All facts of an alarm.
pub fn details(app: &App, name: &str) -> Vec<Fact> {
    let Some(alarm) = alarm(app, name) else { return Vec::new() };
    let mut facts = vec![
        fact("alarm", alarm.name.clone()),
        fact("state", alarm.state.name()),
        fact("why", alarm.reason.clone()),
        fact("watches", watches(alarm)),
        fact("tells", notification(app, alarm).0),
    ];
    facts.extend(alarm.description.iter().map(|text| fact("for", text.clone())));
    facts.extend(alarm.suppressed.iter().map(|why| fact("notifies nobody", why.clone())));
    facts.extend(alarm.suppressor.iter().map(|name| fact("suppressed by", name_with_state(app, name))));
    facts.extend(alarm.children().into_iter().map(|child| fact("of", name_with_state(app, &child))));
    facts
}

/// The name of a child alarm with its state, if the child is among the alarms that were read.
fn name_with_state(app: &App, name: &str) -> String {
    let state = alarm(app, name).map_or("not read: its name begins otherwise", |alarm| alarm.state.name());
    format!("{name} ({state})")
}

fn changes(app: &App) -> impl Iterator<Item = (String, &AlarmChange)> {
    let shown = selected(app);
    let children = shown.map(Alarm::children).unwrap_or_default();
    let name = shown.map(|alarm| alarm.name.clone()).unwrap_or_default();
    let changes = app.estate.alarm_changes.value().into_iter().flatten();
    let ours = changes.filter(move |change| change.alarm == name || children.contains(&change.alarm));
    ours.map(|change| (format!("{}/{}", change.at, change.alarm), change))
}

/// The state changes of the selected alarm, newest first.
pub fn history(app: &App) -> Vec<(String, String)> {
    changes(app).map(|(key, change)| (key, format!("{} {} {}", change.alarm, change.summary, change.reason))).collect()
}

/// Returns the state change with this key.
pub fn change<'a>(app: &'a App, wanted: &str) -> Option<&'a AlarmChange> {
    changes(app).find(|(key, _)| key == wanted).map(|(_, change)| change)
}

/// The subject of a state change: the logs from two minutes before it.
pub fn change_subject(app: &App, key: Option<&str>) -> Option<Subject> {
    let change = change(app, key?)?;
    let from = change.at.checked_sub(SignedDuration::from_mins(2)).unwrap_or(change.at);
    Some(Subject::Logs(None, from))
}

/// All details of a state change.
pub fn change_details(app: &App, key: &str) -> Vec<Fact> {
    let Some(change) = change(app, key) else { return Vec::new() };
    let when = crate::model::time::date_clock_with_zone(change.at, &app.zone());
    vec![
        fact("time", when),
        fact("alarm", change.alarm.clone()),
        fact("what", change.summary.clone()),
        fact("why", change.reason.clone()),
    ]
}

/// A sentence that names the missing configuration key, if any.
pub fn missing(app: &App) -> Option<String> {
    let name = &app.environment.name;
    app.environment
        .alarms
        .is_empty()
        .then(|| format!("name the beginnings of the alarms of {name}: alarms = [\"…\"] in the configuration"))
}

/// The message if no alarm matches the configured prefixes.
pub fn empty(app: &App) -> StatusLines {
    note(&format!("no alarm begins with {}", app.environment.alarms.join(", ")))
}

/// Status of the history.
pub fn history_status(app: &App) -> DataStatus {
    let status = app.estate.status(Source::AlarmHistory);
    let trouble = status.failure.as_ref().map(|failure| {
        (data_status::severity(failure), format!("cannot read {}: {failure}", Source::AlarmHistory.label()))
    });
    // Without current alarms, nothing can be concluded about the history.
    let trouble = trouble.or_else(|| data_status::secondary_trouble(app, &[Source::Alarms]));
    let loading = status.at.is_none() && status.failure.is_none();
    let nothing = trouble.clone().map_or_else(
        || note(if loading { "reading how it changed …" } else { "it has not changed within that time" }),
        |trouble| vec![trouble],
    );
    DataStatus { trouble, loading, empty: nothing, ..DataStatus::default() }
}

/// `v`: switches between alarms and metrics.
pub fn toggle(app: &mut App) -> Vec<Effect> {
    let of = if app.panes.metrics.topic == Topic::Alarms { Topic::All } else { Topic::Alarms };
    show(app, of);
    after_move(app)
}

/// Opens the pane at an alarm that another pane refers to.
pub fn shows(app: &mut App, subject: &Subject) -> Option<Vec<Effect>> {
    let Subject::Alarm(name) = subject else { return None };
    if app.panes.metrics.topic == Topic::Alarms && app.shown_pane().id == ID {
        return None;
    }
    let from = app.screen.pane;
    show(app, Topic::Alarms);
    app.panes.metrics.opened_from = (from != ID).then_some(from);
    (app.screen.pane, app.screen.operation) = (ID, None);
    reset_view(app);
    app.lists_changed();
    let effects = go(app, ID);
    app.screen.list(ALARMS).select_key(name);
    app.lists_changed();
    Some(effects)
}

/// Whether an alarm is selected.
pub fn is_alarm_selected(app: &App) -> bool {
    matches!(select::subject(app), Some(Subject::Alarm(_)))
}

/// Whether a muted alarm is selected.
pub fn is_muted_alarm_selected(app: &App) -> bool {
    matches!(select::subject(app), Some(Subject::Alarm(name)) if muted(app, &name).is_some())
}

fn require_selected(app: &mut App) -> Option<String> {
    if let Some(Subject::Alarm(name)) = select::subject(app) {
        return Some(name);
    }
    app.show_message("select an alarm first: v in the metrics lists them");
    None
}

/// `M`: opens the choice of a mute length for the selected alarm.
pub fn mute(app: &mut App) -> Vec<Effect> {
    let Some(name) = require_selected(app) else { return Vec::new() };
    let title = format!("Mute {name} for");
    app.panes.metrics.muting = Some(name);
    push_window(app, Overlay::new(Kind::Pane(ID, MUTE), title, Vec::new()));
    windows(app);
    after_move(app)
}

/// `V`: ends the mute of the selected alarm.
pub fn unmute(app: &mut App) -> Vec<Effect> {
    let Some(alarm) = require_selected(app) else { return Vec::new() };
    plan(app, Request { alarm, length: None })
}

/// The lines of the mute dialog.
pub fn lengths(app: &App, _: u8) -> Vec<Line> {
    let until = |length: SignedDuration| {
        let at = app.service_now().checked_add(length).unwrap_or(app.service_now());
        format!("to {}", moment(at, app.service_now(), &app.zone()))
    };
    let line = |minutes: &i64| {
        let length = SignedDuration::from_mins(*minutes);
        Line {
            note: until(length),
            choice: Choice::Pane { pane: ID, what: MUTE, text: duration_text(length) },
            ..operation_texts::line("", duration_text(length), Tone::Plain)
        }
    };
    LENGTHS.iter().map(line).collect()
}

/// Plans the mute of the chosen length.
pub fn picked(app: &mut App, _: u8, text: &str) -> Vec<Effect> {
    app.screen.overlays.pop();
    let length = crate::model::time::duration(text);
    let (Some(alarm), Some(length)) = (app.panes.metrics.muting.take(), length) else { return Vec::new() };
    plan(app, Request { alarm, length: Some(length) })
}
