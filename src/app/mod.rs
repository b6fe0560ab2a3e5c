//! VERBS. How the state changes: events in, effects out. Pure, synchronous, total.
//!
//! No requests, no clock, no files, no terminal live here: time enters as an event, and what is to
//! be done leaves as an [`effect::Effect`].

mod absorb;
pub mod backoff;
pub mod command;
pub mod confirm;
pub mod dialog;
pub mod effect;
pub mod event;
pub mod facts;
pub mod followed;
pub mod input;
pub mod keymap;
pub mod layout;
pub mod list;
pub mod logs;
pub mod operation;
pub mod overlay;
pub mod poll;
pub mod rows;
pub mod safety;
pub mod screen;
pub mod select;
pub mod tell;
#[cfg(test)]
pub(crate) mod testing;
pub mod ticket;
mod update;

use crate::config::{Config, EnvironmentConfig};
use crate::model::Estate;
use effect::Effect;
use event::Event;
use followed::Followed;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use keymap::Keymap;
use operation::Operations;
use poll::{Poller, Wants};
use screen::Screen;
pub use update::{bottom_commands, overlay_place};

/// How many lines the activity drawer keeps.
const ACTIVITY_KEPT: usize = 500;

/// The whole state. One owner; views read it.
#[derive(Debug, Clone)]
pub struct App {
    /// Now by this machine's clock, as the last tick said: for what is waited for here. What the service dates is
    /// compared with [`App::service_now`].
    pub now: Timestamp,
    /// How far the service's clock is ahead of that.
    pub ahead: SignedDuration,
    /// What is configured.
    pub config: Config,
    /// The opened environment.
    pub environment: EnvironmentConfig,
    /// What the runtime said of this session.
    pub session: Session,
    /// Keys.
    pub keymap: Keymap,
    /// What is observed.
    pub estate: Estate,
    /// What is asked and when.
    pub poller: Poller,
    /// What changes the environment, or did.
    pub operations: Operations,
    /// What a person knows of that.
    pub followed: Followed,
    /// What the screen asked, and what a person touched.
    pub confirm: confirm::Confirm,
    /// Where a person is.
    pub screen: Screen,
    /// Logs.
    pub logs: logs::pane::LogsPane,
    /// Filters of logs that were saved, each `name: filter`.
    pub filters: Vec<String>,
    /// What happened, oldest first.
    pub activity: Vec<Entry>,
    /// Something that is shown has changed since the last drawing.
    pub redraw: bool,
    /// The most metrics a round whose cost was told.
    metrics_told: usize,
    generation: u32,
    focused: bool,
    unsettled: update::News,
    /// When facts were last judged.
    judged: Option<Timestamp>,
}

/// Facts about this session that do not change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Session {
    /// On the simulator: the top line says so.
    pub simulated: bool,
    /// No command that changes anything.
    pub read_only: bool,
    /// Signs that any terminal draws one cell wide.
    pub ascii: bool,
    /// What flags said over the configuration: profile, region, endpoint of every environment.
    pub overrides: Overrides,
    /// The machine's time zone, for environments without one.
    pub zone: Option<TimeZone>,
    /// Tells this session's operations from those of others in the audit file.
    pub mark: String,
}

/// Connection flags.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `--profile`.
    pub profile: Option<String>,
    /// `--region`.
    pub region: Option<String>,
    /// `--endpoint-url`.
    pub endpoint_url: Option<String>,
}

impl Overrides {
    /// The environment with the flags in place.
    #[must_use]
    pub fn apply(&self, mut environment: EnvironmentConfig) -> EnvironmentConfig {
        environment.profile = self.profile.clone().or(environment.profile);
        environment.region = self.region.clone().or(environment.region);
        environment.endpoint_url = self.endpoint_url.clone().or(environment.endpoint_url);
        environment
    }
}

/// One line of the activity drawer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// Bad news.
    pub error: bool,
    /// What.
    pub text: String,
}

