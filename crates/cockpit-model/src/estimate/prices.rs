//! The price table in `prices.json`: each price with its date and source page. The table also records how each price
//! was verified; that is for readers of the file and is not parsed.

use serde::Deserialize;
use std::collections::BTreeMap;

/// The built-in table.
const OURS: &str = include_str!("prices.json");
/// The region key of prices that apply to every region.
const EVERYWHERE: &str = "*";

/// A table of list prices.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Prices {
    /// `USD`.
    pub currency: String,
    /// Prices by name: `fargate.x86_64.vcpu`.
    pub prices: BTreeMap<String, Price>,
    /// Names of prices for resource types whose costs depend on use alone.
    pub usage: BTreeMap<String, Vec<String>>,
    /// Resource types that are free of charge; a `*` at the end matches any suffix.
    pub free: Vec<String>,
}

/// A list price.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Price {
    /// The unit of the price: `vCPU-hour`.
    pub per: String,
    /// The month of the price list: `2026-09`.
    pub as_of: String,
    /// The source page.
    pub source: String,
    /// Prices by region; `*` is every region.
    pub regions: BTreeMap<String, f64>,
}

impl Prices {
    /// Returns the built-in table.
    pub fn built_in() -> Self {
        // A test parses it, so this cannot fail.
        serde_json::from_str(OURS).unwrap_or_default()
    }

    /// Returns the price of an item in a region.
    ///
    /// # Errors
    /// The name of the price that the table lacks for this region.
    pub fn price_in(&self, item: &str, region: &str) -> Result<f64, String> {
        let price = self.prices.get(item).ok_or_else(|| format!("the table has no price of {item}"))?;
        let found = price.regions.get(region).or_else(|| price.regions.get(EVERYWHERE));
        found.copied().ok_or_else(|| format!("the table has no price of {item} in {region}"))
    }

    /// Whether a resource type is free of charge.
    pub fn is_free(&self, kind: &str) -> bool {
        self.free.iter().any(|free| match free.strip_suffix('*') {
            Some(start) => kind.starts_with(start),
            None => kind == free,
        })
    }

    /// Returns the oldest month in the table.
    pub fn as_of(&self) -> &str {
        self.prices.values().map(|price| price.as_of.as_str()).min().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_price_is_positive_with_a_date_and_a_source() {
        let prices: Prices = serde_json::from_str(OURS).unwrap();
        assert!(prices.prices.len() > 50);
        for (item, price) in &prices.prices {
            let date: jiff::civil::Date = format!("{}-01", price.as_of).parse().unwrap();
            assert!(date.year() >= 2025, "{item}: {date}");
            assert!(price.source.starts_with("https://aws.amazon.com/"), "{item}");
            assert!(!price.per.is_empty() && !price.regions.is_empty(), "{item}");
            assert!(price.regions.values().all(|value| *value > 0.0), "{item}");
            // Both supported regions, or all regions.
            for region in ["ap-northeast-1", "us-east-1"] {
                assert!(prices.price_in(item, region).is_ok(), "{item} in {region}");
            }
        }
        let named = prices.usage.values().flatten();
        for item in named {
            assert!(prices.prices.contains_key(item), "{item}");
        }
    }

    #[test]
    fn every_price_records_its_verification() {
        let table: serde_json::Value = serde_json::from_str(OURS).unwrap();
        let mut held = BTreeSet::new();
        for entry in table["checked"].as_array().unwrap() {
            assert!(entry["against"].is_string(), "{entry}");
            for item in entry["prices"].as_array().unwrap() {
                assert!(held.insert(item.as_str().unwrap()), "{item} twice");
            }
        }
        let prices = Prices::built_in();
        let named: BTreeSet<&str> = prices.prices.keys().map(String::as_str).collect();
        assert_eq!(held, named);
    }

    #[test]
    fn missing_price_is_an_error() {
        let prices = Prices::built_in();
        assert_eq!(prices.price_in("alb", "eu-west-1").unwrap_err(), "the table has no price of alb in eu-west-1");
        assert_eq!(prices.price_in("ec2.z9.metal", "us-east-1").unwrap_err(), "the table has no price of ec2.z9.metal");
        assert!(prices.is_free("aws_iam_role") && prices.is_free("aws_vpc") && !prices.is_free("aws_vpc_endpoint"));
    }
}
