//! Stored logs: the same lines in every format and through every API, and the newest of them.

use super::*;

/// The last hours as two fixed times: `6h` would begin at another time on each read.
fn hours(world: &World, hours: i64) -> String {
    let end = now(world);
    let moment = |at: i64| jiff::Timestamp::from_millisecond(at).unwrap();
    format!("--since {} --until {}", moment(end - hours * 3_600_000), moment(end))
}

#[test]
fn every_format_prints_the_same_stored_lines() {
    let (home, world) = (Home::new(), World::staging());
    let range = hours(&world, 3);
    let stream_requests = || world.requests("logs:GetLogEvents");
    let json = line(&mut home.on(&world), &format!("logs api {range} -o json")).exits(0);
    assert_eq!(stream_requests(), 0, "JSON needs ids, which only one of the two APIs has");
    let raw = line(&mut home.on(&world), &format!("logs api {range} -o raw")).exits(0);
    let text = line(&mut home.on(&world), &format!("logs api {range} --utc")).exits(0);
    let first: Vec<String> = lines_of(&json).iter().map(|line| line["raw"].as_str().unwrap().to_owned()).collect();
    let second: Vec<String> = raw.out.lines().map(str::to_owned).collect();
    assert!(first.len() > 20_000);
    let differs = first.iter().zip(&second).position(|(one, other)| one != other);
    assert!(first == second, "{} lines, and {}; the first that differs: {differs:?}", first.len(), second.len());
    assert_eq!(text.out.lines().count(), first.len());
}

#[test]
fn both_log_apis_together_give_the_same_ordered_lines_as_one() {
    let (home, world) = (Home::new(), World::staging());
    let range = hours(&world, 9);
    let stream_requests = || world.requests("logs:GetLogEvents");
    // `--tee` needs ids, which only one of the APIs has.
    let alone = line(&mut home.on(&world), &format!("logs {range} --utc --tee all.jsonl")).exits(0).out;
    assert_eq!(stream_requests(), 0);
    let read = || line(&mut home.on(&world), &format!("logs {range} --utc"));
    // The first API is slow, so the other one gets a share even on a busy machine.
    world.post("/_sim/fault", &json!({"operation": "logs:FilterLogEvents", "kind": "delay", "delay_ms": 500}));
    let both = read().exits(0).out;
    assert!(stream_requests() > 0, "the other API takes its share");
    let count = alone.lines().count();
    assert!(count > 10_000);
    let differs = alone.lines().zip(both.lines()).find(|(one, other)| one != other);
    assert!(alone == both, "{count} lines, and {}; the first that differs: {differs:?}", both.lines().count());
    // If streams may not be listed or read, the other API reads everything.
    for operation in ["logs:DescribeLogStreams", "logs:GetLogEvents"] {
        world.clear_faults();
        world.fault(operation, "denied");
        let output = read().exits(0);
        assert!(output.out == alone, "{operation}: {} lines, {}", output.out.lines().count(), output.err);
    }
}

#[test]
fn tail_prints_the_last_lines_in_every_format() {
    let (home, world) = (Home::new(), World::staging());
    let range = hours(&world, 1);
    let read = |arguments: &str| line(&mut home.on(&world), &format!("logs {arguments}")).exits(0).out;
    for what in [
        "-o json",
        "--utc",
        "api -o raw",
        "--level warn --utc",
        "api --grep completed --utc",
        "--filter status:5xx --utc",
    ] {
        let printed = read(&format!("{range} {what}"));
        let lines: Vec<&str> = printed.lines().collect();
        let newest = read(&format!("--tail 7 --until {} {what}", range.rsplit(' ').next().unwrap()));
        assert!(newest.lines().eq(lines[lines.len() - 7..].iter().copied()), "{what}: {newest}");
    }
    assert_eq!(read("--tail 0"), "");
    // No more lines than there are, and none from before the range.
    let few = read(&format!("{range} --tail 100000 --utc"));
    assert!(few == read(&format!("{range} --utc")), "{} lines", few.lines().count());
    // An unreadable group is reported, and the others are searched.
    world.post("/_sim/fault", &json!({"operation": "logs:FilterLogEvents", "kind": "denied", "count": 1}));
    let output = line(&mut home.on(&world), "logs --tail 5 --utc").exits(3);
    assert!(output.out.lines().count() == 6 && output.out.contains("GAP"), "{output:?}");
}

#[test]
fn tail_then_follow_has_no_gap_and_no_duplicate() {
    let (home, world) = (Home::new(), World::running(Scenario::Staging));
    let before = line(&mut home.on(&world), "logs --since 1m -o json").exits(0);
    let tail = Tail::start(&home, &world, &["--tail", "20"]);
    until("the newest lines", PATIENCE, || (tail.ids().len() >= 20).then_some(()));
    let begin = at(&tail.lines.lock().unwrap()[0]);
    assert!(at(&lines_of(&before)[0]) < begin, "no more lines than requested");
    world.poke(&json!({"write_log": {"group": API, "message": "probe"}}));
    until("new lines", PATIENCE, || tail.lines.lock().unwrap().iter().any(|l| l["raw"] == "probe").then_some(()));
    // From the line after the first: others of the same millisecond may be older.
    nothing_lost(&world, &tail, begin + 1, now(&world));
    tail.stop();
    let none = Tail::start(&home, &world, &["--tail", "0"]);
    let from = now(&world);
    until("new lines", PATIENCE, || (!none.ids().is_empty()).then_some(()));
    // A late line may have an older timestamp.
    assert!(none.lines.lock().unwrap().iter().all(|line| at(line) > from - 65_000));
    none.stop();
}
