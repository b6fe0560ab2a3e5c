//! Builds an image with `docker buildx build` or `podman build`, pushes it, and reports the findings of its scan; the
//! ECR token is in no file. For ECR, the digest is read back from the registry. A registry other than ECR is pushed
//! to with docker's own login, and the digest is the one that the tool reports.

use super::build::Stage;
use super::{Deploy, Phase};
use crate::app::operation::call::{Call, CallResult, Login, Program, Read, Reply};
use crate::app::operation::outcome::{Outcome, Verdict};
use crate::app::operation::step::{Ctx, Slot, Weight};
use crate::model::image::{Image, Scan, is_digest};
use crate::model::parameters::Value;
use crate::model::{Failure, FailureKind};
use jiff::SignedDuration;
use secrecy::ExposeSecret as _;

/// The time limit of a build.
const BUILD_SECONDS: u64 = 3_600;
/// How long to wait for an ECR scan. A basic scan usually takes some seconds after the push.
const SCAN_LIMIT: SignedDuration = SignedDuration::from_secs(90);
/// How long after the push a scan may take to begin.
const SCAN_BEGINS: SignedDuration = SignedDuration::from_secs(10);
/// The interval between two reads of a scan.
const SCAN_EVERY: SignedDuration = SignedDuration::from_secs(3);
/// Maximum number of findings reported, the worst first.
const SCAN_SHOWN: usize = 10;

impl Deploy {
    /// The name of the image to build, and its platform.
    pub(super) fn build_names(&self) -> Option<(String, String)> {
        let definition = self.gather.base_definition()?;
        Some(self.build.as_ref()?.image_and_platform(&self.current_image()?, definition.architecture.as_deref()))
    }

    /// Starts the next stage of the build.
    pub(super) fn build_next(&mut self, ctx: &mut Ctx<'_>) {
        let Some(build) = &self.build else { return };
        let Some((image, platform)) = self.build_names() else {
            return self.fail_before_update("there is no container to build for", None, ctx);
        };
        let run = |argv: Vec<String>, quiet: bool| {
            Call::Run(Program {
                argv,
                folder: Some(build.config.context.clone()),
                captures_output: quiet,
                login: build.login.clone(),
                limit_seconds: BUILD_SECONDS,
                ..Program::default()
            })
        };
        match build.stage {
            Stage::Login => {
                let registry = self.current_image().and_then(|now| now.ecr_registry());
                if registry.is_some() {
                    ctx.log(Weight::Step, "asking the registry for a token");
                    return ctx.read(Slot::Login, Read::Login { registry });
                }
                if let Some(build) = &mut self.build {
                    build.stage = Stage::Build;
                }
                self.build_next(ctx);
            }
            Stage::Build => {
                let argv = build.build(&image, &platform);
                ctx.log(Weight::Step, argv.join(" "));
                ctx.send_call(Slot::Run("build"), run(argv, false));
            }
            Stage::Push => {
                let argv = build.push(&image);
                ctx.log(Weight::Step, argv.join(" "));
                ctx.send_call(Slot::Run("push"), run(argv, false));
            }
            Stage::Digest => {
                let Some(now) = self.current_image() else { return };
                let registry = now.ecr_registry();
                if registry.is_none() {
                    let argv = [build.tool(), "image", "inspect", "--format", "{{json .RepoDigests}}", &image];
                    let argv = argv.iter().map(ToString::to_string).collect();
                    return ctx.send_call(Slot::Run("digest"), run(argv, true));
                }
                let (repository, reference) = (now.repository.clone(), build.tag());
                ctx.read(Slot::Image, Read::Image { registry, repository, reference });
            }
            Stage::Scan => {
                let (Some(now), Some(digest)) = (self.current_image(), self.target.digest.clone()) else { return };
                let (registry, repository) = (now.ecr_registry(), now.repository);
                ctx.read(Slot::Scan, Read::Scan { registry, repository, digest });
            }
        }
    }

    /// Advances the time while a scan is awaited.
    pub(super) fn build_tick(&mut self, ctx: &mut Ctx<'_>) {
        let Some(build) = &mut self.build else { return };
        if build.scan_again.is_some_and(|at| ctx.now >= at) {
            build.scan_again = None;
            self.build_next(ctx);
        }
    }

    /// Takes the findings of the pushed image's scan, which are reported before the service is changed; a running scan
    /// is awaited. In a guarded environment a critical finding requires another confirmation.
    fn take_scan(&mut self, found: Result<Option<Box<Scan>>, Failure>, ctx: &mut Ctx<'_>) {
        let Some(build) = &mut self.build else { return };
        let since = *build.scan_since.get_or_insert(ctx.now);
        // A scan on push begins some moments later; a repository may have none.
        let limit = match &found {
            Ok(None) => SCAN_BEGINS,
            Ok(Some(scan)) if scan.is_running() => SCAN_LIMIT,
            _ => SignedDuration::ZERO,
        };
        if ctx.now.duration_since(since) < limit {
            build.scan_again = Some(ctx.now + SCAN_EVERY);
            return;
        }
        match found {
            Ok(Some(scan)) => {
                let weight = match (scan.is_complete(), scan.critical + scan.high) {
                    (true, 0) => Weight::Good,
                    _ => Weight::Warn,
                };
                ctx.log(weight, scan.describe());
                for finding in scan.worst.iter().take(SCAN_SHOWN) {
                    let package = finding.package.as_ref().map(|name| format!(" in {name}")).unwrap_or_default();
                    ctx.log(Weight::Detail, format!("{} {}{package}", finding.severity.to_lowercase(), finding.name));
                }
                if scan.critical > 0 && ctx.environment.guarded {
                    let digest = self.target.digest.clone().unwrap_or_default();
                    let found = scan.critical;
                    let outcome = Outcome::new(
                        Verdict::Impossible,
                        format!("{}: the scan of the image found {found} critical", self.request.short),
                    );
                    let hint =
                        format!("look at them, and if it is to be all the same, deploy it with --image {digest}");
                    ctx.end = Some(outcome.cause("it was pushed, and the service was not changed").hint(hint));
                    return;
                }
            }
            Ok(None) => ctx.log(Weight::Step, "the image was not scanned"),
            Err(failure) => ctx.log(Weight::Warn, format!("what a scan found cannot be read: {failure}")),
        }
        self.phase = Phase::BeforeHook;
        self.before_hook(ctx);
    }

