//! An app with a small AWS behind it: tests press keys and advance its rollouts.

use super::*;
use crate::app::operation::outcome::Verdict;
use crate::app::overlay::Kind;
use crate::app::testing::calls::Aws;
use crate::model::image::Image;
use std::collections::VecDeque;

pub const WEB: &str = "bookmark-manager-staging-web";

/// An app with both halves of its world: what is polled, and what operations read and change.
pub struct Stage {
    pub app: App,
    pub world: World,
    pub aws: Aws,
    /// Effects that leave the app and are no requests.
    pub other_effects: Vec<Effect>,
}

fn aws(world: &World) -> Aws {
    let history = world.rollouts.iter().map(|(name, entries)| {
        let entries =
            entries.iter().cloned().map(|entry| ServiceDeployment { arn: format!("arn:{}", entry.id), ..entry });
        (name.clone(), entries.collect())
    });
    let image = |tag: &str, minutes: i64, digit: &str| Image {
        repository: "web".into(),
        digest: format!("sha256:{}", digit.repeat(64)),
        tags: vec![tag.into()],
        pushed_at: ago(minutes),
        architectures: vec!["amd64".into()],
        ..Image::default()
    };
    Aws {
        account: world.account.clone(),
        now: now(),
        services: world
            .services
            .iter()
            .map(|service| Service { arn: format!("arn:aws:ecs:x:1:service/c/{}", service.name), ..service.clone() })
            .collect(),
        definitions: world.definitions.clone(),
        history: history.collect(),
        scalable: world.scalable.clone(),
        policies: world.policies.clone(),
        actions: world.scheduled.clone(),
        images: vec![image("c0ffee1", 4, "c"), image("9f3c2e1", 100, "9"), image("badc0de", 3000, "b")],
        tasks: world.tasks.clone(),
        ..Aws::default()
    }
}

impl Stage {
    pub fn new(size: (u16, u16)) -> Self {
        Self::with_environment(environment("staging"), Session::default(), size)
    }

    pub fn with_environment(environment: crate::config::EnvironmentConfig, session: Session, size: (u16, u16)) -> Self {
        let mut world = staging();
        // An earlier version, so that a rollback target and a usual duration exist.
        let entries = world.rollouts.get_mut(WEB).unwrap();
        entries.push(ServiceDeployment {
            id: "hist-0".into(),
            status: RolloutStatus::Successful,
            created_at: ago(3000),
            started_at: ago(3000),
            finished_at: ago(2998),
            target: Some("web:41".into()),
            ..ServiceDeployment::default()
        });
        world.definitions.insert(0, TaskDefinition { name: "web:41".into(), ..world.definitions[0].clone() });
        let aws = aws(&world);
        let (app, effects) = fresh(environment, session, size);
        let mut stage = Self { app, world, aws, other_effects: Vec::new() };
        stage.serve(effects);
        stage.advance_to(0);
        stage
    }

    /// Answers the requests, then draws the resulting screen.
    pub fn serve(&mut self, effects: Vec<Effect>) {
        self.answer(effects);
        read_screen(&mut self.app);
    }

    /// Answers the requests without drawing a frame.
    pub fn answer(&mut self, effects: Vec<Effect>) {
        let mut waiting: VecDeque<Effect> = effects.into();
        while let Some(effect) = waiting.pop_front() {
            match &effect {
                Effect::Fetch { .. } => self.world.answer(&mut self.app, vec![effect]),
                Effect::Call { .. } => {
                    if let Some(event) = self.aws.event(&effect) {
                        waiting.extend(self.app.update(event));
                    }
                }
                Effect::Connect { .. } => {}
                _ => self.other_effects.push(effect),
            }
        }
    }

    /// Advances the time to `seconds` after the start.
    pub fn advance_to(&mut self, seconds: i64) {
        let at: Timestamp = now() + SignedDuration::from_secs(seconds);
        self.aws.now = at;
        let effects = self.app.update(Event::Tick(at));
        self.serve(effects);
    }

    /// Lets `milliseconds` pass on the machine's clock before the next input.
    pub fn advance_clock(&mut self, milliseconds: i64) {
        let at = self.app.confirm.now() + SignedDuration::from_millis(milliseconds);
        self.app.update(Event::Elapsed(at));
    }

    /// Draws a frame now.
    pub fn frame(&mut self) {
        self.app.settle();
        self.app.update(Event::Drawn(self.app.confirm.now(), self.app.screen.size));
    }

    /// Presses a key at this very moment, even if nothing was drawn.
    pub fn press_now(&mut self, key: &str) {
        let effects = self.app.update(Event::Key(key.parse().unwrap()));
        self.answer(effects);
    }

    pub fn press(&mut self, keys: &str) {
        for key in keys.split_whitespace() {
            let effects = user_input(&mut self.app, Event::Key(key.parse().unwrap()));
            self.serve(effects);
        }
    }

    pub fn type_text(&mut self, text: &str) {
        for letter in text.chars() {
            let effects = user_input(&mut self.app, Event::Key(letter.to_string().parse().unwrap()));
            self.serve(effects);
        }
    }

    pub fn window(&self) -> Option<Kind> {
        self.app.screen.overlays.last().map(|overlay| overlay.kind)
    }

    #[track_caller]
    pub fn assert_shown(&self, text: &str) {
        let drawn = super::text(&self.app);
        assert!(drawn.contains(text), "{text:?} is not on the screen:\n{drawn}");
    }

    #[track_caller]
    pub fn assert_hidden(&self, text: &str) {
        let drawn = super::text(&self.app);
        assert!(!drawn.contains(text), "{text:?} is on the screen:\n{drawn}");
    }

    pub fn verdict(&self) -> Option<Verdict> {
        self.app.operations.list.last().and_then(|operation| operation.outcome.as_ref()).map(|outcome| outcome.verdict)
    }

    /// A stage with web selected and the plan of an image deployment open.
    pub fn planned(size: (u16, u16)) -> Self {
        let mut stage = Self::new(size);
        stage.press("2 j j D");
        stage.type_text("c0ffee1");
        stage.press("enter");
        stage
    }

    /// A stage with a deployment half done.
    pub fn with_half_deployment(size: (u16, u16)) -> Self {
        let mut stage = Self::new(size);
        for service in stage.aws.services.iter_mut().filter(|service| service.name == WEB) {
            service.desired = 4;
            service.running = 4;
            service.deployments[0].desired = 4;
            service.deployments[0].running = 4;
        }
        stage.press("2 j j D");
        stage.type_text("c0ffee1");
        stage.press("enter enter");
        stage.advance_to(1);
        for (second, fresh, starting, old) in
            [(4, 0, 2, 4), (16, 1, 1, 4), (28, 2, 2, 4), (40, 2, 2, 3), (52, 3, 1, 2), (64, 3, 1, 2)]
        {
            stage.aws.rollout(WEB, fresh, starting, old);
            stage.aws.targets = [("healthy", fresh + old), ("initial", starting)]
                .into_iter()
                .flat_map(|(state, count)| (0..count).map(move |_| Target { state: state.into(), ..Target::default() }))
                .collect();
            for step in 0..4 {
                stage.advance_to(second + step * 3);
            }
        }
        stage
    }
}
