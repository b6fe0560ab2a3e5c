//! The beginning of every command: the configuration, the environment, the clock, the width.

use super::say::say;
use crate::app::command::Scope;
use crate::app::poll::Wants;
use crate::app::{Overrides, Session};
use crate::aws::endpoint_files::wrong_setting;
use crate::aws::endpoints::wrong_variable;
use crate::aws::{self, Connection};
use crate::cli::{Global, Output, Report};
use crate::config::{self, Config, EnvironmentConfig, KnownCommand, Loaded};
use crate::headless::SnapshotInput;
use crate::model::Source;
use crate::model::format::without_user;
use crate::model::offered::{CommandScope, Flag, in_environment};
use crate::panes::table::TABLE;
use crate::runtime::clock::{Clock, system_zone};
use crate::runtime::stop::unless_stopped;
use crate::runtime::{Collected, Collector};
use jiff::{Timestamp, tz::TimeZone};
use std::collections::BTreeSet;
use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The context of a command: flags, format, time limit, environments that were opened, sessions with AWS.
pub(super) struct Context {
    pub(super) global: Global,
    /// The format to print in.
    pub(super) output: Output,
    /// The whole command line as clap knows it, for completions and manual pages.
    pub(super) program: fn() -> clap::Command,
    /// When the command ends at the latest: `--timeout` after it began.
    end: Option<Instant>,
    /// The flags that select where it acts (`--config`, `--profile` …), repeated in the commands that hints offer.
    flags: Vec<Flag>,
    /// The environments that were opened, for the hints of what fails.
    opened: Mutex<BTreeSet<String>>,
    /// One session with AWS for each environment, so that a credential helper or a person is asked once.
    sessions: Mutex<Vec<(EnvironmentConfig, aws::Session)>>,
    /// A program that it has started has the terminal and the signals.
    lent: AtomicBool,
}

impl Context {
    pub(super) fn new(global: Global, output: Output, program: fn() -> clap::Command) -> Self {
        let limit = global.timeout.and_then(|timeout| Duration::try_from(timeout).ok());
        // A timeout too long to be represented is no limit.
        let end = limit.and_then(|limit| Instant::now().checked_add(limit));
        let flags = flags(&global);
        Self {
            global,
            output,
            program,
            end,
            flags,
            opened: Mutex::default(),
            sessions: Mutex::default(),
            lent: AtomicBool::new(false),
        }
    }

    /// Whether the terminal and the signals are those of a program that it has started: what goes on beside that asks nobody, and
    /// is not ended by a signal.
    pub(super) fn lend(&self, lent: bool) {
        self.lent.store(lent, Ordering::Relaxed);
    }

    /// Whether they are.
    pub(super) fn has_lent(&self) -> bool {
        self.lent.load(Ordering::Relaxed)
    }

    fn named<'a>(&'a self, environment: &'a str) -> CommandScope<'a> {
        CommandScope { environment, flags: &self.flags }
    }

    /// The report of a failure, in which commands name the environment that was opened: a hint that is pasted must not
    /// act on the default one. Of several nobody can say which is meant.
    pub(super) fn told(&self, report: Report) -> Report {
        match self.single() {
            Some(name) => report.in_environment(self.named(&name)),
            None => report,
        }
    }

    /// A line for whoever reads along; its commands name the environment that was opened, as those of a report do.
    pub(super) fn say(&self, line: &str) {
        match self.single() {
            Some(name) => say(&in_environment(line, self.named(&name))),
            None => say(line),
        }
    }

    /// The name of the environment that was opened; none of several, or of none.
    fn single(&self) -> Option<String> {
        let opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        opened.first().filter(|_| opened.len() == 1).cloned()
    }

