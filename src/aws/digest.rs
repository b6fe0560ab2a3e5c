//! SHA-1, used to name the files of the AWS CLI's caches. It is not used for security.

use std::fmt::Write as _;

/// Returns the digest of a text as 40 hexadecimal digits. Source: FIPS 180-4.
pub(super) fn sha1(text: &str) -> String {
    let mut message = text.as_bytes().to_vec();
    let bits = (message.len() as u64) * 8;
    message.push(0x80);
    while message.len() % 64 != 56 {
        message.push(0);
    }
    message.extend(bits.to_be_bytes());
    let mut state: [u32; 5] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    for block in message.chunks_exact(64) {
        let mut words = [0u32; 80];
        for (word, bytes) in words.iter_mut().zip(block.chunks_exact(4)) {
            *word = bytes.iter().fold(0, |word, byte| word << 8 | u32::from(*byte));
        }
        for at in 16..80 {
            words[at] = (words[at - 3] ^ words[at - 8] ^ words[at - 14] ^ words[at - 16]).rotate_left(1);
        }
        let mut round = state;
        for (at, word) in words.iter().enumerate() {
            let [first, second, third, fourth, fifth] = round;
            let (mixed, constant) = match at {
                0..20 => ((second & third) | (!second & fourth), 0x5a82_7999),
                20..40 => (second ^ third ^ fourth, 0x6ed9_eba1),
                40..60 => ((second & third) | (second & fourth) | (third & fourth), 0x8f1b_bcdc),
                _ => (second ^ third ^ fourth, 0xca62_c1d6_u32),
            };
            let mixed = mixed.wrapping_add(fifth).wrapping_add(constant).wrapping_add(*word);
            round = [first.rotate_left(5).wrapping_add(mixed), first, second.rotate_left(30), third, fourth];
        }
        for (sum, part) in state.iter_mut().zip(round) {
            *sum = sum.wrapping_add(part);
        }
    }
    let mut digest = String::new();
    for part in state {
        let _ = write!(digest, "{part:08x}");
    }
    digest
}

#[cfg(test)]
mod tests {
    use super::sha1;

    #[test]
    fn digests_match_the_standard() {
        assert_eq!(sha1(""), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
        assert_eq!(sha1("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
        let two = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
        assert_eq!(sha1(two), "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
        assert_eq!(sha1(&"a".repeat(1_000_000)), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
    }
}
