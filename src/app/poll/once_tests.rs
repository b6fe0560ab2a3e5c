//! A one-time read ends whatever the answers are: a fault is put on each query, once and permanently, and once every
//! query is answered nothing may be left to wait for.

use super::*;
use crate::app::App;
use crate::app::event::{Answer, Event};
use crate::app::testing::{at, open, world};
use crate::feeds;
use crate::feeds::Ask;
use crate::feeds::aws::Fact;
use crate::feeds::part;
use crate::model::health::Severity;
use proptest::prelude::*;
use std::collections::VecDeque;

/// What happens to a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// It is refused or fails.
    Broken(FailureKind),
    /// An answer of another kind comes.
    Other,
    /// A page comes, then it fails.
    Cut(FailureKind),
    /// Credentials are refused and reloaded, then it works.
    Renewed,
    /// Credentials are refused, reloaded, and refused again.
    Refused,
}

const KINDS: [FailureKind; 9] = [
    FailureKind::Throttled,
    FailureKind::Denied,
    FailureKind::Credentials,
    FailureKind::Unreachable,
    FailureKind::Timeout,
    FailureKind::Malformed,
    FailureKind::NotFound,
    FailureKind::Service,
    FailureKind::Other,
];

/// The faults for a read of one or two sources; a read of all sources tries every fault.
const FEW: [Fault; 5] = [
    Fault::Broken(FailureKind::Credentials),
    Fault::Broken(FailureKind::Timeout),
    Fault::Cut(FailureKind::Service),
    Fault::Other,
    Fault::Refused,
];

fn faults() -> Vec<Fault> {
    let broken = KINDS.map(Fault::Broken);
    let cut = [FailureKind::Credentials, FailureKind::Timeout, FailureKind::Service].map(Fault::Cut);
    broken.into_iter().chain(cut).chain([Fault::Other, Fault::Renewed, Fault::Refused]).collect()
}

/// The name of a query's operation; faults are put on operations, of which one source may have several.
fn name_of(query: &Query) -> String {
    let text = format!("{query:?}");
    text.split([' ', '(', '{']).next().unwrap_or_default().to_owned()
}

/// Reads once, with a fault on one operation; `pick` selects the pending query to answer next. Returns the names of all
/// queries, and the app; `None` if nothing is pending and the read has not ended.
fn read_once(
    wants: Wants,
    account: bool,
    on: &str,
    fault: Fault,
    mut times: u32,
    mut pick: impl FnMut(usize) -> usize,
) -> Option<(Vec<String>, App)> {
    let world = world(1, 1);
    let (mut app, first) = open(wants);
    if !account {
        // No account is configured to compare with.
        app.environment.account = None;
        app.poller.held_answers = None;
    }
    let mut waiting: VecDeque<Effect> = first.into();
    let mut names = Vec::new();
    for round in 0..2_000 {
        if app.all_read() {
            return Some((names, app));
        }
        if waiting.is_empty() {
            // Requests that are planned on full seconds may still come.
            waiting.extend(app.update(Event::Tick(at(i64::from(round) + 1))));
            if waiting.iter().all(|effect| !matches!(effect, Effect::Fetch { .. })) {
                return None;
            }
        }
        let effect = waiting.remove(pick(waiting.len()) % waiting.len())?;
        let Effect::Fetch { ticket, ask: Ask::Aws(query), .. } = &effect else { continue };
        let name = name_of(query);
        let hit = name == on && times > 0;
        names.push(name);
        let answer = |part: Part| Event::Answer(Answer { ticket: *ticket, requests: 1, part: part.into() });
        let broken = |kind| answer(Part::Failed(Failure::new(kind, "it failed")));
        let good = world.event(&effect, query)?;
        let events = if hit {
            times -= 1;
            let page = match &good {
                Event::Answer(Answer { part: part::Part::Last(feeds::Fact::Aws(fact)), .. }) => {
                    vec![answer(Part::Page(fact.clone()))]
                }
                _ => Vec::new(),
            };
            match fault {
                Fault::Broken(kind) => vec![broken(kind)],
                Fault::Other => vec![answer(Part::Last(Fact::LogGroups(Vec::new())))],
                Fault::Cut(kind) => page.into_iter().chain([broken(kind)]).collect(),
                Fault::Renewed => vec![Event::CredentialsRenewed(*ticket), good],
                Fault::Refused => vec![Event::CredentialsRenewed(*ticket), broken(FailureKind::Credentials)],
            }
        } else {
            vec![good]
        };
        for event in events {
            waiting.extend(app.update(event));
        }
    }
    None
}

