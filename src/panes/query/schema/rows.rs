//! Rows of the schema tree and of the object's details, and their status.

use super::state::{ObjectAnswer, TREE};
use crate::app::App;
use crate::app::list::List;
use crate::app::pane::{DataStatus, Order, StatusLines};
use crate::app::subject::Subject;
use crate::model::Health;
use crate::model::sql::activity_listing::{Listing, ListingRow};
use crate::model::sql::schema::detail::Section;
use crate::model::sql::schema::object::Object;
use crate::model::sql::schema::objects::{GROUPS, Group};
use crate::model::sql::schema::tree::{Row, keys, row};
use crate::model::time::short;
use crate::panes::query::state::Link;
use jiff::SignedDuration;

/// Age from which the list of objects is marked as old.
const OLD: SignedDuration = SignedDuration::from_mins(10);

/// The keys of the tree's rows, and the number of objects.
pub fn tree(app: &App, order: &Order<'_>) -> (Vec<String>, usize) {
    let schema = &app.panes.query.schema;
    let wanted = order.wanted.map(|wanted| |text: &str| wanted.is_in(text));
    let wanted: Option<&dyn Fn(&str) -> bool> = wanted.as_ref().map(|wanted| wanted as &dyn Fn(&str) -> bool);
    keys(&schema.objects, &schema.toggled, wanted)
}

/// The selected row of the tree.
pub fn selected_row(app: &App) -> Option<Row<'_>> {
    let key = app.screen.list_of(TREE).and_then(List::selected)?;
    row(&app.panes.query.schema.objects, key)
}

/// The selected object.
pub fn selected(app: &App) -> Option<&Object> {
    match selected_row(app)? {
        Row::Object(object) => Some(object),
        Row::Schema(_) | Row::Group(..) => None,
    }
}

/// The shown section of an object.
pub fn section(app: &App, object: &Object) -> Section {
    let (all, wanted) = (Section::of(object), app.panes.query.schema.section);
    if all.contains(&wanted) { wanted } else { all[0] }
}

/// The details of the selected object in the shown section.
fn seen(app: &App) -> Option<&ObjectAnswer> {
    let object = selected(app)?;
    app.panes.query.schema.answers.get(&((object.class, object.oid), section(app, object)))
}

/// The rows of the details.
pub fn shown(app: &App) -> Option<&Listing> {
    seen(app)?.listing.as_ref().ok()
}

/// The row of the details with this key.
pub fn detail_row<'a>(app: &'a App, key: &str) -> Option<&'a ListingRow> {
    shown(app)?.rows.iter().find(|row| row.key == key)
}

/// Row keys of the details, each with the text that a filter searches.
pub fn details(app: &App) -> Vec<(String, String)> {
    let text = |row: &ListingRow| row.cells.iter().map(|cell| cell.text.as_str()).collect::<Vec<_>>().join(" ");
    shown(app).map_or_else(Vec::new, |listing| listing.rows.iter().map(|row| (row.key.clone(), text(row))).collect())
}

/// The subject of a row of the tree.
pub fn subject(app: &App, key: Option<&str>) -> Option<Subject> {
    Some(Subject::Text(match row(&app.panes.query.schema.objects, key?)? {
        Row::Object(object) => object.qualified_name(),
        Row::Schema(schema) => schema.to_owned(),
        Row::Group(schema, group) => format!("{} of {schema}", group.name()),
    }))
}

/// The subject of a row of the details.
pub fn subject_of_detail(app: &App, key: Option<&str>) -> Option<Subject> {
    Some(Subject::Text(detail_row(app, key?)?.full_text.clone()))
}

fn words(health: Health, lines: impl IntoIterator<Item = String>) -> StatusLines {
    lines.into_iter().map(|line| (health, line)).collect()
}

/// Status of the tree. For missing parts, names the required privilege or the missing part of the catalogue.
pub fn tree_status(app: &App) -> DataStatus {
    let state = &app.panes.query;
    let schema = &state.schema;
    let mut status = DataStatus::default();
    if let Some(at) = schema.read_at {
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
        Link::On if schema.read_at.is_none() => {
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

/// Status of the details.
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
            let counts: Vec<String> = counts.map(|(count, group)| group.pluralize(count)).collect();
            let all = if counts.is_empty() { "nothing".to_owned() } else { counts.join(", ") };
            let lines = [format!("{schema}: {all}"), "Enter opens and folds; / finds a name in all of them".to_owned()];
            status.empty = words(Health::Healthy, lines);
            return status;
        }
    };
    match seen(app) {
        None if app.panes.query.is_on() => {
            status.loading = true;
            status.empty = words(Health::Unknown, [format!("reading {}", object.qualified_name())]);
        }
        None => status.empty = words(Health::Stopped, ["not connected: this was not read before".to_owned()]),
        Some(ObjectAnswer { listing: Err(why), .. }) => {
            status.trouble = Some((Health::Down, why.clone()));
            status.empty = words(Health::Down, [why.clone(), "r asks again".to_owned()]);
        }
        Some(ObjectAnswer { at, listing: Ok(listing) }) => {
            let age = app.now.duration_since(*at);
            status.age = (age > OLD).then(|| format!("{} old", short(age)));
            status.trouble = listing.notes.first().map(|note| (Health::Unknown, note.clone()));
            status.empty = words(Health::Healthy, [listing.empty.to_owned()]);
        }
    }
    status
}
