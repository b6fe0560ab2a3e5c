//! A sparkline: a curve in one row of cells.

use crate::model::Point;
use jiff::Timestamp;

const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Draws the last `cells` minutes up to the newest point, one cell per minute, on a scale up to `full`. A minute without a
/// point stays blank.
pub fn spark(points: &[Point], cells: usize, full: f64, now: Timestamp) -> String {
    let mut drawn = vec![' '; cells];
    let Some(newest) = points.last() else { return drawn.into_iter().collect() };
    // A curve that ended more than 15 minutes ago is not drawn.
    if now.duration_since(newest.at).as_mins() > 15 {
        return drawn.into_iter().collect();
    }
    for point in points.iter().rev().take(cells) {
        let back = newest.at.duration_since(point.at).as_mins();
        let Some(place) = usize::try_from(back).ok().and_then(|back| cells.checked_sub(back + 1)) else { break };
        drawn[place] = level(point.value, full);
    }
    drawn.into_iter().collect()
}

fn level(value: f64, full: f64) -> char {
    let part = if full > 0.0 { (value / full).clamp(0.0, 1.0) } else { 0.0 };
    LEVELS[((part * 8.0) as usize).min(7)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newest_point_is_drawn_at_the_right() {
        let at = |minute: i64| Timestamp::from_second(1_700_000_000 + minute * 60).unwrap();
        let points = [(0, 0.0), (1, 50.0), (3, 100.0)];
        let points = points.map(|(minute, value)| Point { at: at(minute), value });
        assert_eq!(spark(&points, 5, 100.0, at(4)), " ▁▅ █");
        assert_eq!(spark(&points, 2, 100.0, at(4)), " █");
        assert_eq!(spark(&points, 2, 100.0, at(60)), "  ");
        assert_eq!(spark(&[], 2, 100.0, at(4)), "  ");
    }
}
