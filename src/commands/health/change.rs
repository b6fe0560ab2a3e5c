//! Allows an address, or removes one that was added by hand.

use super::args::Action;
use crate::app::operation::single::address::Request;
use crate::app::probes::{ProbeKinds, groups, order};
use crate::cli::{ExitCode, Report};
use crate::commands::change::act;
use crate::commands::change_target::open;
use crate::commands::completeness::require_complete;
use crate::commands::context::Context;
use crate::commands::waiting::wait_for;
use crate::model::Source;
use crate::probe::{Probes, Settings};
use std::io;

/// The target groups of the services lead to the load balancers, which have the security groups.
const SOURCES: &[Source] = &[Source::Identity, Source::Services];

pub(super) async fn change(context: &Context, action: &Action, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let opened = open(context)?;
    let (typed, allow, group, dry_run) = match action {
        Action::Allow(allow) => (allow.address.as_deref(), true, &allow.group, allow.dry_run),
        Action::Disallow(disallow) => (Some(disallow.address.as_str()), false, &disallow.group, disallow.dry_run),
    };
    let request = |address: &str, groups: Vec<String>| {
        Request::new(address, allow, group.clone(), groups)
            .map_err(|why| Report::usage(why).hint("as `cockpit health allow 203.0.113.7`"))
    };
    // A typing mistake is reported before any request is sent.
    if let Some(typed) = typed {
        request(typed, Vec::new())?;
    }
    let reading = context.collect(SOURCES, false).await?;
    // The services lead to the security groups.
    require_complete(&reading, &[Source::Services], "services")?;
    let app = &reading.collector.app;
    let address = match typed {
        Some(typed) => typed.to_owned(),
        None => Box::pin(own(context, &order(&app.environment, &app.estate, ProbeKinds::default()))).await?,
    };
    let operation = request(&address, groups(&app.estate))?.into();
    act(context, &opened, vec![operation], dry_run, out).await
}

/// Returns the public address of this machine.
async fn own(context: &Context, order: &crate::feeds::probes::ProbeOrder) -> Result<String, Report> {
    let settings = Settings {
        resolver: order.resolver.as_deref(),
        ca_file: order.ca_file.as_deref(),
        connect: &order.connect,
        limit: None,
    };
    let probes = Probes::new(&settings)
        .map_err(|why| Report::usage(why).hint("correct `health` of the environment in the configuration"))?;
    let address_request = async {
        probes.public_address(&order.address_url).await.map_err(|trouble| {
            let what = format!("the public address of this machine is not known: {}", trouble.describe());
            Report::new("unreachable", what, ExitCode::Failed).hint("name it: `cockpit health allow 203.0.113.7`")
        })
    };
    let unfound = "the public address of this machine was not found";
    let address = Box::pin(wait_for(context, unfound, address_request)).await?;
    Ok(address.to_string())
}
