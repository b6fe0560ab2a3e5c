//! Data that could not be read is reported where it is missing: every block of every view names each source it depends on
//! that failed, whether or not that source was read before. Otherwise missing data would look as if it did not exist, and old
//! data as if it were current.

use super::testing::*;
use crate::app::App;
use crate::app::layout::layout;
use crate::app::screen::Block;
use crate::model::*;
use jiff::SignedDuration;
use std::collections::{BTreeMap, BTreeSet};

/// Keys that lead to each view. A view whose subject is not known cannot be opened.
const VIEWS: [&str; 16] = [
    "1",
    "2",
    "2 j j enter",
    "2 j j enter enter",
    "3",
    "4",
    "5",
    "6",
    "7",
    "8",
    "8 v",
    "2 m",
    "2 v",
    "2 b",
    "2 a",
    "1 : t u n n e l s enter",
];

/// A size with room for everything, and the smallest usual one.
const SIZES: [(u16, u16); 2] = [(200, 60), (80, 24)];

/// Sources that are read in pages and absorbed page by page.
const PAGED: [Source; 11] = [
    Source::Services,
    Source::Tasks,
    Source::ScalableTargets,
    Source::ScalingPolicies,
    Source::ScheduledActions,
    Source::ScalingActivities,
    Source::Schedules,
    Source::DbClusters,
    Source::DbInstances,
    Source::Alarms,
    Source::AlarmMutes,
];

/// How a source fails: completely, or after its first page.
#[derive(Debug, Clone, Copy)]
enum Unread {
    Refused,
    Broken,
}

impl Unread {
    /// A copy of `world` in which `source` fails this way.
    fn of(self, world: &World, source: Source) -> World {
        let failing = [(source, Failure::new(FailureKind::Denied, WHY))].into();
        match self {
            Self::Refused => World { failing, ..world.clone() },
            Self::Broken => World { breaking: failing, ..world.clone() },
        }
    }
}

/// All sources read from AWS except the identity, without which nothing else is requested.
fn sources() -> impl Iterator<Item = Source> {
    let beside = [Source::Parameters, Source::Instances, Source::UserPool, Source::DbSnapshots, Source::Agents];
    Source::ALL.into_iter().chain(Source::TIMELINE_ONLY).chain(beside).filter(|source| *source != Source::Identity)
}

/// An environment with data for every source.
fn complete_world() -> World {
    let mut world = staging();
    world.alarm_changes = vec![timeline::AlarmChange {
        at: now() - SignedDuration::from_mins(30),
        alarm: world.alarms[0].name.clone(),
        summary: "Alarm updated from OK to ALARM".into(),
        states: Some((AlarmState::Ok, AlarmState::Alarm)),
        reason: "Threshold Crossed".into(),
    }];
    world.mutes = vec![Mute { alarms: vec![world.alarms[0].name.clone()], until: ago(-30), ..Mute::default() }];
    world
}

fn open(world: &World, keys: &str, size: (u16, u16)) -> App {
    let configured =
        crate::config::EnvironmentConfig { schedules: Some("bookmark-manager-".into()), ..environment("staging") };
    let mut app = loaded_app_in(configured, world, size);
    press(&mut app, keys, world);
    tick(&mut app, now() + SignedDuration::from_secs(1), world);
    app
}

/// The drawn text of each block of the view.
fn blocks(app: &App) -> Vec<(Block, String)> {
    let buffer = drawn(app);
    let cut = |place: ratatui::layout::Rect| {
        let line = |y| (place.x..place.right()).map(|x| buffer[(x, y)].symbol()).collect::<String>();
        (place.y..place.bottom()).map(line).collect::<Vec<_>>().join("\n")
    };
    layout(app).blocks.iter().map(|(block, place)| (*block, cut(*place))).collect()
}

/// The message of a refused source.
const WHY: &str = "service:Action: not allowed: just so";

