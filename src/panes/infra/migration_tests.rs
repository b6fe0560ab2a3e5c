//! Migration of states to S3: bucket, confirmation, progress, and the warning on quitting.

use super::testing::Desk;
use super::{late_answers, migration};
use crate::app::effect::Effect;
use crate::app::event::{Answer, Event};
use crate::app::ticket::Ticket;
use crate::feeds::infra::{Ask, Fact, MovableStates};
use crate::feeds::part::Part;
use crate::feeds::{self};
use crate::model::infra::Tool;
use crate::model::{Failure, FailureKind};
use crate::ui::testing::user_input;

/// The requests to the infra feed that keys lead to.
fn asked(desk: &mut Desk, keys: &str) -> Vec<(Ticket, Ask)> {
    let mut asks = Vec::new();
    for key in keys.split(' ') {
        let effects = user_input(&mut desk.app, Event::Key(key.parse().unwrap()));
        asks.extend(effects.iter().filter_map(|effect| match effect {
            Effect::Fetch { ticket, ask: feeds::Ask::Infra(ask), .. } => Some((*ticket, ask.clone())),
            _ => None,
        }));
        desk.answer(effects);
    }
    asks
}

/// The keys that type the command's name into the palette.
const NAMED: &str = ": i n f r a - m i g r a t e enter";

fn states(bucket: Option<&str>) -> MovableStates {
    MovableStates {
        units: vec!["auth".into()],
        bucket: bucket.map(str::to_owned),
        lines: vec![
            "auth: serial 4, lineage 95b5, 12 resources, in /units/auth/terraform.tfstate".into(),
            "auth goes to s3://states/staging/auth/terraform.tfstate".into(),
        ],
        notes: vec!["network: no state in a file of this machine".into()],
    }
}

fn told(desk: &mut Desk, ticket: Ticket, fact: Fact) {
    desk.answered(ticket, Part::Last(fact));
}

/// A confirmed migration.
fn begun(desk: &mut Desk) -> Ticket {
    desk.keys("6");
    let asks = asked(desk, NAMED);
    let [(ticket, Ask::Movable { units, bucket: None, .. })] = &asks[..] else { panic!("{asks:?}") };
    assert_eq!(units[..], ["auth".to_owned()], "the selected one");
    told(desk, *ticket, Fact::Movable(states(None)));
    let screen = desk.screen();
    for part in [
        "Move the states of auth to S3",
        "serial 4, lineage 95b5",
        "auth goes to s3://states/",
        "are put back as they were",
        "cockpit infra migrate-state --env staging --unit auth",
    ] {
        assert!(screen.contains(part), "{part}: {screen}");
    }
    assert_eq!(asked(desk, "enter").len(), 0, "Cancel was selected");
    let [(ticket, _)] = &asked(desk, NAMED)[..] else { panic!("it is asked") };
    told(desk, *ticket, Fact::Movable(states(None)));
    let [(ticket, Ask::Move { states: wanted, .. })] = &asked(desk, "right enter")[..] else { panic!("it is moved") };
    assert_eq!(*wanted, states(None), "as they were shown");
    *ticket
}

#[test]
fn states_are_migrated_after_confirmation_and_quitting_warns_of_it() {
    let mut desk = Desk::new((120, 40));
    let ticket = begun(&mut desk);
    desk.answered(ticket, Part::Page(Fact::Moving("moving the state of auth to S3 …".into())));
    desk.tick(1);
    assert!(desk.screen().contains("moving the state of auth to S3 …"), "{}", desk.screen());
    assert!(migration::loses(&desk.app).is_some_and(|lost| lost.contains("states of staging")));
    assert_eq!(asked(&mut desk, "P").len(), 0, "no run begins meanwhile");
    assert!(desk.screen().contains("nothing else begins until that is over"), "{}", desk.screen());
    for changes_code in ["i", "F", "B"] {
        assert_eq!(asked(&mut desk, changes_code).len(), 0, "its code is tried by the move: {}", desk.screen());
        assert!(desk.app.screen.overlays.is_empty() && desk.app.screen.typing.is_none(), "{}", desk.screen());
    }
    told(&mut desk, ticket, Fact::Moved(vec!["auth: moved: the same lineage and content".into()]));
    assert!(desk.screen().contains("auth: moved: the same lineage and content"), "{}", desk.screen());
    assert_eq!(migration::loses(&desk.app), None);
    desk.keys("esc P");
    assert_eq!(desk.begun.len(), 1, "{}", desk.screen());
}

#[test]
fn undone_migration_is_reported_even_in_another_environment() {
    let mut desk = Desk::new((120, 40));
    let ticket = begun(&mut desk);
    let why = "the state of auth was not moved\nits plan is not empty after it\nit was put back: files and code are as before";
    desk.answered(ticket, Part::<Fact>::Failed(Failure::new(FailureKind::Other, why)));
    let screen = desk.screen();
    assert!(screen.contains("its plan is not empty") && screen.contains("it was put back"), "{screen}");
    assert_eq!(migration::loses(&desk.app), None);
    desk.keys("esc");
    let ticket = begun(&mut desk);
    drop(late_answers::switched(&mut desk.app));
    let progress = Fact::Moving("moving the state of auth to S3 …".into());
    for part in [Part::Page(progress), Part::Last(Fact::Moved(vec!["auth: moved".into()]))] {
        late_answers::answer(&mut desk.app, Answer { ticket, requests: 0, part: part.into() });
    }
    assert_eq!(desk.app.activity.last().map(|entry| entry.text.as_str()), Some("staging: auth: moved"));
    assert_eq!(migration::loses(&desk.app), None);
}

#[test]
fn terraform_migration_asks_for_the_bucket_and_reports_no_local_states() {
    let mut desk = Desk::new((120, 40));
    desk.app.environment.infra.kind = Some(Tool::Terraform);
    desk.keys("6");
    assert_eq!(asked(&mut desk, NAMED).len(), 0);
    assert!(desk.screen().contains("bucket (empty: the one in the code)"), "{}", desk.screen());
    let mut small = Desk::new((80, 24));
    small.app.environment.infra.kind = Some(Tool::Terraform);
    small.keys("6");
    assert_eq!(asked(&mut small, &format!("{NAMED} o u r - s t a t e s")).len(), 0);
    assert!(small.screen().contains("our-states"), "what is typed is seen on a small screen: {}", small.screen());
    assert_eq!(asked(&mut desk, "a / b enter").len(), 0);
    assert!(desk.screen().contains("that is not the name of a bucket"), "{}", desk.screen());
    let asks = asked(&mut desk, &format!("{NAMED} s t a t e s enter"));
    let [(ticket, Ask::Movable { bucket, .. })] = &asks[..] else { panic!("{asks:?}") };
    assert_eq!(bucket.as_deref(), Some("states"));
    told(&mut desk, *ticket, Fact::Movable(states(Some("states"))));
    assert!(desk.screen().contains("migrate-state --bucket states --env staging"), "{}", desk.screen());
    let asks = asked(&mut desk, &format!("esc {NAMED} enter"));
    let [(ticket, Ask::Movable { bucket: None, .. })] = &asks[..] else { panic!("{asks:?}") };
    told(&mut desk, *ticket, Fact::Movable(MovableStates { units: Vec::new(), ..states(None) }));
    assert!(desk.screen().contains("network: no state in a file of this machine"), "{}", desk.screen());
}
