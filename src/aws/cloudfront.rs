//! `CloudFront`: distributions, and invalidations of what they have cached.

use super::budget::Class;
use super::pages::Guard;
use super::protocols::{encoded, in_xml, rest};
use super::session::{Action, Caller, Session};
use super::signed::Service;
use super::writer::Writer;
use super::xml::Element;
use crate::app::effect::Priority;
use crate::app::operation::call::Reply;
use crate::app::operation::single::invalidation::call::{Batch, CdnRead, CdnReply};
use crate::model::cdn::{Distribution, Invalidation, Month};
use crate::model::{Failure, FailureKind};
use jiff::Timestamp;
use quick_xml::escape::escape;

pub(super) const LIST_DISTRIBUTIONS: Action = Action { name: "cloudfront:ListDistributions", class: Class::Edge };
pub(super) const LIST_INVALIDATIONS: Action = Action { name: "cloudfront:ListInvalidations", class: Class::Edge };
pub(super) const GET_INVALIDATION: Action = Action { name: "cloudfront:GetInvalidation", class: Class::Edge };
const CREATE_INVALIDATION: Action = Action { name: "cloudfront:CreateInvalidation", class: Class::Edge };
/// `CloudFront` has one region for all distributions.
pub(super) const CLOUDFRONT: Service = Service("cloudfront", Some("us-east-1"));
/// The version of the API, with which its paths begin.
pub(super) const ROOT: &str = "/2020-05-31/distribution";
/// The namespace of requests.
const NAMESPACE: &str = "http://cloudfront.amazonaws.com/doc/2020-05-31/";
/// Each invalidation of a month is a request of its own; no more are read for a price.
const MOST_GETS: usize = 25;
/// Among so many of the newest one is looked for whose answer was lost.
const NEWEST: usize = 5;

/// Answers a question of an operation.
pub(super) async fn read(caller: &Caller<'_>, read: CdnRead) -> Result<CdnReply, Failure> {
    match read {
        CdnRead::Distributions => distributions(caller).await.map(CdnReply::Distributions),
        CdnRead::Month { distributions, since } => month(caller, &distributions, since).await.map(CdnReply::Month),
        CdnRead::Invalidation { distribution, id } => match get(caller, &distribution, &id).await {
            Ok(found) => Ok(CdnReply::Invalidation(Some(found))),
            Err(failure) if failure.kind == FailureKind::NotFound => Ok(CdnReply::Invalidation(None)),
            Err(failure) => Err(failure),
        },
        CdnRead::Referenced { distribution, reference } => {
            let newest = invalidations(caller, &distribution, None).await?;
            for (id, _) in newest.iter().take(NEWEST) {
                let found = get(caller, &distribution, id).await?;
                if found.reference == reference {
                    return Ok(CdnReply::Invalidation(Some(found)));
                }
            }
            Ok(CdnReply::Invalidation(None))
        }
    }
}

impl Session {
    /// All distributions of the account.
    ///
    /// # Errors
    /// They cannot be listed.
    pub async fn distributions(&self) -> Result<Vec<Distribution>, Failure> {
        distributions(&Caller::new(self, Priority::Operator)).await
    }
}

/// All distributions of the account.
pub(super) async fn distributions(caller: &Caller<'_>) -> Result<Vec<Distribution>, Failure> {
    let (mut found, mut marker, mut guard) = (Vec::new(), String::new(), Guard::default());
    loop {
        let path = format!("{ROOT}{marker}");
        let answer = caller.xml(&rest(LIST_DISTRIBUTIONS, CLOUDFRONT, "GET", path, String::new())).await?;
        found.extend(answer.all("Items").iter().filter_map(distribution));
        match guard.next(LIST_DISTRIBUTIONS.name, next(&answer))? {
            Some(next) => marker = format!("?Marker={}", encoded(&next)),
            None => return Ok(found),
        }
    }
}

/// Throws what is cached of some paths away.
pub(super) async fn invalidate(writer: &Writer<'_>, batch: &Batch) -> Result<Reply, Failure> {
    let paths: String =
        batch.paths.iter().flat_map(|path| ["<Path>".into(), escape(path.as_str()), "</Path>".into()]).collect();
    let body = format!(
        "<InvalidationBatch xmlns=\"{NAMESPACE}\"><Paths><Quantity>{}</Quantity><Items>{paths}</Items></Paths>\
         <CallerReference>{}</CallerReference></InvalidationBatch>",
        batch.paths.len(),
        escape(batch.reference.as_str())
    );
    let path = format!("{ROOT}/{}/invalidation", encoded(&batch.distribution));
    let answer = writer.signed_once(&rest(CREATE_INVALIDATION, CLOUDFRONT, "POST", path, body), in_xml).await?;
    let made = invalidation(&answer).ok_or_else(|| nameless(CREATE_INVALIDATION))?;
    Ok(Reply::Cdn(CdnReply::Invalidation(Some(made))))
}

