//! The environment at a glance, beside its services and databases: alarms, schedule, cost, tunnels and runs, one line each,
//! and the height that they need.

use super::certificates;
use super::glance_space;
use super::short_lines::{Line, LineSubject, Row, fold, latest_event};
use super::state::GLANCE;
use super::switches::switches;
use crate::app::App;
use crate::app::data_status::{self, staleness};
use crate::app::effect::Effect;
use crate::app::list::List;
use crate::app::pane::DataStatus;
use crate::app::subject::{Fact, Subject, bad, fact};
use crate::app::update::open::open_subject;
use crate::model::costs::{self, Budget, CostSummary};
use crate::model::timer::Power;
use crate::model::{AlarmState, Health, Source, time};
use jiff::civil::Date;
use std::borrow::Cow;

const ALARMS: &str = "alarms";
const COST: &str = "cost";

/// The rows of the block. Features that are not configured have none.
pub fn facts(app: &App) -> Vec<Fact> {
    all_rows(app).into_iter().map(|row| row.shown).collect()
}

fn all_rows(app: &App) -> Vec<Row> {
    let mut lines = lines(app);
    // Without room for the timeline, lines share rows unless each of them has its own.
    if let Some(rows) = glance_space::glance_rows(app) {
        let last = latest_event(app);
        if lines.len() + usize::from(last.is_some()) > usize::from(rows) {
            return fold(app, lines);
        }
        lines.extend(last);
    }
    lines.into_iter().map(|line| Row { shown: line.fact.clone(), lines: vec![line] }).collect()
}

fn lines(app: &App) -> Vec<Line> {
    let mut lines: Vec<Line> = alarms(app).into_iter().collect();
    lines.extend(certificates::line(app).map(|(fact, brief)| {
        // Load balancers are found through the services.
        let behind = staleness(app, Source::Services).or_else(|| staleness(app, Source::Certificates));
        line_with_age(LineSubject::Reachability, fact, brief, behind, false)
    }));
    lines.extend(outside(app));
    lines.extend(coming(app));
    lines.extend(cost(app));
    lines.extend(going(app).into_iter().map(|line| {
        let brief = format!("{} {}", line.label, line.text);
        Line::new(LineSubject::NoDetails, line, brief)
    }));
    lines
}

/// The line about the last health look.
fn outside(app: &App) -> impl Iterator<Item = Line> {
    app.table.panes.iter().filter_map(|pane| (pane.hooks.reachability)(app)).map(|glance| {
        let line = match glance.health {
            Some(health) => bad(glance.label, glance.text, health),
            None => fact(glance.label, glance.text),
        };
        Line::new(LineSubject::Reachability, line, glance.brief)
    })
}

/// Lines about running operations and open tunnels.
fn going(app: &App) -> Vec<Fact> {
    let mut facts = Vec::new();
    for pane in app.table.panes {
        if let Some(going) = (pane.hooks.activity)(app).filter(|going| going.is_running) {
            facts.push(bad("run", format!("{}: {}", going.title, going.sentence), going.health));
        }
    }
    for tunnel in &app.tunnels.list {
        let standing = &tunnel.status;
        let into = Some(&tunnel.plan.environment).filter(|environment| **environment != app.environment.name);
        let into = into.map(|environment| format!(", into {environment}")).unwrap_or_default();
        let text = format!("{} on port {}{into}", standing.phase.name(), tunnel.port());
        facts.push(bad("tunnel", text, standing.phase.health()));
    }
    facts
}

fn alarms(app: &App) -> Option<Line> {
    let estate = &app.estate;
    if app.environment.alarms.is_empty() {
        return None;
    }
    let Some(alarms) = estate.alarms.value() else {
        let line = match estate.alarms.failure() {
            Some(failure) => bad(ALARMS, format!("not known: {failure}"), Health::Unknown),
            None => fact(ALARMS, "reading …"),
        };
        let brief = format!("{ALARMS} {}", line.text);
        return Some(line_with_age(LineSubject::Alarms, line, brief, None, false));
    };
    let now = app.service_now();
    let ours: Vec<_> = alarms.iter().filter(|alarm| !alarm.is_for_autoscaling()).collect();
    let count = |state: AlarmState| ours.iter().filter(|alarm| alarm.state == state).count();
    let (raised, unclear) = (count(AlarmState::Alarm), count(AlarmState::InsufficientData));
    let muted = ours.iter().filter(|alarm| {
        estate
            .alarm_mutes
            .value()
            .into_iter()
            .flatten()
            .any(|mute| mute.until.is_some() && mute.mutes(&alarm.name, now))
    });
    let mut text = match raised {
        0 if ours.is_empty() => "none has a name that begins as configured".to_owned(),
        0 => format!("none of {} is raised", ours.len()),
        _ => format!("{raised} of {} raised", ours.len()),
    };
    let brief = match raised {
        0 => format!("alarms none of {}", ours.len()),
        _ => format!("alarms {raised} of {}", ours.len()),
    };
    if unclear > 0 {
        text = format!("{text}, {unclear} without data");
    }
    let muted = muted.count();
    if muted > 0 {
        text = format!("{text}, {muted} muted");
    }
    // Once the mute rules were read, their age covers later failures.
    let unread = !ours.is_empty() && estate.alarm_mutes.at().is_none();
    let failure = estate.alarm_mutes.failure().filter(|_| unread);
    if unread {
        text = match failure {
            Some(failure) => format!("{text}, whether muted is not known: {failure}"),
            None => format!("{text}, reading which are muted …"),
        };
    }
    let line = if raised > 0 || muted > 0 {
        bad(ALARMS, text, Health::Degraded)
    } else if failure.is_some() {
        bad(ALARMS, text, Health::Unknown)
    } else {
        fact(ALARMS, text)
    };
    let behind = staleness(app, Source::Alarms).or_else(|| staleness(app, Source::AlarmMutes));
    Some(line_with_age(LineSubject::Alarms, line, brief, behind, failure.is_some()))
}

