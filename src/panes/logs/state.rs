//! The pane's state: what is read, kept, shown; where a person is in it. What keys do is in `update`.

use crate::app::backoff::Backoff;
use crate::app::command::PaneId;
use crate::app::effect::{Effect, Lane, Tee};
use crate::app::event::Answer;
use crate::app::logs::follow::{Batch, FeedState, Follower, Gap, Plan};
use crate::app::logs::insights::{self, Insights, Running};
use crate::app::logs::once::{self, Once, Rates};
use crate::app::logs::sources::{self, Missing, Sources, live_arns};
use crate::app::logs::written;
use crate::app::screen::Block;
use crate::app::ticket::{Owner, Ticket};
use crate::app::window::in_view;
use crate::config::EnvironmentConfig;
use crate::feeds::aws::{Fact, Part, Query};
use crate::model::logs::{InsightsQuery, Ms};
use crate::model::{Estate, Failure, FailureKind};
use jiff::{SignedDuration, Timestamp};
use log_store::shape::Shape;
use log_store::view::Rule;
use log_store::{
    Bin, Filter, FilterError, Key, Level, Limits, New, Pos, Search, SearchError, Source, Store, StreamId, View,
};
use std::collections::{BTreeMap, HashSet};

/// The name under which this pane asks.
const NAME: &str = "logs";
/// The pane.
pub const ID: PaneId = PaneId(NAME);
/// Its lines.
pub const LINES: Block = Block("logs");
/// Pages of groups that are followed.
const FOLLOW: u8 = 0;
/// The past.
const PAST: u8 = 1;
/// Live tails.
const LIVE: u8 = 2;
/// Queries of Insights.
const INSIGHTS: u8 = 3;
/// Lists of groups; the serial is the pattern's number.
const GROUPS: u8 = 4;
/// How large groups are.
const SIZES: u8 = 5;
/// How much of the past is read at the start.
pub const START: Ms = 15 * 60_000;
/// Rows that are looked at between two frames: some milliseconds.
const BUDGET: usize = 40_000;
/// The most lines that one look into the past brings.
const PAST_LINES: usize = 200_000;
/// Pages a second of a look into the past: a person's half of what `FilterLogEvents` allows.
const PAST_RATE: f64 = 5.0;
/// Sources are looked at again this often, in milliseconds.
const RESOLVE: Ms = 3_000;
/// Between two counts of the histogram, in milliseconds.
const COUNT_EVERY: Ms = 250;
/// A group that is this far behind goes on with what is new, and says what it left out.
const SKIP: Ms = 60_000;

/// The most bytes that are copied: terminals take no more by OSC 52.
pub const COPIED: usize = 74_000;

/// How much of a structured line is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Detail {
    /// Its message, and its fields dimmed behind it.
    #[default]
    Fields,
    /// Its message alone.
    Message,
    /// The line as it was written.
    Raw,
}

/// How a live tail stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Live {
    /// It is wanted.
    pub on: bool,
    /// It runs, under this serial.
    pub serial: Option<u64>,
    /// It is opened again then.
    pub due: Ms,
    /// Since when it has been wanted, for its cost.
    pub since: Ms,
    /// How often it broke in a row.
    failed: Backoff,
}

