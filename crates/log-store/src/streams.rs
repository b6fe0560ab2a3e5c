//! The streams that lines come from. Every task has a stream of its own, so streams without stored lines are removed to keep
//! their number bounded, too.

use crate::parse::{Parsed, State};
use std::collections::HashMap;

/// The id of a registered stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(pub u32);

/// Up to this number of streams, looking for unused ones is not worth reading all lines.
const MIN_STREAMS: usize = 4_096;

/// The origin of lines.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Source {
    pub group: String,
    pub stream: String,
    /// The short name of the service or function.
    pub service: String,
    /// The container, if there is one.
    pub container: String,
    /// The task, if there is one.
    pub task: String,
}

#[derive(Debug, Clone, Default)]
struct Known {
    source: Source,
    state: State,
    lines: u64,
}

/// All streams; the index of each is its id.
#[derive(Debug, Clone, Default)]
pub(crate) struct Streams {
    known: Vec<Known>,
    index: HashMap<(String, String), StreamId>,
    /// The indexes of removed streams.
    free: Vec<u32>,
    /// Number of streams above which unused ones are looked for.
    threshold: usize,
}

impl Streams {
    /// Returns the id of a stream, registering it if it is new.
    pub(crate) fn id(&mut self, source: Source) -> StreamId {
        let key = (source.group.clone(), source.stream.clone());
        *self.index.entry(key).or_insert_with(|| {
            let known = Known { source, ..Known::default() };
            if let Some(place) = self.free.pop() {
                self.known[place as usize] = known;
                return StreamId(place);
            }
            self.known.push(known);
            StreamId(self.known.len() as u32 - 1)
        })
    }

    pub(crate) fn find(&self, group: &str, stream: &str) -> Option<StreamId> {
        self.index.get(&(group.to_owned(), stream.to_owned())).copied()
    }

    pub(crate) fn source(&self, stream: StreamId) -> &Source {
        &self.known[stream.0 as usize].source
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (StreamId, &Source, u64)> {
        let mut ids: Vec<StreamId> = self.index.values().copied().collect();
        ids.sort_unstable();
        ids.into_iter().map(|id| (id, self.source(id), self.known[id.0 as usize].lines))
    }

    /// Parses the next line of a stream.
    pub(crate) fn read(&mut self, stream: StreamId, text: &str) -> Parsed {
        self.known[stream.0 as usize].state.read(text)
    }

    /// Counts a line of the stream.
    pub(crate) fn count(&mut self, stream: StreamId) {
        self.known[stream.0 as usize].lines += 1;
    }

    /// Returns whether there are enough streams to call [`Self::retain`].
    pub(crate) fn needs_cleanup(&self) -> bool {
        self.index.len() > self.threshold.max(MIN_STREAMS)
    }

    /// Removes all streams but these.
    pub(crate) fn retain(&mut self, used: impl Iterator<Item = u32>) {
        let mut keep = vec![false; self.known.len()];
        for stream in used {
            keep[stream as usize] = true;
        }
        let (known, free) = (&mut self.known, &mut self.free);
        self.index.retain(|_, id| {
            let place = id.0 as usize;
            if !keep[place] {
                known[place] = Known::default();
                free.push(id.0);
            }
            keep[place]
        });
        // Reading all lines is expensive, so the next time is when the number has doubled.
        self.threshold = self.index.len() * 2;
    }
}
