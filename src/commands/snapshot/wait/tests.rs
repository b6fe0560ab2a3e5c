//! Tests of conditions as users write them.

use super::*;
use proptest::prelude::*;
use serde_json::json;

fn snapshot() -> Value {
    json!({
        "complete": true,
        "services": [
            { "name": "bookmark-manager-staging-web", "short": "web", "running": 1, "desired": 2,
              "health": "degraded", "autoscaling": null, "image": "17", "deployments": [ { "id": "ecs-svc/1", "failed": 3 } ] },
            { "name": "bookmark-manager-staging-api", "short": "api", "running": 2, "desired": 2, "health": "healthy",
              "autoscaling": { "max": 10 }, "image": null, "deployments": [] },
            { "name": "日本.語", "short": "日本.語", "running": 0, "desired": 0 }
        ],
        "databases": [ { "id": "prod-aurora", "status": "available" } ],
        "alarms": null,
        "attention": []
    })
}

fn holds(text: &str) -> Option<bool> {
    match Condition::parse(text) {
        Ok(condition) => condition.evaluate(&snapshot()).result,
        Err(error) => panic!("{}", error.report().text()),
    }
}

#[test]
fn paths_find_elements_by_their_names() {
    assert_eq!(holds("services.web.running == services.web.desired"), Some(false));
    assert_eq!(holds("services.bookmark-manager-staging-api.running==services.api.desired"), Some(true));
    assert_eq!(holds("services.staging-api.running >= 2"), Some(true));
    assert_eq!(holds("services[1].running < 3"), Some(true));
    assert_eq!(holds("services[0].short == web and services[3].short == x"), None);
    assert_eq!(holds("services.\"日本.語\".desired == 0 and services['日本.語'].running == 0"), Some(true));
    assert_eq!(holds("databases.aurora.status == available"), Some(true));
    assert_eq!(holds("services.web.deployments.ecs-svc/1.failed > 2"), Some(true));
    assert_eq!(holds("services.count == 3 && attention.count == 0"), Some(true));
}

#[test]
fn list_field_and_element_of_that_name_are_distinct() {
    let alarms =
        |text: &str, alarms: Value| Condition::parse(text).unwrap().evaluate(&json!({"alarms": alarms})).result;
    for name in ["count", "error-count", "web-5xx-count", "count-high"] {
        let of = |text: &str| alarms(text, json!([{"name": name, "state": "OK"}, {"name": "x", "state": "OK"}]));
        assert_eq!(of("alarms.count == 2"), Some(true), "{name}");
        assert_eq!(of("alarms.\"count\".state == OK"), Some(true), "{name}");
        assert_eq!(of("alarms['count'].state == ALARM"), Some(false), "{name}");
        assert_eq!(of("alarms.count.state == OK"), Some(true), "{name}: a length has no state");
    }
    assert_eq!(alarms("alarms.count == 0", json!([])), Some(true));
    // A field of the elements is not a field of the list; an element of that name must be quoted.
    assert!(Condition::parse("services.running == 1").is_err());
    assert!(Condition::parse("services.\"running\" != null").is_ok());
    assert!(Condition::parse("services.\"\".running == 1").is_err());
}

#[test]
fn condition_on_unknown_value_never_holds() {
    assert_eq!(holds("services.gone.running == 1"), None);
    assert_eq!(holds("not services.gone.running == 1"), None);
    assert_eq!(holds("alarms.count == 0"), None);
    assert_eq!(holds("alarms == null"), Some(true));
    assert_eq!(holds("services.api.image != x"), None);
    assert_eq!(holds("services.web.autoscaling.max > 1 or complete"), Some(true));
    assert_eq!(holds("services.web.autoscaling.max > 1 and complete"), None);
    assert_eq!(holds("services.ging.running == 1"), None);
}

#[test]
fn words_numbers_and_logic() {
    assert_eq!(holds("services.web.health != healthy"), Some(true));
    assert_eq!(holds("services.web.health == 'degraded'"), Some(true));
    assert_eq!(holds("services.web.image == 17"), Some(true));
    assert_eq!(holds("17.0 == services.web.image"), Some(true));
    assert_eq!(holds("!(services.web.running > 1) || false"), Some(true));
    assert_eq!(holds("not complete or services.api.running == 2 and complete"), Some(true));
    assert_eq!(holds("complete == true"), Some(true));
}

