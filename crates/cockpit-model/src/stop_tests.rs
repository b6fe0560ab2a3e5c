//! Tests of fault and cause with the stop codes and reasons that AWS documents.
use super::*;
use crate::task_definition::ContainerDefinition;

fn task(code: &str, reason: &str, containers: &[(&str, Option<i32>, Option<&str>)]) -> Task {
    Task {
        last_status: "STOPPED".into(),
        stop_code: Some(code.to_owned()).filter(|code| !code.is_empty()),
        stopped_reason: Some(reason.to_owned()).filter(|reason| !reason.is_empty()),
        containers: containers
            .iter()
            .map(|(name, exit_code, reason)| Container {
                name: (*name).into(),
                exit_code: *exit_code,
                reason: reason.map(str::to_owned),
                ..Container::default()
            })
            .collect(),
        ..Task::default()
    }
}

fn definition(containers: &[(&str, bool)]) -> TaskDefinition {
    let of = |(name, essential): &(&str, bool)| ContainerDefinition {
        name: (*name).into(),
        essential: *essential,
        ..ContainerDefinition::default()
    };
    TaskDefinition { containers: containers.iter().map(of).collect(), ..TaskDefinition::default() }
}

#[test]
fn end_reason_is_cut_only_after_the_name_of_an_error() {
    let maintenance = "Service web: ECS is performing maintenance";
    let targets = "Task failed ELB health checks in (target-group arn:aws:elasticloadbalancing:r:1:targetgroup/x/1)";
    for (reason, shown) in [
        (maintenance, maintenance),
        (targets, targets),
        ("CannotPullContainerError: pull image manifest", "CannotPullContainerError"),
    ] {
        assert_eq!(task("", reason, &[]).end_reason().as_deref(), Some(shown));
    }
}

#[test]
fn end_reason_has_the_exit_code_of_the_culprit_in_any_order() {
    let containers = [("sidecar", Some(143), None), ("app", Some(0), None)];
    let reversed = [containers[1], containers[0]];
    for containers in [containers, reversed] {
        let ended = task("EssentialContainerExited", "Essential container in task exited", &containers);
        assert_eq!(ended.end_reason().as_deref(), Some("exit 0"));
    }
}

#[test]
fn every_documented_reason_has_a_fault() {
    let essential = "Essential container in task exited";
    let web = definition(&[("web", true)]);
    let ran = [("web", Some(1), None)];
    let killed = [("web", Some(137), None)];
    let none: [(&str, Option<i32>, Option<&str>); 0] = [];
    for (code, reason, containers, fault) in [
        ("EssentialContainerExited", essential, ran.as_slice(), Fault::Version),
        ("EssentialContainerExited", essential, &[("web", Some(0), None)], Fault::Version),
        ("SpotInterruption", "Your Spot Task was interrupted.", &killed, Fault::Platform),
        ("TerminationNotice", "Your Spot Task was interrupted.", &killed, Fault::Platform),
        ("TerminationNotice", "Host EC2 (instance i-0abc) terminated.", &killed, Fault::Platform),
        ("InfrastructureHealth", "", &killed, Fault::Platform),
        ("UserInitiated", "Task stopped by user", &killed, Fault::Person),
        ("UserInitiated", "stopped by a person with cockpit", &ran, Fault::Person),
        ("ServiceSchedulerInitiated", "Scaling activity initiated by (deployment ecs-svc/1)", &killed, Fault::Service),
        ("ServiceSchedulerInitiated", "", &killed, Fault::Service),
        ("ServiceSchedulerInitiated", "Task failed ELB health checks in (target-group x)", &killed, Fault::Version),
        ("ServiceSchedulerInitiated", "Task failed container health checks", &killed, Fault::Version),
        (
            "ServiceSchedulerInitiated",
            "Service web: ECS is performing maintenance on the underlying infrastructure hosting the task",
            &killed,
            Fault::Platform,
        ),
        ("ServiceSchedulerInitiated", "Container instance is in DRAINING state", &killed, Fault::Platform),
        ("", "Container instance deregistration forced by user", &killed, Fault::Person),
        ("", "Host EC2 (instance i-0abc) stopped", &killed, Fault::Platform),
        ("", "", &none, Fault::Unknown),
        ("NeverSeenBefore", "", &ran, Fault::Unknown),
        (
            "TaskFailedToStart",
            "Timeout waiting for network interface provisioning to complete.",
            &none,
            Fault::Platform,
        ),
        ("TaskFailedToStart", "Timeout waiting for EphemeralStorage provisioning to complete.", &none, Fault::Platform),
        (
            "TaskFailedToStart",
            "Unexpected EC2 error while attempting to Create Network Interface with public IP assignment enabled",
            &none,
            Fault::Platform,
        ),
        ("TaskFailedToStart", "Capacity is unavailable at this time. Please try again later", &none, Fault::Platform),
        (
            "TaskFailedToStart",
            "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref x: not found",
            &none,
            Fault::Version,
        ),
        (
            "TaskFailedToStart",
            "CannotPullContainerError: ref pull has been retried 5 time(s): dial tcp 1.2.3.4:443: i/o timeout",
            &none,
            Fault::Platform,
        ),
        ("TaskFailedToStart", "CannotPullContainerError: toomanyrequests: Rate exceeded", &none, Fault::Platform),
        (
            "TaskFailedToStart",
            "ResourceInitializationError: unable to pull secrets or registry auth: AccessDeniedException",
            &none,
            Fault::Version,
        ),
        (
            "TaskFailedToStart",
            "ResourceInitializationError: unable to pull secrets or registry auth: There is a connection issue between \
             the task and AWS Secrets Manager: context deadline exceeded",
            &none,
            Fault::Platform,
        ),
        ("TaskFailedToStart", "CannotStartContainerError: exec: \"/app\": no such file", &none, Fault::Version),
        ("TaskFailedToStart", "ContainerRuntimeTimeoutError: Could not transition to running", &none, Fault::Platform),
        ("TaskFailedToStart", "InternalError: <reason>", &none, Fault::Platform),
        ("TaskFailedToStart", "CannotCreateVolumeError: Get https://x", &none, Fault::Version),
        ("TaskFailedToStart", "Task failed to start", &none, Fault::Version),
    ] {
        let task = task(code, reason, containers);
        assert_eq!(task.end(Some(&web)).map(|end| end.fault), Some(fault), "{code}: {reason}");
    }
}

