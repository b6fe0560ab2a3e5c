//! The complete screens, and a property test that drawing never panics.

use super::testing::logs::batch;
use super::testing::pictures::{assert_screen, assert_text};
use super::testing::*;
use crate::app::App;
use crate::app::Session;
use crate::app::event::Event;
use crate::model::{Endpoints, Failure, FailureKind, Source};
use jiff::SignedDuration;

#[test]
fn loading_empty_failed_and_forbidden_look_different() {
    let (app, _) = fresh(environment("staging"), Session::default(), (80, 24));
    assert_screen("loading_80x24", &app);

    let mut world = staging();
    world.services.clear();
    world.clusters.clear();
    world.instances.clear();
    let app = loaded_app(&world, (80, 24));
    assert_screen("empty_80x24", &app);

    let mut bare = environment("minimal");
    bare.cluster = None;
    bare.databases.clear();
    let (mut app, effects) = fresh(bare, Session::default(), (80, 24));
    staging().answer(&mut app, effects);
    press(&mut app, "2", &world);
    assert_screen("not_configured_80x24", &app);

    let mut world = staging();
    let denied = "User: arn:aws:sts::123456789012:assumed-role/ro/alice is not authorized to perform: \
                  ecs:DescribeServices on resource: arn:aws:ecs:ap-northeast-1:123456789012:service/x";
    world.failing.insert(Source::Services, Failure::new(FailureKind::Denied, denied));
    world.failing.insert(Source::DbClusters, Failure::new(FailureKind::Timeout, "no answer within 10 s"));
    let mut app = loaded_app(&world, (80, 24));
    assert_screen("denied_80x24", &app);
    press(&mut app, "2", &world);
    assert_screen("denied_services_60x15", &resized(app, 60, 15));
}

fn resized(mut app: App, columns: u16, rows: u16) -> App {
    app.update(Event::Resize(columns, rows));
    app.settle();
    app
}

#[test]
fn old_data_shows_its_age_and_the_reason() {
    let mut world = staging();
    let mut app = loaded_app(&world, (80, 24));
    press(&mut app, "2", &world);
    world.silent = vec![Source::Services];
    tick(&mut app, now() + SignedDuration::from_secs(95), &world);
    assert_screen("stale_80x24", &app);

    let mut app = loaded_app(&staging(), (80, 24));
    world.silent.clear();
    world.failing.insert(Source::Services, Failure::new(FailureKind::Unreachable, "connection refused"));
    press(&mut app, "2", &world);
    tick(&mut app, now() + SignedDuration::from_secs(12), &world);
    assert_screen("failed_80x24", &app);

    app.estate.services.record_partial(
        app.estate.services.value().cloned().unwrap(),
        "10 of 40 services could not be read: Rate exceeded".into(),
        None,
        app.now,
    );
    assert_screen("partial_80x24", &app);
}

#[test]
fn top_line_begins_with_the_environment_and_its_guard() {
    let prod = |session: Session, account: &str, size| {
        let (mut app, effects) = fresh(environment("prod"), session, size);
        let mut world = staging();
        world.account = account.into();
        world.answer(&mut app, effects);
        tick(&mut app, now(), &world);
        app
    };
    let simulated = Session { simulated: true, ..Session::default() };
    let top = |app: &App| text(app).lines().next().unwrap_or_default().to_owned();
    let mut lines = Vec::new();
    for size in [(60, 15), (80, 24), (120, 40), (200, 60)] {
        lines.push(top(&prod(Session::default(), "123456789012", size)));
        lines.push(top(&prod(simulated.clone(), "123456789012", size)));
        lines.push(top(&prod(Session::default(), "999999999999", size)));
        let mut paused = prod(simulated.clone(), "123456789012", size);
        paused.update(Event::Key("p".parse().unwrap()));
        lines.push(top(&paused));
        lines.push(top(&fresh(environment("staging"), Session::default(), size).0));
    }
    assert_text(
        "top_lines",
        &lines.join(
            "
",
        ),
    );
    assert_screen("wrong_account_80x24", &prod(Session::default(), "999999999999", (80, 24)));
    for line in &lines {
        assert!(line.starts_with(" prod  GUARDED") || line.starts_with(" staging"), "{line}");
    }
}

