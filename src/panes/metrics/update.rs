//! Keys, questions and answers of the Metrics pane. It asks only while somebody looks: each metric costs money.

use super::state::{Against, Curve, ID, InFlight, LIST, Monitored, RANGES, Read, State, Topic};
use crate::app::App;
use crate::app::effect::{Effect, Priority};
use crate::app::event::Answer;
use crate::app::measures;
use crate::app::select;
use crate::app::subject::Subject;
use crate::app::ticket::{Owner, Ticket};
use crate::app::timeline::happened;
use crate::app::update::open::{forget, go};
use crate::app::update::run::refresh;
use crate::app::update::settle::{done, many};
use crate::feeds::aws::{Fact, Query};
use crate::feeds::part::Part;
use crate::feeds::runs::{Ask, Fact as Known, Place};
use crate::model::telemetry::{self, Area, moved};
use crate::model::timeline::Kind;
use crate::model::{Alarm, Failure, Point};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// Kinds of its questions.
const LISTED: u8 = 0;
const NOW: u8 = 1;
const BEFORE: u8 = 2;
const LOCAL: u8 = 3;

/// Load balancers, gateways and firewalls come and go no faster.
const LISTED_EVERY: SignedDuration = SignedDuration::from_mins(15);
/// The wait before a list that could not be read is asked for again.
const LISTED_AGAIN: SignedDuration = SignedDuration::from_mins(2);
/// The interval at which this machine's own operations and runs are read.
const LOCAL_EVERY: SignedDuration = SignedDuration::from_secs(15);
/// The least interval at which the events of a large environment are put together.
const MARKS_EVERY: SignedDuration = SignedDuration::from_secs(5);
/// No more of what happened is kept.
const MOST_MARKS: usize = 500;

/// How often the curves are read: once a period, and no more than once a minute.
pub fn every(app: &App) -> SignedDuration {
    let (_, _, period) = window(app);
    SignedDuration::from_secs(i64::from(period)).clamp(app.environment.refresh.metrics, SignedDuration::from_mins(10))
}

/// The time that is looked at: it ends with the last whole period, as the sum of a part of one looks like a fall.
pub fn window(app: &App) -> (Timestamp, Timestamp, i32) {
    let metrics = &app.panes.metrics;
    let (span, _) = RANGES[metrics.range];
    let half = SignedDuration::from_secs(span.as_secs() / 2 * i64::from(metrics.back));
    let earlier = metrics.against.earlier().unwrap_or(SignedDuration::ZERO);
    let period = telemetry::period(span, half + span + earlier);
    let until = app.service_now().checked_sub(half).unwrap_or(Timestamp::UNIX_EPOCH);
    let whole = until.as_second().div_euclid(i64::from(period)) * i64::from(period);
    let until = Timestamp::from_second(whole).unwrap_or(until);
    (until.checked_sub(span).unwrap_or(Timestamp::UNIX_EPOCH), until, period)
}

/// `m`: shows the metrics of the selected thing; of all where none is selected.
pub fn of_selected(app: &mut App) -> Vec<Effect> {
    if app.shown().id == ID {
        return Vec::new();
    }
    let of = match select::subject(app).as_ref().and_then(Subject::database) {
        Some((id, instance)) => Topic::Database(instance.unwrap_or(id).to_owned()),
        None => select::service(app).map_or(Topic::All, Topic::Service),
    };
    let from = app.screen.pane;
    show(app, of);
    app.panes.metrics.from = Some(from);
    (app.screen.pane, app.screen.operation) = (ID, None);
    forget(app);
    go(app, ID)
}

/// A second press of its key leaves what it is about: the key names all of them.
pub fn entered(app: &mut App) {
    app.panes.metrics.from = None;
    if app.shown().id == ID {
        show(app, Topic::All);
        app.panes.metrics.alone = false;
    }
}

/// Shows the metrics of something else.
pub(super) fn show(app: &mut App, of: Topic) {
    if app.panes.metrics.of != of {
        app.panes.metrics.of = of;
        app.panes.metrics.alone = false;
        unread(app);
    }
}

