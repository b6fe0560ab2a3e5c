//! How the environment stands beside its services and databases: alarms, schedule, cost, tunnels, runs, one line each; and how
//! much room they need.

use super::certificates;
use super::fold::{About, Line, Row, fold, last};
use super::room;
use super::state::STANDING;
use super::switches::switches;
use crate::app::App;
use crate::app::data_status::{self, behind};
use crate::app::effect::Effect;
use crate::app::list::List;
use crate::app::pane::DataStatus;
use crate::app::subject::{Fact, Subject, bad, fact};
use crate::app::update::open::open_subject;
use crate::model::costs::{self, Budget, Told};
use crate::model::timer::Power;
use crate::model::{AlarmState, Health, Source, time};
use jiff::civil::Date;
use std::borrow::Cow;

const ALARMS: &str = "alarms";
const COST: &str = "cost";

/// Its rows; what is not configured has none.
pub fn facts(app: &App) -> Vec<Fact> {
    all(app).into_iter().map(|row| row.shown).collect()
}

fn all(app: &App) -> Vec<Row> {
    let mut lines = lines(app);
    // Where there is no room for the time line, lines share rows, unless each of them has one.
    if let Some(rows) = room::rows(app) {
        let last = last(app);
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
        // Load balancers are found by the services.
        let behind = behind(app, Source::Services).or_else(|| behind(app, Source::Certificates));
        told_with(About::Reached, fact, brief, behind, false)
    }));
    lines.extend(outside(app));
    lines.extend(coming(app));
    lines.extend(cost(app));
    lines.extend(going(app).into_iter().map(|line| {
        let brief = format!("{} {}", line.label, line.text);
        Line::new(About::Itself, line, brief)
    }));
    lines
}

/// The line on the last look at how the environment is reached from outside.
fn outside(app: &App) -> impl Iterator<Item = Line> {
    app.table.panes.iter().filter_map(|pane| (pane.hooks.reached)(app)).map(|told| {
        let line = match told.health {
            Some(health) => bad(told.label, told.text, health),
            None => fact(told.label, told.text),
        };
        Line::new(About::Reached, line, told.brief)
    })
}

/// Lines of what goes on: runs and open tunnels.
fn going(app: &App) -> Vec<Fact> {
    let mut facts = Vec::new();
    for pane in app.table.panes {
        if let Some(going) = (pane.hooks.going)(app).filter(|going| going.runs) {
            facts.push(bad("run", format!("{}: {}", going.title, going.words), going.health));
        }
    }
    for tunnel in &app.tunnels.list {
        let standing = &tunnel.standing;
        let into = Some(&tunnel.plan.environment).filter(|environment| **environment != app.environment.name);
        let into = into.map(|environment| format!(", into {environment}")).unwrap_or_default();
        let text = format!("{} on port {}{into}", standing.phase.word(), tunnel.port());
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
        return Some(told_with(About::Alarms, line, brief, None, false));
    };
    let now = app.service_now();
    let ours: Vec<_> = alarms.iter().filter(|alarm| !alarm.of_autoscaling()).collect();
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
    // Once their rules were read, how old these are says what failed since.
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
    let behind = behind(app, Source::Alarms).or_else(|| behind(app, Source::AlarmMutes));
    Some(told_with(About::Alarms, line, brief, behind, failure.is_some()))
}

/// A line with what of it is not of now; what is not known of it is no matter for a few words.
fn told_with(about: About, line: Fact, brief: String, behind: Option<String>, unread: bool) -> Line {
    let whole = unread || behind.is_some() || line.health == Some(Health::Unknown);
    let line = aged(line, behind);
    let brief = if whole { format!("{} {}", line.label, line.text) } else { brief };
    Line { unread: whole, ..Line::new(about, line, brief) }
}

/// A line whose value is not of now says so, and stands out.
fn aged(line: Fact, behind: Option<String>) -> Fact {
    let Some(behind) = behind else { return line };
    let health = line.health.unwrap_or(Health::Unknown);
    bad(&line.label, format!("{}  {behind}", line.text), health)
}

