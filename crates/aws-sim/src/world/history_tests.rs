//! Invariants of rollouts: independent of the step size, and over hundreds of generated histories.

use super::deploy_tests::{WEB, after, deploy, run_to_the_end, service_named, status, world, world_of};
use super::ecs::Rollout;
use super::fate::KNOWN;
use super::*;
use serde_json::json;

#[test]
fn rollout_is_independent_of_the_step_size() {
    for known in KNOWN {
        let (mut jump, mut steps) = (world(), world());
        deploy(&mut jump, WEB, known.tag);
        deploy(&mut steps, WEB, known.tag);
        let until = jump.now + 20 * MINUTE;
        jump.run_until(until);
        while steps.now < until {
            after(&mut steps, SECOND);
        }
        let seen = |w: &World| format!("{:?}{:?}", w.services, w.tasks);
        assert!(seen(&jump) == seen(&steps), "{}", known.tag);
    }
}

/// Generates hundreds of histories of actions by people and machines, and checks the invariants of each.
#[test]
fn generated_histories_keep_the_invariants() {
    let mut seen = std::collections::BTreeSet::new();
    for seed in 1..=150 {
        let mut w = world_of(Scenario::Staging, seed);
        let web = service_named(&w, WEB);
        let mut rng = Rng::new(seed, "histories");
        let mut ended: Vec<(String, &'static str)> = Vec::new();
        for _ in 0..10 {
            match rng.range(0, 9) {
                0..=3 => {
                    let known = &KNOWN[rng.range(0, KNOWN.len() as i64 - 1) as usize];
                    deploy(&mut w, WEB, known.tag);
                }
                4 => w.set_desired(web, rng.range(0, 4) as u32),
                5 => drop(w.request_stop(web, 0, rng.range(0, 1) == 1)),
                6 => drop(w.stop_by_schedule()),
                7 => drop(w.invoke(0, &json!({"action": "start"}))),
                8 => {
                    let s = &mut w.services[web];
                    (s.breaker, s.breaker_rollback) = (rng.range(0, 1) == 1, rng.range(0, 1) == 1);
                    (s.min_percent, s.max_percent) = [(100, 200), (0, 100), (50, 150)][rng.range(0, 2) as usize];
                }
                _ => {
                    let live = w.services[web].live.first().map(|id| (w.services[web].cluster, *id));
                    if let Some(key) = live {
                        w.stop_task(key, "UserInitiated", "test");
                    }
                    w.reconcile_soon(web);
                }
            }
            for _ in 0..rng.range(1, 40) {
                after(&mut w, 5 * SECOND);
                let s = &w.services[web];
                let going: Vec<_> = s.releases.iter().filter(|r| r.finished.is_none()).collect();
                assert!(going.len() <= 1 && going.iter().all(|r| r.id == s.releases[0].id), "{seed}");
                for r in s.releases.iter().filter(|r| r.finished.is_some()) {
                    let before = ended.iter().find(|(id, _)| *id == r.id);
                    assert!(before.is_none_or(|(_, status)| *status == r.status), "{seed}: what has ended stays");
                    if before.is_none() {
                        ended.push((r.id.clone(), r.status));
                        let back = r.status.starts_with("ROLLBACK");
                        assert!(back || matches!(r.status, "SUCCESSFUL" | "STOPPED"), "{seed}: {}", r.status);
                        let primary = &s.deployments[0];
                        if r.status == "SUCCESSFUL" && r.deployment == primary.id {
                            assert_eq!(primary.rollout, Rollout::Completed, "{seed}");
                        }
                    }
                }
                let ids: Vec<u64> = s.deployments.iter().map(|d| d.id).collect();
                let tasks = s.live.iter().map(|id| &w.tasks[&(s.cluster, *id)]);
                assert!(tasks.into_iter().all(|t| ids.contains(&t.deployment)), "{seed}: a task of no deployment");
            }
        }
        // Without further actions, a deployment of a working image always completes.
        w.services[web].breaker = true;
        (w.services[web].min_percent, w.services[web].max_percent) = (100, 200);
        let id = deploy(&mut w, WEB, "c0ffee1");
        assert!(run_to_the_end(&mut w, web, id, 20 * MINUTE).is_some(), "{seed}");
        after(&mut w, 2 * MINUTE);
        let s = &w.services[web];
        assert_eq!((status(&w, web, id), w.running(web), s.deployments.len()), ("SUCCESSFUL", s.desired, 1), "{seed}");
        assert!(s.steady, "{seed}");
        seen.extend(ended.into_iter().map(|(_, status)| status));
    }
    assert_eq!(
        seen.into_iter().collect::<Vec<_>>(),
        ["ROLLBACK_FAILED", "ROLLBACK_SUCCESSFUL", "STOPPED", "SUCCESSFUL"]
    );
}
