//! The context that every command starts from: configuration, environment, clock, terminal width.

use super::progress::print_note;
use crate::app::command::Scope;
use crate::app::poll::Wants;
use crate::app::{Overrides, Session};
use crate::aws::endpoint_files::invalid_setting;
use crate::aws::endpoints::invalid_variable;
use crate::aws::{self, Connection};
use crate::cli::{Global, Output, Report};
use crate::config::{self, Config, EnvironmentConfig, KnownCommand, Loaded};
use crate::headless::SnapshotInput;
use crate::model::Source;
use crate::model::format::without_user;
use crate::model::suggested_commands::{CommandScope, Flag, with_scope};
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

/// The context of a command: flags, output format, time limit, opened environments, AWS sessions.
pub(super) struct Context {
    pub(super) global: Global,
    /// The output format.
    pub(super) output: Output,
    /// Builds the whole clap command line, for completions and manual pages.
    pub(super) program: fn() -> clap::Command,
    /// The deadline of the command: `--timeout` after its start.
    end: Option<Instant>,
    /// The flags that select where it acts (`--config`, `--profile` …), repeated in the commands that hints suggest.
    flags: Vec<Flag>,
    /// The environments that were opened, to name them in the hints of errors.
    opened: Mutex<BTreeSet<String>>,
    /// One AWS session for each environment, so that credential helpers and MFA prompts run only once.
    sessions: Mutex<Vec<(EnvironmentConfig, aws::Session)>>,
    /// Whether a child program has the terminal and the signals.
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

    /// Marks the terminal and the signals as lent to a child program: background work then must not prompt and is not
    /// ended by a signal.
    pub(super) fn set_lent(&self, lent: bool) {
        self.lent.store(lent, Ordering::Relaxed);
    }

    /// Whether the terminal and the signals are lent to a child program.
    pub(super) fn is_lent(&self) -> bool {
        self.lent.load(Ordering::Relaxed)
    }

    fn named<'a>(&'a self, environment: &'a str) -> CommandScope<'a> {
        CommandScope { environment, flags: &self.flags }
    }

    /// Adds the opened environment to the commands in a report's hints, so that a pasted hint does not act on the
    /// default environment. With several opened environments the hints stay unchanged.
    pub(super) fn name_environment(&self, report: Report) -> Report {
        match self.single() {
            Some(name) => report.in_environment(self.named(&name)),
            None => report,
        }
    }

    /// Prints a line on stderr; commands in it name the opened environment, as those in a report do.
    pub(super) fn print_note(&self, line: &str) {
        match self.single() {
            Some(name) => print_note(&with_scope(line, self.named(&name))),
            None => print_note(line),
        }
    }

    /// Returns the name of the opened environment; `None` if none or several were opened.
    fn single(&self) -> Option<String> {
        let opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        opened.first().filter(|_| opened.len() == 1).cloned()
    }

    /// Returns the environment with the flags applied. Fails if an environment variable or an AWS file sets an endpoint
    /// that is not a URL.
    fn reached(&self, environment: &EnvironmentConfig) -> Result<EnvironmentConfig, Report> {
        let environment = EnvironmentConfig { flags: self.flags.clone(), ..environment.clone() };
        let connection = Connection::from(&environment);
        if let Some(name) = invalid_variable(&connection) {
            return Err(Report::usage(format!("{name} is not a URL"))
                .hint("write it as http://127.0.0.1:4566, or unset the variable; --endpoint-url goes before it"));
        }
        match invalid_setting(&connection) {
            Some(wrong) => Err(Report::usage(wrong.message.clone()).hint(wrong.hint())),
            None => Ok(environment),
        }
    }

