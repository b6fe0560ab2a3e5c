//! Deploys an image, or the same again, or watches the newest deployment.

use super::args::Arguments;
use crate::app::operation::What;
use crate::app::operation::deploy::{self, Source};
use crate::cli::{ExitCode, Report};
use crate::commands::act::act;
use crate::commands::context::Context;
use crate::commands::opened::{names, open};
use crate::config::EnvironmentConfig;
use std::io;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let opened = open(context)?;
    opened.needs_cluster()?;
    let mut whats: Vec<What> = Vec::new();
    for (service, short) in names(context, &opened, &arguments.services).await? {
        let forced = arguments.force || arguments.enable_exec;
        let source = match (&arguments.image, forced, arguments.build) {
            (Some(image), ..) => Source::Image(image.clone()),
            (None, true, _) => Source::Force,
            (None, false, true) => {
                let config = EnvironmentConfig::build_of(&opened.config.builds, &service).ok_or_else(|| {
                    Report::new("config", format!("how {short} is built is not configured"), ExitCode::Usage)
                        .hint(format!("write [build.{short}] with its `context`, or build elsewhere and use --image"))
                })?;
                Source::Build { config: config.clone(), dirty: arguments.dirty }
            }
            (None, false, false) => Source::Attach,
        };
        let roll_back = match (arguments.rollback_on_failure, arguments.no_rollback) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            (false, false) => None,
        };
        let request = deploy::Request::new(service, short, source, opened.config.hooks.clone());
        let (base, container) = (arguments.from.clone(), arguments.container.clone());
        let exec = arguments.enable_exec;
        whats.push(deploy::Request { base, container, exec, roll_back, ..request }.into());
    }
    act(context, &opened, whats, arguments.dry_run, out).await
}
