//! Metrics: which there are, and their recent points.

use jiff::{SignedDuration, Timestamp};

/// Which curve. The AWS name and dimensions of each are in `src/aws`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
pub enum MetricKey {
    /// CPU of a service in percent of what it reserved.
    ServiceCpu(String),
    /// Memory of a service in percent.
    ServiceMemory(String),
    /// CPU of a database instance in percent.
    DbCpu(String),
    /// Connections to an instance.
    DbConnections(String),
    /// Aurora capacity units of an instance.
    DbAcu(String),
    /// How far behind the writer a reader is, in milliseconds.
    DbLag(String),
    /// Freeable memory in bytes.
    DbMemory(String),
    /// Free storage in bytes (local storage for Aurora).
    DbStorage {
        /// The instance's identifier.
        id: String,
        /// Aurora has `FreeLocalStorage`, RDS `FreeStorageSpace`.
        aurora: bool,
    },
    /// Average active sessions.
    DbLoad(String),
}

/// One point: when (start of its minute) and how much.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Point {
    /// When its period starts.
    pub at: Timestamp,
    /// The value in the key's unit.
    pub value: f64,
}

/// A point older than this says nothing of now. One-minute metrics come up to 3 minutes late.
pub const RECENT: SignedDuration = SignedDuration::from_mins(6);

/// The longest history kept: three hours of minutes.
pub const KEPT: usize = 180;

/// Points of one metric, oldest first, one a minute, at most [`KEPT`].
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct Series {
    points: Vec<Point>,
}

impl Series {
    /// A series of points in any order.
    pub fn new(points: Vec<Point>) -> Self {
        let mut series = Self::default();
        series.merge(points);
        series
    }

    /// Adds newer points; a point for a minute already known replaces it.
    pub fn merge(&mut self, mut newer: Vec<Point>) {
        newer.sort_by_key(|point| point.at);
        for point in newer {
            match self.points.binary_search_by_key(&point.at, |known| known.at) {
                Ok(place) => self.points[place] = point,
                Err(place) => self.points.insert(place, point),
            }
        }
        let surplus = self.points.len().saturating_sub(KEPT);
        self.points.drain(..surplus);
        self.points.shrink_to_fit();
    }

    /// All points, oldest first.
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// The newest point, unless it is too old to stand for now: a stopped thing sends no more.
    pub fn recent(&self, now: Timestamp) -> Option<Point> {
        self.last().filter(|point| now.duration_since(point.at) <= RECENT)
    }

    /// The newest point.
    pub fn last(&self) -> Option<Point> {
        self.points.last().copied()
    }

    /// The middle value: what is usual.
    pub fn median(&self) -> Option<f64> {
        let mut values: Vec<f64> = self.points.iter().map(|point| point.value).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(minute: i64, value: f64) -> Point {
        Point { at: Timestamp::from_second(1_700_000_000 + minute * 60).expect("in range"), value }
    }

    #[test]
    fn merging_replaces_sorts_and_bounds() {
        let mut series = Series::new(vec![point(2, 2.0), point(1, 1.0)]);
        series.merge(vec![point(2, 5.0), point(3, 3.0)]);
        let values: Vec<f64> = series.points().iter().map(|point| point.value).collect();
        assert_eq!(values, [1.0, 5.0, 3.0]);
        series.merge((0..500).map(|minute| point(minute, 0.0)).collect());
        assert_eq!(series.points().len(), KEPT);
        assert_eq!(series.last().map(|point| point.at), Some(point(499, 0.0).at));
    }
}
