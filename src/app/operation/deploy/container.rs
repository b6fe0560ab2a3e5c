//! Determines the container for an image, and finds the image in its registry. The order of containers means nothing.
//! The container is determined by what the load balancer reaches, by the repository of the image, and by the service's
//! name, in this order. If several are left, a person must choose, and an image whose registry was not queried is never
//! assigned automatically.

use super::{Deploy, Source};
use crate::app::operation::call::Read;
use crate::app::operation::step::{Ctx, Slot};
use crate::model::deploy::{Check, Level};
use crate::model::image::{Image, ImageRef, is_digest, is_tag};
use crate::model::task_definition::{ContainerDefinition, narrowed};
use crate::model::{Failure, FailureKind};

/// The requested image: a tag, a digest, or a full name with one of them.
#[derive(Debug, Clone, PartialEq)]
struct Wanted {
    /// A tag or a digest.
    reference: String,
    /// The registry and repository, if they were given.
    of: Option<ImageRef>,
}

impl Wanted {
    fn parse(text: &str) -> Option<Self> {
        let plain = text.strip_prefix('@').unwrap_or(text);
        if is_digest(plain) || is_tag(plain) {
            return Some(Self { reference: plain.to_owned(), of: None });
        }
        // A truncated digest is not a tag of a repository named `sha256`.
        if plain.starts_with("sha256:") {
            return None;
        }
        let parsed = ImageRef::parse(text);
        let reference = parsed.digest.clone().or_else(|| parsed.tag.clone())?;
        let is_complete = !parsed.repository.is_empty() && (is_digest(&reference) || is_tag(&reference));
        is_complete.then_some(Self { reference, of: Some(parsed) })
    }

    /// The location of the image, for a container with this image.
    fn place(&self, container: &ContainerDefinition) -> ImageRef {
        self.of.clone().unwrap_or_else(|| ImageRef::parse(&container.image))
    }

    /// The full name of the image.
    fn image(&self, place: &ImageRef) -> String {
        if is_digest(&self.reference) { place.pinned(&self.reference) } else { place.tagged(&self.reference) }
    }
}

/// `web, datadog-agent`.
fn names<'a>(containers: impl IntoIterator<Item = &'a ContainerDefinition>) -> String {
    containers.into_iter().map(|container| container.name.as_str()).collect::<Vec<_>>().join(", ")
}

impl Deploy {
    /// The location of the image: in the repository of the container, or in the named one.
    pub(super) fn current_image(&self) -> Option<ImageRef> {
        let container = self.gather.base_definition()?.container(self.gather.container.name.as_deref()?)?;
        let wanted = match &self.request.source {
            Source::Image(wanted) => Wanted::parse(wanted),
            _ => None,
        };
        Some(wanted.map_or_else(|| ImageRef::parse(&container.image), |wanted| wanted.place(container)))
    }

    /// Decides on the container as far as possible without a registry, once the task definition to copy is known, and
    /// requests the image.
    pub(super) fn request_image(&mut self, ctx: &mut Ctx<'_>) {
        match self.request.source.clone() {
            Source::Image(wanted) => self.ask_for(&wanted, ctx),
            Source::Build { .. } => self.choose_for_build(),
            // The current image; a revision that is rolled back to keeps its own.
            Source::Force | Source::RollBack(_) => self.ask_what_runs(ctx),
            Source::Attach => {}
        }
    }

    fn ask_what_runs(&mut self, ctx: &mut Ctx<'_>) {
        let gather = &mut self.gather;
        let main = gather.service.as_ref().zip(gather.base.as_ref().or(gather.definition.as_ref()));
        let Some(main) = main.and_then(|(service, definition)| definition.main_container(service)) else { return };
        gather.container.name = Some(main.name.clone());
        let now = ImageRef::parse(&main.image);
        let reference = now.reference().to_owned();
        self.target.image = Some(if is_digest(&reference) { now.pinned(&reference) } else { now.tagged(&reference) });
        if let Some(registry) = now.ecr_registry() {
            let registry = Some(registry);
            let read = Read::Image { registry, repository: now.repository.clone(), reference };
            self.gather.read(Slot::Image, read, ctx);
        } else {
            self.gather.add_note(unchecked(&now));
        }
    }

