//! Tests of graph layout, folding and output formats.

use super::fold::{self, Level};
use super::layout::{Layout, layout};
use super::{Node, Picture, cells, formats, order};
use crate::infra::plan::{Plan, testing};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn picture(names: &[&str], edges: &[(usize, usize)]) -> Picture {
    let node =
        |name: &&str| Node { id: (*name).into(), label: (*name).into(), note: "+2 ~1 -0".into(), ..Node::default() };
    Picture { nodes: names.iter().map(node).collect(), edges: edges.to_vec() }
}

fn staging() -> Picture {
    let names = ["network", "registry", "database", "auth", "compute", "ネットワーク"];
    let mut picture = picture(&names, &[(0, 2), (0, 4), (1, 4), (2, 4), (3, 4), (4, 5)]);
    picture.mark_critical(&[10, 1, 60, 2, 30, 1]);
    picture
}

#[test]
fn units_are_drawn_by_wave_with_every_line() {
    insta::assert_snapshot!(formats::text(&staging()));
}

#[test]
fn all_formats_contain_the_same_graph() {
    let picture = staging();
    insta::assert_snapshot!("dot", formats::dot("staging \"x\"", &picture));
    insta::assert_snapshot!("mermaid", formats::mermaid(&picture));
    let json = formats::json(&picture);
    assert_eq!(json["nodes"][4]["needs"], serde_json::json!(["network", "registry", "database", "auth"]));
    let svg = formats::svg(&picture);
    assert_eq!((svg.matches("<rect").count(), svg.matches("<polyline").count()), (1 + 6, 6));
    assert!(formats::svg(&self::picture(&["<a>&\""], &[])).contains("&lt;a&gt;&amp;&quot;"));
}

#[test]
fn critical_path_is_the_longest() {
    assert_eq!(order::critical(5, &[(0, 2), (1, 2), (2, 3), (1, 4)], &[3, 5, 1, 1, 4]), [1, 4]);
    assert!(order::critical(0, &[], &[]).is_empty());
    let critical: Vec<String> = staging().nodes.into_iter().filter(|node| node.critical).map(|node| node.id).collect();
    assert_eq!(critical, ["network", "database", "compute", "ネットワーク"]);
}

#[test]
fn implied_edge_is_removed() {
    assert_eq!(order::reduced(4, &[(0, 1), (1, 2), (0, 2), (2, 3), (0, 3)]), [(0, 1), (1, 2), (2, 3)]);
}

#[test]
fn cycle_is_laid_out_and_its_back_edge_reported() {
    let placed = layout(&[8, 8, 8], &[(0, 1), (1, 2), (2, 0)]);
    assert_eq!(placed.left_out, [(2, 0)]);
    assert_eq!(placed.lines.len(), 2);
}

#[test]
fn ten_thousand_resources_are_folded_to_a_readable_number() {
    let plan = Plan::read(testing::large(10_000).to_string().as_bytes()).unwrap();
    let level = fold::level(&plan, Level::Resource, fold::MAX_BOXES);
    assert_eq!(level, Level::Module);
    let picture = fold::picture(&plan, level);
    assert_eq!(picture.nodes.len(), 20);
    assert_eq!(picture.nodes[0].note, "×500  +500");
    assert_eq!(fold::level(&plan, Level::Resource, 1_000), Level::Type);
    let small = Plan::read(testing::large(30).to_string().as_bytes()).unwrap();
    let level = fold::level(&small, Level::Resource, fold::MAX_BOXES);
    let picture = fold::picture(&small, level);
    assert_eq!((level, picture.nodes.len(), picture.edges.len()), (Level::Resource, 30, 10));
}

fn holds(placed: &Layout, edges: &BTreeSet<(usize, usize)>) -> Result<(), TestCaseError> {
    let inside = |cell: (usize, usize)| {
        placed.boxes.iter().any(|b| (b.x..b.x + b.width).contains(&cell.0) && (b.y..b.y + b.height).contains(&cell.1))
    };
    for (number, a) in placed.boxes.iter().enumerate() {
        prop_assert!(a.x + a.width <= placed.size.0 && a.y + a.height <= placed.size.1);
        for b in &placed.boxes[number + 1..] {
            let apart = a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
            prop_assert!(apart, "{a:?} {b:?}");
        }
    }
    let drawn: BTreeSet<(usize, usize)> = placed.lines.iter().map(|line| line.edge).collect();
    prop_assert_eq!(&drawn, edges);
    let strokes: BTreeSet<(usize, usize)> =
        cells::strokes(placed, |_| false).iter().map(|stroke| (stroke.x, stroke.y)).collect();
    for line in &placed.lines {
        let (from, to) = (placed.boxes[line.edge.0], placed.boxes[line.edge.1]);
        let (first, last) = (line.cells[0], line.cells[line.cells.len() - 1]);
        prop_assert!(first.0 == from.x + from.width && (from.y..from.y + from.height).contains(&first.1), "{line:?}");
        prop_assert!(last.0 + 1 == to.x && (to.y..to.y + to.height).contains(&last.1), "{line:?} {to:?}");
        for pair in line.cells.windows(2) {
            prop_assert!(pair[0].0.abs_diff(pair[1].0) + pair[0].1.abs_diff(pair[1].1) <= 1, "{line:?}");
        }
        for cell in &line.cells {
            prop_assert!(!inside(*cell), "{cell:?} of {:?} is in a box", line.edge);
            prop_assert!(strokes.contains(cell) && cell.0 < placed.size.0 && cell.1 < placed.size.1);
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn boxes_do_not_overlap_and_every_edge_joins_its_boxes(
        widths in proptest::collection::vec(8_usize..40, 0..25),
        edges in proptest::collection::vec((0_usize..25, 1_usize..25), 0..60),
    ) {
        let count = widths.len();
        // Every edge goes from a smaller to a greater number, so there are no cycles.
        let edges: BTreeSet<(usize, usize)> = edges
            .into_iter()
            .map(|(from, by)| (from, from + by))
            .filter(|(_, to)| *to < count)
            .collect();
        let list: Vec<(usize, usize)> = edges.iter().copied().collect();
        holds(&layout(&widths, &list), &edges)?;
    }

    #[test]
    fn arbitrary_edges_are_laid_out_without_loss(
        count in 0_usize..15, edges in proptest::collection::vec((0_usize..15, 0_usize..15), 0..40),
    ) {
        let edges: Vec<(usize, usize)> = edges.into_iter().filter(|(from, to)| *from < count && *to < count).collect();
        let placed = layout(&vec![8; count], &edges);
        let all: BTreeSet<(usize, usize)> =
            placed.lines.iter().map(|line| line.edge).chain(placed.left_out.iter().copied()).collect();
        prop_assert_eq!(all, edges.into_iter().collect::<BTreeSet<_>>());
    }
}
