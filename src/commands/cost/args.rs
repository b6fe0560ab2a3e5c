//! `cockpit cost`: what is typed.

use clap::Args;

/// Print what the account costs: this month by service, forecast, yesterday [table|json|yaml|csv]
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(
    after_help = "Cost Explorer is asked at most once a day ($0.01 a request, two requests); what it said is kept and shown
with its age. Figures of the last two days still grow. The demo asks its own simulator alone.

Examples:
  cockpit cost
  cockpit cost --tag Environment=staging
  cockpit cost -o csv"
)]
pub struct Arguments {
    /// Only what has this tag, as `KEY=VALUE`; it must be activated for cost allocation
    #[arg(long, value_name = "KEY=VALUE", value_parser = tag)]
    pub tag: Option<(String, String)>,
}

fn tag(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() && !value.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("write it as KEY=VALUE: Environment=staging".to_owned()),
    }
}
