//! Allows an address on the load balancer by hand, or removes such a rule. The change is made to the security group in
//! AWS: it takes effect at once and is not in the code. The plan explains the consequences for Terraform.

pub mod call;

use super::{Decided, Job, Sent, SingleChange, not_shown};
use crate::app::command::Risk;
use crate::app::operation::call::{Read, Reply, Write};
use crate::app::operation::machine::{NewOperation, Target};
use crate::app::operation::outcome::{Outcome, Verdict};
use crate::app::operation::step::Ctx;
use crate::model::Failure;
use crate::model::deploy::{Change, Check, Level};
use crate::model::health_probe::declared::{Balancer, Rule};
use crate::model::health_probe::manual_access::{AccessChange, AccessError, MARK, network, plan_closing, plan_opening};
use crate::model::names::list_names;
use call::{Ingress, ReachRead, ReachReply};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

/// The target kind of these operations.
pub const TARGET: &str = "address";
const BALANCERS: &str = "load balancers";
const RULES: &str = "rules of security groups";

/// An address to allow or to remove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The network in EC2's notation: `203.0.113.7/32`.
    pub cidr: String,
    /// Whether to allow it; otherwise the rule added by hand is removed.
    pub allow: bool,
    /// The security group, if there are several.
    pub group: Option<String>,
    /// The environment's target groups, from which its load balancers are found.
    pub target_groups: Vec<String>,
}

impl Request {
    /// Parses what was typed: an address or a network.
    ///
    /// # Errors
    /// When it is neither, or a larger network than may be allowed by hand.
    pub fn new(text: &str, allow: bool, group: Option<String>, target_groups: Vec<String>) -> Result<Self, String> {
        Ok(Self { cidr: network(text.trim())?, allow, group, target_groups })
    }
}

/// A change of the addresses allowed on a load balancer.
#[derive(Debug, Clone, PartialEq)]
pub struct AddressChange {
    request: Request,
    balancers: Vec<Balancer>,
    rules: Vec<Rule>,
}

impl From<Request> for NewOperation {
    fn from(request: Request) -> Self {
        Box::new(SingleChange::new(AddressChange { request, balancers: Vec::new(), rules: Vec::new() }))
    }
}

impl AddressChange {
    fn group(&self) -> Option<&str> {
        self.request.group.as_deref()
    }

    fn opening(&self) -> Result<AccessChange, AccessError> {
        let find = if self.request.allow { plan_opening } else { plan_closing };
        find(&self.request.cidr, self.group(), &self.balancers, &self.rules)
    }

    fn allow(&self, opening: &AccessChange, ctx: &Ctx<'_>) -> Decided {
        let cidr = &self.request.cidr;
        let undo = format!("`{}` undoes it", self.other_way());
        let mut checks = vec![
            Check::new(
                Level::Note,
                "the code does not have it: with rules written inside the security group the next apply takes it away; with \
                 rules that are resources of their own it stays",
            ),
            Check::new(
                Level::Note,
                format!("before `allowed_cidr_blocks` gets {cidr}, take it back: EC2 refuses the same rule twice"),
            ),
        ];
        if ctx.environment.guarded && !ctx.environment.health.allow.unwrap_or_default() {
            let hint = format!("`allow = true` in `[environments.{}.health]` lets it be done", ctx.environment.name);
            checks.push(Check::new(Level::Stop, "addresses are not let in by hand where it is guarded").hint(hint));
        }
        let date = ctx.service_now.to_zoned(TimeZone::UTC).date();
        self.decided(opening, checks, undo, Some(format!("{MARK} {date}")))
    }

    fn decided(
        &self,
        opening: &AccessChange,
        checks: Vec<Check>,
        undo: String,
        description: Option<String>,
    ) -> Decided {
        let (cidr, group) = (&self.request.cidr, &opening.group);
        let (ports, names) = (opening.format_ports(), list_names(&strings(&opening.balancers)));
        let stops = checks.iter().any(|check| check.level == Level::Stop);
        let what = format!("{group}, port {ports}");
        let (step, change) = if description.is_some() {
            (format!("{group} ({names}): {cidr} may reach port {ports}"), Change::of(what, "", cidr.as_str()))
        } else {
            (format!("{group} ({names}): {cidr} may not reach port {ports}"), Change::of(what, cidr.as_str(), ""))
        };
        Decided {
            write: (!stops).then(|| Write::Ingress(Ingress { opening: opening.clone(), description })),
            steps: vec![step],
            changes: change.into_iter().collect(),
            checks,
            undo,
        }
    }

