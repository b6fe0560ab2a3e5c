//! Instances of EC2, as operations read and change them.

use super::budget::Class;
use super::ec2::{DESCRIBE, START, of, request};
use super::machines::STATUS;
use super::protocols::in_xml;
use super::session::{Action, Caller};
use super::writer::Writer;
use crate::app::operation::call::Reply;
use crate::model::machine::{Machine, Turn};
use crate::model::{Failure, FailureKind};

const STOP: Action = Action { name: "ec2:StopInstances", class: Class::Ec2Changes };
const REBOOT: Action = Action { name: "ec2:RebootInstances", class: Class::Ec2Changes };

/// An instance with its status checks; none where there is none of that id. Status checks that may not be read are told in
/// their place.
pub(super) async fn one(caller: &Caller<'_>, id: &str) -> Result<Option<Box<Machine>>, Failure> {
    let named = [("InstanceId.1", id.to_owned())];
    let answer = match caller.ec2(DESCRIBE, &named).await {
        Err(failure) if failure.kind == FailureKind::NotFound => return Ok(None),
        answer => answer?,
    };
    let Some(mut machine) = of(&answer).into_iter().find(|machine| machine.id == id) else { return Ok(None) };
    let [named] = named;
    match caller.ec2(STATUS, &[named, ("IncludeAllInstances", "true".to_owned())]).await {
        Ok(answer) => {
            let found = answer.all("instanceStatusSet").iter().find(|item| item.get("instanceId") == Some(id));
            machine.system = found.and_then(|item| item.owned("systemStatus/status"));
            machine.own = found.and_then(|item| item.owned("instanceStatus/status"));
        }
        Err(failure) if failure.kind == FailureKind::Denied => machine.unread = Some(failure.message),
        Err(failure) if failure.kind == FailureKind::NotFound => return Ok(None),
        Err(failure) => return Err(failure),
    }
    Ok(Some(Box::new(machine)))
}

/// Starts, stops or restarts it.
pub(super) async fn turn(writer: &Writer<'_>, id: &str, turn: Turn) -> Result<Reply, Failure> {
    let action = match turn {
        Turn::Start => START,
        Turn::Stop => STOP,
        Turn::Reboot => REBOOT,
    };
    writer.signed_once(&request(action, &[("InstanceId.1", id.to_owned())]), in_xml).await?;
    Ok(Reply::Done)
}
