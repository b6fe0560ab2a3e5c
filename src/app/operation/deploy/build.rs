//! A build: its preceding checks, its commands, and its progress.

use crate::app::operation::call::{Login, Program};
use crate::app::operation::step::Slot;
use crate::config::BuildConfig;
use crate::model::deploy::{Check, Level};
use crate::model::image::{ImageRef, architecture_of};
use jiff::Timestamp;

/// The time limit of commands that only query a program.
pub(super) const QUERY_TIMEOUT_SECONDS: u64 = 30;

/// The image being built: its context, commit and tag.
#[derive(Debug, Clone, PartialEq)]
pub struct Build {
    pub(super) config: BuildConfig,
    dirty: bool,
    /// The commit that the image is tagged with.
    sha: Option<String>,
    /// Number of files with uncommitted changes.
    changed: usize,
    /// Completed and total steps, as the output reports them.
    pub progress: Option<(u32, u32)>,
    pub(super) stage: Stage,
    /// The login of the build program at the registry, once the registry has issued a token.
    pub(super) login: Option<Login>,
    /// The program that builds and pushes, once it is known which one is installed.
    tool: Option<Tool>,
    /// Why each unusable program cannot be used.
    unfit: Vec<(Tool, Check)>,
    /// Since when the scan of the pushed image has been awaited, and when it is requested again.
    pub(super) scan_since: Option<Timestamp>,
    pub(super) scan_again: Option<Timestamp>,
}

/// A program that builds and pushes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tool {
    Docker,
    Podman,
}

impl Tool {
    pub(super) fn program(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Login,
    Build,
    Push,
    Digest,
    Scan,
}

impl Build {
    pub(super) fn new(config: BuildConfig, dirty: bool) -> Self {
        Self {
            config,
            dirty,
            sha: None,
            changed: 0,
            progress: None,
            stage: Stage::Login,
            login: None,
            tool: None,
            unfit: Vec::new(),
            scan_since: None,
            scan_again: None,
        }
    }

    /// The name of the program that builds and pushes.
    pub(super) fn tool(&self) -> &'static str {
        self.tool.unwrap_or(Tool::Docker).program()
    }

    /// The queries before anything else: whether docker is available, and which commit this is.
    pub(super) fn queries(&self) -> Vec<(Slot, Program)> {
        let ask = |argv: &[&str]| Program {
            argv: argv.iter().map(ToString::to_string).collect(),
            folder: Some(self.config.context.clone()),
            captures_output: true,
            limit_seconds: QUERY_TIMEOUT_SECONDS,
            ..Program::default()
        };
        let mut queries = vec![
            (Slot::Run("commit"), ask(&["git", "rev-parse", "HEAD"])),
            (Slot::Run("changes"), ask(&["git", "status", "--porcelain"])),
        ];
        let wants = |tool: Tool| self.config.program.as_deref().is_none_or(|program| program == tool.program());
        if wants(Tool::Docker) {
            queries.push((Slot::Run("docker"), ask(&["docker", "buildx", "version"])));
        }
        if wants(Tool::Podman) {
            queries.push((Slot::Run("podman"), ask(&["podman", "--version"])));
        }
        queries
    }

    /// Records that docker or podman is missing, or cannot be queried.
    pub(super) fn record_unusable(&mut self, tool: Tool, check: Check) {
        self.unfit.push((tool, check));
    }

    /// Once everything was queried: why nothing here can build. If one of the two can, the other is not needed.
    pub(super) fn no_usable_tool(&mut self) -> Option<Check> {
        if self.tool.is_some() {
            return None;
        }
        // Docker's message comes first, because most people have docker.
        self.unfit.sort_by_key(|(tool, _)| *tool);
        self.unfit.drain(..).next().map(|(_, check)| check)
    }

