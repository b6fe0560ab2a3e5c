//! Selecting an object in the tree, even inside folded rows.

use super::state::TREE;
use crate::app::App;
use crate::model::sql::schema::object::Class;
use crate::model::sql::schema::objects::Group;
use crate::model::sql::schema::tree::{Row, is_open, key_of, key_of_group, key_of_schema};

/// Selects the wanted object as soon as it is known; drops a name that is not that of a table.
pub fn select_wanted(app: &mut App) {
    let state = &mut app.panes.query;
    if !state.schema.shown || state.schema.read_at.is_none() {
        return;
    }
    let Some(wanted) = state.schema.wanted.take() else { return };
    let found = state.catalogue.find(wanted.schema.as_deref(), &wanted.name);
    // In `alias.column` and `table.column`, the first part is not a schema.
    let found = found.or_else(|| state.catalogue.find(None, wanted.schema.as_deref()?));
    if let Some(oid) = found.map(|relation| relation.oid) {
        select(app, Class::Relation, oid);
    }
}

/// Selects an object and unfolds the rows above it.
pub fn select(app: &mut App, class: Class, oid: u32) -> bool {
    let schema = &mut app.panes.query.schema;
    let Some(object) = schema.objects.get(class, oid) else { return false };
    let group = Group::of(object);
    let rows = [
        (Row::Schema(&object.schema), key_of_schema(&object.schema)),
        (Row::Group(&object.schema, group), key_of_group(&object.schema, group)),
    ];
    for (row, key) in rows {
        if !is_open(&row, &schema.toggled) && !schema.toggled.remove(&key) {
            schema.toggled.insert(key);
        }
    }
    let key = key_of(object);
    let list = app.screen.list(TREE);
    list.filter.clear();
    list.select_key(&key);
    app.lists_changed();
    true
}
