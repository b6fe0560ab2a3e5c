//! Access to a container registry for docker and podman without a login: a credential helper gives them the token from its
//! environment. `docker login` would write it into a file of the home folder, where it stays. The rest of the person's
//! configuration (contexts, plug-ins, other registries) is unchanged.

use crate::app::operation::call::Login;
use serde_json::{Map, Value, json};
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, symlink};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tokio::process::Command;

/// The name by which docker and podman find the helper: `docker-credential-NAME` on PATH.
const HELPER: &str = "cockpit";
/// The helper. Source of the protocol: docker/docker-credential-helpers. Only `get` is implemented, which reads the host.
const SCRIPT: &str = r#"#!/bin/sh
[ "$1" = get ] || exit 1
read -r host
printf '{"ServerURL":"%s","Username":"%s","Secret":"%s"}\n' "$host" "$COCKPIT_REGISTRY_USER" "$COCKPIT_REGISTRY_TOKEN"
"#;

/// Lets a program find the token. Keep the returned folder until the program has ended.
pub(super) fn prepare(login: &Login, command: &mut Command) -> io::Result<TempDir> {
    let place = tempfile::Builder::new().prefix("cockpit-").tempdir()?;
    let bin = place.path().join("bin");
    fs::create_dir(&bin)?;
    write_new(&bin.join(format!("docker-credential-{HELPER}")), 0o700, SCRIPT.as_bytes())?;
    let docker = place.path().join("docker");
    fs::create_dir(&docker)?;
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let user_folder =
        std::env::var_os("DOCKER_CONFIG").map(PathBuf::from).or_else(|| Some(home.clone()?.join(".docker")));
    for entry in user_folder.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten() {
        if entry.file_name() != "config.json" {
            symlink(fs::canonicalize(entry.path()).unwrap_or_else(|_| entry.path()), docker.join(entry.file_name()))?;
        }
    }
    let config = user_folder.map(|folder| folder.join("config.json"));
    write_new(&docker.join("config.json"), 0o600, &with_helper(config.as_deref(), &login.host))?;
    let run = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let auth = std::env::var_os("REGISTRY_AUTH_FILE").map(PathBuf::from);
    let auth = auth.or_else(|| Some(run?.join("containers/auth.json")));
    let own = place.path().join("auth.json");
    write_new(&own, 0o600, &with_helper(auth.as_deref(), &login.host))?;
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(bin).chain(std::env::split_paths(&inherited)));
    command
        .env("PATH", path.map_err(io::Error::other)?)
        .env("DOCKER_CONFIG", docker)
        .env("REGISTRY_AUTH_FILE", own)
        .env("COCKPIT_REGISTRY_USER", &login.user)
        .env("COCKPIT_REGISTRY_TOKEN", login.token.expose());
    Ok(place)
}

/// Returns the person's own settings with the helper added for this registry alone.
fn with_helper(path: Option<&Path>, host: &str) -> Vec<u8> {
    let read = path.and_then(|path| fs::read(path).ok()).and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let Value::Object(mut settings) = read.unwrap_or_default() else {
        return json!({ "credHelpers": { host: HELPER } }).to_string().into_bytes();
    };
    let helpers = settings.entry("credHelpers").or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(helpers) = helpers {
        helpers.insert(host.to_owned(), json!(HELPER));
    }
    Value::Object(settings).to_string().into_bytes()
}

fn write_new(path: &Path, mode: u32, bytes: &[u8]) -> io::Result<()> {
    fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?.write_all(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::parameters;
    use std::ffi::OsStr;

    #[tokio::test]
    async fn helper_returns_the_token_without_storing_it() {
        let host = "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com";
        let login = Login { host: host.into(), user: "AWS".into(), token: parameters::Value::new("hush/==") };
        let mut command = Command::new("sh");
        let place = prepare(&login, &mut command).unwrap();
        let root = place.path().to_owned();
        for entry in ["docker/config.json", "auth.json", "bin/docker-credential-cockpit"] {
            assert!(!fs::read_to_string(root.join(entry)).unwrap().contains("hush"), "{entry}");
        }
        let config: Value = serde_json::from_slice(&fs::read(root.join("docker/config.json")).unwrap()).unwrap();
        assert_eq!(config["credHelpers"][host], HELPER);
        let script = format!("echo {host} | docker-credential-$1 get");
        let output = command.arg("-c").arg(script).arg("sh").arg(OsStr::new(HELPER)).output().await.unwrap();
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((answer["Username"].as_str(), answer["Secret"].as_str()), (Some("AWS"), Some("hush/==")));
        assert_eq!(answer["ServerURL"], host);
        drop(place);
        assert!(!root.exists());
    }

    #[test]
    fn other_registry_settings_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        fs::write(&path, r#"{"currentContext":"far","credsStore":"pass","credHelpers":{"ghcr.io":"own"}}"#).unwrap();
        let merged: Value = serde_json::from_slice(&with_helper(Some(&path), "ecr")).unwrap();
        assert_eq!((merged["currentContext"].as_str(), merged["credsStore"].as_str()), (Some("far"), Some("pass")));
        assert_eq!(merged["credHelpers"], json!({"ghcr.io": "own", "ecr": HELPER}));
        for odd in ["", "[]", "nothing"] {
            fs::write(&path, odd).unwrap();
            assert_eq!(with_helper(Some(&path), "ecr"), br#"{"credHelpers":{"ecr":"cockpit"}}"#, "{odd}");
        }
    }
}
