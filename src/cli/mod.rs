//! What is typed: the command line as plain data, its errors and its exit codes.
//!
//! Nothing is executed here, save rendering help, completions and the manual page to a writer.

pub mod duration;
pub mod error;
pub mod exit;
pub mod lists;
pub mod logs;
pub mod operations;
pub mod output;
pub mod rendered;
pub mod simulator;
pub mod snapshot;
pub mod tools;

use clap::parser::ValueSource;
use clap::{ArgAction, ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use jiff::SignedDuration;
use std::ffi::OsString;
use std::path::PathBuf;

pub use error::Report;
pub use exit::ExitCode;
pub use output::{Color, Output};
pub use tools::{ConfigAction, SchemaName};

/// The whole command line.
#[derive(Debug, Clone, PartialEq, Parser)]
#[command(
    name = "cockpit",
    version,
    about = "One screen and one snapshot for a small team's AWS environments",
    long_about = "One screen and one snapshot for a small team's AWS environments.\n\nWithout a command it opens the interactive session; the commands print the same facts for scripts.",
    after_help = "Run `cockpit --help` for exit codes and examples, `cockpit COMMAND --help` for a command.",
    after_long_help = long_help(),
    disable_help_subcommand = true,
    max_term_width = 100
)]
pub struct Cli {
    /// Flags of every command.
    #[command(flatten)]
    pub global: Global,
    /// The command; none is the interactive session.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Flags of every command.
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Global {
    /// The environment; needed unless the configuration has a default
    #[arg(short, long, global = true, value_name = "NAME", env = "COCKPIT_ENV", hide_env_values = true)]
    pub env: Option<String>,
    /// This configuration instead of `config.toml` here or in a parent and in the user's folder
    #[arg(short, long, global = true, value_name = "FILE", env = "COCKPIT_CONFIG", hide_env_values = true)]
    pub config: Option<PathBuf>,
    /// Format; `table` on a terminal. Each command says which it supports
    #[arg(short, long, global = true, value_enum, value_name = "FORMAT")]
    pub output: Option<Output>,
    /// Refuse every command that changes anything
    #[arg(long, global = true)]
    pub read_only: bool,
    /// Answer confirmations; a guarded environment and destruction also need --confirm
    #[arg(short, long, global = true)]
    pub yes: bool,
    /// The environment's name, to confirm what is guarded or destroys
    #[arg(long, global = true, value_name = "NAME")]
    pub confirm: Option<String>,
    /// A profile of the AWS configuration, as in the AWS CLI
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// The region, as in the AWS CLI
    #[arg(long, global = true, value_name = "REGION")]
    pub region: Option<String>,
    /// Another endpoint for every service, as in the AWS CLI
    #[arg(long, global = true, value_name = "URL")]
    pub endpoint_url: Option<String>,
    /// Limit for the whole command: `30s`, `10m`, `2h30m`; `docs/limits.md` says how long it may take without one
    #[arg(long, global = true, value_name = "DURATION", value_parser = duration::parse)]
    pub timeout: Option<SignedDuration>,
    /// When to colour; `NO_COLOR` is honoured
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t)]
    pub color: Color,
    /// Diagnostics to --log-file, or to stderr where there is no screen; twice for more
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// Where diagnostics go
    #[arg(long, global = true, value_name = "FILE")]
    pub log_file: Option<PathBuf>,
}

