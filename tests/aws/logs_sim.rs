//! Logs against the simulator: pages, the last lines of tasks, refusals of the service.

use aws_sim::{Scenario, Sim, SimOptions};
use cockpit::app::effect::Priority;
use cockpit::app::event::Event;
use cockpit::app::ticket::{Owner, Ticket};
use cockpit::aws::{Connection, Session};
use cockpit::feeds::aws::{Fact, Part, Query};
use cockpit::model::logs::LogWindow;
use cockpit::model::{Failure, FailureKind};

const TICKET: Ticket = Ticket { generation: 1, owner: Owner::Poll, serial: 7 };
const CLUSTER: &str = "bookmark-manager-staging-cluster";
const GROUP: &str = "/ecs/bookmark-manager-staging-api";

async fn simulator(scenario: Scenario) -> (Sim, Session) {
    // Friday 14:00 in Tokyo.
    let start = Some("2026-11-20T05:00:00Z".parse().unwrap());
    let sim = Sim::start(SimOptions { scenario, speed: 0.0, start, ..SimOptions::default() }).await.unwrap();
    let connection = Connection { attempts: Some(1), ..Connection::simulated(sim.endpoint(), "ap-northeast-1") };
    (sim, Session::new(connection))
}

async fn ask(session: &Session, query: Query) -> Result<Fact, Failure> {
    let (out, mut answers) = tokio::sync::mpsc::channel(10_000);
    session.fetch(TICKET, Priority::Operator, query, &out).await;
    drop(out);
    let mut end = None;
    while let Some(Event::Answer(answer)) = answers.recv().await {
        match answer.part.of() {
            Part::Page(_) => {}
            Part::Last(fact) => end = Some(Ok(fact)),
            Part::Failed(failure) => end = Some(Err(failure)),
        }
    }
    end.expect("every answer ends")
}

#[tokio::test]
async fn failed_task_shows_its_last_lines() {
    let (sim, session) = simulator(Scenario::CrashLoop).await;
    let ids = ask(&session, Query::TaskIds { cluster: CLUSTER.into(), stopped: true }).await.unwrap();
    let Fact::TaskIds(ids) = ids else { panic!("{ids:?}") };
    let query = Query::TaskLog { group: GROUP.into(), region: None, stream: format!("ecs/api/{}", ids[0]), limit: 3 };
    let Fact::TaskLog(lines) = ask(&session, query).await.unwrap() else { panic!() };
    assert_eq!(lines.len(), 3);
    assert!(lines[1].message.contains("JavaScript heap out of memory"), "{lines:?}");
    // A group with the same name in the environment's region is another one.
    let (region, stream) = (Some("eu-west-1".to_owned()), format!("ecs/api/{}", ids[0]));
    let query = Query::TaskLog { group: GROUP.into(), region, stream, limit: 3 };
    let failure = ask(&session, query).await.unwrap_err();
    assert!(failure.message.contains("log group does not exist"), "the request was sent there: {failure}");
    let query = Query::TaskLog { group: GROUP.into(), region: None, stream: "ecs/api/none".into(), limit: 3 };
    let failure = ask(&session, query).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::NotFound);
    assert!(failure.message.contains("log stream does not exist"), "{failure}");
    sim.shutdown();
}

#[tokio::test]
async fn log_pages_and_refusals_are_read() {
    let (sim, session) = simulator(Scenario::Staging).await;
    let now = sim.now().as_millisecond();
    let window = LogWindow { group: GROUP.into(), from: now - 60_000, to: Some(now), ..LogWindow::default() };
    let Fact::LogPage(whole) = ask(&session, Query::LogPage(Box::new(window.clone()))).await.unwrap() else { panic!() };
    assert!(whole.next.is_none() && whole.events.len() > 50);
    assert!(whole.events.is_sorted_by_key(|event| event.at));
    let newest = LogWindow { newest_first: true, limit: Some(10), ..window.clone() };
    let Fact::LogPage(last) = ask(&session, Query::LogPage(Box::new(newest))).await.unwrap() else { panic!() };
    assert!(last.next.is_some());
    assert_eq!(last.events[0], *whole.events.last().unwrap());
    let wrong = LogWindow { pattern: Some("{ $.a = }".into()), ..window.clone() };
    let failure = ask(&session, Query::LogPage(Box::new(wrong))).await.unwrap_err();
    assert!(failure.message.contains("Invalid filter pattern"), "{failure}");
    // The same name in another region is another group.
    let there = LogWindow { region: Some("eu-west-1".into()), ..window.clone() };
    for query in [Query::LogPage(Box::new(there.clone())), Query::StreamPage(Box::new(there))] {
        assert_eq!(ask(&session, query).await.unwrap_err().kind, FailureKind::NotFound);
    }
    let missing = LogWindow { group: "/none".into(), ..window };
    assert_eq!(ask(&session, Query::LogPage(Box::new(missing))).await.unwrap_err().kind, FailureKind::NotFound);
    let Fact::LogGroups(groups) = ask(&session, Query::LogGroups { prefix: "/ecs/".into() }).await.unwrap() else {
        panic!()
    };
    assert!(groups.iter().any(|group| group.name == GROUP && group.retention_days == Some(7)), "{groups:?}");
    sim.shutdown();
}