/// The pane.
#[derive(Debug, Clone)]
pub struct State {
    /// The lines.
    pub store: Store,
    /// Those that are shown.
    pub view: View,
    /// Those that are shown and have what is looked for.
    pub found: Option<View>,
    /// What is looked for, as it was typed.
    pub search: String,
    /// Why that cannot be looked for.
    pub search_error: Option<SearchError>,
    /// The filter, as it was typed.
    pub filter: String,
    /// Why that is none.
    pub filter_error: Option<FilterError>,
    /// Only lines at this level or above.
    pub level: Level,
    /// Patterns that are not shown, each with its words.
    pub muted: Vec<(Shape, String)>,
    /// Services that are not shown.
    pub hidden: HashSet<String>,
    /// The newest line is kept in view.
    pub follow: bool,
    /// Lines that came since a person let go of the newest.
    pub news: usize,
    /// Long lines are broken.
    pub wrap: bool,
    /// How much of structured lines is shown.
    pub detail: Detail,
    /// Fields of structured lines that stand in columns of their own.
    pub columns: Vec<String>,
    /// The first column of long lines that is shown.
    pub shift: usize,
    /// The selected line's number among those shown.
    pub place: usize,
    /// The lines in the window.
    pub window: Vec<Pos>,
    /// What tells them from others, wherever they move until the next frame.
    pub drawn: Vec<Key>,
    /// The number of the first line in the window.
    pub offset: usize,
    /// Rows of the window.
    pub height: usize,
    /// Lines over time.
    pub histogram: Vec<Bin>,
    /// The time of the histogram.
    pub span: (Ms, Ms),
    /// Where lines come from and where they are not.
    pub sources: Sources,
    /// The region of the environment, as far as it is known.
    pub region: Option<String>,
    /// The live tail.
    pub live: Live,
    /// Reads the past, while it does.
    pub past: Option<Past>,
    /// What is asked of Insights.
    pub insights: Insights,
    /// The file that every line that comes is written into.
    pub tee: Option<String>,
    /// Lines for that file which have come since the last effects.
    tee_lines: String,
    /// What is to be said of what nobody waits for any more.
    leaving: Vec<Effect>,
    /// Batches that did not fit because they are older than what fell out.
    pub too_old: u64,
    follower: Option<Follower>,
    selected: Option<Key>,
    resolved: Ms,
    /// Groups that patterns of the configuration were filled in with.
    groups: Vec<String>,
    /// Their lists that are still to be asked for, each with when and how often it failed.
    lists: Vec<Listing>,
    /// Filters by name, as configured.
    pub named_filters: Vec<String>,
    serial: u64,
    opened: bool,
    /// Credentials were renewed then: nothing is asked until it is known whose they are.
    renewed: Option<Timestamp>,
    ended: usize,
    /// How far the service's clock is ahead of the one that ticks, in milliseconds.
    ahead: Ms,
    /// When the histogram was counted.
    counted_at: Ms,
}

/// A list of groups that a pattern of the configuration is filled in with.
#[derive(Debug, Clone)]
struct Listing {
    /// The configured pattern.
    pattern: String,
    /// When it is asked for; none: its answer is under way, or has come.
    due: Option<Ms>,
    /// How often it failed in a row.
    failed: Backoff,
    /// Why it is not known.
    failure: Option<Failure>,
}

/// A look into the past.
#[derive(Debug, Clone)]
pub struct Past {
    reader: Once,
    pub from: Ms,
    pub to: Ms,
    /// Lines that it brought.
    pub lines: usize,
}

impl Default for State {
    fn default() -> Self {
        Self {
            store: Store::new(Limits::default()),
            view: View::default(),
            found: None,
            search: String::new(),
            search_error: None,
            filter: String::new(),
            filter_error: None,
            level: Level::None,
            muted: Vec::new(),
            hidden: HashSet::new(),
            follow: true,
            news: 0,
            wrap: false,
            detail: Detail::default(),
            columns: Vec::new(),
            shift: 0,
            place: 0,
            window: Vec::new(),
            drawn: Vec::new(),
            offset: 0,
            height: 0,
            histogram: Vec::new(),
            span: (0, 0),
            sources: Sources::default(),
            region: None,
            live: Live::default(),
            past: None,
            insights: Insights::default(),
            tee: None,
            tee_lines: String::new(),
            leaving: Vec::new(),
            too_old: 0,
            follower: None,
            selected: None,
            resolved: 0,
            groups: Vec::new(),
            lists: Vec::new(),
            named_filters: Vec::new(),
            serial: 0,
            opened: false,
            renewed: None,
            ended: 0,
            ahead: 0,
            counted_at: 0,
        }
    }
}

impl State {
    /// Whether anybody has looked at logs yet: before, nothing is read.
    pub fn opened(&self) -> bool {
        self.opened
    }

    /// How far the service's clock is ahead of the one that ticks.
    pub fn set_ahead(&mut self, ahead: SignedDuration) {
        self.ahead = i64::try_from(ahead.as_millis()).unwrap_or_default();
        if let Some(follower) = &mut self.follower {
            follower.set_ahead(self.ahead);
        }
    }

    /// Somebody looks.
    pub fn open(&mut self) {
        self.opened = true;
    }

    /// How each group stands.
    pub fn states(&self, now: Timestamp) -> Vec<FeedState> {
        self.follower.as_ref().map(|follower| follower.states(now.as_millisecond())).unwrap_or_default()
    }

