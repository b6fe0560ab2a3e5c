//! Where a built image is pushed to, and with which login.

use super::Operations;
use super::call::{Call, CallResult, Read, Reply, Write};
use super::deploy::{Request, Source};
use super::tests::{at, environment, get, me, ok, service, settle};
use crate::config::{BuildConfig, Hooks};
use crate::model::image::{Image, Registry};
use crate::model::task_definition::{ContainerDefinition, TaskDefinition};
use crate::model::{Failure, FailureKind, Service};
use jiff::tz::TimeZone;

const DIGEST: &str = "sha256:5555555555555555555555555555555555555555555555555555555555555555";

/// Builds for a service with this image; returns the programs run, the registries read, and the image registered.
fn built(image: &str) -> (Vec<String>, Vec<Option<Registry>>, Option<String>) {
    let config = BuildConfig { context: ".".into(), ..BuildConfig::default() };
    let source = Source::Build { config, dirty: false };
    let what = Request::new("web".into(), "web".into(), source, Hooks::default());
    let definition = TaskDefinition {
        name: "web:1".into(),
        containers: vec![ContainerDefinition {
            name: "web".into(),
            image: image.into(),
            essential: true,
            ..ContainerDefinition::default()
        }],
        ..TaskDefinition::default()
    };
    let (mut ran, mut registries, mut registered) = (Vec::new(), Vec::new(), None);
    let mut answer = |call: &Call| match call {
        Call::Read(Read::Identity) => me("123456789012"),
        Call::Read(Read::Services { .. }) => {
            ok(Reply::Services(vec![Service { task_definition: "web:1".into(), ..service("web", 1, 1) }]))
        }
        Call::Read(Read::TaskDefinition { .. }) => ok(Reply::TaskDefinition(Box::new(definition.clone()))),
        Call::Read(Read::History { .. } | Read::Releases { .. }) => ok(Reply::Releases(Vec::new())),
        Call::Read(Read::Tasks { .. }) => ok(Reply::Tasks(Vec::new())),
        Call::Read(Read::Login { registry }) => {
            registries.push(registry.clone());
            ok(Reply::Login {
                registry: "123456789012.dkr.ecr.x.amazonaws.com".into(),
                user: "AWS".into(),
                token: "token".to_owned().into(),
            })
        }
        Call::Read(Read::Image { registry, repository, .. }) => {
            registries.push(registry.clone());
            ok(Reply::Image(Box::new(Image {
                repository: repository.clone(),
                digest: DIGEST.into(),
                ..Image::default()
            })))
        }
        Call::Run(program) => {
            let line = program.argv.join(" ");
            if let Some(login) = &program.login {
                assert!(!line.contains("token") && login.token.expose() == "token");
                ran.push(format!("{} is {} at {}", program.argv[0], login.user, login.host));
            }
            let output = match program.argv.get(1).map(String::as_str) {
                Some("rev-parse") => "c0ffee1".to_owned(),
                Some("image") => {
                    format!("[\"elsewhere/web@sha256:{}\",\"{}@{DIGEST}\"]", "0".repeat(64), "ghcr.io/team/web")
                }
                _ => String::new(),
            };
            ran.push(line);
            ok(Reply::Ended { code: Some(0), output, left_out: 0 })
        }
        Call::Write { write: Write::Register { images, .. }, .. } => {
            registered = images.first().map(|(_, image)| image.clone());
            let failure = Failure::new(FailureKind::Denied, "this is far enough");
            CallResult::new(Err(failure))
        }
        _ => ok(Reply::Done),
    };
    let mut operations = Operations::new("t", TimeZone::UTC);
    let (id, effects) = operations.start(what, &environment(), at(0));
    settle(&mut operations, effects, at(0), &mut answer);
    let effects = operations.confirm(id, at(1));
    assert!(!effects.is_empty(), "{:?}", get(&operations, id).outcome);
    settle(&mut operations, effects, at(1), &mut answer);
    (ran, registries, registered)
}

#[test]
fn registry_of_another_account_and_region_is_used_for_login_and_reads() {
    let host = "999999999999.dkr.ecr.us-east-1.amazonaws.com";
    let (ran, registries, registered) = built(&format!("{host}/team/web:1"));
    let other_registry = Some(Registry { account: "999999999999".into(), region: "us-east-1".into() });
    assert_eq!(registries, [other_registry.clone(), other_registry]);
    // Not at the address that comes with the token, which is our own account's.
    assert!(ran.contains(&format!("docker is AWS at {host}")), "{ran:#?}");
    assert!(ran.contains(&format!("docker push {host}/team/web:c0ffee1")), "{ran:#?}");
    assert_eq!(registered, Some(format!("{host}/team/web@{DIGEST}")));
}

#[test]
fn non_ecr_registry_is_pushed_to_with_dockers_own_login() {
    let (ran, registries, registered) = built("ghcr.io/team/web:1");
    assert_eq!(registries, [], "ECR is not asked");
    assert!(!ran.iter().any(|line| line.contains(" is ")), "{ran:#?}");
    assert!(ran.contains(&"docker push ghcr.io/team/web:c0ffee1".to_owned()), "{ran:#?}");
    assert_eq!(registered, Some(format!("ghcr.io/team/web@{DIGEST}")), "what docker says that it pushed");
}
