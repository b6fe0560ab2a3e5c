//! Log groups and streams. No lines are stored: the lines of a stream are a pure function of the stream and the time,
//! so that days of history take no memory and two reads of the same time return the same lines. The time at which a
//! line becomes visible is a function too: mostly within 300 ms, sometimes after seconds, rarely after most of a
//! minute.
//!
//! The text of lines is in `lines`; the last lines of a task are in `ends`; requests are in `services::logs`.

mod groups;
mod last_lines;
mod lines;

use super::ecs::{Fate, Task};
use super::{MINUTE, SECOND, TaskKey, World};
use crate::clock::Ms;
use crate::rng::{self, Rng};
use crate::scenario::Scenario;
use crate::wire::number::padded;
pub(crate) use lines::Shape;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Lines are generated one slot at a time.
pub(crate) const SLOT: Ms = 200;
/// How long the storm of the scenario `log-storm` has been running at the start.
const STORM_BEFORE: Ms = 40 * SECOND;
/// A stream with more lines per slot than this is fast: its lines become visible within [`FAST_DELAY`], so that
/// finding recently ingested lines does not require examining a whole minute.
const FAST: f64 = 200.0;
const FAST_DELAY: Ms = 8 * SECOND;
/// Lines per second of each main container during the storm.
const STORM_LINES: f64 = 25_000.0;

/// Changes by tests, and the streams of removed tasks.
#[derive(Debug, Default)]
pub(crate) struct Logs {
    /// Streams of removed tasks.
    past: Vec<Stream>,
    /// Groups that were deleted.
    pub(crate) deleted: BTreeSet<String>,
    /// Groups without tasks, with their streams.
    others: BTreeMap<(&'static str, String), Vec<Stream>>,
    /// Lines per second of a group's main containers from a time on, by group.
    rates: BTreeMap<String, Vec<(Ms, f64)>>,
    /// Groups in another region than the tasks that write into them.
    elsewhere: BTreeMap<String, &'static str>,
    /// How far the clocks of a group's containers are ahead.
    skews: BTreeMap<String, Ms>,
    /// Lines written by tests, by group and stream.
    written: BTreeMap<(String, String), Vec<Event>>,
    serial: u64,
    /// Queries of Insights that were started.
    pub(crate) queries: BTreeMap<String, QueryState>,
    /// The rest of the slots in which pages ended.
    pub(crate) left: PageRests,
}

/// The rest of slots in which pages ended, for the next page: the fastest slots have as many lines as a page, and
/// would otherwise be generated twice.
#[derive(Debug, Default)]
pub(crate) struct PageRests(RefCell<VecDeque<Rest>>);

#[derive(Debug)]
struct Rest {
    /// The mark of the streams: see [`Logs::mark`].
    mark: u64,
    /// The slot, and the number of its events before the rest.
    place: (i64, usize),
    events: Vec<Event>,
}

/// The number of rests to keep.
const LEFT: usize = 16;

impl PageRests {
    /// Stores the rest of a slot after a number of events, for streams with this mark.
    pub(crate) fn put(&self, mark: u64, place: (i64, usize), rest: Vec<Event>) {
        let mut rests = self.0.borrow_mut();
        rests.push_back(Rest { mark, place, events: rest });
        if rests.len() > LEFT {
            rests.pop_front();
        }
    }

    /// Takes the rest of a slot, if it was stored.
    pub(crate) fn take(&self, mark: u64, place: (i64, usize)) -> Option<Vec<Event>> {
        let mut rests = self.0.borrow_mut();
        let at = rests.iter().position(|rest| (rest.mark, rest.place) == (mark, place))?;
        rests.remove(at).map(|rest| rest.events)
    }
}

impl Logs {
    /// A number that changes with everything that the lines of these streams depend on, except the time.
    pub(crate) fn mark(&self, streams: &[Stream]) -> u64 {
        let written: usize = self.written.values().map(Vec::len).sum();
        let rates: usize = self.rates.values().map(Vec::len).sum();
        streams.iter().fold(rng::mix((written << 32 | rates) as u64), |mark, stream| {
            let numbers = [
                stream.salt.cast_signed(),
                stream.from,
                stream.until.unwrap_or(-1),
                stream.skew,
                stream.last.len() as i64,
            ];
            numbers.iter().fold(mark, |mark, number| rng::mix(mark ^ number.cast_unsigned()))
        })
    }
}

/// A query of Insights that was started.
#[derive(Debug, Clone)]
pub(crate) struct QueryState {
    pub(crate) region: String,
    pub(crate) groups: Vec<String>,
    pub(crate) text: String,
    pub(crate) from: Ms,
    pub(crate) to: Ms,
    pub(crate) limit: usize,
    /// How often its results were requested.
    pub(crate) polls: u32,
    pub(crate) cancelled: bool,
}

/// A log stream.
#[derive(Debug, Clone)]
pub(crate) struct Stream {
    pub(crate) region: &'static str,
    pub(crate) group: String,
    pub(crate) name: String,
    pub(crate) shape: Shape,
    /// The start of its container.
    pub(crate) from: Ms,
    /// The end of its container.
    pub(crate) until: Option<Ms>,
    /// Its last lines, if its container ended.
    last: Vec<String>,
    salt: u64,
    /// Lines per second on an average day.
    rate: f64,
    /// Whether it belongs to the main container, whose rate tests can set.
    main: bool,
    /// Whether it takes part in the storm.
    storm: bool,
    skew: Ms,
}

/// A log line, with its time and text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) at: Ms,
    pub(crate) ingested: Ms,
    /// The index of its stream in the list it was generated from.
    pub(crate) stream: usize,
    /// Unique within its stream, ascending in the order of writing.
    pub(crate) serial: u64,
    salt: u64,
    pub(crate) message: String,
}