    /// Credentials were renewed: what is under way may be another account's.
    pub fn renew(&mut self, now: Timestamp) {
        self.renewed = Some(now);
        self.past = None;
        self.live.serial = None;
        self.groups.clear();
        self.lists.clear();
        // What it finds may be another account's.
        self.leave_query();
        if let Some(follower) = &mut self.follower {
            follower.forget_flights(now.as_millisecond());
        }
    }

    /// What is to be asked now.
    pub fn plan(
        &mut self,
        estate: &Estate,
        environment: &EnvironmentConfig,
        generation: u32,
        now: Timestamp,
    ) -> Vec<Effect> {
        let mut effects = std::mem::take(&mut self.leaving);
        effects.extend(self.take_tee());
        if !self.opened || !self.may_ask(estate) {
            return effects;
        }
        let at = now.as_millisecond();
        let ticket = |kind: u8, serial: u64| ticket(generation, kind, serial);
        if self.lists.is_empty() {
            let patterns = environment.logs.iter().filter(|pattern| log_store::pattern::is_pattern(pattern));
            let listing = |pattern: &String| Listing {
                pattern: pattern.clone(),
                due: Some(at),
                failed: Backoff::default(),
                failure: None,
            };
            self.lists = patterns.map(listing).collect();
        }
        for (n, list) in (0..).zip(&mut self.lists) {
            if list.due.take_if(|due| *due <= at).is_some() {
                let prefix = log_store::pattern::literal_prefix(&list.pattern).to_owned();
                let query = Query::LogGroups { prefix };
                effects.push(Effect::Fetch { ticket: ticket(GROUPS, n), lane: Lane::Background, ask: query.into() });
            }
        }
        self.resolve(estate, environment, at);
        if let Some(follower) = &mut self.follower {
            for ask in follower.tick(at) {
                let query = Query::LogPage(Box::new(ask.window));
                effects.push(Effect::Fetch {
                    ticket: ticket(FOLLOW, ask.number),
                    lane: Lane::Background,
                    ask: query.into(),
                });
            }
        }
        if let Some(past) = &mut self.past {
            for ask in past.reader.tick(at, 0) {
                let ticket = ticket(PAST, ask.number);
                effects.push(Effect::Fetch { ticket, lane: Lane::Operator, ask: ask.query.into() });
            }
        }
        if self.live.on && self.live.serial.is_none() && self.live.due <= at {
            let arns = arns(&self.sources, self.region.as_deref(), estate, environment);
            if !arns.is_empty() {
                self.serial += 1;
                self.live.serial = Some(self.serial);
                let query = Query::LiveTail { groups: arns };
                effects.push(Effect::Fetch {
                    ticket: ticket(LIVE, self.serial),
                    lane: Lane::Background,
                    ask: query.into(),
                });
            }
        }
        effects
    }

    /// A query of Insights over the groups that are followed.
    pub fn query(&mut self, name: &str, text: &str, now: Timestamp, generation: u32) -> Option<Effect> {
        let groups = self.group_names();
        if groups.is_empty() {
            return None;
        }
        self.leave_query();
        self.serial += 1;
        let ticket = ticket(generation, INSIGHTS, self.serial);
        self.insights.running = Some(Running { ticket, name: name.to_owned() });
        let (from, to) = self.insights.span(self.span, now.as_millisecond());
        let query = InsightsQuery { groups, text: text.to_owned(), from, to, limit: 1_000 };
        Some(Effect::Fetch { ticket, lane: Lane::Operator, ask: Query::Insights(Box::new(query)).into() })
    }

    /// Nobody waits any more for the query that runs: it is stopped, as it costs what it scans. Whether one
    /// ran.
    pub fn leave_query(&mut self) -> bool {
        let Some(running) = self.insights.running.take() else { return false };
        self.leaving.push(Effect::Leave(running.ticket));
        true
    }

    /// Asks how large the groups are, for what a query will cost, unless that is known.
    pub fn ask_sizes(&mut self, generation: u32) -> Option<Effect> {
        let groups = self.group_names();
        if self.insights.sized(&groups) {
            return None;
        }
        self.insights.sizes.clear();
        let ticket = ticket(generation, SIZES, 0);
        let query = Query::LogGroups { prefix: insights::common(&groups) };
        Some(Effect::Fetch { ticket, lane: Lane::Operator, ask: query.into() })
    }

    /// Lines that have come for the file that they are written into.
    pub fn take_tee(&mut self) -> Option<Effect> {
        let lines = std::mem::take(&mut self.tee_lines);
        (!lines.is_empty()).then_some(Effect::Tee(Tee::Lines(lines)))
    }