/// The line of the next scheduled start or stop.
fn coming(app: &App) -> Option<Line> {
    let (now, zone) = (app.service_now(), app.zone());
    let asked = app.poller.sources(&app.environment);
    let mut sources = data_status::all(app, &[Source::Schedules, Source::ScheduledActions]);
    sources.retain(|(source, _)| asked.contains(source));
    let unread = sources
        .iter()
        .find_map(|(source, status)| Some((source, status.failure.as_ref().filter(|_| status.at.is_none())?)));
    let all = &switches(app).next;
    let words = |(at, power): &(jiff::Timestamp, Power)| format!("{} {}", power.word(), time::moment(*at, now, &zone));
    let reading = sources.iter().find(|(_, status)| status.at.is_none());
    let known = all.iter().map(words).collect::<Vec<_>>().join(", ");
    let line = match (all.is_empty(), unread) {
        // Another switch may come before these.
        (false, None) => match reading {
            Some((source, _)) => fact("schedule", format!("{known}; reading {} …", source.words())),
            None => fact("schedule", known.as_str()),
        },
        (false, Some((source, failure))) => {
            bad("schedule", format!("{known}; {} are not known: {failure}", source.words()), Health::Unknown)
        }
        (true, Some((_, failure))) => bad("schedule", format!("not known: {failure}"), Health::Unknown),
        (true, None) if app.environment.schedules.is_some() => {
            fact("schedule", if reading.is_some() { "reading …" } else { "nothing is switched" })
        }
        (true, None) => return None,
    };
    let brief = if all.is_empty() { format!("schedule {}", line.text) } else { known };
    let behind = sources.iter().find_map(|(source, _)| behind(app, *source));
    Some(told_with(About::Itself, line, brief, behind, false))
}

/// The sentences on the costs that were read, for today: they are worked out from two months of days.
fn told(app: &App) -> Option<Cow<'_, Told>> {
    let costs = app.panes.overview.costs.as_ref()?;
    let today = today(app);
    Some(match &app.panes.overview.told {
        Some((at, day, told)) if (*at, *day) == (costs.read_at, today) => Cow::Borrowed(told),
        _ => Cow::Owned(costs::told(costs, today)),
    })
}

/// Keeps the line of the costs for the frames until they are read again or a day begins.
pub fn keep(app: &mut App) {
    if let (Some(Cow::Owned(told)), Some(costs)) = (told(app), &app.panes.overview.costs) {
        app.panes.overview.told = Some((costs.read_at, today(app), told));
    }
}

/// Cost Explorer's days are those of UTC.
fn today(app: &App) -> Date {
    costs::today(app.service_now())
}

