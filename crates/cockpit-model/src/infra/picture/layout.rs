//! Graph layout: layers from left to right, with lines turning in the gaps between them.
//!
//! Boxes start in even rows. Lines leave boxes in odd rows and enter them in even ones, so that lines overlap only if
//! they enter or leave the same box.

use super::order;

/// Height of a box in rows: its frame and two lines.
pub const BOX_HEIGHT: usize = 4;
/// Height in rows of the place where a line passes through a layer.
const PASS: usize = 2;
/// Number of passes that sort layers by their neighbours.
const SWEEPS: usize = 6;

/// A box of the graph, in cells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Frame {
    /// Its first column.
    pub x: usize,
    /// Its first row.
    pub y: usize,
    /// Its columns.
    pub width: usize,
    /// Its rows.
    pub height: usize,
}

/// The line of an edge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub edge: (usize, usize),
    /// Its cells in order, from beside the first box to beside the second.
    pub cells: Vec<(usize, usize)>,
}

/// The positions of the boxes and lines of a graph.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    /// Total columns and rows.
    pub size: (usize, usize),
    /// The boxes, in the order of the nodes.
    pub boxes: Vec<Frame>,
    pub lines: Vec<Line>,
    /// The layers, each from top to bottom.
    pub layers: Vec<Vec<usize>>,
    /// Edges that would close a cycle, which are not drawn.
    pub left_out: Vec<(usize, usize)>,
}

/// An item of a layer: a node, or a place where lines of a node pass through.
#[derive(Debug, Clone, Default)]
struct Item {
    node: Option<usize>,
    layer: usize,
    y: usize,
    /// The connected items of the next layer.
    next: Vec<usize>,
    before: Vec<usize>,
    channel: usize,
}

/// Lays out nodes with these widths.
pub fn layout(widths: &[usize], edges: &[(usize, usize)]) -> Layout {
    let layer = order::layers(widths.len(), edges);
    let count = layer.iter().max().map_or(0, |deepest| deepest + 1);
    let known = |edge: &&(usize, usize)| edge.0 < widths.len() && edge.1 < widths.len();
    let forward = |edge: &(usize, usize)| layer[edge.0] < layer[edge.1];
    let left_out: Vec<(usize, usize)> = edges.iter().filter(known).copied().filter(|edge| !forward(edge)).collect();
    let mut drawn: Vec<(usize, usize)> = edges.iter().filter(known).copied().filter(forward).collect();
    drawn.sort_unstable();
    drawn.dedup();
    let (mut items, chains) = items(&layer, &drawn);
    let mut layers: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (number, item) in items.iter().enumerate() {
        layers[item.layer].push(number);
    }
    sort(&items, &mut layers);
    rows(&mut items, &layers);
    let layer_widths: Vec<usize> = layers
        .iter()
        .map(|layer| layer.iter().filter_map(|item| items[*item].node).map(|node| widths[node]).max().unwrap_or(2))
        .collect();
    let (mut x, mut start) = (0, Vec::new());
    for (at, layer) in layers.iter().enumerate() {
        start.push(x);
        let channels = channels(&mut items, layer);
        // One cell beside the box, the channels, and two for the arrow.
        x += layer_widths[at] + if at + 1 < count { channels + 3 } else { 0 };
    }
    let mut boxes = vec![Frame::default(); widths.len()];
    let mut bottom = 0;
    for item in &items {
        bottom = bottom.max(item.y + if item.node.is_some() { BOX_HEIGHT } else { PASS });
        if let Some(node) = item.node {
            boxes[node] = Frame { x: start[item.layer], y: item.y, width: widths[node], height: BOX_HEIGHT };
        }
    }
    let places = Places { items: &items, start: &start, layer_widths: &layer_widths, boxes: &boxes };
    let lines = drawn.iter().map(|edge| Line { edge: *edge, cells: places.line(*edge, &chains[edge.0], &layer) });
    let lines = lines.collect();
    let nodes = layers.iter().map(|layer| layer.iter().filter_map(|item| items[*item].node).collect()).collect();
    Layout { size: (x, bottom), boxes, lines, layers: nodes, left_out }
}

/// Returns the items: nodes, and for each node the places where its lines pass through layers; all its long lines share
/// them.
fn items(layer: &[usize], edges: &[(usize, usize)]) -> (Vec<Item>, Vec<Vec<usize>>) {
    let mut items: Vec<Item> = layer
        .iter()
        .enumerate()
        .map(|(node, layer)| Item { node: Some(node), layer: *layer, ..Item::default() })
        .collect();
    let mut chains: Vec<Vec<usize>> = (0..layer.len()).map(|node| vec![node]).collect();
    for (from, to) in edges {
        while layer[*from] + chains[*from].len() < layer[*to] {
            let last = chains[*from][chains[*from].len() - 1];
            let number = items.len();
            items.push(Item { layer: layer[*from] + chains[*from].len(), before: vec![last], ..Item::default() });
            items[last].next.push(number);
            chains[*from].push(number);
        }
        let last = chains[*from][layer[*to] - layer[*from] - 1];
        items[last].next.push(*to);
        items[*to].before.push(last);
    }
    (items, chains)
}

