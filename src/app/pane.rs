//! The declaration of a pane: data and functions over a state `A`. The panes themselves are in `src/panes`; nothing
//! here, and nothing else in `src/app`, knows one of them.

use super::command::{Command, Id, PaneId, Risk};
use super::effect::Effect;
use super::event::{Answer, Mouse};
use super::overlay::{Line, Tone, Wanted};
use super::screen::Block;
use super::subject::{Fact, Subject};
use crate::model::estate::SourceStatus;
use crate::model::{Health, Source};
use ratatui::layout::Rect;
use std::fmt;
use std::time::Duration;

/// A pane: a tab of the screen, with its views, commands and hooks.
pub struct Pane<A: 'static> {
    /// Its name, and that of the command that goes to it.
    pub id: PaneId,
    /// The title on its tab.
    pub title: &'static str,
    /// The key that goes to it, which stands on its tab; empty: it has no tab, and is opened from elsewhere.
    pub key: &'static str,
    /// A sentence on the command that goes to the pane, for help and documentation.
    pub doc: &'static str,
    /// Over its own commands, in help and documentation.
    pub heading: &'static str,
    /// Its own commands: listened to while it is shown.
    pub commands: &'static [Command<A>],
    /// Its commands that are listened to in every list.
    pub in_lists: &'static [Command<A>],
    /// Commands on the selected thing, most useful first; those that apply are offered.
    pub actions: &'static [Id],
    /// Its views: a list, one entry of the list, one part of an entry.
    pub views: &'static [&'static ViewSpec<A>],
    /// Which of these is shown.
    pub view: fn(&A) -> &'static ViewSpec<A>,
    /// Its behaviour where it differs from that of all panes.
    pub hooks: Hooks<A>,
}

/// A view of a pane.
pub struct ViewSpec<A: 'static> {
    pub name: &'static str,
    /// Its blocks, in the order of `Tab`; the first has the focus at first.
    pub blocks: &'static [&'static BlockSpec<A>],
    /// Blocks that only show what is selected in another: they take no focus.
    pub beside: &'static [&'static BlockSpec<A>],
    /// Where its blocks are, in the place below the summary.
    pub layout: fn(&A, Rect, &mut Layout),
    /// Rows of the summary above the blocks, in a place of this height.
    pub summary: fn(&A, u16) -> u16,
    /// The thing that the view shows; none for a list.
    pub about: fn(&A) -> Option<Subject>,
    /// The block that lists services: those that it shows are read first.
    pub services: Option<Block>,
    /// The sources that a refresh on demand reads again.
    pub sources: &'static [Source],
}

/// A framed part of a view.
pub struct BlockSpec<A: 'static> {
    /// The block's name.
    pub block: Block,
    /// The title in its frame.
    pub title: &'static str,
    /// Whether its rows have a line of column titles above them.
    pub header: bool,
    /// The columns by which it can be sorted, in their order on the screen; empty: it has its own order.
    pub columns: &'static [&'static str],
    pub rows: Rows<A>,
    /// Whether its last row, where it is selected, stays so while rows come.
    pub follows_end: bool,
    /// Whether a row counts as one of the things that are listed: some tell more of the row above.
    pub counts: fn(&str) -> bool,
    /// The selected thing, by the key of the selected row.
    pub subject: fn(&A, Option<&str>) -> Option<Subject>,
    /// Goes into the selected row; none: into what it stands for.
    pub open: fn(&mut A) -> Option<Vec<Effect>>,
    /// The whole of a row that has no page of its own, to be read where its columns are cut.
    pub whole: fn(&A, &str) -> Vec<Fact>,
    /// Where its freshness, errors and empty state come from.
    pub data: Data<A>,
}