#[test]
fn top_line_shows_endpoints_other_than_aws() {
    let own = |url: &str| [("ecs".to_owned(), Some(url.to_owned())), ("sts".to_owned(), Some(url.to_owned()))];
    let sim = "http://127.0.0.1:4566";
    for (endpoints, word, there) in [
        (Endpoints::default(), "", ""),
        (Endpoints::at(sim), "SIMULATED", sim),
        (Endpoints::at("https://vpce.example.com"), "NOT AWS", "https://vpce.example.com"),
        (Endpoints::new(own(sim), None), "PARTLY NOT AWS", "ecs, sts at http://127.0.0.1:4566, all else at AWS itself"),
    ] {
        for size in [(60, 15), (80, 24), (120, 40), (200, 60)] {
            // Before the first answer, and without any.
            let (mut app, _) = fresh(environment("prod"), Session::default(), size);
            app.estate.endpoints = endpoints.clone();
            let top = text(&app).lines().next().unwrap_or_default().to_owned();
            assert!(top.starts_with(format!(" prod  GUARDED  {word}").trim_end()), "{top}");
            assert!(size.0 < 200 || top.contains(there), "{top}");
            assert!(!word.is_empty() || !(top.contains("AWS") || top.contains("SIMULATED")), "{top}");
        }
    }
}

#[test]
fn text_from_outside_is_aligned_and_harmless() {
    let mut world = staging();
    for (place, name) in [
        "日本語サービス",
        "emoji-👩‍💻-🇯🇵",
        "esc\u{1b}[31mred\u{7}",
        "rtl\u{202e}gnp.exe",
        "zero\u{200b}width-e\u{301}",
        "ｶﾞﾊﾞ半角",
    ]
    .into_iter()
    .enumerate()
    {
        let mut odd = service(name, 1, 1);
        odd.events[0].message = format!("{name}\n: データベースに接続できません");
        if place == 0 {
            odd.running = 0;
        }
        world.services.push(odd);
    }
    let mut app = loaded_app(&world, (80, 24));
    press(&mut app, "2", &world);
    assert_screen("odd_names_80x24", &app);
    let mut app = loaded_app(&world, (120, 40));
    press(&mut app, "2 G", &world);
    assert_screen("odd_names_120x40", &app);
    // Every row ends in the same column: no text is wider than measured.
    for line in text(&app).lines().skip(2).take(10) {
        assert_eq!(ratatui::buffer::CellWidth::cell_width(line), 120, "{line}");
    }
}

#[test]
fn ascii_mode_draws_only_ascii_signs() {
    let world = staging();
    let session = Session { ascii: true, ..Session::default() };
    for keys in ["1", "2", "2 j j enter", "4", "2 x", "?", ":"] {
        let (mut app, effects) = fresh(environment("staging"), session.clone(), (120, 40));
        world.answer(&mut app, effects);
        press(&mut app, keys, &world);
        let drawn = text(&app);
        if keys == "2 j j enter" {
            assert_screen("ascii_service_120x40", &app);
        }
        assert!(drawn.is_ascii(), "{keys}: {:?}", drawn.chars().filter(|c| !c.is_ascii()).collect::<String>());
    }
}

#[test]
fn every_overlay_is_drawn_over_the_pane() {
    let world = staging();
    for (name, size, keys) in [
        ("help_80x24", (80, 24), "?"),
        ("help_searched_80x24", (80, 24), "? / p a g e enter"),
        ("palette_80x24", (80, 24), ": z o"),
        ("actions_80x24", (80, 24), "2 x"),
        ("inspect_100x30", (100, 30), "2 i"),
        ("environments_80x24", (80, 24), "e"),
        ("activity_60x15", (60, 15), "ctrl-a"),
        ("message_80x24", (80, 24), "2 enter tab tab enter"),
        ("filter_80x24", (80, 24), "2 / w e"),
        ("filter_none_80x24", (80, 24), "2 / q q q enter"),
    ] {
        let mut app = loaded_app(&world, size);
        press(&mut app, keys, &world);
        assert_screen(name, &app);
    }
}

