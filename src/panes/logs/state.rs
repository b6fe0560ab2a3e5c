//! The pane's state: what is read, kept, shown; where a person is in it. What keys do is in `update`.

mod reading;
mod showing;

use super::table::Found;
use crate::app::backoff::Backoff;
use crate::app::command::PaneId;
use crate::app::effect::{Effect, Tee};
use crate::app::logs::follow::{Batch, FeedState, Follower};
use crate::app::logs::insights::Insights;
use crate::app::logs::once::Once;
use crate::app::logs::sources::Sources;
use crate::app::logs::written;
use crate::app::screen::Block;
use crate::model::Failure;
use crate::model::logs::Ms;
use jiff::{SignedDuration, Timestamp};
use log_store::shape::Shape;
use log_store::{Bin, FilterError, Key, Level, Limits, New, Pos, SearchError, Source, Store, StreamId, View};
use std::collections::{BTreeMap, HashSet};

/// The name under which this pane asks.
const NAME: &str = "logs";
/// The name of the Logs pane.
pub const ID: PaneId = PaneId(NAME);
/// The block with the lines.
pub const LINES: Block = Block("logs");
/// The block with what Insights found.
pub const FOUND: Block = Block("logs-found");
/// How much of the past is read at the start.
pub const START: Ms = 15 * 60_000;

/// The most bytes that are copied: terminals take no more by OSC 52.
pub const COPIED: usize = 74_000;

/// How much of a structured line is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Detail {
    /// Its message, and its fields dimmed behind it.
    #[default]
    Fields,
    /// The message of the line alone.
    Message,
    /// The line as it was written.
    Raw,
}

/// How a live tail stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Live {
    /// Whether the live tail is switched on.
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

/// The state of the Logs pane: lines, filters, and what is read.
#[derive(Debug, Clone)]
pub struct State {
    /// The lines that are kept.
    pub store: Store,
    /// Those that are shown.
    pub view: View,
    /// Those that are shown and have what is looked for.
    pub found: Option<View>,
    /// The search text, as it was typed.
    pub search: String,
    /// Why that cannot be looked for.
    pub search_error: Option<SearchError>,
    /// The filter, as it was typed.
    pub filter: String,
    /// Why the typed filter is invalid.
    pub filter_error: Option<FilterError>,
    /// Only lines at this level or above.
    pub level: Level,
    /// Patterns that are not shown, each with its words.
    pub muted: Vec<(Shape, String)>,
    /// Services that are not shown.
    pub hidden: HashSet<String>,
    /// Whether the newest line is kept in view.
    pub follow: bool,
    /// Whether the screen was paused when it was drawn last.
    pub held: bool,
    /// Lines that came since a person let go of the newest.
    pub news: usize,
    /// Whether long lines are broken.
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
    /// The keys of these lines, which stay the same wherever they move until the next frame.
    pub drawn: Vec<Key>,
    /// The number of the first line in the window.
    pub offset: usize,
    /// How many rows the block has.
    pub height: usize,
    /// How many lines there are in each part of the time that is shown.
    pub histogram: Vec<Bin>,
    /// The time of the histogram.
    pub span: (Ms, Ms),
    /// Where lines come from and where they are not.
    pub sources: Sources,
    /// The region of the environment, as far as it is known.
    pub region: Option<String>,
    /// How the live tail goes.
    pub live: Live,
    /// Reads the past, while it does.
    pub past: Option<Past>,
    /// A moment that is to be shown as soon as lines of it are here, and whether they were asked for.
    pub moment: Option<(Ms, bool)>,
    /// Queries of Insights.
    pub insights: Insights,
    /// The last result of Insights.
    pub table: Option<Found>,
    /// That is shown instead of the lines.
    pub shows_table: bool,
    /// The file that every line that comes is written into.
    pub tee: Option<String>,
    /// Lines for that file which have come since the last effects.
    tee_lines: String,
    /// Effects that cancel requests nobody waits for any more.
    leaving: Vec<Effect>,
    /// Batches that did not fit because they are older than what fell out.
    pub too_old: u64,
    /// Decides what is asked of the groups; none until it is known which groups there are.
    follower: Option<Follower>,
    /// Identifies the selected line, wherever it moves.
    selected: Option<Key>,
    /// When the groups were last worked out from the services; 0: they are to be worked out now.
    resolved: Ms,
    /// Groups that patterns of the configuration were filled in with.
    groups: Vec<String>,
    /// Their lists that are still to be asked for, each with when and how often it failed.
    lists: Vec<Listing>,
    /// Filters by name, as configured.
    pub named_filters: Vec<String>,
    /// How many questions were asked, which numbers them.
    serial: u64,
    /// How many readers there were, of groups that are followed, of the past, of lists: each numbers its own questions from 1, and an
    /// answer to one that was left is not that of the next.
    readers: u64,
    /// The number of the one that follows.
    following: u64,
    /// The number of those lists.
    listing: u64,
    /// Whether somebody has looked at logs: before, nothing is read.
    opened: bool,
    /// Credentials were renewed then: nothing is asked until it is known whose they are.
    renewed: Option<Timestamp>,
    /// How many lines were shown when the newest was last in view.
    ended: usize,
    /// How many lines had fallen out of the store then.
    fallen: u64,
    /// The newest line that was shown then.
    newest: Option<Key>,
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
    /// Its number.
    number: u64,
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
            held: false,
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
            moment: None,
            insights: Insights::default(),
            table: None,
            shows_table: false,
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
            readers: 0,
            following: 0,
            listing: 0,
            opened: false,
            renewed: None,
            ended: 0,
            fallen: 0,
            newest: None,
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

    /// Begins to read, as somebody looks.
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
        self.readers += 1;
        self.listing = self.readers;
        // What it finds may be another account's.
        self.leave_query();
        if let Some(follower) = &mut self.follower {
            follower.forget_flights(now.as_millisecond());
        }
    }

    /// Lines that have come for the file that they are written into.
    pub fn take_tee(&mut self) -> Option<Effect> {
        let lines = std::mem::take(&mut self.tee_lines);
        (!lines.is_empty()).then_some(Effect::Tee(Tee::Lines(lines)))
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

    /// Adds a batch; for tests and benches that have no service.
    pub fn feed(&mut self, batch: Batch) {
        self.opened = true;
        self.put(batch, true);
    }

    /// How much of the past has been read, from 0 to 1.
    pub fn past_part(&self) -> Option<f64> {
        let past = self.past.as_ref()?;
        let read = past.reader.covered().clamp(past.from, past.to) - past.from;
        Some(read as f64 / (past.to - past.from).max(1) as f64)
    }
}

fn clock(at: Ms) -> String {
    Timestamp::from_millisecond(at).map_or_else(|_| "?".to_owned(), |at| at.strftime("%H:%M:%SZ").to_string())
}