/// This month, its forecast, the budget, yesterday, what the schedule saves.
fn cost(app: &App) -> Vec<Line> {
    let overview = &app.panes.overview;
    let of_cost = |fact: Fact, brief: String| Line::new(About::Cost, fact, brief);
    let (Some(costs), Some(told)) = (&overview.costs, told(app)) else {
        let why = overview.no_costs.as_ref().map(|failure| {
            let line = bad(COST, format!("not known: {failure}; {}", failure.hint()), Health::Unknown);
            of_cost(line, "cost not known".to_owned())
        });
        let reading = || overview.costs_asked.map(|_| of_cost(fact(COST, "reading …"), "cost reading …".to_owned()));
        return why.or_else(reading).into_iter().collect();
    };
    let currency = &costs.currency;
    let forecast = told.forecast.map(|whole| format!(", {whole:.0} by its end")).unwrap_or_default();
    let age = time::short(app.service_now().duration_since(costs.read_at));
    let first = format!("{:.0} {currency}{forecast}, {age} old", told.month);
    // The fullest budget is told with it where there is little room.
    let fullest = costs.budgets.iter().filter_map(Budget::part).max_by(f64::total_cmp);
    let fullest = fullest.map(|part| format!(" ({:.0} %)", part * 100.0)).unwrap_or_default();
    // The lines below it are of the same read.
    let failing = overview.no_costs.as_ref().map(|failure| format!("cannot be read now: {failure}"));
    let behind = failing.as_ref().map(|_| format!("{age} old"));
    let mut lines = vec![of_cost(aged(fact(COST, first), failing), format!("{:.0} {currency}{fullest}", told.month))];
    for budget in &costs.budgets {
        let part = budget.part().map_or_else(|| "–".to_owned(), |part| format!("{:.0} %", part * 100.0));
        let text = format!("{}: {part} of {:.0} {}", budget.name, budget.limit, budget.currency);
        let over = budget.is_exceeded();
        let line = if over { bad("budget", text, Health::Degraded) } else { fact("budget", text) };
        let brief = if over { format!("budget {} {part}", budget.name) } else { String::new() };
        lines.push(of_cost(aged(line, behind.clone()), brief));
    }
    if let Some(why) = &costs.no_budgets {
        let line = bad("budget", format!("not known: {why}"), Health::Unknown);
        lines.push(of_cost(line, "budget not known".to_owned()));
    }
    if let Some(day) = told.yesterday {
        let usual = told.usual.map(|usual| format!(", usually {usual:.2}")).unwrap_or_default();
        let text = format!("{day:.2} {currency}{usual}");
        let unusual = told.usual.and_then(|usual| costs::unusual(day, usual)).is_some();
        let brief = if unusual { format!("yesterday {text}") } else { String::new() };
        let line = if unusual { bad("yesterday", text, Health::Degraded) } else { fact("yesterday", text) };
        lines.push(of_cost(aged(line, behind), brief));
    }
    if let Some(saved) = switches(app).stopped.and_then(|stopped| costs::saved(&told, stopped)) {
        lines.push(of_cost(
            fact("saved", format!("about {saved:.0} {currency} a month by the schedule")),
            String::new(),
        ));
    }
    lines
}

fn selected(app: &App) -> Option<Row> {
    let number = app.screen.list_of(STANDING).and_then(List::selected)?.parse::<usize>().ok()?;
    all(app).into_iter().nth(number)
}

/// The thing that a row stands for.
pub fn subject(app: &App, _: Option<&str>) -> Option<Subject> {
    selected(app).map(|row| Subject::Text(format!("{} {}", row.shown.label, row.shown.text).trim().to_owned()))
}

/// Goes to the alarms or the certificates, where their line is selected; of several lines in a row, to the one with a
/// fault.
pub fn open(app: &mut App) -> Option<Vec<Effect>> {
    let row = selected(app)?;
    let alone = row.lines.len() == 1;
    let mut leads = row.lines.iter().filter(|line| alone || line.fact.health.is_some());
    let line = leads.find(|line| matches!(line.about, About::Alarms | About::Reached))?;
    if line.about == About::Reached {
        return Some(open_subject(app, &Subject::Reached));
    }
    let alarms = app.estate.alarms.value()?;
    let raised = alarms.iter().find(|alarm| alarm.state == AlarmState::Alarm && !alarm.of_autoscaling());
    let name = raised.or(alarms.first())?.name.clone();
    Some(open_subject(app, &Subject::Alarm(name)))
}

/// The whole of a row; of costs each service's part of the month.
pub fn whole(app: &App, _: &str) -> Vec<Fact> {
    let Some(row) = selected(app) else { return Vec::new() };
    let cost = row.lines.iter().any(|line| line.about == About::Cost);
    let mut facts: Vec<Fact> = row.lines.into_iter().map(|line| line.fact).collect();
    if let Some(told) = told(app).filter(|_| cost) {
        facts.extend(told.parts.iter().map(|part| fact(&part.service, format!("{:.2}", part.month))));
    }
    facts
}

/// Its sources tell their failures in its lines.
pub fn data_status(_: &App) -> DataStatus {
    DataStatus { empty: data_status::note("nothing more is configured"), ..DataStatus::default() }
}

/// The words in the frame beside the title: the costs of a simulated account are not real.
pub fn named(app: &App) -> &'static str {
    if app.session.simulated && app.panes.overview.costs.is_some() { "· costs are simulated" } else { "" }
}

/// How many rows the block needs.
pub fn rows(app: &App) -> u16 {
    u16::try_from(facts(app).len()).unwrap_or(u16::MAX / 2)
}
