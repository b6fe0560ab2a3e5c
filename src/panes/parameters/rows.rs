//! Rows of the Parameters pane, their subjects, and the freshness of their data.

use super::state::{FACTS, LIST};
use crate::app::App;
use crate::app::data_status::{failure_lines, note, secondary_trouble, severity};
use crate::app::pane::{DataStatus, Order};
use crate::app::parameters::{configured, named_by_services, stopped};
use crate::app::rows::{matching, ordered};
use crate::app::subject::{Fact, Subject, bad, fact};
use crate::model::health::Severity;
use crate::model::parameters::change::MASK;
use crate::model::parameters::check;
use crate::model::parameters::references::normalize;
use crate::model::parameters::secret::Rotation;
use crate::model::parameters::tree::{Row, rows};
use crate::model::parameters::{Parameter, Secret, prefixes, principal_name};
use crate::model::suggested_commands::with_scope;
use crate::model::text::sanitize;
use crate::model::time::{date_clock, short};
use crate::model::{Health, Source};
use std::cmp::Ordering;

/// Key prefix of a secret's row.
pub const SECRET: &str = "secret:";
/// Key of the row that counts the hidden secrets.
pub const HIDDEN_SECRETS: &str = "secret:others";

/// The paths of the environment's parameters; `None` until task definitions are known.
pub(super) fn path_prefixes(app: &App) -> Option<Vec<String>> {
    if !app.environment.parameters.is_empty() {
        return Some(app.environment.parameters.clone());
    }
    let state = &app.panes.parameters;
    let known = prefixes(state.references.iter().filter_map(|reference| reference.from.parameter()));
    (state.complete || !known.is_empty()).then_some(known)
}

/// Derives the rows and the findings from the estate.
pub(super) fn derive(app: &mut App) {
    let estate = &app.estate;
    let (named, mut complete) = named_by_services(estate);
    complete &= app.environment.cluster.is_none() || estate.services.at().is_some();
    complete &= estate.services.failure().is_none() && estate.services.partial().is_none();
    let stopped = stopped(estate);
    let also: Vec<String> = configured(&app.environment).map(str::to_owned).collect();
    let findings = estate.parameters.value().map(|parameters| {
        check::check(&check::Facts {
            parameters,
            secrets: estate.secrets.value().map(Vec::as_slice),
            references: &named,
            used_elsewhere: &also,
            region: app.environment.region.as_deref(),
            complete,
            stopped: &stopped,
            denied: &[],
            now: app.service_now(),
        })
    });
    let tree = rows(parameters(app), &app.panes.parameters.collapsed);
    let state = &mut app.panes.parameters;
    (state.references, state.complete, state.rows, state.stale) = (named, complete, tree, false);
    state.derived = Some(app.now);
    state.findings = findings.unwrap_or_default();
}

fn parameters(app: &App) -> &[Parameter] {
    app.estate.parameters.value().map(Vec::as_slice).unwrap_or_default()
}

fn secrets(app: &App) -> &[Secret] {
    app.estate.secrets.value().map(Vec::as_slice).unwrap_or_default()
}

/// Returns the parameter with this name.
pub fn parameter<'a>(app: &'a App, name: &str) -> Option<&'a Parameter> {
    let parameters = parameters(app);
    parameters.binary_search_by(|parameter| parameter.name.as_str().cmp(name)).ok().map(|at| &parameters[at])
}

/// Returns the secret with this row key.
pub fn secret<'a>(app: &'a App, key: &str) -> Option<&'a Secret> {
    let arn = key.strip_prefix(SECRET)?;
    secrets(app).iter().find(|one| one.arn == arn)
}

/// Row keys, each with the text that a filter searches.
pub fn lines(app: &App) -> Vec<(String, String)> {
    let parameters = parameters(app);
    let tree = app.panes.parameters.rows.iter().filter_map(|row| match row {
        Row::Folder { path, .. } => Some((path.clone(), path.clone())),
        Row::Leaf { at, .. } => parameters.get(*at).map(|one| (one.name.clone(), one.name.clone())),
    });
    tree.chain(secret_lines(app)).collect()
}

fn secret_lines(app: &App) -> impl Iterator<Item = (String, String)> {
    let (own, others) = own_secrets(app);
    let secrets = own.into_iter().map(|one| (format!("{SECRET}{}", one.arn), one.name.clone()));
    secrets.chain((others > 0).then(|| (HIDDEN_SECRETS.to_owned(), String::new())))
}

