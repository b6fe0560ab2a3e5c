//! Tests of a grid's pages, widths, columns and window.

use super::*;
use proptest::prelude::*;

fn column(name: &str) -> Column {
    Column { name: name.into(), type_oid: 25, modifier: -1, table_oid: 0, number: 0 }
}

fn text(text: &str) -> Cell {
    Cell::Text { text: text.into(), bytes: text.len() as u64, cut: false }
}

fn grid(columns: usize, rows: u64) -> Grid {
    let mut grid = Grid::new((0..columns).map(|n| column(&format!("c{n}"))).collect());
    grid.rows = rows;
    grid
}

/// Answers the requested rows; returns how many requests there were.
fn answer(grid: &mut Grid) -> usize {
    let wanted = grid.missing_rows();
    for wanted in &wanted {
        let (from, numbers): (u64, Vec<u64>) = match wanted {
            RowRequest::Window(from, count) => (*from, (*from..(from + u64::from(*count)).min(grid.rows)).collect()),
            RowRequest::Rows(from, rows) => (*from, rows.clone()),
        };
        let rows = numbers.iter().map(|row| vec![text(&row.to_string()); grid.columns.len()]).collect();
        let (of, version) = (grid.rows, grid.version);
        grid.take(from, rows, of, version);
    }
    wanted.len()
}

