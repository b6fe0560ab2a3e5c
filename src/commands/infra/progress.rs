//! The events of a run, one line each, for whoever watches.

use crate::model::infra::causes;
use crate::model::infra::message::{Action, Message};
use crate::model::infra::plan::text::counts;
use crate::model::infra::run_event::{RunEnd, RunEvent, Step, UnitEnd, What};

/// The line of an event; none where it is nothing for a person.
pub(super) fn line(event: &RunEvent) -> Option<String> {
    Some(match &event.what {
        What::Started(started) => {
            let count = started.units.len();
            format!("{}: {} of {count} {}", started.run, started.goal.word(), if count == 1 { "unit" } else { "units" })
        }
        What::TakenUp { pid } => format!("resumed by process {pid}"),
        What::Step { unit, step, pid: None, early } => match step {
            Step::Init => format!("{unit}: initialising"),
            // It only waits.
            Step::Plan if *early => return None,
            Step::Plan => format!("{unit}: planning"),
            Step::Apply => format!("{unit}: applying"),
            Step::Show => return None,
        },
        What::Said { unit, step, message } => return said(unit, *step, message),
        What::PlanReady { unit, plan } => {
            let what = if plan.empty { "nothing is to be done".to_owned() } else { counts(&plan.summary) };
            let drift = if plan.drifted > 0 { format!(", {} changed elsewhere", plan.drifted) } else { String::new() };
            let mocks = if plan.on_mocks { ", on made-up outputs: never applied" } else { "" };
            format!("{unit}: planned, {what}{drift}{mocks}")
        }
        What::Approved { unit, sha256, by } => {
            format!("{unit}: plan {} approved by {}", sha256.get(..12).unwrap_or(sha256), by.user)
        }
        What::PlanStale { unit, why } => format!("{unit}: it is planned again: {why}"),
        What::Guarded { unit, guards } => {
            let lines: Vec<String> = guards.iter().map(|guard| format!("\n{unit}:   {}", guard.words())).collect();
            format!("{unit}: before it is destroyed, by a plan of its own:{}", lines.concat())
        }
        What::Counted { unit, losses } => {
            let lines: Vec<String> = losses.iter().map(|loss| format!("\n{unit}:   {}", loss.sentence())).collect();
            format!("{unit}: lost with what is destroyed:{}", lines.concat())
        }
        What::Lifted { unit } => format!("{unit}: nothing guards it any more: its destruction is planned"),
        What::UnitEnded { unit, end } => format!("{unit}: {}", ended(end)),
        What::Retried { units, by } => format!("tried again by {}: {}", by.user, units.join(", ")),
        What::CancelAsked { by, hard: false } => {
            format!("cancelled by {}: Terraform finishes what is in flight, and nothing new begins", by.user)
        }
        What::CancelAsked { by, hard: true } => {
            format!("cancelled by {} for the second time: Terraform stops where it is", by.user)
        }
        What::Note { unit: Some(unit), text } => format!("{unit}: {text}"),
        What::Note { unit: None, text } => text.clone(),
        What::Ended { end } => match end {
            RunEnd::Done => "done".to_owned(),
            RunEnd::Failed => "failed".to_owned(),
            RunEnd::Cancelled => "cancelled".to_owned(),
        },
        What::Step { pid: Some(_), .. }
        | What::StepEnded { .. }
        // Notes tell it.
        | What::Left { .. }
        // The cancel tells it.
        | What::Interrupted { .. }
        | What::Prepared { .. }
        | What::Heard { .. }
        | What::Unknown => return None,
    })
}

/// How a unit ended, in words.
pub(super) fn ended(end: &UnitEnd) -> String {
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

fn said(unit: &str, step: Step, message: &Message) -> Option<String> {
    Some(match message {
        Message::ApplyStarted { address, action } => format!("{unit}: {address}: {}", doing(*action)?),
        Message::ApplyProgress { address, elapsed } => format!("{unit}: {address}: still in progress, {elapsed}s"),
        Message::ApplyDone { address, elapsed, action, .. } if *action != Action::Read => {
            format!("{unit}: {address}: done in {elapsed}s")
        }
        Message::ApplyFailed { address, elapsed, .. } => format!("{unit}: {address}: failed after {elapsed}s"),
        Message::Diagnostic(said) => {
            let kind = if said.error { "error" } else { "warning" };
            let address = said.address.as_ref().map(|address| format!("{address}: ")).unwrap_or_default();
            let place = match (&said.file, said.line) {
                (Some(file), Some(line)) => format!(" ({file}:{line})"),
                (Some(file), None) => format!(" ({file})"),
                (None, _) => String::new(),
            };
            let detail = said.detail.lines().map(str::trim).find(|line| !line.is_empty());
            let detail = detail.map(|detail| format!(": {detail}")).unwrap_or_default();
            let code = said.code.as_ref().filter(|_| said.error);
            let code = code.map(|code| {
                let lines: Vec<String> = code.lines().map(|line| format!("\n{unit}:     │ {line}")).collect();
                lines.concat()
            });
            let means = causes::explain(said)
                .map(|explained| format!("\n{unit}:   that is: {}\n{unit}:   do: {}", explained.means, explained.todo));
            format!(
                "{unit}: {kind}: {address}{}{detail}{place}{}{}",
                said.summary,
                code.unwrap_or_default(),
                means.unwrap_or_default()
            )
        }
        // What init says is worth a line where it takes long: a provider that is downloaded.
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
    fn a_unit_that_was_cancelled_while_it_was_applied_is_not_said_to_be_as_before() {
        let told = |in_flight: &[&str], applied| {
            ended(&UnitEnd::Cancelled { in_flight: in_flight.iter().map(|one| (*one).to_owned()).collect(), applied })
        };
        assert_eq!(told(&[], false), "cancelled before it was applied");
        assert_eq!(told(&[], true), "cancelled while it was applied: a part of it may be changed");
        assert_eq!(told(&["aws_vpc.a"], true), "cancelled while it changed aws_vpc.a");
    }

    #[test]
    fn an_error_is_told_with_its_resource_its_cause_and_its_place() {
        let said = Diagnostic {
            error: true,
            summary: "creating VPC".into(),
            detail: "\nVpcLimitExceeded: the maximum is 5\nmore".into(),
            address: Some("aws_vpc.main".into()),
            file: Some("main.tf".into()),
            line: Some(3),
            code: Some("resource \"aws_vpc\" \"main\" {".into()),
        };
        let message = Message::Diagnostic(said);
        let what = What::Said { unit: "network".into(), step: Step::Apply, message };
        assert_eq!(
            line(&RunEvent { time: Timestamp::UNIX_EPOCH, what }).unwrap(),
            "network: error: aws_vpc.main: creating VPC: VpcLimitExceeded: the maximum is 5 (main.tf:3)\n\
             network:     │ resource \"aws_vpc\" \"main\" {\n\
             network:   that is: the account has reached its limit for this kind of resource in the region\n\
             network:   do: remove what is not used, or ask for more in Service Quotas"
        );
    }
}
