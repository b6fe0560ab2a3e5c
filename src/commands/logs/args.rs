//! Arguments of `cockpit logs`.

use crate::cli::duration;
use clap::Args;
use jiff::SignedDuration;
use std::path::PathBuf;

/// Print log lines of services in order, or follow them [text|json|raw]
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(
    after_help = "Lines of all services are printed in the order of their time. With -f new lines follow: a line waits up to
--delay for earlier ones of other groups. Times of which AWS showed only some lines, or that could not be read,
are printed as SAMPLED or GAP with their bounds.

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
    /// Services by name, short name, unambiguous part of the name, or ARN [default: all]
    #[arg(value_name = "SERVICE")]
    pub services: Vec<String>,
    /// Follow: print new lines as they come
    #[arg(short, long)]
    pub follow: bool,
    /// Start of the time range: a duration before now (`2h`), or a time (`14:02`, `2026-11-24 14:02`, RFC 3339)
    /// [default: 10m, with --tail 7d]
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Only the newest N lines that match, then new ones with -f; 0 prints only new ones
    #[arg(long, value_name = "N")]
    pub tail: Option<usize>,
    /// End of the time range, in the same forms [default: now]
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
    /// Only lines that match this CloudWatch filter pattern; AWS applies it, so that fewer requests are needed
    #[arg(long, value_name = "PATTERN")]
    pub pattern: Option<String>,
    /// A log group, or groups by a pattern (`*`, `?`, `[a-c]`), instead of services; may be given several times
    #[arg(long, value_name = "NAME", conflicts_with = "services")]
    pub group: Vec<String>,
    /// A Lambda function instead of services; may be given several times
    #[arg(long, value_name = "NAME", conflicts_with = "services")]
    pub lambda: Vec<String>,
    /// Follow with a live tail: faster, at most 500 lines a second, $0.01 a minute beyond 1,800 free minutes a month
    #[arg(long, requires = "follow", conflicts_with = "until")]
    pub live: bool,
    /// Requests per second to each of the two APIs that return lines [default: the limit of AWS in the region, in most
    /// regions 10 for `FilterLogEvents` and 25 for `GetLogEvents`]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1_000))]
    pub rate: Option<u16>,
    /// How long a line waits for earlier ones of other groups; with `0s` it does not wait
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = delay)]
    pub delay: SignedDuration,
    /// Print times in UTC
    #[arg(long)]
    pub utc: bool,
    /// Exit with 0 at the first line that passes this filter (with 7 if --timeout ends first)
    #[arg(long, value_name = "EXPR", requires = "follow", conflicts_with = "until")]
    pub exit_on: Option<String>,
    /// Also write every line to this file as JSON lines; it is rotated at 64 MB, and 4 files are kept
    #[arg(long, value_name = "FILE")]
    pub tee: Option<PathBuf>,
}

/// Parses a duration, including zero.
fn delay(text: &str) -> Result<SignedDuration, String> {
    if matches!(text.trim(), "0" | "0s" | "0ms") { Ok(SignedDuration::ZERO) } else { duration::parse(text) }
}