/// Another time or other things: nothing that was read is of them.
fn unread(app: &mut App) {
    let metrics = &mut app.panes.metrics;
    (metrics.read, metrics.flight, metrics.failure, metrics.asked, metrics.marks_made) = (None, None, None, None, None);
    metrics.marks.clear();
}

fn again(app: &mut App) -> Vec<Effect> {
    unread(app);
    done(app)
}

/// `[`: half a range earlier.
pub fn earlier(app: &mut App) -> Vec<Effect> {
    // CloudWatch keeps hours for 455 days.
    let furthest = SignedDuration::from_hours(455 * 24).as_secs() / (RANGES[app.panes.metrics.range].0.as_secs() / 2);
    app.panes.metrics.back = (app.panes.metrics.back + 1).min(u32::try_from(furthest).unwrap_or(u32::MAX));
    again(app)
}

/// `]`: half a range later, at most to now.
pub fn later(app: &mut App) -> Vec<Effect> {
    if app.panes.metrics.back == 0 {
        app.say("this is now");
        return done(app);
    }
    app.panes.metrics.back -= 1;
    again(app)
}

/// `-` and `+`: a longer or a shorter time.
pub fn range(app: &mut App, longer: bool) -> Vec<Effect> {
    let range = app.panes.metrics.range;
    let next = if longer { (range + 1).min(RANGES.len() - 1) } else { range.saturating_sub(1) };
    if next == range {
        app.say(if longer { "30 days are the longest" } else { "an hour is the shortest" });
        return done(app);
    }
    // What it ends with stays near where it was.
    let ends = RANGES[range].0.as_secs() / 2 * i64::from(app.panes.metrics.back);
    app.panes.metrics.back = u32::try_from(ends / (RANGES[next].0.as_secs() / 2)).unwrap_or(0);
    app.panes.metrics.range = next;
    again(app)
}

/// `c`: beside yesterday, beside last week, alone.
pub fn compare(app: &mut App) -> Vec<Effect> {
    app.panes.metrics.against = match app.panes.metrics.against {
        Against::Nothing => Against::Yesterday,
        Against::Yesterday => Against::LastWeek,
        Against::LastWeek => Against::Nothing,
    };
    again(app)
}

/// `a`: everything, or one kind after the other.
pub fn area(app: &mut App) -> Vec<Effect> {
    let kinds = Area::ALL;
    let next = match &app.panes.metrics.of {
        Topic::Area(area) => kinds.iter().position(|one| one == area).and_then(|place| kinds.get(place + 1)).copied(),
        Topic::All => kinds.first().copied(),
        Topic::Service(_) | Topic::Database(_) | Topic::Alarms => None,
    };
    show(app, next.map_or(Topic::All, Topic::Area));
    app.screen.list(LIST).select(0);
    done(app)
}

/// `r`: reads all of it again, now.
pub fn reload(app: &mut App) -> Vec<Effect> {
    let metrics = &mut app.panes.metrics;
    (metrics.asked, metrics.flight, metrics.local_asked) = (None, None, None);
    metrics.there.asked = None;
    refresh(app)
}

/// `*`: of the whole region, or of the environment alone.
pub fn everything(app: &mut App) -> Vec<Effect> {
    app.panes.metrics.everything = !app.panes.metrics.everything;
    again(app)
}

/// `Enter`: shows the selected chart on the whole screen, or all again.
pub fn open(app: &mut App) -> Option<Vec<Effect>> {
    app.panes.metrics.alone = !app.panes.metrics.alone;
    Some(done(app))
}

/// `Esc`: out of the one chart.
pub fn back(app: &mut App) -> bool {
    std::mem::take(&mut app.panes.metrics.alone)
}

/// `Esc`, one level up: to where it was opened from.
pub fn up(app: &mut App) {
    if let Some(from) = app.panes.metrics.from.take() {
        app.screen.pane = from;
        app.screen.zoom = false;
        app.lists_changed();
    }
}

/// Forgets everything about the environment before but the way it is looked at.
pub fn switched(app: &mut App) -> Vec<Effect> {
    let State { range, against, serial, .. } = app.panes.metrics;
    app.panes.metrics = State { range, against, serial, ..State::default() };
    Vec::new()
}

