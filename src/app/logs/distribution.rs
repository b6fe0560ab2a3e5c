//! Distributes stored lines between two APIs, so that both run at their rate limits until the end.
//!
//! Each slice ends in a page that is not full, and its lines wait for those of earlier slices. So there are only as
//! many slices as keep an API at its limit (rate times delay requests are in flight), and they are as long as the
//! memory for waiting lines allows. The rest is assigned from its front to whichever API has too few. Once nothing is
//! left, a slice that would end long after the others of its API is cut, and an idle API takes over a part of the
//! other's.
//!
//! The last part belongs to `FilterLogEvents`, because unnamed streams may appear.

use super::slices::{Api, Slice, pages};
use crate::model::Piece;
use crate::model::logs::Ms;
use std::collections::HashMap;

/// How many more requests are in flight than a limit and a delay require, because answers come unevenly.
const SPARE: f64 = 1.25;
/// Maximum number of chains of one API, except for a group with more streams.
const CHAINS: f64 = 12.0;
/// Minimum gain in seconds for taking over a part of the other API's slice.
const GAIN: f64 = 0.05;
/// Number of pages below which a range is not shared.
const FEW: f64 = 4.0;
/// Pages that a slice costs beside full ones: its last one, half of which belongs to the next slice.
const END: f64 = 0.5;

/// The maximum number of pages per second of each API.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    /// `FilterLogEvents`.
    pub filter: f64,
    /// `GetLogEvents`; `None` if it is not used.
    pub get: Option<f64>,
}

/// The part of a group that no slice reads yet.
#[derive(Debug, Clone, Copy)]
struct Rest {
    group: usize,
    from: Ms,
    to: Ms,
    reach: f64,
}

/// The known streams of a group.
#[derive(Debug, Clone, Default)]
pub struct Streams {
    /// Streams that may have lines to read; `None` while unknown, and empty if they cannot be named.
    pub named: Option<Vec<String>>,
    /// Number of lines of each stream, while its group was read as a whole.
    lines: HashMap<String, u64>,
}

/// The slices, and what they are based on.
#[derive(Debug, Clone)]
pub struct Share {
    /// The slices of the range.
    pub slices: Vec<Slice>,
    /// The streams of each group.
    pub streams: Vec<Streams>,
    /// The rate limit of each API.
    pub rates: Rates,
    rests: Vec<Rest>,
    /// When the reading began; bytes written until then are distributed.
    begun: Ms,
    /// The best time each API has needed for a page, in milliseconds.
    delays: [Option<Ms>; 2],
    /// The recent number of lines in a full page.
    page_lines: Option<f64>,
    /// Maximum number of lines in flight or waiting.
    most: f64,
    /// Number of lines that have come and wait to be written.
    waiting: f64,
}

/// The work of one API.
#[derive(Debug, Clone, Copy, Default)]
struct Load {
    chains: f64,
    pages: f64,
    /// Pages of its longest slice.
    longest: f64,
}

impl Share {
    /// Starts with each group read by `FilterLogEvents` over the range; at most `most` lines may wait.
    pub fn new(groups: usize, (from, to): (Ms, Ms), begun: Ms, rates: Rates, most: usize) -> Self {
        let whole = |group| {
            let mut slice = Slice::new(group, Api::Filter, Vec::new(), (from, to), None);
            slice.is_only_slice = true;
            slice
        };
        Self {
            slices: (0..groups).map(whole).collect(),
            streams: vec![Streams::default(); groups],
            rates,
            rests: Vec::new(),
            begun,
            delays: [None; 2],
            page_lines: None,
            most: most as f64,
            waiting: 0.0,
        }
    }

    /// The slice that a request belongs to.
    pub fn find(&mut self, number: u64) -> Option<&mut Slice> {
        self.slices.iter_mut().find(|slice| slice.flight.is_some_and(|(flight, _)| flight == number))
    }

