//! Metrics by name: which exist, and their values per minute. All values are computed on request; statistics over
//! periods are in `services::cloudwatch`.

use super::databases::Role;
use super::{MINUTE, World};
use crate::clock::Ms;
use crate::rng;

/// The source of a metric's values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Source {
    ServiceCpu(usize),
    ServiceMemory(usize),
    /// A database instance's metric.
    Instance(usize, Db),
    /// The metric of a database cluster, which is that of its writer.
    DbCluster(usize, Db),
    /// A target group's metric behind its load balancer.
    Group(usize, Elb),
    /// A share of the traffic of a balancer.
    Flow(Flow),
    /// A constant level with a random spread.
    Flat {
        salt: u64,
        base: f64,
        spread: f64,
    },
}

/// Database metrics of `AWS/RDS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Db {
    Cpu,
    Connections,
    Capacity,
    AcuUtilization,
    ReplicaLag,
    FreeableMemory,
    FreeLocalStorage,
    FreeStorageSpace,
    Load,
}

/// Metrics of `AWS/ApplicationELB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Elb {
    Requests,
    /// 4xx responses.
    Refusals,
    /// 5xx responses.
    Errors,
    ResponseTime,
}

/// The traffic of a NAT gateway or a firewall, as a share of a balancer's requests.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Flow {
    /// The index of its balancer.
    pub(crate) balancer: usize,
    /// The amount per request of the balancer.
    pub(crate) each: f64,
    pub(crate) salt: u64,
}

const DB: &[(&str, Db)] = &[
    ("CPUUtilization", Db::Cpu),
    ("DatabaseConnections", Db::Connections),
    ("ServerlessDatabaseCapacity", Db::Capacity),
    ("ACUUtilization", Db::AcuUtilization),
    ("AuroraReplicaLag", Db::ReplicaLag),
    ("FreeableMemory", Db::FreeableMemory),
    ("FreeLocalStorage", Db::FreeLocalStorage),
    ("FreeStorageSpace", Db::FreeStorageSpace),
    ("DBLoad", Db::Load),
];

const ELB: &[(&str, Elb)] = &[
    ("RequestCount", Elb::Requests),
    ("HTTPCode_Target_4XX_Count", Elb::Refusals),
    ("HTTPCode_Target_5XX_Count", Elb::Errors),
    ("TargetResponseTime", Elb::ResponseTime),
];

/// The name of a metric: namespace, name, dimensions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct MetricName {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) dimensions: Vec<(String, String)>,
}

impl MetricName {
    pub(crate) fn new(namespace: &str, name: &str, dimensions: &[(&str, &str)]) -> MetricName {
        MetricName {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            dimensions: dimensions.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        }
    }

    /// The value of a dimension.
    pub(crate) fn dimension(&self, key: &str) -> Option<&str> {
        self.dimensions.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    fn exactly(&self, keys: &[&str]) -> bool {
        self.dimensions.len() == keys.len() && keys.iter().all(|k| self.dimension(k).is_some())
    }
}

impl World {
    /// The source of a metric's values, if it exists in the region.
    pub(crate) fn resolve(&self, region: &str, metric: &MetricName) -> Option<Source> {
        match metric.namespace.as_str() {
            "AWS/ECS" if metric.exactly(&["ClusterName", "ServiceName"]) => {
                let cluster = self.find_cluster(region, metric.dimension("ClusterName")?)?;
                let service = self.find_service(cluster, metric.dimension("ServiceName")?)?;
                match metric.name.as_str() {
                    "CPUUtilization" => Some(Source::ServiceCpu(service)),
                    "MemoryUtilization" => Some(Source::ServiceMemory(service)),
                    _ => None,
                }
            }
            "AWS/RDS" => {
                let kind = DB.iter().find(|(n, _)| *n == metric.name)?.1;
                if metric.exactly(&["DBInstanceIdentifier"]) {
                    let id = metric.dimension("DBInstanceIdentifier")?;
                    let at = self.databases.instances.iter().position(|i| i.region == region && i.id == id)?;
                    self.has(at, kind).then_some(Source::Instance(at, kind))
                } else if metric.exactly(&["DBClusterIdentifier"]) {
                    let id = metric.dimension("DBClusterIdentifier")?;
                    let at = self.databases.clusters.iter().position(|c| c.region == region && c.id == id)?;
                    Some(Source::DbCluster(at, kind))
                } else {
                    None
                }
            }
            "AWS/ApplicationELB" if metric.exactly(&["LoadBalancer", "TargetGroup"]) => {
                let group = metric.dimension("TargetGroup")?;
                let kind = ELB.iter().find(|(n, _)| *n == metric.name)?.1;
                let at = self.target_groups.iter().position(|g| g.region == region && g.suffix() == group)?;
                Some(Source::Group(at, kind))
            }
            "AWS/NATGateway" | "AWS/WAFV2" => {
                self.flows(region).into_iter().find(|(name, _)| name == metric).map(|(_, flow)| Source::Flow(flow))
            }
            _ => {
                let alarm = self.alarms.iter().find(|a| a.region == region && a.metric == *metric)?;
                matches!(alarm.source, Source::Flat { .. }).then_some(alarm.source)
            }
        }
    }