    /// The groups that a query may search: at most 50, of the environment's region.
    pub fn group_names(&self) -> Vec<String> {
        self.sources.here(self.region.as_deref()).map(|group| group.group.clone()).take(50).collect()
    }

    /// Nothing is asked while it is not known that the account is the right one.
    pub fn may_ask(&mut self, estate: &Estate) -> bool {
        let kind = estate.identity.failure().map(|failure| failure.kind);
        if matches!(kind, Some(FailureKind::WrongAccount | FailureKind::Credentials)) {
            return false;
        }
        // Where STS cannot be asked at all, the account carries its question mark, and facts come in.
        let known = match estate.identity.at() {
            Some(read) => self.renewed.is_none_or(|renewed| read > renewed),
            None => kind.is_some() && self.renewed.is_none(),
        };
        if !known {
            return false;
        }
        self.renewed = None;
        true
    }

    fn resolve(&mut self, estate: &Estate, environment: &EnvironmentConfig, now: Ms) {
        if now - self.resolved < RESOLVE && self.follower.is_some() {
            return;
        }
        self.resolved = now;
        let known = estate.identity.value().and_then(|identity| identity.region.as_ref());
        self.region = environment.region.as_ref().or(known).cloned();
        let mut found = sources::of_services(estate, &[]);
        let named = sources::named(&environment.logs, &self.groups, &found);
        found.groups.extend(named);
        for list in &self.lists {
            let what = format!("the log groups `{}` of the configuration", list.pattern);
            let failed = list.failure.clone().map(|failure| Missing { what, failure: Some(failure), services: false });
            found.missing.extend(failed);
        }
        if found == self.sources && self.follower.is_some() {
            return;
        }
        match &mut self.follower {
            Some(follower) => follower.set_sources(found.groups.clone()),
            None if found.groups.is_empty() => {}
            None => {
                let plan = Plan { since: now + self.ahead - START, live: self.live.on, skip: Some(SKIP) };
                self.follower = Some(Follower::new(found.groups.clone(), plan, None).ahead_by(self.ahead));
            }
        }
        self.sources = found;
    }

    /// Takes an answer in.
    pub fn absorb(&mut self, answer: Answer<Fact>, now: Timestamp) {
        let at = now.as_millisecond();
        let Owner::Pane(NAME, kind) = answer.ticket.owner else { return };
        let serial = answer.ticket.serial;
        match kind {
            PAST => self.absorb_past(serial, answer.part, at),
            LIVE => self.absorb_live(serial, answer.part, at),
            INSIGHTS => self.insights.absorb(answer.ticket, answer.part),
            SIZES => self.insights.absorb_sizes(answer.part),
            GROUPS => self.absorb_groups(serial, answer.part, at),
            _ => {
                if let Some(follower) = &mut self.follower {
                    let batch = taken(follower, serial, answer.part, at);
                    self.put(batch, true);
                }
            }
        }
    }

    fn absorb_groups(&mut self, list: u64, part: Part, now: Ms) {
        self.resolved = 0;
        let list = usize::try_from(list).ok().and_then(|list| self.lists.get_mut(list));
        match (part, list) {
            (Part::Page(Fact::LogGroups(groups)), _) => self.groups.extend(groups.into_iter().map(|group| group.name)),
            (Part::Last(Fact::LogGroups(groups)), list) => {
                self.groups.extend(groups.into_iter().map(|group| group.name));
                if let Some(list) = list {
                    list.failed.worked();
                    list.failure = None;
                }
            }
            (Part::Failed(failure), Some(list)) => {
                list.due = Some(now + list.failed.failed().as_millis() as Ms);
                list.failure = Some(failure);
            }
            (Part::Failed(_) | Part::Page(_) | Part::Last(_), _) => {}
        }
    }

    fn absorb_past(&mut self, number: u64, part: Part, now: Ms) {
        let Some(mut past) = self.past.take() else { return };
        let batch = match part {
            Part::Last(Fact::LogPage(page)) => past.reader.page(number, page, now),
            Part::Failed(failure) => past.reader.failed(number, failure, now),
            Part::Page(_) | Part::Last(_) => past.reader.failed(number, Failure::other_answer(), now),
        };
        past.lines += batch.lines.len();
        self.put(batch, false);
        if past.lines >= PAST_LINES && !past.reader.ended() {
            let from = past.reader.covered();
            let why = format!("only {PAST_LINES} lines of it were read: go to a time in it to read more");
            let gap = Gap { group: String::new(), from, to: past.to, sampled: false, why };
            self.put(Batch { lines: Vec::new(), gaps: vec![gap] }, false);
        } else if !past.reader.ended() {
            self.past = Some(past);
        }
    }

