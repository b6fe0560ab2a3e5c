//! A build: what it is asked before, its commands, and how far it is.

use crate::app::operation::call::Program;
use crate::app::operation::step::Slot;
use crate::config::BuildConfig;
use crate::model::deploy::{Check, Level};
use crate::model::image::{ImageRef, architecture_of};

/// Questions to programs are answered at once.
pub(super) const ASK_SECONDS: u64 = 30;

/// A build.
#[derive(Debug, Clone, PartialEq)]
pub struct Build {
    pub(super) config: BuildConfig,
    dirty: bool,
    /// The commit.
    sha: Option<String>,
    /// Files that are changed and not committed.
    changed: usize,
    /// Steps done and in all, as the output tells.
    pub progress: Option<(u32, u32)>,
    pub(super) stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
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
    pub(super) fn found(
        &mut self,
        slot: &Slot,
        code: Option<i32>,
        (output, left_out): (&str, usize),
    ) -> Result<(), Check> {
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
                self.changed = left_out + output.lines().filter(|line| !line.trim().is_empty()).count();
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
    pub(super) fn tag(&self) -> String {
        let sha = self.sha.as_deref().unwrap_or("the commit");
        if self.changed > 0 { format!("{sha}-dirty") } else { sha.to_owned() }
    }

    /// The commands as they will be run, for the plan.
    pub(super) fn commands(&self, image: &str, platform: &str) -> Vec<String> {
        [self.build(image, platform), push(image)].iter().map(|argv| argv.join(" ")).collect()
    }

    /// The image's whole name and the platform, for what stands in the repository now.
    pub(super) fn names(&self, now: &ImageRef, architecture: Option<&str>) -> (String, String) {
        (now.tagged(&self.tag()), format!("linux/{}", architecture_of(architecture)))
    }

    pub(super) fn build(&self, image: &str, platform: &str) -> Vec<String> {
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

pub(super) fn push(image: &str) -> Vec<String> {
    ["docker", "push", image].iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_counted_whose_lines_were_too_many_to_be_kept() {
        let config = BuildConfig { context: ".".into(), dockerfile: None, target: None };
        let check = Build::new(config, false).found(&Slot::Run("changes"), Some(0), (" M a\n M b", 50)).unwrap_err();
        assert_eq!(check.text, "52 files are not committed");
    }
}