/// The columns that rows can be sorted by.
pub const COLUMNS: &[&str] = &["NAME", "TYPE", "VER", "AGE", "BY"];

/// Whether rows form a tree. Any order other than by name would tear folders apart.
pub fn is_tree(app: &App) -> bool {
    app.screen.list_of(LIST).is_none_or(|list| list.column == 0 && !list.reversed)
}

/// The ordered row keys: the tree, or all parameters sorted by a column; secrets follow below.
pub fn in_order(app: &App, order: &Order<'_>) -> (Vec<String>, usize) {
    if order.column == 0 && !order.reversed {
        return matching(lines(app), order.wanted);
    }
    let line = |one: &&Parameter| (one.name.clone(), one.name.clone());
    let (mut keys, total) = ordered(order, parameters(app), line, |a, b, column| match column {
        1 => a.kind.name().cmp(b.kind.name()),
        2 => b.version.cmp(&a.version),
        3 => b.modified_at.cmp(&a.modified_at),
        4 => a.modified_by.as_deref().map(principal_name).cmp(&b.modified_by.as_deref().map(principal_name)),
        _ => Ordering::Equal,
    });
    let (below, more) = matching(secret_lines(app), order.wanted);
    keys.extend(below);
    (keys, total + more)
}

/// The secrets to show, and the number of hidden ones: secrets of the region that are not known to be the
/// environment's.
pub fn own_secrets(app: &App) -> (Vec<&Secret>, usize) {
    let secrets = secrets(app);
    let state = &app.panes.parameters;
    if state.whole_region {
        return (secrets.iter().collect(), 0);
    }
    app.environment.own_secrets(secrets, &state.references)
}

/// The key of the selected row, regardless of focus.
fn selected_key(app: &App) -> Option<&str> {
    app.screen.list_of(LIST)?.selected()
}

/// The name of the selected parameter.
pub fn selected(app: &App) -> Option<String> {
    let key = selected_key(app)?;
    parameter(app, key).map(|one| one.name.clone())
}

/// Whether a parameter is selected.
pub fn is_parameter_selected(app: &App) -> bool {
    selected(app).is_some()
}

/// The subject of a row.
pub fn subject(app: &App, key: Option<&str>) -> Option<Subject> {
    let key = key?;
    let name = secret(app, key).map_or(key, |one| one.name.as_str());
    Some(Subject::Text(name.to_owned()))
}

/// Formats how long ago `at` was, in a few characters.
pub fn age(app: &App, at: Option<jiff::Timestamp>) -> String {
    at.map_or_else(|| "–".to_owned(), |at| short(app.service_now().duration_since(at)))
}

/// Facts of the selected parameter or secret.
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
    let mut lines = vec![fact("name", &one.name), fact("type", one.kind.name())];
    value(app, one, &mut lines);
    lines.push(fact("version", one.version.to_string()));
    if let Some(at) = one.modified_at {
        lines.push(fact("written", format!("{} ({} ago)", date_clock(at, &app.zone()), age(app, Some(at)))));
    }
    let known = [
        ("by", one.modified_by.as_deref().map(|by| sanitize(principal_name(by)).into_owned())),
        ("key", one.key.clone()),
        ("tier", one.tier.clone().filter(|tier| tier != "Standard")),
        ("description", one.description.as_deref().map(|text| sanitize(text).into_owned())),
    ];
    lines.extend(known.into_iter().filter_map(|(label, text)| Some(fact(label, text?))));
    let state = &app.panes.parameters;
    let reads = state
        .references
        .iter()
        .filter(|named| named.from.parameter().is_some_and(|name| self::normalize(name) == self::normalize(&one.name)));
    let mut reads: Vec<String> = reads.map(|named| format!("{}: {}", named.short, named.variable)).collect();
    reads.sort();
    reads.dedup();
    lines.extend(reads.into_iter().map(|text| fact("read by", text)));
    let findings = state.findings.iter().filter(|finding| finding.name == one.name);
    for finding in findings {
        lines.push(bad(finding.problem.name(), finding.text.clone(), health(finding.severity)));
        lines.push(fact("→", with_scope(&finding.hint, app.environment.command_scope())));
    }
    let shown = &state.shown;
    match &shown.versions {
        _ if shown.name != one.name => {}
        Some(Ok(versions)) => lines.extend(versions.iter().map(|version| {
            let by = version
                .modified_by
                .as_deref()
                .map(|by| format!(" by {}", sanitize(principal_name(by))))
                .unwrap_or_default();
            let at = version.modified_at.map(|at| date_clock(at, &app.zone())).unwrap_or_default();
            fact("before", format!("version {}: {at}{by}", version.version))
        })),
        Some(Err(failure)) => lines.push(bad("versions", failure.message.clone(), Health::Degraded)),
        None if shown.pending_versions.is_some() => lines.push(fact("versions", "reading …")),
        None => {}
    }
    lines
}

