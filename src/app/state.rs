//! The whole state and its accessors. `update` changes it.

use super::confirm;
use super::doctor::Checkup;
use super::effect::Effect;
use super::keymap::Keymap;
use super::mfa_code::PendingMfaCode;
use super::operation::Operations;
use super::operation_reports::OperationNotices;
use super::pane;
use super::poll::{Poller, Wants};
use super::screen::{Block, Screen};
use super::stray_input::StrayInput;
use super::surveys::Survey;
use super::tunnels::state::Tunnels;
use crate::config::{Config, EnvironmentConfig, Places};
use crate::model::Estate;
use crate::model::suggested_commands::{CommandScope, Flag, with_scope};
use crate::model::text::width;
use crate::panes::state::Panes;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use std::collections::BTreeMap;

/// Number of lines that the activity window keeps.
const ACTIVITY_KEPT: usize = 500;

/// How long a short message stays; longer ones stay as long as it takes to read them.
const TOAST: SignedDuration = SignedDuration::from_secs(4);
const TOAST_AT_MOST: SignedDuration = SignedDuration::from_secs(10);
/// The time it takes to read a character.
const READ: SignedDuration = SignedDuration::from_millis(60);

/// A command of this state.
pub type Command = super::command::Command<App>;
/// A pane of this state.
pub type Pane = pane::Pane<App>;
/// A view of a pane of this state.
pub type View = pane::ViewSpec<App>;
/// A block of such a view.
pub type Spec = pane::BlockSpec<App>;
/// The hooks of the panes of this state.
pub type Hooks = pane::Hooks<App>;
/// All panes and commands of this state.
pub type Table = super::table::Table<App>;

/// The whole state. It has one owner; views only read it.
#[derive(Debug, Clone)]
pub struct App {
    /// All panes and commands.
    pub table: &'static Table,
    /// The local time as of the last tick, used for local timeouts. Timestamps of AWS are compared with
    /// [`App::service_now`].
    pub now: Timestamp,
    /// How far AWS's clock is ahead of `now`.
    pub ahead: SignedDuration,
    /// How far this machine's clock was set back since the session began; `now` continued without the jump.
    pub set_back: SignedDuration,
    /// The configuration of all environments.
    pub config: Config,
    /// The open environment.
    pub environment: EnvironmentConfig,
    /// Facts about this session that do not change, from the runtime.
    pub session: Session,
    /// Which key runs which command.
    pub keymap: Keymap,
    /// Everything known about the environment.
    pub estate: Estate,
    /// The scheduler: which sources are read and when.
    pub poller: Poller,
    /// Operations in progress and those that have ended.
    pub operations: Operations,
    /// Which operations the person confirmed here, and whose ends they have not seen yet.
    pub followed: OperationNotices,
    /// The tunnels that are open on local ports.
    pub tunnels: Tunnels,
    /// The question on the screen, and the inputs that may answer it.
    pub confirm: confirm::Confirm,
    /// Tracks whether typed text was meant for something that has closed.
    pub stray_input: StrayInput,
    /// The pending request for an MFA code.
    pub code: Option<PendingMfaCode>,
    /// The shown pane, the selections and the windows.
    pub screen: Screen,
    /// The state of each pane.
    pub panes: Panes,
    /// Saved log filters, each as `name: filter`.
    pub filters: Vec<String>,
    /// The attention counts of environments at the moment they were left.
    pub attention_when_left: BTreeMap<String, AttentionCounts>,
    /// The surveys of environments that are not open.
    pub survey: Survey,
    /// The checks of `doctor` for the open environment.
    pub checkup: Option<Checkup>,
    /// The activity of this session, oldest first.
    pub activity: Vec<Entry>,
    /// Whether something visible has changed since the last drawing.
    pub redraw: bool,
    /// The largest number of metrics per round whose cost was reported.
    pub(super) reported_metric_count: usize,
    pub(super) generation: u32,
    pub(super) focused: bool,
    pub(super) unsettled: Dirty,
    /// When facts were last judged.
    pub(super) judged: Option<Timestamp>,
}

/// The part of the state that has changed since it was last settled; a greater value includes the smaller ones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Dirty {
    #[default]
    Nothing,
    /// The position of the person: lists and windows.
    Lists,
    /// A new second has begun.
    Time,
    /// Facts, but none about tasks.
    Facts,
    /// Anything may have changed.
    All,
}

