//! The sharing out of stored lines among two APIs, so that both APIs are asked as often as they may be, until the end.
//!
//! Each slice ends in a page that is not full, and its lines wait for those of earlier slices: so there are as few
//! as keep an API at its limit (a rate times a delay are on their way), and they are as long as the memory for what
//! waits allows. What is left over is given out from its front, to whichever API has too few. Where nothing is left
//! over, a slice that would end long after the others of its API is cut, and an API that has nothing to do takes a
//! part of what the other has.
//!
//! The last part belongs to `FilterLogEvents`: streams may come that nobody has named.

use super::slices::{Api, Slice, pages};
use crate::model::Piece;
use crate::model::logs::Ms;
use std::collections::HashMap;

/// Requests that are on their way for each that a limit and a delay need: answers come unevenly.
const SPARE: f64 = 1.25;
/// Chains of one API, at most, but for those of a group with more streams.
const CHAINS: f64 = 12.0;
/// A part of what the other API has is taken where that saves so many seconds.
const GAIN: f64 = 0.05;
/// Less than so many pages are not shared.
const FEW: f64 = 4.0;
/// Pages that a slice costs beside those that are full: its last one, half of which is of the next slice.
const END: f64 = 0.5;

/// Pages a second that each API may be asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    /// `FilterLogEvents`.
    pub filter: f64,
    /// `GetLogEvents`; none: it is not used.
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
    /// Those that may have something to read; none while that is not known, and empty where they cannot be named.
    pub named: Option<Vec<String>>,
    /// Lines that came of each, while its group was read as one.
    lines: HashMap<String, u64>,
}

/// The slices, and what they are made by.
#[derive(Debug, Clone)]
pub struct Share {
    /// The slices of the range that are read.
    pub slices: Vec<Slice>,
    /// The streams of each group.
    pub streams: Vec<Streams>,
    /// How often each API may be asked.
    pub rates: Rates,
    rests: Vec<Rest>,
    /// The time at which the reading began: bytes written until then are shared out.
    begun: Ms,
    /// How long each API takes for a page, at best, in milliseconds.
    delays: [Option<Ms>; 2],
    /// Lines of a page that had more after it, lately.
    page_lines: Option<f64>,
    /// Lines that may be under way or wait.
    most: f64,
    /// Lines that have come and wait to be written.
    waiting: f64,
}

/// The work of one API.
#[derive(Debug, Clone, Copy, Default)]
struct Load {
    chains: f64,
    pages: f64,
    /// Of its longest slice.
    longest: f64,
}

