//! Drawing of a graph: the visible part of its boxes and edges.

use super::folding;
use super::state::GraphDrawing;
use crate::app::App;
use crate::app::pane::DataStatus;
use crate::app::screen::Block;
use crate::model::infra::picture::{cells, layout::BOX_HEIGHT};
use crate::ui::canvas::Canvas;
use crate::ui::widgets::frame;
use ratatui::layout::Rect;
use std::collections::BTreeSet;

/// Draws the graph of its block.
pub fn draw(canvas: &mut Canvas<'_, '_>, block: Block, place: Rect, data_status: &DataStatus) {
    let app = canvas.app;
    let theme = canvas.theme;
    let drawn = &app.panes.infra.drawing;
    let inside = frame::block(canvas, block, &title(app), place, data_status);
    let list = app.screen.list_of(block);
    if drawn.picture.nodes.is_empty() || list.is_none_or(crate::app::list::List::is_empty) {
        frame::message(canvas, inside, &data_status.empty);
        return;
    }
    let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let view = View { inside, offset: drawn.offset };
    let nodes = &drawn.picture.nodes;
    let path = path(drawn);
    let critical = |edge: (usize, usize)| path.contains(&edge);
    for stroke in cells::strokes(&drawn.layout, critical) {
        let (style, sign) = if stroke.marked { (theme.strong, heavy(stroke.sign)) } else { (theme.dim, stroke.sign) };
        view.put(canvas, stroke.x, stroke.y, sign.encode_utf8(&mut [0; 4]), style);
    }
    let selected = list.and_then(crate::app::list::List::selected);
    for (node, at) in nodes.iter().zip(&drawn.layout.boxes) {
        let chosen = selected == Some(node.id.as_str());
        let border = match (chosen, node.critical) {
            (true, _) => theme.border_focused,
            (false, true) => theme.strong,
            (false, false) => theme.dim,
        };
        let line = |left: char, right: char| -> String {
            let signs =
                std::iter::once(left).chain(std::iter::repeat_n('─', at.width - 2)).chain(std::iter::once(right));
            signs.map(|sign| if node.critical { heavy(sign) } else { sign }).collect()
        };
        let side = if node.critical { "┃" } else { "│" };
        view.put(canvas, at.x, at.y, &line('╭', '╮'), border);
        for y in 1..BOX_HEIGHT - 1 {
            view.put(canvas, at.x, at.y + y, side, border);
            view.put(canvas, at.x + at.width - 1, at.y + y, side, border);
        }
        view.put(canvas, at.x, at.y + BOX_HEIGHT - 1, &line('╰', '╯'), border);
        for (y, text) in [(1, &node.label), (2, &node.note)] {
            let cut = crate::model::text::cut_middle(text, at.width - 4).into_owned();
            let style = if y == 1 && chosen { theme.selected.patch(theme.strong) } else { style_of(canvas, text, y) };
            view.put(canvas, at.x + 2, at.y + y, &cut, style);
        }
    }
}

/// The edges of the critical path, between consecutive boxes; an edge that skips a box of the path does not belong to it.
fn path(drawn: &GraphDrawing) -> BTreeSet<(usize, usize)> {
    let layers = drawn.layout.layers.iter().flatten().copied();
    let boxes: Vec<usize> =
        layers.filter(|at| drawn.picture.nodes.get(*at).is_some_and(|node| node.critical)).collect();
    boxes.windows(2).map(|pair| (pair[0], pair[1])).collect()
}

/// The title: subject, fold level, and the legend of heavy lines.
fn title(app: &App) -> String {
    let state = &app.panes.infra;
    let critical = state.drawing.picture.nodes.iter().any(|node| node.critical);
    let folded = if state.opened_unit.is_some() { folding::level_label(state.drawing.level) } else { "" };
    let parts =
        [state.opened_unit.as_deref().unwrap_or_default(), folded, if critical { "━ critical path" } else { "" }];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// The heavy form of a line or corner, which marks the critical path without colour.
fn heavy(sign: char) -> char {
    match sign {
        '─' => '━',
        '│' => '┃',
        '┌' | '╭' => '┏',
        '┐' | '╮' => '┓',
        '└' | '╰' => '┗',
        '┘' | '╯' => '┛',
        '├' => '┣',
        '┤' => '┫',
        '┬' => '┳',
        '┴' => '┻',
        '┼' => '╋',
        other => other,
    }
}

/// The style of a line by its leading sign, which has the same colour everywhere.
fn style_of(canvas: &Canvas<'_, '_>, text: &str, line: usize) -> ratatui::style::Style {
    use crate::model::Health;
    let theme = canvas.theme;
    let healths = [Health::Healthy, Health::Changing, Health::Degraded, Health::Down, Health::Unknown];
    if let Some(health) = healths.into_iter().find(|health| text.starts_with(health.sign())) {
        return theme.health(health);
    }
    if line == 1 { theme.text } else { theme.dim }
}

/// The visible part of a graph.
struct View {
    inside: Rect,
    offset: (usize, usize),
}

impl View {
    /// Draws the visible part of a text.
    fn put(&self, canvas: &mut Canvas<'_, '_>, x: usize, y: usize, text: &str, style: ratatui::style::Style) {
        let Some(row) = y.checked_sub(self.offset.1).filter(|row| *row < usize::from(self.inside.height)) else {
            return;
        };
        let y = self.inside.y + row as u16;
        let mut column = x;
        for c in crate::model::text::sanitize(text).chars() {
            let mut bytes = [0; 4];
            let letter: &str = c.encode_utf8(&mut bytes);
            let wide = crate::model::text::width(letter);
            let at = column.checked_sub(self.offset.0).filter(|at| at + wide <= usize::from(self.inside.width));
            if let Some(at) = at {
                canvas.put(self.inside.x + at as u16, y, wide as u16, letter, style);
            }
            column += wide;
        }
    }
}