    /// The containers that were requested or are possible; empty if that was already reported as a problem.
    fn candidates(&mut self, of: Option<&ImageRef>) -> Vec<ContainerDefinition> {
        let (Some(definition), Some(service)) = (self.gather.base_definition(), &self.gather.service) else {
            return Vec::new();
        };
        if let Some(name) = &self.request.container {
            if let Some(container) = definition.container(name) {
                return vec![container.clone()];
            }
            let check = Check::usage(format!("{} has no container {name}", definition.name));
            let existing = names(&definition.containers);
            self.gather.add_blocker(check.hint(format!("it has {existing}")));
            return Vec::new();
        }
        let mut left: Vec<&ContainerDefinition> = definition.containers.iter().collect();
        if let Some(of) = of {
            left.retain(|container| ImageRef::parse(&container.image).name() == of.name());
            if left.is_empty() {
                let text = format!("no container of {} has an image of {}", definition.name, of.name());
                let existing = names(&definition.containers);
                self.gather.add_blocker(
                    Check::usage(text).hint(format!("say whose image is replaced: --container NAME, of {existing}")),
                );
                return Vec::new();
            }
        }
        let reached: Vec<_> = left.iter().copied().filter(|one| service.balanced.contains(&one.name)).collect();
        if reached.is_empty() { left } else { reached }.into_iter().cloned().collect()
    }

    fn ask_for(&mut self, wanted: &str, ctx: &mut Ctx<'_>) {
        let Some(wanted) = Wanted::parse(wanted) else {
            let check =
                Check::usage(format!("`{wanted}` is neither a tag nor a digest nor the whole name of an image"));
            self.gather.add_blocker(
                check.hint("a tag has letters, digits, `.`, `_` and `-`; a digest is sha256: and 64 digits"),
            );
            return;
        };
        let candidates = self.candidates(wanted.of.as_ref());
        self.gather.container.candidates = candidates.iter().map(|container| container.name.clone()).collect();
        for container in &candidates {
            let place = wanted.place(container);
            if let Some(registry) = place.ecr_registry() {
                let (registry, repository) = (Some(registry), place.repository.clone());
                let read = Read::Image { registry, repository, reference: wanted.reference.clone() };
                self.gather.read(Slot::ImageOf(container.name.clone()), read, ctx);
            }
        }
        if candidates.iter().all(|container| wanted.place(container).ecr().is_none()) {
            self.settle_container();
        }
    }

    /// Takes the answer of a registry; once all have answered, the container is decided.
    pub(super) fn image_answered(&mut self, container: &str, answer: Result<Image, Failure>) {
        self.gather.container.answers.insert(container.to_owned(), answer);
        if !self.gather.waits_for(|slot| matches!(slot, Slot::ImageOf(_))) {
            self.settle_container();
        }
    }

