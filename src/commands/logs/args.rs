//! `cockpit logs`: its arguments.

use crate::cli::duration;
use clap::Args;
use jiff::SignedDuration;
use std::path::PathBuf;

/// Print log lines of services in order, or follow them [text|json|raw]
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(
    after_help = "Lines of all services come in the order of their time. With -f the command goes on: a line waits up to
--delay for earlier ones of other groups. What the service showed only in part or what could not be read
is a line of its own, SAMPLED or GAP, with its bounds.

Filters: level>=warn  service:api  status:5xx  latency>500ms  url:/api/*  \"two words\"  /regex/  -noise  a or b

Examples:
  cockpit logs                                   the last 10 minutes of every service
  cockpit logs api -f --level warn               warnings and errors as they come
  cockpit logs api --tail 100 -f                 the newest 100 lines, then what comes
  cockpit logs --since 2h --filter 'status:5xx latency>500ms -healthcheck'
  cockpit logs -f --exit-on '/listening on/' --timeout 5m
  cockpit logs --group '/aws/lambda/*' --since 1d -o json"
)]
pub struct Arguments {
    /// Names, short names, words that only one service's name has, or ARNs; all where none is given
    #[arg(value_name = "SERVICE")]
    pub services: Vec<String>,
    /// Follow: print new lines as they come
    #[arg(short, long)]
    pub follow: bool,
    /// From this long ago (`2h`), or from this time (`14:02`, `2026-11-24 14:02`, RFC 3339) [default: 10m, with --tail 7d]
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Only the newest N lines that match, then new ones with -f; 0 shows only new ones
    #[arg(long, value_name = "N")]
    pub tail: Option<usize>,
    /// Up to this time, in the same forms
    #[arg(long, value_name = "TIME", conflicts_with = "follow")]
    pub until: Option<String>,
    /// Only lines that pass this filter
    #[arg(long, value_name = "EXPR")]
    pub filter: Option<String>,
    /// Only lines that match this regular expression (case-insensitive unless it has a capital letter)
    #[arg(long, value_name = "RE")]
    pub grep: Option<String>,
    /// Only lines at this level or above
    #[arg(long, value_name = "LEVEL")]
    pub level: Option<String>,
    /// A filter pattern of CloudWatch, which applies it, so that fewer requests are needed
    #[arg(long, value_name = "PATTERN")]
    pub pattern: Option<String>,
    /// A log group, or groups by a pattern (`*`, `?`, `[a-c]`), instead of services; may be repeated
    #[arg(long, value_name = "NAME", conflicts_with = "services")]
    pub group: Vec<String>,
    /// A Lambda function instead of services; may be repeated
    #[arg(long, value_name = "NAME", conflicts_with = "services")]
    pub lambda: Vec<String>,
    /// Follow with a live tail: sooner, at most 500 lines a second, $0.01 a minute beyond 1,800 a month
    #[arg(long, requires = "follow", conflicts_with = "until")]
    pub live: bool,
    /// Requests a second to each of the two APIs that return lines; without it as many as AWS allows in the region (in
    /// most regions 10 of `FilterLogEvents` and 25 of `GetLogEvents`)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1_000))]
    pub rate: Option<u16>,
    /// How long a line waits for earlier ones of other groups; with `0s` it does not wait
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = delay)]
    pub delay: SignedDuration,
    /// Print times in UTC
    #[arg(long)]
    pub utc: bool,
    /// End with 0 at the first line that passes this filter (7 if --timeout comes first)
    #[arg(long, value_name = "EXPR", requires = "follow", conflicts_with = "until")]
    pub exit_on: Option<String>,
    /// Also write every line to this file, as JSON lines; it is rotated at 64 MB, and 4 files are kept
    #[arg(long, value_name = "FILE")]
    pub tee: Option<PathBuf>,
}

/// A duration, zero too.
fn delay(text: &str) -> Result<SignedDuration, String> {
    if matches!(text.trim(), "0" | "0s" | "0ms") { Ok(SignedDuration::ZERO) } else { duration::parse(text) }
}
