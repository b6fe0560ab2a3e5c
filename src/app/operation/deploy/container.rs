//! Which container an image goes into, and the image itself in its registry. The order of containers means nothing:
//! what the load balancer reaches, what the image's repository is of, and the service's name tell it, in this order.
//! Where several are left a person must say, and what no registry was asked for goes nowhere by itself.

use super::{Deploy, Source};
use crate::app::operation::call::Read;
use crate::app::operation::step::{Ctx, Slot};
use crate::model::deploy::{Check, Level};
use crate::model::image::{Image, ImageRef, is_digest, is_tag};
use crate::model::task_definition::{ContainerDefinition, narrowed};
use crate::model::{Failure, FailureKind};

/// An image as it is asked for: a tag, a digest, or a whole name with one of them.
#[derive(Debug, Clone, PartialEq)]
struct Wanted {
    /// A tag or a digest.
    reference: String,
    /// Registry and repository, where they were said.
    of: Option<ImageRef>,
}

impl Wanted {
    fn parse(text: &str) -> Option<Self> {
        let plain = text.strip_prefix('@').unwrap_or(text);
        if is_digest(plain) || is_tag(plain) {
            return Some(Self { reference: plain.to_owned(), of: None });
        }
        // A digest that is cut is no tag of a repository that is called `sha256`.
        if plain.starts_with("sha256:") {
            return None;
        }
        let whole = ImageRef::parse(text);
        let reference = whole.digest.clone().or_else(|| whole.tag.clone())?;
        let said = !whole.repository.is_empty() && (is_digest(&reference) || is_tag(&reference));
        said.then_some(Self { reference, of: Some(whole) })
    }

    /// Where the image is, for a container with this one.
    fn place(&self, container: &ContainerDefinition) -> ImageRef {
        self.of.clone().unwrap_or_else(|| ImageRef::parse(&container.image))
    }

    /// The whole name of the image.
    fn image(&self, place: &ImageRef) -> String {
        if is_digest(&self.reference) { place.pinned(&self.reference) } else { place.tagged(&self.reference) }
    }
}

/// `web, datadog-agent`.
fn names<'a>(containers: impl IntoIterator<Item = &'a ContainerDefinition>) -> String {
    containers.into_iter().map(|container| container.name.as_str()).collect::<Vec<_>>().join(", ")
}

impl Deploy {
    /// Where the image is: in the repository of the container, or in the one that was named.
    pub(super) fn image_now(&self) -> Option<ImageRef> {
        let container = self.gather.copied()?.container(self.gather.container.name.as_deref()?)?;
        let wanted = match &self.request.source {
            Source::Image(wanted) => Wanted::parse(wanted),
            _ => None,
        };
        Some(wanted.map_or_else(|| ImageRef::parse(&container.image), |wanted| wanted.place(container)))
    }

