//! The streams that lines come from. Tasks come and go, each with a stream of its own: those none of whose lines is
//! kept are forgotten, so that a store is bounded in its streams as it is in its lines.

use crate::parse::{Parsed, State};
use std::collections::HashMap;

/// A stream that was made known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(pub u32);

/// Up to this many streams are not worth a look at all lines.
const FEW: usize = 4_096;

/// Where lines come from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Source {
    pub group: String,
    pub stream: String,
    /// The short name: the service, the function.
    pub service: String,
    /// The container, where there is one.
    pub container: String,
    /// The task, where there is one.
    pub task: String,
}

#[derive(Debug, Clone, Default)]
struct Known {
    source: Source,
    state: State,
    lines: u64,
}

/// All streams; the place of each is its id.
#[derive(Debug, Clone, Default)]
pub(crate) struct Streams {
    known: Vec<Known>,
    index: HashMap<(String, String), StreamId>,
    /// Places of streams that were forgotten.
    free: Vec<u32>,
    /// With more streams than this, it is looked which of them have lines.
    enough: usize,
}

impl Streams {
    /// The id of a stream, which is known from now on.
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

    /// A line of it is kept.
    pub(crate) fn count(&mut self, stream: StreamId) {
        self.known[stream.0 as usize].lines += 1;
    }

    /// Whether there are so many that it is time for [`Self::keep`].
    pub(crate) fn crowded(&self) -> bool {
        self.index.len() > self.enough.max(FEW)
    }

    /// Forgets all but these.
    pub(crate) fn keep(&mut self, used: impl Iterator<Item = u32>) {
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
        // A look at all lines costs: it is taken again when there are twice as many.
        self.enough = self.index.len() * 2;
    }
}
