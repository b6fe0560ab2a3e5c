//! The rows of the Parameters pane, what they stand for, and how fresh their data is.

use super::state::{FACTS, LIST};
use crate::app::App;
use crate::app::data_status::{beside, failure_lines, note, severity};
use crate::app::pane::{DataStatus, Order};
use crate::app::parameters::{configured, named_by_services, stopped};
use crate::app::rows::{kept, ordered};
use crate::app::subject::{Fact, Subject, bad, fact};
use crate::model::health::Severity;
use crate::model::offered::in_environment;
use crate::model::parameters::change::MASK;
use crate::model::parameters::check;
use crate::model::parameters::named::key;
use crate::model::parameters::secret::Rotation;
use crate::model::parameters::tree::{Row, rows};
use crate::model::parameters::{Parameter, Secret, person, prefixes};
use crate::model::text::harmless;
use crate::model::time::{date_clock, short};
use crate::model::{Health, Source};
use std::cmp::Ordering;

/// The prefix of the key of a secret's row.
pub const SECRET: &str = "secret:";
/// The row that says what is not shown.
pub const OTHERS: &str = "secret:others";

/// The paths that its parameters lie under; none while the task definitions are not known.
pub(super) fn under(app: &App) -> Option<Vec<String>> {
    if !app.environment.parameters.is_empty() {
        return Some(app.environment.parameters.clone());
    }
    let state = &app.panes.parameters;
    let known = prefixes(state.named.iter().filter_map(|one| one.from.parameter()));
    (state.complete || !known.is_empty()).then_some(known)
}

/// Makes the rows and the findings from what is known.
pub(super) fn derive(app: &mut App) {
    let estate = &app.estate;
    let (all, mut complete) = named_by_services(estate);
    complete &= app.environment.cluster.is_none() || estate.services.at().is_some();
    complete &= estate.services.failure().is_none() && estate.services.partial().is_none();
    let stopped = stopped(estate);
    let also: Vec<String> = configured(&app.environment).map(str::to_owned).collect();
    let findings = estate.parameters.value().map(|parameters| {
        check::check(&check::Facts {
            parameters,
            secrets: estate.secrets.value().map(Vec::as_slice),
            named: &all,
            also_used: &also,
            region: app.environment.region.as_deref(),
            complete,
            stopped: &stopped,
            denied: &[],
            now: app.service_now(),
        })
    });
    let tree = rows(parameters(app), &app.panes.parameters.closed);
    let state = &mut app.panes.parameters;
    (state.named, state.complete, state.rows, state.stale) = (all, complete, tree, false);
    state.derived = Some(app.now);
    state.findings = findings.unwrap_or_default();
}

fn parameters(app: &App) -> &[Parameter] {
    app.estate.parameters.value().map(Vec::as_slice).unwrap_or_default()
}

fn secrets(app: &App) -> &[Secret] {
    app.estate.secrets.value().map(Vec::as_slice).unwrap_or_default()
}

/// A parameter by its name.
pub fn parameter<'a>(app: &'a App, name: &str) -> Option<&'a Parameter> {
    let all = parameters(app);
    all.binary_search_by(|one| one.name.as_str().cmp(name)).ok().map(|at| &all[at])
}

/// A secret by the key of its row.
pub fn secret<'a>(app: &'a App, key: &str) -> Option<&'a Secret> {
    let arn = key.strip_prefix(SECRET)?;
    secrets(app).iter().find(|one| one.arn == arn)
}

/// The keys of the rows, each with the text that a filter looks into.
pub fn lines(app: &App) -> Vec<(String, String)> {
    let all = parameters(app);
    let tree = app.panes.parameters.rows.iter().filter_map(|row| match row {
        Row::Folder { path, .. } => Some((path.clone(), path.clone())),
        Row::Leaf { at, .. } => all.get(*at).map(|one| (one.name.clone(), one.name.clone())),
    });
    tree.chain(secret_lines(app)).collect()
}

fn secret_lines(app: &App) -> impl Iterator<Item = (String, String)> {
    let (own, others) = own_secrets(app);
    let secrets = own.into_iter().map(|one| (format!("{SECRET}{}", one.arn), one.name.clone()));
    secrets.chain((others > 0).then(|| (OTHERS.to_owned(), String::new())))
}

