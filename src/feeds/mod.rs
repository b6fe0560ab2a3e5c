//! Questions and answers as data, pure: a feed is a file here, with its questions, its facts and how long each question
//! is asked for ([`lifetime::Lifetime`]), and a file of the room that asks, `src/runtime/feeds`. What asks AWS is in
//! `src/aws`.
//!
//! A new feed is these two files and one line in the list here: see docs/adding-a-feed.md.

/// The list of feeds: the file, its name among all questions and facts, and the type of its questions. Who asks is in
/// the other crate, and has a file for each.
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

/// A piece of an answer of any feed.
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
            /// How long it is asked for.
            pub fn lifetime(&self) -> Lifetime {
                match self {
                    $(Self::$Feed(question) => question.lifetime(),)*
                }
            }

            /// Whether it goes on, and answers, until somebody leaves it.
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
    /// The part with the facts of one feed; a fact of another has failed as the answer to another question.
    pub fn of<F: TryFrom<Fact>>(self) -> part::Part<F> {
        self.map(|fact| F::try_from(fact).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Failure;

    #[test]
    fn a_fact_of_another_feed_is_the_answer_to_another_question() {
        let of_aws: Part = part::Part::Last(aws::Fact::TargetGroups(Vec::new())).into();
        assert_eq!(of_aws.clone().of::<aws::Fact>(), part::Part::Last(aws::Fact::TargetGroups(Vec::new())));
        assert_eq!(of_aws.of::<runs::Fact>(), part::Part::Failed(Failure::other_answer()));
    }

    #[test]
    fn what_is_asked_of_aws_belongs_to_an_environment_and_what_is_asked_of_runs_does_not() {
        assert_eq!(Ask::from(aws::Query::Identity).lifetime(), Lifetime::Environment);
        let run = std::path::PathBuf::from("run");
        assert_eq!(Ask::from(runs::Ask::Follow { run: run.clone(), from: 0 }).lifetime(), Lifetime::Session);
        let tell = runs::Ask::Tell {
            place: runs::Place::default(),
            run,
            wish: crate::model::infra::run_event::RequestKind::Retry,
        };
        assert_eq!(Ask::from(tell).lifetime(), Lifetime::Detached);
    }
}
