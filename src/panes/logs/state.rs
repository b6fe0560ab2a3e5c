//! State of the Logs pane: what is read, kept and shown, and the selection. Keys are handled in `update`.

mod requests;
mod shown_lines;

use super::table::ResultTable;
use crate::app::backoff::Backoff;
use crate::app::command::PaneId;
use crate::app::effect::{Effect, Tee};
use crate::app::logs::follow::{Batch, FeedState, Follower};
use crate::app::logs::insights::Insights;
use crate::app::logs::json_line;
use crate::app::logs::single_read::OneTimeReader;
use crate::app::logs::sources::Sources;
use crate::app::screen::Block;
use crate::model::Failure;
use crate::model::logs::Ms;
use jiff::{SignedDuration, Timestamp};
use log_store::shape::Shape;
use log_store::{Bin, FilterError, Key, Level, Limits, NewLine, Pos, SearchError, Source, Store, StreamId, View};
use std::collections::{BTreeMap, HashSet};

/// The owner of this pane's requests.
const NAME: &str = "logs";
/// The identifier of the Logs pane.
pub const ID: PaneId = PaneId(NAME);
/// The block with the lines.
pub const LINES: Block = Block("logs");
/// The block with the Insights result.
pub const INSIGHTS_RESULT: Block = Block("logs-found");
/// How far back lines are read at first, in milliseconds.
pub const INITIAL_SPAN: Ms = 15 * 60_000;

/// Maximum number of bytes copied: terminals accept no more by OSC 52.
pub const MAX_COPIED_BYTES: usize = 74_000;

/// How much of a structured line is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Detail {
    /// The message, followed by dimmed fields.
    #[default]
    Fields,
    /// The message alone.
    Message,
    /// The line as it was written.
    Raw,
}

/// The state of a live tail.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Live {
    /// Whether the live tail is switched on.
    pub on: bool,
    /// Serial number of the running tail.
    pub serial: Option<u64>,
    /// Time of the next attempt to open it.
    pub due: Ms,
    /// When it was switched on, to compute its cost.
    pub since: Ms,
    /// Consecutive failures.
    failed: Backoff,
}

/// The state of the Logs pane: lines, filters, and what is read.
#[derive(Debug, Clone)]
pub struct State {
    /// The stored lines.
    pub store: Store,
    /// The lines that pass the filter.
    pub view: View,
    /// The lines that pass the filter and match the search.
    pub matches: Option<View>,
    /// The search text, as it was typed.
    pub search: String,
    /// Why the search text is invalid.
    pub search_error: Option<SearchError>,
    /// The filter, as it was typed.
    pub filter: String,
    /// Why the typed filter is invalid.
    pub filter_error: Option<FilterError>,
    /// The minimum level shown.
    pub level: Level,
    /// Muted patterns, each with its description.
    pub muted: Vec<(Shape, String)>,
    /// Hidden services.
    pub hidden: HashSet<String>,
    /// Whether the newest line is kept in view.
    pub follow: bool,
    /// Whether the screen was paused in the last frame.
    pub was_paused: bool,
    /// Number of lines that arrived since the newest one left the view.
    pub new_lines: usize,
    /// Whether long lines are wrapped.
    pub wrap: bool,
    /// How much of structured lines is shown.
    pub detail: Detail,
    /// Fields of structured lines shown in columns of their own.
    pub columns: Vec<String>,
    /// The first visible column of long lines.
    pub shift: usize,
    /// Index of the selected line among those shown.
    pub selected_index: usize,
    /// The lines in the window.
    pub window: Vec<Pos>,
    /// The keys of these lines, which identify them until the next frame even if positions change.
    pub drawn_keys: Vec<Key>,
    /// Index of the first line in the window.
    pub offset: usize,
    /// Number of rows of the block.
    pub height: usize,
    /// Number of lines in each bin of the displayed time span.
    pub histogram: Vec<Bin>,
    /// The time span of the histogram.
    pub span: (Ms, Ms),
    /// The groups that lines come from, and those that are missing.
    pub sources: Sources,
    /// The environment's region, if known.
    pub region: Option<String>,
    /// The live tail.
    pub live: Live,
    /// The read of older lines that is running.
    pub older_read: Option<OlderRead>,
    /// The time to jump to as soon as its lines are here, and whether they were requested.
    pub moment: Option<(Ms, bool)>,
    /// Insights queries.
    pub insights: Insights,
    /// The last Insights result.
    pub table: Option<ResultTable>,
    /// Whether the result is shown instead of the lines.
    pub shows_table: bool,
    /// The file that receives every arriving line.
    pub tee: Option<String>,
    /// Lines for that file that arrived since the last effects.
    tee_lines: String,
    /// Effects that cancel requests no longer needed.
    leaving: Vec<Effect>,
    /// Number of lines that were not stored because they are older than the evicted ones.
    pub too_old: u64,
    /// Follows the groups; `None` until the groups are known.
    follower: Option<Follower>,
    /// The key of the selected line, which stays the same when lines move.
    selected: Option<Key>,
    /// When the groups were last derived from the services; 0 makes it due now.
    resolved: Ms,
    /// Groups found by patterns of the configuration.
    groups: Vec<String>,
    /// Lists of groups for these patterns, with their retry state.
    lists: Vec<Listing>,
    /// Names of the configured filters.
    pub named_filters: Vec<String>,
    /// The last serial number given to a request.
    serial: u64,
    /// Number of readers created so far, for followed groups, older lines and lists. Each reader numbers its requests from 1,
    /// so its own number is needed to tell them apart.
    readers: u64,
    /// Number of the reader that follows the groups.
    following: u64,
    /// Number of the reader of group lists.
    listing: u64,
    /// Whether the pane was ever opened; nothing is read before.
    opened: bool,
    /// When credentials were renewed. Nothing is requested until their account is known.
    renewed: Option<Timestamp>,
    /// Number of shown lines when the newest was last in view.
    ended: usize,
    /// Number of evicted lines at that time.
    fallen: u64,
    /// The newest shown line at that time.
    newest: Option<Key>,
    /// How far the service's clock is ahead of this machine's, in milliseconds.
    ahead: Ms,
    /// When the histogram was last counted.
    counted_at: Ms,
}

