//! Recovery after the loss of a link, a session or a target.

use super::*;
use proptest::prelude::*;

fn at(ms: u64) -> Time {
    Duration::from_millis(ms)
}

const CONNECTED: Input = Input::Connected { unacknowledged: false };

fn ready(replaces: bool) -> Supervisor {
    let mut supervisor = Supervisor::new(replaces);
    assert_eq!(supervisor.start(at(0)), [Action::Resolve]);
    assert_eq!(supervisor.handle(Input::Resolved, at(1)), [Action::Start]);
    assert_eq!(supervisor.state(), &State::Opening);
    assert_eq!(supervisor.handle(Input::Started, at(2)), [Action::Connect]);
    assert_eq!(supervisor.handle(CONNECTED, at(3)), []);
    assert_eq!(supervisor.state(), &State::Opening, "only the handshake makes it ready");
    assert_eq!(supervisor.handle(Input::HandshakeComplete, at(4)), []);
    assert_eq!(supervisor.state(), &State::Ready);
    supervisor
}

#[test]
fn lost_link_is_resumed_at_once_without_a_handshake() {
    let mut supervisor = ready(true);
    let actions = supervisor.handle(Input::Lost("1000 Bye".into()), at(10));
    assert_eq!(actions, [Action::Disconnect, Action::Resume]);
    assert_eq!(supervisor.state(), &State::Resuming("1000 Bye".into()));
    assert_eq!(supervisor.handle(Input::Granted, at(11)), [Action::Connect]);
    assert_eq!(supervisor.handle(CONNECTED, at(12)), [Action::ResendAll]);
    assert_eq!((supervisor.state(), supervisor.resumes()), (&State::Ready, 1));
}

#[test]
fn network_outage_is_retried_for_hours_and_keeps_the_session() {
    let mut supervisor = ready(true);
    supervisor.handle(Input::Lost("reset".into()), at(10));
    let mut now = at(10);
    for _ in 0..1000 {
        assert_eq!(supervisor.handle(Input::Failed(Failure::transient("no route")), now), [Action::Disconnect]);
        let wake = supervisor.wake().unwrap();
        assert!(wake > now && wake <= now + Duration::from_secs(15));
        now = wake;
        assert_eq!(supervisor.tick(now), [Action::Resume]);
    }
    assert_eq!(supervisor.handle(Input::Granted, now), [Action::Connect]);
    supervisor.handle(CONNECTED, now);
    assert_eq!(supervisor.state(), &State::Ready);
}

#[test]
fn gone_session_is_replaced_and_its_connections_are_reset() {
    let mut supervisor = ready(true);
    supervisor.handle(Input::Lost("reset".into()), at(10));
    let actions = supervisor.handle(Input::Failed(Failure::new(FailureKind::Gone, "timed out")), at(11));
    assert_eq!(actions, [Action::Disconnect, Action::Terminate, Action::DiscardSession]);
    assert_eq!(supervisor.state(), &State::Replacing("timed out".into()));
    assert_eq!(supervisor.tick(at(1000)), [Action::Resolve]);
    supervisor.handle(Input::Resolved, at(1001));
    assert_eq!(supervisor.state(), &State::Replacing("timed out".into()));
    supervisor.handle(Input::Started, at(1002));
    supervisor.handle(Input::HandshakeComplete, at(1003));
    assert_eq!(supervisor.state(), &State::Ready);
}

#[test]
fn expired_credentials_are_awaited_and_repeated_refusals_replace_the_session() {
    let mut supervisor = ready(true);
    supervisor.handle(Input::Lost("reset".into()), at(10));
    for at_ms in [20, 1000, 2000, 4000, 8000] {
        supervisor.handle(Input::Failed(Failure::new(FailureKind::Credentials, "expired")), at(at_ms));
        assert_eq!(supervisor.state(), &State::Resuming("expired".into()));
    }
    for at_ms in [20_000, 40_000, 60_000] {
        assert!(matches!(supervisor.state(), State::Resuming(_)));
        supervisor.handle(Input::Failed(Failure::new(FailureKind::Refused, "403")), at(at_ms));
    }
    assert_eq!(supervisor.state(), &State::Replacing("403".into()));
}

#[test]
fn session_that_was_never_ready_closes_on_refusal_or_after_90_seconds() {
    let mut supervisor = Supervisor::new(true);
    supervisor.start(at(0));
    let refused = Failure::new(FailureKind::Refused, "no task");
    supervisor.handle(Input::Failed(refused.clone()), at(1));
    assert_eq!(supervisor.state(), &State::Closed(Closed::Failed(refused)));

    let mut supervisor = Supervisor::new(true);
    supervisor.start(at(0));
    supervisor.handle(Input::Failed(Failure::transient("later")), at(1));
    assert_eq!(supervisor.state(), &State::Resolving);
    supervisor.handle(Input::Failed(Failure::transient("later")), at(90_000));
    assert!(matches!(supervisor.state(), State::Closed(_)));
}

