//! Small seeded randomness: a splitmix64 generator, and a hash for values that are a pure function of their
//! coordinates. Not for secrets; this is no source of entropy.

/// One splitmix64 step (Steele, Lea, Flood 2014).
pub(crate) fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// FNV-1a of a text, mixed with a seed.
pub(crate) fn hash(seed: u64, text: &str) -> u64 {
    let mut h: u64 = 0xcbf2_9ce4_8422_2325 ^ mix(seed);
    for byte in text.bytes() {
        h ^= u64::from(byte);
        h = h.wrapping_mul(0x0100_0000_01b3);
    }
    mix(h)
}

/// Noise in -1.0..=1.0 for a salt and a minute: the same arguments always give the same value.
pub(crate) fn noise(salt: u64, minute: i64) -> f64 {
    let bits = mix(salt ^ mix(minute.cast_unsigned())) >> 11;
    (bits as f64 / (1u64 << 53) as f64) * 2.0 - 1.0
}

/// A deterministic generator.
#[derive(Debug, Clone)]
pub(crate) struct Rng(u64);

impl Rng {
    /// Creates a generator for a named purpose from a seed.
    pub(crate) fn new(seed: u64, purpose: &str) -> Rng {
        Rng(hash(seed, purpose))
    }

    /// Creates a generator from these bits.
    pub(crate) fn seeded(bits: u64) -> Rng {
        Rng(bits)
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.0)
    }

    /// A number in `low..=high`.
    pub(crate) fn range(&mut self, low: i64, high: i64) -> i64 {
        let span = (high - low + 1).max(1).cast_unsigned();
        low + (self.next() % span).cast_signed()
    }

    /// 128 random bits, as in task ids.
    pub(crate) fn wide(&mut self) -> u128 {
        (u128::from(self.next()) << 64) | u128::from(self.next())
    }

    /// A 19-digit number, as in ECS deployment and revision numbers.
    pub(crate) fn digits19(&mut self) -> u64 {
        1_000_000_000_000_000_000 + self.next() % 8_000_000_000_000_000_000
    }

    /// `len` characters of the alphabet ECS uses for service deployment ids.
    pub(crate) fn token(&mut self, len: usize) -> String {
        const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        (0..len).map(|_| char::from(ALPHABET[(self.next() % 62) as usize])).collect()
    }

    /// A UUID in the form of version 4.
    pub(crate) fn uuid(&mut self) -> String {
        let w = self.wide();
        format!(
            "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
            (w >> 96) & 0xffff_ffff,
            (w >> 80) & 0xffff,
            (w >> 64) & 0xfff,
            (w >> 48) & 0xfff,
            w & 0xffff_ffff_ffff
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_seed_gives_same_numbers_within_bounds() {
        let (mut a, mut b) = (Rng::new(1, "x"), Rng::new(1, "x"));
        for _ in 0..100 {
            let v = a.range(3, 9);
            assert_eq!(v, b.range(3, 9));
            assert!((3..=9).contains(&v));
        }
        assert_ne!(Rng::new(1, "x").next(), Rng::new(2, "x").next());
        assert!((0..1000).all(|m| noise(7, m).abs() <= 1.0));
        assert_eq!(Rng::new(1, "u").uuid().len(), 36);
        assert_eq!(Rng::new(1, "d").digits19().to_string().len(), 19);
    }
}