/// Properties of this session that do not change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Session {
    /// Whether AWS is simulated; the top line shows it.
    pub simulated: bool,
    /// Whether the demonstration runs without Terraform and shows a recorded run.
    pub recorded: bool,
    /// Whether commands that change anything are refused.
    pub read_only: bool,
    /// Whether the session starts with the overview of all environments.
    pub all: bool,
    /// Whether only ASCII signs are drawn, which are one cell wide in any terminal.
    pub ascii: bool,
    /// Flags that override the configuration of every environment: profile, region, endpoint.
    pub overrides: Overrides,
    /// The machine's time zone, for environments without one.
    pub zone: Option<TimeZone>,
    /// Distinguishes this session's operations from others in the audit file.
    pub mark: String,
    /// The places of the configured values.
    pub places: Places,
}

/// The attention counts of an environment at the moment it was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttentionCounts {
    pub at: Timestamp,
    pub critical: usize,
    pub warnings: usize,
}

/// Flags that override the configuration of an environment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `--profile`.
    pub profile: Option<String>,
    /// `--region`.
    pub region: Option<String>,
    /// `--endpoint-url`.
    pub endpoint_url: Option<String>,
    /// The flags of this session, including `--config`, for the commands that are suggested.
    pub flags: Vec<Flag>,
}

impl Overrides {
    /// Applies the flags to an environment.
    #[must_use]
    pub fn apply(&self, mut environment: EnvironmentConfig) -> EnvironmentConfig {
        environment.profile = self.profile.clone().or(environment.profile);
        environment.region = self.region.clone().or(environment.region);
        environment.endpoint_typed |= self.endpoint_url.is_some();
        environment.endpoint_url = self.endpoint_url.clone().or(environment.endpoint_url);
        environment.flags.clone_from(&self.flags);
        environment
    }
}

/// A line of the activity window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub at: Timestamp,
    /// Whether it reports an error.
    pub error: bool,
    pub text: String,
}

impl App {
    /// Starts a session in an environment; the returned effects open it.
    pub fn new(
        table: &'static Table,
        config: Config,
        environment: EnvironmentConfig,
        session: Session,
        keymap: Keymap,
        wants: Wants,
        now: Timestamp,
    ) -> (Self, Vec<Effect>) {
        let environment = session.overrides.apply(environment);
        let mut app = Self {
            table,
            now,
            ahead: SignedDuration::ZERO,
            set_back: SignedDuration::ZERO,
            poller: Poller::new(1, wants, &environment),
            config,
            environment,
            session,
            keymap,
            estate: Estate::default(),
            operations: Operations::default(),
            followed: OperationNotices::default(),
            tunnels: Tunnels::default(),
            confirm: confirm::Confirm::default(),
            stray_input: StrayInput::default(),
            code: None,
            screen: Screen { pane: table.panes[0].id, ..Screen::default() },
            panes: Panes::default(),
            filters: Vec::new(),
            attention_when_left: BTreeMap::new(),
            survey: Survey::default(),
            checkup: None,
            activity: Vec::new(),
            redraw: true,
            reported_metric_count: 0,
            generation: 1,
            focused: true,
            unsettled: Dirty::All,
            judged: None,
        };
        app.operations = Operations::new(app.session.mark.clone(), app.zone());
        let mut effects = vec![app.connect()];
        effects.extend(app.plan());
        (app, effects)
    }

    /// The time on AWS's clock.
    pub fn service_now(&self) -> Timestamp {
        self.now + self.ahead
    }

    /// The environment's name and session flags, for suggested commands.
    pub fn command_scope<'a>(&'a self, environment: &'a str) -> CommandScope<'a> {
        CommandScope { environment, flags: &self.session.overrides.flags }
    }

