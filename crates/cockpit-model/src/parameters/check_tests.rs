//! Tests of the findings.

use super::*;

fn named(service: &str, variable: &str, from: &str) -> ParameterReference {
    ParameterReference {
        service: format!("app-{service}"),
        short: service.to_owned(),
        definition: format!("{service}:3"),
        container: "app".into(),
        variable: variable.to_owned(),
        from: ValueSource::parse(from),
        execution_role: Some("arn:aws:iam::1:role/app-execution".into()),
    }
}

fn parameter_of(name: &str, kind: Kind) -> Parameter {
    Parameter { name: name.into(), kind, ..Parameter::default() }
}

fn facts<'a>(
    parameters: &'a [Parameter],
    named: &'a [ParameterReference],
    stopped: &'a [(String, String)],
) -> Facts<'a> {
    Facts {
        parameters,
        secrets: Some(&[]),
        references: named,
        used_elsewhere: &[],
        region: Some("eu-west-1"),
        complete: true,
        stopped,
        denied: &[],
        now: Timestamp::UNIX_EPOCH,
    }
}

fn findings(facts: &Facts<'_>) -> Vec<String> {
    check(facts).into_iter().map(|one| format!("{} {} {:?}", one.problem.name(), one.name, one.used_by)).collect()
}

#[test]
fn problems_are_listed_once_most_severe_first() {
    let parameters = [
        parameter_of("/a/DATABASE_URL", Kind::Secure),
        parameter_of("/a/LIST", Kind::List),
        parameter_of("/a/TOKEN", Kind::Plain),
        parameter_of("/a/PORT", Kind::Plain),
        parameter_of("/a/OLD", Kind::Secure),
    ];
    let named = [
        named("web", "DATABASE_URL", "/a/DATABASE_URL"),
        named("api", "DATABASE_URL", "arn:aws:ssm:eu-west-1:1:parameter/a/DATABASE_URL"),
        named("web", "LIST", "/a/LIST"),
        named("web", "API_TOKEN", "/a/TOKEN"),
        named("web", "PORT", "/a/PORT"),
        named("web", "GONE", "/a/GONE"),
        named("api", "GONE", "/a/GONE"),
        named("api", "OTHER", "arn:aws:secretsmanager:eu-west-1:1:secret:shop/x-AbCdEf"),
    ];
    assert_eq!(
        findings(&facts(&parameters, &named, &[])),
        [
            r#"missing /a/GONE ["api: GONE", "web: GONE"]"#,
            r#"missing shop/x-AbCdEf ["api: OTHER"]"#,
            r#"wrong type /a/LIST ["web: LIST"]"#,
            r#"wrong type /a/TOKEN ["web: API_TOKEN"]"#,
            "unused /a/OLD []",
        ]
    );
}

