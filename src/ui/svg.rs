//! Renders a drawn buffer as an SVG picture, for the README and the documentation. Pure: returns text.

use ratatui::buffer::{Buffer, CellWidth};
use ratatui::style::{Color, Modifier};
use std::fmt::Write as _;

/// A cell's size in pixels.
const CELL: (f32, f32) = (8.4, 18.0);
/// Margin around the screen, in pixels.
const MARGIN: f32 = 14.0;
/// Offset of the text baseline from the top of a cell, in pixels.
const BASELINE: f32 = 13.5;
/// Background of the picture; `TEXT` is its foreground.
const GROUND: (u8, u8, u8) = (0x16, 0x1b, 0x22);
const TEXT: (u8, u8, u8) = (0xd5, 0xda, 0xe2);

type Rgb = (u8, u8, u8);

/// The colours and weight of one cell.
#[derive(Clone, Copy, PartialEq)]
struct Paint {
    ink: Rgb,
    ground: Rgb,
    bold: bool,
    italic: bool,
    underlined: bool,
}

/// Renders the buffer as an SVG document. A run of equal style becomes one text element. Wide characters and signs are
/// placed one by one, so that columns stay aligned in any font.
pub fn svg(buffer: &Buffer) -> String {
    let area = buffer.area;
    let (width, height) =
        (f32::from(area.width) * CELL.0 + 2.0 * MARGIN, f32::from(area.height) * CELL.1 + 2.0 * MARGIN);
    let mut out = String::new();
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {width:.1} {height:.1}\">"
    );
    let _ = writeln!(out, "<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{}\"/>", hex(GROUND));
    let _ = writeln!(
        out,
        "<g font-family=\"'JetBrains Mono','DejaVu Sans Mono','Noto Sans Mono CJK JP',Menlo,Consolas,monospace\" \
         font-size=\"14\" xml:space=\"preserve\">"
    );
    for row in 0..area.height {
        let top = MARGIN + f32::from(row) * CELL.1;
        let cells: Vec<(u16, u16, &str, Paint)> = cells(buffer, area.y + row);
        for group in cells.chunk_by(|a, b| a.3.ground == b.3.ground) {
            let ground = group[0].3.ground;
            if ground != GROUND {
                let (from, to) = (group[0].0, group.last().map_or(group[0].0, |last| last.0 + last.1));
                let _ = writeln!(
                    out,
                    "<rect x=\"{:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{}\"/>",
                    MARGIN + f32::from(from) * CELL.0,
                    f32::from(to - from) * CELL.0,
                    CELL.1,
                    hex(ground)
                );
            }
        }
        for group in cells.chunk_by(|a, b| a.3 == b.3 && (plain(a.2) && plain(b.2) || a.2 == "─" && b.2 == "─")) {
            let text: String = group.iter().map(|cell| cell.2).collect();
            if text.trim().is_empty() && !group[0].3.underlined {
                continue;
            }
            run(&mut out, top, group, &text);
        }
    }
    out.push_str("</g>\n</svg>\n");
    out
}

fn run(out: &mut String, top: f32, group: &[(u16, u16, &str, Paint)], text: &str) {
    let (x, _, symbol, paint) = group[0];
    if let Some(shape) = shape(symbol, group.len(), MARGIN + f32::from(x) * CELL.0, top, paint) {
        out.push_str(&shape);
        return;
    }
    let width = f32::from(group.iter().map(|cell| cell.1).sum::<u16>()) * CELL.0;
    let fit = if group.len() > 1 {
        format!(" textLength=\"{width:.1}\" lengthAdjust=\"spacingAndGlyphs\"")
    } else {
        String::new()
    };
    let mut style = String::new();
    if paint.bold {
        style.push_str(" font-weight=\"bold\"");
    }
    if paint.italic {
        style.push_str(" font-style=\"italic\"");
    }
    if paint.underlined {
        style.push_str(" text-decoration=\"underline\"");
    }
    let _ = writeln!(
        out,
        "<text x=\"{:.1}\" y=\"{:.1}\" fill=\"{}\"{style}{fit}>{}</text>",
        MARGIN + f32::from(x) * CELL.0,
        top + BASELINE,
        hex(paint.ink),
        escaped(text)
    );
}

