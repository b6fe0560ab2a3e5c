//! Every start × every operation × every breaker setting × every end: each run has a verdict, and it is the one that
//! follows from what really happened.

use super::stage::{ENDS, End, STARTS, Stage, Start};
use super::{NAME, at, environment, offers_here};
use crate::app::effect::Effect;
use crate::app::operation::call::{Call, CallId};
use crate::app::operation::deploy::{self, Source};
use crate::app::operation::outcome::Verdict;
use crate::app::operation::steps::{self, StepChange};
use crate::app::operation::{NewOperation, Operation, Operations, Stage as Progress};
use crate::app::testing::cases;
use crate::config::Hooks;
use crate::model::rollout::RolloutStatus;
use crate::model::service::Breaker;
use crate::model::timer::Power;
use jiff::{SignedDuration, tz::TimeZone};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// How long an operation is watched here, in seconds: longer than any of these stories.
const LIMIT: i64 = 240;
/// Number of seconds after which a task without health checks counts.
const STEADY: i64 = 40;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doing {
    Image,
    ImageLeft,
    Force,
    Back,
    BackTo,
    Attach,
    ScaleUp,
    ScaleDown,
    ScaleToZero,
    PowerStart,
    PowerStop,
}

const DOINGS: [Doing; 11] = [
    Doing::Image,
    Doing::ImageLeft,
    Doing::Force,
    Doing::Back,
    Doing::BackTo,
    Doing::Attach,
    Doing::ScaleUp,
    Doing::ScaleDown,
    Doing::ScaleToZero,
    Doing::PowerStart,
    Doing::PowerStop,
];

const BREAKERS: [Option<Breaker>; 3] =
    [None, Some(Breaker { enabled: true, rollback: false }), Some(Breaker { enabled: true, rollback: true })];

impl Doing {
    fn what(self) -> NewOperation {
        let deploys = |source: Source, roll_back: Option<bool>| {
            NewOperation::from(deploy::Request {
                service: NAME.into(),
                short: "web".into(),
                source,
                base: None,
                container: None,
                exec: false,
                roll_back,
                hooks: Hooks::default(),
                flags: String::new(),
            })
        };
        let steps = |wanted: StepChange| NewOperation::from(steps::Request { wanted, short: "web".into() });
        let scale = |desired| {
            steps(StepChange::Scale { service: NAME.into(), desired, min: None, max: None, move_limits: false })
        };
        let power =
            |power| steps(StepChange::Power { power, services: vec![NAME.into()], databases: false, direct: true });
        match self {
            Self::Image => deploys(Source::Image("9f3c2e1".into()), None),
            Self::ImageLeft => deploys(Source::Image("9f3c2e1".into()), Some(false)),
            Self::Force => deploys(Source::Force, None),
            Self::Back => deploys(Source::RollBack(None), Some(false)),
            Self::BackTo => deploys(Source::RollBack(Some("web:5".into())), Some(false)),
            Self::Attach => deploys(Source::Attach, None),
            Self::ScaleUp => scale(3),
            Self::ScaleDown => scale(1),
            Self::ScaleToZero => scale(0),
            Self::PowerStart => power(Power::Start),
            Self::PowerStop => power(Power::Stop),
        }
    }

    fn deploys(self) -> bool {
        matches!(self, Self::Image | Self::ImageLeft | Self::Force | Self::Back | Self::BackTo | Self::Attach)
    }
}

