//! An image is built, pushed and deployed.

use super::*;

/// A stand-in for docker: records its arguments and its input, and pushes into the simulator.
fn stand_in(folder: &Path, endpoint: &str, program: &str, findings: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let bin = folder.join("bin");
    std::fs::create_dir_all(&bin).unwrap();
    let script = format!(
        r##"#!/bin/sh
echo "$*" >> "{log}"
case "$1" in
  push)
    host="${{2%%/*}}"
    echo "$host" | "docker-credential-$(sed -E "s/.*\"$host\":\"([a-z]+)\".*/\1/" "$DOCKER_CONFIG/config.json")" get >> "{log}.token"
    image="${{2##*/}}"; tag="${{image##*:}}"; repository="${{image%%:*}}"
    curl -s -X POST "{endpoint}/_sim/poke" -d "{{\"push_image\":{{\"repository\":\"$repository\",\"tag\":\"$tag\"{findings}}}}}" >/dev/null
    echo "$tag: digest: pushed" ;;
  --version) echo "podman version 5.6.0" ;;
  build) echo "STEP 1/2: FROM node"; echo "STEP 2/2: RUN build" ;;
  buildx)
    [ "$2" = version ] && echo "github.com/docker/buildx 0.30" && exit 0
    echo "#5 [1/3] FROM node"; echo "#6 [2/3] COPY"; echo "#7 [3/3] RUN build" >&2 ;;
esac
"##,
        log = folder.join("docker.log").display(),
    );
    let path = bin.join(program);
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    bin
}

