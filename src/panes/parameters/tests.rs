//! The Parameters pane, driven by keys.

use super::state::ID;
use crate::app::effect::Effect;
use crate::app::event::Event;
use crate::app::operation::call::{Call, Read};
use crate::config::EnvironmentConfig;
use crate::feeds::aws::Query;
use crate::model::health::Severity;
use crate::model::parameters::{Kind, Parameter, Secret};
use crate::model::task_definition::Reference;
use crate::model::{Failure, FailureKind, Source};
use crate::ui::testing::pictures::assert_screen;
use crate::ui::testing::{World, ago, environment, loaded_app, loaded_app_in, now, press, staging, text, tick};
use jiff::SignedDuration;

const PATH: &str = "/bookmark-manager/staging/";

fn parameter(name: &str, kind: Kind, version: i64, days: i64) -> Parameter {
    Parameter {
        name: format!("{PATH}{name}"),
        kind,
        version,
        modified_at: ago(days * 24 * 60),
        modified_by: Some("arn:aws:sts::123456789012:assumed-role/ops/mari".into()),
        key: (kind == Kind::Secure).then(|| "alias/aws/ssm".to_owned()),
        ..Parameter::default()
    }
}

/// The staging world with parameters; its services reference one that does not exist.
fn world() -> World {
    let mut world = staging();
    for definition in &mut world.definitions {
        for container in &mut definition.containers {
            container.references = ["DATABASE_URL", "JWT_SECRET"]
                .map(|variable| Reference { variable: variable.into(), from: format!("{PATH}{variable}") })
                .to_vec();
        }
        definition.execution_role = Some("arn:aws:iam::123456789012:role/execution".into());
        definition.registered_at = ago(9_000);
    }
    world.parameters = vec![
        parameter("DATABASE_URL", Kind::Secure, 3, 12),
        parameter("mail/FROM", Kind::Plain, 1, 90),
        parameter("mail/SMTP_PASSWORD", Kind::Secure, 2, 3),
    ];
    world.secrets = vec![Secret {
        name: "bookmark-manager-staging-db/app".into(),
        arn: "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:x-AbCdEf".into(),
        rotates: true,
        pending: true,
        changed_at: ago(300),
        ..Secret::default()
    }];
    world
}

#[test]
fn parameters_fit_every_size() {
    let world = world();
    for (name, size, keys) in [
        ("parameters_80x24", (80, 24), "7 j"),
        ("parameters_facts_80x24", (80, 24), "7 j tab"),
        ("parameters_60x15", (60, 15), "7"),
        ("parameters_120x40", (120, 40), "7 j"),
        ("parameters_200x60", (200, 60), "7 j j j"),
    ] {
        let mut app = loaded_app(&world, size);
        press(&mut app, keys, &world);
        assert_screen(name, &app);
    }
}

#[test]
fn nothing_is_read_with_credentials_of_another_account() {
    let world = world();
    let elsewhere = EnvironmentConfig { account: Some("999999999999".into()), ..environment("staging") };
    let mut app = loaded_app_in(elsewhere, &world, (120, 40));
    press(&mut app, "7", &world);
    tick(&mut app, now(), &world);
    assert!(app.poller.wrong_account());
    assert!(app.estate.parameters.at().is_none() && app.estate.secrets.at().is_none());
    assert!(text(&app).contains("these credentials are for account"));
}

#[test]
fn foreign_secrets_are_counted_and_shown_by_a_key() {
    let mut world = world();
    let other = |name: &str| Secret {
        name: name.into(),
        arn: format!("arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:{name}-AbCdEf"),
        ..Secret::default()
    };
    world.secrets.extend([other("bookmark-manager-prod/app"), other("minimal/app")]);
    let mut app = loaded_app(&world, (120, 40));
    press(&mut app, "7", &world);
    let screen = text(&app);
    assert!(screen.contains("staging-db/app") && !screen.contains("bookmark-manager-prod/app"), "{screen}");
    assert!(screen.contains("+2 others: * shows"), "{screen}");
    press(&mut app, "*", &world);
    let screen = text(&app);
    assert!(screen.contains("bookmark-manager-prod/app") && screen.contains("minimal/app"), "{screen}");
    assert!(!screen.contains("others:"), "{screen}");
    press(&mut app, "*", &world);
    assert!(!text(&app).contains("minimal/app"));
}