    /// The pane that is shown.
    pub fn shown_pane(&self) -> &'static Pane {
        if self.screen.operation.is_some() { self.table.of_operations() } else { self.table.pane(self.screen.pane) }
    }

    /// The view of the pane that is shown.
    pub fn view(&self) -> &'static View {
        (self.shown_pane().view)(self)
    }

    /// Whether letters are typed into the focused block instead of being keys.
    pub fn editing(&self) -> bool {
        self.screen.overlays.is_empty() && self.screen.typing.is_none() && (self.shown_pane().hooks.edits)(self)
    }

    /// The block with the focus.
    pub fn focused(&self) -> Block {
        let view = self.view();
        self.screen.focus.get(view.name).copied().unwrap_or(view.blocks[0].block)
    }

    /// Moves the focus to a block of the current view.
    pub fn focus_on(&mut self, block: Block) {
        let name = self.view().name;
        self.screen.focus.insert(name, block);
    }

    /// The declaration of a block.
    pub fn spec(&self, block: Block) -> &'static Spec {
        self.table.block(block)
    }

    /// Log filters by name: the saved ones, then those of the environment.
    pub fn named_filters(&self) -> Vec<String> {
        self.filters.iter().chain(&self.environment.log_filters).cloned().collect()
    }

    /// Whether the screen will soon show that its question can be answered.
    pub fn question_ready_soon(&self) -> bool {
        self.confirm.needs_redraw()
    }

    /// The current attention counts; `None` while they are unknown.
    pub fn attention_counts(&self) -> Option<AttentionCounts> {
        use crate::model::Severity;
        self.estate.identity.at()?;
        let count =
            |wanted: Severity| self.estate.derived.attention.iter().filter(|one| one.severity == wanted).count();
        Some(AttentionCounts { at: self.now, critical: count(Severity::Critical), warnings: count(Severity::Warning) })
    }

    /// The time zone in which times are shown.
    pub fn zone(&self) -> TimeZone {
        let named = self.environment.timezone.as_deref().and_then(|name| TimeZone::get(name).ok());
        named.or_else(|| self.session.zone.clone()).unwrap_or(TimeZone::UTC)
    }

    /// Whether every wanted source has been read at least once, successfully or not.
    pub fn all_read(&self) -> bool {
        self.poller.all_read(&self.estate, &self.environment)
    }

    /// Adds a line to the activity window.
    pub fn note(&mut self, error: bool, text: impl Into<String>) {
        if self.activity.len() >= ACTIVITY_KEPT {
            self.activity.drain(..ACTIVITY_KEPT / 10);
        }
        self.activity.push(Entry { at: self.service_now(), error, text: text.into() });
    }

    pub(super) fn connect(&self) -> Effect {
        Effect::Connect { environment: Box::new(self.environment.clone()), generation: self.generation }
    }

    /// The number of the current opening of an environment.
    pub(crate) fn generation(&self) -> u32 {
        self.generation
    }

    /// Marks the whole state as changed.
    pub(super) fn changed(&mut self) {
        self.changed_by(Dirty::All);
    }

    /// Marks a part of the state as changed, so that it is settled and drawn.
    pub(super) fn changed_by(&mut self, news: Dirty) {
        self.unsettled = self.unsettled.max(news);
        self.redraw = true;
    }

    /// Marks lists, or the person's position in them, as changed.
    pub(crate) fn lists_changed(&mut self) {
        self.changed_by(Dirty::Lists);
    }

    /// Marks facts that came by another way than the scheduler as changed, so that they are judged with the others.
    pub(crate) fn facts_changed(&mut self) {
        self.changed_by(Dirty::All);
    }

    /// Shows a short message at the bottom; commands in it name the environment.
    pub(crate) fn show_message(&mut self, text: impl Into<String>) {
        let text = with_scope(&text.into(), self.environment.command_scope());
        let room = usize::from(self.screen.size.0).saturating_sub(2);
        let cut = room > 0 && width(&text) > room;
        // A message that is cut at the bottom is shown in full in the activity window.
        if cut && self.activity.last().is_none_or(|last| last.text != text) {
            self.note(false, text.clone());
        }
        let takes = READ * i32::try_from(text.chars().count()).unwrap_or(i32::MAX);
        self.screen.toast = Some((text, self.now + takes.clamp(TOAST, TOAST_AT_MOST)));
        self.redraw = true;
    }

    /// The message about text that was typed on after `why` was shown.
    pub(super) fn typed_on_message(why: &str) -> String {
        format!("ignored: {why}")
    }

    /// Shows why there is no input line where a person expects one; text typed on is not taken as keys.
    pub(crate) fn refuse_line(&mut self, why: impl Into<String>) {
        let why = why.into();
        self.stray_input.refuse(self.confirm.now(), Self::typed_on_message(&why));
        self.show_message(why);
    }

    /// Announces an input line that opens with an answer: text typed before that is neither for the line nor a key.
    pub(crate) fn expect_line(&mut self) {
        self.stray_input.refuse_until_line(self.confirm.now());
    }

    /// Whether new facts are not on the screen yet because judging them was deferred.
    pub fn has_pending_facts(&self) -> bool {
        self.unsettled >= Dirty::Facts
    }
}