    /// Decides on the container from the answers of the registries.
    fn settle_container(&mut self) {
        let Source::Image(typed) = &self.request.source else { return };
        let (Some(wanted), Some(definition), Some(service)) =
            (Wanted::parse(typed), self.gather.base_definition().cloned(), self.gather.service.clone())
        else {
            return;
        };
        let chosen = &self.gather.container;
        let from: Vec<&ContainerDefinition> =
            definition.containers.iter().filter(|one| chosen.candidates.contains(&one.name)).collect();
        let left = narrowed(from, &service, |one| matches!(chosen.answers.get(&one.name), Some(Ok(_))));
        let (container, more) = match left.as_slice() {
            // Already reported.
            [] => return,
            [one, more @ ..] => (*one, more),
        };
        let place = wanted.place(container);
        let answer = chosen.answers.get(&container.name).cloned();
        if !more.is_empty() {
            let failures: Vec<&Failure> = chosen.answers.values().filter_map(|answer| answer.as_ref().err()).collect();
            let found_nowhere = failures.len() == left.len();
            if let Some(failure) = failures.iter().find(|failure| failure.kind != FailureKind::NotFound)
                && found_nowhere
            {
                let failure = (*failure).clone();
                return self.read_failed(&Slot::Image, &failure);
            }
            let check = if found_nowhere {
                Check::new(Level::Stop, format!("there is no image {} of {}", wanted.reference, names(left)))
                    .hint("push it first, or choose another tag")
            } else {
                Check::usage(format!("which container the image is for cannot be told: {}", names(left)))
                    .hint("say which: --container NAME")
            };
            return self.gather.add_blocker(check);
        }
        self.gather.container.name = Some(container.name.clone());
        self.target.image = Some(wanted.image(&place));
        let before = ImageRef::parse(&container.image).name();
        if before != place.name() {
            let text = format!("the image of {} comes from another repository: {}", container.name, place.name());
            self.gather.add_note(Check::new(Level::Warn, text));
        }
        match answer {
            Some(Ok(image)) => {
                self.pin(&image);
                self.gather.image = Some(image);
            }
            Some(Err(failure)) => self.read_failed(&Slot::Image, &failure),
            None if self.request.container.is_some() => self.gather.add_note(unchecked(&place)),
            // No registry could tell whether the image belongs there.
            None => {
                let text = format!("whether {} is of {} cannot be checked: it is not in ECR", typed, place.name());
                let hint = format!("if it is, say so: --container {}", container.name);
                self.gather.add_blocker(Check::usage(text).hint(hint));
            }
        }
    }

    fn choose_for_build(&mut self) {
        let candidates = self.candidates(None);
        let Some(service) = &self.gather.service else { return };
        let left = narrowed(candidates.iter().collect(), service, |_| false);
        match left.as_slice() {
            [] => {}
            [one] => self.gather.container.name = Some(one.name.clone()),
            _ => {
                let text = format!("which container the image is built for cannot be told: {}", names(left));
                self.gather.add_blocker(Check::usage(text).hint("say which: --container NAME"));
            }
        }
    }

    /// Pins the digest, which is what gets deployed: a tag may point to another image tomorrow.
    pub(super) fn pin(&mut self, image: &Image) {
        self.target.digest = Some(image.digest.clone());
        if matches!(self.request.source, Source::Image(_) | Source::Build { .. })
            && let Some(now) = self.current_image()
        {
            self.target.image = Some(now.pinned(&image.digest));
        }
    }
}

fn unchecked(image: &ImageRef) -> Check {
    Check::new(Level::Warn, format!("{} is not in ECR: whether the image exists is not checked", image.name()))
        .hint("ECS resolves the tag when the deployment begins")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn image_is_a_tag_a_digest_or_a_full_name() {
        let digest = format!("sha256:{}", "0a".repeat(32));
        let parsed = |text: &str| {
            Wanted::parse(text).map(|wanted| (wanted.reference, wanted.of.map(|of| of.name()).unwrap_or_default()))
        };
        let plain = |text: &str| Some((text.to_owned(), String::new()));
        assert_eq!(parsed("c0ffee1"), plain("c0ffee1"));
        assert_eq!(parsed(&digest), plain(&digest));
        assert_eq!(parsed(&format!("@{digest}")), plain(&digest));
        let of = |reference: &str, name: &str| Some((reference.to_owned(), name.to_owned()));
        assert_eq!(parsed("1.dkr.ecr.x.amazonaws.com/a/web:7"), of("7", "1.dkr.ecr.x.amazonaws.com/a/web"));
        assert_eq!(parsed("web:7"), of("7", "web"));
        assert_eq!(parsed(&format!("r.io/web@{digest}")), of(&digest, "r.io/web"));
        for wrong in ["", "a/web", "web:", ":7", "web:-7", "web@sha256:00", "sha256:0a zz", "sha256:abc", "@sha256:abc"]
        {
            assert_eq!(parsed(wrong), None, "{wrong}");
        }
    }
}
