//! `CloudFront`: distributions, and invalidations of their caches.

use super::budget::Class;
use super::pages::PageGuard;
use super::protocols::{parse_xml, percent_encode, rest};
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
/// `CloudFront` uses one region for all distributions.
pub(super) const CLOUDFRONT: Service = Service("cloudfront", Some("us-east-1"));
/// The prefix of its paths, with the API version.
pub(super) const ROOT: &str = "/2020-05-31/distribution";
/// The namespace of requests.
const NAMESPACE: &str = "http://cloudfront.amazonaws.com/doc/2020-05-31/";
/// Maximum number of invalidations read for the price: each is a request.
const MAX_GETS: usize = 25;
/// Number of newest invalidations searched for one whose answer was lost.
const NEWEST: usize = 5;

/// Executes a read of an operation.
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
    /// Returns all distributions of the account.
    ///
    /// # Errors
    /// They cannot be listed.
    pub async fn distributions(&self) -> Result<Vec<Distribution>, Failure> {
        distributions(&Caller::new(self, Priority::Operator)).await
    }
}

/// Returns all distributions of the account.
pub(super) async fn distributions(caller: &Caller<'_>) -> Result<Vec<Distribution>, Failure> {
    let (mut found, mut marker, mut guard) = (Vec::new(), String::new(), PageGuard::default());
    loop {
        let path = format!("{ROOT}{marker}");
        let answer = caller.xml(&rest(LIST_DISTRIBUTIONS, CLOUDFRONT, "GET", path, String::new())).await?;
        found.extend(answer.children_at("Items").iter().filter_map(distribution));
        match guard.next_token(LIST_DISTRIBUTIONS.name, next(&answer))? {
            Some(next) => marker = format!("?Marker={}", percent_encode(&next)),
            None => return Ok(found),
        }
    }
}

/// Invalidates the cache for some paths.
pub(super) async fn invalidate(writer: &Writer<'_>, batch: &Batch) -> Result<Reply, Failure> {
    let paths: String =
        batch.paths.iter().flat_map(|path| ["<Path>".into(), escape(path.as_str()), "</Path>".into()]).collect();
    let body = format!(
        "<InvalidationBatch xmlns=\"{NAMESPACE}\"><Paths><Quantity>{}</Quantity><Items>{paths}</Items></Paths>\
         <CallerReference>{}</CallerReference></InvalidationBatch>",
        batch.paths.len(),
        escape(batch.reference.as_str())
    );
    let path = format!("{ROOT}/{}/invalidation", percent_encode(&batch.distribution));
    let answer = writer.send_signed_once(&rest(CREATE_INVALIDATION, CLOUDFRONT, "POST", path, body), parse_xml).await?;
    let made = invalidation(&answer).ok_or_else(|| nameless(CREATE_INVALIDATION))?;
    Ok(Reply::Cdn(CdnReply::Invalidation(Some(made))))
}

/// Counts the paths invalidated since a time, if few enough to read.
async fn month(caller: &Caller<'_>, distributions: &[String], since: Timestamp) -> Result<Month, Failure> {
    let mut month = Month::default();
    let mut gets = 0;
    for distribution in distributions {
        for (id, at) in invalidations(caller, distribution, Some(since)).await? {
            if at.is_some_and(|at| at < since) {
                continue;
            }
            if gets == MAX_GETS {
                // Each has at least one path.
                (month.more, month.paths) = (true, month.paths + 1);
                continue;
            }
            gets += 1;
            month.paths += get(caller, distribution, &id).await?.paths.len() as u64;
        }
    }
    Ok(month)
}

