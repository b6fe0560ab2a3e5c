//! Where a person is: panes, blocks, lists, and what lies over them. State only; drawing is in
//! `src/ui`, geometry in `layout`, contents of rows in `rows`.

use super::command::PaneId;
use super::input::Input;
use super::list::List;
use super::operation::OperationId;
use super::overlay::Overlay;
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap};

/// Below this many columns or rows nothing useful fits; the screen says so.
pub const SMALLEST: (u16, u16) = (60, 15);

/// Whether a screen of this size shows nothing but that it is too small.
pub fn too_small(size: (u16, u16)) -> bool {
    size.0 < SMALLEST.0 || size.1 < SMALLEST.1
}

/// The name of a framed part of a view, that can have the focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Block(pub &'static str);

/// The purpose of a typed line of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The rows of this block are filtered.
    Filter(Block),
    /// The window on top is searched, or asks for it.
    Window,
    /// An MFA code, which credentials need.
    Code,
    /// A pane asks for a line.
    Pane {
        pane: PaneId,
        /// The pane's own, for what it is typed.
        what: u8,
        /// The label in front of the line.
        label: &'static str,
    },
}

/// A line that is being typed, and what it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typing {
    pub purpose: Purpose,
    /// The text with its cursor.
    pub input: Input,
    /// The text before, which Esc brings back.
    pub before: String,
    /// Whether what is typed is not shown.
    pub hidden: bool,
    /// The prompt of another program (a password, an MFA code), in front of the line.
    pub asked: String,
}

impl Typing {
    /// A line that begins with a text.
    pub fn new(purpose: Purpose, text: String) -> Self {
        Self { purpose, input: Input::new(text.clone()), before: text, hidden: false, asked: String::new() }
    }

    /// A line that is not shown.
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
    /// Whether the focused block has the whole screen.
    pub zoom: bool,
    /// Since when the screen is paused.
    pub paused: Option<Timestamp>,
    /// The windows over the panes, the last on top.
    pub overlays: Vec<Overlay>,
    /// The line that is being typed, if there is one.
    pub typing: Option<Typing>,
    /// Names that changed, until when they are marked.
    pub flashes: HashMap<String, Timestamp>,
    /// A short message at the bottom, until when.
    pub toast: Option<(String, Timestamp)>,
    /// The operation that is shown instead of the pane.
    pub operation: Option<OperationId>,
}

impl Screen {
    /// Whether a window with buttons is on top.
    pub fn asks(&self) -> bool {
        self.overlays.last().is_some_and(|window| window.kind.is_dialog())
    }

    /// The list of a block; it is made where there was none.
    pub fn list(&mut self, block: Block) -> &mut List {
        self.lists.entry(block).or_default()
    }

    /// A block's list, to read.
    pub fn list_of(&self, block: Block) -> Option<&List> {
        self.lists.get(&block)
    }
}
