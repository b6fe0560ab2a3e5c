//! Arguments of `cockpit cost`.

use clap::Args;
use std::path::PathBuf;

/// Print the costs of the account, or with --estimate the expected costs of an environment [table|json|yaml|csv]
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(
    after_help = "Cost Explorer is read at most once a day ($0.01 a request, two requests); its answer is cached and shown
with its age. Costs of the last two days still grow. The demo reads only its own simulator.

--estimate works from plans, before anything is built. It adds up costs by the hour or by the month, at on-demand
list prices. Costs that depend on usage are listed separately with their unit price; resources that are not in the
price table are listed, and are in no total. It sends no requests to AWS. The exit code is 3 if something is not known.

Examples:
  cockpit cost
  cockpit cost --tag Environment=staging
  cockpit cost --by tag:Environment                 the costs of each value of a tag
  cockpit cost -o csv
  cockpit cost prod --estimate                      from the latest run with plans
  cockpit cost prod --estimate --now                from a new plan, which changes nothing
  terraform show -json tfplan > plan.json && cockpit cost prod --estimate --plan plan.json"
)]
pub struct Arguments {
    /// The environment, as with --env
    #[arg(value_name = "ENVIRONMENT")]
    pub environment: Option<String>,
    /// Only costs of resources with this tag, as `KEY=VALUE`; it must be activated for cost allocation
    #[arg(long, value_name = "KEY=VALUE", value_parser = tag)]
    pub tag: Option<(String, String)>,
    /// Group by `service` or by the values of a tag (`tag:KEY`), which must be activated for cost allocation [default:
    /// service]
    #[arg(long, value_name = "service|tag:KEY", value_parser = by)]
    pub by: Option<By>,
    /// Estimate the costs of the environment from its plans, before it is built
    #[arg(long, conflicts_with_all = ["tag", "by"])]
    pub estimate: bool,
    /// With --estimate: a file with the output of `terraform show -json` for a plan, one for each unit; `-` is standard
    /// input
    #[arg(long = "plan", value_name = "FILE", requires = "estimate", conflicts_with_all = ["tag", "by"])]
    pub plans: Vec<PathBuf>,
    /// With --estimate: use this run, as `cockpit infra runs` lists it [default: the latest run with plans]
    #[arg(long, value_name = "RUN", requires = "estimate", conflicts_with_all = ["plans", "tag", "by"])]
    pub run: Option<String>,
    /// With --estimate: make a new plan, which changes nothing
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
    /// By the values of the tag with this key.
    Tag(String),
}

impl Arguments {
    /// Returns the key of the tag that costs are grouped by; `None` if they are grouped by service.
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
