//! What a start brings back, and what autoscaling makes of it.

use crate::app::operation::Operations;
use crate::app::operation::call::{Call, Read, Reply};
use crate::app::operation::steps::Wanted;
use crate::app::operation::tests::{at, environment, get, me, ok, service, settle, steps};
use crate::model::deploy::Level;
use crate::model::scaling::Suspended;
use crate::model::timer::Power;
use crate::model::{ScalableTarget, Service};
use jiff::tz::TimeZone;

/// What a start of `web`, which ran five tasks before, warns of.
fn warned(max: u32, suspended: Suspended, kept: Option<Suspended>) -> Vec<String> {
    let target = ScalableTarget { resource: "service/app/web".into(), max, suspended, ..ScalableTarget::default() };
    let web = Service { remembered: Some(5), remembered_scaling: kept, ..service("web", 0, 0) };
    let mut operations = Operations::new("t", TimeZone::UTC);
    let services = vec!["web".to_owned()];
    let wanted = Wanted::Power { power: Power::Start, services, databases: false, direct: true };
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
fn a_count_that_autoscaling_would_take_back_is_warned_of() {
    let (none, all) = (Suspended::default(), Suspended::ALL);
    let told = ["autoscaling of web allows 3 at most, and may set 5 back to that"];
    assert_eq!(warned(3, none, None), told);
    // A stop has suspended it, and the start lets it go on.
    assert_eq!(warned(3, all, Some(none)), told);
    assert_eq!(warned(3, all, None), Vec::<String>::new(), "it stays suspended");
    assert_eq!(warned(5, none, None), Vec::<String>::new(), "it allows as many");
}
