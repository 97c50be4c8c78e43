//! Reads the terms of a layer: for which care and which people it pays, above what, how much, and up to what.

use super::parameter::decimals;
use super::source::Sheet;
use crate::settlement::bill::MOST_AMOUNT;
use crate::settlement::engine::{
    Applies, Band, LEVELS, MOST_ACCUMULATORS, MOST_ADMISSIONS, NO_LIMIT, NOTHING, PARTS, Terms, UNREAD,
};
use crate::settlement::policy::{Admission, Base, CareKind, Named, Per};
use serde::Deserialize;
use std::ops::Range;
use toml::Spanned;
use yizhan_kit::Fen;
use yizhan_kit::money::{Ratio, Rounding};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TermsShape {
    kind: Option<Vec<Spanned<String>>>,
    category: Option<Vec<Spanned<String>>>,
    accumulator: Option<Spanned<String>>,
    deductible: Option<Spanned<toml::Value>>,
    admissions: Option<Spanned<Vec<Spanned<String>>>>,
    ratio: Option<Spanned<toml::Value>>,
    bands: Option<Spanned<Vec<BandShape>>>,
    event_cap: Option<Spanned<String>>,
    year_cap: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BandShape {
    from: Spanned<String>,
    to: Option<Spanned<String>>,
    ratio: Spanned<toml::Value>,
}

/// What a layer says for all its terms.
pub(super) struct Whole<'a> {
    pub(super) span: Range<usize>,
    pub(super) base: Base,
    pub(super) per: Per,
    pub(super) accumulator: Option<Spanned<String>>,
    pub(super) categories: &'a [Named],
    pub(super) kinds: &'a [CareKind],
}

/// The terms of a layer.
pub(super) struct LayerTerms {
    /// Where the layer begins.
    pub(super) span: Range<usize>,
    base: Base,
    per: Per,
    rows: Vec<Row>,
}

/// Terms for some kinds and categories, by level, each with the bands above its first.
struct Row {
    kinds: Vec<usize>,
    categories: Vec<usize>,
    accumulator: Option<Spanned<String>>,
    levels: [(Terms, Vec<Band>); LEVELS],
}

impl LayerTerms {
    /// What it does for a bill: terms, the bands above their first, the name of the sums.
    pub(super) fn terms_of(&self, kind: usize, category: usize, level: usize) -> (Terms, &[Band], Option<&str>) {
        let of_kind = || self.rows.iter().filter(|row| row.kinds.contains(&kind));
        let accumulator = of_kind().find_map(|row| row.accumulator.as_ref()).map(|name| name.get_ref().as_str());
        let applies = if of_kind().next().is_some() { Applies::NotThisCategory } else { Applies::NotThisKind };
        of_kind().find(|row| row.categories.contains(&category)).map_or_else(
            || (Terms { applies, ..plain(self.base, self.per) }, &[][..], accumulator),
            |row| (row.levels[level].0, &row.levels[level].1[..], accumulator),
        )
    }
}

fn plain(base: Base, per: Per) -> Terms {
    Terms {
        applies: Applies::Yes,
        base,
        per,
        accumulator: UNREAD,
        first: NOTHING,
        more: (0, 0),
        deductible: [0; MOST_ADMISSIONS],
        event_cap: NO_LIMIT,
        year_cap: NO_LIMIT,
    }
}

/// The names of the sums of all layers, each once.
pub(super) fn accumulators(layers: &[LayerTerms]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for name in layers.iter().flat_map(|layer| &layer.rows).filter_map(|row| row.accumulator.as_ref()) {
        if !names.contains(&name.get_ref().as_str()) {
            names.push(name.get_ref());
        }
    }
    names
}

/// Checks that no two layers share sums, and that there is room for all.
pub(super) fn check_accumulators(sheet: &mut Sheet<'_>, layers: &[LayerTerms]) {
    for (place, layer) in layers.iter().enumerate() {
        let before = accumulators(&layers[..place]);
        for name in layer.rows.iter().filter_map(|row| row.accumulator.as_ref()) {
            if before.contains(&name.get_ref().as_str()) {
                let what = format!("accumulator `{}` is that of another layer", name.get_ref());
                sheet.fault(&name.span(), what, "a name of its own");
            }
        }
        let many = accumulators(&layers[..=place]).len();
        if many > MOST_ACCUMULATORS && before.len() <= MOST_ACCUMULATORS {
            sheet.fault(&layer.span, format!("{many} accumulators"), format!("{MOST_ACCUMULATORS} at most"));
        }
    }
}

