//! Counts distinct persons: exactly up to [`EXACT_PERSONS`], estimated beyond, in a bounded amount
//! of memory.
//!
//! A person is represented by the first 64 bits of their keyed digest. Any two of [`EXACT_PERSONS`]
//! persons share these bits with a probability of 2⁻⁴³, and nobody without the key can search for
//! such two.
//!
//! The estimate is HyperLogLog (Flajolet et al., 2007) with 2¹⁴ registers and the estimator of Ertl
//! (New cardinality estimation algorithms for HyperLogLog sketches, 2017), which needs no
//! correction for small or large numbers. Its standard error is 1.04/√2¹⁴ = 0.81 %. The count
//! reported is three times that above the estimate, so that fewer than one in 700 is too low.

use serde::{Deserialize, Serialize};

use crate::ledger::digest::SubjectDigest;

/// Most persons that are counted exactly.
pub const EXACT_PERSONS: usize = 2_048;

/// Bits of a digest that choose a register.
const INDEX_BITS: u32 = 14;

const REGISTERS: usize = 1 << INDEX_BITS;

/// Bits of a digest that are left for a register's rank.
const RANK_BITS: u32 = 64 - INDEX_BITS;

/// Number of ranks that a register may have: none yet, and one more than there are bits.
const RANKS: usize = RANK_BITS as usize + 2;

/// Three times the standard error.
const MARGIN: f64 = 3.0 * 1.04 / 128.0;

/// A set of distinct persons.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Persons {
    /// The persons, sorted.
    Exact(Vec<u64>),
    /// The persons are too many to list.
    Estimated(Box<Sketch>),
}

/// The registers of HyperLogLog, the number of registers at each rank, and the count that follows
/// from them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<u8>", into = "Vec<u8>")]
pub struct Sketch {
    registers: Box<[u8]>,
    histogram: [u16; RANKS],
    /// The count that is reported.
    count: u64,
}

impl Default for Persons {
    fn default() -> Persons {
        Persons::Exact(Vec::new())
    }
}

impl Persons {
    /// The number of persons; if it is estimated, rather too high than too low.
    pub fn count(&self) -> u64 {
        match self {
            Persons::Exact(sorted) => sorted.len() as u64,
            Persons::Estimated(sketch) => sketch.count,
        }
    }

    /// Tells whether a person is known to be in the set. An estimated set knows this of nobody.
    pub fn includes(&self, person: &SubjectDigest) -> bool {
        match self {
            Persons::Exact(sorted) => sorted.binary_search(&word(person)).is_ok(),
            Persons::Estimated(_) => false,
        }
    }

    /// Tells whether the number is estimated.
    pub fn is_estimated(&self) -> bool {
        matches!(self, Persons::Estimated(_))
    }

    /// The number of persons if these were added.
    pub fn count_with(&self, more: &[SubjectDigest]) -> u64 {
        match self {
            Persons::Exact(sorted) => {
                let fresh = fresh(sorted, more);
                if sorted.len() + fresh.len() <= EXACT_PERSONS {
                    return (sorted.len() + fresh.len()) as u64;
                }
                let mut sketch = Sketch::of(sorted);
                sketch.add(fresh.into_iter());
                sketch.count
            }
            Persons::Estimated(sketch) => sketch.count_with(more),
        }
    }

    /// Adds persons.
    pub fn add(&mut self, more: &[SubjectDigest]) {
        if let Persons::Exact(sorted) = self {
            let fresh = fresh(sorted, more);
            if sorted.len() + fresh.len() <= EXACT_PERSONS {
                for word in fresh {
                    let at = sorted.partition_point(|known| *known < word);
                    sorted.insert(at, word);
                }
                return;
            }
            *self = Persons::Estimated(Box::new(Sketch::of(sorted)));
        }
        if let Persons::Estimated(sketch) = self {
            sketch.add(more.iter().map(word));
        }
    }

    /// Memory on the heap, in bytes.
    pub fn memory_bytes(&self) -> usize {
        match self {
            Persons::Exact(sorted) => sorted.capacity() * size_of::<u64>(),
            Persons::Estimated(_) => size_of::<Sketch>() + REGISTERS,
        }
    }
}

/// The persons that are not in the sorted list, sorted, each once.
fn fresh(sorted: &[u64], more: &[SubjectDigest]) -> Vec<u64> {
    let words = more.iter().map(word);
    let mut fresh: Vec<u64> = words.filter(|word| sorted.binary_search(word).is_err()).collect();
    fresh.sort_unstable();
    fresh.dedup();
    fresh
}