#[test]
fn syntax_errors_show_their_position() {
    let wrong = |text: &str| Condition::parse(text).unwrap_err();
    assert_eq!(wrong("services.web.running = 1").snippet(), "services.web.running = 1\n                     ^");
    assert!(wrong("services.web.running = 1").report().text().contains("write `==`"));
    assert!(wrong("service.web.running == 1").hint.unwrap().contains("`services`"));
    assert_eq!(wrong("complete and").at, 12);
    assert_eq!(wrong("(complete").message, "here `)` was expected");
    assert_eq!(wrong("complete complete").at, 9);
    assert_eq!(wrong("services..x == 1").message, "a name is missing in this path");
    assert_eq!(wrong("complete == 'x").at, 12);
    assert_eq!(wrong("   ").message, "the condition is empty");
    assert_eq!(wrong("1 == 2").message, "this is no path of the snapshot");
    assert_eq!(wrong(&"(".repeat(100_000)).message, "this is nested too deeply");
    assert_eq!(wrong(&"!".repeat(100_000)).message, "this is nested too deeply");
    assert_eq!(wrong("services.日本 = 1").snippet(), "services.日本 = 1\n              ^");
}

#[test]
fn unknown_field_is_wrong_usage_with_suggestions() {
    let wrong = |text: &str| Condition::parse(text).unwrap_err();
    for (text, message, hint) in [
        ("services.web.runing == 2", "`services.web` has no field `runing`", "`running`"),
        ("services.web.autoscaling.maximum > 1", "`services.web.autoscaling` has no field `maximum`", "max"),
        ("complete and databases.x.stauts == ok", "`databases.x` has no field `stauts`", "`status`"),
        ("services.web.deployments[0].faild > 0", "has no field `faild`", "`failed`"),
        ("services[0][1] == 1", "`services.0` has no field `1`", "there are"),
        ("services.running == 2", "`running` is a field of its entries", "services.NAME.running"),
        ("services.web.running.now == 2", "it is a single value", "quotation marks"),
        ("identity.name == x", "`identity` has no field `name`", "there are: arn, expires"),
        ("sources.ecs.services.status == ok", "`sources.ecs` has no field `services`", "sources.\"ecs.services\""),
        ("sources.ecs.nothing.status == ok", "`sources.ecs` has no field `nothing`", "there are"),
        ("not services.web.helth == healthy", "has no field `helth`", "`health`"),
    ] {
        let error = wrong(text);
        assert!(error.message.contains(message), "{text}: {}", error.message);
        assert!(error.hint.as_ref().unwrap().contains(hint), "{text}: {:?}", error.hint);
        assert_eq!(error.report().code, crate::cli::ExitCode::Usage);
    }
    for text in [
        "sources.\"ecs.services\".status == ok",
        "services.count == 2",
        "attention.count == 0",
        "services.count.running == 1",
        "alarms.x.state == OK",
        "schedule != null",
        "identity.arn != x",
        "account == 123456789012",
    ] {
        assert!(Condition::parse(text).is_ok(), "{text}: {:?}", Condition::parse(text));
    }
}

