//! Rollouts by what is deployed: every fate in the table of images, the breaker, the ways to stop a rollout, the
//! percentages. Driven only by the clock.

use super::ecs::{DeployAlarms, Fate, Rollout};
use super::fate::KNOWN;
use super::*;
use serde_json::json;

pub(super) const WEB: &str = "bookmark-manager-staging-web";
const NOON: &str = "2026-11-18T03:00:00Z";

pub(super) fn world_of(scenario: Scenario, seed: u64) -> World {
    World::new(scenario, seed, NOON.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

pub(super) fn world() -> World {
    world_of(Scenario::Staging, 1)
}

pub(super) fn service_named(world: &World, name: &str) -> usize {
    *world.service_index.iter().find(|((_, n), _)| n == name).unwrap().1
}

pub(super) fn after(world: &mut World, time: Ms) {
    world.run_until(world.now + time);
}

/// Deploys an image to a service and returns the id of its deployment.
pub(super) fn deploy(world: &mut World, service: &str, image: &str) -> u64 {
    let answer = world.control(&json!({"deploy": {"service": service, "image": image}})).unwrap();
    answer["deployment"].as_str().unwrap().strip_prefix("ecs-svc/").unwrap().parse().unwrap()
}

/// Runs second by second until the rollout of a deployment has ended; returns the duration.
pub(super) fn run_to_the_end(world: &mut World, service: usize, deployment: u64, most: Ms) -> Option<Ms> {
    let began = world.now;
    while world.now - began < most {
        after(world, SECOND);
        let release = world.services[service].releases.iter().find(|r| r.deployment == deployment).unwrap();
        if release.finished.is_some() {
            return Some(world.now - began);
        }
    }
    None
}

pub(super) fn status(world: &World, service: usize, deployment: u64) -> &'static str {
    world.services[service].releases.iter().find(|r| r.deployment == deployment).unwrap().status
}

/// The stop code, reason, exit code and container reason of the last task that stopped.
fn last_stop(world: &World, service: usize) -> (&'static str, String, Option<i64>, String) {
    let s = &world.services[service];
    let task = s.stopped.iter().rev().map(|id| &world.tasks[&(s.cluster, *id)]);
    let stop = task
        .filter_map(|t| t.stop.as_deref())
        .find(|s| s.code != "ServiceSchedulerInitiated" || s.reason.contains("ELB"));
    let stop = stop.unwrap();
    (stop.code, stop.reason.clone(), stop.exit, stop.container.clone().unwrap_or_default())
}

#[test]
fn good_images_deploy_without_interruption() {
    for image in ["c0ffee1", "c0ffee2", "latest", "51005e1"] {
        for seed in 1..=5 {
            let mut w = world_of(Scenario::Staging, seed);
            let web = service_named(&w, WEB);
            let id = deploy(&mut w, WEB, image);
            let mut down = false;
            let began = w.now;
            while status(&w, web, id) == "IN_PROGRESS" && w.now - began < 10 * MINUTE {
                after(&mut w, SECOND);
                down |= w.running(web) == 0;
            }
            assert_eq!(status(&w, web, id), "SUCCESSFUL", "{image} {seed}");
            assert!(!down, "{image} {seed}");
            let took = w.now - began;
            let slow = image == "51005e1";
            assert_eq!(slow, took > 2 * MINUTE, "{image} {seed}: {took}");
            let s = &w.services[web];
            assert_eq!(
                (s.deployments.len(), s.deployments[0].id, s.deployments[0].rollout),
                (1, id, Rollout::Completed)
            );
        }
    }
}

#[test]
fn bad_images_end_as_documented_in_the_table() {
    let not_found = "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref";
    let cases: &[(&str, &str, &str, Option<i64>, &str)] = &[
        ("badc0de", "EssentialContainerExited", "Essential container in task exited", Some(1), ""),
        (
            "f00dbad",
            "TaskFailedToStart",
            "CannotPullContainerError: ref pull has been retried",
            None,
            "CannotPullContainerError",
        ),
        (
            "5ec4e75",
            "TaskFailedToStart",
            "ResourceInitializationError: unable to pull secrets or registry auth",
            None,
            "",
        ),
        ("a4a4a4a", "EssentialContainerExited", "Essential container in task exited", Some(255), ""),
        ("deadbee", "ServiceSchedulerInitiated", "Task failed ELB health checks in (target-group", Some(0), ""),
        ("0000000", "TaskFailedToStart", not_found, None, "CannotPullContainerError"),
    ];
    for (image, code, reason, exit, container) in cases {
        for seed in 1..=5 {
            let mut w = world_of(Scenario::Staging, seed);
            let web = service_named(&w, WEB);
            let before = w.services[web].deployments[0].def.arn();
            let id = deploy(&mut w, WEB, image);
            let took = run_to_the_end(&mut w, web, id, HOUR);
            assert_eq!(status(&w, web, id), "ROLLBACK_SUCCESSFUL", "{image} {seed} {took:?}");
            let stop = last_stop(&w, web);
            assert_eq!((stop.0, stop.2), (*code, *exit), "{image}");
            assert!(stop.1.starts_with(reason), "{image}: {}", stop.1);
            assert!(stop.3.starts_with(container) && stop.3.is_empty() == container.is_empty(), "{image}: {}", stop.3);
            // The services are stable again, and the previous definition runs.
            let s = &w.services[web];
            assert_eq!((s.deployments.len(), w.running(web), s.desired), (1, 1, 1));
            assert_eq!(s.deployments[0].def.arn(), before);
            assert_eq!(s.releases[0].failures, 3, "{image}");
        }
    }
}

#[test]
fn out_of_memory_never_trips_the_breaker() {
    let mut w = world();
    let web = service_named(&w, WEB);
    let id = deploy(&mut w, WEB, "0dd5eed");
    after(&mut w, 30 * MINUTE);
    assert_eq!(status(&w, web, id), "IN_PROGRESS");
    let d = &w.services[web].deployments[0];
    assert!(d.failures > 15 && d.failed <= 1, "{} failures, {} in a row", d.failures, d.failed);
    assert_eq!(last_stop(&w, web).2, Some(137));
}

#[test]
fn digest_has_the_same_fate_as_its_tag() {
    for known in KNOWN {
        let w = world();
        let web = service_named(&w, WEB);
        let repository = &w.registry.repositories[&("ap-northeast-1", WEB.to_owned())];
        let image = repository.find(None, Some(known.tag)).unwrap().clone();
        let mut by_digest = w;
        let def = by_digest.services[web].deployments[0].def.clone();
        let def = by_digest.revise(&def, &image.digest);
        let resolved = by_digest.resolve_images(&def);
        let arm_only = known.processors == ["arm64"];
        assert_eq!(resolved.fate, if arm_only { Fate::WrongPlatform } else { known.fate }, "{}", known.tag);
        assert_eq!(resolved.digests[0].as_ref(), Some(&image.digest));
    }
}

#[test]
fn tag_is_resolved_once_per_deployment() {
    let mut w = world();
    let web = service_named(&w, WEB);
    deploy(&mut w, WEB, "release");
    w.control(&json!({"push_image": {"repository": WEB, "tag": "release"}})).unwrap();
    // The tag did not exist when the deployment started.
    after(&mut w, 2 * MINUTE);
    assert_eq!(last_stop(&w, web).0, "TaskFailedToStart");
    let id = deploy(&mut w, WEB, "release");
    let answer = w.control(&json!({"push_image": {"repository": WEB, "tag": "release", "fate": "exits"}})).unwrap();
    assert!(run_to_the_end(&mut w, web, id, 10 * MINUTE).is_some());
    assert_eq!(status(&w, web, id), "SUCCESSFUL");
    let revision = w.services[web].revisions.last().unwrap();
    assert_ne!(revision.images.digests[0].as_deref(), answer["digest"].as_str());
    let id = deploy(&mut w, WEB, answer["digest"].as_str().unwrap());
    run_to_the_end(&mut w, web, id, 20 * MINUTE);
    assert_eq!(status(&w, web, id), "ROLLBACK_SUCCESSFUL");
}

#[test]
fn rollout_without_breaker_never_ends_and_without_rollback_stops() {
    let mut w = world();
    let web = service_named(&w, WEB);
    w.services[web].breaker = false;
    let id = deploy(&mut w, WEB, "badc0de");
    after(&mut w, HOUR);
    assert_eq!((status(&w, web, id), w.running(web)), ("IN_PROGRESS", 1));
    assert!(w.services[web].deployments[0].failures > 5);
    let mut w = world();
    w.services[web].breaker_rollback = false;
    let id = deploy(&mut w, WEB, "badc0de");
    assert!(run_to_the_end(&mut w, web, id, 20 * MINUTE).is_some());
    assert_eq!(status(&w, web, id), "STOPPED");
    after(&mut w, 10 * SECOND);
    let started = w.services[web].stopped.len();
    after(&mut w, 30 * MINUTE);
    let s = &w.services[web];
    assert_eq!((s.deployments.len(), s.deployments[0].rollout, w.running(web)), (2, Rollout::Failed, 1));
    assert_eq!(s.stopped.len(), started, "no task of it is started any more");
    // The next deployment succeeds.
    let id = deploy(&mut w, WEB, "c0ffee1");
    run_to_the_end(&mut w, web, id, 20 * MINUTE);
    assert_eq!((status(&w, web, id), w.services[web].deployments.len()), ("SUCCESSFUL", 1));
}

#[test]
fn rollout_can_be_stopped_with_or_without_rollback() {
    for (rollback, asked, ended) in
        [(true, "ROLLBACK_REQUESTED", "ROLLBACK_SUCCESSFUL"), (false, "STOP_REQUESTED", "STOPPED")]
    {
        for wait in [0, 500, 5_000, 20_000, 35_000] {
            let mut w = world();
            let web = service_named(&w, WEB);
            let before = w.services[web].deployments[0].id;
            let id = deploy(&mut w, WEB, "c0ffee1");
            assert_eq!(w.services[web].releases[0].shown(w.now), "PENDING");
            after(&mut w, wait);
            w.request_stop(web, 0, rollback).unwrap();
            assert_eq!(status(&w, web, id), asked);
            assert_eq!(w.request_stop(web, 0, rollback), Ok(()), "asking twice is the same");
            assert!(run_to_the_end(&mut w, web, id, 10 * MINUTE).is_some(), "{asked} after {wait}");
            assert_eq!(status(&w, web, id), ended);
            assert_eq!(w.request_stop(web, 0, rollback), Err(ended));
            after(&mut w, 5 * MINUTE);
            assert_eq!(w.services[web].deployments[0].id == before, rollback);
            assert!(w.running(web) >= 1);
        }
    }
}

#[test]
fn rollback_skips_a_superseded_deployment() {
    let mut w = world();
    let web = service_named(&w, WEB);
    let before = w.services[web].deployments[0].def.arn();
    let first = deploy(&mut w, WEB, "c0ffee1");
    after(&mut w, 5 * SECOND);
    let second = deploy(&mut w, WEB, "badc0de");
    assert_eq!(status(&w, web, first), "STOPPED");
    run_to_the_end(&mut w, web, second, 20 * MINUTE);
    assert_eq!(status(&w, web, second), "ROLLBACK_SUCCESSFUL");
    assert_eq!(w.services[web].deployments[0].def.arn(), before, "the one that was never complete is not gone back to");
}

#[test]
fn failed_rollback_is_reported() {
    let mut w = world();
    let web = service_named(&w, WEB);
    let id = deploy(&mut w, WEB, "badc0de");
    // The running tasks are stopped, and their definition can no longer start.
    let mut images = (*w.services[web].deployments[1].images).clone();
    images.fate = Fate::NoSecrets;
    let images = Arc::new(images);
    let old = w.services[web].deployments[1].revision;
    for revision in w.services[web].revisions.iter_mut().filter(|r| r.id == old) {
        revision.images = Arc::clone(&images);
    }
    w.services[web].deployments[1].images = images;
    after(&mut w, 20 * SECOND);
    let keys: Vec<TaskKey> = w.services[web].live.iter().map(|t| (w.services[web].cluster, *t)).collect();
    for key in keys {
        w.stop_task(key, "UserInitiated", "test");
    }
    assert!(run_to_the_end(&mut w, web, id, HOUR).is_some());
    assert_eq!(status(&w, web, id), "ROLLBACK_FAILED");
    assert_eq!(w.services[web].deployments[0].rollout, Rollout::Failed);
}

#[test]
fn alarms_end_a_rollout_unless_already_raised() {
    for rollback in [true, false] {
        let mut w = world();
        let web = service_named(&w, WEB);
        let names = vec!["bookmark-manager-staging-web-cpu-high".to_owned()];
        w.services[web].alarms = Some(DeployAlarms { names: names.clone(), enable: true, rollback });
        w.poke(&json!({"load": {"service": WEB, "factor": 30}})).unwrap();
        let id = deploy(&mut w, WEB, "deadbee");
        w.services[web].breaker = false;
        assert!(run_to_the_end(&mut w, web, id, 20 * MINUTE).is_some());
        assert_eq!(status(&w, web, id), if rollback { "ROLLBACK_SUCCESSFUL" } else { "STOPPED" });
        let r = &w.services[web].releases[0];
        assert_eq!(r.alarmed, names);
        assert!(r.status_reason.as_ref().unwrap().contains("web-cpu-high"));
        // A rollout that starts while the alarm is on ignores it.
        let id = deploy(&mut w, WEB, "c0ffee1");
        run_to_the_end(&mut w, web, id, 20 * MINUTE);
        assert_eq!(status(&w, web, id), "SUCCESSFUL");
    }
}

#[test]
fn percentages_are_rounded_and_impossible_pairs_never_end() {
    // Desired, minimum, maximum, and whether the rollout ends.
    for (desired, min, max, ends) in [(2, 75, 100, false), (3, 100, 125, false), (2, 50, 100, true), (4, 75, 100, true)]
    {
        let mut w = world();
        let web = service_named(&w, WEB);
        w.set_desired(web, desired);
        after(&mut w, 2 * MINUTE);
        let s = &mut w.services[web];
        (s.min_percent, s.max_percent) = (min, max);
        let id = deploy(&mut w, WEB, "c0ffee1");
        let began = w.now;
        while w.now - began < 20 * MINUTE {
            after(&mut w, SECOND);
            let live = w.count(web, |t| !t.stopping);
            assert!(live <= desired * max / 100 && w.running(web) >= (desired * min).div_ceil(100));
        }
        assert_eq!(status(&w, web, id) == "SUCCESSFUL", ends, "{desired} {min} {max}");
    }
}

#[test]
fn deployment_with_desired_zero_completes_at_once() {
    let mut w = world();
    let web = service_named(&w, WEB);
    w.set_desired(web, 0);
    after(&mut w, 2 * MINUTE);
    let id = deploy(&mut w, WEB, "badc0de");
    after(&mut w, 3 * SECOND);
    assert_eq!((status(&w, web, id), w.running(web)), ("SUCCESSFUL", 0));
}

#[test]
fn health_checks_count_after_the_grace_period() {
    let mut w = world();
    let web = service_named(&w, WEB);
    deploy(&mut w, WEB, "deadbee");
    after(&mut w, 100 * SECOND);
    let unhealthy = |w: &World| w.services[web].events.iter().any(|e| e.message.contains("is unhealthy in"));
    assert!(w.count(web, |t| t.target == ecs::Target::Unhealthy) == 1 && !unhealthy(&w));
    after(&mut w, 80 * SECOND);
    assert!(unhealthy(&w));
}

#[test]
fn every_service_has_a_repository_with_its_running_image() {
    let w = world();
    for s in &w.services {
        for d in &s.deployments {
            assert_eq!(d.images.fate, Fate::Fine);
            let own_images =
                d.def.containers.iter().zip(&d.images.digests).filter(|(c, _)| c.image.contains(".dkr.ecr."));
            for (c, digest) in own_images {
                let (name, tag) = c.image.rsplit_once('/').unwrap().1.split_once(':').unwrap();
                let repository = &w.registry.repositories[&(d.def.region, name.to_owned())];
                let image = repository.find(None, Some(tag)).unwrap();
                assert_eq!(Some(&image.digest), digest.as_ref());
                assert_eq!(registry::digest(image.manifest.as_bytes()), image.digest, "the digest is the manifest's");
                assert!(image.pushed < d.created);
            }
        }
    }
    let latest = w.registry.repositories.values().map(|r| r.find(None, Some("latest")).unwrap());
    assert!(latest.into_iter().all(|i| i.tags.iter().any(|t| t == "c0ffee1")));
}
