//! Blocks of addresses, and how far an address is from being in one.

use core::net::IpAddr;

/// A block of addresses: `203.0.113.0/24`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// The first address of the network.
    pub base: IpAddr,
    /// How many bits at the beginning are the same.
    pub bits: u32,
}

/// An address as bits at the left of 128, and how many there are.
fn bits(address: IpAddr) -> (u128, u32) {
    match address {
        IpAddr::V4(four) => (u128::from(four.to_bits()) << 96, 32),
        IpAddr::V6(six) => (six.to_bits(), 128),
    }
}

impl Block {
    /// Reads one; a single address is a block of one.
    pub fn parse(text: &str) -> Option<Self> {
        let (base, length) = match text.trim().split_once('/') {
            Some((base, length)) => (base, Some(length)),
            None => (text.trim(), None),
        };
        let base: IpAddr = base.parse().ok()?;
        let most = bits(base).1;
        let length = length.map_or(Some(most), |length| length.parse().ok())?;
        (length <= most).then_some(Self { base, bits: length })
    }

    /// How many bits at the beginning an address has in common with it; none for another kind of address.
    pub fn common(&self, address: IpAddr) -> Option<u32> {
        let ((ours, kind), (theirs, other)) = (bits(self.base), bits(address));
        (kind == other).then(|| (ours ^ theirs).leading_zeros().min(kind))
    }

    /// Its first address: that of the network, whichever was written.
    pub fn first(&self) -> IpAddr {
        // A network of everything has no bits that stay: a shift by all of them is none.
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

    /// Whether an address is in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.common(address).is_some_and(|common| common >= self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_in_a_block_by_the_bits_at_its_beginning() {
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
    fn the_first_address_is_that_of_the_network() {
        let first = |text: &str| Block::parse(text).unwrap().first().to_string();
        assert_eq!(first("203.0.113.77/24"), "203.0.113.0");
        assert_eq!(first("203.0.113.77"), "203.0.113.77");
        assert_eq!(first("203.0.113.77/0"), "0.0.0.0");
        assert_eq!(first("2001:db8::1/32"), "2001:db8::");
    }

    #[test]
    fn a_text_that_is_no_network_is_none() {
        for text in ["", "a", "203.0.113.0/33", "203.0.113.0/x", "::/129"] {
            assert_eq!(Block::parse(text), None, "{text}");
        }
    }
}
