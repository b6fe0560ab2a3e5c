//! The rows of the tree and of what is known of the selected object, and how they stand.

use super::state::{Seen, TREE};
use crate::app::App;
use crate::app::list::List;
use crate::app::pane::{DataStatus, Order, Words};
use crate::app::subject::Subject;
use crate::model::Health;
use crate::model::sql::activity_listing::{Listed, Listing};
use crate::model::sql::schema::detail::Section;
use crate::model::sql::schema::object::Object;
use crate::model::sql::schema::objects::{GROUPS, Group};
use crate::model::sql::schema::tree::{Row, keys, row};
use crate::model::time::short;
use crate::panes::query::state::Link;
use jiff::SignedDuration;

/// The age from which the list of objects is told to be old.
const OLD: SignedDuration = SignedDuration::from_mins(10);

/// The keys of the tree's rows, and how many objects there are.
pub fn tree(app: &App, order: &Order<'_>) -> (Vec<String>, usize) {
    let schema = &app.panes.query.schema;
    let wanted = order.wanted.map(|wanted| |text: &str| wanted.is_in(text));
    let wanted: Option<&dyn Fn(&str) -> bool> = wanted.as_ref().map(|wanted| wanted as &dyn Fn(&str) -> bool);
    keys(&schema.objects, &schema.toggled, wanted)
}

/// The row that is selected in the tree.
pub fn selected_row(app: &App) -> Option<Row<'_>> {
    let key = app.screen.list_of(TREE).and_then(List::selected)?;
    row(&app.panes.query.schema.objects, key)
}

/// The object that is selected.
pub fn selected(app: &App) -> Option<&Object> {
    match selected_row(app)? {
        Row::Object(object) => Some(object),
        Row::Schema(_) | Row::Group(..) => None,
    }
}

/// The section of an object that is shown.
pub fn section(app: &App, object: &Object) -> Section {
    let (all, wanted) = (Section::of(object), app.panes.query.schema.section);
    if all.contains(&wanted) { wanted } else { all[0] }
}

/// The known part of the selected object, in the section that is shown.
fn seen(app: &App) -> Option<&Seen> {
    let object = selected(app)?;
    app.panes.query.schema.seen.get(&((object.class, object.oid), section(app, object)))
}

/// The rows that are shown of it.
pub fn shown(app: &App) -> Option<&Listing> {
    seen(app)?.listing.as_ref().ok()
}

/// The row with this key of an answer.
pub fn listed<'a>(app: &'a App, key: &str) -> Option<&'a Listed> {
    shown(app)?.rows.iter().find(|row| row.key == key)
}

/// The keys of its rows, with what a filter looks into.
pub fn details(app: &App) -> Vec<(String, String)> {
    let text = |row: &Listed| row.cells.iter().map(|cell| cell.text.as_str()).collect::<Vec<_>>().join(" ");
    shown(app).map_or_else(Vec::new, |listing| listing.rows.iter().map(|row| (row.key.clone(), text(row))).collect())
}

/// The thing that a row of the tree stands for.
pub fn subject(app: &App, key: Option<&str>) -> Option<Subject> {
    Some(Subject::Text(match row(&app.panes.query.schema.objects, key?)? {
        Row::Object(object) => object.written(),
        Row::Schema(schema) => schema.to_owned(),
        Row::Group(schema, group) => format!("{} of {schema}", group.word()),
    }))
}

/// The thing that a row of the details stands for.
pub fn subject_of_detail(app: &App, key: Option<&str>) -> Option<Subject> {
    Some(Subject::Text(listed(app, key?)?.whole.clone()))
}

fn words(health: Health, lines: impl IntoIterator<Item = String>) -> Words {
    lines.into_iter().map(|line| (health, line)).collect()
}

/// The state of the tree: where something cannot be told it says which right or which part of the catalogue is missing.
pub fn tree_status(app: &App) -> DataStatus {
    let state = &app.panes.query;
    let schema = &state.schema;
    let mut status = DataStatus::default();
    if let Some(at) = schema.at {
        let age = app.now.duration_since(at);
        status.age = (age > OLD).then(|| format!("{} old", short(age)));
    }
    let missing: Vec<String> = schema.missing.iter().map(|(what, why)| format!("no {what}: {why}")).collect();
    status.trouble = (!missing.is_empty()).then(|| (Health::Degraded, missing.join("; ")));
    status.dimmed = !state.is_on();
    status.empty = match &state.link {
        Link::Off => words(Health::Stopped, ["not connected: Esc goes back, then Enter connects".to_owned()]),
        Link::Opening(to) => words(Health::Unknown, [format!("connecting to {to}")]),
        Link::Lost(why) => words(Health::Down, [why.clone()]),
        Link::On if !missing.is_empty() => words(Health::Down, missing.into_iter().chain(["r asks again".to_owned()])),
        Link::On if schema.at.is_none() => {
            status.loading = true;
            words(Health::Unknown, ["asking the server".to_owned()])
        }
        Link::On => {
            let filter = app.screen.list_of(TREE).map(|list| list.filter.clone()).filter(|filter| !filter.is_empty());
            let empty = filter.map_or_else(
                || "there is nothing in this database".to_owned(),
                |filter| format!("nothing has {filter:?} in its name, whatever is open: Esc shows all"),
            );
            words(Health::Healthy, [empty])
        }
    };
    status
}

/// How what is known of the selected object stands.
pub fn detail_status(app: &App) -> DataStatus {
    let mut status = DataStatus::default();
    let Some(row) = selected_row(app) else {
        status.empty = words(Health::Healthy, ["select a table, a view or another object".to_owned()]);
        return status;
    };
    let object = match row {
        Row::Object(object) => object,
        Row::Group(schema, _) | Row::Schema(schema) => {
            let objects = app.panes.query.schema.objects.of_schema(schema);
            let count = |group: &Group| (objects.iter().filter(|object| Group::of(object) == *group).count(), *group);
            let counts = GROUPS.iter().map(count).filter(|(count, _)| *count > 0);
            let counts: Vec<String> = counts.map(|(count, group)| group.counted(count)).collect();
            let all = if counts.is_empty() { "nothing".to_owned() } else { counts.join(", ") };
            let lines = [format!("{schema}: {all}"), "Enter opens and folds; / finds a name in all of them".to_owned()];
            status.empty = words(Health::Healthy, lines);
            return status;
        }
    };
    match seen(app) {
        None if app.panes.query.is_on() => {
            status.loading = true;
            status.empty = words(Health::Unknown, [format!("reading {}", object.written())]);
        }
        None => status.empty = words(Health::Stopped, ["not connected: this was not read before".to_owned()]),
        Some(Seen { listing: Err(why), .. }) => {
            status.trouble = Some((Health::Down, why.clone()));
            status.empty = words(Health::Down, [why.clone(), "r asks again".to_owned()]);
        }
        Some(Seen { at, listing: Ok(listing) }) => {
            let age = app.now.duration_since(*at);
            status.age = (age > OLD).then(|| format!("{} old", short(age)));
            status.trouble = listing.notes.first().map(|note| (Health::Unknown, note.clone()));
            status.empty = words(Health::Healthy, [listing.empty.to_owned()]);
        }
    }
    status
}