#[test]
fn value_is_shown_on_request_and_hidden_after_half_a_minute_or_with_the_pane() {
    let world = world();
    let mut app = loaded_app(&world, (120, 40));
    press(&mut app, "7 j", &world);
    assert!(text(&app).contains("•••• hidden") && !text(&app).contains("s3cret"), "{}", text(&app));
    press(&mut app, "v", &world);
    assert!(text(&app).contains("s3cret"), "{}", text(&app));
    tick(&mut app, now() + SignedDuration::from_secs(29), &world);
    assert!(text(&app).contains("s3cret"));
    tick(&mut app, now() + SignedDuration::from_secs(31), &world);
    assert!(!text(&app).contains("s3cret"), "{}", text(&app));
    press(&mut app, "v", &world);
    assert!(text(&app).contains("s3cret"));
    press(&mut app, "v", &world);
    assert!(!text(&app).contains("s3cret"), "again hides it");
    press(&mut app, "v 1 7", &world);
    assert!(!text(&app).contains("s3cret"), "leaving hides it");
    // Another parameter's value was not requested.
    press(&mut app, "v j j", &world);
    assert!(!text(&app).contains("s3cret"));
}

#[test]
fn new_value_is_typed_hidden_and_becomes_a_plan() {
    let world = world();
    let mut app = loaded_app(&world, (120, 40));
    press(&mut app, "7 j P h u s h", &world);
    assert!(text(&app).contains("new value ••••") && !text(&app).contains("hush"), "{}", text(&app));
    // A pasted value with a line break is rejected completely.
    app.update(Event::Paste("two\nlines".into()));
    assert!(text(&app).contains("new value ••••") && text(&app).matches("•").count() < 20, "{}", text(&app));
    let effects = app.update(Event::Key("enter".parse().unwrap()));
    let asked = effects.iter().any(|effect| {
        matches!(effect, Effect::Call { call, .. } if matches!(&**call, Call::Read(Read::Parameter { name }) if name.ends_with("DATABASE_URL")))
    });
    assert!(asked, "{effects:?}");
    assert!(!format!("{effects:?}").contains("hush"));
    assert!(app.operations.list[0].command().starts_with("cockpit params put /bookmark-manager/staging/DATABASE_URL"));
}

#[test]
fn missing_parameters_need_attention_after_the_pane_was_opened() {
    let world = world();
    let mut app = loaded_app(&world, (120, 40));
    let missing = |app: &crate::app::App| {
        app.estate.derived.attention.iter().filter(|entry| entry.what.contains("JWT_SECRET")).count()
    };
    assert_eq!(missing(&app), 0, "the pane was not opened");
    press(&mut app, "7", &world);
    assert!(text(&app).contains("missing"), "{}", text(&app));
    assert!(missing(&app) > 0 && app.estate.derived.attention.iter().any(|entry| entry.severity == Severity::Critical));
}

#[test]
fn folders_collapse_and_a_failed_read_keeps_the_last_rows() {
    let mut world = world();
    let mut app = loaded_app(&world, (120, 40));
    press(&mut app, "7 j j", &world);
    assert!(text(&app).contains("SMTP_PASSWORD"));
    press(&mut app, "enter", &world);
    assert!(!text(&app).contains("SMTP_PASSWORD"), "{}", text(&app));
    let denied = Failure::new(FailureKind::Denied, "ssm:DescribeParameters: not allowed");
    world.failing.insert(Source::Parameters, denied);
    press(&mut app, "r", &world);
    let screen = text(&app);
    assert!(screen.contains("ssm:DescribeParameters") && screen.contains("DATABASE_URL"), "{screen}");
    // Every block shows its age, even if it is the only one visible.
    let effects = app.update(Event::Tick(now() + SignedDuration::from_mins(2)));
    world.answer(&mut app, effects);
    for keys in ["k z", "z tab z", "z tab z"] {
        press(&mut app, keys, &world);
        let screen = text(&app);
        assert!(screen.contains("2m old") && screen.contains("not allowed"), "{screen}");
    }
    // Another environment keeps none of this state.
    let mut fresh = loaded_app(&world, (120, 40));
    press(&mut fresh, "7", &world);
    assert!(text(&fresh).contains("ssm:DescribeParameters"), "{}", text(&fresh));
    assert_eq!(fresh.shown_pane().id, ID);
}

