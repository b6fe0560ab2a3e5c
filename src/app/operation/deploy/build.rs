//! Building an image: `docker buildx build`, login, push, and the digest read back from the registry. A registry that
//! is not ECR is logged in to as docker is set up for it, and the digest is what docker says it pushed.

use super::{Deploy, Phase};
use crate::app::operation::call::{Answered, Call, Program, Read, Reply};
use crate::app::operation::machine::{Ctx, Slot, Weight};
use crate::config::BuildConfig;
use crate::model::deploy::{Check, Level};
use crate::model::image::{Image, architecture_of, is_digest};

/// A build may take this long.
const BUILD_SECONDS: u64 = 3_600;
/// Questions to programs are answered at once.
const ASK_SECONDS: u64 = 30;

/// A build.
#[derive(Debug, Clone, PartialEq)]
pub struct Build {
    config: BuildConfig,
    dirty: bool,
    /// The commit.
    sha: Option<String>,
    /// Files that are changed and not committed.
    changed: usize,
    /// Steps done and in all, as the output tells.
    pub progress: Option<(u32, u32)>,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Login,
    Build,
    Push,
    Digest,
}

impl Build {
    pub(super) fn new(config: BuildConfig, dirty: bool) -> Self {
        Self { config, dirty, sha: None, changed: 0, progress: None, stage: Stage::Login }
    }

    /// What is asked before anything else: that there is a docker, and which commit this is.
    pub(super) fn before(&self) -> Vec<(Slot, Program)> {
        let ask = |argv: &[&str]| Program {
            argv: argv.iter().map(ToString::to_string).collect(),
            folder: Some(self.config.context.clone()),
            variables: Vec::new(),
            input: None,
            quiet: true,
            limit_seconds: ASK_SECONDS,
        };
        vec![
            (Slot::Run("docker"), ask(&["docker", "buildx", "version"])),
            (Slot::Run("commit"), ask(&["git", "rev-parse", "HEAD"])),
            (Slot::Run("changes"), ask(&["git", "status", "--porcelain"])),
        ]
    }

