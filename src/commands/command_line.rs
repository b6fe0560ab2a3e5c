//! The whole command line: global flags and the command.

use super::declared::Work;
use super::list::Command;
use crate::cli::{Global, Output, Report, exit};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser};
use std::ffi::OsString;

/// The parsed command line.
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
    /// Start with all configured environments side by side, as the key `e` shows them
    #[arg(long)]
    pub all: bool,
    /// The command; `None` is the interactive session.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// The outcome of a command line that runs no command.
#[derive(Debug, Clone, PartialEq)]
pub enum Stop {
    /// Print help or version to stdout, and exit with 0.
    Print(String),
    /// Report wrong usage, and exit with 2.
    UsageError {
        /// The report to print.
        report: Box<Report>,
        /// Whether to report as JSON: `-o json` is among the arguments.
        json: bool,
    },
}

fn long_help() -> String {
    format!(
        "Examples:\n  cockpit                                   the default environment, interactive\n  cockpit --all                             the same, beginning with all environments side by side\n  cockpit snapshot --env staging -o json    everything that is known, for a script\n  cockpit services web                      one service\n  cockpit demo --scenario crash-loop        try it without an account\n\nLimits without --timeout:
  a single read ends within 2 minutes, plus the time that a credential helper may take
  (1 minute: credential_timeout); a command without such a limit says so in its help
{}",
        exit::section()
    )
}

impl Cli {
    /// Parses arguments; the first one is the program's name.
    pub fn read<I, T>(arguments: I) -> Result<Self, Stop>
    where
        I: IntoIterator<Item = T>,
        T: Into<OsString>,
    {
        let arguments: Vec<OsString> = arguments.into_iter().map(Into::into).collect();
        let json = asks_for_json(&arguments);
        let wrong = |report: Report| Stop::UsageError { report: Box::new(report), json };
        let refused = |error: &clap::Error| {
            if let Some(report) = with_minus(error, &arguments) {
                return wrong(report);
            }
            let text = error.render().to_string();
            if error.use_stderr() { wrong(usage(&text)) } else { Stop::Print(text) }
        };
        // Only help needs the reflowed texts of all commands.
        let parsed = |error: clap::Error| match error.kind() {
            ErrorKind::DisplayHelp => command().try_get_matches_from(&arguments).err().unwrap_or(error),
            _ => error,
        };
        let mut typed = Self::command();
        let matches = typed.try_get_matches_from_mut(&arguments).map_err(parsed);
        let mut matches = matches.map_err(|error| refused(&error))?;
        if let Some(name) = empty_argument(&typed, &matches) {
            return Err(wrong(
                Report::usage(format!("{name} is empty"))
                    .hint("a variable of the shell that is not set leaves nothing: give a value, or leave it out"),
            ));
        }
        let mut cli = Self::from_arg_matches_mut(&mut matches).map_err(|error| refused(&error))?;
        // A variable that is set to an empty text counts as unset; a value from a file or a command may end with a line
        // break.
        cli.global.env = cli.global.env.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
        cli.global.config = cli.global.config.filter(|path| !path.as_os_str().is_empty());
        cli.check().map_err(wrong)?;
        Ok(cli)
    }

    /// Runs the checks that clap cannot do.
    fn check(&self) -> Result<(), Report> {
        self.output(true)?;
        if self.all && self.command.is_some() {
            return Err(Report::usage("--all before a command belongs to the interactive session").hint(
                "`cockpit --all` opens it; `cockpit snapshot --all` prints the same; options of a command stand after its name",
            ));
        }
        if let Some(region) = &self.global.region
            && !crate::model::format::is_region(region)
        {
            return Err(Report::usage(format!("`{region}` is not a region")).hint("write it as ap-northeast-1"));
        }
        if let Some(url) = &self.global.endpoint_url
            && !crate::model::format::is_url(url)
        {
            return Err(Report::usage("--endpoint-url is not a URL").hint("write it as http://127.0.0.1:4566"));
        }
        Ok(())
    }

    /// Returns the requested format if the command supports it, else its default.
    pub fn output(&self, terminal: bool) -> Result<Output, Report> {
        match &self.command {
            Some(command) => command.formats().choose(self.global.output, command.name(), terminal),
            None => Ok(self.global.output.unwrap_or(Output::Table)),
        }
    }

    /// Returns the kind of the command's work.
    pub fn work(&self) -> Work {
        self.command.as_ref().map_or(Work::Screen, Command::work)
    }

    /// Whether the command handles Ctrl-C itself: the screen takes it as a key, and a change continues without its
    /// command.
    pub fn takes_interrupt(&self) -> bool {
        self.work() == Work::Screen || self.command.as_ref().is_some_and(Command::takes_interrupt)
    }

    /// Returns the deadline set by `--timeout`, which also ends writes into a blocked pipe.
    pub fn deadline(&self) -> Option<std::time::Instant> {
        let limit = std::time::Duration::try_from(self.global.timeout?).ok()?;
        std::time::Instant::now().checked_add(limit)
    }

    /// Whether errors are printed as JSON.
    pub fn json_errors(&self) -> bool {
        self.global.output == Some(Output::Json)
    }
}

/// Converts clap's error text to a report: its first paragraph is the message, the rest is the hint.
fn usage(text: &str) -> Report {
    let text = text.strip_prefix("error: ").unwrap_or(text).trim();
    let (message, rest) = text.split_once("\n\n").unwrap_or((text, ""));
    // Without clap's tip to pass an unknown flag after `--`: it would be taken for a name.
    let helps = |line: &&str| !line.is_empty() && !line.starts_with("to pass '");
    let hint: Vec<&str> = rest.lines().map(|line| line.trim().trim_start_matches("tip: ")).filter(helps).collect();
    let message = message.replace("invalid digit found in string", "it is not a whole number");
    let report = Report::usage(message.replace("number too large to fit in target type", "it is too large"));
    if hint.is_empty() { report.hint("try `cockpit --help`") } else { report.hint(hint.join("\n")) }
}

