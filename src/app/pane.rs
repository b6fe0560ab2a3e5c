//! The declaration of a pane: data and functions over a state `A`. The panes themselves are in `src/panes`; nothing in
//! `src/app` knows any of them.

use super::command::{Command, Id, PaneId, Risk};
use super::effect::Effect;
use super::event::{Answer, Mouse};
use super::overlay::{Line, SearchText, Tone};
use super::screen::Block;
use super::subject::{Fact, Subject};
use crate::model::estate::SourceStatus;
use crate::model::{Health, Source};
use ratatui::layout::Rect;
use std::fmt;
use std::time::Duration;

/// A pane: a tab of the screen, with its views, commands and hooks.
pub struct Pane<A: 'static> {
    /// Its name, and the name of the command that opens it.
    pub id: PaneId,
    /// The title on its tab.
    pub title: &'static str,
    /// The key that opens the pane, shown on its tab; if empty, the pane has no tab and is opened from elsewhere.
    pub key: &'static str,
    /// A sentence about the command that opens the pane, for help and documentation.
    pub doc: &'static str,
    /// The heading of its own commands in help and documentation.
    pub heading: &'static str,
    /// Its own commands, whose keys apply while it is shown.
    pub commands: &'static [Command<A>],
    /// Its commands whose keys apply in every list.
    pub in_lists: &'static [Command<A>],
    /// Commands on the selected thing, most useful first; only those that apply are offered.
    pub actions: &'static [Id],
    /// Its views: a list, one entry of the list, one part of an entry.
    pub views: &'static [&'static ViewSpec<A>],
    /// Returns the view that is shown.
    pub view: fn(&A) -> &'static ViewSpec<A>,
    /// Its behaviour where it differs from the common one.
    pub hooks: Hooks<A>,
}

/// A view of a pane.
pub struct ViewSpec<A: 'static> {
    pub name: &'static str,
    /// Its blocks, in the order of `Tab`; the first has the focus initially.
    pub blocks: &'static [&'static BlockSpec<A>],
    /// Blocks that only show what is selected in another block; they never have the focus.
    pub unfocusable_blocks: &'static [&'static BlockSpec<A>],
    /// Places its blocks in the area below the summary.
    pub layout: fn(&A, Rect, &mut Layout),
    /// Number of rows of the summary above the blocks, for an area of this height.
    pub summary: fn(&A, u16) -> u16,
    /// The thing that the view shows; `None` for a list.
    pub subject: fn(&A) -> Option<Subject>,
    /// The block that lists services: the services in view are read first.
    pub services: Option<Block>,
    /// The sources that a manual refresh reads again.
    pub sources: &'static [Source],
}

/// A framed part of a view.
pub struct BlockSpec<A: 'static> {
    /// The block's name.
    pub block: Block,
    /// The title in its frame.
    pub title: &'static str,
    /// Whether a line of column titles is above its rows.
    pub header: bool,
    /// The columns by which it can be sorted, in their order on the screen; empty if it has its own order.
    pub columns: &'static [&'static str],
    pub rows: Rows<A>,
    /// Whether the last row, once selected, stays selected while rows are added.
    pub follows_end: bool,
    /// Whether a row counts as an entry: some rows only continue the row above.
    pub is_entry: fn(&str) -> bool,
    /// The selected thing, by the key of the selected row.
    pub subject: fn(&A, Option<&str>) -> Option<Subject>,
    /// Opens the selected row; `None` opens what the row stands for.
    pub open: fn(&mut A) -> Option<Vec<Effect>>,
    /// The full content of a row that has no page of its own, for reading columns that are cut.
    pub details: fn(&A, &str) -> Vec<Fact>,
    /// The source of its freshness, errors and empty state.
    pub data: Data<A>,
}

/// The source of a block's rows.
pub enum Rows<A> {
    /// No rows: the block draws itself.
    None,
    /// Keys of the rows, sorted and filtered, and the number of rows before filtering.
    Sorted(fn(&A, &Order<'_>) -> (Vec<String>, usize)),
    /// Keys in their order, each with the text that a filter searches.
    Lines(fn(&A) -> Vec<(String, String)>),
    /// Like `Lines`, but events with the newest first: a selection on the first row stays on the newest. Rows here
    /// offer no actions, because a new row could slip under the selection just as one is chosen.
    NewestFirst(fn(&A) -> Vec<(String, String)>),
    /// Rows by index; only those in the window are asked for a key, because there may be millions.
    Window {
        /// Number of rows that match the filter.
        count: fn(&A, &str) -> usize,
        key: fn(&A, usize) -> String,
    },
    /// Labelled lines in their order.
    Facts(fn(&A) -> Vec<Fact>),
}

/// The order and filter of rows.
pub struct Order<'a> {
    /// The index of the column.
    pub column: usize,
    /// Whether the order is descending.
    pub reversed: bool,
    /// The text that rows must contain.
    pub wanted: Option<&'a SearchText>,
}

/// Sources with their status.
pub type Statuses = Vec<(Source, SourceStatus)>;

/// The text of an empty block: lines with their health; the sign stands before the first line.
pub type StatusLines = Vec<(Health, String)>;

/// The source of a block's data status.
pub enum Data<A> {
    /// Derived from the status of the block's sources.
    Read {
        /// The sources that fill its rows, and those that only add to them.
        status: fn(&A) -> (Statuses, Statuses),
        /// The configuration key that is missing, as a sentence, if any.
        missing: fn(&A) -> Option<String>,
        /// The lines shown if everything was read and there is nothing.
        empty: fn(&A) -> StatusLines,
    },
    /// Computed by the block itself.
    Own(fn(&A) -> DataStatus),
}

/// The freshness, error and empty state of a block.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DataStatus {
    /// The age of the data, if it is too old: `45s old`.
    pub age: Option<String>,
    /// The failure or gap, shown in the lower frame.
    pub trouble: Option<(Health, String)>,
    /// Whether this is the last good data of a failing source.
    pub dimmed: bool,
    /// Whether the first answer is still awaited.
    pub loading: bool,
    /// The lines shown while the block has no rows.
    pub empty: StatusLines,
}