/// Credentials were renewed: answers under way may be another account's, and are dropped.
pub fn renewed(app: &mut App) {
    let metrics = &mut app.panes.metrics;
    (metrics.flight, metrics.asked) = (None, None);
    metrics.there = Monitored::default();
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

/// Asks for what is due while somebody looks.
pub fn plan(app: &mut App) -> Vec<Effect> {
    if app.shown().id != ID {
        app.poller.look_back(SignedDuration::ZERO, app.now);
        return Vec::new();
    }
    // What stands still to be read stays as it is; another time, or another thing, is read for the first time.
    let held = app.screen.paused.is_some() && app.panes.metrics.read.is_some();
    if held || app.estate.identity.at().is_none() || !app.poller.account_known() || app.has_pending_facts() {
        return Vec::new();
    }
    let (since, ..) = window(app);
    app.poller.look_back(app.service_now().duration_since(since), app.now);
    let mut effects = ask_local(app, since);
    let (cluster, databases) = (app.environment.cluster.is_some(), !app.environment.databases.is_empty());
    let alarms = &app.estate.alarms;
    let known = match app.panes.metrics.of {
        Topic::Alarms => alarms.at().is_some() || alarms.failure().is_some() || app.environment.alarms.is_empty(),
        Topic::All | Topic::Service(_) | Topic::Database(_) | Topic::Area(_) => {
            measures::known(&app.estate, cluster, databases)
        }
    };
    if known {
        effects.extend(ask_listed(app));
        effects.extend(ask_curves(app));
    }
    make_marks(app);
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
    vec![Effect::Fetch { ticket: ticket(app, LOCAL, 0), lane: Priority::Background, ask: changes.into() }]
}

fn ask_listed(app: &mut App) -> Vec<Effect> {
    let there = &app.panes.metrics.there;
    let every = if there.failure.is_some() { LISTED_AGAIN } else { LISTED_EVERY };
    let namespaces = telemetry::namespaces(&Area::ALL);
    let wanted = !telemetry::namespaces(&areas(&app.panes.metrics.of)).is_empty();
    if !wanted || there.flight.is_some() || !due(app, there.asked, every) {
        return Vec::new();
    }
    let serial = next(app);
    let there = &mut app.panes.metrics.there;
    (there.asked, there.flight) = (Some(app.now), Some(serial));
    there.coming.clear();
    let query = Query::Listed { namespaces: namespaces.into_iter().map(str::to_owned).collect() };
    vec![Effect::Fetch { ticket: ticket(app, LISTED, serial), lane: Priority::Operator, ask: query.into() }]
}

/// All curves of the screen in one request; the other time is one more.
fn ask_curves(app: &mut App) -> Vec<Effect> {
    let metrics = &app.panes.metrics;
    let first = metrics.there.flight.is_some() && metrics.there.listed.is_empty();
    if first || metrics.flight.is_some() || !due(app, metrics.asked, every(app)) {
        return Vec::new();
    }
    // What has passed does not change.
    if metrics.back > 0 && metrics.read.is_some() {
        return Vec::new();
    }
    let areas = areas(&metrics.of);
    let (names, databases) = match &metrics.of {
        Topic::All | Topic::Area(_) | Topic::Alarms => (None, None),
        Topic::Service(name) => (Some(vec![name.clone()]), Some(Vec::new())),
        Topic::Database(id) => (Some(Vec::new()), Some(vec![id.clone()])),
    };
    let listed = &metrics.there.listed;
    let (mut figures, others) = if metrics.of == Topic::Alarms {
        (app.estate.alarms.value().into_iter().flatten().filter_map(Alarm::figure).collect(), BTreeSet::new())
    } else {
        let all = measures::figures(&app.estate, names.as_deref(), databases.as_deref(), listed, &areas);
        if metrics.everything { (all, BTreeSet::new()) } else { measures::own(&app.environment, all) }
    };
    let left_out = figures.len().saturating_sub(measures::MOST);
    figures.truncate(measures::MOST);
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
        effects.push(Effect::Fetch { ticket: ticket(app, kind, serial), lane: Priority::Operator, ask: query.into() });
    };
    ask(app, NOW, since, until);
    let other = against.earlier().and_then(|by| Some((since.checked_sub(by).ok()?, until.checked_sub(by).ok()?)));
    if let Some((since, until)) = other {
        ask(app, BEFORE, since, until);
    }
    app.panes.metrics.flight = Some(InFlight { serial, read, waits: 1 + u8::from(other.is_some()) });
    effects
}

