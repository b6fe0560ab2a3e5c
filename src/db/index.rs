//! Where rows lie in a file, in a few kilobytes: the place of every so many-th row. It never grows beyond [`MARKS`] entries:
//! when it is full, every second one is forgotten.

/// Places that are kept at most: half a megabyte.
const MARKS: usize = 1 << 16;
/// Rows between two places, at first.
const STRIDE: u64 = 16;

/// Where each row of a result begins in its file.
#[derive(Debug, Clone)]
pub(super) struct Index {
    marks: Vec<u64>,
    most: usize,
    stride: u64,
    rows: u64,
    bytes: u64,
}

impl Default for Index {
    fn default() -> Self {
        Self::of(MARKS)
    }
}

impl Index {
    fn of(most: usize) -> Self {
        Self { marks: Vec::new(), most, stride: STRIDE, rows: 0, bytes: 0 }
    }

    /// A row of so many bytes comes next.
    pub(super) fn push(&mut self, length: u64) {
        if self.rows.is_multiple_of(self.stride) {
            if self.marks.len() == self.most {
                let mut number = 0_usize;
                self.marks.retain(|_| {
                    number += 1;
                    number % 2 == 1
                });
                self.stride *= 2;
            }
            if self.rows.is_multiple_of(self.stride) {
                self.marks.push(self.bytes);
            }
        }
        self.rows += 1;
        self.bytes += length;
    }

    /// How many rows there are.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// How many bytes they are.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// A place at or before a row, and how many rows lie between; none where there is no such row.
    pub(super) fn nearest_before(&self, row: u64) -> Option<(u64, u64)> {
        if row >= self.rows {
            return None;
        }
        let mark = self.marks.get(usize::try_from(row / self.stride).ok()?)?;
        Some((*mark, row % self.stride))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn each_row_is_found_however_many_places_were_forgotten(lengths in prop::collection::vec(1_u64..50, 0..900)) {
            let mut index = Index::of(8);
            let mut places = vec![0];
            for length in &lengths {
                index.push(*length);
                places.push(places[places.len() - 1] + length);
            }
            prop_assert!(index.marks.len() <= 8);
            prop_assert_eq!((index.rows(), index.bytes()), (lengths.len() as u64, places[lengths.len()]));
            for row in 0..lengths.len() {
                let (place, skip) = index.nearest_before(row as u64).unwrap();
                prop_assert_eq!(place, places[row - skip as usize]);
                prop_assert!(skip < index.stride);
            }
            prop_assert_eq!(index.nearest_before(lengths.len() as u64), None);
        }
    }
}
