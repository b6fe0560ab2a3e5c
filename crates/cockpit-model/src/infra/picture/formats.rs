//! Graph output formats: Graphviz, Mermaid, SVG, JSON, text.

use super::layout::{BOX_HEIGHT, layout};
use super::{Picture, cells};
use crate::text::{sanitize, width};
use serde_json::json;
use std::fmt::Write;

/// Returns the graph as DOT, for Graphviz.
pub fn dot(name: &str, picture: &Picture) -> String {
    let mut out = format!("digraph {} {{\n  rankdir=LR;\n  node [shape=box];\n", quoted(name));
    for node in &picture.nodes {
        let more = if node.critical { " penwidth=2" } else { "" };
        let label = [node.label.as_str(), &node.note].into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>();
        let _ = writeln!(out, "  {} [label={}{more}];", quoted(&node.id), quoted(&label.join("\n")));
    }
    for (from, to) in &picture.edges {
        let (from, to) = (&picture.nodes[*from], &picture.nodes[*to]);
        let more = if from.critical && to.critical { " [penwidth=2]" } else { "" };
        let _ = writeln!(out, "  {} -> {}{more};", quoted(&from.id), quoted(&to.id));
    }
    out.push_str("}\n");
    out
}

fn quoted(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"");
    let lines: Vec<String> = text.split('\n').map(|line| sanitize(line).into_owned()).collect();
    format!("\"{}\"", lines.join("\\n"))
}

/// Returns the graph as Mermaid, which many Markdown renderers support.
pub fn mermaid(picture: &Picture) -> String {
    let mut out = String::from("flowchart LR\n");
    let text = |text: &str| {
        let mut safe = String::new();
        for c in sanitize(text).chars() {
            if c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '.' | ':' | '/' | '+' | '~') {
                safe.push(c);
            } else {
                let _ = write!(safe, "#{};", u32::from(c));
            }
        }
        safe
    };
    for (number, node) in picture.nodes.iter().enumerate() {
        let lines: Vec<String> =
            [&node.label, &node.note].into_iter().filter(|line| !line.is_empty()).map(|line| text(line)).collect();
        let _ = writeln!(out, "  n{number}[\"{}\"]", lines.join("<br/>"));
    }
    for (from, to) in &picture.edges {
        let arrow = if picture.nodes[*from].critical && picture.nodes[*to].critical { "==>" } else { "-->" };
        let _ = writeln!(out, "  n{from} {arrow} n{to}");
    }
    out
}

/// Returns the graph as SVG.
pub fn svg(picture: &Picture) -> String {
    const CELL: (usize, usize) = (8, 16);
    let widths: Vec<usize> = picture.nodes.iter().map(|node| box_width(&node.label, &node.note)).collect();
    let placed = layout(&widths, &picture.edges);
    let (wide, high) = ((placed.size.0 + 2) * CELL.0, (placed.size.1 + 2) * CELL.1);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {wide} {high}\" width=\"{wide}\" height=\"{high}\" \
         font-family=\"monospace\" font-size=\"13\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    );
    let middle = |cell: &(usize, usize)| ((cell.0 + 1) * CELL.0 + CELL.0 / 2, (cell.1 + 1) * CELL.1 + CELL.1 / 2);
    for line in &placed.lines {
        let critical = picture.nodes[line.edge.0].critical && picture.nodes[line.edge.1].critical;
        let points: Vec<String> = line.cells.iter().map(middle).map(|(x, y)| format!("{x},{y}")).collect();
        let (colour, thick) = if critical { ("black", 2) } else { ("#888", 1) };
        let points = points.join(" ");
        let _ =
            writeln!(out, "<polyline points=\"{points}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{thick}\"/>");
        if let Some((x, y)) = line.cells.last().map(middle) {
            let (top, bottom, tip) = (y - 4, y + 4, x + 6);
            let _ = writeln!(out, "<polygon points=\"{x},{top} {tip},{y} {x},{bottom}\" fill=\"{colour}\"/>");
        }
    }
    for (node, place) in picture.nodes.iter().zip(&placed.boxes) {
        let (x, y) = ((place.x + 1) * CELL.0, (place.y + 1) * CELL.1);
        let (w, h) = (place.width * CELL.0, BOX_HEIGHT * CELL.1);
        let colour = match node.sign.as_str() {
            "+" => "#e6ffed",
            "-" | "-/+" | "+/-" => "#ffeef0",
            "~" => "#fff8e1",
            _ => "white",
        };
        let thick = if node.critical { 2 } else { 1 };
        let _ = writeln!(
            out,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" rx=\"4\" fill=\"{colour}\" stroke=\"black\" \
             stroke-width=\"{thick}\"/>"
        );
        for (line, text) in [&node.label, &node.note].into_iter().enumerate() {
            let (x, y) = (x + CELL.0, y + (line + 1) * CELL.1 + 12);
            let _ = writeln!(out, "<text x=\"{x}\" y=\"{y}\">{}</text>", escaped(text));
        }
    }
    out.push_str("</svg>\n");
    out
}

fn escaped(text: &str) -> String {
    sanitize(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Returns the graph as JSON: boxes with their dependencies.
pub fn json(picture: &Picture) -> serde_json::Value {
    let nodes = picture.nodes.iter().enumerate().map(|(number, node)| {
        let needs: Vec<&str> = picture
            .edges
            .iter()
            .filter(|(_, to)| *to == number)
            .map(|(from, _)| picture.nodes[*from].id.as_str())
            .collect();
        json!({"id": node.id, "sign": node.sign, "note": node.note, "critical": node.critical, "needs": needs})
    });
    json!({"schema": "cockpit.graph/1", "nodes": nodes.collect::<Vec<_>>()})
}

/// Fills the second cell of a wide character; omitted when the row is written.
const COVERED: char = '\0';

/// Returns the graph as text for a terminal, with box-drawing characters.
pub fn text(picture: &Picture) -> String {
    let widths: Vec<usize> = picture.nodes.iter().map(|node| box_width(&node.label, &node.note)).collect();
    let placed = layout(&widths, &picture.edges);
    let mut grid = vec![vec![' '; placed.size.0]; placed.size.1];
    for stroke in cells::strokes(&placed, |_| false) {
        grid[stroke.y][stroke.x] = stroke.sign;
    }
    for (node, place) in picture.nodes.iter().zip(&placed.boxes) {
        let last = place.x + place.width - 1;
        for (y, row) in grid.iter_mut().skip(place.y).take(BOX_HEIGHT).enumerate() {
            let (left, right) = match y {
                0 => ('╭', '╮'),
                3 => ('╰', '╯'),
                _ => ('│', '│'),
            };
            if y == 0 || y + 1 == BOX_HEIGHT {
                row[place.x..=last].fill('─');
            }
            (row[place.x], row[last]) = (left, right);
        }
        for (line, text) in [&node.label, &node.note].into_iter().enumerate() {
            let mut x = place.x + 2;
            for c in sanitize(text).chars() {
                let cells = width(c.encode_utf8(&mut [0; 4]));
                if cells == 0 || x + cells > last {
                    continue;
                }
                grid[place.y + 1 + line][x] = c;
                grid[place.y + 1 + line][x + 1..x + cells].fill(COVERED);
                x += cells;
            }
        }
    }
    let row =
        |row: Vec<char>| row.into_iter().filter(|c| *c != COVERED).collect::<String>().trim_end().to_owned() + "\n";
    grid.into_iter().map(row).collect()
}

/// Returns the width of a box with these lines, in cells.
pub fn box_width(label: &str, note: &str) -> usize {
    width(&sanitize(label)).max(width(&sanitize(note))).max(6) + 4
}