/// Makes the marks of events, except those that go as planned.
fn make_marks(app: &mut App) {
    if many(app) && !due(app, app.panes.metrics.marks_made, MARKS_EVERY) {
        return;
    }
    let (since, until, _) = window(app);
    // What happened is told where the figures cannot be read, too.
    let (since, until) = match (&app.panes.metrics.read, &app.panes.metrics.failure) {
        (Some(read), _) => (read.since, read.until.max(until)),
        (None, Some(_)) => (since, until),
        (None, None) => return,
    };
    // The last period is not whole yet, and what happens in it is told all the same.
    let until = if app.panes.metrics.back == 0 { app.service_now() } else { until };
    let local = &app.panes.metrics.local;
    let mut events = happened(app, local, since);
    let of = match &app.panes.metrics.of {
        Topic::Service(name) => Some(name.as_str()),
        Topic::All | Topic::Database(_) | Topic::Area(_) | Topic::Alarms => None,
    };
    events.retain(|event| {
        let wanted = event.is_news() && event.kind != Kind::Service && event.kind != Kind::Task && event.at <= until;
        let others = of.is_some() && event.about.service().is_some_and(|name| Some(name) != of);
        wanted && !others
    });
    events.reverse();
    events.truncate(MOST_MARKS);
    app.panes.metrics.marks_made = Some(app.now);
    if events != app.panes.metrics.marks {
        app.panes.metrics.marks = events;
        app.lists_changed();
    }
}

/// Handles answers; one that nobody waits for any more is dropped here.
pub fn answer(app: &mut App, answer: Answer) {
    let Owner::Pane(_, kind) = answer.ticket.owner else { return };
    let serial = answer.ticket.serial;
    let curves_are = |app: &App| app.panes.metrics.flight.as_ref().is_some_and(|flight| flight.serial == serial);
    if kind == LOCAL {
        if let Part::Last(Known::Changes(local)) = answer.of::<Known>().part {
            app.panes.metrics.local = local;
            app.panes.metrics.marks_made = None;
        }
    } else if kind == LISTED && app.panes.metrics.there.flight == Some(serial) {
        listed(app, answer.of::<Fact>().part);
    } else if (kind == NOW || kind == BEFORE) && curves_are(app) {
        curves(app, kind, answer.of::<Fact>().part);
    }
}

fn listed(app: &mut App, part: Part<Fact>) {
    let there = &mut app.panes.metrics.there;
    match part {
        Part::Page(Fact::Listed(found)) => return there.coming.extend(found),
        Part::Last(Fact::Listed(found)) => {
            there.coming.extend(found);
            let news = there.listed != there.coming;
            there.listed = std::mem::take(&mut there.coming);
            there.failure = None;
            if news && app.panes.metrics.flight.is_none() {
                app.panes.metrics.asked = None;
            }
        }
        Part::Failed(failure) => there.failure = Some(failure),
        Part::Page(_) | Part::Last(_) => there.failure = Some(Failure::other_answer()),
    }
    app.panes.metrics.there.flight = None;
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
                curve.before.extend(moved(&points.collect::<Vec<_>>(), earlier));
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
            app.panes.metrics.failure = Some(Failure::other_answer());
            app.panes.metrics.flight = None;
            return;
        }
    }
    flight.waits -= 1;
    if flight.waits > 0 {
        return;
    }
    let metrics = &mut app.panes.metrics;
    metrics.read = metrics.flight.take().map(|flight| Read { at: app.now, ..flight.read });
    metrics.failure = None;
    metrics.marks_made = None;
    make_marks(app);
}