/// Returns the invalidations of a distribution with their times, newest first: the first page, or all since a time.
async fn invalidations(
    caller: &Caller<'_>,
    distribution: &str,
    since: Option<Timestamp>,
) -> Result<Vec<(String, Option<Timestamp>)>, Failure> {
    let (mut found, mut marker, mut guard) = (Vec::new(), String::new(), PageGuard::default());
    loop {
        let path = format!("{ROOT}/{}/invalidation{marker}", percent_encode(distribution));
        let answer = caller.xml(&rest(LIST_INVALIDATIONS, CLOUDFRONT, "GET", path, String::new())).await?;
        let page = answer.children_at("Items").iter();
        let page = page
            .filter_map(|item| Some((item.get_owned("Id")?, item.get("CreateTime").and_then(|at| at.parse().ok()))));
        found.extend(page);
        let old = match (since, found.last()) {
            (None, _) => true,
            (Some(since), Some((_, Some(at)))) => *at < since,
            _ => false,
        };
        match guard.next_token(LIST_INVALIDATIONS.name, next(&answer))? {
            Some(next) if !old => marker = format!("?Marker={}", percent_encode(&next)),
            _ => return Ok(found),
        }
    }
}

async fn get(caller: &Caller<'_>, distribution: &str, id: &str) -> Result<Invalidation, Failure> {
    let path = format!("{ROOT}/{}/invalidation/{}", percent_encode(distribution), percent_encode(id));
    let answer = caller.xml(&rest(GET_INVALIDATION, CLOUDFRONT, "GET", path, String::new())).await?;
    invalidation(&answer).ok_or_else(|| nameless(GET_INVALIDATION))
}

fn nameless(action: Action) -> Failure {
    Failure::new(FailureKind::Malformed, format!("{}: the answer has no invalidation", action.name))
}

/// The marker of the next page.
fn next(answer: &Element) -> Option<String> {
    answer.get_owned("NextMarker").filter(|_| answer.get("IsTruncated") == Some("true"))
}

fn distribution(item: &Element) -> Option<Distribution> {
    Some(Distribution {
        id: item.get_owned("Id")?,
        domain: item.get_owned("DomainName").unwrap_or_default(),
        aliases: item.children_at("Aliases/Items").iter().map(|alias| alias.text.clone()).collect(),
        comment: item.get_owned("Comment").unwrap_or_default(),
        status: item.get_owned("Status").unwrap_or_default(),
        enabled: item.get("Enabled") == Some("true"),
    })
}

fn invalidation(item: &Element) -> Option<Invalidation> {
    Some(Invalidation {
        id: item.get_owned("Id")?,
        status: item.get_owned("Status").unwrap_or_default(),
        at: item.get("CreateTime").and_then(|at| at.parse().ok()),
        paths: item.children_at("InvalidationBatch/Paths/Items").iter().map(|path| path.text.clone()).collect(),
        reference: item.get_owned("InvalidationBatch/CallerReference").unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distribution_is_parsed_with_its_names() {
        let text = "<DistributionList><IsTruncated>true</IsTruncated><NextMarker>E2</NextMarker><Items><DistributionSummary>\
            <Id>E1</Id><Status>Deployed</Status><DomainName>d1.cloudfront.net</DomainName><Aliases><Quantity>1</Quantity><Items>\
            <CNAME>app.example</CNAME></Items></Aliases><Comment>pantri</Comment><Enabled>true</Enabled></DistributionSummary></Items>\
            </DistributionList>";
        let tree = Element::parse(text).unwrap();
        let found: Vec<Distribution> = tree.children_at("Items").iter().filter_map(distribution).collect();
        assert_eq!((found[0].id.as_str(), found[0].title(), found[0].enabled), ("E1", "app.example", true));
        assert_eq!(next(&tree).as_deref(), Some("E2"));
    }

    #[test]
    fn invalidation_is_parsed_with_its_paths() {
        let text = "<Invalidation><Id>I1</Id><Status>InProgress</Status><CreateTime>2026-11-20T05:00:00Z</CreateTime><InvalidationBatch>\
            <Paths><Quantity>1</Quantity><Items><Path>/a&amp;b</Path></Items></Paths><CallerReference>r</CallerReference>\
            </InvalidationBatch></Invalidation>";
        let read = invalidation(&Element::parse(text).unwrap()).unwrap();
        assert_eq!((read.paths, read.reference.as_str(), read.at.is_some()), (vec!["/a&b".to_owned()], "r", true));
    }
}
