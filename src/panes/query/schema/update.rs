//! Handlers for keys of the schema browser.

use super::requests;
use super::rows::{detail_row, section, selected, selected_row, shown};
use super::select::{select, select_wanted};
use super::state::{DETAIL, TREE};
use crate::app::App;
use crate::app::editor::Step;
use crate::app::effect::Effect;
use crate::app::list::List;
use crate::app::overlays;
use crate::app::pane::Motion;
use crate::app::update::refresh::after_move;
use crate::app::update::windows::push_window;
use crate::model::sql::edit::only_table;
use crate::model::sql::keywords::quote_identifier;
use crate::model::sql::schema::detail::{Section, full_text, other_end};
use crate::model::sql::schema::object::{Class, Object, TypedName};
use crate::model::sql::schema::objects::Group;
use crate::model::sql::schema::tree::{Row, is_open, key_of, key_of_group, key_of_schema, row};
use crate::panes::query::editing::text_changed;
use crate::panes::query::state::{EDITOR, RESULT};
use crate::panes::query::{look_ups, psql};

/// Number of rows read for a first look.
const FIRST: u32 = 100;

/// Whether the schema browser is shown.
pub fn is_shown(app: &App) -> bool {
    app.panes.query.schema.shown
}

/// Whether an object with rows is selected in it.
pub fn is_relation_selected(app: &App) -> bool {
    is_shown(app) && selected(app).is_some_and(Object::has_rows)
}

/// Toggles the schema browser; opens it at the object named by the completion, the cursor, or the result.
pub fn toggle(app: &mut App) -> Vec<Effect> {
    if is_shown(app) {
        close(app);
        return after_move(app);
    }
    let wanted = named(app);
    app.panes.query.completion = None;
    let schema = &mut app.panes.query.schema;
    schema.shown = true;
    schema.wanted = wanted;
    app.focus_on(TREE);
    select_wanted(app);
    after_move(app)
}

/// Returns to editor and results.
pub fn close(app: &mut App) {
    app.panes.query.schema.shown = false;
    app.lists_changed();
}

/// The object to open: the selected completion, else the name at the cursor, else the table of the result.
fn named(app: &App) -> Option<TypedName> {
    let state = &app.panes.query;
    let text = state.editor.text();
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '"' | '$');
    let before = |at: usize| {
        let head = text.get(..at).unwrap_or_default();
        head.rfind(|c: char| !is_part(c)).map_or(0, |at| at + head[at..].chars().next().map_or(1, char::len_utf8))
    };
    if let Some(completion) = &state.completion {
        let (candidate, _) = completion.candidates.get(completion.selected)?;
        let head = text.get(before(completion.from)..completion.from).unwrap_or_default();
        return TypedName::of(&format!("{head}{candidate}")).ok();
    }
    if app.focused() == EDITOR {
        let cursor = state.editor.cursor();
        let rest = text.get(cursor..).unwrap_or_default();
        let end = cursor + rest.find(|c: char| !is_part(c)).unwrap_or(rest.len());
        return text.get(before(cursor)..end).and_then(|name| TypedName::of(name).ok());
    }
    let grid = state.shown().and_then(|tab| tab.grid.as_ref())?;
    let object = state.schema.objects.get(Class::Relation, only_table(&grid.columns).ok()?)?;
    Some(TypedName { schema: Some(object.schema.clone()), name: object.name.clone(), arguments: None })
}

/// Toggles the fold state of a row.
fn fold(app: &mut App, key: &str) {
    let toggled = &mut app.panes.query.schema.toggled;
    if !toggled.remove(key) {
        toggled.insert(key.to_owned());
    }
    app.lists_changed();
}

fn key_in(app: &App, block: crate::app::screen::Block) -> Option<String> {
    app.screen.list_of(block).and_then(List::selected).map(str::to_owned)
}

/// `Enter`: folds or unfolds, goes from an object to its details, and from a foreign key to its other table. Shows a cut row
/// completely.
pub fn open(app: &mut App) -> Vec<Effect> {
    if app.focused() == TREE {
        match selected_row(app) {
            Some(Row::Object(_)) => app.focus_on(DETAIL),
            Some(Row::Schema(_) | Row::Group(..)) => {
                if let Some(key) = key_in(app, TREE) {
                    fold(app, &key);
                }
            }
            None => {}
        }
        return after_move(app);
    }
    let (Some(object), Some(key)) = (selected(app), key_in(app, DETAIL)) else { return after_move(app) };
    let (title, shown_section) = (object.qualified_name(), section(app, object));
    let target = match shown_section {
        Section::Keys => other_end(&key),
        Section::Columns => key.strip_prefix("c:").and_then(|name| refers(app, object.oid, name)),
        Section::Indexes | Section::About | Section::Ddl | Section::Er => None,
    };
    if let Some(oid) = target {
        let from = key_of(object);
        if select(app, Class::Relation, oid) {
            app.panes.query.schema.trail.push(from);
        } else {
            app.show_message("that table is not known here: r reads everything again");
        }
        return after_move(app);
    }
    let text = if shown_section.is_text() {
        shown(app).map(full_text)
    } else {
        detail_row(app, &key).map(|row| row.full_text.clone())
    };
    if let Some(text) = text {
        let window = overlays::message(app, &title, &text);
        push_window(app, window);
    }
    after_move(app)
}

/// The table that a column refers to.
fn refers(app: &App, table: u32, column: &str) -> Option<u32> {
    let keys = app.panes.query.schema.keys.as_ref()?;
    let mut of_column = keys.from(table).filter(|key| key.from.columns.iter().any(|(_, name)| name == column));
    of_column.next().map(|key| key.to.oid)
}

