//! Keys, requests and answers of the Metrics pane. It reads only while it is shown, because each metric costs money.

use super::marks;
use super::state::{Against, Curve, ID, InFlight, LIST, Monitored, RANGES, Read, State, Topic};
use crate::app::App;
use crate::app::effect::{Effect, Priority};
use crate::app::event::Answer;
use crate::app::metric_list;
use crate::app::select;
use crate::app::subject::Subject;
use crate::app::ticket::{Owner, Ticket};
use crate::app::update::open::{go, reset_view};
use crate::app::update::refresh::{after_move, has_much_to_judge};
use crate::app::update::run::refresh;
use crate::feeds::aws::{Fact, Query};
use crate::feeds::part::Part;
use crate::feeds::runs::{Ask, Fact as Known, Place};
use crate::model::telemetry::{self, Area, shifted};
use crate::model::{Alarm, Failure, Point};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// Kinds of requests.
const LISTED: u8 = 0;
const NOW: u8 = 1;
const BEFORE: u8 = 2;
const LOCAL: u8 = 3;

/// Interval for listing load balancers, gateways and firewalls, which change slowly.
const LISTED_EVERY: SignedDuration = SignedDuration::from_mins(15);
/// Delay before a failed list is requested again.
const LISTED_AGAIN: SignedDuration = SignedDuration::from_mins(2);
/// Poll interval of operations and runs recorded on this machine.
const LOCAL_EVERY: SignedDuration = SignedDuration::from_secs(15);
/// Minimum interval for collecting marks in a large environment.
const MARKS_EVERY: SignedDuration = SignedDuration::from_secs(5);

/// The poll interval of the curves: one period, but at least a minute.
pub fn poll_interval(app: &App) -> SignedDuration {
    let (_, _, period) = window(app);
    SignedDuration::from_secs(i64::from(period)).clamp(app.environment.refresh.metrics, SignedDuration::from_mins(10))
}

/// The displayed range and its period. It ends with the last complete period, as a partial sum looks like a drop.
pub fn window(app: &App) -> (Timestamp, Timestamp, i32) {
    let metrics = &app.panes.metrics;
    let (span, _) = RANGES[metrics.range];
    let half = SignedDuration::from_secs(span.as_secs() / 2 * i64::from(metrics.steps_back));
    let earlier = metrics.against.earlier().unwrap_or(SignedDuration::ZERO);
    let period = telemetry::period(span, half + span + earlier);
    let until = app.service_now().checked_sub(half).unwrap_or(Timestamp::UNIX_EPOCH);
    let period_end = until.as_second().div_euclid(i64::from(period)) * i64::from(period);
    let until = Timestamp::from_second(period_end).unwrap_or(until);
    (until.checked_sub(span).unwrap_or(Timestamp::UNIX_EPOCH), until, period)
}

/// `m`: shows the metrics of the selection, or of everything.
pub fn show_selected(app: &mut App) -> Vec<Effect> {
    if app.shown_pane().id == ID {
        return Vec::new();
    }
    let of = match select::subject(app).as_ref().and_then(Subject::database) {
        Some((id, instance)) => Topic::Database(instance.unwrap_or(id).to_owned()),
        None => select::service(app).map_or(Topic::All, Topic::Service),
    };
    let from = app.screen.pane;
    show(app, of);
    app.panes.metrics.opened_from = Some(from);
    (app.screen.pane, app.screen.operation) = (ID, None);
    reset_view(app);
    go(app, ID)
}

/// Shows everything if the pane's key is pressed again.
pub fn entered(app: &mut App) {
    app.panes.metrics.opened_from = None;
    if app.shown_pane().id == ID {
        show(app, Topic::All);
        app.panes.metrics.single_chart = false;
    }
}

/// Shows the metrics of another subject.
pub(super) fn show(app: &mut App, of: Topic) {
    if app.panes.metrics.topic != of {
        app.panes.metrics.topic = of;
        app.panes.metrics.single_chart = false;
        unread(app);
    }
}

/// Drops everything that was read, because the range or the subject has changed.
fn unread(app: &mut App) {
    let metrics = &mut app.panes.metrics;
    (metrics.read, metrics.flight, metrics.failure, metrics.asked, metrics.marks_made) = (None, None, None, None, None);
    metrics.marks.clear();
}

fn again(app: &mut App) -> Vec<Effect> {
    unread(app);
    after_move(app)
}

