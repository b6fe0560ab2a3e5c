//! All pages of an answer, and the ways in which a list of pages can be wrong.

use super::clients::Clients;
use super::session::{Action, Caller};
use super::wire;
use crate::app::event::{Answer, Event};
use crate::app::ticket::Ticket;
use crate::feeds::aws::{Fact, Part};
use crate::model::{Failure, FailureKind};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use std::collections::HashSet;
use std::error::Error;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use tokio::sync::mpsc::Sender;

/// More pages than this is no answer: 100,000 tasks are 1,000.
pub const MOST_PAGES: usize = 1_000;

/// Watches the page tokens of one question.
#[derive(Debug, Default)]
pub struct Guard {
    seen: HashSet<String>,
}

impl Guard {
    /// The token to go on with, if there is one. A page may be empty and have one.
    pub fn next(&mut self, action: &str, token: Option<String>) -> Result<Option<String>, Failure> {
        let Some(token) = token.filter(|token| !token.is_empty()) else { return Ok(None) };
        let broken = |what: &str| Err(Failure::new(FailureKind::Malformed, format!("{action}: {what}")));
        if self.seen.len() >= MOST_PAGES {
            return broken("the pages do not end");
        }
        if !self.seen.insert(token.clone()) {
            return broken("the same page token came twice");
        }
        Ok(Some(token))
    }
}

/// Where the pieces of one answer go.
#[derive(Debug)]
pub(super) struct AnswerSender<'a> {
    ticket: Ticket,
    out: &'a Sender<Event>,
    told: AtomicU32,
    renewed: &'a AtomicBool,
}

impl<'a> AnswerSender<'a> {
    pub(super) fn new(ticket: Ticket, out: &'a Sender<Event>, renewed: &'a AtomicBool) -> Self {
        Self { ticket, out, told: AtomicU32::new(0), renewed }
    }

    /// One page; more follow.
    pub(super) async fn page(&self, fact: Fact) {
        self.send(Part::Page(fact)).await;
    }

    /// Sends the last page of an answer.
    pub(super) async fn last(&self, fact: Fact) {
        self.send(Part::Last(fact)).await;
    }

    /// The answer ends here.
    pub(super) async fn broken(&self, failure: Failure) {
        self.send(Part::Failed(failure)).await;
    }

    async fn send(&self, part: Part) {
        let sent = wire::sent();
        let requests = sent.saturating_sub(self.told.swap(sent, Ordering::Relaxed));
        // Said before anything that the new credentials brought: they may be another account's.
        if self.renewed.swap(false, Ordering::SeqCst) {
            let _ = self.out.send(Event::Renewed(self.ticket)).await;
        }
        // Nobody listens any more when the environment was left.
        let _ = self.out.send(Event::Answer(Answer { ticket: self.ticket, requests, part: part.into() })).await;
    }
}

impl Caller<'_> {
    /// Asks page by page; each page is passed on as it arrives.
    pub(super) async fn pages<T, E, Sending>(
        &self,
        answers: &AnswerSender<'_>,
        action: Action,
        send: impl Fn(&Clients, Option<String>) -> Sending,
        mut split: impl FnMut(T) -> (Fact, Option<String>),
    ) -> Result<(), Failure>
    where
        Sending: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + Error + 'static,
    {
        let mut guard = Guard::default();
        let mut token = None;
        loop {
            let page = self.call(action, |clients| send(clients, token.clone())).await?;
            let (fact, next) = split(page);
            match guard.next(action.name, next) {
                Ok(None) => {
                    answers.last(fact).await;
                    return Ok(());
                }
                Ok(next) => {
                    answers.page(fact).await;
                    token = next;
                }
                Err(failure) => {
                    answers.page(fact).await;
                    return Err(failure);
                }
            }
        }
    }
}

impl Caller<'_> {
    /// All pages of a list, whole or not at all; a list of more than `most` is read no further.
    pub(super) async fn all<T, X, E, Sending>(
        &self,
        action: Action,
        most: usize,
        send: impl Fn(&Clients, Option<String>) -> Sending,
        mut split: impl FnMut(T) -> (Vec<X>, Option<String>),
    ) -> Result<Vec<X>, Failure>
    where
        Sending: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + Error + 'static,
    {
        let mut guard = Guard::default();
        let (mut token, mut whole) = (None, Vec::new());
        loop {
            let page = self.call(action, |clients| send(clients, token.clone())).await?;
            let (entries, next) = split(page);
            whole.extend(entries);
            token = guard.next(action.name, next)?;
            if token.is_none() || whole.len() >= most {
                return Ok(whole);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_repeats_is_an_error() {
        let mut guard = Guard::default();
        assert_eq!(guard.next("a:B", Some("1".into())), Ok(Some("1".into())));
        assert_eq!(guard.next("a:B", Some("2".into())), Ok(Some("2".into())));
        let failure = guard.next("a:B", Some("1".into())).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Malformed);
        assert_eq!(failure.message, "a:B: the same page token came twice");
    }

    #[test]
    fn an_empty_token_ends_and_pages_are_bounded() {
        let mut guard = Guard::default();
        assert_eq!(guard.next("a:B", Some(String::new())), Ok(None));
        assert_eq!(guard.next("a:B", None), Ok(None));
        for page in 0..MOST_PAGES {
            assert!(guard.next("a:B", Some(page.to_string())).is_ok());
        }
        assert!(guard.next("a:B", Some("more".into())).is_err());
    }
}