/// `Esc`: returns along followed keys, then from the details to the tree, then to the editor.
pub fn back(app: &mut App) -> bool {
    let list = |block| app.screen.list_of(block).is_some_and(|list: &List| !list.filter.is_empty());
    if list(app.focused()) || app.screen.zoom {
        return false;
    }
    let from = app.panes.query.schema.trail.pop();
    if let Some(Row::Object(object)) = from.as_deref().and_then(|key| row(&app.panes.query.schema.objects, key)) {
        let (class, oid) = (object.class, object.oid);
        return select(app, class, oid);
    }
    if app.focused() == DETAIL {
        app.focus_on(TREE);
    } else {
        close(app);
    }
    true
}

/// Moves left and right: folds and unfolds the tree, or switches the section of an object.
pub fn moves(app: &mut App, motion: Motion) -> bool {
    let right = match motion {
        Motion::Left => false,
        Motion::Right => true,
        Motion::Down
        | Motion::Up
        | Motion::First
        | Motion::Last
        | Motion::HalfDown
        | Motion::HalfUp
        | Motion::PageDown
        | Motion::PageUp
        | Motion::NextMatch
        | Motion::PreviousMatch => return false,
    };
    if app.focused() == DETAIL {
        let first = selected(app).is_none_or(|object| Section::of(object)[0] == section(app, object));
        if !right && first {
            app.focus_on(TREE);
        } else {
            step(app, if right { 1 } else { -1 });
        }
        return true;
    }
    let (Some(row), Some(key)) = (selected_row(app), key_in(app, TREE)) else { return true };
    let open = is_open(&row, &app.panes.query.schema.toggled);
    match row {
        Row::Object(object) if !right => {
            let key = key_of_group(&object.schema, Group::of(object));
            app.screen.list(TREE).select_key(&key);
        }
        Row::Group(schema, _) if !right && !open => {
            let key = key_of_schema(schema);
            app.screen.list(TREE).select_key(&key);
        }
        Row::Object(_) => app.focus_on(DETAIL),
        Row::Schema(_) | Row::Group(..) if open != right => fold(app, &key),
        Row::Schema(_) | Row::Group(..) if right => app.screen.list(TREE).step(1),
        Row::Schema(_) | Row::Group(..) => {}
    }
    app.lists_changed();
    true
}

/// Switches to another section of the selected object.
fn step(app: &mut App, by: isize) {
    let Some(object) = selected(app) else { return };
    let sections = Section::of(object);
    let here = sections.iter().position(|one| *one == section(app, object)).unwrap_or_default() as isize;
    let next = sections[(here + by).rem_euclid(sections.len() as isize) as usize];
    app.panes.query.schema.section = next;
    app.screen.list(DETAIL).select(0);
    app.lists_changed();
}

/// Switches the section, as a command.
pub fn switch_section(app: &mut App, by: isize) -> Vec<Effect> {
    step(app, by);
    after_move(app)
}

/// The text to copy: the complete definition, or a part of it, or a name.
pub fn copy(app: &App) -> Option<String> {
    if !is_shown(app) {
        return None;
    }
    let object = selected(app)?;
    if app.focused() == TREE {
        return Some(object.qualified_name());
    }
    let section = section(app, object);
    if section.is_text() {
        return shown(app).map(full_text);
    }
    let row = detail_row(app, &key_in(app, DETAIL)?)?;
    match section {
        Section::Columns => row.cells.first().map(|cell| quote_identifier(&cell.text)),
        Section::Indexes | Section::Keys | Section::About | Section::Ddl | Section::Er => Some(row.full_text.clone()),
    }
}

/// A SELECT of all columns of the selected object.
fn statement(app: &App) -> Option<String> {
    let object = selected(app).filter(|object| object.has_rows())?;
    let relation = app.panes.query.catalogue.relations().iter().find(|relation| relation.oid == object.oid);
    let names =
        relation.map(|relation| relation.columns.iter().map(|(name, _)| quote_identifier(name)).collect::<Vec<_>>());
    let names = names.filter(|names| !names.is_empty()).map_or_else(|| "*".to_owned(), |names| names.join(", "));
    Some(format!("SELECT {names}\nFROM {}\nLIMIT {FIRST};", object.qualified_name()))
}

fn no_rows(app: &mut App) -> Vec<Effect> {
    app.show_message("select a table or a view: t shows them");
    after_move(app)
}

/// Appends a SELECT to the editor's text and focuses the editor. Nothing is run.
pub fn append_select(app: &mut App) -> Vec<Effect> {
    let Some(statement) = statement(app).filter(|_| is_shown(app)) else { return no_rows(app) };
    let editor = &mut app.panes.query.editor;
    editor.step(Step::End);
    let apart = if editor.is_blank() || editor.text().ends_with('\n') { "" } else { "\n" };
    if !editor.insert(&format!("{apart}{statement}")) {
        app.show_message("the editor is full");
        return after_move(app);
    }
    text_changed(app);
    close(app);
    app.focus_on(EDITOR);
    after_move(app)
}

/// Shows the first rows as a result.
pub fn first_rows(app: &mut App) -> Vec<Effect> {
    let Some(object) = selected(app).filter(|object| object.has_rows() && is_shown(app)) else { return no_rows(app) };
    let statement = format!("SELECT * FROM {} LIMIT {FIRST}", object.qualified_name());
    if !app.panes.query.is_on() {
        app.show_message("there is no session: Esc, then Enter connects");
        return after_move(app);
    }
    close(app);
    app.focus_on(RESULT);
    psql::enqueue(app, &format!("{statement};"));
    after_move(app)
}

/// Reads everything again.
pub fn refresh(app: &mut App) -> Vec<Effect> {
    app.panes.query.catalogue_requested = false;
    requests::drop_details(app);
    let mut effects = look_ups::catalogue(app);
    effects.extend(after_move(app));
    effects
}