#[test]
fn new_parameter_of_another_environment_is_refused_before_its_value_is_typed() {
    let world = world();
    let mut app = loaded_app(&world, (120, 40));
    press(&mut app, "7 A", &world);
    let typed = app.screen.typing.as_ref().expect("the name is typed").input.text().chars().count();
    let erase = vec!["backspace"; typed].join(" ");
    press(&mut app, &format!("{erase} / b o o k m a r k - m a n a g e r / p r o d / K E Y enter"), &world);
    let screen = text(&app);
    assert!(screen.contains("/bookmark-manager/prod/KEY belongs to prod, not to staging"), "{screen}");
    assert!(app.screen.typing.is_none() && app.operations.list.is_empty(), "{screen}");
}

/// The names of the list's rows, in order.
fn listed(app: &crate::app::App) -> Vec<String> {
    app.screen.list_of(super::state::LIST).unwrap().rows.iter().map(|key| key.replace(PATH, "")).collect()
}

#[test]
fn parameters_sorted_by_another_column_than_name_are_flat() {
    let world = world();
    let mut app = loaded_app(&world, (120, 40));
    press(&mut app, "7", &world);
    let tree = listed(&app);
    assert!(tree.contains(&"mail/".to_owned()), "{tree:?}");
    // By name in descending order, then by type, by version, by age.
    for (presses, wanted) in [
        (1, ["mail/SMTP_PASSWORD", "mail/FROM", "DATABASE_URL"]),
        (3, ["DATABASE_URL", "mail/SMTP_PASSWORD", "mail/FROM"]),
        (2, ["mail/SMTP_PASSWORD", "DATABASE_URL", "mail/FROM"]),
    ] {
        for _ in 0..presses {
            press(&mut app, "s", &world);
        }
        let names = listed(&app);
        assert_eq!(names[..3], wanted, "after {presses} more");
        assert!(names.last().unwrap().starts_with("secret:") && !names.contains(&"mail/".to_owned()), "{names:?}");
    }
    assert!(text(&app).contains("ging/mail/FROM"), "{}", text(&app));
    for _ in 0..4 {
        press(&mut app, "s", &world);
    }
    assert_eq!(listed(&app), tree, "round to the names again");
}

#[test]
fn shown_value_can_be_copied_and_is_never_printed() {
    let world = world();
    let mut app = loaded_app(&world, (120, 40));
    let name = format!("{PATH}DATABASE_URL");
    press(&mut app, "7 j", &world);
    let copied = |app: &mut crate::app::App| app.update(Event::Key("y".parse().unwrap()));
    assert_eq!(copied(&mut app), [Effect::Copy(name)]);
    press(&mut app, "v", &world);
    assert_eq!(copied(&mut app), [Effect::Copy("s3cret\nvalue".into())]);
    press(&mut app, "v", &world);
    app.settle();
    let drawn = text(&app);
    assert!(drawn.contains("copied the value of") && !drawn.contains("s3cret"), "{drawn}");
    assert!(app.activity.iter().all(|entry| !entry.text.contains("s3cret")));
}

#[test]
fn paused_screen_requests_no_parameters() {
    let world = world();
    let mut app = loaded_app(&world, (120, 40));
    press(&mut app, "7 p", &world);
    let asks = |app: &mut crate::app::App, minutes: i64| {
        let effects = app.update(Event::Tick(now() + SignedDuration::from_mins(minutes)));
        let of = |effect: &&Effect| {
            matches!(effect, Effect::Fetch { ask: crate::feeds::Ask::Aws(Query::Parameters { .. }), .. })
        };
        effects.iter().filter(of).count()
    };
    assert_eq!(asks(&mut app, 10), 0);
    app.settle();
    assert!(text(&app).contains("10m old"), "{}", text(&app));
    press(&mut app, "p", &world);
    let effects = app.update(Event::Tick(now() + SignedDuration::from_mins(11)));
    world.answer(&mut app, effects);
    app.settle();
    assert!(!text(&app).contains("m old"), "{}", text(&app));
}