    fn absorb_live(&mut self, serial: u64, part: Part, now: Ms) {
        if self.live.serial != Some(serial) {
            return;
        }
        let Some(follower) = &mut self.follower else { return };
        match part {
            Part::Page(Fact::LiveTail(update)) => {
                self.live.failed.worked();
                let batch = follower.live(update, now);
                self.put(batch, true);
            }
            Part::Last(_) | Part::Page(_) => {
                (self.live.serial, self.live.due) = (None, now);
                follower.live_broke(now);
            }
            Part::Failed(_) => {
                (self.live.serial, self.live.due) = (None, now + self.live.failed.failed().as_millis() as Ms);
                follower.live_broke(now);
            }
        }
    }

    /// A live tail on or off.
    pub fn set_live(&mut self, on: bool, now: Timestamp, generation: u32) {
        let at = now.as_millisecond();
        if let Some(serial) = self.live.serial {
            // A session costs by the minute until it is closed.
            self.leaving.push(Effect::Leave(ticket(generation, LIVE, serial)));
        }
        self.live = Live { on, serial: None, due: at, since: at, failed: Backoff::default() };
        let groups = self.sources.groups.clone();
        if !groups.is_empty() {
            // Ids are of another kind with a live tail: what is there already begins anew after it.
            let served = at + self.ahead;
            let since = self.store.span().map_or(served - 5_000, |(_, last)| last.max(served - 10_000) + 1);
            self.follower =
                Some(Follower::new(groups, Plan { since, live: on, skip: Some(SKIP) }, None).ahead_by(self.ahead));
        }
    }

    /// Takes lines in; whether they come now, or are of the past.
    fn put(&mut self, batch: Batch, comes: bool) {
        for gap in batch.gaps {
            let source = Source { group: gap.group.clone(), service: gap.group.clone(), ..Source::default() };
            let stream = self.store.stream(source);
            let word = if gap.sampled { "SAMPLED" } else { "GAP" };
            let text = format!("{word} {} {} – {}: {}", gap.group, clock(gap.from), clock(gap.to), gap.why);
            self.store.note(gap.from, stream, gap.sampled, text.trim());
        }
        let mut known: BTreeMap<usize, StreamId> = BTreeMap::new();
        for line in &batch.lines {
            // Lines of one source share its allocation: its place tells it.
            let place = std::sync::Arc::as_ptr(&line.source) as usize;
            let stream = *known.entry(place).or_insert_with(|| self.store.stream((*line.source).clone()));
            let text = line.event.message.trim_end_matches(['\n', '\r']);
            let new = New { at: line.event.at, id: line.id, stream, text, late: line.late };
            let placed = self.store.push(&new);
            self.too_old += u64::from(placed == log_store::Placed::TooOld);
            // What is read of the past has come already.
            if self.tee.is_some() && comes && placed != log_store::Placed::Known {
                self.tee_lines.push_str(&written::json_alone(line));
            }
        }
        self.store.forget_streams();
    }

    /// Puts a batch in; for tests and benches that have no service.
    pub fn feed(&mut self, batch: Batch) {
        self.opened = true;
        self.put(batch, true);
    }

    /// The rule of what is shown.
    pub fn rule(&self) -> Rule {
        let filter = sources::expand(&self.filter, &self.named_filters).unwrap_or_default();
        let text = match self.level {
            Level::None => filter,
            level if self.filter.trim().is_empty() => format!("level>={}", level.word()),
            level => format!("level>={} ({filter})", level.word()),
        };
        Rule {
            filter: Filter::parse(&text).unwrap_or_default(),
            muted: self.muted.iter().map(|(shape, _)| *shape).collect(),
            search: None,
            hidden: self.hidden.clone(),
        }
    }

    /// Another filter, as it was typed, with the filters that it may name.
    pub fn set_filter(&mut self, typed: &str, named: Vec<String>) {
        typed.clone_into(&mut self.filter);
        self.named_filters = named;
        self.show();
    }