/// The columns by which they can be sorted.
pub const COLUMNS: &[&str] = &["NAME", "TYPE", "VER", "AGE", "BY"];

/// Whether they stand as a tree: in any other order than that of their names, a folder would tear them apart.
pub fn is_tree(app: &App) -> bool {
    app.screen.list_of(LIST).is_none_or(|list| list.column == 0 && !list.reversed)
}

/// The rows: the tree, or all parameters in the order of a column; secrets below them.
pub fn in_order(app: &App, order: &Order<'_>) -> (Vec<String>, usize) {
    if order.column == 0 && !order.reversed {
        return kept(lines(app), order.wanted);
    }
    let line = |one: &&Parameter| (one.name.clone(), one.name.clone());
    let (mut keys, total) = ordered(order, parameters(app), line, |a, b, column| match column {
        1 => a.kind.word().cmp(b.kind.word()),
        2 => b.version.cmp(&a.version),
        3 => b.modified_at.cmp(&a.modified_at),
        4 => a.modified_by.as_deref().map(person).cmp(&b.modified_by.as_deref().map(person)),
        _ => Ordering::Equal,
    });
    let (below, more) = kept(secret_lines(app), order.wanted);
    keys.extend(below);
    (keys, total + more)
}

/// The secrets that are shown, and how many of the region are not: those that are not told to be the environment's.
pub fn own_secrets(app: &App) -> (Vec<&Secret>, usize) {
    let all = secrets(app);
    let state = &app.panes.parameters;
    if state.everything {
        return (all.iter().collect(), 0);
    }
    app.environment.own_secrets(all, &state.named)
}

/// The selected row of the list, wherever the focus is.
fn selected_key(app: &App) -> Option<&str> {
    app.screen.list_of(LIST)?.selected()
}

/// The selected parameter.
pub fn selected(app: &App) -> Option<String> {
    let key = selected_key(app)?;
    parameter(app, key).map(|one| one.name.clone())
}

/// Whether a parameter is selected.
pub fn on_parameter(app: &App) -> bool {
    selected(app).is_some()
}

/// The thing that a row stands for.
pub fn subject(app: &App, key: Option<&str>) -> Option<Subject> {
    let key = key?;
    let name = secret(app, key).map_or(key, |one| one.name.as_str());
    Some(Subject::Text(name.to_owned()))
}

/// How long ago this was, in a few characters.
pub fn age(app: &App, at: Option<jiff::Timestamp>) -> String {
    at.map_or_else(|| "–".to_owned(), |at| short(app.service_now().duration_since(at)))
}

/// The facts of the selected parameter or secret.
pub fn facts(app: &App) -> Vec<Fact> {
    let Some(key) = selected_key(app) else { return Vec::new() };
    if let Some(one) = secret(app, key) {
        return of_secret(app, one);
    }
    match parameter(app, key) {
        Some(one) => of_parameter(app, one),
        None => Vec::new(),
    }
}

