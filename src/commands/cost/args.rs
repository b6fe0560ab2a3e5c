//! `cockpit cost`: its arguments.

use clap::Args;
use std::path::PathBuf;

/// Print what the account costs, or with --estimate what an environment will [table|json|yaml|csv]
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(
    after_help = "Cost Explorer is asked at most once a day ($0.01 a request, two requests); what it said is kept and shown
with its age. Figures of the last two days still grow. The demo asks only its own simulator.

--estimate works from plans, before anything is built. It adds up what is paid by the hour or by the month, at
on-demand list prices; what depends on use is listed apart, with its unit price; and what the price table does not
have is named, and is in no total. It asks AWS nothing. The exit code is 3 where something is not known.

Examples:
  cockpit cost
  cockpit cost --tag Environment=staging
  cockpit cost --by tag:Environment                 what each value of a tag costs
  cockpit cost -o csv
  cockpit cost prod --estimate                      by the latest run that planned it
  cockpit cost prod --estimate --now                by a plan that is made now, and changes nothing
  terraform show -json tfplan > plan.json && cockpit cost prod --estimate --plan plan.json"
)]
pub struct Arguments {
    /// The environment, as with --env
    #[arg(value_name = "ENVIRONMENT")]
    pub environment: Option<String>,
    /// Only what has this tag, as `KEY=VALUE`; it must be activated for cost allocation
    #[arg(long, value_name = "KEY=VALUE", value_parser = tag)]
    pub tag: Option<(String, String)>,
    /// Group by `service` or `tag:KEY`, the values of a tag that is activated for cost allocation [default: service]
    #[arg(long, value_name = "service|tag:KEY", value_parser = by)]
    pub by: Option<By>,
    /// Estimate from its plans what the environment will cost, before it is built
    #[arg(long, conflicts_with_all = ["tag", "by"])]
    pub estimate: bool,
    /// With --estimate: the output of `terraform show -json` for a plan; may be given once for each unit; `-` is standard input
    #[arg(long = "plan", value_name = "FILE", requires = "estimate", conflicts_with_all = ["tag", "by"])]
    pub plans: Vec<PathBuf>,
    /// With --estimate: this run, as `cockpit infra runs` lists it [default: the latest that planned]
    #[arg(long, value_name = "RUN", requires = "estimate", conflicts_with_all = ["plans", "tag", "by"])]
    pub run: Option<String>,
    /// With --estimate: make a plan now; it changes nothing
    #[arg(long, requires = "estimate", conflicts_with_all = ["plans", "run", "tag", "by"])]
    pub now: bool,
}

fn tag(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() && !value.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("write it as KEY=VALUE: Environment=staging".to_owned()),
    }
}

/// How costs are grouped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    Service,
    /// The values of a tag, by its key.
    Tag(String),
}

impl Arguments {
    /// The key of the tag that costs are grouped by; none where by service.
    pub fn by_tag(&self) -> Option<&str> {
        match &self.by {
            Some(By::Tag(key)) => Some(key),
            Some(By::Service) | None => None,
        }
    }
}

fn by(text: &str) -> Result<By, String> {
    match (text, text.split_once(':')) {
        ("service", _) => Ok(By::Service),
        (_, Some(("tag", key))) if !key.is_empty() => Ok(By::Tag(key.to_owned())),
        _ => Err("write `service`, or `tag:KEY`: tag:Environment".to_owned()),
    }
}
