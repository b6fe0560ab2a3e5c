//! EC2 instances, read and changed for operations.

use super::budget::Class;
use super::ec2::{DESCRIBE, START, parse_instances, request};
use super::machines::STATUS;
use super::protocols::parse_xml;
use super::session::{Action, Caller};
use super::writer::Writer;
use crate::app::operation::call::Reply;
use crate::model::machine::{Ec2Instance, PowerAction};
use crate::model::{Failure, FailureKind};

const STOP: Action = Action { name: "ec2:StopInstances", class: Class::Ec2Changes };
const REBOOT: Action = Action { name: "ec2:RebootInstances", class: Class::Ec2Changes };

/// Returns an instance with its status checks, or `None` if the id does not exist. If reading the checks is denied, the reason
/// is stored instead.
pub(super) async fn read_instance(caller: &Caller<'_>, id: &str) -> Result<Option<Box<Ec2Instance>>, Failure> {
    let named = [("InstanceId.1", id.to_owned())];
    let answer = match caller.ec2(DESCRIBE, &named).await {
        Err(failure) if failure.kind == FailureKind::NotFound => return Ok(None),
        answer => answer?,
    };
    let Some(mut machine) = parse_instances(&answer).into_iter().find(|machine| machine.id == id) else {
        return Ok(None);
    };
    let [named] = named;
    match caller.ec2(STATUS, &[named, ("IncludeAllInstances", "true".to_owned())]).await {
        Ok(answer) => {
            let found = answer.children_at("instanceStatusSet").iter().find(|item| item.get("instanceId") == Some(id));
            machine.system_check = found.and_then(|item| item.get_owned("systemStatus/status"));
            machine.instance_check = found.and_then(|item| item.get_owned("instanceStatus/status"));
        }
        Err(failure) if failure.kind == FailureKind::Denied => machine.checks_unread_reason = Some(failure.message),
        Err(failure) if failure.kind == FailureKind::NotFound => return Ok(None),
        Err(failure) => return Err(failure),
    }
    Ok(Some(Box::new(machine)))
}

/// Starts, stops or reboots an instance.
pub(super) async fn change_power(writer: &Writer<'_>, id: &str, turn: PowerAction) -> Result<Reply, Failure> {
    let action = match turn {
        PowerAction::Start => START,
        PowerAction::Stop => STOP,
        PowerAction::Reboot => REBOOT,
    };
    writer.send_signed_once(&request(action, &[("InstanceId.1", id.to_owned())]), parse_xml).await?;
    Ok(Reply::Done)
}
