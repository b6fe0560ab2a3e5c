//! A command: its name, title, keys, scope, risk, when it applies, its place on the bottom line, and what it does. The
//! key map, palette, help, `docs/keys.md` and the confirmation all derive from this row. Commands that every pane
//! shares are in `commands`; a pane's own are in its folder.

use super::effect::Effect;
use crate::model::key::Key;
pub use crate::model::risk::Risk;
use std::fmt;

/// The name of a command; used to bind, run and find it.
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

/// Where a command's keys apply. A more specific scope takes precedence over a more general one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// A line of text is being typed.
    Input,
    /// Several lines are being typed in a block of the pane that is shown.
    Text,
    /// A window lies over the panes.
    Overlay,
    /// The pane of this name.
    Pane(&'static str),
    /// In blocks that have rows.
    List,
    /// In every pane.
    Global,
}

/// Whether a command is on the bottom line, and in which order: smallest number first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bottom {
    /// Not listed by itself, only among the actions on the selected thing.
    No,
    /// First, because it is daily work: a pane's own commands, and those that change something.
    First(u8),
    /// After the actions on the selected thing.
    Then(u8),
    /// Like `Then`, but only in panes that show no commands of their own.
    IfRoom(u8),
}

/// A command that acts on a state of type `A`.
pub struct Command<A> {
    /// Its name, also used in the configuration and the palette.
    pub id: Id,
    /// Where its keys apply.
    pub scope: Scope,
    pub risk: Risk,
    /// Two or three words for the bottom line.
    pub title: &'static str,
    /// Default keys, the one to show first.
    pub keys: &'static [&'static str],
    /// What the command does, in one sentence; for help and docs.
    pub doc: &'static str,
    does: Does<A>,
    /// Whether the command has something to act on now; used by the list of actions.
    when: When<A>,
    /// Whether the bottom line shows it.
    pub bottom: Bottom,
    /// Whether the command also works in windows with buttons.
    pub in_dialogs: bool,
}

/// The function that a command runs.
enum Does<A> {
    /// A built-in command's function.
    Own(fn(&mut A) -> Vec<Effect>),
    /// A function that several commands share; the number tells them apart.
    Numbered(fn(&mut A, usize) -> Vec<Effect>, usize),
}

/// When a command applies.
enum When<A> {
    /// A built-in command's condition.
    Own(fn(&A) -> bool),
    /// A condition that several commands share; the number tells them apart.
    Numbered(fn(&A, usize) -> bool, usize),
}

impl<A> fmt::Debug for Command<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id.0)
    }
}

impl<A> Command<A> {
    /// A read-only command that always applies.
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

    /// Makes the command share its functions with others; `number` tells them apart.
    #[must_use]
    pub fn numbered(
        self,
        number: usize,
        run: fn(&mut A, usize) -> Vec<Effect>,
        applies: fn(&A, usize) -> bool,
    ) -> Self {
        Self { does: Does::Numbered(run, number), when: When::Numbered(applies, number), ..self }
    }

    /// Whether the command comes from the configuration.
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
    pub const fn with_risk(mut self, risk: Risk) -> Self {
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

    /// Makes the command work in windows with buttons, too.
    #[must_use]
    pub const fn in_dialogs(mut self) -> Self {
        self.in_dialogs = true;
        self
    }

    /// The name used to bind it, find it in the palette and document it.
    pub const fn name(&self) -> &'static str {
        self.id.0
    }

    /// The default keys, parsed; texts that are no keys are left out.
    pub fn default_keys(&self) -> Vec<Key> {
        self.keys.iter().filter_map(|key| key.parse().ok()).collect()
    }
}