/// Where the rows of a block come from.
pub enum Rows<A> {
    /// It has none: it draws itself.
    None,
    /// Keys of the rows, sorted and filtered, and how many there are before the filter.
    Sorted(fn(&A, &Order<'_>) -> (Vec<String>, usize)),
    /// Keys in their order, each with the text that a filter looks into.
    Lines(fn(&A) -> Vec<(String, String)>),
    /// The same of what happened, the newest first: who is at the first one, or has not moved, sees what is new. Nothing of it is
    /// acted on: what comes under a hand would be.
    News(fn(&A) -> Vec<(String, String)>),
    /// Rows by their number, of which only those in the window are asked for a key: there may be millions.
    Window {
        /// How many there are, with what a filter looks for.
        count: fn(&A, &str) -> usize,
        key: fn(&A, usize) -> String,
    },
    /// Labelled lines, as they come.
    Facts(fn(&A) -> Vec<Fact>),
}

/// How rows are to be sorted and filtered.
pub struct Order<'a> {
    /// The number of the column.
    pub column: usize,
    /// Whether it is sorted downwards.
    pub reversed: bool,
    /// The filter that rows must match.
    pub wanted: Option<&'a Wanted>,
}

/// Sources with how they stand.
pub type Statuses = Vec<(Source, SourceStatus)>;

/// The words of a block while it is empty: lines with their health; the first has its sign.
pub type Words = Vec<(Health, String)>;

/// How the data of a block stands.
pub enum Data<A> {
    /// The status of the sources that the pane is made of.
    Read {
        /// The sources that it is made of, and those that only add to it.
        status: fn(&A) -> (Statuses, Statuses),
        /// The configuration key that is missing, in words, where one is.
        missing: fn(&A) -> Option<String>,
        /// The lines that the block shows where everything was read and there is nothing.
        empty: fn(&A) -> Words,
    },
    /// It computes its own.
    Own(fn(&A) -> DataStatus),
}

/// Freshness, error and empty state of a block.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DataStatus {
    /// The age to show, because it is too old: `45s old`.
    pub age: Option<String>,
    /// The failure or gap, for the lower frame.
    pub trouble: Option<(Health, String)>,
    /// Whether the data is the last good one of a source that fails.
    pub dimmed: bool,
    /// Whether the first answer is on its way.
    pub loading: bool,
    /// The lines that the block shows while it has no rows.
    pub empty: Words,
}

/// The question that a pane asks before it changes something, in a window with buttons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmation {
    /// The title in the frame of the window.
    pub title: String,
    /// On the button that does it.
    pub verb: String,
    /// The risk of the change: it and whether the environment is guarded decide what a yes takes.
    pub risk: Risk,
    /// Paragraphs to read before a yes.
    pub text: Vec<(Tone, String)>,
    /// The command line that does the same, which `y` copies.
    pub command: String,
    /// The exact content that a yes is given for, beside the text: when it changes, the question has to be read again.
    pub bound: String,
    /// Lines below the text that change while one reads, and that a yes does not depend on. So many as there may be: a window
    /// that grows is another one.
    pub live: Vec<(Tone, String)>,
}

/// Something of a pane that goes on, for the line of the tabs and the activity drawer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Going {
    /// The activity's name: `apply`.
    pub title: String,
    /// How far it is: `4/6`.
    pub fraction: String,
    /// Whether it goes well.
    pub health: Health,
    /// A sentence for the drawer.
    pub words: String,
    /// Since when, or how long ago it ended.
    pub note: String,
    /// Whether it still goes on.
    pub runs: bool,
    /// When it ended and may have changed what runs: a mark on curves.
    pub mark: Option<jiff::Timestamp>,
}

/// How something stood when somebody looked last, for those who do not look now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glance {
    /// The name of the look: `health`.
    pub label: &'static str,
    /// A sentence, with its age.
    pub text: String,
    /// A few words, with its age.
    pub brief: String,
    /// How, where it is not as it should be.
    pub health: Option<Health>,
}

/// Where the parts of the screen are drawn.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    /// Environment, account, identity, time.
    pub top: Rect,
    /// The line of the tabs.
    pub tabs: Rect,
    /// A line about the opened thing, and why it is as it is.
    pub summary: Option<Rect>,
    /// Titles of all blocks of the view, where only the focused one is shown.
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

    /// Whether a block takes the focus here.
    pub fn takes_focus(&self, block: Block) -> bool {
        self.blocks.iter().any(|spec| spec.block == block)
    }
}

impl<A> BlockSpec<A> {
    /// The short form for a block without rows, which draws itself.
    pub const fn drawn(block: Block, title: &'static str, data: Data<A>) -> Self {
        Self {
            block,
            title,
            header: false,
            columns: &[],
            rows: Rows::None,
            follows_end: false,
            counts: |_| true,
            subject: |_, _| None,
            open: |_| None,
            whole: |_, _| Vec::new(),
            data,
        }
    }

    /// Whether it has rows that can be selected.
    pub const fn has_rows(&self) -> bool {
        !matches!(self.rows, Rows::None)
    }
}

/// A movement of the selection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // each says it all
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