impl Share {
    /// So many groups, each read by `FilterLogEvents` from a time up to another; `most` lines may wait.
    pub fn new(groups: usize, (from, to): (Ms, Ms), begun: Ms, rates: Rates, most: usize) -> Self {
        let whole = |group| {
            let mut slice = Slice::new(group, Api::Filter, Vec::new(), (from, to), None);
            slice.whole = true;
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

    /// The slice that a request is for.
    pub fn find(&mut self, number: u64) -> Option<&mut Slice> {
        self.slices.iter_mut().find(|slice| slice.flight.is_some_and(|(flight, _)| flight == number))
    }

    /// An answer came after so many milliseconds.
    pub fn took(&mut self, api: Api, delay: Ms) {
        let known = &mut self.delays[api as usize];
        *known = Some(known.map_or(delay, |least| least.min(delay)));
    }

    /// A page of so many lines came that had more after it.
    pub fn filled(&mut self, lines: usize) {
        self.page_lines = Some(self.page_lines.map_or(lines as f64, |before| f64::midpoint(before, lines as f64)));
    }

    /// Lines of these streams came.
    pub fn count<'a>(&mut self, group: usize, streams: impl Iterator<Item = &'a Piece>) {
        let known = &mut self.streams[group].lines;
        for stream in streams {
            match known.get_mut(&**stream) {
                Some(count) => *count += 1,
                None => drop(known.insert(stream.to_string(), 1)),
            }
        }
    }

    /// Where the first of what is not read yet begins; a group's alone, or any.
    pub fn position(&self, group: Option<usize>) -> Option<Ms> {
        let mine = |of: usize| group.is_none_or(|group| group == of);
        let open = self.slices.iter().filter(|slice| !slice.ended && mine(slice.group)).map(|slice| slice.position);
        open.chain(self.rests.iter().filter(|rest| mine(rest.group)).map(|rest| rest.from)).min()
    }

    /// The most failures in a row of a group's slices.
    pub fn failures(&self, group: usize) -> u32 {
        self.slices.iter().filter(|slice| slice.group == group).map(|slice| slice.failures).max().unwrap_or_default()
    }

    /// `GetLogEvents` may not read a group: its slices are read by the other API, stream by stream.
    pub fn refused(&mut self, group: usize, now: Ms) {
        self.streams[group].named = Some(Vec::new());
        for slice in self.slices.iter_mut().filter(|slice| slice.group == group && slice.api == Api::Get) {
            slice.api = Api::Filter;
            slice.begin_again();
            (slice.flight, slice.failures, slice.due) = (None, 0, now);
        }
    }

    /// Hands out what is to be read, while this many lines wait for earlier ones.
    pub fn share(&mut self, waiting: usize) {
        self.waiting = waiting as f64;
        self.slices.retain(|slice| !slice.ended);
        while self.look() {}
        for api in [Api::Get, Api::Filter] {
            while self.needs(api) && (self.give(api) || self.cut(api) || self.take_over(api)) {}
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
        let mine = self.slices.iter().filter(|slice| slice.api == api && !slice.ended);
        mine.fold(Load::default(), |load, slice| {
            let pages = slice.pages_left(self.begun).unwrap_or(0.0);
            Load { chains: load.chains + 1.0, pages: load.pages + pages, longest: load.longest.max(pages) }
        })
    }

    /// Chains that keep an API at its limit.
    fn enough(&self, api: Api) -> f64 {
        (self.rate(api) * self.delay(api) * SPARE).ceil().clamp(2.0, CHAINS)
    }

    fn needs(&self, api: Api) -> bool {
        self.rate(api) > 0.0 && self.load(api).chains < self.enough(api)
    }

    fn page_lines(&self) -> f64 {
        self.page_lines.map_or(10_000.0, |lines| lines.max(1.0))
    }

    /// Pages that may be given out: what waits takes memory.
    fn allowed(&self) -> f64 {
        self.most / self.page_lines()
    }

    /// Pages of a part for one more chain of an API, or for those of so many streams: such that all parts together
    /// are what there is, or what may wait.
    fn part(&self, api: Api, streams: usize) -> f64 {
        let left: f64 = self.rests.iter().map(|rest| pages(rest.from, rest.to.min(self.begun), rest.reach)).sum();
        let given = self.load(Api::Filter).pages + self.load(Api::Get).pages;
        let all = (left + given).min(self.allowed());
        let chains = self.enough(api).max(if api == Api::Filter { self.streams.len() as f64 } else { 0.0 });
        let both = self.rates.filter + self.rates.get.unwrap_or(0.0);
        all * self.rate(api) / both * (streams as f64 / chains).min(1.0)
    }

    /// Leaves the back of a group's only slice for whoever has too little.
    fn look(&mut self) -> bool {
        let ready = |slice: &&mut Slice| {
            slice.whole && slice.token.is_some() && slice.flight.is_none() && slice.reach.is_some()
        };
        let known = |slice: &&mut Slice| self.rates.get.is_none() || self.streams[slice.group].named.is_some();
        let Some(slice) = self.slices.iter_mut().filter(ready).find(known) else { return false };
        slice.whole = false;
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

    /// Gives an API the front of what nobody reads yet.
    fn give(&mut self, api: Api) -> bool {
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
        // Everything waits for what is read by nobody.
        let blocks = self.position(None) == Some(rest.from);
        if !blocks && given + part / 2.0 > self.allowed() {
            return false;
        }
        let last = left < part * 1.5 || left < FEW;
        let part = if api == Api::Get {
            // The last part is not for this one.
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

    /// How many streams of a group are named.
    fn named(&self, group: usize) -> usize {
        self.streams[group].named.as_ref().map_or(0, Vec::len)
    }

    /// New slices of some streams, or of all; one that `GetLogEvents` reads is of one stream.
    fn push(&mut self, group: usize, api: Api, streams: &[String], time: (Ms, Ms), reach: f64) {
        if api == Api::Filter {
            self.slices.push(Slice::new(group, api, streams.to_vec(), time, Some(reach)));
            return;
        }
        let known = &self.streams[group];
        let named = if streams.is_empty() { known.named.clone().unwrap_or_default() } else { streams.to_vec() };
        let lines = |name: &String| known.lines.get(name).copied().unwrap_or(0) as f64 + 1.0;
        let all: f64 = named.iter().map(lines).sum();
        let slice = |name: &String| Slice::new(group, api, vec![name.clone()], time, Some(reach * all / lines(name)));
        let new: Vec<Slice> = named.iter().map(slice).collect();
        self.slices.extend(new);
    }

    /// The slice of an API with the most left to read.
    fn longest(&self, api: Api) -> Option<(usize, f64)> {
        let mine = self.slices.iter().enumerate().filter(|(_, slice)| slice.api == api && !slice.ended && !slice.whole);
        let left = mine.filter_map(|(at, slice)| Some((at, slice.pages_left(self.begun)?)));
        left.max_by(|one, other| one.1.total_cmp(&other.1))
    }

    /// Cuts the slice of an API that would end after all else of it, at the best that its delay allows.
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

    /// An API that has too little takes the back of a slice of the other.
    fn take_over(&mut self, api: Api) -> bool {
        let owner = if api == Api::Get { Api::Filter } else { Api::Get };
        let (mine, theirs) = (self.load(api), self.load(owner));
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
        let alone = f64::max(theirs.pages / other, theirs.longest * self.delay(owner));
        let both = (mine.pages + theirs.pages + END * (chains as f64 + 1.0)) / (rate + other);
        if alone - both.max(self.delay(api)) < GAIN {
            return false;
        }
        // Both end at the same time, or the two that share this slice do.
        let speed = |delay: f64, rate: f64, chains: f64| (rate / chains).min(1.0 / delay.max(0.001));
        let ours = speed(self.delay(api), rate, mine.chains + 1.0);
        let part = f64::min(
            theirs.pages - other * both,
            left * ours / (ours + speed(self.delay(owner), other, theirs.chains)),
        );
        let part = part.max(1.0);
        left - part >= 1.0 && self.split(at, left - part, api)
    }

    /// Cuts a slice: it keeps so many pages, an API reads the rest.
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
            // Streams may come that nobody has named.
            self.push(group, Api::Filter, &streams, (end, to), reach);
            self.push(group, api, &streams, (middle, end - 1), reach);
        } else {
            self.push(group, api, &streams, (middle, to), reach);
        }
        true
    }
}
