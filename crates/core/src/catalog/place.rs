//! Places of the country (GB/T 2260): where somebody comes from. Six digits: two of the province, two of the prefecture,
//! two of the county. What people write by hand is resolved to a code where it can only mean one.

use super::source::Sheet;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// The places of the country, by code.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Places {
    /// Where this zone lies.
    pub home: u32,
    names: BTreeMap<u32, String>,
}

/// What a name may end with that people leave out when they write it, the longest first.
const ENDINGS: [&str; 18] = [
    "维吾尔自治区",
    "壮族自治区",
    "回族自治区",
    "特别行政区",
    "自治区",
    "自治州",
    "自治县",
    "自治旗",
    "新区",
    "地区",
    "林区",
    "矿区",
    "省",
    "市",
    "区",
    "县",
    "盟",
    "旗",
];

impl Places {
    /// A place's own name.
    pub fn name(&self, code: u32) -> Option<&str> {
        self.names.get(&code).map(String::as_str)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The places that a place lies in and itself, the largest first.
    fn chain(&self, code: u32) -> impl Iterator<Item = u32> + '_ {
        let levels = [code / 10_000 * 10_000, code / 100 * 100, code];
        let own = levels.into_iter().enumerate().filter(move |(n, level)| *n == 0 || *level != levels[n - 1]);
        own.map(|(_, level)| level).filter(|level| self.names.contains_key(level))
    }

    /// The whole name of a place: `河北省石家庄市裕华区`.
    pub fn path(&self, code: u32) -> String {
        self.chain(code).map(|code| self.names[&code].as_str()).collect()
    }

    /// Whether a place is another or lies in it. A code that ends in zeros is the whole prefecture or province.
    pub fn contains(outer: u32, inner: u32) -> bool {
        let unit = [10_000, 100, 1][usize::from(width(outer))];
        outer / unit == inner / unit
    }

    /// The places right below another; the provinces below none.
    pub fn below(&self, outer: Option<u32>) -> Vec<(u32, &str)> {
        let parent = |code: u32| {
            let mut wider = self.chain(code).collect::<Vec<_>>();
            wider.pop();
            wider.pop()
        };
        self.names
            .iter()
            .filter(|(code, _)| parent(**code) == outer)
            .map(|(code, name)| (*code, name.as_str()))
            .collect()
    }

    /// The one place that a text can mean, the smallest it names. `石家庄` is enough; `朝阳区` alone is not.
    pub fn resolve(&self, text: &str) -> Option<u32> {
        let best = self.matches(text);
        let most = best.first()?.0;
        let mut alike = best.iter().filter(|(score, _)| *score == most).map(|(_, code)| *code);
        let first = alike.next()?;
        alike.next().is_none().then_some(first)
    }

    /// The places that a text may mean, the likeliest first.
    pub fn search(&self, text: &str, limit: usize) -> Vec<u32> {
        self.matches(text).into_iter().take(limit).map(|(_, code)| code).collect()
    }

    /// Every place whose own name is in the text, or whose name the text begins, with how much of the text it explains.
    fn matches(&self, text: &str) -> Vec<(usize, u32)> {
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        if text.chars().count() < 2 {
            return Vec::new();
        }
        let mut found = Vec::new();
        for code in self.names.keys() {
            let mut rest = text.as_str();
            let mut explained = 0;
            let mut own = 0;
            // From the province down, each name after the one before; what is left out explains nothing.
            for level in self.chain(*code) {
                let name = &self.names[&level];
                own = 0;
                if let Some((at, length)) = named_in(rest, name) {
                    own = length;
                    rest = &rest[at + length..];
                }
                explained += own;
            }
            if own > 0 {
                found.push((explained, *code));
            }
        }
        // Of two that explain as much the wider is meant: `吉林` is the province as long as no city is named.
        found.sort_by_key(|(explained, code)| (std::cmp::Reverse(*explained), width(*code), *code));
        found
    }
}

/// 0 for a province, 1 for a prefecture, 2 for a county.
fn width(code: u32) -> u8 {
    u8::from(!code.is_multiple_of(10_000)) + u8::from(!code.is_multiple_of(100))
}

/// Where a text names a place, whole or without its ending, and how many bytes of it do.
fn named_in(text: &str, name: &str) -> Option<(usize, usize)> {
    if let Some(at) = text.find(name) {
        return Some((at, name.len()));
    }
    let short = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending))?;
    if short.chars().count() < 2 {
        return None;
    }
    text.find(short).map(|at| (at, short.len()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape {
    source: Spanned<String>,
    confidence: Spanned<String>,
    home: u32,
    place: BTreeMap<String, Spanned<String>>,
}

pub(super) fn read(sheet: &mut Sheet<'_>) -> Option<Places> {
    let shape = sheet.shape::<Shape>()?;
    if shape.source.get_ref().trim().is_empty() {
        sheet.fault(&shape.source.span(), "places without source", "where they are written");
    }
    sheet.word::<super::parameter::Confidence>("confidence", &shape.confidence);
    let mut names = BTreeMap::new();
    for (code, name) in &shape.place {
        match code.parse::<u32>().ok().filter(|code| (110_000..1_000_000).contains(code)) {
            Some(number) => {
                names.insert(number, name.get_ref().clone());
            }
            None => sheet.fault(&name.span(), format!("no place code `{code}`"), "six digits, 371500"),
        }
    }
    Some(Places { home: shape.home, names })
}

#[cfg(test)]
mod tests {
    use super::Places;

    fn places() -> Places {
        let names = [
            (110_000, "北京市"),
            (110_105, "朝阳区"),
            (130_000, "河北省"),
            (130_100, "石家庄市"),
            (130_108, "裕华区"),
            (130_110, "鹿泉区"),
            (220_000, "吉林省"),
            (220_100, "长春市"),
            (220_104, "朝阳区"),
            (220_200, "吉林市"),
        ];
        Places { home: 371_500, names: names.into_iter().map(|(code, name)| (code, name.to_owned())).collect() }
    }

    #[test]
    fn what_people_write_is_one_place_or_none() {
        let places = places();
        let check = |text: &str, code: Option<u32>| assert_eq!(places.resolve(text), code, "{text}");
        check("河北省石家庄市裕华区", Some(130_108));
        check("河北 石家庄", Some(130_100));
        check("石家庄", Some(130_100));
        check("北京朝阳区望京街道", Some(110_105));
        check("长春市朝阳区", Some(220_104));
        check("朝阳区", None);
        check("火星", None);
        check("京", None);
        check("吉林省吉林市", Some(220_200));
    }

    #[test]
    fn a_tree_is_walked_from_above() {
        let places = places();
        let below = |code| places.below(code).into_iter().map(|(code, _)| code).collect::<Vec<_>>();
        assert_eq!(below(None), [110_000, 130_000, 220_000]);
        assert_eq!(below(Some(110_000)), [110_105]);
        assert_eq!(below(Some(130_000)), [130_100]);
        assert_eq!(below(Some(130_100)), [130_108, 130_110]);
        assert_eq!(places.path(130_108), "河北省石家庄市裕华区");
        assert!(Places::contains(130_100, 130_108) && Places::contains(130_000, 130_108));
        assert!(!Places::contains(130_108, 130_100));
    }
}
