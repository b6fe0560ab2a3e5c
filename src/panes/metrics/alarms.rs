//! Alarms: the state of each, what it watches, how it changed; and those that notify nobody for a time.

use super::state::{ALARMS, Curve, ID, MUTE, Topic};
use super::update::show;
use crate::app::App;
use crate::app::data_status::{self, note};
use crate::app::effect::Effect;
use crate::app::operation::single::mute::{Request, typed};
use crate::app::overlay::{Choice, Kind, Line, Overlay, Tone};
use crate::app::pane::{DataStatus, Order, Words};
use crate::app::rows::ordered;
use crate::app::select;
use crate::app::subject::{Fact, Subject, fact};
use crate::app::tell;
use crate::app::update::change::plan;
use crate::app::update::open::{forget, go};
use crate::app::update::settle::done;
use crate::app::update::windows::{push_window, windows};
use crate::model::time::moment;
use crate::model::timeline::AlarmChange;
use crate::model::{Alarm, AlarmState, Health, Mute, Source};
use jiff::SignedDuration;
use std::cmp::Ordering;

/// The times, in minutes, for which an alarm can be muted with a key; `cockpit alarms mute` takes any time.
const LENGTHS: [i64; 6] = [15, 30, 60, 4 * 60, 12 * 60, 24 * 60];

/// The health that an alarm's state stands for.
pub fn health(alarm: &Alarm) -> Health {
    match alarm.state {
        AlarmState::Ok => Health::Healthy,
        AlarmState::Alarm => Health::Degraded,
        AlarmState::InsufficientData => Health::Unknown,
    }
}

/// Alarms, those that are raised first and those of autoscaling last.
pub fn sorted(app: &App) -> Vec<&Alarm> {
    let mut all: Vec<&Alarm> = app.estate.alarms.value().into_iter().flatten().collect();
    let rank = |alarm: &Alarm| match alarm.state {
        AlarmState::Alarm => 0,
        AlarmState::InsufficientData => 1,
        AlarmState::Ok => 2,
    };
    all.sort_by_key(|alarm| (alarm.of_autoscaling(), rank(alarm), alarm.name.as_str()));
    all
}

/// The columns by which they can be sorted: at first those that are raised stand above.
pub const COLUMNS: &[&str] = &["STATE", "NAME", "SINCE"];

/// The rows in the order of a column.
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
    let text = format!("{} {} {}", alarm.name, alarm.state.word(), alarm.metric.as_deref().unwrap_or_default());
    (alarm.name.clone(), text)
}

/// An alarm by its name.
pub fn alarm<'a>(app: &'a App, name: &str) -> Option<&'a Alarm> {
    app.estate.alarms.value()?.iter().find(|alarm| alarm.name == name)
}

/// The rule that mutes it now.
pub fn muted<'a>(app: &'a App, name: &str) -> Option<&'a Mute> {
    let now = app.service_now();
    app.estate.alarm_mutes.value()?.iter().find(|mute| mute.mutes(name, now))
}

/// A few words on what it watches.
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
            format!("{} {sign} {}", figure.name, figure.measure.words(at * f64::from(figure.scale)))
        }
        _ => "a formula".to_owned(),
    }
}

/// Whether it tells anybody, and until when not.
pub fn tells(app: &App, alarm: &Alarm) -> (String, Health) {
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

/// The alarm that is selected.
pub fn selected(app: &App) -> Option<&Alarm> {
    let list = app.screen.list_of(ALARMS)?;
    alarm(app, list.selected().or_else(|| list.rows.first().map(String::as_str))?)
}

/// Names of the alarms whose curves are shown: the selected one, or those that it is made of.
pub fn drawn(app: &App) -> Vec<String> {
    let Some(alarm) = selected(app) else { return Vec::new() };
    let children = alarm.children();
    if children.is_empty() { vec![alarm.name.clone()] } else { children }
}

/// Curves of those, a chart each.
pub fn groups<'a>(app: &App, curves: &'a [Curve]) -> Vec<Vec<&'a Curve>> {
    let names = drawn(app);
    let of = |name: &String| curves.iter().find(|curve| curve.figure.of == *name).map(|curve| vec![curve]);
    names.iter().filter_map(of).collect()
}

/// The facts of an alarm.
pub fn whole(app: &App, name: &str) -> Vec<Fact> {
    let Some(alarm) = alarm(app, name) else { return Vec::new() };
    let mut facts = vec![
        fact("alarm", alarm.name.clone()),
        fact("state", alarm.state.word()),
        fact("why", alarm.reason.clone()),
        fact("watches", watches(alarm)),
        fact("tells", tells(app, alarm).0),
    ];
    facts.extend(alarm.description.iter().map(|text| fact("for", text.clone())));
    facts.extend(alarm.suppressed.iter().map(|why| fact("notifies nobody", why.clone())));
    facts.extend(alarm.suppressor.iter().map(|name| fact("suppressed by", as_it_is(app, name))));
    facts.extend(alarm.children().into_iter().map(|child| fact("of", as_it_is(app, &child))));
    facts
}

/// An alarm that another one names, with its state as far as it is among those that are read.
fn as_it_is(app: &App, name: &str) -> String {
    let state = alarm(app, name).map_or("not read: its name begins otherwise", |alarm| alarm.state.word());
    format!("{name} ({state})")
}

fn changes(app: &App) -> impl Iterator<Item = (String, &AlarmChange)> {
    let shown = selected(app);
    let children = shown.map(Alarm::children).unwrap_or_default();
    let name = shown.map(|alarm| alarm.name.clone()).unwrap_or_default();
    let all = app.estate.alarm_changes.value().into_iter().flatten();
    let ours = all.filter(move |change| change.alarm == name || children.contains(&change.alarm));
    ours.map(|change| (format!("{}/{}", change.at, change.alarm), change))
}