pub(super) fn read(sheet: &mut Sheet<'_>, whole: Whole<'_>, rows: Vec<Spanned<TermsShape>>) -> LayerTerms {
    let mut read: Vec<Row> = Vec::new();
    let mut reads_own = false;
    for row in rows {
        let span = row.span();
        let row = row.into_inner();
        reads_own |= row.accumulator.is_none() && sums(&row, &whole);
        let Some(row) = read_row(sheet, &whole, &span, row) else { continue };
        let twice = read.iter().find_map(|before| before.shared(&row));
        if let Some((kind, category)) = twice {
            let (kind, category) = (&whole.kinds[kind].named.id, &whole.categories[category].id);
            sheet.fault(&span, format!("a second time terms for {kind} and {category}"), "terms once for each");
        }
        if let Some(other) = read.iter().find(|before| before.other_sums(&row)) {
            let kind = &whole.kinds[other.kinds[0]].named.id;
            let what = format!("two accumulators for kind `{kind}` in one layer");
            sheet.fault(&span, what, "one for all categories: the sums are the person's");
        }
        read.push(row);
    }
    if let Some(name) = whole.accumulator.as_ref().filter(|_| !reads_own) {
        let what = format!("accumulator `{}` of which nothing is read", name.get_ref());
        sheet.fault(&name.span(), what, "a `year_cap` or base = \"accumulated-remainder\"");
    }
    LayerTerms { span: whole.span, base: whole.base, per: whole.per, rows: read }
}

impl Row {
    fn shared(&self, other: &Self) -> Option<(usize, usize)> {
        let kind = self.kinds.iter().find(|kind| other.kinds.contains(kind))?;
        let category = self.categories.iter().find(|category| other.categories.contains(category))?;
        Some((*kind, *category))
    }

    fn other_sums(&self, other: &Self) -> bool {
        let name = |row: &Self| row.accumulator.as_ref().map(|name| name.get_ref().clone());
        let apart = name(self).zip(name(other)).is_some_and(|(one, two)| one != two);
        apart && self.kinds.iter().any(|kind| other.kinds.contains(kind))
    }
}

/// Whether terms need a sum over the year.
fn sums(row: &TermsShape, whole: &Whole<'_>) -> bool {
    row.year_cap.is_some() || whole.base == Base::AccumulatedRemainder
}

