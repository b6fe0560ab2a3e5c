//! Questions and answers as plain data. A feed is a file here, with its questions, its facts and the lifetime of each
//! question ([`lifetime::Lifetime`]), and a file in `src/runtime/feeds`, which runs the questions. Requests to AWS are in
//! `src/aws`.
//!
//! A new feed is these two files and one line in the list here: see docs/adding-a-feed.md.

/// The list of feeds: the module, its name in the enums of all questions and facts, and the type of its questions. The code
/// that runs them is in the other crate, with a file per feed.
#[macro_export]
macro_rules! with_feeds {
    ($make:ident) => {
        $make! {
            aws Aws Query,
            runs Runs Ask,
            infra Infra Ask,
            sql Sql Ask,
            tunnels Tunnels Ask,
            queries Queries Ask,
            probes Probes Ask,
            costs Costs Ask,
        }
    };
}
pub use crate::with_feeds;

pub mod aws;
pub mod costs;
pub mod infra;
pub mod lifetime;
pub mod part;
pub mod probes;
pub mod queries;
pub mod runs;
pub mod sql;
pub mod tunnels;

use lifetime::Lifetime;

/// A part of an answer from any feed.
pub type Part = part::Part<Fact>;

macro_rules! feeds {
    ($($name:ident $Feed:ident $Question:ident,)*) => {
        /// A question to one of the feeds.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Ask {
            $(#[doc = concat!("To `", stringify!($name), "`.")] $Feed($name::$Question),)*
        }

        /// An answer of one of the feeds.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Fact {
            $(#[doc = concat!("Of `", stringify!($name), "`.")] $Feed($name::Fact),)*
        }

        impl Ask {
            /// Returns the lifetime of the question.
            pub fn lifetime(&self) -> Lifetime {
                match self {
                    $(Self::$Feed(question) => question.lifetime(),)*
                }
            }

            /// Returns whether it continues to send answers until it is left.
            pub fn goes_on(&self) -> bool {
                match self {
                    $(Self::$Feed(question) => question.goes_on(),)*
                }
            }
        }

        $(
            impl From<$name::$Question> for Ask {
                fn from(question: $name::$Question) -> Self {
                    Self::$Feed(question)
                }
            }

            impl From<part::Part<$name::Fact>> for Part {
                fn from(part: part::Part<$name::Fact>) -> Self {
                    part.map(|fact| Some(Fact::$Feed(fact)))
                }
            }

            impl TryFrom<Fact> for $name::Fact {
                type Error = Fact;

                fn try_from(fact: Fact) -> Result<Self, Fact> {
                    match fact {
                        Fact::$Feed(fact) => Ok(fact),
                        other => Err(other),
                    }
                }
            }
        )*
    };
}

with_feeds!(feeds);

impl Part {
    /// Returns the part with facts of one feed. A fact of another feed becomes a failure, as the answer to a different
    /// question.
    pub fn of<F: TryFrom<Fact>>(self) -> part::Part<F> {
        self.map(|fact| F::try_from(fact).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Failure;

    #[test]
    fn fact_of_another_feed_is_a_failure() {
        let of_aws: Part = part::Part::Last(aws::Fact::TargetGroups(Vec::new())).into();
        assert_eq!(of_aws.clone().of::<aws::Fact>(), part::Part::Last(aws::Fact::TargetGroups(Vec::new())));
        assert_eq!(of_aws.of::<runs::Fact>(), part::Part::Failed(Failure::mismatched_answer()));
    }

    #[test]
    fn questions_to_aws_belong_to_the_environment_and_those_to_runs_do_not() {
        assert_eq!(Ask::from(aws::Query::Identity).lifetime(), Lifetime::Environment);
        let run = std::path::PathBuf::from("run");
        assert_eq!(Ask::from(runs::Ask::Follow { run: run.clone(), from: 0 }).lifetime(), Lifetime::Session);
        let tell = runs::Ask::Request {
            place: runs::Place::default(),
            run,
            request: crate::model::infra::run_event::RequestKind::Retry,
        };
        assert_eq!(Ask::from(tell).lifetime(), Lifetime::Detached);
    }
}