    /// Decides on the container as far as that needs no registry, once it is known which definition is copied, and asks
    /// for the image.
    pub(super) fn ask_image(&mut self, ctx: &mut Ctx<'_>) {
        match self.request.source.clone() {
            Source::Image(wanted) => self.ask_for(&wanted, ctx),
            Source::Build { .. } => self.choose_for_build(),
            // What it is now; a revision that is gone back to keeps its own.
            Source::Force | Source::Back(_) => self.ask_what_runs(ctx),
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
        if let Some(registry) = now.registry_of() {
            let registry = Some(registry);
            let read = Read::Image { registry, repository: now.repository.clone(), reference };
            self.gather.read(Slot::Image, read, ctx);
        } else {
            self.gather.note(unchecked(&now));
        }
    }

    /// The containers that were asked for, or that may be meant; none where that was said to a person.
    fn candidates(&mut self, of: Option<&ImageRef>) -> Vec<ContainerDefinition> {
        let (Some(definition), Some(service)) = (self.gather.copied(), &self.gather.service) else { return Vec::new() };
        if let Some(name) = &self.request.container {
            if let Some(container) = definition.container(name) {
                return vec![container.clone()];
            }
            let check = Check::usage(format!("{} has no container {name}", definition.name));
            let there = names(&definition.containers);
            self.gather.stop(check.hint(format!("it has {there}")));
            return Vec::new();
        }
        let mut left: Vec<&ContainerDefinition> = definition.containers.iter().collect();
        if let Some(of) = of {
            left.retain(|container| ImageRef::parse(&container.image).name() == of.name());
            if left.is_empty() {
                let text = format!("no container of {} has an image of {}", definition.name, of.name());
                let there = names(&definition.containers);
                self.gather.stop(
                    Check::usage(text).hint(format!("say whose image is replaced: --container NAME, of {there}")),
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
            self.gather
                .stop(check.hint("a tag has letters, digits, `.`, `_` and `-`; a digest is sha256: and 64 digits"));
            return;
        };
        let candidates = self.candidates(wanted.of.as_ref());
        self.gather.container.candidates = candidates.iter().map(|container| container.name.clone()).collect();
        for container in &candidates {
            let place = wanted.place(container);
            if let Some(registry) = place.registry_of() {
                let (registry, repository) = (Some(registry), place.repository.clone());
                let read = Read::Image { registry, repository, reference: wanted.reference.clone() };
                self.gather.read(Slot::ImageOf(container.name.clone()), read, ctx);
            }
        }
        if candidates.iter().all(|container| wanted.place(container).ecr().is_none()) {
            self.settle_container();
        }
    }

    /// A registry answered; once all have, it is decided.
    pub(super) fn image_answered(&mut self, container: &str, answer: Result<Image, Failure>) {
        self.gather.container.answers.insert(container.to_owned(), answer);
        if !self.gather.waits_for(|slot| matches!(slot, Slot::ImageOf(_))) {
            self.settle_container();
        }
    }

    /// Decides on the container by what the registries answered.
    fn settle_container(&mut self) {
        let Source::Image(typed) = &self.request.source else { return };
        let (Some(wanted), Some(definition), Some(service)) =
            (Wanted::parse(typed), self.gather.copied().cloned(), self.gather.service.clone())
        else {
            return;
        };
        let chosen = &self.gather.container;
        let from: Vec<&ContainerDefinition> =
            definition.containers.iter().filter(|one| chosen.candidates.contains(&one.name)).collect();
        let left = narrowed(from, &service, |one| matches!(chosen.answers.get(&one.name), Some(Ok(_))));
        let (container, more) = match left.as_slice() {
            // Said already.
            [] => return,
            [one, more @ ..] => (*one, more),
        };
        let place = wanted.place(container);
        let answer = chosen.answers.get(&container.name).cloned();
        if !more.is_empty() {
            let failures: Vec<&Failure> = chosen.answers.values().filter_map(|answer| answer.as_ref().err()).collect();
            let nowhere = failures.len() == left.len();
            if let Some(failure) = failures.iter().find(|failure| failure.kind != FailureKind::NotFound)
                && nowhere
            {
                let failure = (*failure).clone();
                return self.missed(&Slot::Image, &failure);
            }
            let check = if nowhere {
                Check::new(Level::Stop, format!("there is no image {} of {}", wanted.reference, names(left)))
                    .hint("push it first, or choose another tag")
            } else {
                Check::usage(format!("which container the image is for cannot be told: {}", names(left)))
                    .hint("say which: --container NAME")
            };
            return self.gather.stop(check);
        }
        self.gather.container.name = Some(container.name.clone());
        self.target.image = Some(wanted.image(&place));
        let before = ImageRef::parse(&container.image).name();
        if before != place.name() {
            let text = format!("the image of {} comes from another repository: {}", container.name, place.name());
            self.gather.note(Check::new(Level::Warn, text));
        }
        match answer {
            Some(Ok(image)) => {
                self.pin(&image);
                self.gather.image = Some(image);
            }
            Some(Err(failure)) => self.missed(&Slot::Image, &failure),
            None if self.request.container.is_some() => self.gather.note(unchecked(&place)),
            // Nothing was asked that could say whether the image belongs there.
            None => {
                let text = format!("whether {} is of {} cannot be checked: it is not in ECR", typed, place.name());
                let hint = format!("if it is, say so: --container {}", container.name);
                self.gather.stop(Check::usage(text).hint(hint));
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
                self.gather.stop(Check::usage(text).hint("say which: --container NAME"));
            }
        }
    }

    /// The digest is what is deployed: a tag may mean another image tomorrow.
    pub(super) fn pin(&mut self, image: &Image) {
        self.target.digest = Some(image.digest.clone());
        if matches!(self.request.source, Source::Image(_) | Source::Build { .. })
            && let Some(now) = self.image_now()
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
    fn an_image_is_a_tag_a_digest_or_a_whole_name() {
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