/// Texts that report missing or old data: the failure itself, certain words, and the sign of unknown health.
const INDICATORS: [&str; 14] = [
    "no permission",
    "cannot read",
    "cannot be read",
    "not be read",
    "not read",
    "read late",
    "not known",
    "unknown",
    "incomplete",
    "without ",
    " old",
    "? ",
    "not all ",
    WHY,
];

/// Whether a text reports missing or old data.
fn reports_missing(text: &str) -> bool {
    INDICATORS.iter().any(|words| text.contains(words))
}

/// Whether a text reports more than the same block does with all data: a sign may also stand for real trouble.
fn reports_more_than(text: &str, whole: &str) -> bool {
    INDICATORS.iter().any(|words| text.matches(words).count() > whole.matches(words).count())
}

/// Blocks that change without these sources and need not report them, with the reason. This list must only shrink.
const EXCEPTIONS: &[(&str, &[Source], &str)] = &[(
    "overview-databases",
    &[Source::Services],
    "it draws nothing from them: it has more room where there are no services",
)];

#[test]
fn every_block_reports_its_unreadable_sources() {
    let mut silent_about: BTreeMap<(&str, Source), Vec<String>> = BTreeMap::new();
    let mut checked = 0;
    // A source that changes no block at the large size is not tried further: the small size shows less of the same.
    let mut used: BTreeSet<(&str, Source)> = BTreeSet::new();
    let mut without_source = BTreeMap::new();
    let every = VIEWS.into_iter().flat_map(|keys| SIZES.map(|size| (keys, size)));
    for (keys, size, unread) in
        every.flat_map(|(keys, size)| [Unread::Refused, Unread::Broken].map(|unread| (keys, size, unread)))
    {
        let world = complete_world();
        let shown = open(&world, keys, size);
        let whole_blocks = blocks(&shown);
        let mut then = open(&world, keys, size);
        pass(&mut then, &world);
        let all_then = blocks(&then);
        for source in sources().filter(|source| matches!(unread, Unread::Refused) || PAGED.contains(source)) {
            let is_first = size == SIZES[0] && matches!(unread, Unread::Refused);
            if !is_first && !used.contains(&(keys, source)) {
                continue;
            }
            let refused = unread.of(&world, source);
            let at_first = open(&refused, keys, size);
            // A block that looks the same without a source does not use it. A source that never answers is no measure,
            // because some blocks wait until everything is answered. Compares with the source completely refused: the part
            // read before a failure looks as it does with all data.
            if matches!(unread, Unread::Refused) {
                without_source.insert((keys, size, source), blocks(&at_first));
            }
            let without = &without_source[&(keys, size, source)];
            let drawn_from: Vec<Block> = whole_blocks
                .iter()
                .filter(|(block, text)| without.iter().any(|(one, other)| one == block && other != text))
                .map(|(block, _)| *block)
                .collect();
            if drawn_from.is_empty() {
                continue;
            }
            used.insert((keys, source));
            let mut later = open(&world, keys, size);
            pass(&mut later, &refused);
            for (when, app, whole) in [("at first", &at_first, &whole_blocks), ("later", &later, &all_then)] {
                if app.view().name != shown.view().name || (when == "later" && !is_asked_again(app, source)) {
                    continue;
                }
                for (block, mut text) in blocks(app).into_iter().filter(|(block, _)| drawn_from.contains(block)) {
                    let whole = whole.iter().find(|(one, _)| *one == block).map_or("", |(_, text)| text.as_str());
                    checked += 1;
                    // A list shows the worst entries that fit and their total number, so all its entries count as
                    // shown.
                    if block == crate::panes::overview::state::ATTENTION && has_hidden_rows(app, block) {
                        let entries = app.estate.derived.attention.iter().map(|entry| entry.what.as_str());
                        text.push_str(&entries.collect::<Vec<_>>().join("\n"));
                    }
                    if !reports_more_than(&text, whole) {
                        let reports = silent_about.entry((block.0, source)).or_default();
                        reports
                            .push(format!("{keys:?} at {size:?}: {block:?} of {source:?}, {unread:?} {when}:\n{text}"));
                    }
                }
            }
        }
    }
    let excepted =
        |block: &str, source: &Source| EXCEPTIONS.iter().any(|(name, of, _)| *name == block && of.contains(source));
    let new: Vec<&str> = silent_about
        .iter()
        .filter(|((block, source), _)| !excepted(block, source))
        .flat_map(|(_, texts)| texts.iter().map(String::as_str))
        .collect();
    let names: Vec<_> = silent_about.keys().filter(|(block, source)| !excepted(block, source)).collect();
    assert!(new.is_empty(), "{} of {checked}: {names:?}\n{}", new.len(), new.join("\n\n"));
    let mended: Vec<(&str, Source)> = EXCEPTIONS
        .iter()
        .flat_map(|(block, of, _)| of.iter().map(move |source| (*block, *source)))
        .filter(|one| !silent_about.contains_key(one))
        .collect();
    assert!(mended.is_empty(), "no exception any more, to be taken off the list: {mended:?}");
    assert!(checked > 50, "{checked}");
}