/// How the selected alarm changed, newest first.
pub fn history(app: &App) -> Vec<(String, String)> {
    changes(app).map(|(key, change)| (key, format!("{} {} {}", change.alarm, change.summary, change.reason))).collect()
}

/// One change of an alarm's state, by its key.
pub fn change<'a>(app: &'a App, wanted: &str) -> Option<&'a AlarmChange> {
    changes(app).find(|(key, _)| key == wanted).map(|(_, change)| change)
}

/// The thing that such a row stands for: the logs from two minutes before it.
pub fn change_subject(app: &App, key: Option<&str>) -> Option<Subject> {
    let change = change(app, key?)?;
    let from = change.at.checked_sub(SignedDuration::from_mins(2)).unwrap_or(change.at);
    Some(Subject::Logs(None, from))
}

/// Everything about the change in this row.
pub fn whole_change(app: &App, key: &str) -> Vec<Fact> {
    let Some(change) = change(app, key) else { return Vec::new() };
    let when = crate::model::time::date_clock_with_zone(change.at, &app.zone());
    vec![
        fact("time", when),
        fact("alarm", change.alarm.clone()),
        fact("what", change.summary.clone()),
        fact("why", change.reason.clone()),
    ]
}

/// The configuration key that is missing, in words, where one is.
pub fn missing(app: &App) -> Option<String> {
    let name = &app.environment.name;
    app.environment
        .alarms
        .is_empty()
        .then(|| format!("name the beginnings of the alarms of {name}: alarms = [\"…\"] in the configuration"))
}

/// No alarm begins like that.
pub fn empty(app: &App) -> Words {
    note(&format!("no alarm begins with {}", app.environment.alarms.join(", ")))
}

/// The state of the history.
pub fn history_status(app: &App) -> DataStatus {
    let status = app.estate.status(Source::AlarmHistory);
    let trouble = status.failure.as_ref().map(|failure| {
        (data_status::severity(failure), format!("cannot read {}: {failure}", Source::AlarmHistory.words()))
    });
    // Of an alarm that is not known, or no longer is as it is shown, nothing can be said.
    let trouble = trouble.or_else(|| data_status::beside(app, &[Source::Alarms]));
    let loading = status.at.is_none() && status.failure.is_none();
    let nothing = trouble.clone().map_or_else(
        || note(if loading { "reading how it changed …" } else { "it has not changed within that time" }),
        |trouble| vec![trouble],
    );
    DataStatus { trouble, loading, empty: nothing, ..DataStatus::default() }
}

/// `v`: the alarms, or the metrics again.
pub fn toggle(app: &mut App) -> Vec<Effect> {
    let of = if app.panes.metrics.of == Topic::Alarms { Topic::All } else { Topic::Alarms };
    show(app, of);
    done(app)
}

/// Shows the alarm in this pane, where the subject is one.
pub fn shows(app: &mut App, subject: &Subject) -> Option<Vec<Effect>> {
    let Subject::Alarm(name) = subject else { return None };
    if app.panes.metrics.of == Topic::Alarms && app.shown().id == ID {
        return None;
    }
    let from = app.screen.pane;
    show(app, Topic::Alarms);
    app.panes.metrics.from = (from != ID).then_some(from);
    (app.screen.pane, app.screen.operation) = (ID, None);
    forget(app);
    app.lists_changed();
    let effects = go(app, ID);
    app.screen.list(ALARMS).select_key(name);
    app.lists_changed();
    Some(effects)
}

/// Whether an alarm is selected.
pub fn on_alarm(app: &App) -> bool {
    matches!(select::subject(app), Some(Subject::Alarm(_)))
}

/// Whether an alarm is selected that is muted.
pub fn on_muted(app: &App) -> bool {
    matches!(select::subject(app), Some(Subject::Alarm(name)) if muted(app, &name).is_some())
}

fn the_selected(app: &mut App) -> Option<String> {
    if let Some(Subject::Alarm(name)) = select::subject(app) {
        return Some(name);
    }
    app.say("select an alarm first: v in the metrics lists them");
    None
}

/// `M`: asks for how long to mute the selected alarm.
pub fn mute(app: &mut App) -> Vec<Effect> {
    let Some(name) = the_selected(app) else { return Vec::new() };
    let title = format!("Mute {name} for");
    app.panes.metrics.muting = Some(name);
    push_window(app, Overlay::new(Kind::Pane(ID, MUTE), title, Vec::new()));
    windows(app);
    done(app)
}

/// `V`: ends the mute of the selected alarm.
pub fn unmute(app: &mut App) -> Vec<Effect> {
    let Some(alarm) = the_selected(app) else { return Vec::new() };
    plan(app, Request { alarm, length: None })
}

/// The lines of its window.
pub fn lengths(app: &App, _: u8) -> Vec<Line> {
    let until = |length: SignedDuration| {
        let at = app.service_now().checked_add(length).unwrap_or(app.service_now());
        format!("to {}", moment(at, app.service_now(), &app.zone()))
    };
    let line = |minutes: &i64| {
        let length = SignedDuration::from_mins(*minutes);
        Line {
            note: until(length),
            choice: Choice::Pane { pane: ID, what: MUTE, text: typed(length) },
            ..tell::line("", typed(length), Tone::Plain)
        }
    };
    LENGTHS.iter().map(line).collect()
}

/// Plans the mute for the length that was chosen.
pub fn picked(app: &mut App, _: u8, text: &str) -> Vec<Effect> {
    app.screen.overlays.pop();
    let length = crate::model::time::duration(text);
    let (Some(alarm), Some(length)) = (app.panes.metrics.muting.take(), length) else { return Vec::new() };
    plan(app, Request { alarm, length: Some(length) })
}