/// The commands.
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum Command {
    /// Print the whole environment, watch its changes or wait for a condition [table|json|yaml]
    Snapshot(snapshot::Snapshot),
    /// List services: counts, deployments, health and reasons [table|json|yaml|csv]
    Services(lists::Services),
    /// List tasks with their containers and why they stopped [table|json|yaml|csv]
    Tasks(lists::Tasks),
    /// Show limits, policies, schedules and why a service does not scale [table|json|yaml|csv]
    Autoscaling(lists::Autoscaling),
    /// List databases with members, capacity, lag and backups [table|json|yaml|csv]
    Db(lists::Db),
    /// Print log lines of services in order, or follow them [text|json|raw]
    Logs(logs::Logs),
    /// Search logs with CloudWatch Logs Insights [table|json|yaml|csv]
    Insights(logs::Insights),
    /// List alarms that are not OK [table|json|yaml|csv]
    Alarms(lists::Alarms),
    /// Deploy a version, watch it to its end and tell the truth about it [table|json|yaml]
    Deploy(operations::Deploy),
    /// Go back to the version that ran before [table|json|yaml]
    Rollback(operations::Rollback),
    /// Set how many tasks of a service run, and wait for them [table|json|yaml]
    Scale(operations::Scale),
    /// Stop all services of the environment, keeping their counts [table|json|yaml]
    Stop(operations::Power),
    /// Start all services of the environment as they were [table|json|yaml]
    Start(operations::Power),
    /// Show when the schedule stops and starts the environment, or skip the next time [table|json|yaml]
    Schedule(operations::Schedule),
    /// Stop one task; its service replaces it [table|json|yaml]
    StopTask(operations::StopTask),
    /// Show what was changed, by whom and how it ended [table|json|yaml]
    Audit(operations::Audit),
    /// Check tools, credentials, account, clock, permissions and the terminal [table|json|yaml]
    Doctor,
    /// Show or check the configuration [table|json|yaml]
    Config(tools::Config),
    /// Print the JSON Schema of an output
    Schema(tools::Schema),
    /// Print completions for a shell
    Completions(tools::Completions),
    /// Print the manual page
    Man,
    /// Run the simulated AWS alone
    Sim(simulator::Sim),
    /// Open the interactive session on the simulated AWS
    Demo(simulator::Demo),
}

/// Why there is no [`Cli`] to run.
#[derive(Debug, Clone, PartialEq)]
pub enum Stop {
    /// Help or version: print to stdout, exit 0.
    Print(String),
    /// Wrong usage: exit 2, as JSON if the flag says so.
    Wrong {
        /// What to say.
        report: Box<Report>,
        /// With `-o json` among the arguments.
        json: bool,
    },
}

fn long_help() -> String {
    format!(
        "Examples:\n  cockpit                                   the default environment, interactive\n  cockpit snapshot --env staging -o json    everything that is known, for a script\n  cockpit services web                      one service\n  cockpit demo --scenario crash-loop        try it without an account\n\nLimits without --timeout:
  a read that is done once ends within 2 minutes, and the time that a credential helper may take
  (1 minute: credential_timeout); what goes on until it is left says so in its help
{}",
        exit::section()
    )
}

impl Cli {
    /// Parses arguments, the program's name first.
    pub fn read<I, T>(arguments: I) -> Result<Self, Stop>
    where
        I: IntoIterator<Item = T>,
        T: Into<OsString>,
    {
        let arguments: Vec<OsString> = arguments.into_iter().map(Into::into).collect();
        let json = asks_for_json(&arguments);
        let wrong = |report: Report| Stop::Wrong { report: Box::new(report), json };
        let refused = |error: &clap::Error| {
            let text = error.render().to_string();
            if error.use_stderr() { wrong(usage(&text)) } else { Stop::Print(text) }
        };
        let mut matches = Self::command().try_get_matches_from(&arguments).map_err(|error| refused(&error))?;
        if let Some(name) = empty_argument(&Self::command(), &matches) {
            return Err(wrong(
                Report::usage(format!("{name} is empty"))
                    .hint("a variable of the shell that is not set leaves nothing: give a value, or leave it out"),
            ));
        }
        let mut cli = Self::from_arg_matches_mut(&mut matches).map_err(|error| refused(&error))?;
        // A variable that is set to nothing is not set.
        cli.global.env = cli.global.env.filter(|name| !name.is_empty());
        cli.global.config = cli.global.config.filter(|path| !path.as_os_str().is_empty());
        cli.check().map_err(wrong)?;
        Ok(cli)
    }

    /// What clap cannot check alone.
    fn check(&self) -> Result<(), Report> {
        self.output(true)?;
        if let Some(region) = &self.global.region
            && !crate::model::format::is_region(region)
        {
            return Err(Report::usage(format!("`{region}` is no region")).hint("write it as ap-northeast-1"));
        }
        if let Some(url) = &self.global.endpoint_url
            && !crate::model::format::is_url(url)
        {
            return Err(Report::usage("--endpoint-url is no URL").hint("write it as http://127.0.0.1:4566"));
        }
        Ok(())
    }

    /// The format to print in: what was asked for if the command supports it, else its default.
    pub fn output(&self, terminal: bool) -> Result<Output, Report> {
        let (name, allowed) = match &self.command {
            Some(command) => (command.name(), command.outputs()),
            None => return Ok(self.global.output.unwrap_or(Output::Table)),
        };
        if matches!(self.command, Some(Command::Logs(_))) && self.global.output.is_none() {
            return Ok(Output::Text);
        }
        let piped = if matches!(self.command, Some(Command::Snapshot(_))) { Output::Json } else { Output::Table };
        output::choose(self.global.output, allowed, name, piped, terminal)
    }