impl Event {
    /// A 56-digit id, as in the real service.
    pub(crate) fn id(&self) -> String {
        let mut id = String::with_capacity(56);
        Ids::default().write(self, &mut id);
        id
    }

    /// Takes the event, leaving one without a message.
    pub(crate) fn taken(&mut self) -> Event {
        Event { message: std::mem::take(&mut self.message), ..*self }
    }
}

/// Formats event ids, most of which share a prefix with a previous one.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    /// The common prefix of the ids of a stream at a time.
    begin: Vec<((Ms, u64), String)>,
}

impl Ids {
    /// Appends the event's id to a text.
    pub(crate) fn write(&mut self, event: &Event, out: &mut String) {
        let key = (event.at, event.salt);
        let begin = match self.begin.iter_mut().find(|((_, salt), _)| *salt == event.salt) {
            Some(begin) => begin,
            None => self.begin.push_mut(((Ms::MIN, event.salt), String::new())),
        };
        if begin.0 != key {
            let mut text = "3".to_owned();
            padded(&mut text, event.at.clamp(0, 99_999_999_999_999).cast_unsigned(), 14);
            padded(&mut text, event.salt, 20);
            *begin = (key, text);
        }
        out.push_str(&begin.1);
        padded(out, event.serial, 21);
    }
}

impl Stream {
    fn of_task(world: &World, (cluster, id): TaskKey, task: &Task, container: usize) -> Option<Stream> {
        let c = &task.def.containers[container];
        let (group, prefix) = c.log.as_ref()?;
        let until = task.execution_stopped;
        // A program that exits at once has written lines before.
        let from = match (task.fate, task.pull_stopped) {
            (Fate::ExitsEarly | Fate::WrongPlatform, Some(at)) => at - 1_500,
            (_, Some(at)) => at,
            (_, None) => return None,
        };
        let shape = Shape::of(&c.name);
        let id = format!("{id:032x}");
        let stop = task.stop.as_ref();
        let last =
            if until.is_some() { last_lines::last_lines(task.fate, shape, stop.map(|s| s.code)) } else { Vec::new() };
        Some(Stream {
            region: world.log_region(world.clusters[cluster].region, group),
            group: group.clone(),
            name: format!("{prefix}/{}/{id}", c.name),
            shape,
            from,
            until,
            last,
            salt: rng::hash(world.seed, &format!("{group} {} {id}", c.name)),
            rate: shape.rate(),
            main: container == 0,
            storm: world.scenario == Scenario::LogStorm && container == 0 && group.contains("-prod-"),
            skew: world.logs.skews.get(group).copied().unwrap_or(0),
        })
    }

    /// Lines per second at a true time, including a rate set by tests.
    fn rate_at(&self, world: &World, at: Ms) -> f64 {
        let set = if world.logs.rates.is_empty() { None } else { world.logs.rates.get(&self.group) };
        let set = set.filter(|_| self.main);
        let set = set.and_then(|log| log.iter().rev().find(|(from, _)| *from <= at).map(|(_, rate)| *rate));
        let storm = self.storm && at >= world.start - STORM_BEFORE;
        match set {
            Some(rate) => rate,
            None if storm => STORM_LINES,
            None => self.rate * super::load::day(at),
        }
    }

    /// The events whose timestamps fall into a slot, including those not visible yet.
    pub(crate) fn slot(&self, world: &World, place: usize, slot: i64, out: &mut Vec<Event>) {
        self.slot_of(world, place, slot, None, out);
    }

    /// The longest time until its lines become visible.
    pub(crate) fn slowest(&self, world: &World, at: Ms) -> Ms {
        let fast = |at: Ms| self.rate_at(world, at) * SLOT as f64 / 1_000.0 > FAST;
        if fast(at) && fast(at - MINUTE) { FAST_DELAY } else { MINUTE }
    }

    /// How many slots its clock is ahead.
    pub(crate) fn skew_slots(&self) -> i64 {
        self.skew.div_euclid(SLOT)
    }