#[test]
fn image_is_built_pushed_and_deployed_by_digest_and_hooks_get_the_facts() {
    let world = crate::support::World::run_at(Scenario::Staging, 30.0);
    let home = Home::with(
        &include_str!("../../../config.toml")
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
    let bin = stand_in(home.path(), &world.endpoint(), "docker", "");
    let command = || {
        let mut command = home.on(&world);
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{}:{path}", bin.display()));
        // Hooks and builds run in the folder of the file that configures them, wherever the program is started.
        command.current_dir(home.path().join("elsewhere/deep")).arg("--config").arg(home.path().join("config.toml"));
        command
    };
    // A dirty tree is refused unless allowed explicitly.
    std::fs::write(app.join("new"), "x").unwrap();
    let output = crate::support::line(&mut command(), "deploy web --build --yes").exits(1);
    assert!(output.err.contains("1 file is not committed"), "{output:#?}");
    std::fs::remove_file(app.join("new")).unwrap();
    let output = crate::support::line(&mut command(), "deploy web --build --yes -o json").exits(0);
    let report = output.json();
    assert_eq!(report["operations"][0]["verdict"], "done", "{output:#?}");
    assert!(report["operations"][0]["image"].as_str().unwrap().contains("@sha256:"));
    let log = std::fs::read_to_string(home.path().join("docker.log")).unwrap();
    assert!(!log.contains("login"), "the recorded login: {log}");
    assert!(log.contains("buildx build --platform linux/amd64"), "{log}");
    assert!(log.contains(&format!("{WEB}:{sha}")), "{log}");
    let login: Value =
        serde_json::from_str(&std::fs::read_to_string(home.path().join("docker.log.token")).unwrap()).unwrap();
    let token = login["Secret"].as_str().unwrap();
    assert!(login["Username"] == "AWS" && token.len() > 20, "docker gets a token from its credential helper");
    for text in [&log, &output.out, &output.err] {
        assert!(!text.contains(token), "the token is printed nowhere else");
    }
    assert!(!home.path().join(".docker").exists(), "and it is in no file");
    // The findings of the scan are printed before the service is changed.
    let at = |text: &str| output.err.find(text).unwrap_or_else(|| panic!("{text}: {output:#?}"));
    assert!(at("the scan found 0 critical, 0 high, 6 other") < at("registering"), "{output:#?}");
    let before: Value =
        serde_json::from_str(&std::fs::read_to_string(home.path().join("before.json")).unwrap()).unwrap();
    assert_eq!((before["service"].as_str(), before["verdict"].as_str()), (Some(WEB), None));
    assert!(output.err.contains(&format!("migrated {WEB}")), "{}", output.err);
    let after: Value = serde_json::from_str(&std::fs::read_to_string(home.path().join("after.json")).unwrap()).unwrap();
    assert_eq!(after["verdict"], "done");
    // Without docker and podman the error says so, before anything else.
    let mut without = home.on(&world);
    without.env("PATH", home.path().join("none"));
    let output = crate::support::line(&mut without, "deploy web --build --yes").exits(1);
    assert!(output.err.contains("there is no docker on this machine"), "{output:#?}");
}

#[test]
fn podman_builds_without_docker_and_a_critical_finding_stops_a_guarded_environment() {
    let world = crate::support::World::run_at(Scenario::Staging, 30.0);
    let config = include_str!("../../../config.toml")
        .replace("# [environments.staging.refresh]", "[environments.staging.refresh]")
        .replace("# watch = \"3s\" ", "watch = \"1s\" ");
    // Whatever else is installed on this machine.
    let home = Home::with(&format!("{config}\n[build.web]\ncontext = \"elsewhere\"\nprogram = \"podman\"\n"));
    let app = home.path().join("app");
    std::fs::create_dir_all(&app).unwrap();
    std::fs::write(app.join("Dockerfile"), "FROM scratch\n").unwrap();
    // A critical and two high findings.
    let bin = stand_in(home.path(), &world.endpoint(), "podman", ",\\\"findings\\\":[1,2,0,0]");
    let git = bin.join("git");
    std::fs::write(
        &git,
        "#!/bin/sh\n[ \"$1\" = status ] || { echo c0ffee9; exit; }\ncat \"$HOME/dirty\" 2>/dev/null || true\n",
    )
    .unwrap();
    std::fs::set_permissions(&git, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let command = || {
        let mut command = home.on(&world);
        command.env("PATH", format!("{}:/usr/bin:/bin", bin.display()));
        command
    };
    let typed = "deploy web --build --context app --platform linux/arm64";
    let output = crate::support::line(&mut command(), &format!("{typed} --dry-run")).exits(0);
    let folder = app.display().to_string();
    assert!(output.err.contains("podman build --platform linux/arm64") && output.err.contains(&folder), "{output:#?}");
    assert!(
        output.out.contains("--platform linux/arm64") || output.err.contains("--platform linux/arm64"),
        "{output:#?}"
    );
    let updates = || world.requests("ecs:UpdateService");
    let output = crate::support::line(&mut command(), &format!("{typed} --env prod --yes --confirm prod")).exits(1);
    assert!(output.err.contains("the scan found 1 critical, 2 high, 0 other"), "{output:#?}");
    assert!(output.err.contains("CVE-2026-") && output.err.contains("in openssl"), "{output:#?}");
    let printed = format!("{}{}", output.err, output.out);
    assert!(printed.contains("the service was not changed") && printed.contains("--image sha256:"), "{output:#?}");
    assert_eq!(updates(), 0);
    // In an unguarded environment it is reported, and the deployment continues.
    let output = crate::support::line(&mut command(), &format!("{typed} --yes --timeout 20m"));
    assert!(output.err.contains("the scan found 1 critical"), "{output:#?}");
    assert_eq!(updates(), 1);
    // No image of a dirty tree is deployed to a guarded environment, whatever the flags.
    std::fs::write(home.path().join("dirty"), " M app/Dockerfile\n").unwrap();
    let output =
        crate::support::line(&mut command(), &format!("{typed} --dirty --env prod --yes --confirm prod")).exits(1);
    assert!(output.err.contains("a guarded environment gets no image of a tree with changes"), "{output:#?}");
    assert_eq!(updates(), 1);
}