#[test]
fn typed_line_places_the_cursor() {
    let world = staging();
    let mut app = loaded_app(&world, (80, 24));
    press(&mut app, "2 /", &world);
    app.update(Event::Paste("日本".into()));
    app.settle();
    let mut buffer = drawn(&app);
    assert_eq!(super::draw(&app, &mut buffer), Some((6, 23)));
    press(&mut app, "esc : z", &world);
    let (_, y) = super::draw(&app, &mut buffer).unwrap();
    assert_eq!(y, crate::app::layout::overlay_place(&app.screen).y + 1);
}

#[test]
fn click_on_a_drawn_tab_opens_its_pane() {
    let world = staging();
    let mut app = loaded_app(&world, (100, 30));
    let line = text(&app).lines().nth(1).unwrap().to_owned();
    for pane in crate::panes::table::TABLE.tabs() {
        let (pane, title) = (pane.id, pane.title);
        let column = line.find(title).unwrap() as u16;
        app.update(Event::Mouse(crate::app::event::Mouse::Click(column, 1)));
        assert_eq!(app.screen.pane, pane);
    }
}

#[test]
fn all_tabs_fit_80_columns_and_left_out_tabs_are_marked() {
    let world = staging();
    let line = |app: &App| text(app).lines().nth(1).unwrap().to_owned();
    let mut app = loaded_app(&world, (80, 24));
    app.estate.derived.attention.clear();
    let shown = line(&app);
    for pane in crate::panes::table::TABLE.tabs() {
        assert!(shown.contains(&format!("{} {}", pane.key, pane.title)), "{shown}");
    }
    assert!(!shown.contains(['‹', '›']), "{shown}");
    let mut app = loaded_app(&world, (60, 20));
    assert!(!line(&app).contains('‹') && line(&app).contains('›'), "{}", line(&app));
    press(&mut app, "8", &world);
    assert!(line(&app).starts_with('‹') && !line(&app).contains('›'), "{}", line(&app));
}

#[test]
fn changed_row_flashes() {
    let mut world = staging();
    let mut app = loaded_app(&world, (80, 24));
    press(&mut app, "2", &world);
    world.services[1].desired = 3;
    tick(&mut app, now() + SignedDuration::from_secs(11), &world);
    assert!(!app.screen.flashes.is_empty());
    let buffer = drawn(&app);
    let flashing = |buffer: &ratatui::buffer::Buffer| {
        (0..24).any(|y| {
            let cell = &buffer[(4, y)];
            y > 4 && cell.symbol() != " " && cell.modifier.contains(ratatui::style::Modifier::REVERSED)
        })
    };
    assert!(flashing(&buffer));
    tick(&mut app, now() + SignedDuration::from_secs(13), &world);
    assert!(!flashing(&drawn(&app)));
}

mod any {
    use super::*;
    use crate::app::testing::cases;
    use proptest::prelude::*;

    fn keys() -> impl Strategy<Value = Vec<&'static str>> {
        const KEYS: &str = "1 2 3 4 d . ctrl-y > + * u tab shift-tab enter esc j k g G h l z s i x ? : e / & w p y r n N [ ] v m - a f o b t D R S O K L ctrl-a ctrl-d pagedown";
        let key = proptest::sample::select(KEYS.split(' ').collect::<Vec<_>>());
        proptest::collection::vec(key, 0..12)
    }

    /// Prefers small sizes, where drawing fails most often.
    fn size() -> impl Strategy<Value = (u16, u16)> {
        prop_oneof![(0u16..40, 0u16..20), (0u16..250, 0u16..80)]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..cases(128) })]
        #[test]
        fn drawing_never_panics(size in size(), keys in keys(), other in size(), ascii: bool) {
            let world = staging();
            let session = Session { ascii, simulated: ascii, ..Session::default() };
            let (mut app, effects) = fresh(environment("prod"), session, size);
            world.answer(&mut app, effects);
            app.panes.logs.feed(batch(60));
            for key in keys {
                press(&mut app, key, &world);
                drawn(&app);
            }
            // The terminal may have another size than its last resize event reported.
            let mut buffer = ratatui::buffer::Buffer::empty(ratatui::layout::Rect::new(0, 0, other.0, other.1));
            crate::ui::draw(&app, &mut buffer);
        }
    }
}

