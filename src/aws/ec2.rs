//! Instances of EC2, as far as tunnels go through them: found, and started. The crate of EC2 would be larger than all others
//! together for a few requests, so these are signed by hand (`signed`).

use super::protocols::query;
use super::session::{Action, Caller, Session};
use super::signed::{Request, Service};
use super::xml::Element;
use crate::app::effect::Priority;
use crate::aws::budget::Class;
use crate::model::machine::Machine;
use crate::model::tunnel::NoTarget;
use crate::model::tunnel::instance::{Found, InstanceSelector};
use crate::model::tunnel::whose::Whose;
use crate::model::{Failure, FailureKind};
use aws_sdk_ssm::types::{InstanceInformationStringFilter, PingStatus};

/// The version of the API that both requests are of.
const VERSION: &str = "2016-11-15";
const EC2: Service = Service("ec2", None);
pub(super) const DESCRIBE: Action = Action { name: "ec2:DescribeInstances", class: Class::Ec2 };
pub(super) const START: Action = Action { name: "ec2:StartInstances", class: Class::Ec2Changes };
pub(super) const ONLINE: Action = Action { name: "ssm:DescribeInstanceInformation", class: Class::Sessions };

impl Session {
    /// The instances that are meant.
    ///
    /// # Errors
    /// They cannot be asked for.
    pub async fn instances(&self, named: &InstanceSelector) -> Result<Vec<Machine>, Failure> {
        instances(&Caller::new(self, Priority::Operator), named).await
    }

    /// The one instance that is meant, and how it stands; why there is none, or that it is another environment's.
    ///
    /// # Errors
    /// It cannot be asked for.
    pub async fn found(&self, named: &InstanceSelector, whose: &Whose) -> Result<Result<Found, NoTarget>, Failure> {
        match (self.instances(named).await, named) {
            (Ok(found), _) => Ok(whose.of(named, &found).and_then(Found::of)),
            // Who may not look may still open a session, which says what is wrong; the id alone tells whose it is.
            (Err(failure), InstanceSelector::Id(id)) if failure.kind == FailureKind::Denied => {
                let machine = Machine { id: id.clone(), ..Machine::default() };
                Ok(whose.instance(&machine).map(|()| Found::Runs(machine.id)))
            }
            (Err(failure), _) => Err(failure),
        }
    }

    /// Starts a stopped instance. It is online some time later.
    ///
    /// # Errors
    /// It is refused.
    pub async fn start_instance(&self, id: &str) -> Result<(), Failure> {
        Caller::new(self, Priority::Operator).ec2(START, &[("InstanceId.1", id.to_owned())]).await.map(drop)
    }

    /// Whether the agent of an instance is online.
    ///
    /// # Errors
    /// It cannot be asked for.
    pub async fn instance_is_online(&self, id: &str) -> Result<bool, Failure> {
        let caller = Caller::new(self, Priority::Operator);
        let filter = InstanceInformationStringFilter::builder().key("InstanceIds").values(id).build();
        let filter = filter.map_err(|error| Failure::new(FailureKind::Other, error.to_string()))?;
        let all = caller.all(
            ONLINE,
            1,
            |clients, token| {
                let request = clients.ssm().describe_instance_information().filters(filter.clone());
                request.set_next_token(token).send()
            },
            |page| (page.instance_information_list.unwrap_or_default(), page.next_token),
        );
        let all = Box::pin(all).await?;
        Ok(all.iter().any(|one| one.instance_id() == Some(id) && one.ping_status() == Some(&PingStatus::Online)))
    }
}

/// The instances of this id or with this tag.
pub(super) async fn instances(caller: &Caller<'_>, named: &InstanceSelector) -> Result<Vec<Machine>, Failure> {
    let parameters = match named {
        InstanceSelector::Id(id) => vec![("InstanceId.1", id.clone())],
        InstanceSelector::Tag(key, value) => {
            vec![("Filter.1.Name", format!("tag:{key}")), ("Filter.1.Value.1", value.clone())]
        }
    };
    Ok(of(&caller.ec2(DESCRIBE, &parameters).await?))
}

impl Caller<'_> {
    /// Sends one request of EC2's query protocol.
    pub(super) async fn ec2(&self, action: Action, parameters: &[(&str, String)]) -> Result<Element, Failure> {
        self.xml(&request(action, parameters)).await
    }
}

/// The form of such a request.
pub(super) fn request(action: Action, parameters: &[(&str, String)]) -> Request {
    query(action, EC2, VERSION, parameters)
}

/// The instances of an answer.
pub(super) fn of(answer: &Element) -> Vec<Machine> {
    let each = answer.all("reservationSet").iter().flat_map(|reservation| reservation.all("instancesSet"));
    let one = |item: &Element| {
        let tag = |key: &str| {
            let found = item.all("tagSet").iter().find(|tag| tag.get("key") == Some(key));
            found.and_then(|tag| tag.owned("value"))
        };
        Some(Machine {
            id: item.owned("instanceId")?,
            name: tag("Name"),
            project: tag("Project"),
            environment: tag("Environment"),
            class: item.owned("instanceType").unwrap_or_default(),
            state: item.owned("instanceState/name")?,
            az: item.owned("placement/availabilityZone").unwrap_or_default(),
            address: item.owned("privateIpAddress"),
            launched: item.get("launchTime").and_then(|at| at.parse().ok()),
            public: item.owned("ipAddress").filter(|_| {
                item.get("networkInterfaceSet/item/association/ipOwnerId").is_none_or(|owner| owner == "amazon")
            }),
            group: tag("aws:autoscaling:groupName"),
            store: item.get("rootDeviceType") == Some("instance-store"),
            reason: item.owned("stateReason/message"),
            ..Machine::default()
        })
    };
    each.filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As EC2 answers, shortened.
    const ANSWER: &str = "<DescribeInstancesResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>r</requestId>\
        <reservationSet><item><instancesSet><item><instanceId>i-01</instanceId><imageId>ami-1</imageId>\
        <instanceState><code>16</code><name>running</name></instanceState><tagSet><item><key>Name</key>\
        <value>a &amp; b</value></item></tagSet></item><item><instanceId>i-02</instanceId><instanceState><code>80</code>\
        <name>stopped</name></instanceState></item></instancesSet></item></reservationSet></DescribeInstancesResponse>";

    #[test]
    fn instances_are_read_with_their_names_and_states() {
        let found = of(&Element::parse(ANSWER).unwrap());
        let read: Vec<_> = found.iter().map(|one| (one.id.as_str(), one.name.as_deref(), one.state.as_str())).collect();
        assert_eq!(read, [("i-01", Some("a & b"), "running"), ("i-02", None, "stopped")]);
        assert!(of(&Element::default()).is_empty());
    }
}