fn word(person: &SubjectDigest) -> u64 {
    let (first, _) = person.0.split_first_chunk().unwrap_or((&[0; 8], &[]));
    u64::from_be_bytes(*first)
}

/// The register of a word, and the rank that the word gives it.
fn place(word: u64) -> (usize, u8) {
    let rank = (word << INDEX_BITS).leading_zeros().min(RANK_BITS) + 1;
    ((word >> RANK_BITS) as usize, rank as u8)
}

impl Sketch {
    fn of(words: &[u64]) -> Sketch {
        let registers = vec![0; REGISTERS].into_boxed_slice();
        let mut histogram = [0; RANKS];
        histogram[0] = REGISTERS as u16;
        let mut sketch = Sketch { registers, histogram, count: 0 };
        sketch.add(words.iter().copied());
        sketch
    }

    fn add(&mut self, words: impl Iterator<Item = u64>) {
        let mut raised = false;
        for (index, rank) in words.map(place) {
            let known = &mut self.registers[index];
            if *known < rank {
                moved(&mut self.histogram, *known, rank);
                *known = rank;
                raised = true;
            }
        }
        if raised {
            self.count = told(&self.histogram);
        }
    }

    fn count_with(&self, more: &[SubjectDigest]) -> u64 {
        let mut histogram = self.histogram;
        let mut places: Vec<(usize, u8)> = more.iter().map(|one| place(word(one))).collect();
        // If several persons meet in one register, the highest rank stands last and counts.
        places.sort_unstable();
        let highest = places.chunk_by(|one, next| one.0 == next.0).filter_map(<[_]>::last);
        let mut raised = false;
        for (index, rank) in highest {
            let before = self.registers[*index];
            if before < *rank {
                moved(&mut histogram, before, *rank);
                raised = true;
            }
        }
        if raised { told(&histogram) } else { self.count }
    }
}

/// Moves one register from a rank to a higher one in the histogram.
fn moved(histogram: &mut [u16; RANKS], from: u8, to: u8) {
    histogram[usize::from(from)] -= 1;
    histogram[usize::from(to)] += 1;
}

/// The count to report for an estimate. It is never below the number at which estimating began.
fn told(histogram: &[u16; RANKS]) -> u64 {
    let safe = (estimate(histogram) * (1.0 + MARGIN)).ceil() as u64;
    safe.max(EXACT_PERSONS as u64 + 1)
}

fn estimate(histogram: &[u16; RANKS]) -> f64 {
    let all = REGISTERS as f64;
    let share = |rank: usize| f64::from(histogram[rank]) / all;
    let full = all * tau(1.0 - share(RANKS - 1));
    let ranks = histogram[1..RANKS - 1].iter().rev();
    let sum = ranks.fold(full, |sum, count| 0.5 * (sum + f64::from(*count)));
    let sum = sum + all * sigma(share(0));
    all * all / (2.0 * std::f64::consts::LN_2 * sum)
}

/// The sum over registers that no person has touched.
fn sigma(mut share: f64) -> f64 {
    if share == 1.0 {
        return f64::INFINITY;
    }
    let (mut factor, mut sum) = (1.0, share);
    loop {
        share *= share;
        let before = sum;
        sum += share * factor;
        factor += factor;
        if sum == before {
            return sum;
        }
    }
}

/// The sum over registers that are at the highest rank.
fn tau(mut share: f64) -> f64 {
    if share == 0.0 || share == 1.0 {
        return 0.0;
    }
    let (mut factor, mut sum) = (1.0, 1.0 - share);
    loop {
        share = share.sqrt();
        let before = sum;
        factor *= 0.5;
        sum -= (1.0 - share).powi(2) * factor;
        if sum == before {
            return sum / 3.0;
        }
    }
}

impl From<Sketch> for Vec<u8> {
    fn from(sketch: Sketch) -> Vec<u8> {
        sketch.registers.into_vec()
    }
}

impl TryFrom<Vec<u8>> for Sketch {
    type Error = &'static str;

    fn try_from(registers: Vec<u8>) -> Result<Sketch, &'static str> {
        if registers.len() != REGISTERS {
            return Err("a sketch has another number of registers");
        }
        let mut histogram = [0; RANKS];
        for rank in &registers {
            *histogram.get_mut(usize::from(*rank)).ok_or("a register has no such rank")? += 1;
        }
        let count = told(&histogram);
        Ok(Sketch { registers: registers.into(), histogram, count })
    }
}