    fn note_opened(&self, environment: &EnvironmentConfig) {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).insert(environment.name.clone());
    }

    /// Loads the configuration, including its mistakes.
    pub(super) fn load(&self) -> Loaded {
        config::load(&self.request())
    }

    /// Returns the request for the configuration: the current folder, the user's folder, environment variables and
    /// flags.
    fn request(&self) -> config::Request {
        use etcetera::BaseStrategy as _;
        let global = &self.global;
        config::Request {
            file: global.config.clone(),
            folder: std::env::current_dir().unwrap_or_default(),
            config_folder: etcetera::choose_base_strategy().ok().map(|folders| folders.config_dir().join("cockpit")),
            home_folder: etcetera::home_dir().ok(),
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

    /// Loads the configuration, which must be valid, and opens the requested environment.
    pub(super) fn open(&self) -> Result<(Loaded, EnvironmentConfig), Report> {
        let loaded = self.load();
        let environment = self.open_loaded(&loaded)?;
        Ok((loaded, environment))
    }

    /// Opens the requested environment of a configuration, which must be valid.
    pub(super) fn open_loaded(&self, loaded: &Loaded) -> Result<EnvironmentConfig, Report> {
        let environment = self.reached(loaded.select_environment(self.global.env.as_deref())?)?;
        self.note_opened(&environment);
        Ok(environment)
    }

    /// Opens the environment of this name, regardless of `--env`; the other flags apply to it.
    pub(super) fn open_named(&self, name: &str) -> Result<(Loaded, EnvironmentConfig), Report> {
        let mut request = self.request();
        request.flags.environment = Some(name.to_owned());
        let loaded = config::load(&request);
        let environment = self.reached(loaded.select_environment(Some(name))?)?;
        self.note_opened(&environment);
        Ok((loaded, environment))
    }

    /// Opens the environment named as an argument, or by `--env` if there is no such argument.
    pub(super) fn open_typed(&self, typed: Option<&str>) -> Result<(Loaded, EnvironmentConfig), Report> {
        let Some(name) = typed else { return self.open() };
        // `COCKPIT_ENV` is only a default, which an argument overrides; `--env` and an argument contradict each other.
        let from_shell = std::env::var("COCKPIT_ENV").ok().map(|name| name.trim().to_owned());
        if let Some(flag) = self.global.env.as_ref().filter(|flag| *flag != name && from_shell.as_ref() != Some(flag)) {
            let message = format!("two environments are named: {name}, and {flag} with --env");
            return Err(Report::usage(message).hint("name the one that is meant"));
        }
        self.open_named(name)
    }

    /// Returns the AWS session of an environment.
    pub(super) fn aws(&self, environment: &EnvironmentConfig) -> aws::Session {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = sessions.iter().find(|(of, _)| of == environment) {
            return known.clone();
        }
        let session = aws::Session::new(Connection::from(environment));
        sessions.push((environment.clone(), session.clone()));
        session
    }

    /// Returns the session settings that follow from flags and environment variables.
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

    /// Returns the terminal width in columns; `None` if the output is not a terminal.
    pub(super) fn width() -> Option<u16> {
        if !std::io::stdout().is_terminal() {
            return None;
        }
        crossterm::terminal::size().ok().map(|(columns, _)| columns)
    }

    /// Returns the time left of `--timeout`, which limits the whole command.
    pub(super) fn time_left(&self) -> Option<Duration> {
        self.end.map(|end| end.saturating_duration_since(Instant::now()))
    }

    /// Returns the deadline set by `--timeout`.
    pub(super) fn deadline(&self) -> Option<tokio::time::Instant> {
        self.end.map(tokio::time::Instant::from_std)
    }

    /// Whether the time of `--timeout` is up.
    pub(super) fn is_timed_out(&self) -> bool {
        self.time_left().is_some_and(|left| left.is_zero())
    }

    /// Awaits `work` until the deadline of `--timeout`; `None` if the time is up.
    pub(super) async fn in_time<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        match self.time_left() {
            Some(left) => tokio::time::timeout(left, work).await.ok(),
            None => Some(work.await),
        }
    }

    /// Reads the wanted sources once.
    pub(super) async fn collect(&self, wants: &[Source], service_metrics: bool) -> Result<Reading, Report> {
        let (loaded, environment) = self.open()?;
        unless_stopped(Box::pin(self.collect_in(loaded.config, environment, wants, service_metrics))).await
    }

    /// Reads the wanted sources of an environment that is already open.
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

    /// Reads the wanted sources.
    pub(super) async fn read(&self, config: Config, environment: EnvironmentConfig, wants: Wants) -> Reading {
        Box::pin(self.read_with(self.collector(config, environment, wants))).await
    }

    /// Makes the collector without starting it, so that its session can be used meanwhile.
    pub(super) fn collector(&self, config: Config, environment: EnvironmentConfig, wants: Wants) -> Collector {
        let collector = Collector::new(config, environment, self.session(), wants, Clock::System);
        let session = self.aws(&collector.app.environment);
        collector.with_session(session)
    }

    /// Runs a collector.
    pub(super) async fn read_with(&self, mut collector: Collector) -> Reading {
        let started = Clock::System.now();
        let collected = Box::pin(collector.collect(self.time_left())).await;
        Reading::new(collector, started, collected)
    }
}