#[test]
fn too_small_terminal_shows_a_message() {
    for ascii in [false, true] {
        let session = Session { ascii, ..Session::default() };
        let (app, _) = fresh(environment("staging"), session, (24, 5));
        let drawn = text(&app);
        assert!(drawn.contains("too small"), "{drawn}");
        assert_eq!(drawn.is_ascii(), ascii, "{drawn}");
    }
}

#[test]
fn failed_metrics_read_does_not_mark_rows_as_down() {
    let mut world = staging();
    world.failing.insert(Source::Metrics, Failure::new(FailureKind::Denied, "cloudwatch:GetMetricData"));
    let mut app = loaded_app(&world, (80, 24));
    press(&mut app, "2", &world);
    let drawn = text(&app);
    assert!(drawn.contains("▲ next try in"), "{drawn}");
    assert!(drawn.contains("no permission to read metrics"), "{drawn}");
    assert!(drawn.contains("● web"), "{drawn}");
}

#[test]
fn wrong_clock_is_shown_in_the_top_line_and_changes_no_age() {
    let world = staging();
    for keys in ["1", "2", "2 j enter", "4"] {
        let mut right = loaded_app(&world, (200, 60));
        press(&mut right, keys, &world);
        for minutes in [10, -10] {
            let ahead = SignedDuration::from_mins(minutes);
            let mut wrong = loaded_app(&world, (200, 60));
            press(&mut wrong, keys, &world);
            wrong.update(Event::Clock(ahead));
            wrong.update(Event::Tick(right.now - ahead));
            // Recomputes ages, which are the same by the corrected clock.
            wrong.settle();
            let (right, wrong) = (text(&right), text(&wrong));
            let side = if minutes > 0 { "behind" } else { "ahead of" };
            let top = wrong.lines().next().unwrap();
            assert!(top.contains(&format!("▲ clock 10m {side} AWS")), "{top}");
            // An age note shortens the longest fact, so both are left out of the comparison.
            let below = |text: &str| {
                let lines = text.lines().skip(1).filter(|line| !line.contains("days left"));
                lines.map(|line| line.replace("10m old", "")).collect::<String>()
            };
            let blank = |text: &str| below(text).replace(['─', ' ', '?'], "");
            assert_eq!(blank(&wrong), blank(&right), "{keys}, {minutes} min");
        }
    }
    let mut near = loaded_app(&world, (200, 60));
    near.update(Event::Clock(SignedDuration::from_secs(29)));
    near.settle();
    assert!(!text(&near).contains("clock 29s"));
    // Local times are shown by the clock of the top line.
    near.update(Event::Clock(SignedDuration::from_hours(1)));
    press(&mut near, "p", &world);
    let drawn = text(&near);
    let top = drawn.lines().next().unwrap();
    assert!(top.contains("PAUSED since 15:02") && top.contains("15:02:31 JST"), "{top}");
}

#[test]
fn critical_count_is_shown_beside_the_tabs_at_every_width() {
    let world = staging();
    for columns in [60, 66, 72, 80, 88, 92, 96, 98, 99, 100, 101, 102, 104, 108, 112, 120, 160, 200] {
        for keys in ["1", "3", "8"] {
            let mut app = loaded_app(&world, (columns, 24));
            press(&mut app, keys, &world);
            let drawn = text(&app);
            let tabs = drawn.lines().nth(1).unwrap();
            assert!(tabs.contains("✖ 1"), "{columns}: {tabs}");
        }
    }
}

#[test]
fn clock_set_back_is_logged_and_not_reported_as_wrong() {
    let mut app = loaded_app(&staging(), (200, 60));
    let hour = SignedDuration::from_hours(1);
    // The clock was an hour ahead of the service and is right now; the app's time continues without the jump.
    app.update(Event::Clock(-hour));
    app.settle();
    assert!(text(&app).contains("▲ clock 1h ahead of AWS"));
    app.update(Event::ClockSetBack(hour));
    app.settle();
    let drawn = text(&app);
    assert!(!drawn.contains("ahead of AWS"), "{drawn}");
    let warning = "this machine's clock was set back by 60 min: ages go on from before";
    assert!(app.activity.iter().any(|entry| entry.error && entry.text == warning), "{:?}", app.activity);
    let lines = app.activity.len();
    app.update(Event::ClockSetBack(hour + SignedDuration::from_millis(3)));
    assert_eq!(app.activity.len(), lines, "the same message is not repeated");
}