fn read_row(sheet: &mut Sheet<'_>, whole: &Whole<'_>, span: &Range<usize>, row: TermsShape) -> Option<Row> {
    let kind_names: Vec<&str> = whole.kinds.iter().map(|kind| kind.named.id.as_str()).collect();
    let category_names: Vec<&str> = whole.categories.iter().map(|category| category.id.as_str()).collect();
    let kinds = places(sheet, "kind", &kind_names, row.kind.as_deref());
    let categories = places(sheet, "category", &category_names, row.category.as_deref());
    let needs = sums(&row, whole);
    let accumulator = row.accumulator.or_else(|| whole.accumulator.clone());
    match &accumulator {
        None if needs => sheet.fault(span, "a sum over the year without a name", "`accumulator`"),
        Some(name) => sheet.names("accumulator", [name]),
        None => {}
    }
    if let Some(admissions) = &row.admissions
        && kinds.iter().any(|kind| whole.kinds[*kind].admission == Admission::None)
    {
        sheet.fault(&admissions.span(), "admissions of a kind that is none", "terms of their own for that kind");
    }
    let shares = read_shares(sheet, row.admissions.as_ref(), row.deductible.as_ref());
    let deductible = match &row.deductible {
        Some(deductible) => by_level(sheet, "deductible", deductible, "an amount, 500.00", fen)?,
        None => [0; LEVELS],
    };
    let bands = read_bands(sheet, span, row.ratio.as_ref(), row.bands.as_ref())?;
    let (event_cap, year_cap) =
        (read_cap(sheet, "event_cap", row.event_cap.as_ref())?, read_cap(sheet, "year_cap", row.year_cap.as_ref())?);
    let share = |turn: usize| shares.get(turn).or(shares.last()).copied().unwrap_or(Share(PARTS));
    let least =
        deductible.iter().flat_map(|fen| (0..MOST_ADMISSIONS).map(|turn| share(turn).of(*fen))).min().unwrap_or(0);
    if let (Some(first), Some(rows)) = (bands[0].first().filter(|first| first.from > least), &row.bands) {
        let what = format!("a gap: no band from the deductible of {} to {}", Fen(least), Fen(first.from));
        sheet.fault(&rows.span(), what, "a first band that begins there or below");
    }
    let rows = bands.into_iter().zip(deductible).map(|(bands, deductible)| {
        let deductible = std::array::from_fn(|turn| share(turn).of(deductible));
        let (first, more) = bands.split_first().map_or((NOTHING, &[][..]), |(first, more)| (*first, more));
        (Terms { event_cap, year_cap, deductible, first, ..plain(whole.base, whole.per) }, more.to_vec())
    });
    let levels = rows.collect::<Vec<_>>().try_into().ok()?;
    Some(Row { kinds, categories, accumulator: accumulator.filter(|_| needs), levels })
}

/// The places of names, all of them where none is given.
fn places(sheet: &mut Sheet<'_>, what: &str, known: &[&str], names: Option<&[Spanned<String>]>) -> Vec<usize> {
    let Some(names) = names else { return (0..known.len()).collect() };
    sheet.names(what, names);
    let mut places = Vec::new();
    for name in names {
        match known.iter().position(|known| known == name.get_ref()) {
            Some(place) => places.push(place),
            None => sheet.fault(
                &name.span(),
                format!("no {what} `{}`", name.get_ref()),
                format!("one of {}", known.join(", ")),
            ),
        }
    }
    places
}

/// A ratio from nothing to one, in [`PARTS`].
#[derive(Clone, Copy)]
struct Share(i64);

impl Share {
    fn read(text: &str) -> Option<Self> {
        let ratio: Ratio = text.strip_suffix('%').and_then(|_| text.parse().ok())?;
        let parts = ratio.numer.checked_mul(PARTS)?;
        (parts % ratio.denom == 0 && (0..=PARTS).contains(&(parts / ratio.denom))).then(|| Self(parts / ratio.denom))
    }

    /// This share of an amount, half a fen up.
    fn of(self, fen: i64) -> i64 {
        Fen(fen).times_ratio(self.0, PARTS, Rounding::HalfUp).expect("a share is less than the whole").0
    }
}

const A_RATIO: &str = "a percentage from 0% to 100%, with four decimals at most";

fn read_shares(
    sheet: &mut Sheet<'_>,
    admissions: Option<&Spanned<Vec<Spanned<String>>>>,
    deductible: Option<&Spanned<toml::Value>>,
) -> Vec<Share> {
    let Some(admissions) = admissions else { return Vec::new() };
    if deductible.is_none() || !(1..=MOST_ADMISSIONS).contains(&admissions.get_ref().len()) {
        let what = format!("`admissions` of {} shares", admissions.get_ref().len());
        sheet.fault(&admissions.span(), what, format!("1 to {MOST_ADMISSIONS} shares of a `deductible`"));
    }
    let mut shares = Vec::new();
    for text in admissions.get_ref() {
        match Share::read(text.get_ref()) {
            Some(share) => shares.push(share),
            None => sheet.fault(&text.span(), format!("`admissions` cannot be `{}`", text.get_ref()), A_RATIO),
        }
    }
    shares
}

fn fen(text: &str) -> Option<i64> {
    let fen = decimals(text, 2).then(|| text.parse::<Fen>().ok()).flatten()?;
    (fen <= MOST_AMOUNT).then_some(fen.0)
}