    pub(super) fn build_reply(&mut self, slot: &Slot, answered: CallResult, ctx: &mut Ctx<'_>) {
        if *slot == Slot::Scan {
            let found = answered.outcome.and_then(|reply| match reply {
                Reply::Scan(scan) => Ok(scan),
                _ => Err(Failure::mismatched_answer()),
            });
            return self.take_scan(found, ctx);
        }
        let reply = match answered.outcome {
            Ok(reply) => reply,
            Err(failure) => {
                let what = match slot {
                    Slot::Login => "the registry gave no token",
                    Slot::Image => "the image that was pushed cannot be found in the registry",
                    _ => "the image could not be built",
                };
                let failure = match (slot, failure.kind) {
                    (Slot::Image, FailureKind::NotFound) => {
                        failure.with_hint("look in the registry whether it is there, and deploy it with --image")
                    }
                    _ => failure,
                };
                return self.fail_before_update(what, Some(&failure), ctx);
            }
        };
        let Some(build) = &mut self.build else { return };
        match reply {
            Reply::Login { registry, user, token } => {
                // The token is valid for every registry that these credentials may push to, but the address that comes
                // with it is only that of their own account.
                let host = self.current_image().and_then(|now| now.registry);
                let Some(build) = &mut self.build else { return };
                let registry = host.unwrap_or(registry);
                build.login = Some(Login { host: registry, user, token: Value::new(token.expose_secret()) });
                build.stage = Stage::Build;
            }
            Reply::Ended { code: Some(0), output, .. } if *slot == Slot::Run("digest") => {
                let name = self.current_image().map(|now| now.name()).unwrap_or_default();
                let Some(digest) = pushed(&output, &name) else {
                    let what = "the image was pushed, and docker does not say with which digest";
                    return self.fail_before_update(what, None, ctx);
                };
                let image = Image { repository: name, digest, ..Image::default() };
                return self.built(image, ctx);
            }
            Reply::Ended { code: Some(0), .. } => {
                build.stage = match build.stage {
                    Stage::Login => Stage::Build,
                    Stage::Build => Stage::Push,
                    Stage::Push | Stage::Digest | Stage::Scan => Stage::Digest,
                };
            }
            Reply::Ended { code, output, .. } => {
                let tool = build.tool();
                let what = match slot {
                    Slot::Run("push") => format!("{tool} push"),
                    Slot::Run("digest") => format!("{tool} image inspect"),
                    _ if tool == "podman" => "podman build".to_owned(),
                    _ => "docker buildx build".to_owned(),
                };
                let end = code.map_or_else(|| "was ended by a signal".to_owned(), |code| format!("exited {code}"));
                let last =
                    output.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default().trim().to_owned();
                return self.fail_before_update(&format!("{what} {end}: {last}"), None, ctx);
            }
            Reply::Image(image) => return self.built(*image, ctx),
            _ => return,
        }
        self.build_next(ctx);
    }

    /// Takes the pushed image, whose digest is deployed.
    fn built(&mut self, image: Image, ctx: &mut Ctx<'_>) {
        ctx.log(Weight::Step, format!("pushed {}", image.digest));
        self.pin(&image);
        self.gather.image = Some(image);
        let scans = self.current_image().is_some_and(|now| now.ecr_registry().is_some());
        if let Some(build) = self.build.as_mut().filter(|_| scans) {
            build.stage = Stage::Scan;
            return self.build_next(ctx);
        }
        self.phase = Phase::BeforeHook;
        self.before_hook(ctx);
    }
}

/// The digest of an image pushed to a repository, from `["name@sha256:…"]`. Docker shortens names on Docker Hub, so a
/// single entry is accepted whatever its name.
fn pushed(output: &str, name: &str) -> Option<String> {
    let entries: Vec<String> = serde_json::from_str(output.lines().last()?).ok()?;
    let digests: Vec<(&str, &str)> = entries.iter().filter_map(|one| one.rsplit_once('@')).collect();
    let named = digests.iter().find(|(repository, _)| *repository == name);
    let (_, digest) = named.or(if let [one] = digests.as_slice() { Some(one) } else { None })?;
    is_digest(digest).then(|| (*digest).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pushed_digest_is_that_of_the_repository() {
        let (one, two) = (format!("sha256:{}", "1".repeat(64)), format!("sha256:{}", "2".repeat(64)));
        let both = format!(r#"["ghcr.io/a/web@{one}","registry.example.com/web@{two}"]"#);
        assert_eq!(pushed(&both, "registry.example.com/web"), Some(two));
        assert_eq!(pushed(&both, "registry.example.com/api"), None, "one of two");
        assert_eq!(pushed(&format!(r#"["web@{one}"]"#), "docker.io/library/web"), Some(one));
        for odd in ["", "[]", "null", r#"["web"]"#, r#"["web@sha256:12"]"#, "nothing"] {
            assert_eq!(pushed(odd, "web"), None, "{odd}");
        }
    }
}