/// The shape of a line, bar or dot character, drawn instead of written so that it joins its neighbours in any font.
/// `None` for all other characters.
fn shape(symbol: &str, times: usize, x: f32, y: f32, paint: Paint) -> Option<String> {
    let c = symbol.chars().next()?;
    let (right, bottom) = (x + CELL.0, y + CELL.1);
    let (middle, centre) = (x + CELL.0 / 2.0, y + CELL.1 / 2.0);
    let ink = hex(paint.ink);
    let radius = CELL.0 / 2.0;
    let line = |path: String, wide: f32| {
        format!("<path d=\"{path}\" fill=\"none\" stroke=\"{ink}\" stroke-width=\"{wide}\"/>\n")
    };
    Some(match c {
        '─' => line(format!("M{x:.1} {centre:.1}H{:.1}", x + CELL.0 * times as f32), 1.2),
        '╌' => line(format!("M{x:.1} {centre:.1}h3m2 0h3"), 1.2),
        '│' => line(format!("M{middle:.1} {y:.1}V{bottom:.1}"), 1.2),
        '┃' => line(format!("M{middle:.1} {y:.1}V{bottom:.1}"), 3.0),
        '╭' => line(
            format!("M{middle:.1} {bottom:.1}V{:.1}Q{middle:.1} {centre:.1} {right:.1} {centre:.1}", centre + radius),
            1.2,
        ),
        '╮' => line(
            format!("M{middle:.1} {bottom:.1}V{:.1}Q{middle:.1} {centre:.1} {x:.1} {centre:.1}", centre + radius),
            1.2,
        ),
        '╰' => line(
            format!("M{middle:.1} {y:.1}V{:.1}Q{middle:.1} {centre:.1} {right:.1} {centre:.1}", centre - radius),
            1.2,
        ),
        '╯' => {
            line(format!("M{middle:.1} {y:.1}V{:.1}Q{middle:.1} {centre:.1} {x:.1} {centre:.1}", centre - radius), 1.2)
        }
        '▁'..='█' => {
            let height = CELL.1 * (c as u32 - '▁' as u32 + 1) as f32 / 8.0;
            format!(
                "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{height:.1}\" fill=\"{ink}\"/>\n",
                x + 0.4,
                bottom - height,
                CELL.0 - 0.8
            )
        }
        '\u{2800}'..='\u{28ff}' => {
            let bits = c as u32 - 0x2800;
            let mut dots = String::new();
            // Braille bits run down the left column, then down the right one; the bottom row comes last.
            for (bit, (column, row)) in
                [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)].into_iter().enumerate()
            {
                if bits & (1 << bit) != 0 {
                    let (column, row): (f32, f32) = (column as f32, row as f32);
                    let (at, down) = (x + CELL.0 * (column + 0.5) / 2.0, y + CELL.1 * (row + 0.5) / 4.0);
                    let _ = write!(dots, "M{at:.1} {down:.1}h.01");
                }
            }
            format!("<path d=\"{dots}\" stroke=\"{ink}\" stroke-width=\"2.2\" stroke-linecap=\"round\"/>\n")
        }
        _ => return None,
    })
}

/// Column, width in cells, symbol and paint of each character of a row.
fn cells(buffer: &Buffer, y: u16) -> Vec<(u16, u16, &str, Paint)> {
    let area = buffer.area;
    let mut cells = Vec::with_capacity(usize::from(area.width));
    let mut x = area.x;
    while x < area.right() {
        let cell = &buffer[(x, y)];
        let wide = cell.symbol().cell_width().max(1);
        cells.push((x - area.x, wide, cell.symbol(), paint(cell.fg, cell.bg, cell.modifier)));
        x += wide;
    }
    cells
}

fn plain(symbol: &str) -> bool {
    symbol.is_ascii()
}

