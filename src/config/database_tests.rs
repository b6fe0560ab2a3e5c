//! Tests of the database connection of environments.

use super::parse;

#[test]
fn every_error_has_its_position_and_no_password_is_shown() {
    let text = "[environments.e.database]\nuser = \"app\"\nsecret = \"s\"\nparameter = \"p\"\n\
                password_env = \"p@ss word\"\nsslmode = \"verify\"\nstatement_timeout = \"soon\"\niam = \"yes\"\nusr = \"x\"\n";
    let loaded = parse("config.toml", text);
    let messages: Vec<String> =
        loaded.diagnostics.iter().map(|mistake| format!("{} {}", mistake.place(), mistake.message)).collect();
    assert_eq!(
        messages,
        [
            "config.toml:4:1 `secret` already sets the source of the password",
            "config.toml:5:1 this is not the name of an environment variable",
            "config.toml:5:1 `secret` already sets the source of the password",
            "config.toml:6:1 `verify` is not an sslmode",
            "config.toml:7:21 `soon` is not an interval",
            "config.toml:8:7 this must be true or false",
            "config.toml:9:1 unknown key `usr`",
        ]
    );
    let token = parse("config.toml", "[environments.e.database]\niam = true\nsslmode = \"disable\"\n");
    assert_eq!(token.diagnostics[0].message, "an IAM token must not be sent unencrypted");
}

#[test]
fn certificate_file_is_relative_to_the_configuration_and_system_is_not_a_file() {
    let of = |root: &str| {
        let text = format!("[environments.e.database]\nsslrootcert = \"{root}\"\nsslmode = \"verify-full\"\n");
        let loaded = parse("config.toml", &text);
        assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics);
        loaded.config.environments[0].database.sslrootcert.clone()
    };
    assert_eq!(of("system").as_deref(), Some("system"));
    assert_eq!(of("bundle.pem").as_deref(), Some("bundle.pem"));
}

#[test]
fn size_needs_a_unit_and_is_shown_as_written() {
    let of = |size: &str| {
        let loaded = parse("config.toml", &format!("[environments.e.database]\nresult_limit = {size}\n"));
        let messages = loaded.diagnostics.first().map(|mistake| mistake.message.clone());
        messages.map_or_else(|| Ok(loaded.config.environments[0].database.result_limit), Err)
    };
    for (written, bytes) in
        [("20 GiB", 20 << 30), ("1.5GB", 1_500_000_000), ("300 MB", 300_000_000), ("1 MiB", 1 << 20)]
    {
        assert_eq!(of(&format!("\"{written}\"")), Ok(Some(bytes)), "{written}");
    }
    assert_eq!(super::value::Value::Size(20 << 30).to_string(), "\"20 GiB\"");
    assert_eq!(super::value::Value::Size(1_500_000_000).to_string(), "\"1500 MB\"");
    for wrong in ["\"20\"", "20", "\"-1 GB\"", "\"0.1 MB\"", "\"NaN GB\"", "\"inf TB\"", "\"much\""] {
        assert!(of(wrong).is_err(), "{wrong}");
    }
}