/// Appends the value, masked unless it is currently shown.
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
                lines.push(fact(if number == 0 { "value" } else { "" }, sanitize(line).into_owned()));
            }
            lines.push(fact("", format!("{}; hidden in {left} s", value.shape())));
        }
        (None, Some(failure)) => {
            lines.push(bad("value", failure.message.clone(), severity(failure)));
            lines.push(fact("→", failure.hint()));
        }
        (None, None) if shown.pending_value.is_some() => lines.push(fact("value", "reading …")),
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
        ("description", one.description.as_deref().map(|text| sanitize(text).into_owned())),
    ];
    lines.extend(known.into_iter().filter_map(|(label, text)| Some(fact(label, text?))));
    lines
}

/// The health of a rotation that needs notice; `None` if all is well.
pub fn rotation_health(rotation: &Rotation) -> Option<Health> {
    match rotation {
        Rotation::Failed(_) | Rotation::Overdue(_) => Some(Health::Degraded),
        Rotation::InProgress => Some(Health::Changing),
        Rotation::Deleted => Some(Health::Stopped),
        Rotation::Off | Rotation::Healthy(_) => None,
    }
}

/// The health whose colour a finding of this severity gets.
pub fn health(severity: Severity) -> Health {
    match severity {
        Severity::Critical => Health::Down,
        Severity::Warning => Health::Degraded,
        Severity::Note => Health::Stopped,
    }
}

/// The severity of a parameter's worst finding.
pub fn worst(app: &App, name: &str) -> Option<Severity> {
    let findings = app.panes.parameters.findings.iter().filter(|finding| finding.name == name);
    findings.map(|finding| finding.severity).min()
}

/// The findings, keyed by their index.
pub fn findings(app: &App) -> Vec<(String, String)> {
    let numbered = app.panes.parameters.findings.iter().enumerate();
    numbered.map(|(at, one)| (at.to_string(), format!("{} {} {}", one.problem.name(), one.name, one.text))).collect()
}

/// The subject of a finding.
pub fn finding_subject(app: &App, key: Option<&str>) -> Option<Subject> {
    let at: usize = key?.parse().ok()?;
    app.panes.parameters.findings.get(at).map(|one| Subject::Text(one.name.clone()))
}

/// All details of a finding.
pub fn finding_details(app: &App, key: &str) -> Vec<Fact> {
    let Some(one) = key.parse::<usize>().ok().and_then(|at| app.panes.parameters.findings.get(at)) else {
        return Vec::new();
    };
    let mut lines = vec![
        fact("parameter", &one.name),
        bad(one.problem.name(), one.text.clone(), health(one.severity)),
        fact("→", with_scope(&one.hint, app.environment.command_scope())),
    ];
    lines.extend(one.used_by.iter().map(|used| fact("read by", used)));
    lines
}

/// Freshness of the list, and which of its sources are missing.
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
        data.trouble = secondary_trouble(app, READERS);
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
    match path_prefixes(app) {
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

/// Freshness of the facts, and which of their sources are missing.
pub fn facts_status(app: &App) -> DataStatus {
    let words = if app.focused() == FACTS { "nothing is selected" } else { "select a parameter" };
    // The facts come from the list's read, and show its age if the list is not visible beside them.
    let DataStatus { age, dimmed, trouble, .. } = data_status(app);
    DataStatus { age, dimmed, empty: note(words), trouble, ..DataStatus::default() }
}

/// Sources that determine which parameters and secrets are used, and by which services.
const READERS: &[Source] = &[Source::Services, Source::TaskDefinitions];

/// Status of the check.
pub fn check_status(app: &App) -> DataStatus {
    let state = &app.panes.parameters;
    let read = app.estate.parameters.value().is_some();
    let trouble =
        secondary_trouble(app, &[Source::Parameters, Source::Services, Source::TaskDefinitions, Source::Tasks]);
    let words = match (read, state.complete) {
        (false, _) => "reading parameters …",
        (true, false) => "nothing is wrong so far; not all task definitions are known",
        (true, true) => "nothing is wrong",
    };
    let DataStatus { age, dimmed, .. } = data_status(app);
    DataStatus { age, dimmed, empty: note(words), loading: !read, trouble }
}
