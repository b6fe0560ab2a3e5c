//! Formats the events of a run as lines for a person.

use crate::model::infra::error_causes;
use crate::model::infra::message::{Action, Message};
use crate::model::infra::plan::text::counts;
use crate::model::infra::run_event::{RunEnd, RunEvent, RunEventKind, Step, UnitEnd};

/// Formats an event; `None` if a person need not see it.
pub(super) fn format_event(event: &RunEvent) -> Option<String> {
    Some(match &event.what {
        RunEventKind::Started(started) => {
            let count = started.units.len();
            format!("{}: {} of {count} {}", started.run, started.goal.name(), if count == 1 { "unit" } else { "units" })
        }
        RunEventKind::TakenUp { pid } => format!("resumed by process {pid}"),
        RunEventKind::Step { unit, step, pid: None, early } => match step {
            Step::Init => format!("{unit}: initialising"),
            // An early plan step only waits.
            Step::Plan if *early => return None,
            Step::Plan => format!("{unit}: planning"),
            Step::Apply => format!("{unit}: applying"),
            Step::Show => return None,
        },
        RunEventKind::Said { unit, step, message } => return message_line(unit, *step, message),
        RunEventKind::PlanReady { unit, plan } => {
            let what = if plan.empty { "nothing to do".to_owned() } else { counts(&plan.summary) };
            let drift = if plan.drifted > 0 { format!(", {} changed elsewhere", plan.drifted) } else { String::new() };
            let mocks = if plan.on_mocks { ", on made-up outputs: never applied" } else { "" };
            format!("{unit}: planned, {what}{drift}{mocks}")
        }
        RunEventKind::Approved { unit, sha256, by } => {
            format!("{unit}: plan {} approved by {}", sha256.get(..12).unwrap_or(sha256), by.user)
        }
        RunEventKind::PlanStale { unit, why } => format!("{unit}: it is planned again: {why}"),
        RunEventKind::Guarded { unit, guards } => {
            let lines: Vec<String> = guards.iter().map(|guard| format!("\n{unit}:   {}", guard.describe())).collect();
            format!("{unit}: before it is destroyed, by a separate plan:{}", lines.concat())
        }
        RunEventKind::Counted { unit, losses } => {
            let lines: Vec<String> = losses.iter().map(|loss| format!("\n{unit}:   {}", loss.sentence())).collect();
            format!("{unit}: lost with what is destroyed:{}", lines.concat())
        }
        RunEventKind::Lifted { unit } => format!("{unit}: nothing guards it any more: its destruction is planned"),
        RunEventKind::UnitEnded { unit, end } => format!("{unit}: {}", describe_end(end)),
        RunEventKind::Retried { units, by } => format!("tried again by {}: {}", by.user, units.join(", ")),
        RunEventKind::CancelAsked { by, hard: false } => {
            format!("cancelled by {}: Terraform finishes what is in flight, and nothing new begins", by.user)
        }
        RunEventKind::CancelAsked { by, hard: true } => {
            format!("cancelled by {} for the second time: Terraform stops where it is", by.user)
        }
        RunEventKind::Note { unit: Some(unit), text } => format!("{unit}: {text}"),
        RunEventKind::Note { unit: None, text } => text.clone(),
        RunEventKind::Ended { end } => match end {
            RunEnd::Done => "done".to_owned(),
            RunEnd::Failed => "failed".to_owned(),
            RunEnd::Cancelled => "cancelled".to_owned(),
        },
        RunEventKind::Step { pid: Some(_), .. }
        | RunEventKind::StepEnded { .. }
        // Notes report it.
        | RunEventKind::Left { .. }
        // The cancellation reports it.
        | RunEventKind::Interrupted { .. }
        | RunEventKind::Prepared { .. }
        | RunEventKind::Heard { .. }
        | RunEventKind::Unknown => return None,
    })
}

/// Describes how a unit ended.
pub(super) fn describe_end(end: &UnitEnd) -> String {
    match end {
        UnitEnd::Done => "done".to_owned(),
        UnitEnd::Unchanged => "nothing to do".to_owned(),
        UnitEnd::Failed { why } => format!("failed: {why}"),
        UnitEnd::Blocked { by } => format!("blocked by {by}"),
        UnitEnd::Cancelled { in_flight, applied: true } if in_flight.is_empty() => {
            "cancelled while it was applied: a part of it may be changed".to_owned()
        }
        UnitEnd::Cancelled { in_flight, .. } if in_flight.is_empty() => "cancelled before it was applied".to_owned(),
        UnitEnd::Cancelled { in_flight, .. } => format!("cancelled while it changed {}", in_flight.join(", ")),
    }
}

