//! The tasks of the deployments on the stage: they start, run, crash and are counted.

use super::*;

impl Stage {
    pub(super) fn running(&self, deployment: &str) -> u32 {
        let runs = |task: &&Work| task.deployment == deployment && task.runs <= self.second && !self.over(task);
        self.tasks.iter().filter(runs).count() as u32
    }

    pub(super) fn over(&self, task: &Work) -> bool {
        task.ends.is_some_and(|(end, ..)| end <= self.second)
    }

    /// Tasks that end by themselves are counted if it is their own fault.
    pub(super) fn end_tasks(&mut self) {
        let second = self.second;
        let ended = |task: &Work| task.ends.is_some_and(|(end, ..)| end <= second);
        for task in self.tasks.iter_mut().filter(|task| ended(task) && !task.told) {
            task.told = true;
            let own = task.ends.is_some_and(|(_, code, _)| code == "EssentialContainerExited");
            let release = self.releases.iter_mut().find(|release| release.deployment == task.deployment);
            if let Some(release) = release.filter(|_| own) {
                release.failures += 1;
            }
        }
    }

    pub(super) fn start_tasks(&mut self) {
        let Some(primary) = self.service.primary().map(|primary| primary.id.clone()) else { return };
        let desired = self.service.desired as usize;
        let lives = |task: &&Work| task.deployment == primary && task.ends.is_none_or(|(end, ..)| end > self.second);
        let living = self.tasks.iter().filter(lives).count();
        // Beyond the desired count the newest tasks go first; tasks of older deployments go once the new one has all of
        // its own.
        let enough = self.running(&primary) as usize >= desired;
        let mut extra = living.saturating_sub(desired);
        let second = self.second;
        for task in self.tasks.iter_mut().rev().filter(|task| task.ends.is_none_or(|(end, ..)| end > second)) {
            if (task.deployment == primary && extra > 0) || (task.deployment != primary && enough) {
                extra -= usize::from(task.deployment == primary);
                task.ends = Some((second, "ServiceSchedulerInitiated", "Scaling activity initiated by (deployment x)"));
            }
        }
        if living >= desired || self.second < self.next_start {
            return;
        }
        self.next_start = self.second + 4;
        let crash = Some((self.second + UP + CRASH, "EssentialContainerExited", "Essential container in task exited"));
        let spot = Some((self.second + UP + CRASH, "SpotInterruption", "Your Spot Task was interrupted."));
        let release = self.releases.iter().find(|release| release.deployment == primary);
        let whose = release.map_or(Whose::Old, |release| release.whose);
        let back = self.releases.iter().any(|release| release.entry.status == RolloutStatus::RollbackInProgress);
        let successful = release.is_some_and(|release| release.entry.status == RolloutStatus::Successful);
        let ends = match (whose, self.end) {
            _ if back && self.end == End::BackNeverComes => return,
            _ if back && self.end == End::BackFails => crash,
            (Whose::Back, End::BackNeverComes) => return,
            (Whose::Back, End::BackFails) | (Whose::Crashing, _) => crash,
            (Whose::Back, _) => None,
            _ if self.changed.is_none() => None,
            (_, End::Hangs) => return,
            (_, End::Crashes | End::BackNeverComes | End::BackFails) => crash,
            (_, End::CrashesTwice) if self.fresh < 2 => crash,
            (_, End::Spot) if self.fresh < 2 => spot,
            (_, End::Falls) if successful => crash,
            _ => None,
        };
        self.fresh += u32::from(self.changed.is_some());
        self.work(&primary, ends);
    }

    pub(super) fn count(&mut self) {
        let mut deployments = std::mem::take(&mut self.service.deployments);
        for other in &mut deployments {
            other.running = self.running(&other.id);
            let starts = |task: &&Work| task.deployment == other.id && task.runs > self.second && !self.over(task);
            other.pending = self.tasks.iter().filter(starts).count() as u32;
            other.desired = if other.status == "PRIMARY" { self.service.desired } else { 0 };
        }
        deployments.retain(|other| other.status == "PRIMARY" || other.running + other.pending > 0);
        self.service.running = deployments.iter().map(|other| other.running).sum();
        self.service.pending = deployments.iter().map(|other| other.pending).sum();
        self.service.deployments = deployments;
        for release in &mut self.releases {
            let of = self.service.deployments.iter().find(|other| other.id == release.deployment);
            release.ran |= of.is_some_and(|other| other.running > 0);
        }
    }
}
