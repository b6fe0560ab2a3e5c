//! Alarms that are muted for a time.

use super::*;

#[test]
fn alarm_is_muted_by_an_expiring_rule_and_unmuted() {
    const ALARM: &str = "bookmark-manager-staging-db-cpu-high";
    let (home, world) = (Home::new(), World::staging());
    let alarm = |world: &World| {
        let report = line(&mut home.on(world), "alarms --all -o json").exits(0).json();
        follows_schema(&home, "alarms", &report);
        let alarms = report["alarms"].as_array().unwrap().clone();
        alarms.into_iter().find(|alarm| alarm["name"] == ALARM).unwrap()
    };
    assert_eq!(alarm(&world)["muted_until"], Value::Null);
    let dry = line(&mut home.on(&world), "alarms mute db-cpu-high --for 1h --dry-run -o json").exits(0).json();
    assert_eq!(dry["operations"][0]["title"], format!("mute {ALARM} for 1h"));
    assert_eq!(alarm(&world)["muted_until"], Value::Null, "nothing was changed");
    let report = line(&mut home.on(&world), "alarms mute db-cpu-high --for 1h --yes -o json").exits(0).json();
    follows_schema(&home, "operation", &report);
    assert_eq!(report["operations"][0]["verdict"], "done", "{report}");
    let until: jiff::Timestamp = alarm(&world)["muted_until"].as_str().unwrap().parse().unwrap();
    let left = until.duration_since(now(&world)).as_mins();
    assert!((59..=61).contains(&left), "{left}");
    let table = line(&mut home.on(&world), "alarms --all").exits(0).out;
    assert!(table.contains("MUTED UNTIL"), "{table}");
    let audit = line(&mut home.on(&world), "audit -o json").exits(0).out;
    assert!(audit.contains("cloudwatch:PutAlarmMuteRule") || audit.contains("alarms mute"), "{audit}");
    // The mute ends without anybody present.
    world.advance(3_700);
    assert_eq!(alarm(&world)["muted_until"], Value::Null);
    line(&mut home.on(&world), "alarms mute db-cpu-high --for 30m --yes").exits(0);
    line(&mut home.on(&world), "alarms unmute db-cpu-high --yes").exits(0);
    assert_eq!(alarm(&world)["muted_until"], Value::Null);
    // An alarm that is not muted, one that does not exist, an invalid duration, and a denied change.
    assert_ne!(line(&mut home.on(&world), "alarms unmute db-cpu-high --yes").code, 0);
    line(&mut home.on(&world), "alarms mute no-such --for 1h --yes").exits(2);
    line(&mut home.on(&world), "alarms mute bookmark --for 1h --yes").exits(2);
    line(&mut home.on(&world), "alarms mute db-cpu-high --for 90s --yes").exits(2);
    world.fault("cloudwatch:PutAlarmMuteRule", "denied");
    let denied = line(&mut home.on(&world), "alarms mute db-cpu-high --for 1h --yes");
    assert!(denied.code != 0 && denied.err.contains("cloudwatch:PutAlarmMuteRule"), "{denied:#?}");
    world.clear_faults();
    world.fault("cloudwatch:ListAlarmMuteRules", "denied");
    let list = line(&mut home.on(&world), "alarms --all").exits(3).out;
    assert!(list.contains("cloudwatch:ListAlarmMuteRules"), "{list}");
    assert!(list.contains("db-cpu-high"), "the alarms themselves are complete: {list}");
}