impl App {
    /// A new session on an environment; the effects open it.
    pub fn new(
        config: Config,
        environment: EnvironmentConfig,
        session: Session,
        keymap: Keymap,
        wants: Wants,
        now: Timestamp,
    ) -> (Self, Vec<Effect>) {
        let environment = session.overrides.apply(environment);
        let mut app = Self {
            now,
            ahead: SignedDuration::ZERO,
            poller: Poller::new(1, wants, &environment),
            config,
            environment,
            session,
            keymap,
            estate: Estate::default(),
            operations: Operations::default(),
            followed: Followed::default(),
            confirm: confirm::Confirm::default(),
            screen: Screen::default(),
            logs: logs::pane::LogsPane::default(),
            filters: Vec::new(),
            activity: Vec::new(),
            redraw: true,
            metrics_told: 0,
            generation: 1,
            focused: true,
            unsettled: update::News::All,
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

    /// Changes the state by one event; the effects are to be carried out.
    pub fn update(&mut self, event: Event) -> Vec<Effect> {
        update::update(self, event)
    }

    /// Brings rows, judgements and windows up to date. To be called when all waiting events have
    /// been taken in, before reading or drawing.
    pub fn settle(&mut self) {
        update::settle(self);
    }

    /// The same for one of many frames: where there is much to judge, that is done a few times a
    /// second, and not in a frame that a person waits for (`urgent`). A later frame brings the rest.
    pub fn settle_frame(&mut self, urgent: bool) {
        update::settle_frame(self, urgent);
    }

    /// Filters of logs by name: saved ones, then those of the environment.
    pub fn named_filters(&self) -> Vec<String> {
        self.filters.iter().chain(&self.environment.log_filters).cloned().collect()
    }

    /// A line is typed for the logs.
    pub(crate) fn type_for_logs(&mut self, prompt: logs::pane::Prompt) {
        update::start_prompt(self, prompt);
    }

    /// Whether it will soon be said on the screen that what is asked there can be answered.
    pub fn asks_soon(&self) -> bool {
        self.confirm.pending()
    }

    /// Whether facts have come in that are not on the screen yet, because judging them was put off.
    pub fn owing(&self) -> bool {
        update::owing(self)
    }

    /// The zone in which times are shown.
    pub fn zone(&self) -> TimeZone {
        let named = self.environment.timezone.as_deref().and_then(|name| TimeZone::get(name).ok());
        named.or_else(|| self.session.zone.clone()).unwrap_or(TimeZone::UTC)
    }

    /// Whether everything that is wanted was read once, well or not.
    pub fn settled(&self) -> bool {
        self.poller.settled(&self.estate, &self.environment)
    }

    /// Reads everything once more, keeping what is known; for readers that read once.
    pub fn again(&mut self, now: Timestamp) -> Vec<Effect> {
        self.poller.again();
        let mut effects = self.update(Event::Tick(now));
        effects.extend(self.plan());
        effects
    }

    /// Adds a line to the activity drawer.
    pub fn note(&mut self, error: bool, text: impl Into<String>) {
        if self.activity.len() >= ACTIVITY_KEPT {
            self.activity.drain(..ACTIVITY_KEPT / 10);
        }
        self.activity.push(Entry { at: self.now, error, text: text.into() });
    }

    fn connect(&self) -> Effect {
        Effect::Connect { environment: Box::new(self.environment.clone()), generation: self.generation }
    }

    /// Which opening of an environment this is.
    pub(crate) fn generation(&self) -> u32 {
        self.generation
    }

    /// A short message at the bottom.
    pub(crate) fn say(&mut self, text: impl Into<String>) {
        update::say(self, text.into());
    }

    /// What is to be read of the logs. A pause holds the window still, not the reading: a line that is
    /// not read may be lost.
    fn plan_logs(&mut self) -> Vec<Effect> {
        self.logs.plan(&self.estate, &self.environment, self.generation, self.now)
    }

    fn plan(&mut self) -> Vec<Effect> {
        if self.screen.paused.is_some() {
            return self.plan_logs();
        }
        let visible = update::visible_services(self);
        let slow = if self.focused { 1 } else { 2 };
        let mut effects = self.poller.plan(&self.estate, &self.environment, &visible, slow, self.now);
        if self.poller.wrong_account() && !effects.is_empty() {
            // Keys that work are not read again by themselves: look whether others are there now.
            effects.insert(0, self.connect());
        }
        effects.extend(self.plan_logs());
        effects
    }
}
