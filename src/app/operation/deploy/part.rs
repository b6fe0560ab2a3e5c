//! A restart that is a part of another operation: that one shows the plan, asks a person, looks once more whether it still
//! holds, makes changes of its own before it, and tells the end of all together.

use super::{Deploy, Request, Source};
use crate::app::operation::step::Ctx;
use crate::config::Hooks;
use crate::model::service::Service;

impl Deploy {
    /// New tasks of what a service runs, without the project's hooks.
    pub(in crate::app::operation) fn restart(service: String, short: String) -> Self {
        let request = Request::new(service, short, Source::Force, Hooks::default());
        Self { after_others: true, ..Self::new(request) }
    }

    /// Why the plan does not hold for the service as it is at this moment, if it does not.
    pub(in crate::app::operation) fn overtaken(&self, now: Option<&Service>) -> Option<String> {
        let (Some(now), Some(before)) = (now, &self.gather.service) else {
            return Some("the service is gone".to_owned());
        };
        let id = |service: &Service| service.primary().map(|primary| primary.id.clone());
        let back = matches!(self.request.source, Source::Back(_));
        if id(now) == id(before) || (back && self.gather.under_way().is_some()) {
            return None;
        }
        let to = now.primary().map(|primary| primary.task_definition.clone()).unwrap_or_default();
        Some(format!("the service changed since it was looked at: it now goes to {to}"))
    }

    /// The first change, of the service as it is at this moment.
    pub(in crate::app::operation) fn change_now(&mut self, now: Service, ctx: &mut Ctx<'_>) {
        self.gather.service = Some(now);
        self.change(ctx);
    }

    /// Whether nothing of the service runs because nothing is to run.
    pub(in crate::app::operation) fn is_at_zero(&self) -> bool {
        self.desired() == 0
    }
}