/// Runs one story to its verdict.
fn run(stage: &mut Stage, doing: Doing) -> Operation {
    let mut operations = Operations::new("test", TimeZone::UTC);
    operations.limit = Some(SignedDuration::from_secs(LIMIT));
    let (id, mut effects) = operations.start(doing.what(), &environment(), at(stage.second));
    // An operation that only watches changes nothing, so its story begins at once.
    let comes_back = stage.releases[0].entry.status == RolloutStatus::RollbackInProgress;
    if doing == Doing::Attach || (doing == Doing::Back && comes_back) {
        stage.changed = Some(stage.second);
    }
    for _ in 0..LIMIT + 60 {
        let mut calls: Vec<(CallId, Call)> = effects.drain(..).map(call).collect();
        while let Some((call_id, asked)) = calls.pop() {
            let answered = stage.answer(asked);
            calls.extend(operations.answered(call_id, &answered, at(stage.second)).into_iter().map(call));
        }
        let operation = operations.get(id).expect("it is there");
        if operation.outcome.is_some() {
            offers_here(operation);
            return operation.clone();
        }
        if operation.stage == Progress::AwaitingConfirmation {
            effects = operations.confirm(id, at(stage.second));
            continue;
        }
        stage.advance();
        effects = operations.tick(at(stage.second));
    }
    panic!("every path ends: {:?}", operations.get(id).map(|operation| &operation.lines))
}

fn call(effect: Effect) -> (CallId, Call) {
    match effect {
        Effect::Call { id, call, .. } => (id, *call),
        other => panic!("{other:?}"),
    }
}

/// The true verdicts for what happened to a deployment.
fn of_deployment(stage: &Stage, doing: Doing, before: &Before) -> Vec<Verdict> {
    let ended_theirs = doing == Doing::Back && before.under_way;
    let ours = if ended_theirs || doing == Doing::Attach {
        stage.releases.iter().find(|release| release.entry.arn == before.newest)
    } else {
        stage.releases.iter().find(|release| release.ours())
    };
    let Some(ours) = ours else { return vec![Verdict::Impossible] };
    if stage.service.status != "ACTIVE" {
        return vec![Verdict::Failed];
    }
    let runs = stage.all_run_since().is_some();
    let primary = stage.service.primary().map(|primary| primary.id.clone());
    let nothing_ran = stage.zeroed && !ours.ran;
    match ours.entry.status {
        RolloutStatus::Successful if ended_theirs => vec![Verdict::Failed],
        RolloutStatus::Successful if nothing_ran => vec![Verdict::Unknown],
        RolloutStatus::Successful if primary.as_ref() != Some(&ours.deployment) || runs => vec![Verdict::Done],
        RolloutStatus::Successful | RolloutStatus::RollbackFailed => vec![Verdict::Failed],
        RolloutStatus::RollbackSuccessful if ended_theirs && stage.zeroed => vec![Verdict::Unknown],
        // The request was reached, as ECS reported: their deployment was ended, and the previous version served again.
        // A later deployment by someone else does not undo that, just as after a successful deployment; the verdict
        // mentions it (see below), and that deployment has a verdict of its own.
        RolloutStatus::RollbackSuccessful if ended_theirs && stage.deployed_after(&ours.entry) => vec![Verdict::Done],
        RolloutStatus::RollbackSuccessful if ended_theirs && runs => vec![Verdict::Done],
        RolloutStatus::RollbackSuccessful if ended_theirs => vec![Verdict::Failed],
        RolloutStatus::RollbackSuccessful => vec![Verdict::RolledBack],
        RolloutStatus::Stopped => match stage.releases.iter().find(|release| release.back()) {
            Some(back) => match back.entry.status {
                RolloutStatus::Successful => vec![Verdict::RolledBack],
                RolloutStatus::InProgress | RolloutStatus::RollbackInProgress => vec![Verdict::Unknown],
                _ => vec![Verdict::Failed],
            },
            None => vec![Verdict::Failed],
        },
        _ => vec![Verdict::Unknown],
    }
}

/// The true verdicts for what happened to a count.
fn of_count(stage: &Stage, doing: Doing) -> Vec<Verdict> {
    let goal = match doing {
        Doing::ScaleUp => 3,
        Doing::ScaleDown => 1,
        Doing::ScaleToZero | Doing::PowerStop => 0,
        _ => 2,
    };
    if stage.writes.is_empty() {
        return vec![Verdict::Impossible];
    }
    // The requested state has become impossible: the service is deleted, or set to another count.
    if stage.service.status != "ACTIVE" || stage.service.desired != goal {
        return vec![Verdict::Failed];
    }
    let is_reached = stage.service.running == goal && stage.service.pending == 0;
    let stays = stage.all_run_since().is_some_and(|since| goal == 0 || since + STEADY <= stage.second);
    if is_reached && stays {
        return vec![Verdict::Done];
    }
    // Never fewer than the circuit breaker of ECS would allow.
    if stage.failed_since() >= 3 {
        return vec![Verdict::Failed];
    }
    vec![Verdict::Unknown]
}

