//! Drawing of the schema browser.

use super::rows::{detail_row, section, selected, shown};
use super::state::{DETAIL, TREE};
use crate::app::pane::DataStatus;
use crate::app::screen::Block;
use crate::model::sql::activity_figures::{bytes, grouped};
use crate::model::sql::schema::detail::Section;
use crate::model::sql::schema::object::{Class, Object};
use crate::model::sql::schema::objects::Group;
use crate::model::sql::schema::tree::{Row, is_open, row};
use crate::ui::canvas::Canvas;
use crate::ui::shared::listing;
use crate::ui::widgets::table::{self, Cell, Column};
use ratatui::layout::Rect;

const COLUMNS: [Column; 4] = [
    Column::left("NAME", 20, 0).up_to(60),
    Column::right("ROWS", 11, 2),
    Column::right("SIZE", 7, 1),
    Column::left("KIND", 9, 3).up_to(18),
];

/// Draws one block.
pub fn draw(canvas: &mut Canvas<'_, '_>, block: Block, place: Rect, data_status: &DataStatus) {
    match block {
        TREE => tree(canvas, place, data_status),
        DETAIL => detail(canvas, place, data_status),
        _ => {}
    }
}

fn tree(canvas: &mut Canvas<'_, '_>, place: Rect, data_status: &DataStatus) {
    let (app, theme) = (canvas.app, canvas.theme);
    let schema = &app.panes.query.schema;
    let flat = app.screen.list_of(TREE).is_some_and(|list| !list.filter.is_empty());
    let database = app.panes.query.server.as_ref().map(|server| server.database.clone()).unwrap_or_default();
    table::block(canvas, TREE, &database, place, &COLUMNS, data_status, |key| {
        let row = row(&schema.objects, key)?;
        let sign = if flat || is_open(&row, &schema.toggled) { "-" } else { "+" };
        let blank = || Cell::new("", theme.dim);
        Some(
            match row {
                Row::Schema(name) => {
                    let empty = schema.objects.of_schema(name).is_empty();
                    let sign = if empty { " " } else { sign };
                    vec![
                        Cell::new(format!("{sign} {name}"), theme.strong),
                        blank(),
                        blank(),
                        Cell::new("schema", theme.dim),
                    ]
                }
                Row::Group(name, group) => {
                    let count = schema.objects.of_schema(name).iter().filter(|one| Group::of(one) == group).count();
                    let text = format!("  {sign} {} ({})", group.name(), grouped(count as u64));
                    vec![Cell::new(text, theme.text), blank(), blank(), blank()]
                }
                Row::Object(object) => {
                    let size = (object.class == Class::Relation).then(|| schema.objects.size(object.oid)).flatten();
                    let rows = size
                        .filter(|_| has_figures(object))
                        .map(|size| size.rows.map_or_else(|| "?".to_owned(), |rows| format!("~{}", grouped(rows))));
                    let room = size.filter(|_| has_figures(object)).map(|size| bytes(size.bytes));
                    let arguments =
                        if object.class == Class::Function { format!("({})", object.arguments) } else { String::new() };
                    let indent = if flat { "  " } else { "    " };
                    let name = format!("{indent}{}{arguments}", object.name);
                    vec![
                        Cell::new(name, theme.text),
                        Cell::new(rows.unwrap_or_default(), theme.text),
                        Cell::new(room.unwrap_or_default(), theme.text),
                        Cell::new(object.kind_name(), theme.dim),
                    ]
                }
            }
            .into(),
        )
    });
}

/// Whether the object has its own row count and size: a view has none, and those of a partitioned table belong to its
/// partitions.
fn has_figures(object: &Object) -> bool {
    matches!(object.kind, 'r' | 'm' | 'i' | 'p')
}

fn detail(canvas: &mut Canvas<'_, '_>, place: Rect, data_status: &DataStatus) {
    let app = canvas.app;
    let object = selected(app);
    let named = object.map(|object| {
        let here = section(app, object);
        let word = |one: &Section| if *one == here { format!("[{}]", one.name()) } else { one.name().to_owned() };
        let words: Vec<String> = Section::of(object).iter().map(word).collect();
        format!("{}  {}", words.join(" "), object.qualified_name())
    });
    let columns = shown(app).map(|shown| listing::columns(canvas, shown)).unwrap_or_default();
    let theme = canvas.theme;
    table::block(canvas, DETAIL, &named.unwrap_or_default(), place, &columns, data_status, |key| {
        Some(listing::row(theme, detail_row(app, key)?))
    });
}