fn message_line(unit: &str, step: Step, message: &Message) -> Option<String> {
    Some(match message {
        Message::ApplyStarted { address, action } => format!("{unit}: {address}: {}", doing(*action)?),
        Message::ApplyProgress { address, elapsed } => format!("{unit}: {address}: still in progress, {elapsed}s"),
        Message::ApplyDone { address, elapsed, action, .. } if *action != Action::Read => {
            format!("{unit}: {address}: done in {elapsed}s")
        }
        Message::ApplyFailed { address, elapsed, .. } => format!("{unit}: {address}: failed after {elapsed}s"),
        Message::Diagnostic(diagnostic) => {
            let kind = if diagnostic.error { "error" } else { "warning" };
            let address = diagnostic.address.as_ref().map(|address| format!("{address}: ")).unwrap_or_default();
            let place = match (&diagnostic.file, diagnostic.line) {
                (Some(file), Some(line)) => format!(" ({file}:{line})"),
                (Some(file), None) => format!(" ({file})"),
                (None, _) => String::new(),
            };
            let detail = diagnostic.detail.lines().map(str::trim).find(|line| !line.is_empty());
            let detail = detail.map(|detail| format!(": {detail}")).unwrap_or_default();
            let code = diagnostic.code.as_ref().filter(|_| diagnostic.error);
            let code = code.map(|code| {
                let lines: Vec<String> = code.lines().map(|line| format!("\n{unit}:     │ {line}")).collect();
                lines.concat()
            });
            let means = error_causes::explain(diagnostic).map(|explained| {
                format!("\n{unit}:   that is: {}\n{unit}:   do: {}", explained.meaning, explained.hint)
            });
            format!(
                "{unit}: {kind}: {address}{}{detail}{place}{}{}",
                diagnostic.summary,
                code.unwrap_or_default(),
                means.unwrap_or_default()
            )
        }
        // Lines of `init` are shown only for slow steps: installing a provider or module.
        Message::Log { text } if step == Step::Init && text.contains("nstalling") => format!("{unit}: {}", text.trim()),
        _ => return None,
    })
}

fn doing(action: Action) -> Option<&'static str> {
    Some(match action {
        Action::Create => "creating",
        Action::Update => "changing",
        Action::Replace => "replacing",
        Action::Delete => "destroying",
        Action::Import => "importing",
        Action::Forget => "forgetting",
        Action::Move => "moving",
        Action::NoOp | Action::Read => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::infra::message::Diagnostic;
    use jiff::Timestamp;

    #[test]
    fn unit_cancelled_during_apply_may_be_partly_changed() {
        let words = |in_flight: &[&str], applied| {
            describe_end(&UnitEnd::Cancelled {
                in_flight: in_flight.iter().map(|one| (*one).to_owned()).collect(),
                applied,
            })
        };
        assert_eq!(words(&[], false), "cancelled before it was applied");
        assert_eq!(words(&[], true), "cancelled while it was applied: a part of it may be changed");
        assert_eq!(words(&["aws_vpc.a"], true), "cancelled while it changed aws_vpc.a");
    }

    #[test]
    fn error_line_has_resource_cause_and_place() {
        let diagnostic = Diagnostic {
            error: true,
            summary: "creating VPC".into(),
            detail: "\nVpcLimitExceeded: the maximum is 5\nmore".into(),
            address: Some("aws_vpc.main".into()),
            file: Some("main.tf".into()),
            line: Some(3),
            code: Some("resource \"aws_vpc\" \"main\" {".into()),
        };
        let message = Message::Diagnostic(diagnostic);
        let what = RunEventKind::Said { unit: "network".into(), step: Step::Apply, message };
        assert_eq!(
            format_event(&RunEvent { time: Timestamp::UNIX_EPOCH, what }).unwrap(),
            "network: error: aws_vpc.main: creating VPC: VpcLimitExceeded: the maximum is 5 (main.tf:3)\n\
             network:     │ resource \"aws_vpc\" \"main\" {\n\
             network:   that is: the account has reached its limit for this kind of resource in the region\n\
             network:   do: remove what is not used, or ask for more in Service Quotas"
        );
    }
}