    /// An environment, unless a variable or an AWS file names an endpoint for it that is none: nothing could be asked.
    fn reached(&self, environment: &EnvironmentConfig) -> Result<EnvironmentConfig, Report> {
        let environment = EnvironmentConfig { flags: self.flags.clone(), ..environment.clone() };
        let connection = Connection::from(&environment);
        if let Some(name) = wrong_variable(&connection) {
            return Err(Report::usage(format!("{name} is not a URL"))
                .hint("write it as http://127.0.0.1:4566, or unset the variable; --endpoint-url goes before it"));
        }
        match wrong_setting(&connection) {
            Some(wrong) => Err(Report::usage(wrong.message.clone()).hint(wrong.hint())),
            None => Ok(environment),
        }
    }

    fn note_opened(&self, environment: &EnvironmentConfig) {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).insert(environment.name.clone());
    }

    /// The configuration with all its mistakes.
    pub(super) fn load(&self) -> Loaded {
        config::load(&self.request())
    }

    /// The request for the configuration of this process: its folder, its user's folder, its variables and its flags.
    fn request(&self) -> config::Request {
        use etcetera::BaseStrategy as _;
        let global = &self.global;
        config::Request {
            file: global.config.clone(),
            folder: std::env::current_dir().unwrap_or_default(),
            home: etcetera::choose_base_strategy().ok().map(|folders| folders.config_dir().join("cockpit")),
            user: etcetera::home_dir().ok(),
            variables: std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
                .filter(|(name, _)| name.starts_with("COCKPIT_"))
                .map(|(name, value)| (name, value.to_string_lossy().into_owned()))
                .collect(),
            flags: config::Flags {
                environment: global.env.clone(),
                profile: global.profile.clone(),
                region: global.region.clone(),
                endpoint_url: global.endpoint_url.clone(),
            },
            commands: commands(),
            panes: panes(),
        }
    }

    /// The configuration, which must be sound, and the environment that was asked for.
    pub(super) fn open(&self) -> Result<(Loaded, EnvironmentConfig), Report> {
        let loaded = self.load();
        let environment = self.open_of(&loaded)?;
        Ok((loaded, environment))
    }

    /// The environment that was asked for, of a configuration that must be sound.
    pub(super) fn open_of(&self, loaded: &Loaded) -> Result<EnvironmentConfig, Report> {
        let environment = self.reached(loaded.open(self.global.env.as_deref())?)?;
        self.note_opened(&environment);
        Ok(environment)
    }

    /// The environment of this name, whatever `--env` says; the other flags apply to it.
    pub(super) fn open_named(&self, name: &str) -> Result<(Loaded, EnvironmentConfig), Report> {
        let mut request = self.request();
        request.flags.environment = Some(name.to_owned());
        let loaded = config::load(&request);
        let environment = self.reached(loaded.open(Some(name))?)?;
        self.note_opened(&environment);
        Ok((loaded, environment))
    }

    /// The environment that is named beside `--env`, or instead of it; that of `--env` where none is.
    pub(super) fn open_typed(&self, typed: Option<&str>) -> Result<(Loaded, EnvironmentConfig), Report> {
        let Some(name) = typed else { return self.open() };
        // A variable of the shell says what is meant where nothing is typed; two that are typed contradict each other.
        let from_shell = std::env::var("COCKPIT_ENV").ok().map(|name| name.trim().to_owned());
        if let Some(flag) = self.global.env.as_ref().filter(|flag| *flag != name && from_shell.as_ref() != Some(flag)) {
            let message = format!("two environments are named: {name}, and {flag} with --env");
            return Err(Report::usage(message).hint("name the one that is meant"));
        }
        self.open_named(name)
    }

    /// The session with AWS for an environment.
    pub(super) fn aws(&self, environment: &EnvironmentConfig) -> aws::Session {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = sessions.iter().find(|(of, _)| of == environment) {
            return known.clone();
        }
        let session = aws::Session::new(Connection::from(environment));
        sessions.push((environment.clone(), session.clone()));
        session
    }

    /// The facts of the session that flags and variables give.
    pub(super) fn session(&self) -> Session {
        let global = &self.global;
        Session {
            simulated: false,
            recorded: false,
            read_only: global.read_only,
            all: false,
            ascii: !locale_is_utf8(),
            overrides: Overrides {
                profile: global.profile.clone(),
                region: global.region.clone(),
                endpoint_url: global.endpoint_url.clone(),
                flags: self.flags.clone(),
            },
            zone: Some(system_zone()),
            mark: mark(),
            places: config::Places::default(),
        }
    }

    /// Columns for tables; none where the output is not a terminal.
    pub(super) fn width() -> Option<u16> {
        if !std::io::stdout().is_terminal() {
            return None;
        }
        crossterm::terminal::size().ok().map(|(columns, _)| columns)
    }

    /// The rest of `--timeout`, which limits the whole command.
    pub(super) fn limit(&self) -> Option<Duration> {
        self.end.map(|end| end.saturating_duration_since(Instant::now()))
    }

    /// When `--timeout` is up.
    pub(super) fn end(&self) -> Option<tokio::time::Instant> {
        self.end.map(tokio::time::Instant::from_std)
    }

    /// Whether `--timeout` is up.
    pub(super) fn is_over(&self) -> bool {
        self.limit().is_some_and(|left| left.is_zero())
    }

    /// Waits no longer than `--timeout` says; nothing where the time is up.
    pub(super) async fn in_time<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        match self.limit() {
            Some(left) => tokio::time::timeout(left, work).await.ok(),
            None => Some(work.await),
        }
    }

    /// Reads what is wanted once.
    pub(super) async fn collect(&self, wants: &[Source], service_metrics: bool) -> Result<Reading, Report> {
        let (loaded, environment) = self.open()?;
        unless_stopped(Box::pin(self.collect_in(loaded.config, environment, wants, service_metrics))).await
    }

    /// Collects facts of an environment that is opened already.
    pub(super) async fn collect_in(
        &self,
        config: Config,
        environment: EnvironmentConfig,
        wants: &[Source],
        service_metrics: bool,
    ) -> Reading {
        let wants = Wants { sources: wants.iter().copied().collect(), service_metrics, once: true, ..Wants::default() };
        Box::pin(self.read(config, environment, wants)).await
    }

    /// Reads the sources that are wanted.
    pub(super) async fn read(&self, config: Config, environment: EnvironmentConfig, wants: Wants) -> Reading {
        Box::pin(self.read_with(self.collector(config, environment, wants))).await
    }

    /// Makes the collector without starting it, so that its session can be used meanwhile.
    pub(super) fn collector(&self, config: Config, environment: EnvironmentConfig, wants: Wants) -> Collector {
        let collector = Collector::new(config, environment, self.session(), wants, Clock::System);
        let session = self.aws(&collector.app.environment);
        collector.with_session(session)
    }

    /// Reads what a collector was made for.
    pub(super) async fn read_with(&self, mut collector: Collector) -> Reading {
        let started = Clock::System.now();
        let collected = Box::pin(collector.collect(self.limit())).await;
        Reading::new(collector, started, collected)
    }
}