    /// Takes an answer about the context of the build.
    pub(super) fn take_answer(
        &mut self,
        slot: &Slot,
        code: Option<i32>,
        (output, left_out): (&str, usize),
        guarded: bool,
    ) -> Result<(), Check> {
        let last = output.lines().last().unwrap_or_default().trim();
        let failed = |what: &str, hint: &str| {
            let text = if last.is_empty() { what.to_owned() } else { format!("{what}: {last}") };
            Err(Check::new(Level::Stop, text).hint(hint))
        };
        match slot {
            Slot::Run("docker") if code == Some(0) => {
                self.tool = Some(Tool::Docker);
                Ok(())
            }
            Slot::Run("podman") if code == Some(0) => {
                self.tool.get_or_insert(Tool::Podman);
                Ok(())
            }
            Slot::Run("docker") => {
                let failed = failed(
                    "docker has no buildx",
                    "install the docker-buildx plugin, or podman, or build elsewhere and deploy with --image",
                );
                self.unfit.extend(failed.err().map(|check| (Tool::Docker, check)));
                Ok(())
            }
            Slot::Run("podman") => {
                let failed = failed("podman cannot be used", "see what `podman info` says");
                self.unfit.extend(failed.err().map(|check| (Tool::Podman, check)));
                Ok(())
            }
            Slot::Run("commit") if code == Some(0) && !output.trim().is_empty() => {
                self.sha = Some(output.trim().to_owned());
                Ok(())
            }
            Slot::Run("commit") => {
                failed("the build context is in no git repository", "the image is tagged with the commit: commit first")
            }
            Slot::Run("changes") => {
                self.changed = left_out + output.lines().filter(|line| !line.trim().is_empty()).count();
                if self.changed > 0 && self.dirty && guarded {
                    let text = "a guarded environment gets no image of a tree with changes that are not committed";
                    return Err(Check::new(Level::Stop, text).hint("commit or stash first"));
                }
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

    /// The plan's sentence about the build.
    pub(super) fn describe(&self) -> String {
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

    /// The commit; marked if the tree has changes.
    pub(super) fn tag(&self) -> String {
        let sha = self.sha.as_deref().unwrap_or("the commit");
        if self.changed > 0 { format!("{sha}-dirty") } else { sha.to_owned() }
    }

    /// The commands as they will be run, for the plan.
    pub(super) fn commands(&self, image: &str, platform: &str) -> Vec<String> {
        [self.build(image, platform), self.push(image)].iter().map(|argv| argv.join(" ")).collect()
    }

    /// The image's full name and the platform, derived from the current image.
    pub(super) fn image_and_platform(&self, now: &ImageRef, architecture: Option<&str>) -> (String, String) {
        let platform = self.config.platform.clone();
        (now.tagged(&self.tag()), platform.unwrap_or_else(|| format!("linux/{}", architecture_of(architecture))))
    }

    pub(super) fn build(&self, image: &str, platform: &str) -> Vec<String> {
        let words = |text: &str| text.to_owned();
        let mut argv = match self.tool.unwrap_or(Tool::Docker) {
            Tool::Docker => ["docker", "buildx", "build"].map(words).to_vec(),
            Tool::Podman => ["podman", "build"].map(words).to_vec(),
        };
        argv.extend([words("--platform"), words(platform)]);
        if self.tool() == Tool::Docker.program() {
            argv.extend(["--progress", "plain", "--load"].map(words));
        }
        argv.extend([words("--tag"), words(image)]);
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

    pub(super) fn push(&self, image: &str) -> Vec<String> {
        [self.tool(), "push", image].map(str::to_owned).to_vec()
    }

    /// Reads the progress from docker's `#7 [3/9] RUN …` or podman's `STEP 3/9: RUN …`.
    pub(super) fn output(&mut self, line: &str) {
        let steps = line.split_once('[').and_then(|(_, rest)| rest.split_once(']')).map(|(steps, _)| steps);
        let steps = steps.or_else(|| Some(line.strip_prefix("STEP ")?.split_once(':')?.0));
        let of = steps.and_then(|steps| steps.rsplit(' ').next()?.split_once('/'));
        if let Some((done, all)) = of
            && let (Ok(done), Ok(all)) = (done.trim().parse::<u32>(), all.trim().parse::<u32>())
            && done <= all
        {
            self.progress = Some((done, all));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_beyond_the_kept_lines_are_counted() {
        let config = BuildConfig { context: ".".into(), ..BuildConfig::default() };
        let found = |dirty, guarded| {
            Build::new(config.clone(), dirty).take_answer(&Slot::Run("changes"), Some(0), (" M a\n M b", 50), guarded)
        };
        let check = found(false, false).unwrap_err();
        assert_eq!(check.text, "52 files are not committed");
        assert!(found(true, false).is_ok());
        assert!(found(true, true).unwrap_err().text.contains("guarded"), "--dirty is no way into production");
    }

    #[test]
    fn docker_is_preferred_and_podman_is_the_fallback() {
        let config = BuildConfig { context: ".".into(), target: Some("runner".into()), ..BuildConfig::default() };
        let (docker, podman) = (Slot::Run("docker"), Slot::Run("podman"));
        for both in [[&docker, &podman], [&podman, &docker]] {
            let mut build = Build::new(config.clone(), false);
            for slot in both {
                build.take_answer(slot, Some(0), ("1.0", 0), false).unwrap();
            }
            assert_eq!((build.tool(), build.no_usable_tool()), ("docker", None));
        }
        let mut build = Build::new(config.clone(), false);
        build.take_answer(&podman, Some(0), ("podman version 5", 0), false).unwrap();
        build.record_unusable(Tool::Docker, Check::new(Level::Stop, "there is no docker on this machine"));
        assert_eq!(build.no_usable_tool(), None);
        assert_eq!(
            build.commands("web:c0ffee1", "linux/arm64"),
            ["podman build --platform linux/arm64 --tag web:c0ffee1 --target runner .", "podman push web:c0ffee1"]
        );
        build.output("STEP 3/9: RUN npm ci");
        assert_eq!(build.progress, Some((3, 9)));
        let mut build = Build::new(config.clone(), false);
        build.record_unusable(Tool::Podman, Check::new(Level::Stop, "there is no podman on this machine"));
        build.record_unusable(Tool::Docker, Check::new(Level::Stop, "there is no docker on this machine"));
        assert!(build.no_usable_tool().unwrap().text.contains("docker"));
        let only = BuildConfig { program: Some("podman".into()), ..config };
        let programs: Vec<String> =
            Build::new(only, false).queries().into_iter().map(|(_, program)| program.argv[0].clone()).collect();
        assert_eq!(programs, ["git", "git", "podman"]);
    }
}
