//! Tests of what a start restores, and what autoscaling does with it.

use crate::app::operation::Operations;
use crate::app::operation::call::{Call, Read, Reply};
use crate::app::operation::steps::StepChange;
use crate::app::operation::tests::{at, environment, get, me, ok, service, settle, steps};
use crate::model::deploy::Level;
use crate::model::scaling::Suspended;
use crate::model::timer::Power;
use crate::model::{ScalableTarget, Service};
use jiff::tz::TimeZone;

/// The warnings of a start of `web`, which ran five tasks before.
fn warned(max: u32, suspended: Suspended, kept: Option<Suspended>) -> Vec<String> {
    let target = ScalableTarget { resource: "service/app/web".into(), max, suspended, ..ScalableTarget::default() };
    let web = Service { remembered: Some(5), remembered_scaling: kept, ..service("web", 0, 0) };
    let mut operations = Operations::new("t", TimeZone::UTC);
    let services = vec!["web".to_owned()];
    let wanted = StepChange::Power { power: Power::Start, services, databases: false, direct: true };
    let (id, effects) = operations.start(steps(wanted), &environment(), at(0));
    settle(&mut operations, effects, at(0), &mut |call| match call {
        Call::Read(Read::Identity) => me("123456789012"),
        Call::Read(Read::Timers { .. }) => ok(Reply::Timers(Vec::new())),
        Call::Read(Read::Scalable { .. }) => ok(Reply::Scalable(Some(target.clone()))),
        Call::Read(_) => ok(Reply::Services(vec![web.clone()])),
        _ => ok(Reply::Done),
    });
    let plan = get(&operations, id).plan.as_ref().expect("planned");
    let warnings = plan.checks.iter().filter(|check| check.level == Level::Warn);
    warnings.map(|check| check.text.clone()).collect()
}

#[test]
fn count_above_the_autoscaling_limit_is_warned_of() {
    let (none, all) = (Suspended::default(), Suspended::ALL);
    let warning = ["autoscaling of web allows 3 at most, and may set 5 back to that"];
    assert_eq!(warned(3, none, None), warning);
    // A stop has suspended it, and the start resumes it.
    assert_eq!(warned(3, all, Some(none)), warning);
    assert_eq!(warned(3, all, None), Vec::<String>::new(), "it stays suspended");
    assert_eq!(warned(5, none, None), Vec::<String>::new(), "it allows as many");
}
