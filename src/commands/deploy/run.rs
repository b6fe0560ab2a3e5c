//! Deploys an image, forces a new deployment, or watches the newest deployment.

use super::args::Arguments;
use crate::app::operation::NewOperation;
use crate::app::operation::deploy::{self, Source};
use crate::cli::{ExitCode, Report};
use crate::commands::change::act;
use crate::commands::change_target::{Opened, open, service_names};
use crate::commands::context::Context;
use crate::config::{BuildConfig, EnvironmentConfig};
use crate::model::text::shell_quote;
use std::io;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let opened = open(context)?;
    opened.require_cluster()?;
    let mut whats: Vec<NewOperation> = Vec::new();
    for (service, short) in service_names(context, &opened, &arguments.services).await? {
        let forced = arguments.force || arguments.enable_exec;
        let source = match (&arguments.image, forced, arguments.build) {
            (Some(image), ..) => Source::Image(image.clone()),
            (None, true, _) => Source::Force,
            (None, false, true) => {
                Source::Build { config: built(arguments, &opened, &service, &short)?, dirty: arguments.dirty }
            }
            (None, false, false) => Source::Attach,
        };
        let roll_back = match (arguments.rollback_on_failure, arguments.no_rollback) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            (false, false) => None,
        };
        let request = deploy::Request::new(service, short, source, opened.config.hooks.clone());
        let base = arguments.from.as_deref().map(|from| opened.revision(from)).transpose()?;
        let container = arguments.container.clone();
        let exec = arguments.enable_exec;
        let flags = flags(arguments);
        whats.push(deploy::Request { base, container, exec, roll_back, flags, ..request }.into());
    }
    act(context, &opened, whats, arguments.dry_run, out).await
}

/// Returns how the image of a service is built, from the configuration and the flags.
fn built(arguments: &Arguments, opened: &Opened, service: &str, short: &str) -> Result<BuildConfig, Report> {
    let configured = EnvironmentConfig::build_of(&opened.config.builds, service).cloned();
    let context = match &arguments.context {
        Some(folder) => Some(std::path::absolute(folder).map_err(|error| {
            Report::usage(format!("the context {} cannot be found", folder.display())).caused_by(&error)
        })?),
        None => None,
    };
    let mut config = match (configured, &context) {
        (Some(config), _) => config,
        (None, Some(_)) => BuildConfig::default(),
        (None, None) => {
            return Err(Report::new("config", format!("how {short} is built is not configured"), ExitCode::Usage)
                .hint(format!("write [build.{short}] with its `context`, or say --context DIR")));
        }
    };
    if let Some(folder) = context {
        config.context = folder.display().to_string();
    }
    config.platform = arguments.platform.clone().or(config.platform);
    Ok(config)
}

/// Returns the build flags as they were typed, for the equivalent command line.
fn flags(arguments: &Arguments) -> String {
    let context =
        arguments.context.as_ref().map(|folder| format!(" --context {}", shell_quote(&folder.display().to_string())));
    let platform = arguments.platform.as_ref().map(|platform| format!(" --platform {platform}"));
    context.into_iter().chain(platform).collect()
}