/// Whether a list has more rows than it shows.
fn has_hidden_rows(app: &App, block: Block) -> bool {
    app.screen.list_of(block).is_some_and(|list| list.len() > list.window().len())
}

/// Whether a failed source was read again: unchangeable data is not, and panes cache some answers themselves.
fn is_asked_again(app: &App, source: Source) -> bool {
    let status = app.estate.status(source);
    !status.used || status.failure.is_some() || status.partial.is_some()
}

/// Lets twenty minutes pass, in which everything shown is read again.
fn pass(app: &mut App, world: &World) {
    for minutes in 1..=20 {
        tick(app, now() + SignedDuration::from_mins(minutes), world);
    }
}

/// Without a known identity nothing is requested, so no block may show that it is reading or that there is nothing.
#[test]
fn no_block_waits_forever_without_an_identity() {
    for kind in [FailureKind::Unreachable, FailureKind::Credentials, FailureKind::Denied] {
        let failure = || Failure::new(kind, "sts:GetCallerIdentity: just so");
        let failing = std::iter::once(Source::Identity).chain(sources()).map(|source| (source, failure())).collect();
        let world = World { failing, ..complete_world() };
        for keys in ["1", "8"] {
            for (block, text) in blocks(&open(&world, keys, (120, 40))) {
                let of_this_machine = block == crate::panes::overview::state::GLANCE;
                let waits = text.contains("reading what happened") || text.contains("nothing within");
                assert!(
                    !waits
                        && (of_this_machine
                            || reports_missing(&text)
                            || text.contains("no valid credentials")
                            || text.contains("just so")),
                    "{kind:?} {keys} {block:?}:\n{text}"
                );
            }
        }
    }
}

#[test]
fn timeline_without_its_sources_is_not_reported_as_empty() {
    let failure = |action: &str| Failure::new(FailureKind::Denied, format!("{action}: not allowed: just so"));
    let mut world = complete_world();
    world.services.clear();
    world.activities.clear();
    world.failing = [
        (Source::AlarmHistory, failure("cloudwatch:DescribeAlarmHistory")),
        (Source::Trail, failure("cloudtrail:LookupEvents")),
        (Source::RdsEvents, failure("rds:DescribeEvents")),
    ]
    .into();
    for keys in ["1", "1 : t i m e l i n e enter"] {
        let app = open(&world, keys, (120, 40));
        let drawn = text(&app);
        assert!(!drawn.contains("nothing within"), "{keys}:\n{drawn}");
        assert!(drawn.contains("without "), "{keys}:\n{drawn}");
    }
}