    /// What is shown changes: by level, filter, mutes or hidden services.
    pub fn show(&mut self) {
        self.filter_error = match sources::expand(&self.filter, &self.named_filters) {
            // What is wrong in what was typed has its place there.
            Ok(_) if !self.filter.contains('@') => Filter::parse(&self.filter).err(),
            Ok(expanded) => Filter::parse(&expanded).err(),
            Err(name) => {
                let at = self.filter.find(&format!("@{name}")).map_or(0, |at| self.filter[..at].chars().count());
                let what =
                    format!("no filter is called {name}: + saves one, `log_filters` of the environment names others");
                Some(FilterError { what, at, length: name.chars().count() + 1 })
            }
        };
        if self.filter_error.is_none() {
            let rule = self.rule();
            self.view.set(rule);
        }
        self.look_for();
    }

    /// What is looked for changes.
    pub fn look_for(&mut self) {
        self.search_error = None;
        self.found = None;
        if self.search.is_empty() {
            return;
        }
        let regex = self.search.strip_prefix('/');
        let made = match regex {
            Some(pattern) => Search::regex(pattern.strip_suffix('/').unwrap_or(pattern)),
            None => Search::plain(&self.search),
        };
        match made {
            Ok(search) => self.found = Some(View::new(Rule { search: Some(search), ..self.view.rule().clone() })),
            Err(error) => self.search_error = Some(error),
        }
    }

    /// The search, compiled.
    pub fn needle(&self) -> Option<&Search> {
        self.found.as_ref().and_then(|found| found.rule().search.as_ref())
    }

    /// Brings the lists of lines up to date, and the selected line's number with them. Before anything that
    /// uses a number: lines that came since the last frame, late ones above all, have moved the others.
    /// Whether there is more to look at.
    pub fn refresh(&mut self) -> bool {
        let mut whole = self.view.update(&self.store, BUDGET);
        if let Some(found) = &mut self.found {
            whole &= found.update(&self.store, BUDGET * 4);
        }
        let count = self.view.len();
        if self.follow {
            self.place = count.saturating_sub(1);
            (self.news, self.ended) = (0, count);
        } else {
            if let Some(pos) = self.selected.and_then(|key| self.store.find(key)) {
                self.place = self.view.rank(&self.store, pos);
            }
            self.place = self.place.min(count.saturating_sub(1));
            self.news = count.saturating_sub(self.ended);
        }
        !whole
    }

    /// Brings what is shown up to date, for a window of so many rows and a histogram of so many bins.
    /// Whether there is more to look at.
    pub fn settle(&mut self, height: usize, bins: usize, now: Timestamp) -> bool {
        let more = self.refresh();
        let count = self.view.len();
        self.height = height.max(1);
        let from = if self.follow { count } else { self.offset };
        (self.place, self.offset) = in_view(self.place, from, self.height, count);
        self.window = (self.offset..(self.offset + self.height).min(count))
            .filter_map(|n| self.view.nth(&self.store, n))
            .collect();
        self.drawn = self.window.iter().filter_map(|pos| Some(self.store.line(*pos)?.key())).collect();
        self.selected = self.current().and_then(|pos| self.store.line(pos)).map(|line| line.key());
        // Some milliseconds where there are a million lines: not in every frame of a storm.
        let at = now.as_millisecond();
        if (at - self.counted_at).abs() >= COUNT_EVERY || self.histogram.len() != bins || self.store.len() < 50_000 {
            self.counted_at = at;
            if let Some((first, last)) = self.store.span() {
                self.span = (first, last + 1);
                self.histogram = self.store.histogram(first, last + 1, bins);
            } else {
                self.histogram.clear();
            }
        }
        more
    }

    /// The place of the selected line.
    pub fn current(&self) -> Option<Pos> {
        self.view.nth(&self.store, self.place)
    }

    /// Selects a line by its number; the last one is followed.
    pub fn select(&mut self, place: usize) {
        let last = self.view.len().saturating_sub(1);
        let was = self.follow;
        self.place = place.min(last);
        self.follow = place > last;
        if was && !self.follow {
            self.ended = self.view.len();
        }
        self.selected = self.current().and_then(|pos| self.store.line(pos)).map(|line| line.key());
    }

    /// Selects the first line that is shown from a time on.
    pub fn seek(&mut self, at: Ms) {
        let place = self.store.seek(at).map_or(self.view.len(), |pos| self.view.rank(&self.store, pos));
        self.select(place.min(self.view.len().saturating_sub(1)));
        // The line that was asked for stands at the top of the window.
        self.offset = self.place;
    }

