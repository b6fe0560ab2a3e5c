//! Images of ECR: tags, digests, architectures, the login.

use super::*;

#[test]
fn image_is_found_by_tag_and_digest_with_architectures_and_scan() {
    let desk = Desk::new(Scenario::Staging);
    let (registry, repository, reference) = desk.repository();
    let read = |reference: &str| {
        desk.read(Read::Image {
            registry: registry.clone(),
            repository: repository.clone(),
            reference: reference.into(),
        })
    };
    let Ok(Reply::Image(image)) = read(&reference) else { panic!() };
    assert!(image.tags.contains(&reference) && image.digest.starts_with("sha256:"), "{image:?}");
    assert!(!image.architectures.is_empty() && image.pushed_at.is_some() && image.bytes > Some(0), "{image:?}");
    let Ok(Reply::Image(same)) = read(&image.digest) else { panic!() };
    assert_eq!(same, image);
    let missing = read("no-such").unwrap_err();
    assert_eq!(missing.kind, FailureKind::NotFound, "{missing}");
    let elsewhere = Read::Image { registry: None, repository: "no-such".into(), reference: "x".into() };
    assert_eq!(desk.read(elsewhere).unwrap_err().kind, FailureKind::NotFound);

    // These need permissions of their own: the rest is returned without them.
    for (operation, kind) in [
        ("ecr:BatchGetImage", "denied"),
        ("ecr:GetDownloadUrlForLayer", "denied"),
        ("ecr:BatchGetImage", "malformed"),
        ("ecr:GetDownloadUrlForLayer", "error"),
    ] {
        desk.world.clear_faults();
        desk.world.fault(operation, kind);
        let Ok(Reply::Image(alone)) = read(&image.digest) else { panic!() };
        let single = image.architectures.len() == 1;
        assert_eq!(
            alone.architectures.is_empty(),
            single || operation == "ecr:BatchGetImage",
            "{operation}: {alone:?}"
        );
        assert_eq!((&alone.digest, &alone.scan), (&image.digest, &image.scan));
    }
    desk.world.clear_faults();

    let Ok(Reply::Images(images)) =
        desk.read(Read::Images { registry: registry.clone(), repository: repository.clone() })
    else {
        panic!()
    };
    assert!((2..=50).contains(&images.len()), "{}", images.len());
    assert!(images.is_sorted_by_key(|image| std::cmp::Reverse(image.pushed_at)));
    assert!(images.iter().any(|one| one.digest == image.digest));
    let scanned: Vec<_> = images.iter().filter_map(|image| image.scan.as_ref()).collect();
    assert!(!scanned.is_empty() && scanned.iter().all(|scan| scan.status == "COMPLETE"), "{scanned:?}");
    // At least one image has several architectures, and one has a single one.
    let kinds: Vec<usize> = images
        .iter()
        .map(|one| {
            let Ok(Reply::Image(image)) = read(&one.digest) else { panic!() };
            assert!(image.architectures.iter().all(|name| ["amd64", "arm64"].contains(&name.as_str())), "{image:?}");
            image.architectures.len()
        })
        .collect();
    assert!(kinds.contains(&1), "{kinds:?}");
}

#[test]
fn index_has_the_architectures_of_its_images() {
    let desk = Desk::new(Scenario::Staging);
    let (registry, repository, _) = desk.repository();
    // An index refers to existing images; its platforms list their architectures.
    let Ok(Reply::Images(known)) =
        desk.read(Read::Images { registry: registry.clone(), repository: repository.clone() })
    else {
        panic!()
    };
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.docker.distribution.manifest.list.v2+json",
        "manifests": [
            {"digest": known[0].digest, "platform": {"architecture": "arm64", "os": "linux"}},
            {"digest": known[1].digest, "platform": {"architecture": "unknown", "os": "unknown"}},
            {"digest": known[2].digest, "platform": {"architecture": "amd64", "os": "linux"}},
        ],
    });
    let config = aws_sdk_ecr::Config::builder()
        .behavior_version(aws_sdk_ecr::config::BehaviorVersion::latest())
        .region(aws_sdk_ecr::config::Region::new(REGION))
        .endpoint_url(desk.world.endpoint())
        .credentials_provider(aws_credential_types::Credentials::new("AKIATEST", "test", None, None, "test"));
    let client = aws_sdk_ecr::Client::from_conf(config.build());
    let put = client.put_image().repository_name(&repository).image_tag("both").image_manifest(manifest.to_string());
    desk.runtime.block_on(put.send()).unwrap();
    let read = Read::Image { registry, repository, reference: "both".into() };
    let Ok(Reply::Image(image)) = desk.read(read) else { panic!() };
    assert_eq!(image.architectures, ["arm64", "amd64"]);
    assert_eq!(image.scan, None);
}

#[test]
fn images_and_logins_are_requested_in_the_registry_region() {
    let desk = Desk::new(Scenario::Staging);
    let (_, repository, tag) = desk.repository();
    let at = |region: &str| Some(Registry { account: ACCOUNT.into(), region: region.into() });
    let image = |region: &str| {
        desk.read(Read::Image { registry: at(region), repository: repository.clone(), reference: tag.clone() })
    };
    assert!(matches!(image(REGION), Ok(Reply::Image(_))));
    // Another region has another repository, even if the environment's has the same name.
    assert_eq!(image("us-east-1").unwrap_err().kind, FailureKind::NotFound);
    let images = |region| desk.read(Read::Images { registry: at(region), repository: repository.clone() });
    assert!(matches!(images(REGION), Ok(Reply::Images(found)) if !found.is_empty()));
    assert_eq!(images("us-east-1").unwrap_err().kind, FailureKind::NotFound);
    let Ok(Reply::Login { registry, .. }) = desk.read(Read::Login { registry: at("us-east-1") }) else { panic!() };
    assert_eq!(registry, format!("{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com"));
}

#[test]
fn login_token_is_not_printed() {
    let desk = Desk::new(Scenario::Staging);
    let reply = desk.read(Read::Login { registry: None }).unwrap();
    let shown = format!("{reply:?} {:?}", desk.session);
    let Reply::Login { registry, user, token } = reply else { panic!() };
    assert_eq!(registry, format!("{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"));
    assert_eq!(user, "AWS");
    assert!(token.expose_secret().len() >= 32);
    assert!(!shown.contains(token.expose_secret()) && !shown.contains(SECRET), "{shown}");
}
