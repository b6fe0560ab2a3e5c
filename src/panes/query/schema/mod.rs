//! The schema browser: schemas, tables, views, functions and types as a tree, with details of the selected object.
//!
//! [`state`] holds the state, [`requests`] sends queries in the second session, [`rows`] provides rows and their status, and
//! [`update`] handles keys.

pub mod keys;
pub mod requests;
pub mod rows;
#[cfg(test)]
pub(super) mod samples;
pub mod select;
pub mod state;
#[cfg(test)]
mod tests;
pub mod update;
pub mod view;

use crate::app::layout::{TALL, WIDE, split_columns, split_rows, tabbed_blocks};
use crate::app::pane::{Data, Layout, Rows};
use crate::app::{App, Spec, View};
use ratatui::layout::Rect;
use state::{DETAIL, TREE};

/// The view of schemas and their objects.
pub static VIEW: View = View {
    name: "query-schema",
    blocks: &[
        &Spec {
            block: TREE,
            title: "Schema",
            header: true,
            columns: &[],
            rows: Rows::Sorted(rows::tree),
            follows_end: false,
            is_entry: |key| !key.starts_with("n:") && !key.starts_with("g:"),
            subject: rows::subject,
            open: |_| None,
            details: |_, _| Vec::new(),
            data: Data::Own(rows::tree_status),
        },
        &Spec {
            block: DETAIL,
            title: "Object",
            header: true,
            columns: &[],
            rows: Rows::Lines(rows::details),
            follows_end: false,
            is_entry: |_| true,
            subject: rows::subject_of_detail,
            open: |_| None,
            details: |_, _| Vec::new(),
            data: Data::Own(rows::detail_status),
        },
    ],
    unfocusable_blocks: &[],
    layout,
    summary: super::layout::summary,
    subject: |_| None,
    services: None,
    sources: &[],
};

/// Places tree and details side by side, stacked, or one at a time, depending on the area.
fn layout(app: &App, area: Rect, layout: &mut Layout) {
    if area.width < WIDE && area.height < TALL {
        tabbed_blocks(app, area, layout);
        return;
    }
    let (tree, detail) = if area.width >= WIDE {
        split_columns(area, (area.width * 2 / 5).min(72))
    } else {
        split_rows(area, area.height * 2 / 5)
    };
    layout.blocks = vec![(TREE, tree), (DETAIL, detail)];
}
