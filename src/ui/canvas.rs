//! The only way from text to cells: everything is drawn with [`Canvas::put`], which removes control characters, measures text
//! in graphemes and clips it.

use super::symbols::Signs;
use super::theme::Theme;
use crate::app::App;
use crate::model::text;
use ratatui::buffer::{Buffer, CellWidth};
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use unicode_segmentation::UnicodeSegmentation;

/// A buffer together with the state and the styles to draw.
pub struct Canvas<'a, 'b> {
    /// The state to draw.
    pub app: &'a App,
    /// The styles to draw it with.
    pub theme: &'a Theme,
    pub signs: Signs,
    /// Position of the terminal's own cursor while several lines are being edited, so that input methods draw there.
    pub cursor: Option<(u16, u16)>,
    buffer: &'b mut Buffer,
}

impl<'a, 'b> Canvas<'a, 'b> {
    /// Wraps a buffer.
    pub fn new(app: &'a App, theme: &'a Theme, buffer: &'b mut Buffer) -> Self {
        Self { app, theme, signs: Signs::new(app.session.ascii), cursor: None, buffer }
    }

    /// The whole drawable area.
    pub fn area(&self) -> Rect {
        self.buffer.area
    }

    /// Draws text from `x` on, at most `cells` cells wide, clipped at a grapheme boundary. Returns the cells used.
    pub fn put(&mut self, x: u16, y: u16, cells: u16, text: &str, style: Style) -> u16 {
        let area = self.buffer.area;
        if y < area.y || y >= area.bottom() || x < area.x {
            return 0;
        }
        let end = x.saturating_add(cells).min(area.right());
        if text.bytes().all(|byte| (b' '..0x7f).contains(&byte)) {
            return self.put_ascii(x, y, end, text, style);
        }
        let text = text::sanitize(text);
        let mut at = x;
        for grapheme in text.graphemes(true) {
            let drawn = self.signs.plain(grapheme);
            // A sign's replacement can be several letters long (`Enter`).
            let is_word = drawn.is_ascii() && drawn.len() > 1;
            let step = if is_word { 1 } else { drawn.len() };
            for part in (0..drawn.len()).step_by(step.max(1)) {
                let part = &drawn[part..part + step];
                let wide = part.cell_width();
                if wide == 0 {
                    continue;
                }
                if at + wide > end {
                    return at - x;
                }
                self.set(at, y, part, style);
                for covered in at + 1..at + wide {
                    self.buffer[(covered, y)].reset();
                    self.buffer[(covered, y)].set_style(style);
                }
                at += wide;
            }
        }
        at - x
    }

    /// Fast path for printable ASCII, which is most of what is drawn: every letter is one grapheme and one cell wide.
    fn put_ascii(&mut self, x: u16, y: u16, end: u16, text: &str, style: Style) -> u16 {
        let fits = text.len().min(usize::from(end.saturating_sub(x)));
        for (at, letter) in (x..).zip(text[..fits].split_inclusive(|_: char| true)) {
            self.set(at, y, letter, style);
        }
        fits as u16
    }

    /// Fills an area with a one-cell sign.
    pub fn fill(&mut self, place: Rect, sign: &'static str, style: Style) {
        let drawn = self.signs.plain(sign);
        let place = self.buffer.area.intersection(place);
        for y in place.top()..place.bottom() {
            for x in place.left()..place.right() {
                self.set(x, y, drawn, style);
            }
        }
    }

    fn set(&mut self, x: u16, y: u16, symbol: &str, style: Style) {
        let cell = &mut self.buffer[(x, y)];
        cell.reset();
        cell.set_symbol(symbol).set_style(style);
    }

    /// Draws text cut to `cells`, with a mark at the cut. Returns the cells used.
    pub fn put_cut(&mut self, x: u16, y: u16, cells: u16, text: &str, style: Style) -> u16 {
        let shown = text::sanitize(text);
        let cut = text::cut_end(&shown, usize::from(cells));
        self.put(x, y, cells, &cut, style)
    }

    /// Draws text so that it ends before `right`, at most `cells` wide.
    pub fn put_right(&mut self, right: u16, y: u16, cells: u16, text: &str, style: Style) -> u16 {
        let wide = self.width(text).min(cells);
        self.put(right.saturating_sub(wide), y, wide, text, style)
    }

    /// Number of cells that a text takes with the signs in use.
    pub fn width(&self, text: &str) -> u16 {
        let harmless = text::sanitize(text);
        if !self.signs.ascii() {
            return harmless.cell_width();
        }
        harmless.graphemes(true).map(|grapheme| self.signs.plain(grapheme).cell_width()).sum()
    }

    /// Draws differently styled texts on one line, at most `cells` wide. Returns the cells used.
    pub fn put_all(&mut self, x: u16, y: u16, cells: u16, parts: &[(&str, Style)]) -> u16 {
        let mut used = 0;
        for (text, style) in parts {
            used += self.put(x + used, y, cells - used, text, *style);
        }
        used
    }

    /// Draws labels with their values, as many as fit without being cut. Returns the cells used.
    pub fn put_facts(&mut self, x: u16, y: u16, cells: u16, facts: &[(&str, &str, Style)]) -> u16 {
        let mut used = 0;
        let dim = self.theme.dim;
        for (label, value, style) in facts.iter().filter(|(_, value, _)| !value.is_empty()) {
            if used + 2 + self.width(label) + self.width(value) > cells {
                break;
            }
            used += self.put_all(x + used, y, cells - used, &[("  ", dim), (label, dim), (value, *style)]);
        }
        used
    }

    /// Blanks an area, including the half of a wide character that reaches into it.
    pub fn clear(&mut self, place: Rect) {
        let place = self.buffer.area.intersection(place);
        if place.is_empty() {
            return;
        }
        for y in place.top()..place.bottom() {
            if place.x > self.buffer.area.x && self.buffer[(place.x - 1, y)].symbol().cell_width() > 1 {
                self.buffer[(place.x - 1, y)].set_symbol(" ");
            }
            for x in place.left()..place.right() {
                self.buffer[(x, y)].reset();
            }
        }
    }

    /// Adds a style to every cell of an area.
    pub fn restyle(&mut self, place: Rect, style: Style) {
        self.buffer.set_style(place, style);
    }

    /// Highlights a row as selected. Removes dimming, which is unreadable on the reversed background.
    pub fn select(&mut self, place: Rect) {
        let style = self.theme.selected.remove_modifier(Modifier::DIM);
        self.buffer.set_style(place, style);
    }
}
