//! Lines of other days, on a paused screen, late, and while they arrive.

use super::tests::open;
use crate::app::App;
use crate::app::event::Event;
use crate::app::logs::follow::Batch;
use crate::ui::testing::logs::{FAILED, line};
use crate::ui::testing::*;

#[test]
fn lines_show_the_date_only_if_another_day_is_shown() {
    for (size, yesterday, today) in
        [((80, 24), "11-19 14:02:31 ", "11-20 13:50:31 "), ((120, 40), "11-19 14:02:31.000 ", "11-20 13:50:31.000 ")]
    {
        let mut app = open(size, 400);
        let day = 86_400_000;
        let lines = vec![line("bookmark-manager-api", now().as_millisecond() - day, "of yesterday", false)];
        app.panes.logs.feed(Batch { lines, gaps: Vec::new() });
        app.update(Event::Resize(size.0, size.1));
        app.settle();
        assert!(!text(&app).contains("11-20 "), "{}", text(&app));
        press(&mut app, "g", &staging());
        let drawn = text(&app);
        let of = |what: &str| drawn.lines().find(|line| line.contains(what)).unwrap_or_default();
        assert!(of("of yesterday").contains(yesterday), "{drawn}");
        assert!(drawn.contains(today), "{drawn}");
        // The axis shows the date of its start.
        let axis = |line: &str| line.contains("11-19 1") && !line.contains("of yesterday");
        assert!(drawn.lines().any(axis), "{drawn}");
        press(&mut app, "G", &staging());
        let drawn = text(&app);
        assert!(!drawn.contains("11-20 "), "{drawn}");
    }
}

#[test]
fn lines_do_not_move_on_a_paused_screen_until_followed() {
    let mut app = open((80, 24), 400);
    press(&mut app, "p", &staging());
    let held = text(&app);
    let more = |app: &mut crate::app::App, n: i64| {
        let at = now().as_millisecond() + n;
        app.panes.logs.feed(Batch { lines: vec![line("bookmark-manager-api", at, "newer", false)], gaps: Vec::new() });
        app.update(Event::Resize(80, 24));
        app.settle();
    };
    more(&mut app, 1);
    assert!(!text(&app).contains("newer") && text(&app).contains("1 new ↓"), "{held}\n{}", text(&app));
    // The follow key shows the newest lines even then.
    press(&mut app, "f", &staging());
    assert!(text(&app).contains("newer"), "{}", text(&app));
    more(&mut app, 2);
    assert!(app.panes.logs.follow);
}

#[test]
fn unanswered_requests_mark_the_lines_as_late() {
    let mut app = open((120, 40), 40);
    assert!(!text(&app).contains("behind"), "{}", text(&app));
    app.update(Event::Tick(now() + jiff::SignedDuration::from_secs(30)));
    app.settle();
    assert!(text(&app).contains("behind: waiting for AWS"), "{}", text(&app));
}

#[test]
fn histogram_marks_bins_with_errors() {
    let mut app = open((80, 24), 0);
    let axis = |app: &crate::app::App| {
        let drawn = text(app);
        drawn.lines().skip_while(|line| !line.contains("╭─ Logs")).nth(2).unwrap_or_default().to_owned()
    };
    let lines = |what: &str| {
        let end = now().as_millisecond();
        let lines = (0..60).map(|n| line("bookmark-manager-api", end - 60_000 + n * 1_000, what, false)).collect();
        Batch { lines, gaps: Vec::new() }
    };
    app.panes.logs.feed(lines("calm"));
    app.update(Event::Resize(80, 24));
    app.settle();
    assert!(!axis(&app).contains('!'), "{}", text(&app));
    app.panes.logs.feed(lines(FAILED));
    app.update(Event::Tick(now() + jiff::SignedDuration::from_secs(1)));
    app.settle();
    assert!(axis(&app).contains('!'), "{}", text(&app));
}

#[test]
fn arriving_lines_are_counted_in_a_full_store() {
    let mut app = open((80, 24), 0);
    app.panes.logs.store = log_store::Store::new(log_store::Limits { lines: 30_000, ..log_store::Limits::default() });
    let end = now().as_millisecond();
    let feed = |app: &mut App, numbers: std::ops::Range<i64>| {
        let lines = numbers.map(|n| line("bookmark-manager-api", end + n, "one", false)).collect();
        app.panes.logs.feed(Batch { lines, gaps: Vec::new() });
        app.update(Event::Resize(80, 24));
        app.settle();
    };
    feed(&mut app, 0..25_000);
    press(&mut app, "k", &staging());
    feed(&mut app, 25_000..35_000);
    assert!(app.panes.logs.store.evicted() > 0);
    assert_eq!((app.panes.logs.follow, app.panes.logs.new_lines), (false, 10_000));
    assert!(text(&app).contains("10000 new ↓"), "{}", text(&app));
}
