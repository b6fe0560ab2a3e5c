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

/// What is shown in the pane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum View {
    /// The Overview.
    Overview,
    /// All services.
    Services,
    /// One service, by its whole name.
    Service(String),
    /// One task of a service, by its id.
    Task(String, String),
    /// The databases.
    Database,
    /// The pane's only one.
    Pane,
    /// An operation: its picture and its log.
    Operation(OperationId),
}

/// A framed part of a view that can have the focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Block {
    /// Overview: the needs-attention list.
    Attention,
    /// Overview: services.
    OverviewServices,
    /// Overview: databases.
    OverviewDatabases,
    /// The list of services.
    Services,
    /// A service's tasks.
    Tasks,
    /// A service's deployments and their history.
    Deployments,
    /// A service's events.
    Events,
    /// A service's autoscaling: limits, policies, schedule, activities.
    Scaling,
    /// A service's load balancer targets.
    Targets,
    /// A service's curves.
    ServiceCurves,
    /// A task's containers.
    Containers,
    /// A task's facts.
    TaskFacts,
    /// The list of databases with their members.
    Databases,
    /// The selected database's curves.
    DatabaseCurves,
    /// The selected database's facts: endpoint, backups, pending changes.
    DatabaseFacts,
    /// Log lines.
    Logs,
    /// How an operation stands, as a picture.
    Progress,
    /// What an operation did and what was seen meanwhile.
    OperationLog,
}

impl Block {
    /// The title in its frame.
    pub fn title(self) -> &'static str {
        match self {
            Self::Attention => "Needs attention",
            Self::OverviewServices | Self::Services => "Services",
            Self::OverviewDatabases | Self::Databases => "Databases",
            Self::Tasks => "Tasks",
            Self::Deployments => "Deployments",
            Self::Events => "Events",
            Self::Scaling => "Autoscaling",
            Self::Targets => "Targets",
            Self::ServiceCurves | Self::DatabaseCurves => "Metrics",
            Self::Containers => "Containers",
            Self::TaskFacts => "Task",
            Self::DatabaseFacts => "Facts",
            Self::Logs => "Logs",
            Self::Progress => "Progress",
            Self::OperationLog => "Log",
        }
    }

    /// Whether its rows have a line of column titles above them.
    pub fn has_header(self) -> bool {
        matches!(
            self,
            Self::OverviewServices
                | Self::Services
                | Self::Tasks
                | Self::Deployments
                | Self::Targets
                | Self::Containers
                | Self::Databases
                | Self::OverviewDatabases
        )
    }

    /// Whether it only shows what is selected in another block of the Overview.
    pub fn follows(self) -> bool {
        matches!(self, Self::ServiceCurves | Self::DatabaseCurves)
    }

    /// Whether it has rows that can be selected.
    pub fn has_rows(self) -> bool {
        !matches!(self, Self::ServiceCurves | Self::DatabaseCurves | Self::Logs | Self::Progress)
    }
}

impl View {
    /// Its blocks, in the order of `Tab`.
    pub fn blocks(&self) -> &'static [Block] {
        match self {
            Self::Overview => &[Block::Attention, Block::OverviewServices, Block::OverviewDatabases],
            Self::Services => &[Block::Services],
            Self::Service(_) => {
                &[Block::Tasks, Block::Deployments, Block::Events, Block::Scaling, Block::Targets, Block::ServiceCurves]
            }
            Self::Task(..) => &[Block::Containers, Block::TaskFacts],
            Self::Database => &[Block::Databases, Block::DatabaseCurves, Block::DatabaseFacts],
            Self::Pane => &[Block::Logs],
            // The log first: it is what is moved in and searched.
            Self::Operation(_) => &[Block::OperationLog, Block::Progress],
        }
    }
}

/// What a line of text is typed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The rows of this block are filtered.
    Filter(Block),
    /// The window on top is searched, or asks for it.
    Window,
    /// A pane asks for it.
    Pane {
        /// Which.
        pane: PaneId,
        /// The pane's own, for what it is typed.
        what: u8,
        /// What stands before the line.
        label: &'static str,
    },
}

/// A line being typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typing {
    /// What for.
    pub purpose: Purpose,
    /// The line.
    pub input: Input,
    /// What stood before, for Esc.
    pub before: String,
}

impl Typing {
    /// A line that begins with a text.
    pub fn new(purpose: Purpose, text: String) -> Self {
        Self { purpose, input: Input::new(text.clone()), before: text }
    }
}

/// Where a person is.
#[derive(Debug, Clone, Default)]
pub struct Screen {
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// The pane.
    pub pane: PaneId,
    /// The opened service in the services pane.
    pub service: Option<String>,
    /// The opened task of it.
    pub task: Option<String>,
    /// The focused block of each view (by its first block).
    pub focus: HashMap<Block, Block>,
    /// The list of each block.
    pub lists: BTreeMap<Block, List>,
    /// The focused block has the whole screen.
    pub zoom: bool,
    /// Held still since.
    pub paused: Option<Timestamp>,
    /// What lies over the panes, the last on top.
    pub overlays: Vec<Overlay>,
    /// A line being typed.
    pub typing: Option<Typing>,
    /// Names that changed, until when they are marked.
    pub flashes: HashMap<String, Timestamp>,
    /// A short message at the bottom, until when.
    pub toast: Option<(String, Timestamp)>,
    /// The database whose curves and facts are shown.
    pub database: Option<String>,
    /// The operation that is shown instead of the pane.
    pub operation: Option<OperationId>,
}

impl Screen {
    /// What is shown.
    pub fn view(&self) -> View {
        if let Some(id) = self.operation {
            return View::Operation(id);
        }
        match (self.pane.0, &self.service, &self.task) {
            ("database", _, _) => View::Database,
            ("logs", _, _) => View::Pane,
            ("services", None, _) => View::Services,
            ("services", Some(service), None) => View::Service(service.clone()),
            ("services", Some(service), Some(task)) => View::Task(service.clone(), task.clone()),
            _ => View::Overview,
        }
    }

    /// Whether a window with buttons is on top.
    pub fn asks(&self) -> bool {
        self.overlays.last().is_some_and(|window| window.kind.is_dialog())
    }

    /// The block with the focus.
    pub fn focused(&self) -> Block {
        let first = self.view().blocks()[0];
        self.focus.get(&first).copied().unwrap_or(first)
    }

    /// Gives a block of the current view the focus.
    pub fn focus_on(&mut self, block: Block) {
        let first = self.view().blocks()[0];
        self.focus.insert(first, block);
    }

    /// A block's list.
    pub fn list(&mut self, block: Block) -> &mut List {
        self.lists.entry(block).or_default()
    }

    /// A block's list, to read.
    pub fn list_of(&self, block: Block) -> Option<&List> {
        self.lists.get(&block)
    }
}