/// Paths that were invalidated since a moment, as far as they are few enough to read.
async fn month(caller: &Caller<'_>, distributions: &[String], since: Timestamp) -> Result<Month, Failure> {
    let mut month = Month::default();
    let mut gets = 0;
    for distribution in distributions {
        for (id, at) in invalidations(caller, distribution, Some(since)).await? {
            if at.is_some_and(|at| at < since) {
                continue;
            }
            if gets == MOST_GETS {
                // Each has one path at least.
                (month.more, month.paths) = (true, month.paths + 1);
                continue;
            }
            gets += 1;
            month.paths += get(caller, distribution, &id).await?.paths.len() as u64;
        }
    }
    Ok(month)
}

/// Invalidations of a distribution, newest first, with when they were made: the first page, or all since a moment.
async fn invalidations(
    caller: &Caller<'_>,
    distribution: &str,
    since: Option<Timestamp>,
) -> Result<Vec<(String, Option<Timestamp>)>, Failure> {
    let (mut found, mut marker, mut guard) = (Vec::new(), String::new(), Guard::default());
    loop {
        let path = format!("{ROOT}/{}/invalidation{marker}", encoded(distribution));
        let answer = caller.xml(&rest(LIST_INVALIDATIONS, CLOUDFRONT, "GET", path, String::new())).await?;
        let page = answer.all("Items").iter();
        let page =
            page.filter_map(|item| Some((item.owned("Id")?, item.get("CreateTime").and_then(|at| at.parse().ok()))));
        found.extend(page);
        let old = match (since, found.last()) {
            (None, _) => true,
            (Some(since), Some((_, Some(at)))) => *at < since,
            _ => false,
        };
        match guard.next(LIST_INVALIDATIONS.name, next(&answer))? {
            Some(next) if !old => marker = format!("?Marker={}", encoded(&next)),
            _ => return Ok(found),
        }
    }
}

async fn get(caller: &Caller<'_>, distribution: &str, id: &str) -> Result<Invalidation, Failure> {
    let path = format!("{ROOT}/{}/invalidation/{}", encoded(distribution), encoded(id));
    let answer = caller.xml(&rest(GET_INVALIDATION, CLOUDFRONT, "GET", path, String::new())).await?;
    invalidation(&answer).ok_or_else(|| nameless(GET_INVALIDATION))
}

fn nameless(action: Action) -> Failure {
    Failure::new(FailureKind::Malformed, format!("{}: the answer has no invalidation", action.name))
}

/// The next page's marker.
fn next(answer: &Element) -> Option<String> {
    answer.owned("NextMarker").filter(|_| answer.get("IsTruncated") == Some("true"))
}

fn distribution(item: &Element) -> Option<Distribution> {
    Some(Distribution {
        id: item.owned("Id")?,
        domain: item.owned("DomainName").unwrap_or_default(),
        aliases: item.all("Aliases/Items").iter().map(|alias| alias.text.clone()).collect(),
        comment: item.owned("Comment").unwrap_or_default(),
        status: item.owned("Status").unwrap_or_default(),
        enabled: item.get("Enabled") == Some("true"),
    })
}

fn invalidation(item: &Element) -> Option<Invalidation> {
    Some(Invalidation {
        id: item.owned("Id")?,
        status: item.owned("Status").unwrap_or_default(),
        at: item.get("CreateTime").and_then(|at| at.parse().ok()),
        paths: item.all("InvalidationBatch/Paths/Items").iter().map(|path| path.text.clone()).collect(),
        reference: item.owned("InvalidationBatch/CallerReference").unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distribution_is_read_with_its_names() {
        let text = "<DistributionList><IsTruncated>true</IsTruncated><NextMarker>E2</NextMarker><Items><DistributionSummary>\
            <Id>E1</Id><Status>Deployed</Status><DomainName>d1.cloudfront.net</DomainName><Aliases><Quantity>1</Quantity><Items>\
            <CNAME>app.example</CNAME></Items></Aliases><Comment>pantri</Comment><Enabled>true</Enabled></DistributionSummary></Items>\
            </DistributionList>";
        let tree = Element::parse(text).unwrap();
        let found: Vec<Distribution> = tree.all("Items").iter().filter_map(distribution).collect();
        assert_eq!((found[0].id.as_str(), found[0].title(), found[0].enabled), ("E1", "app.example", true));
        assert_eq!(next(&tree).as_deref(), Some("E2"));
    }

    #[test]
    fn an_invalidation_is_read_with_its_paths() {
        let text = "<Invalidation><Id>I1</Id><Status>InProgress</Status><CreateTime>2026-11-20T05:00:00Z</CreateTime><InvalidationBatch>\
            <Paths><Quantity>1</Quantity><Items><Path>/a&amp;b</Path></Items></Paths><CallerReference>r</CallerReference>\
            </InvalidationBatch></Invalidation>";
        let read = invalidation(&Element::parse(text).unwrap()).unwrap();
        assert_eq!((read.paths, read.reference.as_str(), read.at.is_some()), (vec!["/a&b".to_owned()], "r", true));
    }
}