/// The newest deployment before the request, and whether it was in progress.
struct Before {
    newest: String,
    under_way: bool,
}

impl Before {
    fn of(stage: &Stage) -> Self {
        let newest = &stage.releases[0].entry;
        Self { newest: newest.arn.clone(), under_way: !newest.status.has_ended() }
    }
}

fn expected(stage: &Stage, doing: Doing, before: &Before) -> Vec<Verdict> {
    if doing.deploys() { of_deployment(stage, doing, before) } else { of_count(stage, doing) }
}

#[test]
fn every_story_has_a_true_verdict() {
    let mut seen: BTreeMap<String, BTreeSet<&'static str>> = BTreeMap::new();
    let mut wrong = Vec::new();
    for start in STARTS {
        for doing in DOINGS {
            for breaker in BREAKERS {
                for end in ENDS {
                    let mut stage = Stage::new(start, breaker, end);
                    let before = Before::of(&stage);
                    let operation = run(&mut stage, doing);
                    let verdict = operation.outcome.as_ref().map(|outcome| outcome.verdict).expect("it ended");
                    seen.entry(format!("{doing:?}")).or_default().insert(verdict.name());
                    let took = stage.second - operation.began().map_or(0, |_| stage.changed.unwrap_or(0));
                    let true_of_it = expected(&stage, doing, &before);
                    // The verdict is "not known" only if the time is up, or if there is nothing left to wait for.
                    let patient = verdict != Verdict::Unknown || took >= LIMIT - 5 || stage.zeroed;
                    if !true_of_it.contains(&verdict) || !patient {
                        let breaker = breaker.map(|breaker| breaker.rollback);
                        let described = format!("{start:?} {doing:?} {breaker:?} {end:?}: {verdict:?} after {took} s");
                        wrong.push((format!("{described}, not {true_of_it:?}"), operation.lines));
                    }
                }
            }
        }
    }
    let wrong_stories: Vec<&str> = wrong.iter().map(|(described, _)| described.as_str()).collect();
    assert!(wrong.is_empty(), "{} are wrong:\n{}\n{:#?}", wrong.len(), wrong_stories.join("\n"), wrong[0].1);
    // Each of these applies to more than one kind of operation.
    for doing in ["Image", "ImageLeft", "Force", "Back", "Attach"] {
        let seen_verdicts = &seen[doing];
        assert!(
            ["done", "rolled_back", "failed", "unknown"].iter().all(|word| seen_verdicts.contains(word)),
            "{doing}: {seen_verdicts:?}"
        );
    }
    for doing in ["ScaleUp", "PowerStart"] {
        let seen_verdicts = &seen[doing];
        assert!(
            ["done", "failed", "unknown"].iter().all(|word| seen_verdicts.contains(word)),
            "{doing}: {seen_verdicts:?}"
        );
    }
}

proptest! {
    #![proptest_config(cases(600))]

    /// Failed reads and lost answers delay a verdict, or leave it open; they never make it untrue.
    #[test]
    fn unreliable_answers_never_make_a_verdict_untrue(
        start in 0..STARTS.len(),
        doing in 0..DOINGS.len(),
        breaker in 0..BREAKERS.len(),
        end in 0..ENDS.len(),
        noise in prop::collection::vec(any::<u8>(), 20..200),
    ) {
        let (start, doing) = (STARTS[start], DOINGS[doing]);
        let mut stage = Stage::new(start, BREAKERS[breaker], ENDS[end]);
        stage.noise = noise;
        let before = Before::of(&stage);
        let operation = run(&mut stage, doing);
        let verdict = operation.outcome.as_ref().map(|outcome| outcome.verdict).expect("it ended");
        let expected = expected(&stage, doing, &before);
        let open = matches!(verdict, Verdict::Unknown | Verdict::Impossible | Verdict::Cancelled);
        prop_assert!(
            open || expected.contains(&verdict),
            "{start:?} {doing:?}: {verdict:?}, not {expected:?}: {:#?}",
            operation.lines
        );
        let changed = stage.changed.is_some() && doing != Doing::Attach;
        let lost = stage.lost;
        prop_assert!(verdict != Verdict::Impossible || !changed || lost, "nothing was changed: {:#?}", operation.lines);
    }
}