#[test]
fn impossible_condition_is_wrong_usage() {
    for (text, message, hint) in [
        ("services.web.health == helthy", "`services.web.health` is one of a few words", "did you mean `healthy`?"),
        ("services.web.health != Healthy", "never `Healthy`", "did you mean `healthy`?"),
        ("helthy == services.web.health", "never `helthy`", "there are: healthy, degraded"),
        ("sources.\"ecs.services\".status == okay", "one of a few words", "`ok`"),
        ("services.web.running == one", "is a number, and never `one`", "compare it with a number"),
        ("services.web.running >= healthy", "is a number", "compare it with a number"),
        ("services.web.running == '1'", "is a number", "without quotation marks"),
        ("services.count == many", "is a number", "compare it with a number"),
        ("services.web.running == 1.5", "is a whole number, and never `1.5`", "from 0 on"),
        ("services.count != -1", "is a whole number, and never `-1`", "from 0 on"),
        ("services.web == 1", "is an object", "`services.web.FIELD`"),
        ("services == 1", "is a list", "`services.count`"),
        ("services.*.running == 1", "no entry of `services` is called `*`", "`services.count`"),
        ("complete == yes", "is true or false", "write it alone"),
        ("not services.web.running", "is neither true nor false", "compare it"),
    ] {
        let error = Condition::parse(text).expect_err(text);
        assert!(error.message.contains(message), "{text}: {}", error.message);
        assert!(error.hint.as_ref().unwrap().contains(hint), "{text}: {:?}", error.hint);
        assert_eq!(error.report().code, crate::cli::ExitCode::Usage);
    }
    assert_eq!(Condition::parse("services.web.health == helthy").unwrap_err().at, 23, "at the word");
    for text in [
        "services.web.health == null",
        "services.web.health == 'down' or services.web.rollout == failed",
        "services.web.cpu_percent > 80",
        "services.web.cpu_percent == 0.5",
        "services.web.running > 0.5",
        "services.web.running == 2.0",
        "services.\"*\".running == 1",
        "alarms.x.state == ALARM",
        "services.web.name == 17",
    ] {
        assert!(Condition::parse(text).is_ok(), "{text}: {:?}", Condition::parse(text));
    }
}

#[test]
fn verdict_lists_the_values_of_its_paths() {
    let condition = Condition::parse("services.web.running == services.web.desired and alarms.x.state == OK").unwrap();
    let verdict = condition.evaluate(&snapshot());
    assert!(!verdict.holds());
    assert_eq!(
        verdict.describe_values(),
        "services.web.running is 1, services.web.desired is 2, alarms.x.state is not there, or not known now"
    );
}

proptest! {
    #[test]
    fn parsing_arbitrary_text_never_panics(text in "\\PC{0,60}") {
        if let Ok(condition) = Condition::parse(&text) {
            let _ = condition.evaluate(&snapshot()).describe_values();
        }
    }

    #[test]
    fn parsing_condition_like_text_never_panics(
        parts in prop::collection::vec(prop::sample::select(vec![
            "services", ".web", ".running", "==", "!=", "<", ">=", "and", "or", "not", "(", ")", "!", "[", "]",
            "'x'", "\"", "1", "-1.5", "null", "true", "complete", ".count", " ", "日本", "..", "&&", "|",
        ]), 0..14)
    ) {
        let text = parts.concat();
        match Condition::parse(&text) {
            Ok(condition) => { let _ = condition.evaluate(&snapshot()); }
            Err(error) => prop_assert!(error.at <= text.chars().count()),
        }
    }
}

#[test]
fn condition_waits_for_a_source_only_if_it_is_decisive() {
    use crate::model::Source;
    let alarms = [Source::Alarms].into();
    let waits = |text: &str| !Condition::parse(text).unwrap().waits_for(&alarms).is_empty();
    for text in [
        "alarms.count == 0",
        "alarms.cpu.state == OK and services.web.running == 2",
        "not (alarms.count == 0 or services.web.running == 2)",
        "attention.count == 0",
        "2 == alarms.count",
    ] {
        assert!(waits(text), "{text}");
    }
    for text in [
        "services.web.running == 2",
        "services.web.health == healthy",
        "alarms.count == 0 or services.web.running == 2",
        "not (alarms.count == 0 and services.web.running == 2)",
        "sources.\"cloudwatch.alarms\".status == ok",
        "complete",
    ] {
        assert!(!waits(text), "{text}");
    }
    let of = |text: &str, refused: &[Source]| {
        Condition::parse(text).unwrap().waits_for(&refused.iter().copied().collect()).into_iter().collect::<Vec<_>>()
    };
    assert_eq!(of("services.web.failed_tasks == 0", &[Source::Tasks, Source::Alarms]), [Source::Tasks]);
    assert_eq!(of("services[0].targets.count == 0", &[Source::Targets]), [Source::Targets]);
    assert_eq!(of("services.web.deployments[0].image == x", &[Source::TaskDefinitions]), [Source::TaskDefinitions]);
}