#[test]
fn unresponsive_agent_is_retried_with_another_session() {
    let mut supervisor = Supervisor::new(true);
    supervisor.start(at(0));
    supervisor.handle(Input::Resolved, at(1));
    supervisor.handle(Input::Started, at(2));
    supervisor.handle(CONNECTED, at(3));
    assert_eq!(supervisor.wake(), Some(at(20_002)));
    assert_eq!(supervisor.tick(at(20_002)), [Action::Disconnect, Action::Terminate, Action::DiscardSession]);
    assert_eq!(supervisor.tick(supervisor.wake().unwrap()), [Action::Resolve]);
}

#[test]
fn silent_agent_gets_another_link_and_then_another_session() {
    let mut supervisor = ready(true);
    assert_eq!(supervisor.handle(Input::Silent, at(10_000)), [Action::Disconnect, Action::Resume]);
    assert_eq!(supervisor.state(), &State::Resuming("the agent does not answer".into()));
    supervisor.handle(Input::Granted, at(10_010));
    let again = supervisor.handle(Input::Connected { unacknowledged: true }, at(10_020));
    assert_eq!(again, [Action::ResendAll]);
    assert!(matches!(supervisor.state(), State::Resuming(_)), "a link alone is not an answer");
    assert_eq!(supervisor.wake(), Some(at(20_020)));
    let actions = supervisor.tick(at(20_020));
    assert_eq!(actions, [Action::Disconnect, Action::Terminate, Action::DiscardSession, Action::Resolve]);
    assert_eq!(supervisor.state(), &State::Replacing("the agent does not answer".into()));
}

#[test]
fn resumed_link_with_unacknowledged_data_is_ready_on_the_agents_answer() {
    let mut supervisor = ready(true);
    for round in 1..=10 {
        let now = at(60_000 * round);
        supervisor.handle(Input::Silent, now);
        supervisor.handle(Input::Granted, now);
        supervisor.handle(Input::Connected { unacknowledged: true }, now);
        assert_eq!(supervisor.handle(Input::MessageReceived, now + at(9000)), []);
        assert_eq!((supervisor.state(), supervisor.resumes(), supervisor.wake()), (&State::Ready, round, None));
    }
}

#[test]
fn hint_depends_on_how_far_the_session_got() {
    let hint = |connected: bool| {
        let mut supervisor = Supervisor::new(true);
        supervisor.start(at(0));
        supervisor.handle(Input::Resolved, at(1));
        supervisor.handle(Input::Started, at(2));
        if connected {
            supervisor.handle(CONNECTED, at(3));
        }
        supervisor.tick(at(20_002));
        let failure = supervisor.last_failure().unwrap();
        (failure.message.clone(), failure.hint.clone().unwrap())
    };
    let (message, hint_text) = hint(false);
    assert!(message.contains("no connection") && hint_text.contains("HTTPS_PROXY"), "{message}: {hint_text}");
    let (message, hint_text) = hint(true);
    assert!(message.contains("the agent") && hint_text.contains("CreateDataChannel"), "{message}: {hint_text}");
}

#[test]
fn forbidden_failure_closes_a_ready_session() {
    let forbidden = Failure::new(FailureKind::Forbidden, "another account");
    let mut supervisor = ready(true);
    supervisor.handle(Input::Lost("1000 Bye".into()), at(10));
    let actions = supervisor.handle(Input::Failed(forbidden.clone()), at(11));
    assert_eq!(actions, [Action::Disconnect, Action::Terminate, Action::DiscardSession]);
    assert_eq!(supervisor.state(), &State::Closed(Closed::Failed(forbidden)));
    assert_eq!(supervisor.wake(), None, "it is not tried again");
}

#[test]
fn session_is_replaced_after_three_silent_links() {
    let mut supervisor = ready(true);
    let mut now = at(10);
    for _ in 0..3 {
        supervisor.handle(Input::Lost("silent".into()), now);
        assert!(matches!(supervisor.state(), State::Resuming(_)));
        now = supervisor.wake().unwrap_or(now);
        supervisor.tick(now);
        supervisor.handle(Input::Granted, now);
        supervisor.handle(CONNECTED, now);
    }
    supervisor.handle(Input::Lost("silent".into()), now);
    assert_eq!(supervisor.state(), &State::Replacing("silent".into()));
}