fn wants(sources: &[Source], service_metrics: bool) -> Wants {
    Wants { sources: sources.iter().copied().collect(), service_metrics, once: true, ..Wants::default() }
}

/// The reads of all commands: everything with and without a configured account, and each source alone.
fn all_wants() -> Vec<(Wants, bool)> {
    let alone = Source::ALL.iter().map(|source| (wants(&[Source::Identity, *source], true), true));
    [(wants(&Source::ALL, true), true), (wants(&Source::ALL, true), false)].into_iter().chain(alone).collect()
}

#[test]
fn one_time_read_ends_with_any_fault_on_any_query() {
    for (wants, account) in all_wants() {
        // In order, last first, and with the identity's answer after all others.
        for order in [0_usize, usize::MAX] {
            let pick = |_| order;
            let (mut names, _) = read_once(wants.clone(), account, "", Fault::Other, 0, pick).expect("without a fault");
            names.sort();
            names.dedup();
            let faults = if wants.sources.len() > 2 { faults() } else { FEW.to_vec() };
            for (name, fault) in names.iter().flat_map(|name| faults.iter().map(move |fault| (name, *fault))) {
                // Credentials are renewed at most every two seconds, so not indefinitely within one read.
                let for_ever = if matches!(fault, Fault::Renewed | Fault::Refused) { 3 } else { u32::MAX };
                for times in [1, for_ever] {
                    let read = read_once(wants.clone(), account, name, fault, times, pick);
                    assert!(read.is_some(), "{fault:?} on {name}, {times} times, of {wants:?}: it waits for ever");
                }
            }
        }
    }
}

#[test]
fn refused_credentials_are_reported() {
    for order in [0_usize, usize::MAX] {
        let fault = Fault::Broken(FailureKind::Credentials);
        let (_, mut app) = read_once(wants(&Source::ALL, true), true, "Tasks", fault, 1, |_| order).unwrap();
        app.settle();
        let attention = &app.estate.derived.attention;
        assert!(
            attention.iter().any(|entry| entry.severity <= Severity::Warning && entry.what.contains("tasks")),
            "{attention:#?}"
        );
    }
}

proptest! {
    #![proptest_config(crate::app::testing::cases(256))]

    #[test]
    fn one_time_read_ends_in_any_order_of_answers(
        at in 0_usize..64,
        fault in proptest::sample::select(faults()),
        for_ever: bool,
        order in proptest::collection::vec(any::<usize>(), 64),
        account: bool,
    ) {
        let all_sources = wants(&Source::ALL, true);
        let pick = |order: &[usize]| {
            let order = order.to_vec();
            let mut next = 0;
            move |_| { next += 1; order[next % order.len()] }
        };
        let (names, _) = read_once(all_sources.clone(), account, "", Fault::Other, 0, pick(&order)).expect("without a fault");
        let name = &names[at % names.len()];
        let times = match (for_ever, fault) {
            (true, Fault::Renewed | Fault::Refused) => 3,
            (true, _) => u32::MAX,
            (false, _) => 1,
        };
        let read = read_once(all_sources, account, name, fault, times, pick(&order));
        prop_assert!(read.is_some(), "{fault:?} on {name}, {times} times: it waits for ever");
    }
}
