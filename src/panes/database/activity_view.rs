//! How a server's activity looks: rows in columns as wide as what stands in them.

use super::activity::{named, row, shown};
use super::state::ACTIVITY;
use crate::app::pane::DataStatus;
use crate::model::sql::activity_listing::{Listing, Weight};
use crate::ui::canvas::Canvas;
use crate::ui::widgets::table::{self, Cell, Column, Row};
use ratatui::layout::Rect;

/// No column but the last is wider than this.
const WIDEST: u16 = 28;

/// Draws it.
pub fn draw(canvas: &mut Canvas<'_, '_>, place: Rect, data_status: &DataStatus) {
    let app = canvas.app;
    let theme = canvas.theme;
    let listing = shown(app);
    let columns = listing.map(|listing| columns(canvas, listing)).unwrap_or_default();
    let name = named(&app.panes.database);
    table::block(canvas, ACTIVITY, &name, place, &columns, data_status, |key| {
        let row = row(listing?, key)?;
        let style = match row.weight {
            Weight::Plain => theme.text,
            Weight::Dim => theme.dim,
            Weight::Warn => theme.severity(crate::model::Severity::Warning),
            Weight::Bad => theme.severity(crate::model::Severity::Critical),
        };
        Some(Row::from(row.cells.iter().map(|cell| Cell::new(cell.text.as_str(), style)).collect::<Vec<_>>()))
    });
}

fn columns(canvas: &Canvas<'_, '_>, listing: &Listing) -> Vec<Column> {
    let last = listing.columns.len().saturating_sub(1);
    let one = |(number, heading): (usize, &crate::model::sql::activity_listing::Heading)| {
        let cells = listing.rows.iter().filter_map(|row| row.cells.get(number));
        let widest = cells.map(|cell| canvas.width(&cell.text)).max().unwrap_or(0);
        let width = widest.max(canvas.width(heading.title)).min(WIDEST);
        // What tells a row apart stays; what is empty throughout goes first.
        let rank = match (number, heading.field) {
            (0, _) => 0,
            (_, "statement" | "finding" | "state" | "blocked_by" | "mode" | "total_ms" | "total_bytes") => 1,
            _ if widest == 0 => 9,
            (number, _) => 2 + number as u8 / 2,
        };
        let column = Column { title: heading.title, width, most: width, right: heading.right, rank };
        if number == last && !heading.right {
            Column { width: width.min(16), ..column }.up_to(u16::MAX / 2)
        } else {
            column
        }
    };
    listing.columns.iter().enumerate().map(one).collect()
}