#[test]
fn at_a_glance_shows_its_age() {
    let world = complete_world();
    let mut app = open(&world, "1", (240, 60));
    let line = |app: &App| {
        let drawn = blocks(app);
        let (_, text) = drawn.into_iter().find(|(block, _)| *block == crate::panes::overview::state::GLANCE).unwrap();
        text.lines().find(|line| line.contains("alarms")).unwrap_or_default().to_owned()
    };
    assert!(!line(&app).contains("old"), "{}", line(&app));
    let refused = Failure::new(FailureKind::Denied, "cloudwatch:DescribeAlarms: not allowed");
    let world = World { failing: [(Source::Alarms, refused)].into(), ..world };
    for half_minutes in 1..8 {
        tick(&mut app, now() + SignedDuration::from_secs(30 * half_minutes), &world);
    }
    assert!(line(&app).contains("3m") && line(&app).contains("no permission to read alarms"), "{}", line(&app));
}

#[test]
fn unread_data_is_not_shown_as_loading_during_a_pause() {
    let (mut app, _) = fresh(environment("staging"), crate::app::Session::default(), (120, 40));
    let world = staging();
    press(&mut app, "2", &world);
    assert!(text(&app).contains("reading services …"), "{}", text(&app));
    press(&mut app, "p", &world);
    let drawn = text(&app);
    assert!(drawn.contains("not read before the pause: services; p resumes"), "{drawn}");
    assert!(!drawn.contains("reading services …"), "{drawn}");
}

#[test]
fn attention_list_shows_its_age_if_it_is_not_refreshed() {
    let empty = |app: &App| crate::panes::overview::rows::empty(app).remove(0);
    for size in [(60, 15), (120, 40)] {
        let mut app = loaded_app(&staging(), size);
        let frame = |app: &App| text(app).lines().find(|line| line.contains("Needs attention (")).unwrap().to_owned();
        assert!(!frame(&app).contains(" old "), "{}", frame(&app));
        assert_eq!(empty(&app), (Health::Healthy, "nothing".to_owned()));
        // Nothing has failed, and no answer came.
        app.update(crate::app::event::Event::Tick(now() + SignedDuration::from_mins(3)));
        app.settle();
        assert!(frame(&app).contains(" 3m old "), "{}", text(&app));
        assert_eq!(empty(&app), (Health::Unknown, "nothing 3m ago; it was not read again since".to_owned()));
        // The counts beside the tabs show the same age in every pane.
        press(&mut app, "3", &World { silent: Source::ALL.into_iter().collect(), ..staging() });
        let tabs = text(&app).lines().nth(1).unwrap_or_default().to_owned();
        assert!(size.0 == 60 || tabs.contains(" 3m old  "), "{tabs}");
    }
}

#[test]
fn unfocused_data_is_late_only_after_a_longer_interval() {
    use crate::app::data_status::{age_if_late, oldest_late_age, staleness};
    use crate::app::event::Event;
    let mut app = loaded_app(&staging(), (120, 40));
    let lateness = |app: &App| {
        let late = oldest_late_age(app, &[(Source::Alarms, app.estate.status(Source::Alarms))]);
        (late.is_some(), age_if_late(app, Source::Alarms).is_some(), staleness(app, Source::Alarms).is_some())
    };
    app.update(Event::Focus(false));
    app.update(Event::Tick(now() + app.environment.refresh.of(Source::Alarms) * 3));
    assert_eq!(lateness(&app), (false, false, false));
    app.update(Event::Focus(true));
    assert_eq!(lateness(&app), (true, true, true));
}

#[test]
fn summary_line_of_a_service_or_task_shows_its_age() {
    for (keys, source) in [("2 j j enter", Source::Services), ("2 j j enter enter", Source::Tasks)] {
        for size in [(60, 15), (120, 40)] {
            let mut app = open(&complete_world(), keys, size);
            let above = |app: &App| text(app).lines().nth(2).unwrap_or_default().to_owned();
            assert!(!above(&app).contains(" old"), "{}", above(&app));
            let failing = [(source, Failure::new(FailureKind::Denied, "not allowed: just so"))].into();
            let world = World { failing, ..complete_world() };
            for half_minutes in 1..6 {
                tick(&mut app, now() + SignedDuration::from_secs(30 * half_minutes), &world);
            }
            assert!(above(&app).contains(" 2m old"), "{keys} {size:?}:\n{}", text(&app));
        }
    }
}
