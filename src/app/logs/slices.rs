//! The slices of a read of stored lines: a chain of pages of one API, some streams from a time up to another.

use super::feed::content;
use crate::model::logs::{LogEvent, Ms};
use log_store::store::hash;
use std::collections::{HashMap, HashSet};

/// The end of a read without one: later than any line.
pub const ENDLESS: Ms = Ms::MAX / 4;

/// The API that a part is read with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Api {
    /// `FilterLogEvents`: all streams of a group, or those that are named.
    Filter,
    /// `GetLogEvents`: one stream.
    Get,
}

/// Pages one after the other.
#[derive(Debug, Clone)]
pub struct Slice {
    /// The place of its group.
    pub group: usize,
    /// The API that reads it.
    pub api: Api,
    /// The streams that it reads; empty for all.
    pub streams: Vec<String>,
    /// Up to this time, which belongs to it.
    pub to: Ms,
    /// Where the next page begins, if this is not a new chain.
    pub token: Option<String>,
    /// The time range of its first page: a token is only valid for the same range, whatever became of the slice.
    pub window: (Ms, Ms),
    /// The time of the newest line that came, or where it begins.
    pub position: Ms,
    /// Ids of the lines of that very millisecond: they come again where a token was refused.
    edge: HashSet<u64>,
    /// How many lines alike came of that millisecond since it was begun again: no id tells them apart for both APIs.
    alike: HashMap<u64, u32>,
    /// The request under way and since when.
    pub flight: Option<(u64, Ms)>,
    /// When it may be asked for.
    pub due: Ms,
    /// How many failures came in a row.
    pub failures: u32,
    /// The time that a page reaches over, in milliseconds; none while that is not known.
    pub reach: Option<f64>,
    /// Whether it was read to its end.
    pub ended: bool,
    /// Whether it is all that there is of its group: nobody has looked yet who else could read a part.
    pub whole: bool,
}

impl Slice {
    /// A slice that begins at a time.
    pub fn new(group: usize, api: Api, streams: Vec<String>, (from, to): (Ms, Ms), reach: Option<f64>) -> Self {
        Self {
            group,
            api,
            streams,
            to,
            token: None,
            window: (from, ENDLESS),
            position: from,
            edge: HashSet::new(),
            alike: HashMap::new(),
            flight: None,
            due: 0,
            failures: 0,
            reach,
            ended: false,
            whole: false,
        }
    }

    /// Continues without a token, where its lines ended.
    pub fn begin_again(&mut self) {
        self.token = None;
        self.alike.clear();
    }

    /// The line's id, and whether it came before.
    pub fn known(&mut self, event: &LogEvent) -> (u64, bool) {
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

    /// Pages that it has to go, up to a time; none where that is not known.
    pub fn pages_left(&self, now: Ms) -> Option<f64> {
        Some(pages(self.position, self.to.min(now), self.reach?))
    }

    /// A page more, that reaches over so many milliseconds.
    pub fn reached(&mut self, span: Ms) {
        let span = span.max(1) as f64;
        self.reach = Some(self.reach.map_or(span, |reach| f64::midpoint(reach, span)));
    }
}

/// Pages from a time up to another, where one reaches over so many milliseconds.
pub fn pages(from: Ms, to: Ms, reach: f64) -> f64 {
    (to - from).max(0) as f64 / reach.max(0.001)
}