fn read_cap(sheet: &mut Sheet<'_>, key: &str, cap: Option<&Spanned<String>>) -> Option<i64> {
    let Some(cap) = cap else { return Some(NO_LIMIT) };
    let found = fen(cap.get_ref());
    if found.is_none() {
        sheet.fault(&cap.span(), format!("`{key}` cannot be `{}`", cap.get_ref()), "an amount, 150000.00");
    }
    found
}

/// A value for all levels, or one for each: `"500.00"` or `{1 = "200.00", 2 = "500.00", 3 = "1000.00"}`.
fn by_level(
    sheet: &mut Sheet<'_>,
    key: &str,
    value: &Spanned<toml::Value>,
    one: &str,
    read: impl Fn(&str) -> Option<i64>,
) -> Option<[i64; LEVELS]> {
    let text = |value: &toml::Value| value.as_str().and_then(&read);
    let found = match value.get_ref() {
        toml::Value::Table(levels) if levels.len() == LEVELS => {
            let of_level = |level: usize| levels.get(&level.to_string()).and_then(text);
            (1..=LEVELS).map(of_level).collect::<Option<Vec<i64>>>().and_then(|all| all.try_into().ok())
        }
        single => text(single).map(|found| [found; LEVELS]),
    };
    if found.is_none() {
        let what = format!("`{key}` cannot be `{}`", value.get_ref());
        sheet.fault(&value.span(), what, format!("{one}, or one for each level 1, 2 and 3"));
    }
    found
}

fn read_bands(
    sheet: &mut Sheet<'_>,
    span: &Range<usize>,
    ratio: Option<&Spanned<toml::Value>>,
    bands: Option<&Spanned<Vec<BandShape>>>,
) -> Option<[Vec<Band>; LEVELS]> {
    let share = |text: &str| Share::read(text).map(|share| share.0);
    match (ratio, bands) {
        (Some(ratio), None) => {
            let ratios = by_level(sheet, "ratio", ratio, A_RATIO, share)?;
            Some(ratios.map(|ratio| vec![Band { from: 0, to: NO_LIMIT, ratio }]))
        }
        (None, Some(rows)) => {
            let mut levels: [Vec<Band>; LEVELS] = Default::default();
            for row in rows.get_ref() {
                let from = read_cap(sheet, "from", Some(&row.from))?;
                let to = read_cap(sheet, "to", row.to.as_ref())?;
                if to <= from {
                    sheet.fault(&row.from.span(), "the band ends before it begins", "`from` below `to`");
                }
                let ratios = by_level(sheet, "ratio", &row.ratio, A_RATIO, share)?;
                for (bands, ratio) in levels.iter_mut().zip(ratios) {
                    bands.push(Band { from, to, ratio });
                }
            }
            check_bands(sheet, rows, &levels[0]);
            Some(levels)
        }
        _ => {
            sheet.fault(span, "terms that do not say how much", "`ratio` or `bands`");
            None
        }
    }
}

/// Bands leave no amount out and name none twice. Where the first begins is held against the deductible.
fn check_bands(sheet: &mut Sheet<'_>, rows: &Spanned<Vec<BandShape>>, bands: &[Band]) {
    let yuan = |fen: i64| if fen == NO_LIMIT { "the end".to_owned() } else { Fen(fen).to_string() };
    for (row, pair) in rows.get_ref().iter().skip(1).zip(bands.windows(2)) {
        let (end, begin) = (pair[0].to, pair[1].from);
        if end < begin {
            let what = format!("a gap: no band from {} to {}", yuan(end), yuan(begin));
            sheet.fault(&row.from.span(), what, "a band that begins where the one before ends");
        }
        if end > begin {
            let what = format!("an overlap: two bands from {} to {}", yuan(begin), yuan(end.min(pair[1].to)));
            sheet.fault(&row.from.span(), what, "a band that begins where the one before ends");
        }
    }
    match bands.last() {
        Some(last) if last.to == NO_LIMIT => {}
        last => {
            let what = format!("a gap: no band above {}", yuan(last.map_or(0, |band| band.to)));
            sheet.fault(&rows.span(), what, "a last band without `to`");
        }
    }
}
