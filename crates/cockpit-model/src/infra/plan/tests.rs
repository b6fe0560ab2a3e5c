//! Tests of plans: parsing, masking, and output as lines, text and Markdown.

use super::testing::{DRIFT, EVERYTHING, change, large, show};
use super::{Plan, PlanError, lines, markdown, text};
use crate::infra::message::Action;
use proptest::prelude::*;
use serde_json::{Value, json};

fn read(show: &Value) -> Plan {
    Plan::read(show.to_string().as_bytes()).unwrap()
}

/// Returns the lines of the only change.
fn lines_of(change: Value) -> String {
    let plan = read(&show(&[change]));
    let lines = lines::of(&plan.changes[0]);
    let line = |line: &lines::Line| {
        let forces = if line.forces { " # forces replacement" } else { "" };
        format!("{}{} {}{forces}\n", "  ".repeat(line.depth.into()), line.sign, line.text)
    };
    lines.iter().map(line).collect()
}

#[test]
fn real_plan_lists_destructions_first_and_every_reason() {
    let plan = Plan::read(EVERYTHING.as_bytes()).unwrap();
    insta::assert_snapshot!(text::text("pantri", &plan));
    assert!(!format!("{plan:?}").contains("hunter2"));
    let round_trip: Plan = serde_json::from_str(&serde_json::to_string(&plan).unwrap()).unwrap();
    assert_eq!(round_trip, plan);
}

#[test]
fn empty_and_insignificant_changes_are_not_drift() {
    let drift = |before: Value, after: Value| {
        let mut whole = show(&[]);
        whole["resource_drift"] = json!([change("aws_db_instance.a", &["update"], before, after)]);
        read(&whole).drift_count()
    };
    let state = json!({"tags": null, "logs": null, "name": "a", "latest_restorable_time": "1", "in": [{"x": ""}]});
    let read_back = json!({"tags": {}, "logs": [], "name": "a", "latest_restorable_time": "2", "in": [{"x": null}]});
    assert_eq!(drift(state.clone(), read_back.clone()), 0);
    let mut tagged = read_back;
    tagged["tags"] = json!({"By": "hand"});
    assert_eq!(drift(state, tagged), 1);
}

#[test]
fn drift_is_separate_from_changes() {
    let plan = Plan::read(DRIFT.as_bytes()).unwrap();
    assert_eq!((plan.changes.len(), plan.drift_count()), (0, 2));
    insta::assert_snapshot!(markdown::markdown("logs", &plan));
}

#[test]
fn new_sensitive_output_has_no_value_before() {
    let mut plan = show(&[]);
    let output = |actions: &[&str]| json!({"actions": actions, "before": null, "after": "hush", "before_sensitive": true, "after_sensitive": true});
    plan["output_changes"] = json!({"new": output(&["create"]), "other": output(&["update"])});
    let rendered = text::text("network", &read(&plan));
    assert!(
        rendered.contains("+ new = (sensitive value)") || rendered.contains("+ new   = (sensitive value)"),
        "{rendered}"
    );
    assert!(rendered.contains("(sensitive value) -> (sensitive value)") && !rendered.contains("hush"), "{rendered}");
}

