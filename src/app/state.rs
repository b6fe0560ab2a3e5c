//! The whole state, and what it says of itself. How it changes is in `update`.

use super::asked_code::AskedCode;
use super::astray::Astray;
use super::checkup::Checkup;
use super::confirm;
use super::effect::Effect;
use super::followed::OperationNotices;
use super::keymap::Keymap;
use super::operation::Operations;
use super::pane;
use super::poll::{Poller, Wants};
use super::screen::{Block, Screen};
use super::surveyed::Survey;
use super::tunnels::state::Tunnels;
use crate::config::{Config, EnvironmentConfig, Places};
use crate::model::Estate;
use crate::model::offered::{CommandScope, Flag, in_environment};
use crate::model::text::width;
use crate::panes::state::Panes;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use std::collections::BTreeMap;

/// How many lines the activity drawer keeps.
const ACTIVITY_KEPT: usize = 500;

/// A short message stays for this long, a longer one for as long as it takes to read it.
const TOAST: SignedDuration = SignedDuration::from_secs(4);
const TOAST_AT_MOST: SignedDuration = SignedDuration::from_secs(10);
/// Reading a character takes this long.
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

/// The whole state. One owner; views read it.
#[derive(Debug, Clone)]
pub struct App {
    /// All panes and commands.
    pub table: &'static Table,
    /// Now by this machine's clock, as the last tick said: for what is waited for here. What the service dates is
    /// compared with [`App::service_now`].
    pub now: Timestamp,
    /// How far the service's clock is ahead of that.
    pub ahead: SignedDuration,
    /// How far this machine's clock was set back since the session began, in which time went on.
    pub set_back: SignedDuration,
    /// The configuration of all environments.
    pub config: Config,
    /// The opened environment.
    pub environment: EnvironmentConfig,
    /// Facts about this session that do not change, from the runtime.
    pub session: Session,
    /// Which key runs which command.
    pub keymap: Keymap,
    /// Everything that is known of the environment.
    pub estate: Estate,
    /// The scheduler: which sources are read, and when.
    pub poller: Poller,
    /// Operations under way, and those that have ended.
    pub operations: Operations,
    /// Which operations a person has confirmed here, and whose ends nobody has seen yet.
    pub followed: OperationNotices,
    /// The tunnels that are open on local ports.
    pub tunnels: Tunnels,
    /// The question on the screen and the inputs that may answer it.
    pub confirm: confirm::Confirm,
    /// Whether what is typed was meant for something that is gone.
    pub astray: Astray,
    /// An MFA code that is asked for.
    pub code: Option<AskedCode>,
    /// The shown pane, selections and windows.
    pub screen: Screen,
    /// The state of each pane.
    pub panes: Panes,
    /// Filters of logs that were saved, each `name: filter`.
    pub filters: Vec<String>,
    /// The needs-attention counts of environments that were left, from the moment they were left.
    pub left: BTreeMap<String, Left>,
    /// The results of surveys of environments that are not opened.
    pub survey: Survey,
    /// The doctor's checks of the opened environment.
    pub checkup: Option<Checkup>,
    /// The activity of this session, oldest first.
    pub activity: Vec<Entry>,
    /// Whether something that is shown has changed since the last drawing.
    pub redraw: bool,
    /// The most metrics a round whose cost was told.
    pub(super) reported_metric_count: usize,
    pub(super) generation: u32,
    pub(super) focused: bool,
    pub(super) unsettled: Dirty,
    /// When facts were last judged.
    pub(super) judged: Option<Timestamp>,
}

/// The part of the state that has changed since it was last settled; the greater includes the smaller.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Dirty {
    #[default]
    Nothing,
    /// Where a person is: lists and windows.
    Lists,
    /// Another second has begun.
    Time,
    /// Facts, but none about tasks.
    Facts,
    /// Anything may have changed.
    All,
}

/// Facts about this session that do not change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Session {
    /// On the simulator: the top line says so.
    pub simulated: bool,
    /// Whether the demonstration has no Terraform: a run that was recorded is shown.
    pub recorded: bool,
    /// No command that changes anything.
    pub read_only: bool,
    /// Whether it begins with all environments beside each other.
    pub all: bool,
    /// Signs that any terminal draws one cell wide.
    pub ascii: bool,
    /// Values from flags that override the configuration: profile, region, endpoint of every environment.
    pub overrides: Overrides,
    /// The machine's time zone, for environments without one.
    pub zone: Option<TimeZone>,
    /// Tells this session's operations from those of others in the audit file.
    pub mark: String,
    /// Where the values of the configuration stand.
    pub places: Places,
}

/// The needs-attention counts of an environment at the moment when it was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    pub at: Timestamp,
    pub critical: usize,
    pub warnings: usize,
}

/// Flags that replace what an environment configures.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `--profile`.
    pub profile: Option<String>,
    /// `--region`.
    pub region: Option<String>,
    /// `--endpoint-url`.
    pub endpoint_url: Option<String>,
    /// The flags of this session, with `--config`, for the commands that are offered.
    pub flags: Vec<Flag>,
}

impl Overrides {
    /// The environment with the flags in place.
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

/// One line of the activity drawer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub at: Timestamp,
    /// Whether it is bad news.
    pub error: bool,
    pub text: String,
}

impl App {
    /// A new session on an environment; the effects open it.
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
            astray: Astray::default(),
            code: None,
            screen: Screen { pane: table.panes[0].id, ..Screen::default() },
            panes: Panes::default(),
            filters: Vec::new(),
            left: BTreeMap::new(),
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