/// Explains a negative value that was taken for a flag: `--tail -1`, `--since -5m`, `scale web -1`.
fn with_minus(error: &clap::Error, arguments: &[OsString]) -> Option<Report> {
    fn bare(value: &str) -> Option<&str> {
        value.strip_prefix('-').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    }
    if error.kind() != clap::error::ErrorKind::UnknownArgument {
        return None;
    }
    let words: Vec<&str> = arguments.iter().filter_map(|word| word.to_str()).collect();
    let of_flag = words.windows(2).find_map(|pair| {
        let &[flag, value] = pair else { return None };
        let bare = bare(value)?;
        let takes = flag.starts_with("--") && flag.len() > 2 && !flag.contains('=');
        let message = format!("`{value}` is not a value of {flag}: it has a minus");
        takes.then(|| Report::usage(message).hint(format!("write it without the sign: {flag} {bare}")))
    });
    of_flag.or_else(|| {
        let Some(ContextValue::String(value)) = error.get(ContextKind::InvalidArg) else { return None };
        let bare = bare(value)?;
        let message = format!("`{value}` has a minus, and nothing here is below zero");
        Some(Report::usage(message).hint(format!("write it without the sign: {bare}")))
    })
}

/// Returns the name (`SERVICE` or `--env`) of the first argument that is empty or blank. An empty text matches every
/// name by prefix, so it must be rejected before names are resolved.
fn empty_argument(command: &clap::Command, matches: &ArgMatches) -> Option<String> {
    let blank = |value: &std::ffi::OsStr| value.to_str().is_some_and(|value| value.trim().is_empty());
    let typed = |id: &str| matches.value_source(id) == Some(ValueSource::CommandLine);
    for argument in command.get_arguments() {
        let id = argument.get_id().as_str();
        // Until clap builds the command, global flags are only known to its subcommands.
        let Ok(Some(values)) = matches.try_get_raw(id) else { continue };
        let values: Vec<&std::ffi::OsStr> = values.collect();
        // Arguments for a program may be empty (`sh -c ''`), but not the program's name.
        let for_program = argument.is_last_set();
        let at = values.iter().copied().take(if for_program { 1 } else { values.len() }).position(blank);
        if let Some(at) = at.filter(|_| typed(id)) {
            let long = argument.get_long().map(|long| format!("--{long}"));
            let name = || {
                let names = argument.get_value_names()?;
                // If values are missing, the first ones were omitted.
                let left_out = names.len().saturating_sub(values.len());
                names.get(left_out + at).or_else(|| names.last()).map(ToString::to_string)
            };
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

/// Returns the clap command with reflowed help texts.
pub fn command() -> clap::Command {
    flowing(Cli::command())
}

/// Reflows the paragraphs below the flags, so that clap wraps them to the width of the terminal.
fn flowing(command: clap::Command) -> clap::Command {
    let help = command.get_after_help().map(|help| flowed(&help.to_string()));
    let command = match help {
        Some(help) => command.after_help(help),
        None => command,
    };
    command.mut_subcommands(flowing)
}

/// Joins the lines of each paragraph. Indented lines, and lines after a colon, are kept.
fn flowed(text: &str) -> String {
    let is_prose = |line: &str| !line.is_empty() && !line.starts_with(' ');
    let mut out = String::new();
    for (at, line) in text.lines().enumerate() {
        let before = out.rsplit('\n').next().unwrap_or_default();
        let goes_on = is_prose(line) && is_prose(before) && !before.ends_with(':');
        if at > 0 {
            out.push(if goes_on { ' ' } else { '\n' });
        }
        out.push_str(line);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_paragraphs_are_reflowed_and_examples_are_kept() {
        assert_eq!(flowed("one\ntwo\n\nExamples:\n  a\n  b\n\nthree"), "one two\n\nExamples:\n  a\n  b\n\nthree");
        assert_eq!(flowed("Examples:\nthree"), "Examples:\nthree");
        let mut tunnel = command().find_subcommand("tunnel").unwrap().clone();
        let help = tunnel.render_help().to_string();
        let broken = help.lines().filter(|line| *line == "The").count();
        assert_eq!(broken, 0, "{help}");
    }

    #[test]
    fn usage_shows_optional_first_word() {
        let cases: [(&[&str], &str); 5] = [
            (&["exec"], "[ENVIRONMENT] <SERVICE>"),
            (&["invalidate"], "[DISTRIBUTION] <PATH>..."),
            (&["infra", "import"], "[ENVIRONMENT] <ADDRESS> <ID>"),
            (&["infra", "replace"], "[ENVIRONMENT] <ADDRESS>"),
            (&["infra", "state", "show"], "[ENVIRONMENT] <ADDRESS>"),
        ];
        for (path, usage) in cases {
            let mut found = command();
            for name in path {
                found = found.find_subcommand(name).unwrap().clone();
            }
            let shown = found.render_usage().to_string();
            assert!(shown.contains(usage), "{shown}");
        }
    }

    #[test]
    fn stop_and_start_have_their_own_help() {
        let help = |name: &str| command().find_subcommand(name).unwrap().get_after_help().unwrap().to_string();
        assert!(help("stop").contains("`cockpit start` brings them back"), "{}", help("stop"));
        assert!(help("start").contains("`cockpit stop` kept in its tag"), "{}", help("start"));
    }
}