#[test]
fn json_text_is_compared_by_its_parts() {
    let policy = |action: &str, more: &str| {
        format!(r#"{{"Statement":[{{"Sid":"read","Action":"{action}"}},{{"Sid":"other","Effect":"Allow"}}]{more}}}"#)
    };
    let before = json!({"name": "a", "policy": policy("s3:Get", "")});
    let after = json!({"name": "a", "policy": policy("s3:*", r#","Version":"2012-10-17""#)});
    insta::assert_snapshot!(lines_of(change("aws_iam_policy.p", &["update"], before, after)), @r#"
    ~ policy = jsonencode(
      ~ Statement = [
        ~ {
          ~ Action = "s3:Get" -> "s3:*"
            # 1 part stays as it is
          },
          # 1 element stays as it is
        ]
      + Version   = "2012-10-17"
      )
      # 1 attribute stays as it is
    "#);
    let spaces = |text: &str| change("aws_iam_policy.p", &["update"], json!({"p": text}), json!({"p": "{\"a\": 1}"}));
    assert!(lines_of(spaces("{\"a\":1}")).contains("the same value"));
    assert!(!lines_of(spaces("{\"a\":2}")).contains("the same value"));
}

#[test]
fn containers_are_compared_by_name_and_texts_by_line() {
    let containers = |image: &str, first: &str| {
        json!([{"name": first, "image": "x:1"}, {"name": "api", "image": image}]).to_string()
    };
    let before = json!({"c": containers("api:1", "proxy"), "d": "one\ntwo\nthree\n"});
    let after = json!({"c": json!([{"name": "api", "image": "api:2"}]).to_string(), "d": "one\n2\nthree\n"});
    insta::assert_snapshot!(lines_of(change("aws_ecs_task_definition.t", &["update"], before, after)), @r#"
    ~ c = jsonencode(
      - {
        - image = "x:1" -> null
        - name  = "proxy" -> null
        },
      ~ {
        ~ image = "api:1" -> "api:2"
          # 1 part stays as it is
        },
      )
    ~ d = <<EOT
      - "two",
      + "2",
        # 2 lines stay as they are
      EOT
    "#);
}

#[test]
fn unknown_values_and_forced_replacements_are_shown() {
    let mut replaced = change(
        "aws_db_instance.main",
        &["delete", "create"],
        json!({"arn": "arn:1", "engine": "14", "nothing": null, "tags": {"a": "1", "b": "2"}}),
        json!({"engine": "15", "nothing": null, "tags": {"a": "1", "b": "3"}}),
    );
    replaced["change"]["after_unknown"] = json!({"arn": true, "tags": {}});
    replaced["change"]["replace_paths"] = json!([["engine"]]);
    replaced["action_reason"] = json!("replace_because_cannot_update");
    insta::assert_snapshot!(lines_of(replaced.clone()), @r#"
    ~ arn    = "arn:1" -> (known after apply)
    ~ engine = "14" -> "15" # forces replacement
    ~ tags   = {
      ~ b = "2" -> "3"
        # 1 part stays as it is
      }
    "#);
    let plan = read(&show(&[change("aws_s3_bucket.b", &["create"], Value::Null, json!({})), replaced]));
    let first = &plan.changes[0];
    assert_eq!((first.address.as_str(), first.sign(), first.loses_data), ("aws_db_instance.main", "-/+", true));
    assert_eq!(first.reason.as_deref(), Some("engine cannot be changed in place"));
    assert_eq!(plan.destroys_stateful(), ["aws_db_instance.main"], "a new bucket loses no data");
    assert_eq!((plan.summary().add, plan.summary().remove), (2, 1));
}

#[test]
fn value_sensitive_on_one_side_is_masked_on_both() {
    for (before, after) in
        [(json!({"p": true}), json!({})), (json!({}), json!({"p": true})), (json!(true), json!(false))]
    {
        let mut changed = change("a.b", &["update"], json!({"p": "old-secret"}), json!({"p": "new-secret"}));
        changed["change"]["before_sensitive"] = before;
        changed["change"]["after_sensitive"] = after;
        let plan = read(&show(&[changed]));
        let kept = serde_json::to_string(&plan).unwrap();
        assert!(kept.contains("(sensitive value)") && !kept.contains("secret\\\""), "{kept}");
    }
}

/// The `output` of `terraform_data` has the same value, and Terraform does not mark it.
#[test]
fn secret_is_masked_everywhere() {
    let mut changed = change(
        "terraform_data.d",
        &["create"],
        Value::Null,
        json!({
            "input": "hunter-2000",
            "output": "hunter-2000",
            "url": "postgres://u:hunter-2000@h/db",
            "json": "{\"env\": [{\"name\": \"PW\", \"value\": \"hunter-2000\"}, {\"name\": \"A\", \"value\": \"b\"}]}",
        }),
    );
    changed["change"]["after_sensitive"] = json!({"input": true});
    let mut whole = show(&[changed]);
    whole["output_changes"] = json!({"o": {"actions": ["create"], "before": null, "after": "is hunter-2000"}});
    whole["checks"] = json!([{"address": {"to_display": "check.c"}, "status": "fail",
        "instances": [{"problems": [{"message": "hunter-2000 is too short"}]}]}]);
    let plan = read(&whole);
    let all = format!("{plan:?} {}", text::text("u", &plan));
    assert!(!all.contains("hunter"), "{all}");
    assert!(all.contains("name  = \"PW\"") && all.contains("value = \"b\""), "the rest of the JSON is shown: {all}");
}

#[test]
fn values_of_a_sensitive_map_are_masked_as_complete_values() {
    let input = json!({"user": "ana", "pin": 738_291, "word": "qZ7!x", "region": "eu-west-1"});
    let mut marked = change("terraform_data.a", &["create"], Value::Null, json!({"input": input}));
    marked["change"]["after_sensitive"] = json!({"input": true});
    let after = json!({"output": input, "json": "{\"pin\": 738291}", "arn": "arn:aws:sns:eu-west-1:1:ana", "size": 80});
    let plan = read(&show(&[marked, change("terraform_data.b", &["create"], Value::Null, after)]));
    let all = format!("{plan:?} {}", text::text("u", &plan));
    assert!(!all.contains("738291") && !all.contains("qZ7"), "{all}");
    assert!(all.contains("arn:aws:sns:eu-west-1:1:ana") && all.contains("80"), "a region is in every ARN: {all}");
}

#[test]
fn invoked_actions_are_shown_and_deferred_or_unknown_parts_rejected() {
    let mut whole = show(&[]);
    whole["action_invocations"] = json!([{"address": "action.aws_lambda_invoke.wipe", "type": "aws_lambda_invoke",
        "config_values": {"payload": "pass"}, "lifecycle_action_trigger": {
            "triggering_resource_address": "aws_db_instance.main", "action_trigger_event": "AfterCreate"}}]);
    let plan = read(&whole);
    assert!(!plan.is_empty() && !format!("{plan:?}").contains("pass"));
    let says = "action.aws_lambda_invoke.wipe will be invoked after_create of aws_db_instance.main";
    for output in [text::text("u", &plan), markdown::markdown("u", &plan)] {
        assert!(output.contains(says) && output.contains("1 actions to invoke"), "{output}");
    }
    let refused = |key: &str, value: Value| {
        let mut whole = show(&[]);
        whole[key] = value;
        Plan::read(whole.to_string().as_bytes()).err().map(|error| error.to_string()).unwrap_or_default()
    };
    let put_off =
        json!([{"reason": "provider_config_unknown", "resource_change": {"address": "aws_db_instance.main"}}]);
    assert!(refused("deferred_changes", put_off).contains("aws_db_instance.main"));
    let put_off = json!([{"action_invocation": {"address": "action.a.b"}}]);
    assert!(refused("deferred_action_invocations", put_off).contains("action.a.b"));
    assert!(refused("new_changes", json!([{"address": "a.b"}])).contains("`new_changes`"));
    for nothing in [json!([]), json!({}), json!("a word"), json!(true)] {
        assert_eq!(refused("new_changes", nothing), "");
    }
}

#[test]
fn dependencies_follow_modules_and_the_state() {
    let mut whole = show(&[
        change("module.net.aws_vpc.v[0]", &["update"], json!({"a": 1}), json!({"a": 2})),
        change("aws_instance.web[\"x\"]", &["no-op"], json!({}), json!({})),
        change("aws_instance.web[\"y\"]", &["no-op"], json!({}), json!({})),
    ]);
    whole["configuration"] = json!({"root_module": {
        "resources": [
            {"address": "aws_instance.web", "expressions": {"vpc": {"references": ["module.net.id", "module.net"]}}},
            {"address": "aws_eip.e", "expressions": {"references": {"references": ["aws_instance.web[0].id", "aws_instance.web"]}}},
            {"address": "aws_all.a", "depends_on": ["module.net"]},
        ],
        "module_calls": {"net": {
            "expressions": {"cidr": {"references": ["aws_pool.p.cidr", "aws_pool.p"]}},
            "module": {
                "resources": [{"address": "aws_vpc.v", "expressions": {"cidr": {"references": ["var.cidr"]}}}],
                "outputs": {"id": {"expression": {"references": ["aws_vpc.v.id", "aws_vpc.v"]}}},
            },
        }},
    }});
    whole["prior_state"] = json!({"values": {"root_module": {"resources": [
        {"address": "aws_pool.p", "depends_on": []},
        {"address": "aws_gone.g[1]", "depends_on": ["aws_pool.p"]},
    ]}}});
    // The pool is only in the state until it is declared as well.
    whole["configuration"]["root_module"]["resources"].as_array_mut().unwrap().push(json!({"address": "aws_pool.p"}));
    let plan = read(&whole);
    let needs = |address: &str| -> Vec<&str> {
        let resource = plan.resources.iter().find(|resource| resource.address == address).unwrap();
        resource.needs.iter().map(|needs| plan.resources[*needs as usize].address.as_str()).collect()
    };
    assert_eq!(needs("aws_instance.web"), ["module.net.aws_vpc.v"]);
    assert_eq!(needs("aws_eip.e"), ["aws_instance.web"]);
    assert_eq!(needs("module.net.aws_vpc.v"), ["aws_pool.p"]);
    assert_eq!(needs("aws_gone.g"), ["aws_pool.p"]);
    assert_eq!(needs("aws_all.a"), ["module.net"]);
    assert_eq!(needs("module.net"), ["module.net.aws_vpc.v"]);
    assert_eq!(plan.resources.iter().find(|resource| resource.address == "aws_instance.web").unwrap().instances, 2);
    let (touched, more) = plan.dependents(&plan.reverse_dependencies(), "module.net.aws_vpc.v", 9);
    assert_eq!((touched, more), (vec!["aws_instance.web", "module.net", "aws_eip.e", "aws_all.a"], false));
    assert!(text::text("u", &plan).contains("# also touches aws_instance.web"));
}

#[test]
fn invalid_plan_is_an_error_without_quoted_values() {
    let not = Plan::read(b"{\"format_version\": \"1.2\", \"resource_changes\": \"hunter2\"}").unwrap_err();
    assert!(matches!(not, PlanError::NotAPlan { .. }) && !not.to_string().contains("hunter2"), "{not}");
    assert!(matches!(Plan::read(b"{\"format_version\": \"2.0\"}"), Err(PlanError::Format(_))));
    assert!(Plan::read(b"").is_err() && Plan::read(b"[]").is_err());
}

#[test]
fn plan_with_ten_thousand_resources_is_read_with_all_edges() {
    let plan = read(&large(10_000));
    assert_eq!((plan.changes.len(), plan.resources.len()), (10_000, 10_000));
    let edges: usize = plan.resources.iter().map(|resource| resource.needs.len()).sum();
    assert_eq!(edges, 10_000 - 20);
    assert!(text::text("large", &plan).lines().count() > 10_000);
}

#[test]
fn unknown_action_is_not_lost() {
    let plan = read(&show(&[change("a.b", &["create", "forget"], json!({"x": 1}), json!({"x": 2}))]));
    assert_eq!((plan.changes[0].action, plan.changes[0].sign()), (Action::Replace, "+/-"));
    assert!(!plan.changes[0].loses_data, "a forgotten resource still exists");
}

/// Generates a plan value and its masks, with secrets.
fn value() -> impl Strategy<Value = (Value, Value)> {
    let leaf = prop_oneof![
        // A secret with a form that nothing else has.
        "SECRET[a-z]{6}( [a-z\"\\\\\n]{0,3})?".prop_map(|text| (json!(text), json!(true))),
        (700_000_000_000_u64..700_999_999_999).prop_map(|number| (json!(number), json!(true))),
        "[a-m]{0,5}".prop_map(|text| (json!(text), json!(false))),
        "[a-m]{1,4}\n[a-m]{1,4}".prop_map(|text| (json!(text), Value::Null)),
        Just((json!("{\"a\": [1, {\"b\": null}]}"), Value::Null)),
        any::<bool>().prop_map(|is| (json!(is), Value::Null)),
        Just((Value::Null, Value::Null)),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(|parts| {
                let (values, masks): (Vec<Value>, Vec<Value>) = parts.into_iter().unzip();
                (Value::Array(values), Value::Array(masks))
            }),
            proptest::collection::btree_map("[a-d]", inner.clone(), 0..4).prop_map(|parts| {
                let (mut values, mut masks) = (serde_json::Map::new(), serde_json::Map::new());
                for (name, (value, mask)) in parts {
                    values.insert(name.clone(), value);
                    // Masks omit parts without sensitive values.
                    if !matches!(mask, Value::Bool(false) | Value::Null) {
                        masks.insert(name, mask);
                    }
                }
                (Value::Object(values), Value::Object(masks))
            }),
            // Sensitive as a whole.
            inner.prop_map(|(value, _)| (json!({"whole": value, "own": "SECRETwhole"}), json!(true))),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_output_of_a_plan_contains_a_sensitive_value(
        resources in proptest::collection::vec((value(), value(), 0usize..5), 1..4),
        variable in "SECRET[a-z]{8}",
    ) {
        let actions = [&["update"][..], &["create"], &["delete"], &["delete", "create"], &["no-op"]];
        let mut changes = Vec::new();
        for (at, ((before, hidden_before), (after, hidden_after), action)) in resources.into_iter().enumerate() {
            let mut one = change(&format!("a.b[{at}]"), actions[action], json!({"x": before}), json!({"x": after}));
            one["change"]["before_sensitive"] = json!({"x": hidden_before});
            one["change"]["after_sensitive"] = json!({"x": hidden_after});
            changes.push(one);
        }
        let mut whole = show(&changes);
        whole["resource_drift"] = json!(changes);
        let delta = changes[0]["change"].clone();
        whole["output_changes"] = json!({"o": delta});
        whole["variables"] = json!({"v": {"value": variable}});
        whole["configuration"]["root_module"]["variables"] = json!({"v": {"sensitive": true}});
        let plan = read(&whole);
        let kept = serde_json::to_string(&plan).unwrap();
        for made in [&kept, &text::text("u", &plan), &markdown::markdown("u", &plan), &format!("{plan:?}")] {
            prop_assert!(!made.contains("SECRET") && !made.contains("700"), "{made}");
        }
        prop_assert_eq!(serde_json::from_str::<Plan>(&kept).unwrap(), plan);
    }
}
