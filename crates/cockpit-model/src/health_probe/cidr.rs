//! Network blocks, and how close an address is to one.

use core::net::IpAddr;

/// A network block: `203.0.113.0/24`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// The base address, as written.
    pub base: IpAddr,
    /// The prefix length in bits.
    pub bits: u32,
}

/// Returns an address as left-aligned bits, and its length in bits.
fn bits(address: IpAddr) -> (u128, u32) {
    match address {
        IpAddr::V4(four) => (u128::from(four.to_bits()) << 96, 32),
        IpAddr::V6(six) => (six.to_bits(), 128),
    }
}

impl Block {
    /// Parses a network block; a single address is a block of one.
    pub fn parse(text: &str) -> Option<Self> {
        let (base, length) = match text.trim().split_once('/') {
            Some((base, length)) => (base, Some(length)),
            None => (text.trim(), None),
        };
        let base: IpAddr = base.parse().ok()?;
        let max_bits = bits(base).1;
        let length = length.map_or(Some(max_bits), |length| length.parse().ok())?;
        (length <= max_bits).then_some(Self { base, bits: length })
    }

    /// Returns the number of leading bits that an address has in common with the block; `None` for another IP version.
    pub fn common(&self, address: IpAddr) -> Option<u32> {
        let ((own_bits, length), (other_bits, other_length)) = (bits(self.base), bits(address));
        (length == other_length).then(|| (own_bits ^ other_bits).leading_zeros().min(length))
    }

    /// Returns the first address of the network, regardless of the one that was written.
    pub fn first(&self) -> IpAddr {
        // With prefix length 0 the mask is empty, and shifting by the full width is not defined.
        match self.base {
            IpAddr::V4(four) => {
                let mask = u32::MAX.checked_shl(32 - self.bits).unwrap_or_default();
                IpAddr::V4((four.to_bits() & mask).into())
            }
            IpAddr::V6(six) => {
                let mask = u128::MAX.checked_shl(128 - self.bits).unwrap_or_default();
                IpAddr::V6((six.to_bits() & mask).into())
            }
        }
    }

    /// Whether it contains an address.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.common(address).is_some_and(|common| common >= self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn block_contains_addresses_with_its_prefix() {
        let block = Block::parse("203.0.113.16/28").unwrap();
        assert!(block.contains("203.0.113.31".parse().unwrap()));
        assert!(!block.contains("203.0.113.32".parse().unwrap()));
        assert_eq!(block.common("203.0.113.32".parse().unwrap()), Some(26));
        assert_eq!(block.common("2001:db8::1".parse().unwrap()), None, "another kind of address");
        assert!(Block::parse("::/0").unwrap().contains("2001:db8::1".parse().unwrap()));
        assert!(Block::parse("0.0.0.0/0").unwrap().contains("198.51.100.1".parse().unwrap()));
        assert!(Block::parse("198.51.100.7").unwrap().contains("198.51.100.7".parse().unwrap()));
    }

    #[test]
    fn first_address_is_the_network_address() {
        let first = |text: &str| Block::parse(text).unwrap().first().to_string();
        assert_eq!(first("203.0.113.77/24"), "203.0.113.0");
        assert_eq!(first("203.0.113.77"), "203.0.113.77");
        assert_eq!(first("203.0.113.77/0"), "0.0.0.0");
        assert_eq!(first("2001:db8::1/32"), "2001:db8::");
    }

    #[test]
    fn invalid_network_is_rejected() {
        for text in ["", "a", "203.0.113.0/33", "203.0.113.0/x", "::/129"] {
            assert_eq!(Block::parse(text), None, "{text}");
        }
    }
}
