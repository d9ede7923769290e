//! Administrative division codes: real public data (see `data/README.md`).

use std::sync::LazyLock;

/// A division.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Division {
    /// Its code (GB/T 2260), six digits.
    pub code: &'static str,
    /// Its name.
    pub name: &'static str,
}

/// All divisions, by ascending code.
pub fn all() -> &'static [Division] {
    static DIVISIONS: LazyLock<Vec<Division>> = LazyLock::new(|| {
        let lines = include_str!("data/divisions.csv").lines().skip(1);
        let pairs = lines.filter_map(|line| line.split_once(','));
        pairs.map(|(code, name)| Division { code, name }).collect()
    });
    &DIVISIONS
}

/// The division of that code.
pub fn find(code: &str) -> Option<&'static Division> {
    let at = all().binary_search_by(|division| division.code.cmp(code)).ok()?;
    all().get(at)
}

/// The divisions directly below one, or the provinces.
pub fn below(parent: Option<&str>) -> impl Iterator<Item = &'static Division> {
    all().iter().filter(move |division| division.parent().map(|above| above.code) == parent)
}

impl Division {
    /// The division above it; none for a province. A district of a municipality belongs to the
    /// municipality itself, as there is no level between them.
    pub fn parent(&self) -> Option<&'static Division> {
        let above = |digits: usize| format!("{:0<6}", &self.code[..digits]);
        let candidates = [above(4), above(2)];
        candidates.iter().filter(|code| **code != self.code).find_map(|code| find(code))
    }

    /// Province, prefecture or county, in the words of the standard.
    pub fn rank(&self) -> &'static str {
        if self.code.ends_with("0000") {
            "省级"
        } else if self.code.ends_with("00") {
            "地级"
        } else {
            "县级"
        }
    }

    /// Its name after those of the divisions above it.
    pub fn full_name(&self) -> String {
        self.parent().map_or(String::new(), |parent| parent.full_name()) + self.name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_sorted_and_every_division_has_its_place() {
        assert_eq!(all().len(), 473);
        assert!(all().windows(2).all(|pair| pair[0].code < pair[1].code));
        for division in all() {
            assert!(division.code.len() == 6, "{division:?}");
            assert_eq!(division.parent().is_none(), division.rank() == "省级", "{division:?}");
        }
    }

    #[test]
    fn parents_follow_the_code() {
        let full_name = |code| find(code).map(Division::full_name);
        assert_eq!(full_name("330106").as_deref(), Some("浙江省杭州市西湖区"));
        assert_eq!(full_name("110108").as_deref(), Some("北京市海淀区"));
        assert_eq!(below(None).count(), 34);
        assert_eq!(below(Some("330100")).count(), 13);
        assert_eq!(find("999999"), None);
    }
}
