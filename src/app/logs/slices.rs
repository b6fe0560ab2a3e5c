//! A slice of a read of stored lines: a chain of pages of one API, for some streams and a time range.

use super::feed::content;
use crate::model::logs::{LogEvent, Ms};
use log_store::store::hash;
use std::collections::{HashMap, HashSet};

/// The end of a read without one: later than any line.
pub const NO_END: Ms = Ms::MAX / 4;

/// The API that reads a slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Api {
    /// `FilterLogEvents`: all streams of a group, or the named ones.
    Filter,
    /// `GetLogEvents`: one stream.
    Get,
}

/// A chain of pages.
#[derive(Debug, Clone)]
pub struct Slice {
    /// The index of its group.
    pub group: usize,
    /// The API that reads it.
    pub api: Api,
    /// The streams that it reads; empty for all.
    pub streams: Vec<String>,
    /// Up to this time, inclusive.
    pub to: Ms,
    /// The token of the next page, unless a new chain starts.
    pub token: Option<String>,
    /// The time range of its first page: a token is only valid for the same range, even if the slice was cut since.
    pub window: (Ms, Ms),
    /// The time of the newest line received, or the start of the slice.
    pub position: Ms,
    /// Ids of the lines of that millisecond: they come again if a token is refused.
    edge: HashSet<u64>,
    /// How many identical lines of that millisecond came since the chain was restarted: no id is common to both APIs.
    alike: HashMap<u64, u32>,
    /// The request in flight, and since when.
    pub flight: Option<(u64, Ms)>,
    /// When it may be requested.
    pub due: Ms,
    /// Number of failures in a row.
    pub failures: u32,
    /// The time span of a page, in milliseconds; `None` while unknown.
    pub reach: Option<f64>,
    /// Whether it was read to its end.
    pub ended: bool,
    /// Whether it is its group's only slice: it has not been decided yet whether the other API reads a part.
    pub is_only_slice: bool,
}

impl Slice {
    /// A slice that starts at a time.
    pub fn new(group: usize, api: Api, streams: Vec<String>, (from, to): (Ms, Ms), reach: Option<f64>) -> Self {
        Self {
            group,
            api,
            streams,
            to,
            token: None,
            window: (from, NO_END),
            position: from,
            edge: HashSet::new(),
            alike: HashMap::new(),
            flight: None,
            due: 0,
            failures: 0,
            reach,
            ended: false,
            is_only_slice: false,
        }
    }

    /// Restarts without a token, where its lines ended.
    pub fn begin_again(&mut self) {
        self.token = None;
        self.alike.clear();
    }

    /// The line's id, and whether it came before.
    pub fn identify(&mut self, event: &LogEvent) -> (u64, bool) {
        if event.at > self.position {
            self.edge.clear();
            self.alike.clear();
            self.position = event.at;
        }
        let content = content(event);
        let count = self.alike.entry(content).or_default();
        *count += 1;
        let id = hash(&[&content.to_le_bytes(), &count.to_le_bytes()]);
        (id, event.at == self.position && !self.edge.insert(id))
    }

    /// Number of pages left up to a time; `None` if unknown.
    pub fn pages_left(&self, now: Ms) -> Option<f64> {
        Some(pages(self.position, self.to.min(now), self.reach?))
    }

    /// Records the time span of another page, in milliseconds.
    pub fn record_page_span(&mut self, span: Ms) {
        let span = span.max(1) as f64;
        self.reach = Some(self.reach.map_or(span, |reach| f64::midpoint(reach, span)));
    }
}

/// Number of pages in a time range, if a page spans `reach` milliseconds.
pub fn pages(from: Ms, to: Ms, reach: f64) -> f64 {
    (to - from).max(0) as f64 / reach.max(0.001)
}