    /// An answer to that.
    pub(super) fn found(&mut self, slot: &Slot, code: Option<i32>, output: &str) -> Result<(), Check> {
        let last = output.lines().last().unwrap_or_default().trim();
        let failed = |what: &str, hint: &str| {
            let text = if last.is_empty() { what.to_owned() } else { format!("{what}: {last}") };
            Err(Check::new(Level::Stop, text).hint(hint))
        };
        match slot {
            Slot::Run("docker") if code != Some(0) => failed(
                "docker has no buildx",
                "install the docker-buildx plugin, or build elsewhere and deploy with --image",
            ),
            Slot::Run("commit") if code == Some(0) && !output.trim().is_empty() => {
                self.sha = Some(output.trim().to_owned());
                Ok(())
            }
            Slot::Run("commit") => {
                failed("the build context is in no git repository", "the image is tagged with the commit: commit first")
            }
            Slot::Run("changes") => {
                self.changed = output.lines().filter(|line| !line.trim().is_empty()).count();
                if self.changed > 0 && !self.dirty {
                    let files = if self.changed == 1 { "file is" } else { "files are" };
                    return Err(Check::new(Level::Stop, format!("{} {files} not committed", self.changed))
                        .hint("commit or stash first, or say --dirty"));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// What the plan says of it.
    pub(super) fn words(&self) -> String {
        let file = self.config.dockerfile.as_deref().unwrap_or("Dockerfile");
        format!("an image is built from {} ({file}), tagged {} and pushed", self.config.context, self.tag())
    }

    pub(super) fn checks(&self) -> Vec<Check> {
        if self.changed > 0 && self.dirty {
            let files = if self.changed == 1 { "file that is" } else { "files that are" };
            return vec![Check::new(Level::Warn, format!("the image contains {} {files} not committed", self.changed))];
        }
        Vec::new()
    }

    /// The commit; of a tree with changes it says so.
    fn tag(&self) -> String {
        let sha = self.sha.as_deref().unwrap_or("the commit");
        if self.changed > 0 { format!("{sha}-dirty") } else { sha.to_owned() }
    }

    /// The commands as they will be run, for the plan.
    pub(super) fn commands(&self, deploy: &Deploy) -> Vec<String> {
        let Some((image, platform)) = self.names(deploy) else { return Vec::new() };
        [self.build(&image, &platform), push(&image)].iter().map(|argv| argv.join(" ")).collect()
    }

    fn names(&self, deploy: &Deploy) -> Option<(String, String)> {
        let now = deploy.image_now()?;
        let definition = deploy.gather.copied()?;
        let architecture = architecture_of(definition.architecture.as_deref());
        Some((now.tagged(&self.tag()), format!("linux/{architecture}")))
    }

    fn build(&self, image: &str, platform: &str) -> Vec<String> {
        let words = |text: &str| text.to_owned();
        let mut argv = vec![words("docker"), words("buildx"), words("build"), words("--platform"), words(platform)];
        argv.extend([words("--progress"), words("plain"), words("--load"), words("--tag"), words(image)]);
        if let Some(file) = &self.config.dockerfile {
            argv.extend([words("--file"), words(file)]);
        }
        if let Some(target) = &self.config.target {
            argv.extend([words("--target"), words(target)]);
        }
        // The command runs in the context itself.
        argv.push(words("."));
        argv
    }

    /// `#7 [3/9] RUN …`: how far it is.
    pub(super) fn output(&mut self, line: &str) {
        let steps = line.split_once('[').and_then(|(_, rest)| rest.split_once(']')).map(|(steps, _)| steps);
        let of = steps.and_then(|steps| steps.rsplit(' ').next()?.split_once('/'));
        if let Some((done, all)) = of
            && let (Ok(done), Ok(all)) = (done.trim().parse::<u32>(), all.trim().parse::<u32>())
            && done <= all
        {
            self.progress = Some((done, all));
        }
    }
}

fn push(image: &str) -> Vec<String> {
    ["docker", "push", image].iter().map(ToString::to_string).collect()
}

impl Deploy {
    /// The next stage of the build.
    pub(super) fn build_next(&mut self, ctx: &mut Ctx<'_>) {
        let Some(build) = &self.build else { return };
        let Some((image, platform)) = build.names(self) else {
            return self.not_begun("there is no container to build for", None, ctx);
        };
        let run = |argv: Vec<String>, quiet: bool| {
            Call::Run(Program {
                argv,
                folder: Some(build.config.context.clone()),
                variables: Vec::new(),
                input: None,
                quiet,
                limit_seconds: BUILD_SECONDS,
            })
        };
        match build.stage {
            Stage::Login => {
                let registry = self.image_now().and_then(|now| now.registry_of());
                if registry.is_some() {
                    ctx.say(Weight::Step, "asking the registry for a token");
                    return ctx.read(Slot::Login, Read::Login { registry });
                }
                if let Some(build) = &mut self.build {
                    build.stage = Stage::Build;
                }
                self.build_next(ctx);
            }
            Stage::Build => {
                let argv = build.build(&image, &platform);
                ctx.say(Weight::Step, argv.join(" "));
                ctx.ask(Slot::Run("build"), run(argv, false));
            }
            Stage::Push => {
                let argv = push(&image);
                ctx.say(Weight::Step, argv.join(" "));
                ctx.ask(Slot::Run("push"), run(argv, false));
            }
            Stage::Digest => {
                let Some(now) = self.image_now() else { return };
                let registry = now.registry_of();
                if registry.is_none() {
                    let argv = ["docker", "image", "inspect", "--format", "{{json .RepoDigests}}", &image];
                    let argv = argv.iter().map(ToString::to_string).collect();
                    return ctx.ask(Slot::Run("digest"), run(argv, true));
                }
                let (repository, reference) = (now.repository.clone(), build.tag());
                ctx.read(Slot::Image, Read::Image { registry, repository, reference });
            }
        }
    }

    pub(super) fn build_reply(&mut self, slot: &Slot, answered: Answered, ctx: &mut Ctx<'_>) {
        let reply = match answered.outcome {
            Ok(reply) => reply,
            Err(failure) => {
                let what = match slot {
                    Slot::Login => "the registry gave no token",
                    Slot::Image => "the image that was pushed cannot be found in the registry",
                    _ => "the image could not be built",
                };
                return self.not_begun(what, Some(&failure), ctx);
            }
        };
        let Some(build) = &mut self.build else { return };
        match reply {
            Reply::Login { registry, user, token } => {
                // The token is good for every registry that these credentials may push to, and the address beside it
                // is that of their own account alone.
                let host = self.image_now().and_then(|now| now.registry);
                let Some(build) = &self.build else { return };
                let registry = host.unwrap_or(registry);
                let argv: Vec<String> = ["docker", "login", "--username", &user, "--password-stdin", &registry]
                    .iter()
                    .map(ToString::to_string)
                    .collect();
                ctx.say(Weight::Step, argv.join(" "));
                let program = Program {
                    argv,
                    folder: Some(build.config.context.clone()),
                    variables: Vec::new(),
                    input: Some(token),
                    quiet: false,
                    limit_seconds: ASK_SECONDS * 2,
                };
                ctx.ask(Slot::Run("login"), Call::Run(program));
                return;
            }
            Reply::Ended { code: Some(0), output } if *slot == Slot::Run("digest") => {
                let name = self.image_now().map(|now| now.name()).unwrap_or_default();
                let Some(digest) = pushed(&output, &name) else {
                    let what = "the image was pushed, and docker does not say with which digest";
                    return self.not_begun(what, None, ctx);
                };
                let image = Image { repository: name, digest, ..Image::default() };
                return self.built(image, ctx);
            }
            Reply::Ended { code: Some(0), .. } => {
                build.stage = match build.stage {
                    Stage::Login => Stage::Build,
                    Stage::Build => Stage::Push,
                    Stage::Push | Stage::Digest => Stage::Digest,
                };
            }
            Reply::Ended { code, output } => {
                let what = match slot {
                    Slot::Run("login") => "docker login",
                    Slot::Run("push") => "docker push",
                    Slot::Run("digest") => "docker image inspect",
                    _ => "docker buildx build",
                };
                let end = code.map_or_else(|| "was ended by a signal".to_owned(), |code| format!("exited {code}"));
                let last =
                    output.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default().trim().to_owned();
                return self.not_begun(&format!("{what} {end}: {last}"), None, ctx);
            }
            Reply::Image(image) => return self.built(*image, ctx),
            _ => return,
        }
        self.build_next(ctx);
    }

    /// It is in the registry: what is deployed is its digest.
    fn built(&mut self, image: Image, ctx: &mut Ctx<'_>) {
        ctx.say(Weight::Step, format!("pushed {}", image.digest));
        self.pin(&image);
        self.gather.image = Some(image);
        self.phase = Phase::BeforeHook;
        self.before_hook(ctx);
    }
}

/// The digest of what was pushed to a repository, of `["name@sha256:…"]`: docker writes short what is on Docker Hub, so
/// one that stands alone is it.
fn pushed(output: &str, name: &str) -> Option<String> {
    let all: Vec<String> = serde_json::from_str(output.lines().last()?).ok()?;
    let digests: Vec<(&str, &str)> = all.iter().filter_map(|one| one.rsplit_once('@')).collect();
    let named = digests.iter().find(|(repository, _)| *repository == name);
    let (_, digest) = named.or(if let [one] = digests.as_slice() { Some(one) } else { None })?;
    is_digest(digest).then(|| (*digest).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_that_was_pushed_is_that_of_the_repository() {
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