/// A completed rollback is reported as such, and not as a rollback to a version that someone deployed since.
#[test]
fn rollback_followed_by_a_foreign_deployment_names_it_separately() {
    let mut stage = Stage::new(Start::ComingBack, BREAKERS[0], End::Superseded);
    // Most answers are missing, so that its end is seen only when web:9 exists.
    stage.noise = (0..20).map(|number| if number == 14 { 30 } else { 0 }).collect();
    let operation = run(&mut stage, Doing::Back);
    let outcome = operation.outcome.clone().expect("it ended");
    assert_eq!(outcome.verdict, Verdict::Done, "{outcome:?}");
    assert!(
        outcome.summary.starts_with("web: web:8 was ended, and ECS went back to what ran before it"),
        "{outcome:?}"
    );
    assert!(outcome.causes.contains(&"another deployment has begun since: to web:9".to_owned()), "{outcome:?}");
    assert_eq!(operation.machine().details().revision, None, "web:9 is not what it went to");
    // If nobody deployed since, the serving version is named.
    let mut stage = Stage::new(Start::ComingBack, BREAKERS[0], End::Runs);
    let operation = run(&mut stage, Doing::Back);
    let outcome = operation.outcome.clone().expect("it ended");
    assert!(outcome.summary.starts_with("web was rolled back to web:7: web:8 was ended"), "{outcome:?}");
    assert_eq!(operation.machine().details().revision.as_deref(), Some("web:7"));
}

/// The few cases that a person would name first, one by one.
#[test]
fn emergency_rollback_determines_the_verdict() {
    for (start, breaker, doing, end, verdict) in [
        (Start::Crashing, 0, Doing::Back, End::Runs, Verdict::Done),
        (Start::Crashing, 0, Doing::Back, End::BackNeverComes, Verdict::Unknown),
        (Start::ComingBack, 2, Doing::Back, End::Runs, Verdict::Done),
        (Start::ComingBack, 2, Doing::Back, End::BackNeverComes, Verdict::Unknown),
        (Start::First, 0, Doing::Back, End::Runs, Verdict::Failed),
        (Start::Steady, 0, Doing::ImageLeft, End::CrashesTwice, Verdict::Done),
        (Start::Steady, 0, Doing::ImageLeft, End::Crashes, Verdict::Unknown),
        (Start::Steady, 0, Doing::Image, End::Spot, Verdict::Done),
        (Start::Steady, 0, Doing::Image, End::Crashes, Verdict::RolledBack),
        (Start::Steady, 2, Doing::Image, End::Crashes, Verdict::RolledBack),
        (Start::Steady, 2, Doing::Image, End::ToZero, Verdict::Unknown),
        (Start::Stopped, 2, Doing::Image, End::Runs, Verdict::Done),
        (Start::Crashing, 0, Doing::ScaleDown, End::Runs, Verdict::Failed),
        (Start::Stopped, 0, Doing::PowerStart, End::Crashes, Verdict::Failed),
        (Start::Stopped, 0, Doing::PowerStart, End::CrashesTwice, Verdict::Done),
    ] {
        let mut stage = Stage::new(start, BREAKERS[breaker], end);
        let operation = run(&mut stage, doing);
        let outcome = operation.outcome.clone().expect("it ended");
        assert_eq!(outcome.verdict, verdict, "{start:?} {doing:?} {end:?}: {outcome:?} {:#?}", operation.lines);
    }
}