    /// The traffic of the NAT gateway and the firewall of each balancer.
    fn flows(&self, region: &str) -> Vec<(MetricName, Flow)> {
        let mut all = Vec::new();
        for (balancer, b) in self.balancers.iter().enumerate().filter(|(_, b)| b.region == region) {
            let salt = rng::hash(self.seed, &b.name);
            let gateway = format!("nat-{:017x}", salt & 0x000f_ffff_ffff_ffff);
            for (name, each) in [("BytesOutToDestination", 5_200.0), ("BytesInFromDestination", 21_000.0)] {
                let flow = Flow { balancer, each, salt: salt ^ name.len() as u64 };
                all.push((MetricName::new("AWS/NATGateway", name, &[("NatGatewayId", &gateway)]), flow));
            }
            let acl = format!("{}-waf", b.name);
            let rules = [("BlockedRequests", "ALL", 0.018), ("BlockedRequests", "sql-injection", 0.004)];
            let more = [("BlockedRequests", "common-rules", 0.014), ("AllowedRequests", "ALL", 1.0)];
            for (name, rule, each) in rules.into_iter().chain(more) {
                let dimensions = [("Region", region), ("Rule", rule), ("WebACL", acl.as_str())];
                let flow = Flow { balancer, each, salt: salt ^ rule.len() as u64 ^ name.len() as u64 };
                all.push((MetricName::new("AWS/WAFV2", name, &dimensions), flow));
            }
        }
        all
    }

    fn has(&self, instance: usize, kind: Db) -> bool {
        let aurora = self.databases.instances[instance].cluster.is_some();
        match kind {
            Db::Capacity | Db::AcuUtilization | Db::ReplicaLag | Db::FreeLocalStorage => aurora,
            Db::FreeStorageSpace => !aurora,
            _ => true,
        }
    }

    /// Every metric of a region.
    pub(crate) fn all_metrics(&self, region: &str) -> Vec<MetricName> {
        let mut all = Vec::new();
        for s in &self.services {
            let c = &self.clusters[s.cluster];
            if c.region == region {
                for name in ["CPUUtilization", "MemoryUtilization"] {
                    all.push(MetricName::new("AWS/ECS", name, &[("ClusterName", &c.name), ("ServiceName", &s.name)]));
                }
            }
        }
        for (at, i) in self.databases.instances.iter().enumerate().filter(|(_, i)| i.region == region) {
            for (name, _) in DB.iter().filter(|(_, kind)| self.has(at, *kind)) {
                all.push(MetricName::new("AWS/RDS", name, &[("DBInstanceIdentifier", &i.id)]));
            }
        }
        for c in self.databases.clusters.iter().filter(|c| c.region == region) {
            for (name, _) in DB.iter().filter(|(_, kind)| *kind != Db::FreeStorageSpace) {
                all.push(MetricName::new("AWS/RDS", name, &[("DBClusterIdentifier", &c.id)]));
            }
        }
        for g in self.target_groups.iter().filter(|g| g.region == region) {
            let balancer = self.balancers[g.balancer].suffix();
            for (name, _) in ELB {
                let dims = [("LoadBalancer", balancer.as_str()), ("TargetGroup", &g.suffix())];
                all.push(MetricName::new("AWS/ApplicationELB", name, &dims));
            }
        }
        all.extend(self.flows(region).into_iter().map(|(name, _)| name));
        let flat = self.alarms.iter().filter(|a| a.region == region && matches!(a.source, Source::Flat { .. }));
        all.extend(flat.map(|a| a.metric.clone()));
        all.sort();
        all.dedup();
        all
    }