    /// Now by the service's clock.
    pub fn service_now(&self) -> Timestamp {
        self.now + self.ahead
    }

    /// The flags with which an offered command acts in an environment of this session.
    pub fn named<'a>(&'a self, environment: &'a str) -> CommandScope<'a> {
        CommandScope { environment, flags: &self.session.overrides.flags }
    }

    /// The pane that is shown.
    pub fn shown(&self) -> &'static Pane {
        if self.screen.operation.is_some() { self.table.of_operations() } else { self.table.pane(self.screen.pane) }
    }

    /// The view of the pane that is shown.
    pub fn view(&self) -> &'static View {
        (self.shown().view)(self)
    }

    /// Whether letters are typed into the focused block: they are no keys there.
    pub fn editing(&self) -> bool {
        self.screen.overlays.is_empty() && self.screen.typing.is_none() && (self.shown().hooks.edits)(self)
    }

    /// The block with the focus.
    pub fn focused(&self) -> Block {
        let view = self.view();
        self.screen.focus.get(view.name).copied().unwrap_or(view.blocks[0].block)
    }

    /// Gives a block of the current view the focus.
    pub fn focus_on(&mut self, block: Block) {
        let name = self.view().name;
        self.screen.focus.insert(name, block);
    }

    /// The description of a block.
    pub fn spec(&self, block: Block) -> &'static Spec {
        self.table.block(block)
    }

    /// Filters of logs by name: saved ones, then those of the environment.
    pub fn named_filters(&self) -> Vec<String> {
        self.filters.iter().chain(&self.environment.log_filters).cloned().collect()
    }

    /// Whether it will soon be said on the screen that what is asked there can be answered.
    pub fn asks_soon(&self) -> bool {
        self.confirm.pending()
    }

    /// The needs-attention counts now; none while they are not known.
    pub fn standing(&self) -> Option<Left> {
        use crate::model::Severity;
        self.estate.identity.at()?;
        let count =
            |wanted: Severity| self.estate.derived.attention.iter().filter(|one| one.severity == wanted).count();
        Some(Left { at: self.now, critical: count(Severity::Critical), warnings: count(Severity::Warning) })
    }

    /// The zone in which times are shown.
    pub fn zone(&self) -> TimeZone {
        let named = self.environment.timezone.as_deref().and_then(|name| TimeZone::get(name).ok());
        named.or_else(|| self.session.zone.clone()).unwrap_or(TimeZone::UTC)
    }

    /// Whether everything that is wanted has been read at least once, successfully or not.
    pub fn settled(&self) -> bool {
        self.poller.settled(&self.estate, &self.environment)
    }

    /// Adds a line to the activity drawer.
    pub fn note(&mut self, error: bool, text: impl Into<String>) {
        if self.activity.len() >= ACTIVITY_KEPT {
            self.activity.drain(..ACTIVITY_KEPT / 10);
        }
        self.activity.push(Entry { at: self.service_now(), error, text: text.into() });
    }

    pub(super) fn connect(&self) -> Effect {
        Effect::Connect { environment: Box::new(self.environment.clone()), generation: self.generation }
    }

    /// Which opening of an environment this is.
    pub(crate) fn generation(&self) -> u32 {
        self.generation
    }

    /// Anything may have changed.
    pub(super) fn changed(&mut self) {
        self.changed_by(Dirty::All);
    }

    /// Notes what has changed, so that it is settled and drawn.
    pub(super) fn changed_by(&mut self, news: Dirty) {
        self.unsettled = self.unsettled.max(news);
        self.redraw = true;
    }

    /// Where a person is, or what lists show, has changed.
    pub(crate) fn lists_changed(&mut self) {
        self.changed_by(Dirty::Lists);
    }

    /// Facts have come in by another way than the scheduler's: they are judged with the others.
    pub(crate) fn facts_changed(&mut self) {
        self.changed_by(Dirty::All);
    }

    /// A short message at the bottom, in which commands name the environment.
    pub(crate) fn say(&mut self, text: impl Into<String>) {
        let text = in_environment(&text.into(), self.environment.named());
        let room = usize::from(self.screen.size.0).saturating_sub(2);
        let cut = room > 0 && width(&text) > room;
        // What is cut at the bottom stands whole in the activity drawer.
        if cut && self.activity.last().is_none_or(|last| last.text != text) {
            self.note(false, text.clone());
        }
        let takes = READ * i32::try_from(text.chars().count()).unwrap_or(i32::MAX);
        self.screen.toast = Some((text, self.now + takes.clamp(TOAST, TOAST_AT_MOST)));
        self.redraw = true;
    }

    /// The message about text that was typed on after this was said.
    pub(super) fn typed_on(why: &str) -> String {
        format!("not taken: {why}")
    }

    /// Says why there is no line to type into, where a person expects one: what is typed on is not taken for keys.
    pub(crate) fn no_line(&mut self, why: impl Into<String>) {
        let why = why.into();
        self.astray.begin(self.confirm.now(), Self::typed_on(&why));
        self.say(why);
    }

    /// A line is asked for that opens with an answer: what is typed before is neither for it nor a key.
    pub(crate) fn line_to_come(&mut self) {
        self.astray.wait(self.confirm.now());
    }

    /// Whether facts have come in that are not on the screen yet, because judging them was put off.
    pub fn has_pending_facts(&self) -> bool {
        self.unsettled >= Dirty::Facts
    }
}
