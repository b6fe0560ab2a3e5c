//! The person's position: panes, blocks, lists and overlays. State only; drawing is in `src/ui`, geometry in `layout`,
//! the contents of rows in `rows`.

use super::command::PaneId;
use super::input::Input;
use super::list::List;
use super::operation::OperationId;
use super::overlay::Overlay;
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap};

/// Minimum columns and rows: below this nothing useful fits, and the screen shows a message instead.
pub const SMALLEST: (u16, u16) = (60, 15);

/// Whether a screen of this size shows only the message that it is too small.
pub fn too_small(size: (u16, u16)) -> bool {
    size.0 < SMALLEST.0 || size.1 < SMALLEST.1
}

/// The name of a framed part of a view that can have the focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Block(pub &'static str);

/// The purpose of a typed line of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Filters the rows of this block.
    Filter(Block),
    /// Searches the topmost window, or answers its question.
    Window,
    /// An MFA code that credentials need.
    Code,
    /// A line that a pane asked for.
    Pane {
        pane: PaneId,
        /// The purpose; the number is the pane's own.
        what: u8,
        /// The label in front of the line.
        label: &'static str,
    },
}

/// A line being typed, and its purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typing {
    pub purpose: Purpose,
    /// The text and its cursor.
    pub input: Input,
    /// The previous text, which Esc restores.
    pub before: String,
    /// Whether the typed text is hidden.
    pub hidden: bool,
    /// The prompt of another program (a password, an MFA code), shown before the line.
    pub prompt: String,
}

impl Typing {
    /// A line that starts with a text.
    pub fn new(purpose: Purpose, text: String) -> Self {
        Self { purpose, input: Input::new(text.clone()), before: text, hidden: false, prompt: String::new() }
    }

    /// A hidden line.
    pub fn hidden(purpose: Purpose) -> Self {
        Self { hidden: true, ..Self::new(purpose, String::new()) }
    }
}

/// Where the person is: pane, view, lists, windows.
#[derive(Debug, Clone, Default)]
pub struct Screen {
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    pub pane: PaneId,
    /// The focused block of each view, by the name of the view.
    pub focus: HashMap<&'static str, Block>,
    /// The list of each block.
    pub lists: BTreeMap<Block, List>,
    /// Whether the focused block fills the whole screen.
    pub zoom: bool,
    /// When the screen was paused, if it is.
    pub paused: Option<Timestamp>,
    /// The windows over the panes; the last is on top.
    pub overlays: Vec<Overlay>,
    /// The line being typed, if any.
    pub typing: Option<Typing>,
    /// Names that changed, and until when they are highlighted.
    pub flashes: HashMap<String, Timestamp>,
    /// A short message at the bottom, and until when it is shown.
    pub toast: Option<(String, Timestamp)>,
    /// The operation shown instead of the pane.
    pub operation: Option<OperationId>,
}

impl Screen {
    /// Whether a window with buttons is on top.
    pub fn has_dialog(&self) -> bool {
        self.overlays.last().is_some_and(|window| window.kind.is_dialog())
    }

    /// The list of a block; created if missing.
    pub fn list(&mut self, block: Block) -> &mut List {
        self.lists.entry(block).or_default()
    }

    /// The list of a block, if it exists.
    pub fn list_of(&self, block: Block) -> Option<&List> {
        self.lists.get(&block)
    }
}