/// The confirmation that a pane requires before a change, in a window with buttons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmation {
    /// The title in the frame of the window.
    pub title: String,
    /// The label of the button that makes the change.
    pub verb: String,
    /// The risk of the change; with whether the environment is guarded, it determines the consent required.
    pub risk: Risk,
    /// Paragraphs to read before confirming.
    pub text: Vec<(Tone, String)>,
    /// The command line that does the same, which `y` copies.
    pub command: String,
    /// What the consent covers beside the text: when it changes, the question must be read again.
    pub covered_content: String,
    /// Lines below the text that change while it is read, and that the consent does not depend on. Their number is
    /// fixed, because a window that grows counts as another window.
    pub live: Vec<(Tone, String)>,
}

/// Work in progress in a pane, for the tab line and the activity window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// The activity's name: `apply`.
    pub title: String,
    /// The progress: `4/6`.
    pub fraction: String,
    /// Its current health.
    pub health: Health,
    /// A sentence for the activity window.
    pub sentence: String,
    /// How long it has been running, or how long ago it ended.
    pub note: String,
    /// Whether it is still running.
    pub is_running: bool,
    /// When it ended, if it may have changed what runs: a mark on charts.
    pub ended_at: Option<jiff::Timestamp>,
}

/// The last observed state of something, for panes that do not observe it themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glance {
    /// The label: `health`.
    pub label: &'static str,
    /// A sentence, including the age.
    pub text: String,
    /// A few words, including the age.
    pub brief: String,
    /// The health, if something is wrong.
    pub health: Option<Health>,
}

/// The places of the parts of the screen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    /// The line with environment, account, identity and time.
    pub top: Rect,
    /// The line of the tabs.
    pub tabs: Rect,
    /// A line about the open thing and the reasons for its health.
    pub summary: Option<Rect>,
    /// The titles of all blocks of the view, if only the focused one is shown.
    pub strip: Option<Rect>,
    /// The blocks that are shown.
    pub blocks: Vec<(Block, Rect)>,
    /// The line of keys at the bottom.
    pub bottom: Rect,
}

impl<A> ViewSpec<A> {
    /// The names of its blocks, in the order of `Tab`.
    pub fn names(&self) -> impl Iterator<Item = Block> + use<'_, A> {
        self.blocks.iter().map(|spec| spec.block)
    }

    /// Whether a block of this view can have the focus.
    pub fn takes_focus(&self, block: Block) -> bool {
        self.blocks.iter().any(|spec| spec.block == block)
    }
}

impl<A> BlockSpec<A> {
    /// Shorthand for a block without rows that draws itself.
    pub const fn self_drawn(block: Block, title: &'static str, data: Data<A>) -> Self {
        Self {
            block,
            title,
            header: false,
            columns: &[],
            rows: Rows::None,
            follows_end: false,
            is_entry: |_| true,
            subject: |_, _| None,
            open: |_| None,
            details: |_, _| Vec::new(),
            data,
        }
    }

    /// Whether it has selectable rows.
    pub const fn has_rows(&self) -> bool {
        !matches!(self.rows, Rows::None)
    }
}

/// A movement of the selection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // names are self-explanatory
pub enum Motion {
    Left,
    Right,
    Down,
    Up,
    First,
    Last,
    HalfDown,
    HalfUp,
    PageDown,
    PageUp,
    NextMatch,
    PreviousMatch,
}

