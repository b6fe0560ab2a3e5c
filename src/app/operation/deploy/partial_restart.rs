//! A restart that is part of another operation: that operation shows the plan, asks a person, rechecks the plan, makes
//! changes of its own first, and reports the common end.

use super::{Deploy, Request, Source};
use crate::app::operation::step::Ctx;
use crate::config::Hooks;
use crate::model::service::Service;

impl Deploy {
    /// A restart of a service with its current task definition, without the project's hooks.
    pub(in crate::app::operation) fn restart(service: String, short: String) -> Self {
        let request = Request::new(service, short, Source::Force, Hooks::default());
        Self { after_others: true, ..Self::new(request) }
    }

    /// Why the plan no longer fits the service as it is now, if so.
    pub(in crate::app::operation) fn why_outdated(&self, now: Option<&Service>) -> Option<String> {
        let (Some(now), Some(before)) = (now, &self.gather.service) else {
            return Some("the service is gone".to_owned());
        };
        let id = |service: &Service| service.primary().map(|primary| primary.id.clone());
        let back = matches!(self.request.source, Source::RollBack(_));
        if id(now) == id(before) || (back && self.gather.deployment_in_progress().is_some()) {
            return None;
        }
        let to = now.primary().map(|primary| primary.task_definition.clone()).unwrap_or_default();
        Some(format!("the service changed since it was looked at: it now goes to {to}"))
    }

    /// Sends the first change, based on the service as it is now.
    pub(in crate::app::operation) fn start_change(&mut self, now: Service, ctx: &mut Ctx<'_>) {
        self.gather.service = Some(now);
        self.change(ctx);
    }

    /// Whether nothing of the service runs because its desired count is 0.
    pub(in crate::app::operation) fn is_at_zero(&self) -> bool {
        self.desired() == 0
    }
}
