//! A command: its name, its words, its keys, where it is listened to, what it risks, when it applies, whether the
//! bottom line shows it, and what it does. Key map, palette, help, `docs/keys.md` and confirmation all derive from its
//! row. The rows that every pane shares are in `commands`; a pane's own are in its folder.

use super::effect::Effect;
use crate::model::key::Key;
pub use crate::model::risk::Risk;
use std::fmt;

/// The name of a command, by which it is bound, run and found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(pub &'static str);

macro_rules! ids {
    ($($id:ident = $name:literal,)*) => {
        /// The commands that every pane shares.
        impl Id {
            $(#[doc = concat!("`", $name, "`.")] pub const $id: Self = Self($name);)*
        }
    };
}

ids! {
    OPEN = "open",
    BACK = "back",
    ACTIONS = "actions",
    FILTER = "filter",
    SORT = "sort",
    INSPECT = "inspect",
    COPY = "copy",
    CONSOLE = "console",
    REFRESH = "refresh",
    ENVIRONMENT = "environment",
    HELP = "help",
    PALETTE = "palette",
    ZOOM = "zoom",
    PAUSE = "pause",
    ACTIVITY = "activity",
    NEXT_BLOCK = "next-block",
    PREVIOUS_BLOCK = "previous-block",
    DOWN = "down",
    UP = "up",
    LEFT = "left",
    RIGHT = "right",
    FIRST = "first",
    LAST = "last",
    HALF_DOWN = "half-down",
    HALF_UP = "half-up",
    PAGE_DOWN = "page-down",
    PAGE_UP = "page-up",
    NEXT_MATCH = "next-match",
    PREVIOUS_MATCH = "previous-match",
    DEPLOY = "deploy",
    ROLL_BACK = "roll-back",
    SCALE = "scale",
    FORCE = "force",
    STOP_TASK = "stop-task",
    POWER = "power",
    WATCH = "watch",
    SCALING_SUSPEND = "scaling-suspend",
    SCALING_RESUME = "scaling-resume",
    SCALING_LIMITS = "scaling-limits",
    SKIP_STOP = "skip-stop",
    SKIP_START = "skip-start",
    SUSPEND = "suspend",
    QUIT = "quit",
    ACCEPT = "accept",
    CANCEL = "cancel",
    INPUT_UP = "input-up",
    INPUT_DOWN = "input-down",
    INPUT_PAGE_UP = "input-page-up",
    INPUT_PAGE_DOWN = "input-page-down",
    INPUT_NEXT = "input-next",
    DELETE_BACK = "delete-back",
    DELETE_HERE = "delete-here",
    DELETE_WORD = "delete-word",
    DELETE_ALL = "delete-all",
    CURSOR_LEFT = "cursor-left",
    CURSOR_RIGHT = "cursor-right",
    CURSOR_START = "cursor-start",
    CURSOR_END = "cursor-end",
}

/// The name of a pane.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PaneId(pub &'static str);

/// Where a command's keys are listened to. The more special scope wins over the more general.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// A line of text is being typed.
    Input,
    /// Several lines are being typed in a block of the pane that is shown.
    Text,
    /// Something lies over the panes.
    Overlay,
    /// The pane of this name.
    Pane(&'static str),
    /// In blocks that have rows.
    List,
    /// Listens in every pane.
    Global,
}

/// Whether a command stands on the bottom line, and where: the smallest number first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bottom {
    /// Not by itself: it stands among what can be done with the selected thing.
    No,
    /// First, as it is daily work: of a pane's own commands, and of those that change something.
    First(u8),
    /// After what can be done to the selected thing.
    Then(u8),
    /// There too, but not where a pane has commands of its own to show.
    Room(u8),
}

/// A command of a state `A`.
pub struct Command<A> {
    /// Its name, in the configuration and the palette too.
    pub id: Id,
    /// Where its keys are listened to.
    pub scope: Scope,
    pub risk: Risk,
    /// Two or three words for the bottom line.
    pub title: &'static str,
    /// Default keys, the one to show first.
    pub keys: &'static [&'static str],
    /// The effect of the command, in a sentence: for help and docs.
    pub doc: &'static str,
    does: Does<A>,
    /// Whether it has something to act on now: the list of actions asks.
    when: When<A>,
    /// Whether the bottom line shows it.
    pub bottom: Bottom,
    /// Whether a window with buttons takes it.
    pub in_dialogs: bool,
}

/// The function that a command runs.
enum Does<A> {
    /// One of the program's.
    Own(fn(&mut A) -> Vec<Effect>),
    /// One of several that are run in one way, by its number among them.
    Numbered(fn(&mut A, usize) -> Vec<Effect>, usize),
}

/// When a command applies.
enum When<A> {
    /// One of the program's.
    Own(fn(&A) -> bool),
    /// One of several, by its number among them.
    Numbered(fn(&A, usize) -> bool, usize),
}

impl<A> fmt::Debug for Command<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id.0)
    }
}

impl<A> Command<A> {
    /// A command that only looks, and always applies.
    pub const fn new(
        id: Id,
        scope: Scope,
        title: &'static str,
        keys: &'static [&'static str],
        doc: &'static str,
        run: fn(&mut A) -> Vec<Effect>,
    ) -> Self {
        let (risk, bottom, in_dialogs) = (Risk::Read, Bottom::No, false);
        let (does, when) = (Does::Own(run), When::Own(|_| true));
        Self { id, scope, risk, title, keys, doc, does, when, bottom, in_dialogs }
    }

    /// A command that shares its function with others, told apart by number.
    #[must_use]
    pub fn numbered(
        self,
        number: usize,
        run: fn(&mut A, usize) -> Vec<Effect>,
        applies: fn(&A, usize) -> bool,
    ) -> Self {
        Self { does: Does::Numbered(run, number), when: When::Numbered(applies, number), ..self }
    }

    /// Whether it is one of several that the configuration names.
    pub fn is_numbered(&self) -> bool {
        matches!(self.does, Does::Numbered(..))
    }

    /// Runs the command.
    pub fn run(&self, state: &mut A) -> Vec<Effect> {
        match self.does {
            Does::Own(run) => run(state),
            Does::Numbered(run, number) => run(state, number),
        }
    }

    /// Whether it has something to act on now.
    pub fn applies(&self, state: &A) -> bool {
        match self.when {
            When::Own(applies) => applies(state),
            When::Numbered(applies, number) => applies(state, number),
        }
    }

    /// Sets the risk of the command.
    #[must_use]
    pub const fn risks(mut self, risk: Risk) -> Self {
        self.risk = risk;
        self
    }

    /// Sets when the command applies.
    #[must_use]
    pub const fn when(mut self, applies: fn(&A) -> bool) -> Self {
        self.when = When::Own(applies);
        self
    }

    /// Shows the command on the bottom line.
    #[must_use]
    pub const fn on_bottom(mut self, bottom: Bottom) -> Self {
        self.bottom = bottom;
        self
    }

    /// Has the command listen in windows with buttons, too.
    #[must_use]
    pub const fn in_dialogs(mut self) -> Self {
        self.in_dialogs = true;
        self
    }

    /// The name by which it is bound, found in the palette and documented.
    pub const fn name(&self) -> &'static str {
        self.id.0
    }

    /// The default keys, parsed.
    pub fn default_keys(&self) -> Vec<Key> {
        self.keys.iter().filter_map(|key| key.parse().ok()).collect()
    }
}
