//! Changes as sentences.

use crate::app::operation::call::Write;
use crate::app::operation::watch::short;

/// A sentence on what a change does.
pub(super) fn sentence(write: &Write) -> String {
    match write {
        Write::Update { service, desired: Some(desired), .. } => format!("{service}: desired count {desired}"),
        Write::Update { service, .. } => format!("updating {service}"),
        Write::Limits { resource, min, max, suspended } => {
            let name = resource.rsplit('/').next().unwrap_or(resource);
            let mut parts = Vec::new();
            match (min, max) {
                (Some(min), Some(max)) => parts.push(format!("between {min} and {max}")),
                (Some(min), None) => parts.push(format!("minimum {min}")),
                (None, Some(max)) => parts.push(format!("maximum {max}")),
                (None, None) => {}
            }
            match suspended {
                Some(state) if state.any() => parts.push("suspended".to_owned()),
                Some(_) => parts.push("goes on".to_owned()),
                None => {}
            }
            format!("{name}: autoscaling {}", parts.join(", "))
        }
        Write::Remember { arn, desired, suspended } => {
            let name = arn.rsplit('/').next().unwrap_or(arn);
            let count = desired.map(|count| format!("its count, {count}"));
            let scaling = suspended.map(|state| {
                if state.any() {
                    format!("that its autoscaling is suspended ({})", state.describe())
                } else {
                    "that its autoscaling is on".to_owned()
                }
            });
            let what: Vec<String> = count.into_iter().chain(scaling).collect();
            format!("{name}: remembering {}", what.join(", and "))
        }
        Write::Forget { arn, .. } => {
            let name = arn.rsplit('/').next().unwrap_or(arn);
            format!("{name}: nothing need be remembered any more")
        }
        Write::StopTask { id, .. } => format!("stopping task {}", short(id)),
        Write::Invoke { function, power } => format!("invoking {function} with \"{}\"", power.name()),
        Write::Skip { timer, until: Some(_) } => format!("{}: the next time is skipped", timer.title()),
        Write::Skip { timer, until: None } => format!("{}: no time is skipped", timer.title()),
        Write::Database { id, power, .. } => {
            format!("{} {id}", power.database_transition_status())
        }
        Write::Rds(write) => write.sentence(),
        Write::PutParameter(put) => format!("writing {}", put.name),
        Write::DeleteParameter { name } => format!("removing {name}"),
        Write::MuteAlarm { alarm, .. } => format!("muting {alarm}"),
        Write::UnmuteAlarm { alarm } => format!("{alarm} notifies again"),
        Write::Instance { .. }
        | Write::Ingress(_)
        | Write::Scaling(_)
        | Write::Invalidate(_)
        | Write::Register { .. }
        | Write::RollBack { .. } => write.action().to_owned(),
    }
}