    /// Reads what was written in a time and is not here, if it can be kept.
    pub fn read_past(&mut self, from: Ms, to: Ms) -> Result<(), &'static str> {
        if self.past.is_some() {
            return Err("older lines are being read already");
        }
        if self.store.full() {
            return Err("the store is full: what is older would fall out at once");
        }
        let groups = self.sources.groups.clone();
        if groups.is_empty() || from >= to {
            return Err("there is nothing older to read");
        }
        // By the one API whose lines have ids: some of them may be here already.
        let rates = Rates { filter: PAST_RATE, get: None };
        let plan = once::Plan { since: from, until: Some(to), begun: to, pattern: None, rates };
        self.past = Some(Past { reader: Once::new(groups, plan), from, to, lines: 0 });
        Ok(())
    }

    /// How much of the past has been read, from 0 to 1.
    pub fn past_part(&self) -> Option<f64> {
        let past = self.past.as_ref()?;
        let read = past.reader.covered().clamp(past.from, past.to) - past.from;
        Some(read as f64 / (past.to - past.from).max(1) as f64)
    }
}

fn ticket(generation: u32, kind: u8, serial: u64) -> Ticket {
    Ticket { generation, owner: Owner::Pane(NAME, kind), serial }
}

fn taken(follower: &mut Follower, number: u64, part: Part, now: Ms) -> Batch {
    match part {
        Part::Page(Fact::LogPage(page)) | Part::Last(Fact::LogPage(page)) => follower.page(number, page, now),
        Part::Failed(failure) => follower.failed(number, failure, now),
        Part::Page(_) | Part::Last(_) => follower.failed(number, Failure::other_answer(), now),
    }
}

fn clock(at: Ms) -> String {
    Timestamp::from_millisecond(at).map_or_else(|_| "?".to_owned(), |at| at.strftime("%H:%M:%SZ").to_string())
}

/// ARNs for a live tail: at most 10.
fn arns(sources: &Sources, region: Option<&str>, estate: &Estate, environment: &EnvironmentConfig) -> Vec<String> {
    let account = estate.identity.value().map(|identity| identity.account.clone());
    let (Some(account), Some(region)) = (account.or_else(|| environment.account.clone()), region) else {
        return Vec::new();
    };
    live_arns(&sources.groups, region, &account).take(10).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_live_tail_that_breaks_waits_twice_as_long_each_time_until_it_works() {
        let mut pane = State { follower: Some(Follower::new(Vec::new(), plan(), None)), ..State::default() };
        let mut wait = |part: Part| {
            pane.live.serial = Some(1);
            pane.absorb_live(1, part, 1_000_000);
            pane.live.due - 1_000_000
        };
        let broken = || Part::Failed(Failure::new(FailureKind::Unreachable, "it broke off"));
        let waits: Vec<Ms> = (0..8).map(|_| wait(broken())).collect();
        assert_eq!(waits, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000], "as the command does");
        wait(Part::Page(Fact::LiveTail(crate::model::logs::LiveUpdate::default())));
        assert_eq!(wait(broken()), 1_000);
    }

    #[test]
    fn groups_that_cannot_be_listed_are_missing_and_asked_for_again() {
        let list = Listing { pattern: "/aws/*".into(), due: None, failed: Backoff::default(), failure: None };
        let mut pane = State { lists: vec![list], opened: true, ..State::default() };
        let denied = Failure::new(FailureKind::Denied, "logs:DescribeLogGroups: no");
        pane.absorb_groups(0, Part::Failed(denied), 5_000);
        assert_eq!(pane.lists[0].due, Some(6_000));
        pane.resolve(&Estate::default(), &EnvironmentConfig::default(), 5_000);
        let said: Vec<String> = pane.sources.failed().map(|(missing, _)| missing.words()).collect();
        assert!(said[0].contains("`/aws/*` of the configuration could not be read"), "{said:?}");
        let group = crate::model::logs::LogGroup { name: "/aws/x".into(), ..Default::default() };
        pane.absorb_groups(0, Part::Last(Fact::LogGroups(vec![group])), 7_000);
        pane.resolve(&Estate::default(), &EnvironmentConfig::default(), 10_000);
        assert_eq!(pane.sources.failed().count(), 0);
    }

    fn plan() -> Plan {
        Plan { since: 0, live: true, skip: None }
    }
}