/// `[`: moves half a range back.
pub fn earlier(app: &mut App) -> Vec<Effect> {
    // CloudWatch keeps hourly points for 455 days.
    let furthest = SignedDuration::from_hours(455 * 24).as_secs() / (RANGES[app.panes.metrics.range].0.as_secs() / 2);
    app.panes.metrics.steps_back = (app.panes.metrics.steps_back + 1).min(u32::try_from(furthest).unwrap_or(u32::MAX));
    again(app)
}

/// `]`: moves half a range forward, at most to now.
pub fn later(app: &mut App) -> Vec<Effect> {
    if app.panes.metrics.steps_back == 0 {
        app.show_message("the range already ends now");
        return after_move(app);
    }
    app.panes.metrics.steps_back -= 1;
    again(app)
}

/// `-` and `+`: a longer or a shorter range.
pub fn range(app: &mut App, longer: bool) -> Vec<Effect> {
    let range = app.panes.metrics.range;
    let next = if longer { (range + 1).min(RANGES.len() - 1) } else { range.saturating_sub(1) };
    if next == range {
        app.show_message(if longer { "30 days are the longest" } else { "an hour is the shortest" });
        return after_move(app);
    }
    // Keeps the end of the range about where it was.
    let ends = RANGES[range].0.as_secs() / 2 * i64::from(app.panes.metrics.steps_back);
    app.panes.metrics.steps_back = u32::try_from(ends / (RANGES[next].0.as_secs() / 2)).unwrap_or(0);
    app.panes.metrics.range = next;
    again(app)
}

/// `c`: compares with yesterday, with last week, or with nothing.
pub fn compare(app: &mut App) -> Vec<Effect> {
    app.panes.metrics.against = match app.panes.metrics.against {
        Against::Nothing => Against::Yesterday,
        Against::Yesterday => Against::LastWeek,
        Against::LastWeek => Against::Nothing,
    };
    again(app)
}

/// `a`: cycles through everything and one area after the other.
pub fn area(app: &mut App) -> Vec<Effect> {
    let kinds = Area::ALL;
    let next = match &app.panes.metrics.topic {
        Topic::Area(area) => kinds.iter().position(|one| one == area).and_then(|place| kinds.get(place + 1)).copied(),
        Topic::All => kinds.first().copied(),
        Topic::Service(_) | Topic::Database(_) | Topic::Alarms => None,
    };
    show(app, next.map_or(Topic::All, Topic::Area));
    app.screen.list(LIST).select(0);
    after_move(app)
}

/// `r`: reads everything again now.
pub fn reload(app: &mut App) -> Vec<Effect> {
    let metrics = &mut app.panes.metrics;
    (metrics.asked, metrics.flight, metrics.local_asked) = (None, None, None);
    metrics.monitored.asked = None;
    refresh(app)
}

/// `*`: toggles between the whole region and the environment.
pub fn toggle_region(app: &mut App) -> Vec<Effect> {
    app.panes.metrics.whole_region = !app.panes.metrics.whole_region;
    again(app)
}

/// `Enter`: toggles the selected chart between full screen and grid.
pub fn open(app: &mut App) -> Option<Vec<Effect>> {
    app.panes.metrics.single_chart = !app.panes.metrics.single_chart;
    Some(after_move(app))
}

/// `Esc`: leaves the full-screen chart.
pub fn back(app: &mut App) -> bool {
    std::mem::take(&mut app.panes.metrics.single_chart)
}

/// `Esc` one level up: returns to the pane that opened the metrics.
pub fn up(app: &mut App) {
    if let Some(from) = app.panes.metrics.opened_from.take() {
        app.screen.pane = from;
        app.screen.zoom = false;
        app.lists_changed();
    }
}

/// Resets everything about the previous environment, but keeps range and comparison.
pub fn switched(app: &mut App) -> Vec<Effect> {
    let State { range, against, serial, .. } = app.panes.metrics;
    app.panes.metrics = State { range, against, serial, ..State::default() };
    Vec::new()
}

/// Drops pending answers after a change of credentials: they may belong to another account.
pub fn renewed(app: &mut App) {
    let metrics = &mut app.panes.metrics;
    (metrics.flight, metrics.asked) = (None, None);
    metrics.monitored = Monitored::default();
}

fn areas(of: &Topic) -> Vec<Area> {
    match of {
        Topic::All => Area::ALL.to_vec(),
        Topic::Service(_) => vec![Area::Service, Area::Alb],
        Topic::Database(_) => vec![Area::Db],
        Topic::Area(area) => vec![*area],
        Topic::Alarms => Vec::new(),
    }
}

fn ticket(app: &mut App, kind: u8, serial: u64) -> Ticket {
    Ticket { generation: app.generation(), owner: Owner::Pane(ID.0, kind), serial }
}

fn next(app: &mut App) -> u64 {
    app.panes.metrics.serial += 1;
    app.panes.metrics.serial
}