/// The behaviour of a pane where it differs from that of all panes. A pane names the hooks it needs and takes the rest
/// from [`Hooks::NONE`].
pub struct Hooks<A: 'static> {
    /// Its key was pressed, or its tab.
    pub entered: fn(&mut A),
    /// A key or the mouse comes: what is shown is brought up to date, so that it means what is seen.
    pub prepare: fn(&mut A),
    /// A movement; false: the list of the focused block moves.
    pub moves: fn(&mut A, Motion) -> bool,
    /// `Esc`: takes back what was opened or typed in it; false: there is nothing.
    pub back: fn(&mut A) -> bool,
    /// `Esc`, where nothing else is left to take back: one level up.
    pub up: fn(&mut A),
    /// Opens a thing, if it is one of those that are shown here.
    pub shows: fn(&mut A, &Subject) -> Option<Vec<Effect>>,
    /// `Enter`; none: the selected thing is opened.
    pub open: fn(&mut A) -> Option<Vec<Effect>>,
    /// The raw fields; none: those of the selected thing are shown.
    pub inspect: fn(&mut A) -> Option<Vec<Effect>>,
    /// The text that is copied; none: the name of the selected thing.
    pub copy: fn(&A) -> Option<String>,
    /// The mouse in one of its blocks; none: it selects rows.
    pub mouse: fn(&mut A, Rect, Mouse) -> Option<Vec<Effect>>,
    /// Whether one of its own commands means something in what is shown of it; else its key means what it does in lists.
    pub takes: fn(&A, Id) -> bool,
    /// Whether letters are typed into its focused block: they are no keys there.
    pub edits: fn(&A) -> bool,
    /// Text was typed or pasted there.
    pub text: fn(&mut A, &str) -> Vec<Effect>,
    /// A line is being typed for it, of this kind: it has changed.
    pub typed: fn(&mut A, u8, &str),
    /// The line is accepted: the kind that it was asked for, and its text.
    pub accepted: fn(&mut A, u8, &str) -> Vec<Effect>,
    /// The lines of a window of its own, as things stand.
    pub lines: fn(&A, u8) -> Vec<Line>,
    /// A line of such a window was chosen.
    pub picked: fn(&mut A, u8, &str) -> Vec<Effect>,
    /// The question of such a window before something that costs: when it changes, it has to be read again.
    pub asks: fn(&A, u8) -> Option<String>,
    /// The confirmation in a window with buttons of its own; none where there is nothing to ask any more.
    pub confirm: fn(&A, u8) -> Option<Confirmation>,
    /// It was answered with yes.
    pub confirmed: fn(&mut A, u8) -> Vec<Effect>,
    /// The activity under way in the pane, told whichever pane is shown.
    pub going: fn(&A) -> Option<Going>,
    /// How the environment was reached from outside when somebody looked last.
    pub reached: fn(&A) -> Option<Glance>,
    /// Questions that are due now, whether the pane is shown or not, also while the screen is paused.
    pub plan: fn(&mut A) -> Vec<Effect>,
    /// An answer to what it asked.
    pub answer: fn(&mut A, Answer),
    /// An answer to what it asked of an environment that is not opened any more: what was done is told, and nothing of it shown.
    pub late: fn(&mut A, Answer),
    /// Credentials were renewed: what is under way may be another account's.
    pub renewed: fn(&mut A),
    /// How far the service's clock is ahead has changed.
    pub clock: fn(&mut A),
    /// The file that lines are written into as they come cannot be written.
    pub tee_ended: fn(&mut A, &str),
    /// The loss that leaving the session would cause, in a sentence: leaving asks first.
    pub loses: fn(&A) -> Option<String>,
    /// Another environment is wanted. True: it asks first, as something would be lost, and opens it after a yes.
    pub holds: fn(&mut A, &str) -> bool,
    /// The session ends: what is kept of it for the next one.
    pub leaves: fn(&mut A) -> Vec<Effect>,
    /// Another environment is about to be opened: nothing of the one before stays.
    pub switched: fn(&mut A) -> Vec<Effect>,
    /// Brings what it shows up to date for a drawing.
    pub settle: fn(&mut A),
    /// How long it can wait for the next tick, where that is less than a second.
    pub next_tick: fn(&A) -> Option<Duration>,
}

impl<A> Hooks<A> {
    /// The hooks of a pane that does nothing of its own.
    pub const NONE: Self = Self {
        entered: |_| {},
        prepare: |_| {},
        moves: |_, _| false,
        back: |_| false,
        up: |_| {},
        shows: |_, _| None,
        open: |_| None,
        inspect: |_| None,
        copy: |_| None,
        mouse: |_, _, _| None,
        takes: |_, _| true,
        edits: |_| false,
        text: |_, _| Vec::new(),
        typed: |_, _, _| {},
        accepted: |_, _, _| Vec::new(),
        lines: |_, _| Vec::new(),
        picked: |_, _, _| Vec::new(),
        asks: |_, _| None,
        confirm: |_, _| None,
        confirmed: |_, _| Vec::new(),
        going: |_| None,
        reached: |_| None,
        plan: |_| Vec::new(),
        answer: |_, _| {},
        late: |_, _| {},
        renewed: |_| {},
        clock: |_| {},
        tee_ended: |_, _| {},
        loses: |_| None,
        holds: |_, _| false,
        leaves: |_| Vec::new(),
        switched: |_| Vec::new(),
        settle: |_| {},
        next_tick: |_| None,
    };
}

impl<A> fmt::Debug for Pane<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id.0)
    }
}