/// A line with a note on outdated data. If anything is outdated or unknown, the short form is the complete text.
fn line_with_age(about: LineSubject, line: Fact, brief: String, behind: Option<String>, unread: bool) -> Line {
    let incomplete = unread || behind.is_some() || line.health == Some(Health::Unknown);
    let line = with_age(line, behind);
    let brief = if incomplete { format!("{} {}", line.label, line.text) } else { brief };
    Line { unread: incomplete, ..Line::new(about, line, brief) }
}

/// Appends the age of an outdated value to a line, and marks the line.
fn with_age(line: Fact, behind: Option<String>) -> Fact {
    let Some(behind) = behind else { return line };
    let health = line.health.unwrap_or(Health::Unknown);
    bad(&line.label, format!("{}  {behind}", line.text), health)
}

/// The line of the next scheduled start or stop.
fn coming(app: &App) -> Option<Line> {
    let (now, zone) = (app.service_now(), app.zone());
    let requested = app.poller.sources(&app.environment);
    let mut sources = data_status::all(app, &[Source::Schedules, Source::ScheduledActions]);
    sources.retain(|(source, _)| requested.contains(source));
    let unread = sources
        .iter()
        .find_map(|(source, status)| Some((source, status.failure.as_ref().filter(|_| status.at.is_none())?)));
    let switches_ahead = &switches(app).next;
    let words = |(at, power): &(jiff::Timestamp, Power)| format!("{} {}", power.name(), time::moment(*at, now, &zone));
    let reading = sources.iter().find(|(_, status)| status.at.is_none());
    let known = switches_ahead.iter().map(words).collect::<Vec<_>>().join(", ");
    let line = match (switches_ahead.is_empty(), unread) {
        // Until all schedules are read, another switch may come first.
        (false, None) => match reading {
            Some((source, _)) => fact("schedule", format!("{known}; reading {} …", source.label())),
            None => fact("schedule", known.as_str()),
        },
        (false, Some((source, failure))) => {
            bad("schedule", format!("{known}; {} are not known: {failure}", source.label()), Health::Unknown)
        }
        (true, Some((_, failure))) => bad("schedule", format!("not known: {failure}"), Health::Unknown),
        (true, None) if app.environment.schedules.is_some() => {
            fact("schedule", if reading.is_some() { "reading …" } else { "nothing is switched" })
        }
        (true, None) => return None,
    };
    let brief = if switches_ahead.is_empty() { format!("schedule {}", line.text) } else { known };
    let behind = sources.iter().find_map(|(source, _)| staleness(app, *source));
    Some(line_with_age(LineSubject::NoDetails, line, brief, behind, false))
}

/// The cost summary for today, cached because it is computed from two months of daily costs.
fn cost_summary(app: &App) -> Option<Cow<'_, CostSummary>> {
    let costs = app.panes.overview.costs.as_ref()?;
    let today = today(app);
    Some(match &app.panes.overview.cost_summary {
        Some((at, day, told)) if (*at, *day) == (costs.read_at, today) => Cow::Borrowed(told),
        _ => Cow::Owned(costs::summarize(costs, today)),
    })
}

/// Caches the cost summary until costs are read again or a new day begins.
pub fn cache_costs(app: &mut App) {
    if let (Some(Cow::Owned(summary)), Some(costs)) = (cost_summary(app), &app.panes.overview.costs) {
        app.panes.overview.cost_summary = Some((costs.read_at, today(app), summary));
    }
}

/// The current day in UTC, which Cost Explorer uses.
fn today(app: &App) -> Date {
    costs::today(app.service_now())
}

