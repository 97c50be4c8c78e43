//! Values of many subjects at once, each known or not.

/// Numbers, one a lane. A lane that is not known holds anything.
#[derive(Clone, Default, Debug)]
pub struct Lanes {
    values: Vec<i64>,
    known: Bits,
}

/// One bit a lane.
#[derive(Clone, Default, Debug, PartialEq, Eq)]
pub struct Bits(Vec<u64>);

/// Truths, one a lane: true, false or unknown. What is not known is not true.
#[derive(Clone, Default, Debug, PartialEq, Eq)]
pub struct Truths {
    /// Where it is true.
    pub yes: Bits,
    /// Where it is known.
    pub known: Bits,
}

impl Bits {
    /// All clear.
    pub fn reset(&mut self, lanes: usize) {
        self.0.clear();
        self.0.resize(lanes.div_ceil(64), 0);
    }

    /// Whether a lane is set.
    pub fn get(&self, lane: usize) -> bool {
        self.0[lane / 64] >> (lane % 64) & 1 != 0
    }

    /// Sets a lane that is clear.
    pub fn add(&mut self, lane: usize, on: bool) {
        self.0[lane / 64] |= u64::from(on) << (lane % 64);
    }

    /// Sets up to 64 lanes that are clear, from one on.
    pub fn add_run(&mut self, lane: usize, bits: u64) {
        let (word, shift) = (lane / 64, lane % 64);
        self.0[word] |= bits << shift;
        if shift > 0
            && let Some(next) = self.0.get_mut(word + 1)
        {
            *next |= bits >> (64 - shift);
        }
    }

    /// Writes the lanes in which a condition is met by the values of two columns.
    pub fn fill_pairs(&mut self, left: &[i64], right: &[i64], meets: impl Fn(i64, i64) -> bool) {
        self.0.clear();
        self.0.extend(left.chunks(64).zip(right.chunks(64)).map(|(left, right)| {
            let mut bytes = [0_u8; 64];
            for (byte, (left, right)) in bytes.iter_mut().zip(left.iter().zip(right)) {
                *byte = u8::from(meets(*left, *right));
            }
            packed(&bytes)
        }));
    }

    /// Writes the lanes in which a condition is met by a value.
    pub fn fill_values(&mut self, values: &[i64], meets: impl Fn(i64) -> bool) {
        self.0.clear();
        self.0.extend(values.chunks(64).map(|values| {
            let mut bytes = [0_u8; 64];
            for (byte, value) in bytes.iter_mut().zip(values) {
                *byte = u8::from(meets(*value));
            }
            packed(&bytes)
        }));
    }

    /// The words, 64 lanes each.
    pub fn words(&self) -> &[u64] {
        &self.0
    }

    /// Writes word by word: `make` gets the number of the word.
    pub fn fill(&mut self, lanes: usize, make: impl Fn(usize) -> u64) {
        self.0.clear();
        self.0.extend((0..lanes.div_ceil(64)).map(make));
        self.trim(lanes);
    }

    /// Writes lane by lane.
    pub fn fill_lanes(&mut self, lanes: usize, make: impl Fn(usize) -> bool) {
        self.0.clear();
        self.0.extend((0..lanes.div_ceil(64)).map(|word| {
            let first = word * 64;
            (0..64.min(lanes - first)).fold(0, |bits, place| bits | u64::from(make(first + place)) << place)
        }));
    }

    /// Clears what is clear in others.
    pub fn keep(&mut self, others: &Self) {
        self.0.iter_mut().zip(&others.0).for_each(|(word, other)| *word &= other);
    }

    /// How many lanes are set.
    pub fn count(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// The lanes that are set, in order.
    pub fn lanes(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().enumerate().flat_map(|(word, bits)| {
            let mut left = *bits;
            std::iter::from_fn(move || {
                let place = left.trailing_zeros() as usize;
                left &= left.checked_sub(1)?;
                Some(word * 64 + place)
            })
        })
    }

    fn trim(&mut self, lanes: usize) {
        if let Some(last) = self.0.last_mut().filter(|_| !lanes.is_multiple_of(64)) {
            *last &= (1 << (lanes % 64)) - 1;
        }
    }
}

/// The lowest bits of 64 bytes, eight at a time: the multiplication moves each to its place in the highest byte.
fn packed(bytes: &[u8; 64]) -> u64 {
    let (groups, _) = bytes.as_chunks::<8>();
    groups.iter().enumerate().fold(0, |bits, (place, group)| {
        let gathered = u64::from_le_bytes(*group).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        bits | gathered << (place * 8)
    })
}

impl Lanes {
    /// So many lanes, none known.
    pub fn reset(&mut self, lanes: usize) {
        self.values.resize(lanes, 0);
        self.known.reset(lanes);
    }

    /// A lane gets its value.
    pub fn set(&mut self, lane: usize, value: i64) {
        self.write(lane, value, true);
    }

    /// A lane gets its value, or stays unknown. Each lane is written once after a reset.
    #[inline]
    pub fn write(&mut self, lane: usize, value: i64, known: bool) {
        self.values[lane] = value;
        self.known.add(lane, known);
    }

    /// The value of a lane.
    pub fn get(&self, lane: usize) -> Option<i64> {
        self.known.get(lane).then(|| self.values[lane])
    }

    /// The values; those of unknown lanes say nothing.
    pub fn values(&self) -> &[i64] {
        &self.values
    }

    /// The values, to be written whole.
    pub fn values_mut(&mut self) -> &mut [i64] {
        &mut self.values
    }

    /// Which lanes are known.
    pub fn known(&self) -> &Bits {
        &self.known
    }

    /// Which lanes are known, to be written whole.
    pub fn known_mut(&mut self) -> &mut Bits {
        &mut self.known
    }

    /// How many lanes.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

impl Truths {
    /// The truth of a lane.
    pub fn get(&self, lane: usize) -> Option<bool> {
        self.known.get(lane).then(|| self.yes.get(lane))
    }
}