/// Returns the requests that are due while the pane is shown.
pub fn plan(app: &mut App) -> Vec<Effect> {
    if app.shown_pane().id != ID {
        app.poller.look_back(SignedDuration::ZERO, app.now);
        return Vec::new();
    }
    // A paused screen keeps what it shows, but reads a new range or subject once.
    let held = app.screen.paused.is_some() && app.panes.metrics.read.is_some();
    if held || app.estate.identity.at().is_none() || !app.poller.account_known() || app.has_pending_facts() {
        return Vec::new();
    }
    let (since, ..) = window(app);
    app.poller.look_back(app.service_now().duration_since(since), app.now);
    let mut effects = ask_local(app, since);
    let (cluster, databases) = (app.environment.cluster.is_some(), !app.environment.databases.is_empty());
    let alarms = &app.estate.alarms;
    let known = match app.panes.metrics.topic {
        Topic::Alarms => alarms.at().is_some() || alarms.failure().is_some() || app.environment.alarms.is_empty(),
        Topic::All | Topic::Service(_) | Topic::Database(_) | Topic::Area(_) => {
            metric_list::are_resources_known(&app.estate, cluster, databases)
        }
    };
    if known {
        effects.extend(ask_listed(app));
        effects.extend(ask_curves(app));
    }
    collect_marks(app);
    effects
}

fn due(app: &App, at: Option<Timestamp>, every: SignedDuration) -> bool {
    at.is_none_or(|at| app.now.duration_since(at).abs() >= every)
}

fn ask_local(app: &mut App, since: Timestamp) -> Vec<Effect> {
    if !due(app, app.panes.metrics.local_asked, LOCAL_EVERY) {
        return Vec::new();
    }
    app.panes.metrics.local_asked = Some(app.now);
    let place = Place { audit_file: app.config.audit_file.clone(), simulated: app.session.simulated };
    let changes = Ask::Changes { place, environment: app.environment.name.clone(), since };
    vec![Effect::Fetch { ticket: ticket(app, LOCAL, 0), priority: Priority::Background, ask: changes.into() }]
}

fn ask_listed(app: &mut App) -> Vec<Effect> {
    let there = &app.panes.metrics.monitored;
    let every = if there.failure.is_some() { LISTED_AGAIN } else { LISTED_EVERY };
    let namespaces = telemetry::namespaces(&Area::ALL);
    let wanted = !telemetry::namespaces(&areas(&app.panes.metrics.topic)).is_empty();
    if !wanted || there.flight.is_some() || !due(app, there.asked, every) {
        return Vec::new();
    }
    let serial = next(app);
    let there = &mut app.panes.metrics.monitored;
    (there.asked, there.flight) = (Some(app.now), Some(serial));
    there.incoming.clear();
    let query = Query::MetricNames { namespaces: namespaces.into_iter().map(str::to_owned).collect() };
    vec![Effect::Fetch { ticket: ticket(app, LISTED, serial), priority: Priority::Operator, ask: query.into() }]
}

/// Requests all curves of the screen at once; the earlier period takes one more request.
fn ask_curves(app: &mut App) -> Vec<Effect> {
    let metrics = &app.panes.metrics;
    let first = metrics.monitored.flight.is_some() && metrics.monitored.listed.is_empty();
    if first || metrics.flight.is_some() || !due(app, metrics.asked, poll_interval(app)) {
        return Vec::new();
    }
    // Past ranges do not change.
    if metrics.steps_back > 0 && metrics.read.is_some() {
        return Vec::new();
    }
    let areas = areas(&metrics.topic);
    let (names, databases) = match &metrics.topic {
        Topic::All | Topic::Area(_) | Topic::Alarms => (None, None),
        Topic::Service(name) => (Some(vec![name.clone()]), Some(Vec::new())),
        Topic::Database(id) => (Some(Vec::new()), Some(vec![id.clone()])),
    };
    let listed = &metrics.monitored.listed;
    let (mut figures, others) = if metrics.topic == Topic::Alarms {
        (app.estate.alarms.value().into_iter().flatten().filter_map(Alarm::figure).collect(), BTreeSet::new())
    } else {
        let figures = metric_list::figures(&app.estate, names.as_deref(), databases.as_deref(), listed, &areas);
        if metrics.whole_region {
            (figures, BTreeSet::new())
        } else {
            metric_list::split_foreign(&app.environment, figures)
        }
    };
    let left_out = figures.len().saturating_sub(metric_list::MAX_STATISTICS);
    figures.truncate(metric_list::MAX_STATISTICS);
    let (since, until, period) = window(app);
    let against = metrics.against;
    app.panes.metrics.asked = Some(app.now);
    let statistics: Vec<_> = figures.iter().map(|figure| figure.statistic.clone()).collect();
    let curve = |figure| Curve { figure, points: Vec::new(), before: Vec::new() };
    let curves = figures.into_iter().map(curve).collect();
    let read = Read { at: app.now, since, until, period, against, curves, left_out, others };
    if statistics.is_empty() {
        app.panes.metrics.read = Some(read);
        return Vec::new();
    }
    let serial = next(app);
    let mut effects = Vec::new();
    let mut ask = |app: &mut App, kind, since, until| {
        let query = Query::Curves { statistics: statistics.clone(), period, since, until };
        effects.push(Effect::Fetch {
            ticket: ticket(app, kind, serial),
            priority: Priority::Operator,
            ask: query.into(),
        });
    };
    ask(app, NOW, since, until);
    let other = against.earlier().and_then(|by| Some((since.checked_sub(by).ok()?, until.checked_sub(by).ok()?)));
    if let Some((since, until)) = other {
        ask(app, BEFORE, since, until);
    }
    app.panes.metrics.flight = Some(InFlight { serial, read, missing_answers: 1 + u8::from(other.is_some()) });
    effects
}