    /// The lines written by tests that were ingested after one time and up to another.
    pub(crate) fn written_in(&self, world: &World, place: usize, after: Ms, to: Ms) -> Vec<Event> {
        let written = world.logs.written.get(&(self.group.clone(), self.name.clone()));
        let written = written.into_iter().flatten().filter(|e| e.ingested > after && e.ingested <= to);
        written.map(|e| Event { stream: place, ..e.clone() }).collect()
    }

    /// Like [`Stream::slot`], but only the lines ingested after one time and up to another.
    pub(crate) fn slot_of(
        &self,
        world: &World,
        place: usize,
        slot: i64,
        taken: Option<(Ms, Ms)>,
        out: &mut Vec<Event>,
    ) {
        let begun = out.len();
        self.fill(world, place, slot, taken, out);
        if let Some((after, to)) = taken {
            let mut n = 0;
            out.retain(|e| {
                n += 1;
                n <= begun || (e.ingested > after && e.ingested <= to)
            });
        }
    }

    fn fill(&self, world: &World, place: usize, slot: i64, taken: Option<(Ms, Ms)>, out: &mut Vec<Event>) {
        let begin = slot * SLOT;
        let truth = begin - self.skew;
        if let Some(first) = self.first(begin, truth) {
            for (n, message) in lines::first(self.shape).into_iter().enumerate() {
                let at = first + 30 * n as Ms;
                if at.div_euclid(SLOT) == slot {
                    out.push(self.event(place, at, self.from + 30 * n as Ms, 200, n as u64, message));
                }
            }
        }
        if let Some(until) = self.until {
            for (n, message) in self.last.iter().enumerate() {
                let truth = until - 3 * (self.last.len() - n) as Ms;
                let at = truth + self.skew;
                if at.div_euclid(SLOT) == slot {
                    let serial = (1 << 60) | n as u64;
                    out.push(self.event(place, at, truth, 200, serial, message.clone()));
                }
            }
        }
        if !world.logs.written.is_empty()
            && let Some(written) = world.logs.written.get(&(self.group.clone(), self.name.clone()))
        {
            let in_slot = written.iter().filter(|e| e.at.div_euclid(SLOT) == slot);
            out.extend(in_slot.map(|e| Event { stream: place, ..e.clone() }));
        }
        if truth + SLOT <= self.from || self.until.is_some_and(|until| truth > until) {
            return;
        }
        let expected = self.rate_at(world, truth) * SLOT as f64 / 1_000.0;
        let bits = rng::mix(self.salt ^ rng::mix(slot.cast_unsigned()));
        let share = (bits >> 11) as f64 / (1u64 << 53) as f64;
        let count = expected as u64 + u64::from(share < expected.fract());
        for n in 0..count {
            let mut rng = Rng::seeded(bits ^ rng::mix(n));
            let within = if count > 1 { (n as Ms * SLOT) / count as Ms } else { rng.range(0, SLOT - 1) };
            let true_at = truth + within;
            // Regular lines appear only between the first and the last lines of a container.
            if true_at < self.from + 600 || self.until.is_some_and(|until| true_at >= until - 40) {
                continue;
            }
            let mut delay = delay(rng.next());
            if expected > FAST {
                delay = delay.min(FAST_DELAY);
            }
            if taken.is_some_and(|(after, to)| true_at + delay <= after || true_at + delay > to) {
                continue;
            }
            let serial = (slot.cast_unsigned() << 24) | (n << 5);
            let minute = true_at.div_euclid(60_000);
            lines::write(self.shape, self.salt, minute, begin + within, &mut rng, &mut |sub, message| {
                out.push(self.event(place, begin + within, true_at, delay, serial | sub, message));
            });
        }
    }

    /// The time of the first lines, if they may fall in or near this slot.
    fn first(&self, begin: Ms, truth: Ms) -> Option<Ms> {
        let near = truth + SLOT > self.from && truth < self.from + 600;
        near.then_some(begin - truth + self.from)
    }

    fn event(&self, stream: usize, at: Ms, truth: Ms, delay: Ms, serial: u64, message: String) -> Event {
        Event { at, ingested: truth + delay, stream, serial, salt: self.salt, message }
    }

    /// The slots that can contain events with timestamps up to now.
    pub(crate) fn slots(&self, now: Ms) -> (i64, i64) {
        let last = (self.until.unwrap_or(now).min(now) + self.skew).max(now);
        ((self.from + self.skew).div_euclid(SLOT), last.div_euclid(SLOT))
    }
}

/// The time until a line becomes visible.
fn delay(bits: u64) -> Ms {
    let within = |low: Ms, high: Ms| low + ((bits >> 20) % (high - low).cast_unsigned()).cast_signed();
    match bits % 1_000 {
        0..970 => within(30, 300),
        970..995 => within(1_000, 8_000),
        _ => within(20_000, 60_000),
    }
}