    /// Whether errors are to be JSON.
    pub fn json_errors(&self) -> bool {
        self.global.output == Some(Output::Json)
    }
}

impl Command {
    /// As it is typed.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Snapshot(_) => "snapshot",
            Self::Services(_) => "services",
            Self::Tasks(_) => "tasks",
            Self::Autoscaling(_) => "autoscaling",
            Self::Db(_) => "db",
            Self::Alarms(_) => "alarms",
            Self::Deploy(_) => "deploy",
            Self::Rollback(_) => "rollback",
            Self::Scale(_) => "scale",
            Self::Stop(_) => "stop",
            Self::Start(_) => "start",
            Self::Schedule(_) => "schedule",
            Self::StopTask(_) => "stop-task",
            Self::Audit(_) => "audit",
            Self::Logs(_) => "logs",
            Self::Insights(_) => "insights",
            Self::Doctor => "doctor",
            Self::Config(_) => "config",
            Self::Schema(_) => "schema",
            Self::Completions(_) => "completions",
            Self::Man => "man",
            Self::Sim(_) => "sim",
            Self::Demo(_) => "demo",
        }
    }

    /// The formats that it supports.
    pub fn outputs(&self) -> &'static [Output] {
        match self {
            Self::Autoscaling(arguments) if arguments.changes() => output::TREE,
            Self::Snapshot(_)
            | Self::Doctor
            | Self::Config(_)
            | Self::Deploy(_)
            | Self::Rollback(_)
            | Self::Scale(_)
            | Self::Stop(_)
            | Self::Start(_)
            | Self::Schedule(_)
            | Self::StopTask(_)
            | Self::Audit(_) => output::TREE,
            Self::Services(_)
            | Self::Tasks(_)
            | Self::Autoscaling(_)
            | Self::Db(_)
            | Self::Alarms(_)
            | Self::Insights(_) => output::LIST,
            Self::Logs(_) => output::LINES,
            Self::Schema(_) | Self::Sim(_) => &[Output::Json],
            Self::Completions(_) | Self::Man | Self::Demo(_) => &[],
        }
    }
}

/// Clap's own text as a report: its first paragraph says what is wrong, the rest is the hint.
fn usage(text: &str) -> Report {
    let text = text.strip_prefix("error: ").unwrap_or(text).trim();
    let (message, rest) = text.split_once("\n\n").unwrap_or((text, ""));
    let hint: Vec<&str> =
        rest.lines().map(|line| line.trim().trim_start_matches("tip: ")).filter(|line| !line.is_empty()).collect();
    let report = Report::usage(message);
    if hint.is_empty() { report.hint("try `cockpit --help`") } else { report.hint(hint.join("\n")) }
}

/// The first argument that was given with nothing, or only blanks, in it: `SERVICE` or `--env`. An empty text
/// is the beginning and the end of every name: what takes names must never see it.
fn empty_argument(command: &clap::Command, matches: &ArgMatches) -> Option<String> {
    let blank = |value: &std::ffi::OsStr| value.to_str().is_some_and(|value| value.trim().is_empty());
    let typed = |id: &str| matches.value_source(id) == Some(ValueSource::CommandLine);
    for argument in command.get_arguments() {
        let id = argument.get_id().as_str();
        // Flags of every command are known to the commands below alone until they are built.
        let Ok(Some(mut values)) = matches.try_get_raw(id) else { continue };
        if typed(id) && values.any(blank) {
            let long = argument.get_long().map(|long| format!("--{long}"));
            let name = || argument.get_value_names().and_then(<[_]>::first).map(ToString::to_string);
            return long.or_else(name).or_else(|| Some(id.to_uppercase()));
        }
    }
    let (name, below) = matches.subcommand()?;
    empty_argument(command.find_subcommand(name)?, below)
}

fn asks_for_json(arguments: &[OsString]) -> bool {
    let words: Vec<&str> = arguments.iter().filter_map(|word| word.to_str()).collect();
    words.iter().any(|word| matches!(*word, "-ojson" | "-o=json" | "--output=json"))
        || words.windows(2).any(|pair| matches!(pair, ["-o" | "--output", "json"]))
}

/// The command as clap sees it, for tests of the documentation.
pub fn command() -> clap::Command {
    Cli::command()
}

#[cfg(test)]
mod tests;
