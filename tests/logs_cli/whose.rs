//! Lines and whose they are: accounts that are not known, keys that are refused.

use super::*;

#[test]
fn lines_of_an_unknown_account_are_said_to_be() {
    let (home, world) = (Home::new(), World::staging());
    world.fault("sts:GetCallerIdentity", "denied");
    for command in ["logs --since 2m", "logs --tail 3", "insights errors"] {
        let said = line(&mut home.on(&world), command).coded(3);
        assert!(said.err.contains("whose credentials these are is not known"), "{command}: {said:#?}");
    }
    let answer = line(&mut home.on(&world), "insights errors -o json").coded(3).json();
    assert_eq!(answer["complete"], false, "{answer}");
}

#[test]
fn a_read_that_ends_does_not_wait_for_a_key_that_cannot_be_renewed() {
    let (home, world) = (Home::new(), World::staging());
    world.fault("logs:FilterLogEvents", "expired");
    world.fault("logs:GetLogEvents", "expired");
    let said = line(&mut home.on(&world), "logs --since 20s web").coded(8);
    assert!(said.err.contains("cannot be read any more"), "{said:#?}");
    // One request of each kind and group, and not eight in two minutes.
    assert!(world.asked("logs:FilterLogEvents") <= 2, "{}", world.asked("logs:FilterLogEvents"));
}