#[test]
fn unused_tunnel_is_resumed_every_hour_for_a_day() {
    let mut supervisor = ready(true);
    for hour in 1..=24 {
        let now = Duration::from_secs(3600 * hour);
        let actions = supervisor.handle(Input::Lost("1000 Bye".into()), now);
        assert_eq!(actions, [Action::Disconnect, Action::Resume], "hour {hour}");
        supervisor.handle(Input::Granted, now);
        supervisor.handle(CONNECTED, now);
        assert_eq!(supervisor.state(), &State::Ready);
    }
    assert_eq!(supervisor.resumes(), 24);
}

#[test]
fn shell_closes_when_its_session_ends() {
    let mut supervisor = ready(false);
    let actions = supervisor.handle(Input::Over("exit".into()), at(9));
    assert_eq!(actions, [Action::Disconnect, Action::Terminate, Action::DiscardSession]);
    assert_eq!(supervisor.state(), &State::Closed(Closed::Ended("exit".into())));
}

#[test]
fn shell_fails_if_its_session_ends_before_it_was_ready() {
    for (reason, expected) in
        [("Plugin with name X not found", "Plugin with name X not found"), ("", "the session was ended")]
    {
        let mut supervisor = Supervisor::new(false);
        supervisor.start(at(0));
        for input in [Input::Resolved, Input::Started, CONNECTED] {
            supervisor.handle(input, at(1));
        }
        let actions = supervisor.handle(Input::Over(reason.into()), at(2));
        assert_eq!(actions, [Action::Disconnect, Action::Terminate, Action::DiscardSession]);
        let failure = Failure::new(FailureKind::Gone, expected);
        assert_eq!(supervisor.state(), &State::Closed(Closed::Failed(failure)));
    }
}

#[test]
fn stop_terminates_the_aws_session_once() {
    let mut supervisor = ready(true);
    assert_eq!(supervisor.handle(Input::Stop, at(9)), [Action::Disconnect, Action::Terminate, Action::DiscardSession]);
    assert_eq!(supervisor.handle(Input::Stop, at(9)), []);
    assert_eq!(supervisor.wake(), None);
}

fn input() -> impl Strategy<Value = Input> {
    prop_oneof![
        Just(Input::Resolved),
        Just(Input::Started),
        Just(Input::Granted),
        Just(CONNECTED),
        Just(Input::Connected { unacknowledged: true }),
        Just(Input::Silent),
        Just(Input::HandshakeComplete),
        Just(Input::MessageReceived),
        Just(Input::Failed(Failure::transient("x"))),
        Just(Input::Failed(Failure::new(FailureKind::Gone, "x"))),
        Just(Input::Failed(Failure::new(FailureKind::Refused, "x"))),
        Just(Input::Lost("x".into())),
        Just(Input::Over("x".into())),
        Just(Input::TargetGone("x".into())),
    ]
}

proptest! {
    /// Responses are generated only for requested actions; losses and ends may come at any time.
    #[test]
    fn supervisor_always_has_pending_work_until_ready_or_closed(inputs in prop::collection::vec(input(), 1..60)) {
        let mut supervisor = Supervisor::new(true);
        let mut now = at(0);
        let mut requested = supervisor.start(now);
        for input in inputs {
            now += at(700);
            let fits = match input {
                Input::Resolved => requested.contains(&Action::Resolve),
                Input::Started => requested.contains(&Action::Start),
                Input::Granted => requested.contains(&Action::Resume),
                Input::Connected { .. } => requested.contains(&Action::Connect),
                Input::HandshakeComplete => matches!(supervisor.state(), State::Opening | State::Replacing(_)) && supervisor.deadline.is_some(),
                Input::Failed(_) => requested.iter().any(|action| matches!(action, Action::Resolve | Action::Start | Action::Resume | Action::Connect)),
                _ => true,
            };
            if !fits { continue; }
            let answers = matches!(input, Input::Resolved | Input::Started | Input::Granted | Input::Connected { .. } | Input::Failed(_));
            let actions = supervisor.handle(input, now);
            let due = supervisor.tick(now);
            if answers || actions.contains(&Action::Disconnect) { requested.clear(); }
            requested.extend(actions);
            if due.contains(&Action::Disconnect) { requested.clear(); }
            requested.extend(due);
            let waits = requested.iter().any(|action| matches!(action, Action::Resolve | Action::Start | Action::Resume | Action::Connect));
            let stands = matches!(supervisor.state(), State::Ready | State::Closed(_));
            prop_assert!(stands || waits || supervisor.wake().is_some(), "{supervisor:?}");
        }
    }
}