fn of_parameter(app: &App, one: &Parameter) -> Vec<Fact> {
    let mut lines = vec![fact("name", &one.name), fact("type", one.kind.word())];
    value(app, one, &mut lines);
    lines.push(fact("version", one.version.to_string()));
    if let Some(at) = one.modified_at {
        lines.push(fact("written", format!("{} ({} ago)", date_clock(at, &app.zone()), age(app, Some(at)))));
    }
    let known = [
        ("by", one.modified_by.as_deref().map(|by| harmless(person(by)).into_owned())),
        ("key", one.key.clone()),
        ("tier", one.tier.clone().filter(|tier| tier != "Standard")),
        ("description", one.description.as_deref().map(|text| harmless(text).into_owned())),
    ];
    lines.extend(known.into_iter().filter_map(|(label, text)| Some(fact(label, text?))));
    let state = &app.panes.parameters;
    let reads = state
        .named
        .iter()
        .filter(|named| named.from.parameter().is_some_and(|name| self::key(name) == self::key(&one.name)));
    let mut reads: Vec<String> = reads.map(|named| format!("{}: {}", named.short, named.variable)).collect();
    reads.sort();
    reads.dedup();
    lines.extend(reads.into_iter().map(|text| fact("read by", text)));
    let mine = state.findings.iter().filter(|finding| finding.name == one.name);
    for finding in mine {
        lines.push(bad(finding.problem.word(), finding.text.clone(), health(finding.severity)));
        lines.push(fact("→", in_environment(&finding.hint, app.environment.named())));
    }
    let shown = &state.shown;
    match &shown.versions {
        _ if shown.name != one.name => {}
        Some(Ok(versions)) => lines.extend(versions.iter().map(|version| {
            let by =
                version.modified_by.as_deref().map(|by| format!(" by {}", harmless(person(by)))).unwrap_or_default();
            let at = version.modified_at.map(|at| date_clock(at, &app.zone())).unwrap_or_default();
            fact("before", format!("version {}: {at}{by}", version.version))
        })),
        Some(Err(failure)) => lines.push(bad("versions", failure.message.clone(), Health::Degraded)),
        None if shown.asked_versions.is_some() => lines.push(fact("versions", "reading …")),
        None => {}
    }
    lines
}

/// The value: masked, or shown for a while.
fn value(app: &App, one: &Parameter, lines: &mut Vec<Fact>) {
    let shown = &app.panes.parameters.shown;
    if shown.name != one.name {
        lines.push(fact("value", format!("{MASK} hidden")));
        return;
    }
    match (&shown.value, &shown.value_failure) {
        (Some((value, until)), _) => {
            let left = until.duration_since(app.now).as_secs().max(0);
            for (number, line) in value.expose().lines().enumerate() {
                lines.push(fact(if number == 0 { "value" } else { "" }, harmless(line).into_owned()));
            }
            lines.push(fact("", format!("{}; hidden in {left} s", value.shape())));
        }
        (None, Some(failure)) => {
            lines.push(bad("value", failure.message.clone(), severity(failure)));
            lines.push(fact("→", failure.hint()));
        }
        (None, None) if shown.asked_value.is_some() => lines.push(fact("value", "reading …")),
        (None, None) => lines.push(fact("value", format!("{MASK} hidden"))),
    }
}

fn of_secret(app: &App, one: &Secret) -> Vec<Fact> {
    let rotation = one.rotation(app.service_now());
    let mut lines = vec![fact("secret", &one.name), fact("arn", &one.arn)];
    lines.push(match rotation_health(&rotation) {
        Some(health) => bad("rotation", rotation.text(), health),
        None => fact("rotation", rotation.text()),
    });
    let known = [
        ("every", one.every.clone()),
        ("changed", one.changed_at.map(|at| format!("{} ago", age(app, Some(at))))),
        ("read", one.accessed_at.map(|at| format!("{} ago", age(app, Some(at))))),
        ("kept by", one.owner.clone()),
        ("description", one.description.as_deref().map(|text| harmless(text).into_owned())),
    ];
    lines.extend(known.into_iter().filter_map(|(label, text)| Some(fact(label, text?))));
    lines
}

/// How bad a rotation is, where it is.
pub fn rotation_health(rotation: &Rotation) -> Option<Health> {
    match rotation {
        Rotation::Failed(_) | Rotation::Late(_) => Some(Health::Degraded),
        Rotation::UnderWay => Some(Health::Changing),
        Rotation::Deleted => Some(Health::Stopped),
        Rotation::Off | Rotation::Fine(_) => None,
    }
}

/// The colour of a finding.
pub fn health(severity: Severity) -> Health {
    match severity {
        Severity::Critical => Health::Down,
        Severity::Warning => Health::Degraded,
        Severity::Note => Health::Stopped,
    }
}

/// The worst finding of a parameter.
pub fn worst(app: &App, name: &str) -> Option<Severity> {
    let mine = app.panes.parameters.findings.iter().filter(|finding| finding.name == name);
    mine.map(|finding| finding.severity).min()
}

