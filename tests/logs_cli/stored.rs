//! What the past holds: the same lines in every format and by every API, and the newest of them.

use super::*;

/// So many hours up to now, as two times: `6h` would begin at another time each time it is read.
fn hours(world: &World, hours: i64) -> String {
    let end = now(world);
    let moment = |at: i64| jiff::Timestamp::from_millisecond(at).unwrap();
    format!("--since {} --until {}", moment(end - hours * 3_600_000), moment(end))
}

#[test]
fn every_format_of_a_stored_log_has_the_same_lines() {
    let (home, world) = (Home::new(), World::staging());
    let range = hours(&world, 6);
    let asked = || world.asked("logs:GetLogEvents");
    let json = line(&mut home.on(&world), &format!("logs api {range} -o json")).coded(0);
    assert_eq!(asked(), 0, "only one of the two APIs has ids, which JSON promises");
    let raw = line(&mut home.on(&world), &format!("logs api {range} -o raw")).coded(0);
    let text = line(&mut home.on(&world), &format!("logs api {range} --utc")).coded(0);
    let first: Vec<String> = lines_of(&json).iter().map(|line| line["raw"].as_str().unwrap().to_owned()).collect();
    let second: Vec<String> = raw.out.lines().map(str::to_owned).collect();
    assert!(first.len() > 20_000);
    let differs = first.iter().zip(&second).position(|(one, other)| one != other);
    assert!(first == second, "{} lines, and {}; the first that differs: {differs:?}", first.len(), second.len());
    assert_eq!(text.out.lines().count(), first.len());
}

#[test]
fn both_apis_bring_the_same_lines_in_the_same_order_as_one_alone() {
    let (home, world) = (Home::new(), World::staging());
    let range = hours(&world, 9);
    let asked = || world.asked("logs:GetLogEvents");
    // What is teed has ids, which only one of them has.
    let alone = line(&mut home.on(&world), &format!("logs {range} --utc --tee all.jsonl")).coded(0).out;
    assert_eq!(asked(), 0);
    let read = || line(&mut home.on(&world), &format!("logs {range} --utc"));
    // While the one is slow, there is something left for the other, however busy this machine is.
    world.post("/_sim/fault", &json!({"operation": "logs:FilterLogEvents", "kind": "delay", "delay_ms": 500}));
    let both = read().coded(0).out;
    assert!(asked() > 0, "the other takes its share");
    let count = alone.lines().count();
    assert!(count > 10_000);
    let differs = alone.lines().zip(both.lines()).find(|(one, other)| one != other);
    assert!(alone == both, "{count} lines, and {}; the first that differs: {differs:?}", both.lines().count());
    // What may not be listed or read by stream is read by the other.
    for operation in ["logs:DescribeLogStreams", "logs:GetLogEvents"] {
        world.clear_faults();
        world.fault(operation, "denied");
        let said = read().coded(0);
        assert!(said.out == alone, "{operation}: {} lines, {}", said.out.lines().count(), said.err);
    }
}

#[test]
fn the_newest_lines_that_are_wanted_are_those_of_the_end_in_every_format() {
    let (home, world) = (Home::new(), World::staging());
    let range = hours(&world, 1);
    let read = |arguments: &str| line(&mut home.on(&world), &format!("logs {arguments}")).coded(0).out;
    for what in [
        "-o json",
        "--utc",
        "api -o raw",
        "--level warn --utc",
        "api --grep completed --utc",
        "--filter status:5xx --utc",
    ] {
        let all = read(&format!("{range} {what}"));
        let all: Vec<&str> = all.lines().collect();
        let newest = read(&format!("--tail 7 --until {} {what}", range.rsplit(' ').next().unwrap()));
        assert!(newest.lines().eq(all[all.len() - 7..].iter().copied()), "{what}: {newest}");
    }
    assert_eq!(read("--tail 0"), "");
    // No more than there are, and none from before the beginning.
    let few = read(&format!("{range} --tail 100000 --utc"));
    assert!(few == read(&format!("{range} --utc")), "{} lines", few.lines().count());
    // What could not be read is said, and the others are looked through.
    world.post("/_sim/fault", &json!({"operation": "logs:FilterLogEvents", "kind": "denied", "count": 1}));
    let said = line(&mut home.on(&world), "logs --tail 5 --utc").coded(3);
    assert!(said.out.lines().count() == 6 && said.out.contains("GAP"), "{said:?}");
}

#[test]
fn the_newest_lines_then_what_comes_without_a_hole_or_a_line_twice() {
    let (home, world) = (Home::new(), World::running(Scenario::Staging));
    let before = line(&mut home.on(&world), "logs --since 1m -o json").coded(0);
    let tail = Tail::start(&home, &world, &["--tail", "20"]);
    until("the newest lines", PATIENCE, || (tail.ids().len() >= 20).then_some(()));
    let begin = at(&tail.lines.lock().unwrap()[0]);
    assert!(at(&lines_of(&before)[0]) < begin, "no more than were asked for");
    world.poke(&json!({"write_log": {"group": API, "message": "probe"}}));
    until("what comes", PATIENCE, || tail.lines.lock().unwrap().iter().any(|l| l["raw"] == "probe").then_some(()));
    // From the line behind the first on: of its very millisecond, others may be older.
    nothing_lost(&world, &tail, begin + 1, now(&world));
    tail.stop();
    let none = Tail::start(&home, &world, &["--tail", "0"]);
    let from = now(&world);
    until("what comes", PATIENCE, || (!none.ids().is_empty()).then_some(()));
    // One that came late may be as old as that.
    assert!(none.lines.lock().unwrap().iter().all(|line| at(line) > from - 65_000));
    none.stop();
}
