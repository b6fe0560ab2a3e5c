//! Reads all pages of an answer, and detects invalid paging.

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

/// Maximum number of pages: 100,000 tasks are 1,000.
pub const MAX_PAGES: usize = 1_000;

/// Checks the page tokens of one query.
#[derive(Debug, Default)]
pub struct PageGuard {
    seen: HashSet<String>,
}

impl PageGuard {
    /// Returns the token of the next page, if there is one. Even an empty page may have one.
    pub fn next_token(&mut self, action: &str, token: Option<String>) -> Result<Option<String>, Failure> {
        let Some(token) = token.filter(|token| !token.is_empty()) else { return Ok(None) };
        let broken = |what: &str| Err(Failure::new(FailureKind::Malformed, format!("{action}: {what}")));
        if self.seen.len() >= MAX_PAGES {
            return broken("the pages do not end");
        }
        if !self.seen.insert(token.clone()) {
            return broken("the same page token came twice");
        }
        Ok(Some(token))
    }
}

/// The receiver of the parts of one answer.
#[derive(Debug)]
pub(super) struct AnswerSender<'a> {
    ticket: Ticket,
    out: &'a Sender<Event>,
    reported: AtomicU32,
    renewed: &'a AtomicBool,
}

impl<'a> AnswerSender<'a> {
    pub(super) fn new(ticket: Ticket, out: &'a Sender<Event>, renewed: &'a AtomicBool) -> Self {
        Self { ticket, out, reported: AtomicU32::new(0), renewed }
    }

    /// Sends one page; more follow.
    pub(super) async fn page(&self, fact: Fact) {
        self.send(Part::Page(fact)).await;
    }

    /// Sends the last page of an answer.
    pub(super) async fn last(&self, fact: Fact) {
        self.send(Part::Last(fact)).await;
    }

    /// Ends the answer with a failure.
    pub(super) async fn fail(&self, failure: Failure) {
        self.send(Part::Failed(failure)).await;
    }

    async fn send(&self, part: Part) {
        let sent = wire::requests_sent();
        let requests = sent.saturating_sub(self.reported.swap(sent, Ordering::Relaxed));
        // Sent before anything read with the new credentials: they may belong to another account.
        if self.renewed.swap(false, Ordering::SeqCst) {
            let _ = self.out.send(Event::CredentialsRenewed(self.ticket)).await;
        }
        // Nobody receives it any more if the environment was left.
        let _ = self.out.send(Event::Answer(Answer { ticket: self.ticket, requests, part: part.into() })).await;
    }
}

impl Caller<'_> {
    /// Requests page by page; each page is passed on as it arrives.
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
        let mut guard = PageGuard::default();
        let mut token = None;
        loop {
            let page = self.call(action, |clients| send(clients, token.clone())).await?;
            let (fact, next) = split(page);
            match guard.next_token(action.name, next) {
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
    /// Returns all pages of a list, completely or not at all; a list of more than `most` items is read no further.
    pub(super) async fn all_pages<T, X, E, Sending>(
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
        let mut guard = PageGuard::default();
        let (mut token, mut items) = (None, Vec::new());
        loop {
            let page = self.call(action, |clients| send(clients, token.clone())).await?;
            let (entries, next) = split(page);
            items.extend(entries);
            token = guard.next_token(action.name, next)?;
            if token.is_none() || items.len() >= most {
                return Ok(items);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_token_is_an_error() {
        let mut guard = PageGuard::default();
        assert_eq!(guard.next_token("a:B", Some("1".into())), Ok(Some("1".into())));
        assert_eq!(guard.next_token("a:B", Some("2".into())), Ok(Some("2".into())));
        let failure = guard.next_token("a:B", Some("1".into())).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Malformed);
        assert_eq!(failure.message, "a:B: the same page token came twice");
    }

    #[test]
    fn empty_token_ends_paging_and_pages_are_limited() {
        let mut guard = PageGuard::default();
        assert_eq!(guard.next_token("a:B", Some(String::new())), Ok(None));
        assert_eq!(guard.next_token("a:B", None), Ok(None));
        for page in 0..MAX_PAGES {
            assert!(guard.next_token("a:B", Some(page.to_string())).is_ok());
        }
        assert!(guard.next_token("a:B", Some("more".into())).is_err());
    }
}
