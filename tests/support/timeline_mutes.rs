//! Alarms that notify nobody for a time.

use super::*;

#[test]
fn an_alarm_is_muted_for_a_time_by_a_rule_that_cloudwatch_ends_and_is_let_tell_again() {
    const ALARM: &str = "bookmark-manager-staging-db-cpu-high";
    let (home, world) = (Home::new(), World::staging());
    let alarm = |world: &World| {
        let said = line(&mut home.on(world), "alarms --all -o json").coded(0).json();
        follows_schema(&home, "alarms", &said);
        let all = said["alarms"].as_array().unwrap().clone();
        all.into_iter().find(|alarm| alarm["name"] == ALARM).unwrap()
    };
    assert_eq!(alarm(&world)["muted_until"], Value::Null);
    let dry = line(&mut home.on(&world), "alarms mute db-cpu-high --for 1h --dry-run -o json").coded(0).json();
    assert_eq!(dry["operations"][0]["title"], format!("mute {ALARM} for 1h"));
    assert_eq!(alarm(&world)["muted_until"], Value::Null, "nothing was changed");
    let said = line(&mut home.on(&world), "alarms mute db-cpu-high --for 1h --yes -o json").coded(0).json();
    follows_schema(&home, "operation", &said);
    assert_eq!(said["operations"][0]["verdict"], "done", "{said}");
    let until: jiff::Timestamp = alarm(&world)["muted_until"].as_str().unwrap().parse().unwrap();
    let left = until.duration_since(now(&world)).as_mins();
    assert!((59..=61).contains(&left), "{left}");
    let table = line(&mut home.on(&world), "alarms --all").coded(0).out;
    assert!(table.contains("MUTED UNTIL"), "{table}");
    let audit = line(&mut home.on(&world), "audit -o json").coded(0).out;
    assert!(audit.contains("cloudwatch:PutAlarmMuteRule") || audit.contains("alarms mute"), "{audit}");
    // Nobody has to be there for its end.
    world.advance(3_700);
    assert_eq!(alarm(&world)["muted_until"], Value::Null);
    line(&mut home.on(&world), "alarms mute db-cpu-high --for 30m --yes").coded(0);
    line(&mut home.on(&world), "alarms unmute db-cpu-high --yes").coded(0);
    assert_eq!(alarm(&world)["muted_until"], Value::Null);
    // What is not muted, what is not there, what is not a time, and what may not be done.
    assert_ne!(line(&mut home.on(&world), "alarms unmute db-cpu-high --yes").code, 0);
    line(&mut home.on(&world), "alarms mute no-such --for 1h --yes").coded(2);
    line(&mut home.on(&world), "alarms mute bookmark --for 1h --yes").coded(2);
    line(&mut home.on(&world), "alarms mute db-cpu-high --for 90s --yes").coded(2);
    world.fault("cloudwatch:PutAlarmMuteRule", "denied");
    let denied = line(&mut home.on(&world), "alarms mute db-cpu-high --for 1h --yes");
    assert!(denied.code != 0 && denied.err.contains("cloudwatch:PutAlarmMuteRule"), "{denied:#?}");
    world.clear_faults();
    world.fault("cloudwatch:ListAlarmMuteRules", "denied");
    let list = line(&mut home.on(&world), "alarms --all").coded(3).out;
    assert!(list.contains("cloudwatch:ListAlarmMuteRules"), "{list}");
    assert!(list.contains("db-cpu-high"), "the alarms themselves are whole: {list}");
}
