//! Drawing of the Parameters pane.

use super::rows;
use super::state::{CHECK, FACTS, LIST};
use crate::app::App;
use crate::app::pane::DataStatus;
use crate::app::screen::Block;
use crate::model::Health;
use crate::model::parameters::tree::Row;
use crate::model::parameters::{Parameter, Secret, principal_name};
use crate::model::text::sanitize;
use crate::ui::canvas::Canvas;
use crate::ui::shared::facts;
use crate::ui::theme::Theme;
use crate::ui::widgets::table::{self, Cell, Column};
use ratatui::layout::Rect;
use std::collections::{HashMap, HashSet};

/// Draws one block.
pub fn draw(canvas: &mut Canvas<'_, '_>, block: Block, place: Rect, data_status: &DataStatus) {
    match block {
        LIST => list(canvas, place, data_status),
        FACTS => facts::draw(canvas, block, "", place, data_status),
        CHECK => check(canvas, place, data_status),
        _ => {}
    }
}

/// Draws nothing: the pane has no summary.
pub fn summary(_: &mut Canvas<'_, '_>, _: Rect) {}

fn list(canvas: &mut Canvas<'_, '_>, place: Rect, data_status: &DataStatus) {
    let (app, theme) = (canvas.app, canvas.theme);
    let columns = [
        Column::left("", 1, 0),
        Column::left("NAME", 20, 0).up_to(u16::MAX / 2),
        Column::left("TYPE", 12, 1),
        Column::right("VER", 4, 2),
        Column::right("AGE", 5, 1),
        Column::left("BY", 8, 3).up_to(16),
    ];
    // Finds the tree row of each key in the window.
    let state = &app.panes.parameters;
    let parameters = app.estate.parameters.value().map(Vec::as_slice).unwrap_or_default();
    let wanted: HashSet<&str> =
        app.screen.list_of(LIST).map(|list| list.window().iter().map(String::as_str).collect()).unwrap_or_default();
    let mut places: HashMap<&str, &Row> = HashMap::new();
    let is_tree = rows::is_tree(app);
    for row in state.rows.iter().filter(|_| is_tree) {
        let key = match row {
            Row::Folder { path, .. } => path.as_str(),
            Row::Leaf { at, .. } => parameters.get(*at).map_or("", |one| one.name.as_str()),
        };
        if wanted.contains(key) {
            places.insert(key, row);
        }
    }
    table::block(canvas, LIST, "", place, &columns, data_status, |key| {
        if key == rows::HIDDEN_SECRETS {
            let words = format!("+{} others: * shows", rows::own_secrets(app).1);
            let mut cells = vec![Cell::new(" ", theme.dim), Cell::new(words, theme.dim)];
            cells.extend((0..4).map(|_| Cell::new("", theme.dim)));
            return Some(cells.into());
        }
        if let Some(secret) = rows::secret(app, key) {
            return Some(secret_cells(app, theme, secret).into());
        }
        let leaf = |one: &Parameter, depth: usize, label: &str| {
            let worst = rows::worst(app, &one.name).map(rows::health);
            let style = worst.map_or(theme.dim, |health| theme.health(health));
            let by = one.modified_by.as_deref().map(principal_name).unwrap_or_default();
            let name = format!("{}{}", "  ".repeat(depth), sanitize(label));
            vec![
                Cell::new(worst.map_or(" ", Health::sign), style),
                Cell::new(name, theme.text).cut_middle(),
                Cell::new(one.kind.name(), theme.dim),
                Cell::new(one.version.to_string(), theme.text),
                Cell::new(rows::age(app, one.modified_at), theme.text),
                Cell::new(sanitize(by).into_owned(), theme.dim),
            ]
            .into()
        };
        if !is_tree {
            return rows::parameter(app, key).map(|one| leaf(one, 0, &one.name));
        }
        match places.get(key)? {
            Row::Folder { depth, label, count, closed, .. } => {
                let sign = if *closed { "+" } else { "-" };
                let text = format!("{}{sign} {}", "  ".repeat(*depth), sanitize(label));
                Some(folder_cells(theme, text, *count).into())
            }
            Row::Leaf { at, depth, label } => parameters.get(*at).map(|one| leaf(one, *depth, label)),
        }
    });
}

/// The cells of a secret's row.
fn secret_cells<'a>(app: &App, theme: &Theme, secret: &'a Secret) -> Vec<Cell<'a>> {
    let rotation = secret.rotation(app.service_now());
    let health = rows::rotation_health(&rotation);
    let style = health.map_or(theme.dim, |health| theme.health(health));
    vec![
        Cell::new(health.map_or(" ", Health::sign), style),
        Cell::new(sanitize(&secret.name), theme.text).cut_middle(),
        Cell::new("secret", theme.dim),
        Cell::new("", theme.dim),
        Cell::new(rows::age(app, secret.changed_at), theme.dim),
        Cell::new(secret.owner.clone().unwrap_or_default(), theme.dim),
    ]
}

/// The cells of a folder's row.
fn folder_cells(theme: &Theme, text: String, count: usize) -> Vec<Cell<'static>> {
    vec![
        Cell::new(" ", theme.dim),
        Cell::new(text, theme.strong),
        Cell::new("", theme.dim),
        Cell::new(count.to_string(), theme.dim),
        Cell::new("", theme.dim),
        Cell::new("", theme.dim),
    ]
}

fn check(canvas: &mut Canvas<'_, '_>, place: Rect, data_status: &DataStatus) {
    let (app, theme) = (canvas.app, canvas.theme);
    let columns = [
        Column::left("", 1, 0),
        Column::left("", 10, 0),
        Column::left("", 14, 0).up_to(40),
        Column::left("", 10, 1).up_to(u16::MAX / 2),
    ];
    table::block(canvas, CHECK, "", place, &columns, data_status, |key| {
        let finding = app.panes.parameters.findings.get(key.parse::<usize>().ok()?)?;
        let health = rows::health(finding.severity);
        Some(
            vec![
                Cell::new(health.sign(), theme.health(health)),
                Cell::new(finding.problem.name(), theme.health(health)),
                Cell::new(sanitize(&finding.name), theme.text).cut_middle(),
                Cell::new(finding.text.as_str(), theme.dim),
            ]
            .into(),
        )
    });
}