    /// Records the time that an answer took, in milliseconds.
    pub fn record_delay(&mut self, api: Api, delay: Ms) {
        let known = &mut self.delays[api as usize];
        *known = Some(known.map_or(delay, |least| least.min(delay)));
    }

    /// Records the number of lines in a full page.
    pub fn record_full_page(&mut self, lines: usize) {
        self.page_lines = Some(self.page_lines.map_or(lines as f64, |before| f64::midpoint(before, lines as f64)));
    }

    /// Counts the lines of streams.
    pub fn count<'a>(&mut self, group: usize, streams: impl Iterator<Item = &'a Piece>) {
        let known = &mut self.streams[group].lines;
        for stream in streams {
            match known.get_mut(&**stream) {
                Some(count) => *count += 1,
                None => drop(known.insert(stream.to_string(), 1)),
            }
        }
    }

    /// The time at which unread lines begin, of one group or of any.
    pub fn position(&self, group: Option<usize>) -> Option<Ms> {
        let in_group = |of: usize| group.is_none_or(|group| group == of);
        let open = self.slices.iter().filter(|slice| !slice.ended && in_group(slice.group)).map(|slice| slice.position);
        open.chain(self.rests.iter().filter(|rest| in_group(rest.group)).map(|rest| rest.from)).min()
    }

    /// The largest number of failures in a row among a group's slices.
    pub fn failures(&self, group: usize) -> u32 {
        self.slices.iter().filter(|slice| slice.group == group).map(|slice| slice.failures).max().unwrap_or_default()
    }

    /// Records that `GetLogEvents` must not read a group: the other API reads its slices, stream by stream.
    pub fn disable_get(&mut self, group: usize, now: Ms) {
        self.streams[group].named = Some(Vec::new());
        for slice in self.slices.iter_mut().filter(|slice| slice.group == group && slice.api == Api::Get) {
            slice.api = Api::Filter;
            slice.begin_again();
            (slice.flight, slice.failures, slice.due) = (None, 0, now);
        }
    }

    /// Distributes what is to be read, while this many lines wait for earlier ones.
    pub fn share(&mut self, waiting: usize) {
        self.waiting = waiting as f64;
        self.slices.retain(|slice| !slice.ended);
        while self.release_back() {}
        for api in [Api::Get, Api::Filter] {
            while self.needs(api) && (self.assign_front(api) || self.cut(api) || self.take_over(api)) {}
        }
    }

    fn rate(&self, api: Api) -> f64 {
        match api {
            Api::Filter => self.rates.filter,
            Api::Get => self.rates.get.unwrap_or(0.0),
        }
    }

    /// Seconds that a page takes.
    fn delay(&self, api: Api) -> f64 {
        let other = self.delays.iter().flatten().max();
        self.delays[api as usize].as_ref().or(other).map_or(0.0, |delay| *delay as f64 / 1_000.0)
    }

    fn load(&self, api: Api) -> Load {
        let own_slices = self.slices.iter().filter(|slice| slice.api == api && !slice.ended);
        own_slices.fold(Load::default(), |load, slice| {
            let pages = slice.pages_left(self.begun).unwrap_or(0.0);
            Load { chains: load.chains + 1.0, pages: load.pages + pages, longest: load.longest.max(pages) }
        })
    }

    /// Number of chains that keep an API at its limit.
    fn enough(&self, api: Api) -> f64 {
        (self.rate(api) * self.delay(api) * SPARE).ceil().clamp(2.0, CHAINS)
    }

    fn needs(&self, api: Api) -> bool {
        self.rate(api) > 0.0 && self.load(api).chains < self.enough(api)
    }

    fn page_lines(&self) -> f64 {
        self.page_lines.map_or(10_000.0, |lines| lines.max(1.0))
    }

    /// Number of pages that may be assigned: waiting lines take memory.
    fn allowed(&self) -> f64 {
        self.most / self.page_lines()
    }

    /// Number of pages of a part for one more chain of an API, or for chains of this many streams, such that all parts
    /// together make up what is left, or what may wait.
    fn part(&self, api: Api, streams: usize) -> f64 {
        let left: f64 = self.rests.iter().map(|rest| pages(rest.from, rest.to.min(self.begun), rest.reach)).sum();
        let given = self.load(Api::Filter).pages + self.load(Api::Get).pages;
        let total = (left + given).min(self.allowed());
        let chains = self.enough(api).max(if api == Api::Filter { self.streams.len() as f64 } else { 0.0 });
        let both = self.rates.filter + self.rates.get.unwrap_or(0.0);
        total * self.rate(api) / both * (streams as f64 / chains).min(1.0)
    }

    /// Releases the back of a group's only slice to whichever API has too little.
    fn release_back(&mut self) -> bool {
        let ready = |slice: &&mut Slice| {
            slice.is_only_slice && slice.token.is_some() && slice.flight.is_none() && slice.reach.is_some()
        };
        let known = |slice: &&mut Slice| self.rates.get.is_none() || self.streams[slice.group].named.is_some();
        let Some(slice) = self.slices.iter_mut().filter(ready).find(known) else { return false };
        slice.is_only_slice = false;
        let (group, from, reach, end) = (slice.group, slice.position, slice.reach.unwrap_or(1.0), slice.to);
        if pages(from, end.min(self.begun), reach) < FEW {
            return true;
        }
        let part = self.part(Api::Filter, 1);
        let middle = from + (part.max(1.0) * reach).ceil() as Ms;
        if middle < end.min(self.begun) {
            let rest = Rest { group, from: middle, to: end, reach };
            if let Some(slice) = self.slices.iter_mut().find(|slice| slice.group == group && slice.to == end) {
                slice.to = middle - 1;
                self.rests.push(rest);
            }
        }
        true
    }

    /// Assigns an API the front of what is not assigned yet.
    fn assign_front(&mut self, api: Api) -> bool {
        let first = |share: &Self| {
            let can = |rest: &&Rest| api == Api::Filter || share.named(rest.group) > 0;
            let rests = share.rests.iter().enumerate().filter(|(_, rest)| can(rest));
            rests.min_by_key(|(_, rest)| rest.from).map(|(at, rest)| (at, *rest))
        };
        let Some((at, rest)) = first(self) else { return false };
        let streams = if api == Api::Get { self.named(rest.group) } else { 1 };
        let left = pages(rest.from, rest.to.min(self.begun), rest.reach);
        let part = self.part(api, streams);
        let given = self.load(Api::Filter).pages + self.load(Api::Get).pages + self.waiting / self.page_lines();
        // Everything waits for this unassigned part.
        let blocks = self.position(None) == Some(rest.from);
        if !blocks && given + part / 2.0 > self.allowed() {
            return false;
        }
        let last = left < part * 1.5 || left < FEW;
        let part = if api == Api::Get {
            // The last part is not for `GetLogEvents`.
            part.min(left - if self.needs(Api::Filter) { self.part(Api::Filter, 1) } else { 1.0 })
        } else {
            part
        };
        if part < 1.0 && api == Api::Get {
            return false;
        }
        let middle = rest.from + (part * rest.reach).ceil() as Ms;
        if api == Api::Filter && (last || middle >= rest.to.min(self.begun)) {
            self.rests.remove(at);
            self.slices.push(Slice::new(rest.group, api, Vec::new(), (rest.from, rest.to), Some(rest.reach)));
            return true;
        }
        if middle >= rest.to.min(self.begun) {
            return false;
        }
        self.rests[at].from = middle;
        self.push(rest.group, api, &[], (rest.from, middle - 1), rest.reach);
        true
    }

    /// Number of named streams of a group.
    fn named(&self, group: usize) -> usize {
        self.streams[group].named.as_ref().map_or(0, Vec::len)
    }

    /// Adds slices of some streams, or of all; a slice of `GetLogEvents` has one stream.
    fn push(&mut self, group: usize, api: Api, streams: &[String], time: (Ms, Ms), reach: f64) {
        if api == Api::Filter {
            self.slices.push(Slice::new(group, api, streams.to_vec(), time, Some(reach)));
            return;
        }
        let known = &self.streams[group];
        let named = if streams.is_empty() { known.named.clone().unwrap_or_default() } else { streams.to_vec() };
        let lines = |name: &String| known.lines.get(name).copied().unwrap_or(0) as f64 + 1.0;
        let total_lines: f64 = named.iter().map(lines).sum();
        let slice =
            |name: &String| Slice::new(group, api, vec![name.clone()], time, Some(reach * total_lines / lines(name)));
        let new: Vec<Slice> = named.iter().map(slice).collect();
        self.slices.extend(new);
    }

    /// The slice of an API with the most left to read.
    fn longest(&self, api: Api) -> Option<(usize, f64)> {
        let own = self
            .slices
            .iter()
            .enumerate()
            .filter(|(_, slice)| slice.api == api && !slice.ended && !slice.is_only_slice);
        let left = own.filter_map(|(at, slice)| Some((at, slice.pages_left(self.begun)?)));
        left.max_by(|one, other| one.1.total_cmp(&other.1))
    }

    /// Cuts the slice of an API that would end after all its others, at the best that its delay allows.
    fn cut(&mut self, api: Api) -> bool {
        let Some((at, left)) = self.longest(api) else { return false };
        let load = self.load(api);
        let least = (load.pages + END) / self.rate(api).max(0.001);
        let parts = (left * self.delay(api) * SPARE / least).ceil().min(left);
        if left < 2.0 || parts < 2.0 || load.chains >= CHAINS {
            return false;
        }
        self.split(at, left / parts, api)
    }

    /// Assigns the back of a slice of the other API to one that has too little.
    fn take_over(&mut self, api: Api) -> bool {
        let owner = if api == Api::Get { Api::Filter } else { Api::Get };
        let (own, other_load) = (self.load(api), self.load(owner));
        let (rate, other) = (self.rate(api), self.rate(owner));
        let Some((at, left)) = self.longest(owner).filter(|_| other > 0.0) else { return false };
        let slice = &self.slices[at];
        let chains = match api {
            Api::Filter => 1,
            Api::Get if slice.streams.is_empty() => self.named(slice.group),
            Api::Get => slice.streams.len(),
        };
        if chains == 0 || (api == Api::Get && self.named(slice.group) == 0) {
            return false;
        }
        let alone = f64::max(other_load.pages / other, other_load.longest * self.delay(owner));
        let both = (own.pages + other_load.pages + END * (chains as f64 + 1.0)) / (rate + other);
        if alone - both.max(self.delay(api)) < GAIN {
            return false;
        }
        // Either both APIs end at the same time, or the two that share this slice do.
        let speed = |delay: f64, rate: f64, chains: f64| (rate / chains).min(1.0 / delay.max(0.001));
        let ours = speed(self.delay(api), rate, own.chains + 1.0);
        let part = f64::min(
            other_load.pages - other * both,
            left * ours / (ours + speed(self.delay(owner), other, other_load.chains)),
        );
        let part = part.max(1.0);
        left - part >= 1.0 && self.split(at, left - part, api)
    }

    /// Cuts a slice: it keeps this many pages, and `api` reads the rest.
    fn split(&mut self, at: usize, keep: f64, api: Api) -> bool {
        let slice = &self.slices[at];
        let (group, position, to, reach) = (slice.group, slice.position, slice.to, slice.reach.unwrap_or(1.0));
        let end = to.min(self.begun);
        let middle = position + (keep * reach).ceil() as Ms;
        if middle <= position || middle >= end {
            return false;
        }
        let streams = slice.streams.clone();
        self.slices[at].to = middle - 1;
        if api == Api::Get && to > self.begun {
            // Unnamed streams may appear.
            self.push(group, Api::Filter, &streams, (end, to), reach);
            self.push(group, api, &streams, (middle, end - 1), reach);
        } else {
            self.push(group, api, &streams, (middle, to), reach);
        }
        true
    }
}
