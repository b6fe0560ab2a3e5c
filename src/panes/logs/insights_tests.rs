//! Insights queries in the Logs pane: choosing, estimating, confirming, showing results.

use super::tests::{key, open, typed};
use crate::app::effect::Effect;
use crate::app::event::{Answer, Event};
use crate::feeds::Ask;
use crate::feeds::aws::{Fact, Part, Query};
use crate::ui::testing::pictures::assert_screen;
use crate::ui::testing::*;

#[test]
fn insights_query_runs_and_its_table_is_shown() {
    let mut app = open((120, 40), 400);
    let tick = now() + jiff::SignedDuration::from_secs(10);
    app.update(Event::Tick(tick));
    key(&mut app, "u");
    // The cost is not known yet, so Enter is needed twice.
    assert_eq!(key(&mut app, "enter"), []);
    let effects = key(&mut app, "enter");
    let Some(Effect::Fetch { ticket, ask: Ask::Aws(Query::Insights(query)), .. }) = effects.first().cloned() else {
        panic!("{effects:?}");
    };
    assert!(!query.groups.is_empty() && query.text.contains("stats count(*)"), "{query:?}");
    let result = crate::model::logs::InsightsResult {
        complete: true,
        status: "Complete".into(),
        columns: vec!["text".into(), "lines".into()],
        rows: vec![
            vec![Some("jwt expired\u{1b}[2J".into()), Some("42".into())],
            vec![Some("no such user".into()), Some("7".into())],
            vec![None, Some("100".into())],
        ],
        matched: 42.0,
        scanned: 1_000.0,
        bytes: 5e9,
    };
    app.update(Event::Answer(Answer {
        ticket,
        requests: 3,
        part: Part::Last(Fact::Insights(Box::new(result))).into(),
    }));
    app.settle();
    let screen = text(&app);
    assert!(screen.contains("jwt expired␛[2J") && screen.contains("5.00 GB scanned, about $0.038"), "{screen}");
    assert_screen("insights_found_120x40", &app);
    // As in the query grid, a value is copied, numbers are sorted as numbers, and a row opens completely.
    let values = |app: &mut crate::app::App| {
        key(app, "g");
        let mut copied_values = Vec::new();
        for _ in 0..3 {
            let copied = key(app, "y");
            let [Effect::Copy(value)] = &copied[..] else { panic!("{copied:?}") };
            copied_values.push(value.clone());
            key(app, "j");
        }
        copied_values
    };
    assert_eq!(values(&mut app), ["jwt expired\u{1b}[2J", "no such user", ""]);
    key(&mut app, "l");
    assert_eq!(values(&mut app), ["42", "7", "100"]);
    for wanted in [["7", "42", "100"], ["100", "42", "7"], ["42", "7", "100"]] {
        key(&mut app, "s");
        assert_eq!(values(&mut app), wanted);
    }
    key(&mut app, "s");
    let copied = key(&mut app, "ctrl-y");
    let csv = "\"text\",\"lines\"\n\"no such user\",\"7\"\n\"jwt expired␛[2J\",\"42\"\n\"\",\"100\"\n";
    assert_eq!(copied, [Effect::Copy(csv.into())], "in the order in which it is shown");
    key(&mut app, "g");
    key(&mut app, "enter");
    assert!(text(&app).contains("text  no such user"), "{}", text(&app));
    key(&mut app, "esc");
    // Escape returns to the lines; the same table is not requested again.
    key(&mut app, "esc");
    assert!(!text(&app).contains("5.00 GB scanned"), "{}", text(&app));
    key(&mut app, ":");
    typed(&mut app, "insights-found");
    assert_eq!(key(&mut app, "enter"), []);
    assert!(text(&app).contains("5.00 GB scanned"), "{}", text(&app));
    // A click on the line with the cost selects no row.
    key(&mut app, "g");
    let line = text(&app).lines().position(|line| line.contains("5.00 GB scanned")).unwrap();
    app.update(Event::Mouse(crate::app::event::Mouse::Click(10, u16::try_from(line).unwrap())));
    assert_eq!(app.panes.logs.table.as_ref().unwrap().grid.place, 0);
    // Opening a service's logs shows lines instead of the table.
    super::update::show_subject_lines(&mut app, Some("api"), None);
    app.settle();
    assert!(!text(&app).contains("5.00 GB scanned"), "{}", text(&app));
}