/// The facts collected about an environment.
pub(super) struct Reading {
    pub(super) collector: Collector,
    pub(super) started: Timestamp,
    pub(super) collected: Collected,
    /// The sources that were not read, because the environment has none of them.
    pub(super) skipped: Vec<Source>,
    pub(super) zone: TimeZone,
}

impl Reading {
    pub(super) fn new(collector: Collector, started: Timestamp, collected: Collected) -> Self {
        let app = &collector.app;
        let requested: BTreeSet<Source> = app.poller.sources(&app.environment);
        let skipped = Source::ALL.into_iter().filter(|source| !requested.contains(source)).collect();
        let zone = app.zone();
        Self { collector, started, collected, skipped, zone }
    }

    /// Fails if the credentials are missing or wrong: then there is nothing to print, and the error says what to do.
    pub(super) fn check_credentials(&self) -> Result<(), Report> {
        use crate::model::FailureKind;
        let estate = &self.collector.app.estate;
        let Some(failure) = estate.identity.failure() else { return Ok(()) };
        let name = &self.collector.app.environment.name;
        match failure.kind {
            FailureKind::WrongAccount => Err(Report::from_failure(format!("this is not {name}"), failure)),
            FailureKind::Credentials => Err(Report::from_failure(format!("no valid credentials for {name}"), failure)),
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

    /// Returns a warning if the identity of the credentials is unknown, so that the facts may belong to another
    /// account.
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

    /// Returns the facts in the form that the reports take.
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

/// Returns the flags that make a suggested command act in the same place. Environment variables are left out: they also
/// apply to the next command.
fn flags(global: &Global) -> Vec<Flag> {
    let file =
        global.config.as_ref().filter(|file| std::env::var_os("COCKPIT_CONFIG").is_none_or(|set| set != ***file));
    // The suggested command may be run in another folder.
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

/// Returns an id that distinguishes this process's operations from others': start time and process id.
fn mark() -> String {
    format!("{}-{}", Timestamp::now().as_second(), std::process::id())
}

/// Whether the locale uses UTF-8; assumed if none is set.
fn locale_is_utf8() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    locale.is_none_or(|value| {
        let value = value.to_ascii_lowercase();
        value.contains("utf-8") || value.contains("utf8") || !(value == "c" || value == "posix" || value.contains('.'))
    })
}

/// Lists the commands that keys may be bound to.
fn commands() -> Vec<KnownCommand> {
    TABLE
        .commands()
        .map(|command| KnownCommand {
            name: command.name().to_owned(),
            // An empty scope means everywhere.
            scope: if command.scope == Scope::Global { String::new() } else { TABLE.heading(command.scope).to_owned() },
            keys: command.keys.iter().map(|key| (*key).to_owned()).collect(),
            typing: matches!(command.scope, Scope::Input | Scope::Text | Scope::Overlay),
        })
        .collect()
}

/// Lists the panes in which user-defined commands may apply.
fn panes() -> Vec<(String, String)> {
    TABLE.panes.iter().map(|pane| (pane.id.0.to_owned(), TABLE.heading(Scope::Pane(pane.id.0)).to_owned())).collect()
}