fn collect_marks(app: &mut App) {
    if has_much_to_judge(app) && !due(app, app.panes.metrics.marks_made, MARKS_EVERY) {
        return;
    }
    let (since, until, _) = window(app);
    marks::collect(app, since, until);
}

/// Handles answers; drops those that are no longer expected.
pub fn answer(app: &mut App, answer: Answer) {
    let Owner::Pane(_, kind) = answer.ticket.owner else { return };
    let serial = answer.ticket.serial;
    let curves_are = |app: &App| app.panes.metrics.flight.as_ref().is_some_and(|flight| flight.serial == serial);
    if kind == LOCAL {
        if let Part::Last(Known::Changes(local)) = answer.of::<Known>().part {
            app.panes.metrics.local = local;
            app.panes.metrics.marks_made = None;
        }
    } else if kind == LISTED && app.panes.metrics.monitored.flight == Some(serial) {
        listed(app, answer.of::<Fact>().part);
    } else if (kind == NOW || kind == BEFORE) && curves_are(app) {
        curves(app, kind, answer.of::<Fact>().part);
    }
}

fn listed(app: &mut App, part: Part<Fact>) {
    let there = &mut app.panes.metrics.monitored;
    match part {
        Part::Page(Fact::MetricNames(found)) => return there.incoming.extend(found),
        Part::Last(Fact::MetricNames(found)) => {
            there.incoming.extend(found);
            let news = there.listed != there.incoming;
            there.listed = std::mem::take(&mut there.incoming);
            there.failure = None;
            if news && app.panes.metrics.flight.is_none() {
                app.panes.metrics.asked = None;
            }
        }
        Part::Failed(failure) => there.failure = Some(failure),
        Part::Page(_) | Part::Last(_) => there.failure = Some(Failure::mismatched_answer()),
    }
    app.panes.metrics.monitored.flight = None;
}

fn curves(app: &mut App, kind: u8, part: Part<Fact>) {
    let Some(flight) = &mut app.panes.metrics.flight else { return };
    let earlier = flight.read.against.earlier().unwrap_or_default();
    let mut take = |found: Vec<(usize, Vec<Point>)>| {
        for (place, points) in found {
            let Some(curve) = flight.read.curves.get_mut(place) else { continue };
            let scale = f64::from(curve.figure.scale);
            let points = points.into_iter().map(|point| Point { value: point.value * scale, ..point });
            if kind == NOW {
                curve.points.extend(points);
            } else {
                curve.before.extend(shifted(&points.collect::<Vec<_>>(), earlier));
            }
        }
    };
    match part {
        Part::Page(Fact::Curves(found)) => return take(found),
        Part::Last(Fact::Curves(found)) => take(found),
        Part::Failed(failure) => {
            app.panes.metrics.failure = Some(failure);
            app.panes.metrics.flight = None;
            return;
        }
        Part::Page(_) | Part::Last(_) => {
            app.panes.metrics.failure = Some(Failure::mismatched_answer());
            app.panes.metrics.flight = None;
            return;
        }
    }
    flight.missing_answers -= 1;
    if flight.missing_answers > 0 {
        return;
    }
    let metrics = &mut app.panes.metrics;
    metrics.read = metrics.flight.take().map(|flight| Read { at: app.now, ..flight.read });
    metrics.failure = None;
    metrics.marks_made = None;
    collect_marks(app);
}
