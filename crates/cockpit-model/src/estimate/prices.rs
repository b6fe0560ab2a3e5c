//! The table of prices: what is in `prices.json`, each with its date and the page that has it. What each was held
//! against, and when, is in the table for who reads it, and not read here.

use serde::Deserialize;
use std::collections::BTreeMap;

/// The table of the repository.
const OURS: &str = include_str!("prices.json");
/// The region of prices that hold in every region.
const EVERYWHERE: &str = "*";

/// The table of list prices.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Prices {
    /// `USD`.
    pub currency: String,
    /// By name: `fargate.x86_64.vcpu`.
    pub prices: BTreeMap<String, Price>,
    /// Prices of types of resources that cost by their use alone.
    pub usage: BTreeMap<String, Vec<String>>,
    /// Types of resources that cost nothing by themselves; a `*` at the end is any end.
    pub free: Vec<String>,
}

/// A list price of one thing in one region.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Price {
    /// The unit of the price: `vCPU-hour`.
    pub per: String,
    /// The month whose list it stands for: `2026-09`.
    pub as_of: String,
    /// The page that has it.
    pub source: String,
    /// By region; `*` is every region.
    pub regions: BTreeMap<String, f64>,
}

impl Prices {
    /// The table of the repository.
    pub fn ours() -> Self {
        // A test reads it: it is never another one.
        serde_json::from_str(OURS).unwrap_or_default()
    }

    /// The price of an item in a region.
    ///
    /// # Errors
    /// The name of what is not in the table for this region.
    pub fn of(&self, item: &str, region: &str) -> Result<f64, String> {
        let price = self.prices.get(item).ok_or_else(|| format!("the table has no price of {item}"))?;
        let found = price.regions.get(region).or_else(|| price.regions.get(EVERYWHERE));
        found.copied().ok_or_else(|| format!("the table has no price of {item} in {region}"))
    }

    /// Whether a type of resources costs nothing by itself.
    pub fn is_free(&self, kind: &str) -> bool {
        self.free.iter().any(|free| match free.strip_suffix('*') {
            Some(start) => kind.starts_with(start),
            None => kind == free,
        })
    }

    /// The oldest month of the table.
    pub fn as_of(&self) -> &str {
        self.prices.values().map(|price| price.as_of.as_str()).min().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_price_of_the_table_has_a_date_a_page_and_is_above_nothing() {
        let prices: Prices = serde_json::from_str(OURS).unwrap();
        assert!(prices.prices.len() > 50);
        for (item, price) in &prices.prices {
            let date: jiff::civil::Date = format!("{}-01", price.as_of).parse().unwrap();
            assert!(date.year() >= 2025, "{item}: {date}");
            assert!(price.source.starts_with("https://aws.amazon.com/"), "{item}");
            assert!(!price.per.is_empty() && !price.regions.is_empty(), "{item}");
            assert!(price.regions.values().all(|value| *value > 0.0), "{item}");
            // Both regions that the environments may be in, or all.
            for region in ["ap-northeast-1", "us-east-1"] {
                assert!(prices.of(item, region).is_ok(), "{item} in {region}");
            }
        }
        let named = prices.usage.values().flatten();
        for item in named {
            assert!(prices.prices.contains_key(item), "{item}");
        }
    }

    #[test]
    fn the_table_says_of_each_price_what_it_was_held_against() {
        let table: serde_json::Value = serde_json::from_str(OURS).unwrap();
        let mut held = BTreeSet::new();
        for entry in table["checked"].as_array().unwrap() {
            assert!(entry["against"].is_string(), "{entry}");
            for item in entry["prices"].as_array().unwrap() {
                assert!(held.insert(item.as_str().unwrap()), "{item} twice");
            }
        }
        let prices = Prices::ours();
        let named: BTreeSet<&str> = prices.prices.keys().map(String::as_str).collect();
        assert_eq!(held, named);
    }

    #[test]
    fn a_price_that_is_not_there_is_an_error_and_never_nothing() {
        let prices = Prices::ours();
        assert_eq!(prices.of("alb", "eu-west-1").unwrap_err(), "the table has no price of alb in eu-west-1");
        assert_eq!(prices.of("ec2.z9.metal", "us-east-1").unwrap_err(), "the table has no price of ec2.z9.metal");
        assert!(prices.is_free("aws_iam_role") && prices.is_free("aws_vpc") && !prices.is_free("aws_vpc_endpoint"));
    }
}