/// A list of groups for a pattern of the configuration.
#[derive(Debug, Clone)]
struct Listing {
    /// The configured pattern.
    pattern: String,
    /// When to request it; `None` if the request is pending or answered.
    due: Option<Ms>,
    /// Consecutive failures.
    failed: Backoff,
    /// Why the list could not be read.
    failure: Option<Failure>,
}

/// A read of older lines.
#[derive(Debug, Clone)]
pub struct OlderRead {
    reader: OneTimeReader,
    /// The reader's number.
    number: u64,
    pub from: Ms,
    pub to: Ms,
    /// Number of lines it has brought.
    pub lines: usize,
}

impl Default for State {
    fn default() -> Self {
        Self {
            store: Store::new(Limits::default()),
            view: View::default(),
            matches: None,
            search: String::new(),
            search_error: None,
            filter: String::new(),
            filter_error: None,
            level: Level::None,
            muted: Vec::new(),
            hidden: HashSet::new(),
            follow: true,
            was_paused: false,
            new_lines: 0,
            wrap: false,
            detail: Detail::default(),
            columns: Vec::new(),
            shift: 0,
            selected_index: 0,
            window: Vec::new(),
            drawn_keys: Vec::new(),
            offset: 0,
            height: 0,
            histogram: Vec::new(),
            span: (0, 0),
            sources: Sources::default(),
            region: None,
            live: Live::default(),
            older_read: None,
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
    /// Whether the pane was ever opened; nothing is read before.
    pub fn was_opened(&self) -> bool {
        self.opened
    }

    /// Sets how far the service's clock is ahead of this machine's.
    pub fn set_clock_offset(&mut self, ahead: SignedDuration) {
        self.ahead = i64::try_from(ahead.as_millis()).unwrap_or_default();
        if let Some(follower) = &mut self.follower {
            follower.set_ahead(self.ahead);
        }
    }

    /// Starts reading, because the pane was opened.
    pub fn open(&mut self) {
        self.opened = true;
    }

    /// The read state of each group.
    pub fn states(&self, now: Timestamp) -> Vec<FeedState> {
        self.follower.as_ref().map(|follower| follower.states(now.as_millisecond())).unwrap_or_default()
    }

    /// Drops pending requests after a change of credentials: their answers may belong to another account.
    pub fn renew(&mut self, now: Timestamp) {
        self.renewed = Some(now);
        self.older_read = None;
        self.live.serial = None;
        self.groups.clear();
        self.lists.clear();
        self.readers += 1;
        self.listing = self.readers;
        // The running query may belong to another account.
        self.stop_query();
        if let Some(follower) = &mut self.follower {
            follower.abandon_requests(now.as_millisecond());
        }
    }

    /// The lines that arrived for the tee file.
    pub fn take_tee(&mut self) -> Option<Effect> {
        let lines = std::mem::take(&mut self.tee_lines);
        (!lines.is_empty()).then_some(Effect::Tee(Tee::Lines(lines)))
    }

    /// Stores a batch. `comes` tells arriving lines from older ones.
    fn put(&mut self, batch: Batch, comes: bool) {
        for gap in batch.gaps {
            let source = Source { group: gap.group.clone(), service: gap.group.clone(), ..Source::default() };
            let stream = self.store.stream(source);
            let word = if gap.sampled { "SAMPLED" } else { "GAP" };
            let text = format!("{word} {} {} – {}: {}", gap.group, clock(gap.from), clock(gap.to), gap.why);
            self.store.push_note(gap.from, stream, gap.sampled, text.trim());
        }
        let mut known: BTreeMap<usize, StreamId> = BTreeMap::new();
        for line in &batch.lines {
            // Lines of one source share an allocation, whose address identifies the source.
            let place = std::sync::Arc::as_ptr(&line.source) as usize;
            let stream = *known.entry(place).or_insert_with(|| self.store.stream((*line.source).clone()));
            let text = line.event.message.trim_end_matches(['\n', '\r']);
            let new = NewLine { at: line.event.at, id: line.id, stream, text, late: line.late };
            let placed = self.store.push(&new);
            self.too_old += u64::from(placed == log_store::InsertOutcome::TooOld);
            // Older lines are not arriving lines, and are not written.
            if self.tee.is_some() && comes && placed != log_store::InsertOutcome::Duplicate {
                self.tee_lines.push_str(&json_line::received_line_json(line));
            }
        }
        self.store.forget_streams();
    }

    /// Adds a batch, for tests and benchmarks without a service.
    pub fn feed(&mut self, batch: Batch) {
        self.opened = true;
        self.put(batch, true);
    }

    /// The part of the older lines that has been read, from 0 to 1.
    pub fn older_read_progress(&self) -> Option<f64> {
        let past = self.older_read.as_ref()?;
        let read = past.reader.covered().clamp(past.from, past.to) - past.from;
        Some(read as f64 / (past.to - past.from).max(1) as f64)
    }
}

fn clock(at: Ms) -> String {
    Timestamp::from_millisecond(at).map_or_else(|_| "?".to_owned(), |at| at.strftime("%H:%M:%SZ").to_string())
}