#[test]
fn running_task_has_no_end() {
    let mut task = task("EssentialContainerExited", "Essential container in task exited", &[("web", Some(1), None)]);
    task.last_status = "RUNNING".into();
    assert_eq!(task.end(None), None);
}

#[test]
fn every_stop_code_of_the_api_is_in_the_table() {
    // Source: the ECS API model, `TaskStopCode`; the test of `aws::ecs_tasks` compares it with the SDK.
    let known: Vec<&str> = CODES.iter().map(|(code, _)| *code).collect();
    assert_eq!(known.len(), 7);
    for code in known {
        let fault = task(code, "", &[("web", Some(1), None)]).end(None).map(|end| end.fault);
        assert_ne!(fault, Some(Fault::Unknown), "{code}");
    }
}

#[test]
fn only_essential_defined_containers_belong_to_the_version() {
    let reason = "Essential container in task exited";
    let own = definition(&[("web", true), ("metrics", false)]);
    let end = |containers: &[(&str, Option<i32>, Option<&str>)]| {
        let task = task("EssentialContainerExited", reason, containers);
        let end = task.end(Some(&own)).expect("it has ended");
        (end.fault, end.container.map(|container| container.name.clone()))
    };
    // Independent of their order.
    let mut containers =
        vec![("web", Some(1), None), ("metrics", Some(2), None), ("aws-guardduty-agent-x", Some(3), None)];
    for _ in 0..3 {
        assert_eq!(end(&containers), (Fault::Version, Some("web".to_owned())));
        containers.rotate_left(1);
    }
    // Only the sidecar that AWS adds for Service Connect exited.
    assert_eq!(end(&[("ecs-service-connect-aB1", Some(1), None), ("web", None, None)]), (Fault::Platform, None));
}

#[test]
fn first_container_to_exit_is_the_culprit() {
    let both = definition(&[("api", true), ("web", true)]);
    let reason = "Essential container in task exited";
    for (api, web, culprit) in [
        (Some(143), Some(1), "web"),
        (Some(1), Some(137), "api"),
        (Some(0), Some(143), "api"),
        (Some(0), Some(137), "web"),
        (Some(2), None, "api"),
    ] {
        for turned in [false, true] {
            let mut containers = vec![("api", api, None), ("web", web, None)];
            if turned {
                containers.reverse();
            }
            let task = task("EssentialContainerExited", reason, &containers);
            let end = task.end(Some(&both)).expect("it has ended");
            assert_eq!(end.container.map(|container| container.name.as_str()), Some(culprit), "{api:?} {web:?}");
        }
    }
    let killed = "OutOfMemoryError: Container killed due to memory usage";
    let task = task("EssentialContainerExited", reason, &[("api", Some(1), None), ("web", Some(137), Some(killed))]);
    assert_eq!(task.end(Some(&both)).and_then(|end| end.container).map(|it| it.name.as_str()), Some("web"));
}