    /// The command line that does the opposite.
    fn other_way(&self) -> String {
        let other = Request { allow: !self.request.allow, ..self.request.clone() };
        format!("cockpit {}", typed(&other))
    }
}

fn strings(all: &[String]) -> Vec<&str> {
    all.iter().map(String::as_str).collect()
}

fn typed(request: &Request) -> String {
    let word = if request.allow { "allow" } else { "disallow" };
    let group = request.group.as_ref().map(|group| format!(" --group {group}")).unwrap_or_default();
    format!("health {word} {}{group}", request.cidr)
}

impl Job for AddressChange {
    fn title(&self) -> String {
        let cidr = &self.request.cidr;
        if self.request.allow { format!("allow {cidr}") } else { format!("disallow {cidr}") }
    }

    fn verb(&self) -> &'static str {
        if self.request.allow { "Let in" } else { "Take back" }
    }

    fn command_line(&self) -> String {
        typed(&self.request)
    }

    fn target(&self) -> Option<Target> {
        Some(Target { kind: TARGET, name: self.request.cidr.clone() })
    }

    fn risk(&self) -> Risk {
        Risk::Change
    }

    fn reads(&self, _: &Ctx<'_>) -> Vec<(&'static str, Read)> {
        let target_groups = self.request.target_groups.clone();
        vec![(BALANCERS, Read::Reach(ReachRead::Balancers { target_groups }))]
    }

    fn take_answer(
        &mut self,
        _: &'static str,
        outcome: Result<Reply, Failure>,
        _: &Ctx<'_>,
    ) -> Result<Vec<(&'static str, Read)>, Failure> {
        match outcome? {
            Reply::Reach(ReachReply::Balancers(found)) => {
                let mut groups: Vec<String> =
                    found.iter().flat_map(|balancer| balancer.security_groups.clone()).collect();
                groups.sort_unstable();
                groups.dedup();
                self.balancers = found;
                self.rules.clear();
                // An empty list of ids would return every security group of the account.
                let read = Read::Reach(ReachRead::Rules { groups: groups.clone() });
                Ok(if groups.is_empty() { Vec::new() } else { vec![(RULES, read)] })
            }
            Reply::Reach(ReachReply::Rules(found)) => {
                self.rules = found;
                Ok(Vec::new())
            }
            _ => Err(Failure::mismatched_answer()),
        }
    }

    fn decide(&mut self, ctx: &Ctx<'_>) -> Decided {
        match self.opening() {
            Err(AccessError { why, hint }) => {
                Decided { checks: vec![Check::new(Level::Stop, why).hint(hint)], ..Decided::default() }
            }
            Ok(opening) if self.request.allow => self.allow(&opening, ctx),
            Ok(opening) => {
                let text = "connections that are open stay; new ones are refused";
                let undo = format!("`{}` lets it in again", self.other_way());
                self.decided(&opening, vec![Check::new(Level::Note, text)], undo, None)
            }
        }
    }

    fn state_to_recheck(&self) -> String {
        format!("{:?} {:?}", self.balancers, self.rules)
    }

    fn progress_read(&self, sent: &Write) -> Read {
        let nothing = || ReachRead::Rules { groups: Vec::new() };
        Read::Reach(if let Write::Ingress(write) = sent { write.proof() } else { nothing() })
    }

    fn take_progress(&mut self, reply: Reply, sent: &Sent, ctx: &mut Ctx<'_>) -> Option<Outcome> {
        let (Reply::Reach(found), Write::Ingress(write)) = (reply, &sent.write) else { return None };
        let (cidr, group, ports) = (&self.request.cidr, &write.opening.group, write.opening.format_ports());
        if !write.is_proven_by(&found) {
            return not_shown(&self.title(), &self.status_command(), sent, ctx);
        }
        Some(if self.request.allow {
            let summary = format!("{cidr} may reach port {ports} by a rule of {group}");
            Outcome::new(Verdict::Done, summary).hint(format!("`{}` undoes it", self.other_way()))
        } else {
            Outcome::new(Verdict::Done, format!("{group} has no rule for {cidr} any more"))
        })
    }

    fn waiting_for(&self) -> &'static str {
        "waiting for the security group"
    }

    fn status_command(&self) -> String {
        "cockpit health".to_owned()
    }

    fn record(&self, write: Option<&Write>) -> (Value, Option<(&'static str, Value)>) {
        let Some(Write::Ingress(write)) = write else { return (Value::Null, None) };
        (Value::Null, Some(("security_group", json!(write.opening.group))))
    }
}