/// A collected environment.
pub(super) struct Reading {
    pub(super) collector: Collector,
    pub(super) started: Timestamp,
    pub(super) collected: Collected,
    /// The sources that nobody asked for: the environment has none of them.
    pub(super) skipped: Vec<Source>,
    pub(super) zone: TimeZone,
}

impl Reading {
    pub(super) fn new(collector: Collector, started: Timestamp, collected: Collected) -> Self {
        let app = &collector.app;
        let asked: BTreeSet<Source> = app.poller.sources(&app.environment);
        let skipped = Source::ALL.into_iter().filter(|source| !asked.contains(source)).collect();
        let zone = app.zone();
        Self { collector, started, collected, skipped, zone }
    }

    /// Nothing is printed for credentials that are wrong or missing: there is nothing to print, and the
    /// error says what to do.
    pub(super) fn check_credentials(&self) -> Result<(), Report> {
        use crate::model::FailureKind;
        let estate = &self.collector.app.estate;
        let Some(failure) = estate.identity.failure() else { return Ok(()) };
        let name = &self.collector.app.environment.name;
        match failure.kind {
            FailureKind::WrongAccount => Err(Report::of_failure(format!("this is not {name}"), failure)),
            FailureKind::Credentials => Err(Report::of_failure(format!("no valid credentials for {name}"), failure)),
            FailureKind::Throttled
            | FailureKind::Denied
            | FailureKind::Unreachable
            | FailureKind::Timeout
            | FailureKind::Malformed
            | FailureKind::Invalid
            | FailureKind::NotFound
            | FailureKind::Service
            | FailureKind::Other => Ok(()),
        }
    }

