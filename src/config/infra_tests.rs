//! Tests of the infrastructure as code of environments.

use super::parse;

fn messages(text: &str) -> Vec<String> {
    let loaded = parse("config.toml", text);
    loaded.diagnostics.iter().map(|mistake| format!("{} {}", mistake.place(), mistake.message)).collect()
}

#[test]
fn every_error_in_a_list_of_units_has_its_position() {
    let text = r#"[environments.e.infra]
kind = "terraform"
units = [
  { name = "a", dir = "x", depends_on = ["b", "gone", "b"], workspce = "dev" },
  { name = "b", dir = "./y/", depends_on = ["a"] },
  { name = "b", dir = "y", workspace = "to day", var_files = "dev.tfvars" },
  { name = "c d", dir = "" },
  { dir = 3, var_files = ["one.tfvars", 2] },
  { name = "e", dir = "y" },
  "f",
]
"#;
    assert_eq!(
        messages(text),
        [
            "config.toml:4:42 these units depend on each other: a → b → a",
            "config.toml:4:47 there is no unit `gone`",
            "config.toml:4:55 `b` is in this list twice",
            "config.toml:4:61 unknown key `workspce`",
            "config.toml:6:12 two units are called `b`",
            "config.toml:6:40 `to day` cannot be a workspace",
            "config.toml:6:62 `var_files` must be a list of texts, not a text",
            "config.toml:7:12 a unit's name must have no blanks",
            "config.toml:7:25 this is empty",
            "config.toml:8:3 this unit has no `name`",
            "config.toml:8:11 `dir` must be a text, not a number",
            "config.toml:8:41 `var_files` must be a text, not a number",
            "config.toml:9:23 `b` and `e` are one state: the same folder and workspace",
            "config.toml:10:3 a unit must be a table, not a text",
        ]
    );
}

#[test]
fn each_kind_reports_missing_and_unused_keys() {
    let units = r#"units = [{ name = "a", dir = "x" }]"#;
    for (text, says) in [
        ("kind = \"terragrunt\"", vec!["config.toml:2:1 the folder of the units is missing"]),
        ("kind = \"terraform\"", vec!["config.toml:2:1 the units are missing"]),
        ("dir = \"x\"", vec!["config.toml:2:1 the infra of `e` has no `kind`"]),
        ("plugin_dir = \"x\"", vec!["config.toml:2:1 the infra of `e` has no `kind`"]),
        ("", vec!["config.toml:1:17 this table is empty"]),
        ("kind = \"terraform\"\nunits = []", vec!["config.toml:3:9 this list is empty"]),
        ("kind = \"tofu\"\ndir = \"x\"", vec!["config.toml:2:8 `tofu` is neither"]),
        ("kind = \"terragrunt\"\ndir = 3", vec!["config.toml:3:7 `dir` must be a text, not a number"]),
        (
            &format!("kind = \"terragrunt\"\ndir = \"x\"\n{units}"),
            vec!["config.toml:4:1 Terragrunt finds its units by itself"],
        ),
        (
            &format!("kind = \"terraform\"\ndir = \"x\"\n{units}"),
            vec!["config.toml:3:1 with Terraform each unit has its own `dir`"],
        ),
        (&format!("kind = \"terraform\"\n{units}"), vec![]),
        ("kind = \"terragrunt\"\ndir = \"x\"", vec![]),
    ] {
        assert_eq!(messages(&format!("[environments.e.infra]\n{text}\n")), says, "{text}");
    }
    assert_eq!(messages("[environments.e]\ninfra = \"terragrunt\"\n"), ["config.toml:2:1 `infra` must be a table"]);
}

#[test]
fn units_may_be_separate_tables() {
    let text = "[environments.e.infra]\nkind = \"terraform\"\n[[environments.e.infra.units]]\nname = \"a\"\ndir = \"x\"\n\
                [[environments.e.infra.units]]\nname = \"b\"\ndir = \"x\"\nworkspace = \"other\"\ndepends_on = [\"a\"]\n";
    let loaded = parse("config.toml", text);
    assert_eq!(loaded.diagnostics, []);
    let units = &loaded.config.environments[0].infra.units;
    assert_eq!((units.len(), units[1].depends_on.as_slice()), (2, &["a".to_owned()][..]));
    // The output of `config show` is valid configuration.
    let shown = super::Value::Units(units.clone()).to_string();
    let again = parse("config.toml", &format!("[environments.e.infra]\nkind = \"terraform\"\nunits = {shown}\n"));
    assert_eq!(&again.config.environments[0].infra.units, units);
}

#[test]
fn environment_may_consist_of_infrastructure_only() {
    let only = |text: &str| {
        let loaded = parse("config.toml", &format!("[environments.e]\n{text}\n"));
        assert_eq!(loaded.diagnostics, [], "{text}");
        loaded.config.environments[0].is_only_infra()
    };
    let infra = "infra = { kind = \"terragrunt\", dir = \"x\" }";
    assert!(only(infra));
    assert!(only(&format!("project = \"p\"\nguarded = true\ntimezone = \"Asia/Tokyo\"\n{infra}")));
    assert!(!only(""));
    for aws in ["region = \"eu-west-1\"", "account = \"123456789012\"", "cluster = \"c\"", "alarms = [\"a-\"]"] {
        assert!(!only(&format!("{aws}\n{infra}")), "{aws}");
    }
}
