//! Metrics: their keys and recent points.

use jiff::{SignedDuration, Timestamp};

/// The key of a metric. The AWS name and dimensions of each are in `src/aws`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
pub enum MetricKey {
    /// CPU of a service, in percent of its reservation.
    ServiceCpu(String),
    /// Memory of a service in percent.
    ServiceMemory(String),
    /// CPU of a database instance in percent.
    DbCpu(String),
    /// Connections to an instance.
    DbConnections(String),
    /// Aurora capacity units of an instance.
    DbAcu(String),
    /// Replica lag of a reader, in milliseconds.
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

/// One point of a metric.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Point {
    /// The start of its period (one minute).
    pub at: Timestamp,
    /// The value in the key's unit.
    pub value: f64,
}

/// Points older than this are not current. One-minute metrics arrive up to 3 minutes late.
pub const RECENT: SignedDuration = SignedDuration::from_mins(6);

/// The maximum number of points to keep: three hours of minutes.
pub const KEPT: usize = 180;

/// The points of one metric, oldest first, one per minute, at most [`KEPT`].
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct Series {
    points: Vec<Point>,
}

impl Series {
    /// Creates a series from points in any order.
    pub fn new(points: Vec<Point>) -> Self {
        let mut series = Self::default();
        series.merge(points);
        series
    }

    /// Adds newer points; a point for a known minute replaces the old one.
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

    /// Returns all points, oldest first.
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// Returns the newest point, unless it is too old: a stopped resource sends no more points.
    pub fn recent(&self, now: Timestamp) -> Option<Point> {
        self.last().filter(|point| now.duration_since(point.at) <= RECENT)
    }

    /// Returns the newest point.
    pub fn last(&self) -> Option<Point> {
        self.points.last().copied()
    }

    /// Returns the median, as the usual value.
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
    fn merge_replaces_sorts_and_limits_points() {
        let mut series = Series::new(vec![point(2, 2.0), point(1, 1.0)]);
        series.merge(vec![point(2, 5.0), point(3, 3.0)]);
        let values: Vec<f64> = series.points().iter().map(|point| point.value).collect();
        assert_eq!(values, [1.0, 5.0, 3.0]);
        series.merge((0..500).map(|minute| point(minute, 0.0)).collect());
        assert_eq!(series.points().len(), KEPT);
        assert_eq!(series.last().map(|point| point.at), Some(point(499, 0.0).at));
    }
}