    /// That nobody could say whose credentials these are, and what came may be another account's; none where that is known.
    pub(super) fn identity_unknown(&self) -> Option<String> {
        let app = &self.collector.app;
        if app.estate.identity.value().is_some() || app.environment.is_only_infra() {
            return None;
        }
        let why = app.estate.identity.failure();
        let why = why.map_or_else(|| "AWS did not answer in time".to_owned(), ToString::to_string);
        let taken =
            app.environment.account.as_ref().map(|account| format!(", and {account} is the configured account"));
        Some(format!("the account of these credentials is not known{}: {why}", taken.unwrap_or_default()))
    }

    /// The facts that were read, in the form that the reports take.
    pub(super) fn input(&self) -> SnapshotInput<'_> {
        let app = &self.collector.app;
        SnapshotInput {
            zone: &self.zone,
            environment: &app.environment,
            estate: &app.estate,
            now: app.service_now(),
            ahead: app.ahead,
            started: self.started,
            requests: app.poller.requests(),
            skipped: &self.skipped,
            service_metrics: app.poller.wants().service_metrics,
        }
    }
}

/// The flags that lead a command to the same place, so that one that is offered comes there, too. A variable of the
/// shell holds for the next command as well.
fn flags(global: &Global) -> Vec<Flag> {
    let file =
        global.config.as_ref().filter(|file| std::env::var_os("COCKPIT_CONFIG").is_none_or(|set| set != ***file));
    // It may be typed in another folder.
    let file = file.map(|file| std::path::absolute(file).unwrap_or_else(|_| file.clone()).display().to_string());
    let endpoint = global.endpoint_url.as_deref().map(without_user);
    let all = [
        ("--config", file),
        ("--profile", global.profile.clone()),
        ("--region", global.region.clone()),
        ("--endpoint-url", endpoint),
    ];
    all.into_iter().filter_map(|(flag, value)| Some((flag, value?))).collect()
}

/// Tells this process's operations from those of others: when it began, and its number.
fn mark() -> String {
    format!("{}-{}", Timestamp::now().as_second(), std::process::id())
}

/// Whether the terminal is told to speak UTF-8; where nothing says anything, it is assumed.
fn locale_is_utf8() -> bool {
    let said = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    said.is_none_or(|value| {
        let value = value.to_ascii_lowercase();
        value.contains("utf-8") || value.contains("utf8") || !(value == "c" || value == "posix" || value.contains('.'))
    })
}

/// The commands that keys may be bound to.
fn commands() -> Vec<KnownCommand> {
    TABLE
        .commands()
        .map(|command| KnownCommand {
            name: command.name().to_owned(),
            // Empty is everywhere.
            scope: if command.scope == Scope::Global { String::new() } else { TABLE.heading(command.scope).to_owned() },
            keys: command.keys.iter().map(|key| (*key).to_owned()).collect(),
            typing: matches!(command.scope, Scope::Input | Scope::Text | Scope::Overlay),
        })
        .collect()
}

/// The panes that commands of one's own may apply in.
fn panes() -> Vec<(String, String)> {
    TABLE.panes.iter().map(|pane| (pane.id.0.to_owned(), TABLE.heading(Scope::Pane(pane.id.0)).to_owned())).collect()
}
