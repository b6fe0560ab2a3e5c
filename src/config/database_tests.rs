//! The connection to the database of environments, as people write it.

use super::parse;

#[test]
fn every_mistake_is_told_at_its_place_and_no_password_is_shown() {
    let text = "[environments.e.database]\nuser = \"app\"\nsecret = \"s\"\nparameter = \"p\"\n\
                password_env = \"p@ss word\"\nsslmode = \"verify\"\nstatement_timeout = \"soon\"\niam = \"yes\"\nusr = \"x\"\n";
    let loaded = parse("config.toml", text);
    let told: Vec<String> =
        loaded.diagnostics.iter().map(|mistake| format!("{} {}", mistake.place(), mistake.message)).collect();
    assert_eq!(
        told,
        [
            "config.toml:4:1 `secret` already says where the password is",
            "config.toml:5:1 this is not the name of an environment variable",
            "config.toml:5:1 `secret` already says where the password is",
            "config.toml:6:1 `verify` is not an sslmode",
            "config.toml:7:21 `soon` is not an interval",
            "config.toml:8:7 this must be true or false",
            "config.toml:9:1 unknown key `usr`",
        ]
    );
    let token = parse("config.toml", "[environments.e.database]\niam = true\nsslmode = \"disable\"\n");
    assert_eq!(token.diagnostics[0].message, "a token of IAM must not go unencrypted");
}

#[test]
fn a_file_of_certificates_lies_where_the_configuration_does_and_system_is_no_file() {
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
fn a_size_has_its_unit_and_is_shown_as_it_was_written() {
    let of = |size: &str| {
        let loaded = parse("config.toml", &format!("[environments.e.database]\nresult_limit = {size}\n"));
        let told = loaded.diagnostics.first().map(|mistake| mistake.message.clone());
        told.map_or_else(|| Ok(loaded.config.environments[0].database.result_limit), Err)
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