fn paint(fg: Color, bg: Color, modifier: Modifier) -> Paint {
    let mut ink = rgb(fg).unwrap_or(TEXT);
    let mut ground = rgb(bg).unwrap_or(GROUND);
    if modifier.contains(Modifier::DIM) {
        ink = mixed(ink, ground);
    }
    if modifier.contains(Modifier::REVERSED) {
        std::mem::swap(&mut ink, &mut ground);
    }
    Paint {
        ink,
        ground,
        bold: modifier.contains(Modifier::BOLD),
        italic: modifier.contains(Modifier::ITALIC),
        underlined: modifier.contains(Modifier::UNDERLINED),
    }
}

fn mixed(ink: Rgb, ground: Rgb) -> Rgb {
    let mix = |a: u8, b: u8| ((u16::from(a) * 3 + u16::from(b) * 2) / 5) as u8;
    (mix(ink.0, ground.0), mix(ink.1, ground.1), mix(ink.2, ground.2))
}

fn hex((r, g, b): Rgb) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// A muted palette for the terminal's own colours.
fn rgb(color: Color) -> Option<Rgb> {
    Some(match color {
        Color::Reset => return None,
        Color::Black => (0x16, 0x1b, 0x22),
        Color::Red => (0xe0, 0x6c, 0x6c),
        Color::Green => (0x7d, 0xb8, 0x7d),
        Color::Yellow => (0xd9, 0xb3, 0x62),
        Color::Blue => (0x6f, 0xa3, 0xe0),
        Color::Magenta => (0xb9, 0x8e, 0xd6),
        Color::Cyan => (0x6c, 0xbc, 0xc4),
        Color::Gray => (0xc4, 0xca, 0xd4),
        Color::DarkGray => (0x6b, 0x75, 0x85),
        Color::LightRed => (0xf0, 0x8c, 0x8c),
        Color::LightGreen => (0x9d, 0xd4, 0x9d),
        Color::LightYellow => (0xee, 0xcf, 0x88),
        Color::LightBlue => (0x96, 0xbf, 0xf0),
        Color::LightMagenta => (0xd2, 0xae, 0xea),
        Color::LightCyan => (0x94, 0xd8, 0xde),
        Color::White => (0xf4, 0xf6, 0xf8),
        Color::Rgb(r, g, b) => (r, g, b),
        Color::Indexed(index) => indexed(index),
    })
}

fn indexed(index: u8) -> Rgb {
    const BASIC: [Color; 16] = [
        Color::Black,
        Color::Red,
        Color::Green,
        Color::Yellow,
        Color::Blue,
        Color::Magenta,
        Color::Cyan,
        Color::Gray,
        Color::DarkGray,
        Color::LightRed,
        Color::LightGreen,
        Color::LightYellow,
        Color::LightBlue,
        Color::LightMagenta,
        Color::LightCyan,
        Color::White,
    ];
    match index {
        0..16 => rgb(BASIC[usize::from(index)]).unwrap_or(TEXT),
        16..232 => {
            let level = |n: u8| if n == 0 { 0 } else { 55 + n * 40 };
            let n = index - 16;
            (level(n / 36), level(n / 6 % 6), level(n % 6))
        }
        232.. => {
            let grey = 8 + (index - 232) * 10;
            (grey, grey, grey)
        }
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            // Some SVG readers drop blanks at the ends of a text.
            ' ' => escaped.push('\u{a0}'),
            c if c.is_control() => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    #[test]
    fn markup_is_escaped_and_wide_characters_take_two_cells() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 1));
        buffer.set_string(0, 0, "日<b>&", Style::new().fg(Color::Red));
        let picture = svg(&buffer);
        assert!(picture.contains(">日</text>"));
        assert!(picture.contains("&lt;b&gt;&amp;"));
        assert!(picture.contains(&format!("x=\"{:.1}\"", MARGIN + 2.0 * CELL.0)), "{picture}");
        assert!(picture.contains("#e06c6c"));
    }

    #[test]
    fn reversed_cell_fills_its_background() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 3, 1));
        buffer.set_string(0, 0, "ab", Style::new().add_modifier(Modifier::REVERSED));
        assert!(svg(&buffer).contains(&format!("fill=\"{}\"/>\n<text", hex(TEXT))));
    }
}
