//! The AWS room against the simulator: the facts of every query, the message of every fault.

mod credentials;

use aws_sim::{Scenario, Sim, SimOptions};
use cockpit::app::effect::Priority;
use cockpit::app::event::Event;
use cockpit::app::ticket::{Owner, Ticket};
use cockpit::aws::{Connection, Session};
use cockpit::config::EnvironmentConfig;
use cockpit::feeds::aws::{Fact, Part, Query};
use cockpit::model::{AlarmState, Failure, FailureKind, MetricKey, RolloutStatus, Service};
use jiff::{SignedDuration, Timestamp};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Duration;

const TICKET: Ticket = Ticket { generation: 1, owner: Owner::Poll, serial: 7 };

/// Friday 14:00 in Tokyo: staging is awake.
fn noon() -> Timestamp {
    "2026-11-20T05:00:00Z".parse().unwrap()
}

async fn simulator(scenario: Scenario) -> Sim {
    Sim::start(SimOptions { scenario, speed: 0.0, start: Some(noon()), ..SimOptions::default() }).await.unwrap()
}

/// A connection with one attempt only: no test waits for a retry.
fn connection(sim: &Sim) -> Connection {
    let region = sim.hello()["region"].as_str().unwrap().to_owned();
    Connection { attempts: Some(1), ..Connection::simulated(sim.endpoint(), region) }
}

/// The pages before the end, the end, and the number of requests.
struct Answered {
    pages: Vec<Fact>,
    end: Result<Fact, Failure>,
    requests: u32,
    /// Whether credentials were reloaded.
    renewed: bool,
}

async fn ask(session: &Session, query: Query) -> Answered {
    let (out, mut answers) = tokio::sync::mpsc::channel(10_000);
    session.fetch(TICKET, Priority::Background, query, &out).await;
    drop(out);
    let (mut pages, mut end, mut requests, mut renewed) = (Vec::new(), None, 0, false);
    while let Some(event) = answers.recv().await {
        let answer = match event {
            Event::Answer(answer) => answer,
            Event::CredentialsRenewed(TICKET) => {
                // A new endpoint is not news about credentials.
                let nothing = pages.iter().all(|page| matches!(page, Fact::Endpoints(_)));
                assert!(nothing && end.is_none(), "reported before any answer with the new credentials");
                renewed = true;
                continue;
            }
            _ => panic!("{event:?}"),
        };
        assert_eq!(answer.ticket, TICKET);
        assert!(end.is_none(), "no answer after the end");
        requests += answer.requests;
        match answer.part.of() {
            Part::Page(fact) => pages.push(fact),
            Part::Last(fact) => end = Some(Ok(fact)),
            Part::Failed(failure) => end = Some(Err(failure)),
        }
    }
    Answered { pages, end: end.expect("every answer ends"), requests, renewed }
}

async fn fact(session: &Session, query: Query) -> Fact {
    ask(session, query).await.end.unwrap()
}

async fn failure(session: &Session, query: Query) -> Failure {
    ask(session, query).await.end.unwrap_err()
}