    /// The value of a metric in a minute since the epoch.
    pub(crate) fn metric(&self, source: Source, minute: i64) -> Option<f64> {
        match source {
            Source::ServiceCpu(service) => self.service_cpu(service, minute),
            Source::ServiceMemory(service) => self.service_memory(service, minute),
            Source::Instance(at, kind) => self.db_metric(at, kind, minute),
            Source::DbCluster(at, kind) => {
                let at = self.databases.clusters[at].writer_at(minute * MINUTE);
                self.db_metric(at, kind, minute)
            }
            Source::Group(group, kind) => self.elb_metric(group, kind, minute),
            Source::Flow(flow) => {
                let behind =
                    |(at, g): (usize, &super::balancing::TargetGroup)| (g.balancer == flow.balancer).then_some(at);
                let groups = self.target_groups.iter().enumerate().filter_map(behind);
                let requests: f64 = groups.filter_map(|at| self.elb_metric(at, Elb::Requests, minute)).sum();
                Some((requests * flow.each * (1.0 + 0.2 * rng::noise(flow.salt, minute))).round())
            }
            Source::Flat { salt, base, spread } => {
                let value = (base + spread * rng::noise(salt, minute)).max(0.0);
                // Large values are bytes, and therefore whole.
                Some(if base > 1e6 { value.round() } else { value })
            }
        }
    }

    fn db_metric(&self, instance: usize, kind: Db, minute: i64) -> Option<f64> {
        let i = &self.databases.instances[instance];
        let at = minute * MINUTE;
        // A database that is stopped for the whole minute has no values.
        let off = |(from, until): &(Ms, Option<Ms>)| *from <= at && until.is_none_or(|until| until > at + MINUTE);
        if at < i.created || i.off.iter().any(off) {
            return None;
        }
        let salt = rng::hash(self.seed, &i.id);
        let n = |stream: u64| rng::noise(salt ^ stream, minute);
        let role = self.databases.role(instance, at + MINUTE - 1);
        let day = super::load::day(at);
        let busy = match role {
            Role::Alone => 0.09,
            Role::Writer => 0.24,
            Role::Reader => 0.11,
        } * day;
        let spike = self.databases.failing_over(instance, minute);
        let cpu = (100.0 * busy * (1.0 + 0.25 * n(1)) + if spike { 35.0 } else { 0.0 }).clamp(1.0, 100.0);
        let acu = i.cluster.map(|c| {
            let c = &self.databases.clusters[c];
            let level = c.min_acu + (c.max_acu - c.min_acu) * (cpu / 100.0) * 1.3;
            (((level * 2.0).round() / 2.0).clamp(c.min_acu, c.max_acu), c.max_acu)
        });
        let gib = f64::from(1 << 30);
        Some(match kind {
            Db::Cpu => cpu,
            Db::Connections => {
                let base = match role {
                    Role::Alone => 6.0,
                    Role::Writer => 18.0,
                    Role::Reader => 7.0,
                };
                if spike { 1.0 } else { (base * day + 2.0 * n(2)).round().max(0.0) }
            }
            Db::Capacity => acu?.0,
            Db::AcuUtilization => acu.map(|(now, max)| 100.0 * now / max)?,
            Db::ReplicaLag if role == Role::Reader => {
                if spike {
                    4_200.0 + 900.0 * n(3)
                } else {
                    18.0 + 5.0 * n(3)
                }
            }
            Db::ReplicaLag => return None,
            Db::FreeableMemory => {
                let all = acu.map_or(1.0, |(now, _)| now * 2.0);
                (gib * all * (0.32 + 0.03 * n(4))).round()
            }
            Db::FreeLocalStorage => (gib * (11.0 + 0.2 * n(5))).round(),
            Db::FreeStorageSpace => (gib * (f64::from(i.storage?) * 0.71 + 0.05 * n(5))).round(),
            Db::Load => (busy * 1.4 * (1.0 + 0.3 * n(6))).max(0.0),
        })
    }

    fn elb_metric(&self, group: usize, kind: Elb, minute: i64) -> Option<f64> {
        let service = self.services.iter().position(|s| s.target_group == Some(group))?;
        let s = &self.services[service];
        let load = s.load.at(minute, self.start);
        let running = s.load.running_at(minute * MINUTE + MINUTE - 1);
        let requests = (load * 900.0).round();
        let busy = if running == 0 { 1.0 } else { (load / f64::from(running)).min(1.0) };
        let n = rng::noise(s.load.salt ^ 0xb, minute);
        Some(match kind {
            Elb::Requests => requests,
            // Without tasks the balancer answers by itself, so there are no target metrics.
            Elb::Refusals | Elb::Errors | Elb::ResponseTime if running == 0 => return None,
            Elb::Refusals => (requests * 0.01 * (1.0 + n)).round(),
            Elb::Errors => (requests * if busy > 0.95 { 0.03 } else { 0.0006 } * (1.0 + n)).round(),
            Elb::ResponseTime => 0.035 * (1.0 + 0.2 * n) * (1.0 + 6.0 * busy.powi(6)),
        })
    }
}
