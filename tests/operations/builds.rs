//! An image is built, pushed and deployed.

use super::*;

/// A stand-in for docker: writes down what it is called with and what it reads, and pushes into the simulator.
fn stand_in(folder: &Path, endpoint: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let bin = folder.join("bin");
    std::fs::create_dir_all(&bin).unwrap();
    let script = format!(
        r##"#!/bin/sh
echo "$*" >> "{log}"
case "$1" in
  login) cat >> "{log}.stdin"; echo "Login Succeeded" ;;
  push)
    image="${{2##*/}}"; tag="${{image##*:}}"; repository="${{image%%:*}}"
    curl -s -X POST "{endpoint}/_sim/poke" -d "{{\"push_image\":{{\"repository\":\"$repository\",\"tag\":\"$tag\"}}}}" >/dev/null
    echo "$tag: digest: pushed" ;;
  buildx)
    [ "$2" = version ] && echo "github.com/docker/buildx 0.30" && exit 0
    echo "#5 [1/3] FROM node"; echo "#6 [2/3] COPY"; echo "#7 [3/3] RUN build" >&2 ;;
esac
"##,
        log = folder.join("docker.log").display(),
    );
    let path = bin.join("docker");
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    bin
}

#[test]
fn an_image_is_built_pushed_and_deployed_by_its_digest_and_hooks_are_told() {
    let world = support::World::run_at(Scenario::Staging, 30.0);
    let home = Home::with(
        &include_str!("../../config.toml")
            .replace("# [environments.staging.refresh]", "[environments.staging.refresh]")
            .replace("# watch = \"3s\" ", "watch = \"1s\" ")
            .replace("# [build.web]", "[build.web]")
            .replace("# context = \"../bookmark-manager\"", "context = \"app\"")
            .replace("# [hooks]", "[hooks]")
            .replace(
                "# before_deploy = \"./migrate.sh\"",
                "before_deploy = \"cat > before.json; echo migrated $DEPLOY_SERVICE\"",
            )
            .replace("# after_deploy = \"./notify.sh\"", "after_deploy = \"cat > after.json\""),
    );
    let app = home.path().join("app");
    std::fs::create_dir_all(&app).unwrap();
    std::fs::create_dir_all(home.path().join("elsewhere/deep")).unwrap();
    std::fs::write(app.join("Dockerfile"), "FROM scratch\n").unwrap();
    let git = |arguments: &str| {
        let status = std::process::Command::new("git")
            .args(["-c", "user.name=t", "-c", "user.email=t@example.com"])
            .args(arguments.split(' '))
            .current_dir(&app)
            .output()
            .unwrap();
        assert!(status.status.success(), "{status:?}");
        String::from_utf8(status.stdout).unwrap().trim().to_owned()
    };
    git("init -q");
    git("add .");
    git("commit -q -m first");
    let sha = git("rev-parse HEAD");
    let bin = stand_in(home.path(), &world.endpoint());
    let command = || {
        let mut command = home.on(&world);
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{}:{path}", bin.display()));
        // Hooks and builds belong to the folder of the file that names them, wherever the program is started.
        command.current_dir(home.path().join("elsewhere/deep")).arg("--config").arg(home.path().join("config.toml"));
        command
    };
    // A dirty tree is refused unless it is said.
    std::fs::write(app.join("new"), "x").unwrap();
    let said = support::line(&mut command(), "deploy web --build --yes").coded(1);
    assert!(said.err.contains("1 file is not committed"), "{said:#?}");
    std::fs::remove_file(app.join("new")).unwrap();
    let said = support::line(&mut command(), "deploy web --build --yes -o json").coded(0);
    let report = said.json();
    assert_eq!(report["operations"][0]["verdict"], "done", "{said:#?}");
    assert!(report["operations"][0]["image"].as_str().unwrap().contains("@sha256:"));
    let log = std::fs::read_to_string(home.path().join("docker.log")).unwrap();
    assert!(log.contains("login --username AWS --password-stdin"), "{log}");
    assert!(log.contains("buildx build --platform linux/amd64"), "{log}");
    assert!(log.contains(&format!("{WEB}:{sha}")), "{log}");
    let token = std::fs::read_to_string(home.path().join("docker.log.stdin")).unwrap();
    assert!(!token.trim().is_empty(), "the token is read from standard input");
    for text in [&log, &said.out, &said.err] {
        assert!(!text.contains(token.trim()), "the token is nowhere else");
    }
    let before: Value =
        serde_json::from_str(&std::fs::read_to_string(home.path().join("before.json")).unwrap()).unwrap();
    assert_eq!((before["service"].as_str(), before["verdict"].as_str()), (Some(WEB), None));
    assert!(said.err.contains(&format!("migrated {WEB}")), "{}", said.err);
    let after: Value = serde_json::from_str(&std::fs::read_to_string(home.path().join("after.json")).unwrap()).unwrap();
    assert_eq!(after["verdict"], "done");
    // Without docker the error says so, before anything else.
    let mut without = home.on(&world);
    without.env("PATH", home.path().join("none"));
    let said = support::line(&mut without, "deploy web --build --yes").coded(1);
    assert!(said.err.contains("there is no docker on this machine"), "{said:#?}");
}