/// Sends a control request.
async fn control(sim: &Sim, path: &str, body: serde_json::Value) {
    let (address, path) = (sim.endpoint().replace("http://", ""), path.to_owned());
    tokio::task::spawn_blocking(move || {
        let body = body.to_string();
        let mut stream = TcpStream::connect(&address).unwrap();
        let head = format!("POST {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: ");
        write!(stream, "{head}{}\r\n\r\n{body}", body.len()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    })
    .await
    .unwrap();
}

async fn fault(sim: &Sim, operation: &str, kind: &str) {
    control(sim, "/_sim/fault", serde_json::json!({"operation": operation, "kind": kind})).await;
}

fn cluster() -> String {
    "bookmark-manager-staging-cluster".to_owned()
}

fn services() -> Query {
    Query::Services {
        cluster: cluster(),
        names: vec!["bookmark-manager-staging-web".into(), "bookmark-manager-staging-api".into(), "no-such".into()],
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn staging_is_read_completely() {
    let sim = simulator(Scenario::Staging).await;
    let session = Session::new(connection(&sim));

    let Fact::Identity(identity) = fact(&session, Query::Identity).await else { panic!() };
    assert_eq!(identity.account, aws_sim::ACCOUNT);
    assert_eq!(identity.expires, None);

    let Fact::Cluster(Some(found)) = fact(&session, Query::Cluster { cluster: cluster() }).await else { panic!() };
    assert_eq!((found.name, found.status.as_str()), (cluster(), "ACTIVE"));
    assert!(matches!(fact(&session, Query::Cluster { cluster: "no-such".into() }).await, Fact::Cluster(None)));

    let web = service_of(&session).await;
    tasks_and_deployments_of(&session, &web).await;

    let Fact::DbInstances(mut instances) = fact(&session, Query::DbInstances).await else { panic!() };
    instances.retain(|instance| instance.id.starts_with("bookmark-manager-staging-"));
    assert_eq!(instances[0].id, "bookmark-manager-staging-db");
    assert_eq!((instances[0].status.as_str(), instances[0].class.as_str()), ("available", "db.t4g.micro"));
    assert_eq!(instances[0].database.as_deref(), Some("bookmarkdb"));

    alarms_and_metrics_of(&session, &web).await;
    assert!(session.requests_total() >= 15);
    assert!(session.service_clock().measured_offset().is_some());
}

/// The service `web`, found among those of the cluster.
async fn service_of(session: &Session) -> Service {
    let Fact::ServiceNames(mut names) = fact(session, Query::ServiceNames { cluster: cluster() }).await else {
        panic!()
    };
    names.sort();
    assert_eq!(names, ["bookmark-manager-staging-api", "bookmark-manager-staging-web"]);

    let Fact::Services(found, unknown) = fact(session, services()).await else { panic!() };
    assert_eq!(unknown, ["no-such"]);
    let web = found.into_iter().find(|service| service.name == "bookmark-manager-staging-web").unwrap();
    assert_eq!((web.cluster.as_str(), web.status.as_str(), web.desired), (cluster().as_str(), "ACTIVE", 1));
    assert_eq!(web.running, 1);
    assert!(web.task_definition.starts_with("bookmark-manager-staging-web:"), "{}", web.task_definition);
    assert!(web.breaker.is_some_and(|breaker| breaker.enabled && breaker.rollback));
    assert!(web.primary().is_some_and(|primary| primary.id.starts_with("ecs-svc/")));
    assert_eq!(web.target_groups.len(), 1);
    web
}

async fn tasks_and_deployments_of(session: &Session, web: &Service) {
    let running = Query::TaskIds { cluster: cluster(), stopped: false };
    let Fact::TaskIds(ids) = fact(session, running).await else { panic!() };
    assert_eq!(ids.len(), 2);
    assert!(matches!(fact(session, Query::TaskIds { cluster: cluster(), stopped: true }).await, Fact::TaskIds(_)));
    let Fact::Tasks(tasks) = fact(session, Query::Tasks { cluster: cluster(), ids: ids.clone() }).await else {
        panic!()
    };
    assert_eq!(tasks.len(), 2);
    let task = tasks.iter().find(|task| task.service.as_deref() == Some("bookmark-manager-staging-web")).unwrap();
    assert!(ids.contains(&task.id));
    assert_eq!(task.last_status, "RUNNING");
    assert!(task.address.as_deref().is_some_and(|address| address.starts_with("10.")), "{:?}", task.address);
    assert!(task.containers[0].digest.as_deref().is_some_and(|digest| digest.starts_with("sha256:")));

    let definition = Query::TaskDefinition { name: web.task_definition.clone() };
    let Fact::TaskDefinition(definition) = fact(session, definition).await else { panic!() };
    assert_eq!(definition.name, web.task_definition);
    let log = definition.main_container(web).unwrap().log.as_ref().unwrap();
    assert_eq!(log.group.as_deref(), Some("/ecs/bookmark-manager-staging-web"));
    let missing = failure(session, Query::TaskDefinition { name: "no-such:1".into() }).await;
    assert_eq!(missing.kind, FailureKind::NotFound, "{missing}");

    let rollouts = Query::Rollouts { cluster: cluster(), service: web.name.clone(), with_details: false };
    let Fact::Rollouts(rollouts) = fact(session, rollouts).await else { panic!() };
    assert!(!rollouts.is_empty());

    let Fact::Targets(targets) = fact(session, Query::Targets { group: web.target_groups[0].clone() }).await else {
        panic!()
    };
    assert_eq!(targets[0].state, "healthy");
}

async fn alarms_and_metrics_of(session: &Session, web: &Service) {
    let prefixes = vec!["bookmark-manager-staging".to_owned(), "no-such".to_owned()];
    let answer = ask(session, Query::Alarms { prefixes }).await;
    assert_eq!(answer.requests, 3, "one more request for names similar to `no-such`");
    assert!(answer.pages.iter().any(|page| matches!(page, Fact::ExistingNames(names) if !names.is_empty())));
    let Fact::Alarms(alarms) = answer.end.unwrap() else { panic!() };
    assert!(!alarms.is_empty());
    assert!(alarms.iter().any(|alarm| alarm.state == AlarmState::Ok));

    let keys = vec![
        MetricKey::ServiceCpu(web.name.clone()),
        MetricKey::DbConnections("bookmark-manager-staging-db".into()),
        MetricKey::DbStorage { id: "bookmark-manager-staging-db".into(), aurora: false },
    ];
    let since = noon() - SignedDuration::from_hours(1);
    let metrics = Query::Metrics { cluster: cluster(), keys: keys.clone(), since, until: noon() };
    let Fact::Metrics(series) = fact(session, metrics).await else { panic!() };
    for key in &keys {
        let (_, points) = series.iter().find(|(known, _)| known == key).unwrap();
        assert!(points.len() > 30, "{key:?}: {}", points.len());
        assert!(points.is_sorted_by_key(|point| point.at));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prod_has_autoscaling_and_aurora() {
    let sim = simulator(Scenario::Prod).await;
    let session = Session::new(connection(&sim));
    let cluster = "bookmark-manager-prod-cluster".to_owned();
    let Fact::ScalableTargets(targets) = fact(&session, Query::ScalableTargets { cluster: cluster.clone() }).await
    else {
        panic!()
    };
    assert!(targets.iter().any(|target| (target.min, target.max) == (1, 10)));
    assert!(targets.iter().all(|target| target.resource.starts_with("service/bookmark-manager-prod-cluster/")));
    let Fact::ScalingPolicies(policies) = fact(&session, Query::ScalingPolicies { cluster: cluster.clone() }).await
    else {
        panic!()
    };
    assert!(policies.iter().any(|policy| {
        policy.metric.as_deref() == Some("ECSServiceAverageCPUUtilization") && policy.target == Some(70.0)
    }));
    for query in [Query::ScheduledActions { cluster: cluster.clone() }, Query::ScalingActivities { cluster }] {
        ask(&session, query).await.end.unwrap();
    }
    let other = Query::ScalableTargets { cluster: "other".into() };
    assert_eq!(fact(&session, other).await, Fact::ScalableTargets(Vec::new()));

    let Fact::DbClusters(mut clusters) = fact(&session, Query::DbClusters).await else { panic!() };
    clusters.retain(|cluster| cluster.id == "bookmark-manager-prod-aurora");
    assert_eq!(clusters[0].acu, Some((0.5, 2.0)));
    assert_eq!(clusters[0].backup.retention_days, Some(30));
    assert!(clusters[0].protected);
    assert_eq!(clusters[0].members.iter().filter(|(_, writes, _)| *writes).count(), 1);
    let Fact::DbInstances(mut instances) = fact(&session, Query::DbInstances).await else { panic!() };
    instances.retain(|instance| instance.cluster.as_deref() == Some(clusters[0].id.as_str()));
    assert_eq!(instances.len(), 2);
    let keys = vec![MetricKey::DbAcu(instances[0].id.clone()), MetricKey::DbLag(clusters[0].members[1].0.clone())];
    let since = noon() - SignedDuration::from_hours(1);
    let Fact::Metrics(series) =
        fact(&session, Query::Metrics { cluster: String::new(), keys, since, until: noon() }).await
    else {
        panic!()
    };
    assert_eq!(series.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_cluster_is_read_page_by_page() {
    let sim = simulator(Scenario::Big).await;
    let session = Session::new(connection(&sim));
    let cluster = sim_cluster(&sim).await;
    let answer = ask(&session, Query::ServiceNames { cluster: cluster.clone() }).await;
    let last = answer.end.unwrap();
    let names: usize = answer
        .pages
        .iter()
        .chain([&last])
        .map(|fact| if let Fact::ServiceNames(names) = fact { names.len() } else { panic!("{fact:?}") })
        .sum();
    assert_eq!(names, 1_000);
    assert_eq!(answer.requests, 10);
}

/// The name of the cluster with the most services, according to the simulator.
async fn sim_cluster(sim: &Sim) -> String {
    let address = sim.endpoint().replace("http://", "");
    tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(&address).unwrap();
        write!(stream, "GET /_sim/state HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let text = String::from_utf8_lossy(&answer);
        let (_, body) = text.split_once("\r\n\r\n").unwrap();
        let state: serde_json::Value = serde_json::from_str(body).unwrap();
        let clusters = state["clusters"].as_array().unwrap();
        let services = |cluster: &&serde_json::Value| cluster["services"].as_array().map_or(0, Vec::len);
        clusters.iter().max_by_key(services).unwrap()["name"].as_str().unwrap().to_owned()
    })
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_fault_has_its_kind_and_names_its_action() {
    for (kind, expected) in [
        ("throttle", FailureKind::Throttled),
        ("error", FailureKind::Service),
        ("denied", FailureKind::Denied),
        ("expired", FailureKind::Credentials),
        ("truncate", FailureKind::Unreachable),
        ("reset", FailureKind::Unreachable),
        ("malformed", FailureKind::Malformed),
    ] {
        let sim = simulator(Scenario::Prod).await;
        let session = Session::new(connection(&sim));
        fault(&sim, "*", kind).await;
        for (query, action) in [
            (Query::Services { cluster: cluster(), names: vec!["a".into()] }, "ecs:DescribeServices"),
            (Query::DbClusters, "rds:DescribeDBClusters"),
            (Query::Alarms { prefixes: vec![String::new()] }, "cloudwatch:DescribeAlarms"),
            (Query::Targets { group: "g".into() }, "elasticloadbalancing:DescribeTargetHealth"),
            (Query::ScalableTargets { cluster: cluster() }, "application-autoscaling:DescribeScalableTargets"),
            (Query::Identity, "sts:GetCallerIdentity"),
        ] {
            let failure = failure(&session, query).await;
            assert_eq!(failure.kind, expected, "{kind} {action}: {failure}");
            assert!(failure.message.starts_with(action), "{failure}");
            assert!(!failure.message.contains("SIMULATED0000000"), "{failure}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hanging_request_ends_at_the_time_limit() {
    let sim = simulator(Scenario::Staging).await;
    let limit = Duration::from_millis(200);
    let session = Session::new(Connection { operation_timeout: limit, ..connection(&sim) });
    fault(&sim, "ecs:*", "hang").await;
    let failure = failure(&session, services()).await;
    assert_eq!(failure.kind, FailureKind::Timeout, "{failure}");
    // Other classes continue.
    ask(&session, Query::Identity).await.end.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn paging_continues_past_empty_pages_but_not_repeated_ones() {
    let sim = simulator(Scenario::Staging).await;
    let session = Session::new(connection(&sim));
    control(&sim, "/_sim/fault", serde_json::json!({"operation": "ecs:ListServices", "kind": "empty", "count": 1}))
        .await;
    let answer = ask(&session, Query::ServiceNames { cluster: cluster() }).await;
    assert_eq!(answer.pages, [Fact::ServiceNames(Vec::new())]);
    assert_eq!(answer.requests, 2);
    let Fact::ServiceNames(names) = answer.end.unwrap() else { panic!() };
    assert_eq!(names.len(), 2);
    fault(&sim, "*", "loop").await;
    for query in [
        Query::ServiceNames { cluster: cluster() },
        Query::TaskIds { cluster: cluster(), stopped: false },
        Query::DbInstances,
        Query::Alarms { prefixes: vec!["bookmark".into()] },
        Query::ScalingActivities { cluster: cluster() },
    ] {
        let answer = ask(&session, query.clone()).await;
        let failure = answer.end.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Malformed, "{query:?}: {failure}");
        assert!(failure.message.contains("same page token"), "{failure}");
        assert_eq!(answer.pages.len(), 2, "received rows are kept");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn retries_are_counted() {
    let sim = simulator(Scenario::Staging).await;
    let session = Session::new(Connection { attempts: Some(3), ..connection(&sim) });
    control(&sim, "/_sim/fault", serde_json::json!({"operation": "ecs:DescribeServices", "kind": "reset", "count": 1}))
        .await;
    let answer = ask(&session, services()).await;
    assert!(answer.end.is_ok());
    assert_eq!(answer.requests, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn throttled_polling_does_not_slow_the_operator() {
    let sim = simulator(Scenario::Staging).await;
    let session = Session::new(connection(&sim));
    fault(&sim, "ecs:DescribeServices", "throttle").await;
    assert_eq!(failure(&session, services()).await.kind, FailureKind::Throttled);
    control(&sim, "/_sim/fault", serde_json::json!({"clear": true})).await;
    let (out, mut answers) = tokio::sync::mpsc::channel(10);
    let request = session.fetch(TICKET, Priority::Operator, services(), &out);
    tokio::time::timeout(Duration::from_secs(5), request).await.unwrap();
    let Some(Event::Answer(answer)) = answers.recv().await else { panic!() };
    assert!(matches!(answer.part.of(), Part::Last(Fact::Services(..))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn running_deployment_is_described_first_and_others_get_their_targets_later() {
    let sim = simulator(Scenario::CrashLoop).await;
    let session = Session::new(connection(&sim));
    let read = |name: &str, named| {
        let service = format!("bookmark-manager-staging-{name}");
        Query::Rollouts { cluster: cluster(), service, with_details: named }
    };
    let rollouts = |name: &str| read(name, false);
    let answer = ask(&session, rollouts("api")).await;
    assert_eq!(answer.requests, 3);
    let Fact::Rollouts(found) = answer.end.unwrap() else { panic!() };
    assert_eq!(found[0].status, RolloutStatus::InProgress);
    assert!(found[0].breaker.is_some());
    assert!(found[0].target.as_deref().is_some_and(|name| name.starts_with("bookmark-manager-staging-api:")));
    assert_eq!(found[0].source_revisions.len(), 1);
    for (requests, known) in [(1, false), (2, true), (1, true)] {
        let answer = ask(&session, rollouts("web")).await;
        assert_eq!(answer.requests, requests);
        let Fact::Rollouts(found) = answer.end.unwrap() else { panic!() };
        assert_eq!(found[0].target.is_some(), known);
    }
    // A query of a history waits for the targets.
    let answer = ask(&Session::new(connection(&sim)), read("web", true)).await;
    assert_eq!(answer.requests, 2);
    let Fact::Rollouts(found) = answer.end.unwrap() else { panic!() };
    assert!(found.iter().all(|one| one.target.is_some()), "{found:?}");
}