#[test]
fn typed_query_shows_its_cost_before_it_runs() {
    let mut app = open((120, 40), 400);
    app.update(Event::Tick(now() + jiff::SignedDuration::from_secs(10)));
    let effects = key(&mut app, "u");
    let Some(Effect::Fetch { ticket, ask: Ask::Aws(Query::LogGroups { .. }), .. }) = effects.first().cloned() else {
        panic!("how large the groups are is asked: {effects:?}");
    };
    assert!(text(&app).contains("asking how large"), "{}", text(&app));
    let names = app.panes.logs.group_names();
    let size = |name: &String| crate::model::logs::LogGroup {
        name: name.clone(),
        bytes: 70_000_000_000,
        retention_days: Some(7),
        created: None,
    };
    let sizes = names.iter().map(size).collect();
    app.update(Event::Answer(Answer { ticket, requests: 1, part: Part::Last(Fact::LogGroups(sizes)).into() }));
    app.settle();
    // At 10 GB a day, an hour is below one gigabyte and a day is not.
    key(&mut app, "g");
    key(&mut app, "enter");
    key(&mut app, "enter");
    let screen = text(&app);
    assert!(screen.contains("over the last day") && screen.contains("GB, about $"), "{screen}");
    key(&mut app, "G");
    key(&mut app, "enter");
    typed(&mut app, "stats");
    key(&mut app, " ");
    typed(&mut app, "count(*)");
    assert!(
        key(&mut app, "enter")
            .iter()
            .all(|effect| !matches!(effect, Effect::Fetch { ask: Ask::Aws(Query::Insights(_)), .. }))
    );
    assert!(text(&app).contains("Enter again runs it"), "{}", text(&app));
    let effects = key(&mut app, "enter");
    let Some(Effect::Fetch { ask: Ask::Aws(Query::Insights(query)), .. }) = effects.first() else {
        panic!("{effects:?}")
    };
    assert_eq!((query.text.as_str(), query.to - query.from), ("stats count(*)", 24 * 3_600_000));
    assert!(text(&app).contains("Insights is searching: your query"), "{}", text(&app));
    // Leaving stops the query: data that was not scanned costs nothing.
    let Some(Effect::Fetch { ticket, .. }) = effects.first() else { panic!("{effects:?}") };
    let mut effects = key(&mut app, "esc");
    assert!(app.panes.logs.insights.running.is_none());
    effects.extend(app.update(Event::Tick(now() + jiff::SignedDuration::from_secs(12))));
    assert!(effects.contains(&Effect::CancelFetch(*ticket)), "{effects:?}");
}

#[test]
fn confirmed_query_is_the_estimated_one() {
    let mut app = open((120, 40), 400);
    app.update(Event::Tick(now() + jiff::SignedDuration::from_secs(10)));
    key(&mut app, "/");
    typed(&mut app, "jwt");
    key(&mut app, "enter");
    key(&mut app, "u");
    key(&mut app, "G");
    key(&mut app, "enter");
    typed(&mut app, "stats");
    key(&mut app, "enter");
    let effects = key(&mut app, "enter");
    let Some(Effect::Fetch { ask: Ask::Aws(Query::Insights(query)), .. }) = effects.first() else {
        panic!("{effects:?}")
    };
    assert_eq!(query.text, "stats");
}

#[test]
fn configured_query_is_offered_by_its_name() {
    let mut app = open((120, 40), 400);
    app.environment.log_queries = vec!["by-group: stats count(*) as lines by @log".into()];
    app.update(Event::Tick(now() + jiff::SignedDuration::from_secs(10)));
    key(&mut app, "u");
    let screen = text(&app);
    assert!(screen.contains("by-group") && screen.contains("stats count(*) as lines by @log"), "{screen}");
    // It is listed before the entry for a typed query.
    key(&mut app, "G");
    key(&mut app, "k");
    key(&mut app, "enter");
    let effects = key(&mut app, "enter");
    let Some(Effect::Fetch { ask: Ask::Aws(Query::Insights(query)), .. }) = effects.first() else {
        panic!("{effects:?}");
    };
    assert_eq!(query.text, "stats count(*) as lines by @log");
}
