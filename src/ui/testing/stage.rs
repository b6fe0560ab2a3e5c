//! An app on a stage: keys in, and a small AWS behind it whose rollouts a test moves on.

use super::*;
use crate::app::operation::outcome::Verdict;
use crate::app::overlay::Kind;
use crate::app::testing::calls::Aws;
use crate::model::image::Image;
use std::collections::VecDeque;

pub const WEB: &str = "bookmark-manager-staging-web";

/// An app, and the two halves of the world: what is polled, and what operations ask and change.
pub struct Stage {
    pub app: App,
    pub world: World,
    pub aws: Aws,
    /// Effects that leave the app and are no questions.
    pub left: Vec<Effect>,
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
        Self::of(environment("staging"), Session::default(), size)
    }

    pub fn of(environment: crate::config::EnvironmentConfig, session: Session, size: (u16, u16)) -> Self {
        let mut world = staging();
        // A second version that ran, so that there is a way back and a usual duration.
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
        let mut stage = Self { app, world, aws, left: Vec::new() };
        stage.serve(effects);
        stage.to(0);
        stage
    }

    /// Answers the questions, and reads the screen that follows.
    pub fn serve(&mut self, effects: Vec<Effect>) {
        self.answer(effects);
        read_screen(&mut self.app);
    }

    /// Answers the questions; no frame is drawn.
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
                _ => self.left.push(effect),
            }
        }
    }

    /// Time comes to so many seconds after the beginning.
    pub fn to(&mut self, seconds: i64) {
        let at: Timestamp = now() + SignedDuration::from_secs(seconds);
        self.aws.now = at;
        let effects = self.app.update(Event::Tick(at));
        self.serve(effects);
    }

    /// So many milliseconds go by before what comes next.
    pub fn pass(&mut self, milliseconds: i64) {
        let at = self.app.confirm.now() + SignedDuration::from_millis(milliseconds);
        self.app.update(Event::Elapsed(at));
    }

    /// A frame is drawn now.
    pub fn frame(&mut self) {
        self.app.settle();
        self.app.update(Event::Drawn(self.app.confirm.now(), self.app.screen.size));
    }

    /// A key at this very moment, whatever was drawn before.
    pub fn strike(&mut self, key: &str) {
        let effects = self.app.update(Event::Key(key.parse().unwrap()));
        self.answer(effects);
    }

    pub fn press(&mut self, keys: &str) {
        for key in keys.split_whitespace() {
            let effects = by_hand(&mut self.app, Event::Key(key.parse().unwrap()));
            self.serve(effects);
        }
    }

    pub fn typed(&mut self, text: &str) {
        for letter in text.chars() {
            let effects = by_hand(&mut self.app, Event::Key(letter.to_string().parse().unwrap()));
            self.serve(effects);
        }
    }

    pub fn window(&self) -> Option<Kind> {
        self.app.screen.overlays.last().map(|overlay| overlay.kind)
    }

    #[track_caller]
    pub fn shows(&self, text: &str) {
        let drawn = super::text(&self.app);
        assert!(drawn.contains(text), "{text:?} is not on the screen:\n{drawn}");
    }

    #[track_caller]
    pub fn hides(&self, text: &str) {
        let drawn = super::text(&self.app);
        assert!(!drawn.contains(text), "{text:?} is on the screen:\n{drawn}");
    }

    pub fn verdict(&self) -> Option<Verdict> {
        self.app.operations.list.last().and_then(|operation| operation.outcome.as_ref()).map(|outcome| outcome.verdict)
    }

    /// Web is selected, and the plan to deploy an image stands.
    pub fn planned(size: (u16, u16)) -> Self {
        let mut stage = Self::new(size);
        stage.press("2 j j D");
        stage.typed("c0ffee1");
        stage.press("enter");
        stage
    }

    /// A deployment of two tasks is half done.
    pub fn half(size: (u16, u16)) -> Self {
        let mut stage = Self::new(size);
        for service in stage.aws.services.iter_mut().filter(|service| service.name == WEB) {
            service.desired = 4;
            service.running = 4;
            service.deployments[0].desired = 4;
            service.deployments[0].running = 4;
        }
        stage.press("2 j j D");
        stage.typed("c0ffee1");
        stage.press("enter enter");
        stage.to(1);
        for (second, fresh, starting, old) in
            [(4, 0, 2, 4), (16, 1, 1, 4), (28, 2, 2, 4), (40, 2, 2, 3), (52, 3, 1, 2), (64, 3, 1, 2)]
        {
            stage.aws.rollout(WEB, fresh, starting, old);
            stage.aws.targets = [("healthy", fresh + old), ("initial", starting)]
                .into_iter()
                .flat_map(|(state, count)| (0..count).map(move |_| Target { state: state.into(), ..Target::default() }))
                .collect();
            for step in 0..4 {
                stage.to(second + step * 3);
            }
        }
        stage
    }
}