/// Lines about costs: this month, forecast, budgets, yesterday, savings by the schedule.
fn cost(app: &App) -> Vec<Line> {
    let overview = &app.panes.overview;
    let of_cost = |fact: Fact, brief: String| Line::new(LineSubject::Cost, fact, brief);
    let (Some(costs), Some(summary)) = (&overview.costs, cost_summary(app)) else {
        let why = overview.costs_failure.as_ref().map(|failure| {
            let line = bad(COST, format!("not known: {failure}; {}", failure.hint()), Health::Unknown);
            of_cost(line, "cost not known".to_owned())
        });
        let reading =
            || overview.costs_requested_at.map(|_| of_cost(fact(COST, "reading …"), "cost reading …".to_owned()));
        return why.or_else(reading).into_iter().collect();
    };
    let currency = &costs.currency;
    let forecast = summary.forecast.map(|whole| format!(", {whole:.0} by its end")).unwrap_or_default();
    let age = time::short(app.service_now().duration_since(costs.read_at));
    let first = format!("{:.0} {currency}{forecast}, {age} old", summary.month);
    // On a small screen, the fullest budget is shown with the cost.
    let fullest = costs.budgets.iter().filter_map(Budget::part).max_by(f64::total_cmp);
    let fullest = fullest.map(|part| format!(" ({:.0} %)", part * 100.0)).unwrap_or_default();
    // The lines below come from the same read.
    let failing = overview.costs_failure.as_ref().map(|failure| format!("cannot be read now: {failure}"));
    let behind = failing.as_ref().map(|_| format!("{age} old"));
    let mut lines =
        vec![of_cost(with_age(fact(COST, first), failing), format!("{:.0} {currency}{fullest}", summary.month))];
    for budget in &costs.budgets {
        let part = budget.part().map_or_else(|| "–".to_owned(), |part| format!("{:.0} %", part * 100.0));
        let text = format!("{}: {part} of {:.0} {}", budget.name, budget.limit, budget.currency);
        let over = budget.is_exceeded();
        let line = if over { bad("budget", text, Health::Degraded) } else { fact("budget", text) };
        let brief = if over { format!("budget {} {part}", budget.name) } else { String::new() };
        lines.push(of_cost(with_age(line, behind.clone()), brief));
    }
    if let Some(why) = &costs.no_budgets {
        let line = bad("budget", format!("not known: {why}"), Health::Unknown);
        lines.push(of_cost(line, "budget not known".to_owned()));
    }
    if let Some(day) = summary.yesterday {
        let usual = summary.usual.map(|usual| format!(", usually {usual:.2}")).unwrap_or_default();
        let text = format!("{day:.2} {currency}{usual}");
        let unusual = summary.usual.and_then(|usual| costs::unusual_increase(day, usual)).is_some();
        let brief = if unusual { format!("yesterday {text}") } else { String::new() };
        let line = if unusual { bad("yesterday", text, Health::Degraded) } else { fact("yesterday", text) };
        lines.push(of_cost(with_age(line, behind), brief));
    }
    if let Some(saved) = switches(app).stopped.and_then(|stopped| costs::schedule_savings(&summary, stopped)) {
        lines.push(of_cost(
            fact("saved", format!("about {saved:.0} {currency} a month by the schedule")),
            String::new(),
        ));
    }
    lines
}

fn selected(app: &App) -> Option<Row> {
    let number = app.screen.list_of(GLANCE).and_then(List::selected)?.parse::<usize>().ok()?;
    all_rows(app).into_iter().nth(number)
}

/// The subject of a row.
pub fn subject(app: &App, _: Option<&str>) -> Option<Subject> {
    selected(app).map(|row| Subject::Text(format!("{} {}", row.shown.label, row.shown.text).trim().to_owned()))
}

/// Opens the alarms or the health checks from their line; in a shared row, from the line with a fault.
pub fn open(app: &mut App) -> Option<Vec<Effect>> {
    let row = selected(app)?;
    let alone = row.lines.len() == 1;
    let mut leads = row.lines.iter().filter(|line| alone || line.fact.health.is_some());
    let line = leads.find(|line| matches!(line.about, LineSubject::Alarms | LineSubject::Reachability))?;
    if line.about == LineSubject::Reachability {
        return Some(open_subject(app, &Subject::Reachability));
    }
    let alarms = app.estate.alarms.value()?;
    let raised = alarms.iter().find(|alarm| alarm.state == AlarmState::Alarm && !alarm.is_for_autoscaling());
    let name = raised.or(alarms.first())?.name.clone();
    Some(open_subject(app, &Subject::Alarm(name)))
}

/// All details of a row; for costs, the share of each service in this month.
pub fn details(app: &App, _: &str) -> Vec<Fact> {
    let Some(row) = selected(app) else { return Vec::new() };
    let cost = row.lines.iter().any(|line| line.about == LineSubject::Cost);
    let mut facts: Vec<Fact> = row.lines.into_iter().map(|line| line.fact).collect();
    if let Some(summary) = cost_summary(app).filter(|_| cost) {
        facts.extend(summary.parts.iter().map(|part| fact(&part.service, format!("{:.2}", part.month))));
    }
    facts
}

/// The lines report failures of their sources themselves.
pub fn data_status(_: &App) -> DataStatus {
    DataStatus { empty: data_status::note("nothing more is configured"), ..DataStatus::default() }
}

/// The text beside the title: marks the costs of a simulated account as not real.
pub fn caption(app: &App) -> &'static str {
    if app.session.simulated && app.panes.overview.costs.is_some() { "· costs are simulated" } else { "" }
}

/// Number of rows that the block needs.
pub fn row_count(app: &App) -> u16 {
    u16::try_from(facts(app).len()).unwrap_or(u16::MAX / 2)
}
