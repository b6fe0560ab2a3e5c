//! EC2 instances used by tunnels: finding and starting them. The EC2 crate would be larger than all others
//! together for a few requests, so these are signed by hand (`signed`).

use super::protocols::query;
use super::session::{Action, Caller, Session};
use super::signed::{Request, Service};
use super::xml::Element;
use crate::app::effect::Priority;
use crate::aws::budget::Class;
use crate::model::machine::Ec2Instance;
use crate::model::tunnel::NoTarget;
use crate::model::tunnel::instance::{InstanceSelector, InstanceStatus};
use crate::model::tunnel::owner::Ownership;
use crate::model::{Failure, FailureKind};
use aws_sdk_ssm::types::{InstanceInformationStringFilter, PingStatus};

/// The API version of the requests.
const VERSION: &str = "2016-11-15";
const EC2: Service = Service("ec2", None);
pub(super) const DESCRIBE: Action = Action { name: "ec2:DescribeInstances", class: Class::Ec2 };
pub(super) const START: Action = Action { name: "ec2:StartInstances", class: Class::Ec2Changes };
pub(super) const INSTANCE_INFORMATION: Action =
    Action { name: "ssm:DescribeInstanceInformation", class: Class::Sessions };

impl Session {
    /// Returns the selected instances.
    ///
    /// # Errors
    /// They cannot be listed.
    pub async fn instances(&self, named: &InstanceSelector) -> Result<Vec<Ec2Instance>, Failure> {
        instances(&Caller::new(self, Priority::Operator), named).await
    }

    /// Returns the one selected instance and its state; or why there is none, or that it belongs to another environment.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn find_instance(
        &self,
        named: &InstanceSelector,
        whose: &Ownership,
    ) -> Result<Result<InstanceStatus, NoTarget>, Failure> {
        match (self.instances(named).await, named) {
            (Ok(found), _) => Ok(whose.of(named, &found).and_then(InstanceStatus::of)),
            // Without permission to list instances a session may still open, and report what is wrong; the id alone identifies
            // the instance.
            (Err(failure), InstanceSelector::Id(id)) if failure.kind == FailureKind::Denied => {
                let machine = Ec2Instance { id: id.clone(), ..Ec2Instance::default() };
                Ok(whose.instance(&machine).map(|()| InstanceStatus::Running(machine.id)))
            }
            (Err(failure), _) => Err(failure),
        }
    }

    /// Starts a stopped instance. Its agent is online some time later.
    ///
    /// # Errors
    /// The request is refused.
    pub async fn start_instance(&self, id: &str) -> Result<(), Failure> {
        Caller::new(self, Priority::Operator).ec2(START, &[("InstanceId.1", id.to_owned())]).await.map(drop)
    }

    /// Whether the agent of an instance is online.
    ///
    /// # Errors
    /// Its status cannot be read.
    pub async fn instance_is_online(&self, id: &str) -> Result<bool, Failure> {
        let caller = Caller::new(self, Priority::Operator);
        let filter = InstanceInformationStringFilter::builder().key("InstanceIds").values(id).build();
        let filter = filter.map_err(|error| Failure::new(FailureKind::Other, error.to_string()))?;
        let all = caller.all_pages(
            INSTANCE_INFORMATION,
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

/// Returns the instances with this id or tag.
pub(super) async fn instances(caller: &Caller<'_>, named: &InstanceSelector) -> Result<Vec<Ec2Instance>, Failure> {
    let parameters = match named {
        InstanceSelector::Id(id) => vec![("InstanceId.1", id.clone())],
        InstanceSelector::Tag(key, value) => {
            vec![("Filter.1.Name", format!("tag:{key}")), ("Filter.1.Value.1", value.clone())]
        }
    };
    Ok(parse_instances(&caller.ec2(DESCRIBE, &parameters).await?))
}

impl Caller<'_> {
    /// Sends one request of EC2's query protocol.
    pub(super) async fn ec2(&self, action: Action, parameters: &[(&str, String)]) -> Result<Element, Failure> {
        self.xml(&request(action, parameters)).await
    }
}

/// Builds such a request.
pub(super) fn request(action: Action, parameters: &[(&str, String)]) -> Request {
    query(action, EC2, VERSION, parameters)
}

/// Parses the instances of an answer.
pub(super) fn parse_instances(answer: &Element) -> Vec<Ec2Instance> {
    let each =
        answer.children_at("reservationSet").iter().flat_map(|reservation| reservation.children_at("instancesSet"));
    let one = |item: &Element| {
        let tag = |key: &str| {
            let found = item.children_at("tagSet").iter().find(|tag| tag.get("key") == Some(key));
            found.and_then(|tag| tag.get_owned("value"))
        };
        Some(Ec2Instance {
            id: item.get_owned("instanceId")?,
            name: tag("Name"),
            project: tag("Project"),
            environment: tag("Environment"),
            class: item.get_owned("instanceType").unwrap_or_default(),
            state: item.get_owned("instanceState/name")?,
            az: item.get_owned("placement/availabilityZone").unwrap_or_default(),
            address: item.get_owned("privateIpAddress"),
            launched: item.get("launchTime").and_then(|at| at.parse().ok()),
            public: item.get_owned("ipAddress").filter(|_| {
                item.get("networkInterfaceSet/item/association/ipOwnerId").is_none_or(|owner| owner == "amazon")
            }),
            group: tag("aws:autoscaling:groupName"),
            has_instance_store_root: item.get("rootDeviceType") == Some("instance-store"),
            reason: item.get_owned("stateReason/message"),
            ..Ec2Instance::default()
        })
    };
    each.filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A shortened answer of EC2.
    const ANSWER: &str = "<DescribeInstancesResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>r</requestId>\
        <reservationSet><item><instancesSet><item><instanceId>i-01</instanceId><imageId>ami-1</imageId>\
        <instanceState><code>16</code><name>running</name></instanceState><tagSet><item><key>Name</key>\
        <value>a &amp; b</value></item></tagSet></item><item><instanceId>i-02</instanceId><instanceState><code>80</code>\
        <name>stopped</name></instanceState></item></instancesSet></item></reservationSet></DescribeInstancesResponse>";

    #[test]
    fn instances_are_parsed_with_names_and_states() {
        let found = parse_instances(&Element::parse(ANSWER).unwrap());
        let read: Vec<_> = found.iter().map(|one| (one.id.as_str(), one.name.as_deref(), one.state.as_str())).collect();
        assert_eq!(read, [("i-01", Some("a & b"), "running"), ("i-02", None, "stopped")]);
        assert!(parse_instances(&Element::default()).is_empty());
    }
}
