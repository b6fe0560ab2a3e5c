//! Plans that are read: beside everything else, with what guards what they destroy and what is lost with it.

use super::super::folder;
use super::super::leaf::{Exit, News, Told};
use super::super::shim;
use super::super::show;
use super::super::steps;
use super::Supervisor;
use crate::model::infra::Unit;
use crate::model::infra::run_event::{Goal, Step, What};

impl Supervisor<'_> {
    /// Reads the plan that was made, beside everything else.
    pub(super) fn show(&mut self, unit: &Unit) {
        let leaf = shim::leaf(&folder::leaf(&self.run, &unit.name, Step::Plan));
        let state = self.state.units.get(&unit.name);
        let summary = state.and_then(|unit| unit.step.as_ref()?.summary);
        let call = {
            let dir = leaf.as_ref().map(|leaf| leaf.dir.clone());
            let plan = folder::plan_file(&self.run, &unit.name);
            steps::ask(
                &self.order,
                &self.around,
                unit,
                dir.as_deref(),
                vec!["show".into(), "-json".into(), "-no-color".into(), plan.into()],
            )
        };
        // What lifts guards has targets of its own.
        let named = match self.lifting(unit) {
            Some(_) => (Vec::new(), Vec::new()),
            None => (self.order.replace.clone(), self.order.targets.clone()),
        };
        let looked = show::Asked {
            run: self.run.clone(),
            unit: unit.clone(),
            call,
            summary,
            account: self.order.account.clone(),
            dir: leaf.map(|leaf| leaf.dir),
            code: self.codes.remove(&unit.name),
            named,
            destroys: self.order.goal == Goal::Destroy,
            skip_snapshots: self.order.skip_snapshots,
        };
        let (out, name) = (self.out.clone(), unit.name.clone());
        let task = tokio::spawn(async move {
            let plan = show::read(looked).await;
            let told = Told { unit: name, step: Step::Show, what: News::Ended(Exit::Unknown) };
            let _ = out.send(told).await;
            plan
        });
        self.showing.insert(unit.name.clone(), task);
    }

    /// A plan was read.
    pub(super) async fn shown(&mut self, unit: &str) {
        let Some(task) = self.showing.remove(unit) else { return };
        let (mut failed, mut guards) = (None, Vec::new());
        match task.await.map_err(|error| error.to_string()).and_then(|plan| plan) {
            Ok(show::Read { plan, held }) => {
                if !held.is_empty() {
                    let losses = (self.counts)(self.order.clone(), held).await;
                    self.tell(What::Counted { unit: unit.to_owned(), losses });
                }
                match self.guards_to_lift(unit, &plan.guards) {
                    Ok(found) if found.is_empty() => self.tell(What::PlanReady { unit: unit.to_owned(), plan }),
                    Ok(found) => guards = found,
                    Err(why) => failed = Some(why),
                }
            }
            Err(why) => failed = Some(why),
        }
        self.tell(What::StepEnded { unit: unit.to_owned(), step: Step::Show, code: None, failed });
        if !guards.is_empty() {
            self.tell(What::Guarded { unit: unit.to_owned(), guards });
        }
    }
}