/// The behaviour of a pane where it differs from the common one. A pane sets the hooks it needs and takes the rest from
/// [`Hooks::NONE`].
pub struct Hooks<A: 'static> {
    /// Called when the pane's key is pressed or its tab is clicked.
    pub entered: fn(&mut A),
    /// Called before a key or mouse event is handled: brings the content up to date, so that the input applies to what
    /// is visible.
    pub prepare: fn(&mut A),
    /// Handles a movement; if false, the list of the focused block moves.
    pub moves: fn(&mut A, Motion) -> bool,
    /// `Esc`: closes or clears what was opened or typed in the pane; false if there is nothing.
    pub back: fn(&mut A) -> bool,
    /// `Esc` when there is nothing left to close: goes up one level.
    pub up: fn(&mut A),
    /// Opens a thing, if the pane shows things of its kind.
    pub open_subject: fn(&mut A, &Subject) -> Option<Vec<Effect>>,
    /// `Enter`; if `None`, the selected thing is opened.
    pub open: fn(&mut A) -> Option<Vec<Effect>>,
    /// Shows raw fields; if `None`, those of the selected thing.
    pub inspect: fn(&mut A) -> Option<Vec<Effect>>,
    /// The text to copy; if `None`, the name of the selected thing.
    pub copy: fn(&A) -> Option<String>,
    /// A mouse event in one of its blocks; if `None`, it selects rows.
    pub mouse: fn(&mut A, Rect, Mouse) -> Option<Vec<Effect>>,
    /// Whether one of the pane's own commands applies in the current view; if not, its key has its meaning in lists.
    pub accepts_command: fn(&A, Id) -> bool,
    /// Whether letters are typed into its focused block instead of being keys.
    pub edits: fn(&A) -> bool,
    /// Text was typed or pasted into that block.
    pub text: fn(&mut A, &str) -> Vec<Effect>,
    /// The input line of this kind, being typed for the pane, has changed.
    pub typed: fn(&mut A, u8, &str),
    /// The input line of this kind was accepted, with its text.
    pub accepted: fn(&mut A, u8, &str) -> Vec<Effect>,
    /// The current lines of one of the pane's own windows.
    pub lines: fn(&A, u8) -> Vec<Line>,
    /// A line of such a window was chosen.
    pub picked: fn(&mut A, u8, &str) -> Vec<Effect>,
    /// The question in such a window before something that costs money: when it changes, it must be read again.
    pub question: fn(&A, u8) -> Option<String>,
    /// The content of a confirmation window; `None` if there is nothing to confirm any more.
    pub confirm: fn(&A, u8) -> Option<Confirmation>,
    /// The confirmation was accepted.
    pub confirmed: fn(&mut A, u8) -> Vec<Effect>,
    /// The work in progress in the pane, reported whichever pane is shown.
    pub activity: fn(&A) -> Option<Activity>,
    /// How the environment was last seen to be reachable from outside.
    pub reachability: fn(&A) -> Option<Glance>,
    /// Requests that are due now, whether or not the pane is shown, and also while the screen is paused.
    pub plan: fn(&mut A) -> Vec<Effect>,
    /// An answer to one of the pane's requests.
    pub answer: fn(&mut A, Answer),
    /// An answer to a request about an environment that is no longer open: completed actions are reported, but nothing
    /// else is shown.
    pub stale_answer: fn(&mut A, Answer),
    /// Credentials were renewed: requests in progress may use another account.
    pub renewed: fn(&mut A),
    /// The offset of AWS's clock has changed.
    pub clock_changed: fn(&mut A),
    /// The file that incoming lines are also written to cannot be written.
    pub tee_ended: fn(&mut A, &str),
    /// What quitting would lose, as a sentence: quitting asks first.
    pub loss: fn(&A) -> Option<String>,
    /// Another environment is to be opened. Returns true if the pane must ask first because something would be lost; it
    /// then opens the environment once confirmed.
    pub confirms_switch: fn(&mut A, &str) -> bool,
    /// The session ends: saves what the next session needs.
    pub on_quit: fn(&mut A) -> Vec<Effect>,
    /// Another environment is about to be opened: drops everything of the current one.
    pub on_switch: fn(&mut A) -> Vec<Effect>,
    /// Brings its content up to date for drawing.
    pub settle: fn(&mut A),
    /// The longest time it can wait for the next tick, if less than a second.
    pub next_tick: fn(&A) -> Option<Duration>,
}

impl<A> Hooks<A> {
    /// The hooks of a pane without behaviour of its own.
    pub const NONE: Self = Self {
        entered: |_| {},
        prepare: |_| {},
        moves: |_, _| false,
        back: |_| false,
        up: |_| {},
        open_subject: |_, _| None,
        open: |_| None,
        inspect: |_| None,
        copy: |_| None,
        mouse: |_, _, _| None,
        accepts_command: |_, _| true,
        edits: |_| false,
        text: |_, _| Vec::new(),
        typed: |_, _, _| {},
        accepted: |_, _, _| Vec::new(),
        lines: |_, _| Vec::new(),
        picked: |_, _, _| Vec::new(),
        question: |_, _| None,
        confirm: |_, _| None,
        confirmed: |_, _| Vec::new(),
        activity: |_| None,
        reachability: |_| None,
        plan: |_| Vec::new(),
        answer: |_, _| {},
        stale_answer: |_, _| {},
        renewed: |_| {},
        clock_changed: |_| {},
        tee_ended: |_, _| {},
        loss: |_| None,
        confirms_switch: |_, _| false,
        on_quit: |_| Vec::new(),
        on_switch: |_| Vec::new(),
        settle: |_| {},
        next_tick: |_| None,
    };
}

impl<A> fmt::Debug for Pane<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id.0)
    }
}