/// All numbers below `count`, in pseudo-random order.
fn shuffled(count: u64, seed: u64) -> Vec<u64> {
    let mut numbers: Vec<u64> = (0..count).collect();
    numbers.sort_unstable_by_key(|number| (number ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(17));
    numbers
}

/// Whether each row of the window is loaded, and is the row that belongs there.
fn filled(grid: &Grid) -> bool {
    (grid.top..(grid.top + grid.height).min(grid.count())).all(|place| {
        let row = grid.row_at(place).map(|row| text(&row.to_string()));
        row.is_some() && grid.cells(place).and_then(|cells| cells.first()).cloned() == row
    })
}

#[test]
fn ten_million_rows_need_only_a_few_loaded_pages() {
    let mut grid = grid(4, 10_000_000);
    grid.fit(40, 80);
    for place in [0, 5_000_000, 9_999_999, 123_456, 0] {
        grid.select_row(place);
        answer(&mut grid);
        assert_eq!(answer(&mut grid), 0, "asked for once");
        assert!(filled(&grid), "{place}");
    }
    assert!(grid.pages.len() <= PAGES);
}

#[test]
fn partial_page_is_requested_again_only_after_rows_were_added() {
    let mut grid = grid(2, 3);
    grid.fit(20, 80);
    assert_eq!(answer(&mut grid), 1);
    assert_eq!(answer(&mut grid), 0);
    grid.rows = 10;
    assert_eq!(answer(&mut grid), 1);
    assert_eq!(grid.cells(9).unwrap()[1], text("9"));
}

#[test]
fn widths_come_from_the_sample_and_then_stay() {
    let mut grid = grid(2, 100_000);
    grid.fit(20, 80);
    let mut rows = vec![vec![text("日本語"), Cell::Null]; 256];
    rows[250] = vec![text("far longer than all before it"), Cell::Null];
    grid.take(0, rows, 100_000, 0);
    assert_eq!(grid.widths, [6, 4]);
    grid.take(256, vec![vec![text("another long text"), Cell::Null]; 256], 100_000, 0);
    assert_eq!(grid.widths, [6, 4]);
    grid.widen(3);
    assert_eq!(grid.widths, [9, 4]);
}

#[test]
fn numeric_column_grows_so_that_no_number_is_cut() {
    let mut grid = grid(1, 100_000);
    grid.columns[0].type_oid = 20;
    grid.take(0, vec![vec![text("1")]; 256], 100_000, 0);
    grid.take(256, vec![vec![text("100000")]; 256], 100_000, 0);
    assert_eq!(grid.widths, [6]);
}

#[test]
fn frozen_columns_stay_left_and_selected_column_stays_in_view() {
    let mut grid = grid(30, 5);
    grid.widths = vec![10; 30];
    grid.fit(5, 60);
    grid.freeze();
    for _ in 0..29 {
        grid.move_column(1);
    }
    let placed = grid.placed();
    assert_eq!(placed[0].column, 0);
    assert!(placed.iter().any(|placed| placed.column == 29 && placed.cells >= 10), "{placed:?}");
    grid.column = 0;
    grid.freeze();
    assert_eq!(grid.frozen, 0);
}

#[test]
fn columns_are_hidden_moved_and_shown_again() {
    let mut grid = grid(3, 1);
    assert!(grid.hide());
    assert_eq!(grid.order, [1, 2]);
    grid.shift(1);
    assert_eq!((grid.order.clone(), grid.selected()), (vec![2, 1], Some(1)));
    assert!(grid.hide() && !grid.hide());
    grid.show_all();
    assert_eq!((grid.order.clone(), grid.selected()), (vec![0, 1, 2], Some(2)));
}

#[test]
fn filter_keeps_the_selected_row() {
    let mut grid = grid(1, 1_000);
    grid.fit(10, 40);
    grid.select_row(500);
    grid.show(Some(vec![4, 500, 700]));
    assert_eq!((grid.place, grid.row(), grid.count()), (1, Some(500), 3));
    grid.step(1);
    grid.show(None);
    assert_eq!(grid.row(), Some(700));
    grid.anchor = Some(690);
    assert_eq!(grid.selected_range(), (690, 700));
}

#[test]
fn window_larger_than_the_page_limit_is_filled_by_one_round_of_requests() {
    // With this many columns a page has sixteen rows.
    let mut grid = grid(1_600, 5_000);
    grid.fit(300, 200);
    grid.select_row(2_500);
    assert!(answer(&mut grid) > PAGES);
    assert!(filled(&grid));
    assert_eq!(answer(&mut grid), 0);
}

#[test]
fn answer_for_a_previous_order_is_dropped() {
    let mut grid = grid(1, 1_000);
    grid.fit(10, 40);
    let RowRequest::Window(from, _) = grid.missing_rows()[0].clone() else { panic!("as they came") };
    let before = grid.version;
    grid.show(Some((0..1_000).rev().collect()));
    grid.take(from, vec![vec![text("0")]; 256], 1_000, before);
    assert_eq!(grid.cells(grid.top), None);
    answer(&mut grid);
    assert!(filled(&grid));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn window_of_reordered_rows_is_filled_by_one_round_of_requests(
        seed in any::<u64>(),
        kept in 1_u64..500_000,
        places in prop::collection::vec(0_u64..500_000, 1..8),
        height in 1_u64..120,
    ) {
        let mut grid = grid(3, 500_000);
        grid.fit(height, 80);
        answer(&mut grid);
        let mut order = shuffled(500_000, seed);
        order.truncate(kept as usize);
        grid.show(Some(order));
        for place in places {
            grid.select_row(place);
            prop_assert!(answer(&mut grid) <= 2, "a window lies in two pages at most");
            prop_assert!(filled(&grid), "at {place}");
            prop_assert_eq!(answer(&mut grid), 0, "asked for once");
        }
        prop_assert!(grid.pages.len() <= PAGES);
    }
}

proptest! {
    #[test]
    fn selected_cell_is_always_in_the_window(
        moves in proptest::collection::vec((-2000i64..2000, -9isize..9, 1u64..60, 1u16..200), 1..40),
        columns in 1usize..30,
    ) {
        let mut grid = grid(columns, 1_500);
        for (down, aside, height, room) in moves {
            grid.fit(height, room);
            grid.step(down);
            grid.move_column(aside);
            prop_assert!(grid.place >= grid.top && grid.place < grid.top + height);
            let selected = grid.selected().unwrap();
            prop_assert!(grid.placed().iter().any(|placed| placed.column == selected));
            prop_assert!(grid.placed().iter().all(|placed| placed.x + placed.cells <= room));
        }
    }
}