/// Sorts each layer by the mean position of connected items, to reduce crossings.
fn sort(items: &[Item], layers: &mut [Vec<usize>]) {
    let mut place = vec![0_usize; items.len()];
    let number = |layer: &[usize], place: &mut [usize]| {
        for (at, item) in layer.iter().enumerate() {
            place[*item] = at;
        }
    };
    for layer in layers.iter() {
        number(layer, &mut place);
    }
    for sweep in 0..SWEEPS {
        let forward = sweep % 2 == 0;
        let order: Vec<usize> =
            if forward { (1..layers.len()).collect() } else { (0..layers.len().saturating_sub(1)).rev().collect() };
        for at in order {
            let key = |item: usize| {
                let joined = if forward { &items[item].before } else { &items[item].next };
                let sum: usize = joined.iter().map(|other| place[*other]).sum();
                if joined.is_empty() { place[item] as f64 } else { sum as f64 / joined.len() as f64 }
            };
            let mut keyed: Vec<(f64, usize)> = layers[at].iter().map(|item| (key(*item), *item)).collect();
            keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
            layers[at] = keyed.into_iter().map(|(_, item)| item).collect();
            number(&layers[at], &mut place);
        }
    }
}

/// Sets the first row of each item: near the middle of its dependencies, and below the item above it.
fn rows(items: &mut [Item], layers: &[Vec<usize>]) {
    for layer in layers {
        let mut free = 0;
        for item in layer {
            let before = &items[*item].before;
            let sum: usize = before.iter().map(|other| items[*other].y).sum();
            let wanted = sum.checked_div(before.len()).unwrap_or(0) / 2 * 2;
            let y = wanted.max(free);
            items[*item].y = y;
            free = y + if items[*item].node.is_some() { BOX_HEIGHT } else { PASS };
        }
    }
    // Remove empty rows at the top.
    let top = items.iter().map(|item| item.y).min().unwrap_or(0);
    for item in items.iter_mut() {
        item.y -= top;
    }
}

/// Assigns a column in the gap to each item with outgoing lines and returns the number of columns. Lines that go up are
/// on the left, to reduce crossings.
fn channels(items: &mut [Item], layer: &[usize]) -> usize {
    let (mut up, mut down) = (Vec::new(), Vec::new());
    for item in layer.iter().copied().filter(|item| !items[*item].next.is_empty()) {
        let next = &items[item].next;
        let middle = next.iter().map(|other| items[*other].y).sum::<usize>() / next.len();
        if middle < items[item].y { up.push(item) } else { down.push(item) }
    }
    down.reverse();
    let ordered: Vec<usize> = up.into_iter().chain(down).collect();
    for (channel, item) in ordered.iter().enumerate() {
        items[*item].channel = channel;
    }
    ordered.len()
}

struct Places<'a> {
    items: &'a [Item],
    start: &'a [usize],
    layer_widths: &'a [usize],
    boxes: &'a [Frame],
}

impl Places<'_> {
    /// Returns the cells of an edge, through the places where it passes through layers.
    fn line(&self, edge: (usize, usize), chain: &[usize], layer: &[usize]) -> Vec<(usize, usize)> {
        let mut cells = Vec::new();
        let through = &chain[..layer[edge.1] - layer[edge.0]];
        for (at, item) in through.iter().enumerate() {
            let item_here = &self.items[*item];
            let end = self.start[item_here.layer] + self.layer_widths[item_here.layer];
            let exit_row = self.exit_row(*item);
            if let Some(node) = item_here.node {
                // A box may be narrower than its layer.
                row(&mut cells, self.boxes[node].x + self.boxes[node].width, end, exit_row);
            } else {
                row(&mut cells, self.start[item_here.layer], end - 1, item_here.y);
                cells.extend([(end - 1, item_here.y), (end - 1, exit_row)]);
            }
            let turn = end + 1 + item_here.channel;
            let next = through.get(at + 1).copied().unwrap_or(edge.1);
            let entry_row = self.entry_row(next);
            row(&mut cells, end, turn, exit_row);
            column(&mut cells, turn, exit_row, entry_row);
            row(&mut cells, turn + 1, self.start[item_here.layer + 1], entry_row);
        }
        cells
    }

    fn exit_row(&self, item: usize) -> usize {
        self.items[item].y + 1
    }

    fn entry_row(&self, item: usize) -> usize {
        self.items[item].y + if self.items[item].node.is_some() { 2 } else { 0 }
    }
}

fn row(cells: &mut Vec<(usize, usize)>, from: usize, to: usize, y: usize) {
    cells.extend((from..to).map(|x| (x, y)));
}

fn column(cells: &mut Vec<(usize, usize)>, x: usize, from: usize, to: usize) {
    if from <= to {
        cells.extend((from..=to).map(|y| (x, y)));
    } else {
        cells.extend((to..=from).rev().map(|y| (x, y)));
    }
}