/// The findings by their numbers.
pub fn findings(app: &App) -> Vec<(String, String)> {
    let all = app.panes.parameters.findings.iter().enumerate();
    all.map(|(at, one)| (at.to_string(), format!("{} {} {}", one.problem.word(), one.name, one.text))).collect()
}

/// The thing that a finding is about.
pub fn found(app: &App, key: Option<&str>) -> Option<Subject> {
    let at: usize = key?.parse().ok()?;
    app.panes.parameters.findings.get(at).map(|one| Subject::Text(one.name.clone()))
}

/// The whole of a finding.
pub fn finding(app: &App, key: &str) -> Vec<Fact> {
    let Some(one) = key.parse::<usize>().ok().and_then(|at| app.panes.parameters.findings.get(at)) else {
        return Vec::new();
    };
    let mut lines = vec![
        fact("parameter", &one.name),
        bad(one.problem.word(), one.text.clone(), health(one.severity)),
        fact("→", in_environment(&one.hint, app.environment.named())),
    ];
    lines.extend(one.used_by.iter().map(|used| fact("read by", used)));
    lines
}

/// Whether the list is fresh, and what is missing of it.
pub fn data_status(app: &App) -> DataStatus {
    let status = app.estate.status(Source::Parameters);
    let mut data = DataStatus { loading: status.at.is_none(), ..DataStatus::default() };
    if let Some(at) = status.at {
        let old = app.now.duration_since(at);
        if status.failure.is_some() || old > app.environment.refresh.of(Source::Parameters) * 2 {
            data.age = Some(format!("{} old", short(old)));
        }
    }
    if let Some(failure) = &status.failure {
        data.dimmed = status.at.is_some();
        data.trouble = Some((severity(failure), format!("cannot read parameters: {}", failure.message)));
        data.empty = failure_lines(app, Source::Parameters, failure);
    } else if let Some(failure) = app.estate.secrets.failure() {
        data.trouble = Some((Health::Degraded, format!("cannot read secrets: {}", failure.message)));
    } else {
        data.trouble = beside(app, READERS);
    }
    if data.empty.is_empty() {
        data.empty = empty(app, status.at.is_some());
    }
    data
}

fn empty(app: &App, read: bool) -> Vec<(Health, String)> {
    if let Some(list) = app.screen.list_of(LIST).filter(|list| list.total > 0 && !list.filter.is_empty()) {
        return note(&format!("none of {} rows contains {:?}", list.total, list.filter));
    }
    match under(app) {
        Some(under) if under.is_empty() => vec![
            (Health::Stopped, "not configured".to_owned()),
            (
                Health::Stopped,
                format!(
                    "its task definitions name no parameters: write parameters = [\"/path/\"] into [environments.{}]",
                    app.environment.name
                ),
            ),
        ],
        Some(under) if read => note(&format!("there is no parameter under {}", under.join(", "))),
        Some(_) => note("reading parameters …"),
        None => note("reading what task definitions name …"),
    }
}

/// Whether the facts are fresh, and what is missing of them.
pub fn facts_status(app: &App) -> DataStatus {
    let words = if app.focused() == FACTS { "nothing is selected" } else { "select a parameter" };
    // They are of the list's read: where the list does not stand beside them, this says how old they are.
    let DataStatus { age, dimmed, trouble, .. } = data_status(app);
    DataStatus { age, dimmed, empty: note(words), trouble, ..DataStatus::default() }
}

/// The sources that tell which parameters and secrets are read, and by which services.
const READERS: &[Source] = &[Source::Services, Source::TaskDefinitions];

/// The state of the check.
pub fn check_status(app: &App) -> DataStatus {
    let state = &app.panes.parameters;
    let read = app.estate.parameters.value().is_some();
    let trouble = beside(app, &[Source::Parameters, Source::Services, Source::TaskDefinitions, Source::Tasks]);
    let words = match (read, state.complete) {
        (false, _) => "reading parameters …",
        (true, false) => "nothing is wrong so far; not all task definitions are known",
        (true, true) => "nothing is wrong",
    };
    let DataStatus { age, dimmed, .. } = data_status(app);
    DataStatus { age, dimmed, empty: note(words), loading: !read, trouble }
}