#[test]
fn unreadable_parameter_is_known_from_a_stopped_task() {
    let parameters = [parameter_of("/a/KEY", Kind::Secure), parameter_of("/a/KEY2", Kind::Secure)];
    let mut all = vec![named("web", "A", "/a/KEY"), named("web", "B", "/a/KEY2")];
    let reason = "ResourceInitializationError: unable to pull secrets: AccessDeniedException: User: x is not authorized to \
                  perform: ssm:GetParameters on resource: arn:aws:ssm:eu-west-1:1:parameter/a/KEY because";
    let stopped = [("app-web".to_owned(), reason.to_owned())];
    let found = check(&facts(&parameters, &all, &stopped));
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].problem, found[0].name.as_str()), (Problem::Unreadable, "/a/KEY"));
    assert!(found[0].hint.contains("ssm:GetParameters") && found[0].hint.contains("app-execution"));
    all[1].execution_role = None;
    assert_eq!(findings(&facts(&parameters, &all, &[])), [r#"unreadable /a/KEY2 ["web: B"]"#]);
}

#[test]
fn role_of_the_service_whose_task_stopped_is_named() {
    let parameters = [parameter_of("/a/KEY", Kind::Secure)];
    let mut all = [named("web", "A", "/a/KEY"), named("api", "A", "/a/KEY")];
    all[1].execution_role = Some("arn:aws:iam::1:role/api-execution".into());
    let stopped = [("app-api".to_owned(), "AccessDeniedException: parameter/a/KEY".to_owned())];
    let found = check(&facts(&parameters, &all, &stopped));
    assert!(found[0].text.contains("api-execution") && found[0].hint.contains("api-execution"), "{found:?}");
}

#[test]
fn refusal_of_a_longer_name_is_not_that_of_a_parameter() {
    let parameters = [parameter_of("KEY", Kind::Secure), parameter_of("/a/KEY", Kind::Secure)];
    let all = [named("web", "A", "KEY"), named("web", "B", "/a/KEY")];
    for (resource, expected) in [
        ("parameter/KEY because", &[r#"unreadable KEY ["web: A"]"#][..]),
        ("parameter/a/KEY because", &[r#"unreadable /a/KEY ["web: B"]"#]),
        ("parameter/prod/a/KEY because", &[]),
        ("parameter/a/KEY2 because", &[]),
    ] {
        let stopped = [("app-web".to_owned(), format!("AccessDeniedException: arn:aws:ssm:eu-west-1:1:{resource}"))];
        assert_eq!(findings(&facts(&parameters, &all, &stopped)), expected, "{resource}");
    }
}

#[test]
fn reference_to_another_region_hides_no_problem_of_this_one() {
    let elsewhere = "arn:aws:ssm:us-east-1:1:parameter/a/KEY";
    let all = [named("web", "A", elsewhere), named("api", "A", "/a/KEY")];
    assert_eq!(findings(&facts(&[], &all, &[])), [r#"missing /a/KEY ["api: A"]"#, r#"missing /a/KEY ["web: A"]"#]);
    let found = check(&facts(&[], &all, &[]));
    assert_eq!((found[0].severity, found[1].severity), (Severity::Critical, Severity::Note));
    assert!(found[1].text.contains("us-east-1"), "{found:?}");
}

#[test]
fn secret_of_another_region_or_account_is_not_called_missing() {
    let known = Secret { arn: "arn:aws:secretsmanager:eu-west-1:1:secret:db-AbCdEf".into(), ..Secret::default() };
    let secrets = [known];
    for (place, severity) in
        [("eu-west-1:1", Severity::Critical), ("us-east-1:1", Severity::Note), ("eu-west-1:2", Severity::Note)]
    {
        let all = [named("web", "A", &format!("arn:aws:secretsmanager:{place}:secret:shop/x-AbCdEf"))];
        let found = check(&Facts { secrets: Some(&secrets), ..facts(&[], &all, &[]) });
        assert_eq!(found.iter().map(|one| one.severity).collect::<Vec<_>>(), [severity], "{place}");
    }
}

#[test]
fn unreadable_parameter_is_known_from_denied_policies() {
    let parameters = [parameter_of("/a/KEY", Kind::Secure), parameter_of("/a/KEY2", Kind::Secure)];
    let all = [named("web", "A", "/a/KEY"), named("web", "B", "/a/KEY2")];
    let role = all[0].execution_role.clone().unwrap();
    let denied = |role: &str, by| [Denied { role: role.to_owned(), name: "/a/KEY".to_owned(), by }];
    for (by, words) in [
        (DeniedBy::None, "no policy allows it"),
        (DeniedBy::Policy, "a policy denies it"),
        (DeniedBy::Boundary, "the permissions boundary does not allow it"),
    ] {
        let known = denied(&role, by);
        let found = check(&Facts { denied: &known, ..facts(&parameters, &all, &[]) });
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].problem, found[0].name.as_str()), (Problem::Unreadable, "/a/KEY"));
        assert!(found[0].text.starts_with("app-execution may not read it") && found[0].text.contains(words));
    }
    let other = denied("arn:aws:iam::1:role/other", DeniedBy::None);
    assert!(check(&Facts { denied: &other, ..facts(&parameters, &all, &[]) }).is_empty());
}

#[test]
fn parameter_is_unused_only_if_everything_was_read() {
    let parameters = [parameter_of("/a/OLD", Kind::Secure), parameter_of("/a/DB", Kind::Secure)];
    let also = ["/a/DB".to_owned()];
    let all = Facts { used_elsewhere: &also, ..facts(&parameters, &[], &[]) };
    assert_eq!(findings(&all), ["unused /a/OLD []"]);
    assert!(check(&Facts { complete: false, ..all }).is_empty());
}

#[test]
fn secrets_match_by_full_or_partial_arn_and_failed_rotation_is_found() {
    let arn = "arn:aws:secretsmanager:r:1:secret:shop/db-AbCdEf";
    let one = Secret { name: "shop/db".into(), arn: arn.into(), rotates: true, pending: true, ..Secret::default() };
    let stuck = Secret { changed_at: Some(Timestamp::UNIX_EPOCH - jiff::SignedDuration::from_hours(9)), ..one };
    let secrets = [stuck];
    let named = [named("web", "A", arn), named("web", "B", "arn:aws:secretsmanager:r:1:secret:shop/db")];
    let all = Facts { secrets: Some(&secrets), ..facts(&[], &named, &[]) };
    assert_eq!(findings(&all), ["rotation shop/db []"]);
    assert!(check(&Facts { secrets: None, ..all }).is_empty(), "secrets that were not read are not missing");
}

#[test]
fn secret_variable_is_recognized_by_its_name() {
    for secret in ["DB_PASSWORD", "JWT_SECRET", "API_KEY", "DATABASE_URL", "GITHUB_TOKEN"] {
        assert!(looks_secret(secret), "{secret}");
    }
    for plain in ["PORT", "NEXT_PUBLIC_API_URL", "PUBLIC_KEY", "KEYBOARD", "MONKEY"] {
        assert!(!looks_secret(plain), "{plain}");
    }
}
