//! A report in the making as the editor shows it: what a figure is made from, its tree and its mistakes, what it comes to.

use super::model::{
    CountsChoice, FieldChoice, FigureChoices, FiguresPreview, KindChoice, PreviewAsked, ReportDraft, ShapedReport,
    UnitChoice,
};
use super::rule;
use crate::app::App;
use crate::case::act;
use crate::case::rule::words as say;
use crate::case::view::words;
use crate::editor::model::{Choice, DraftFile, Located};
use crate::editor::rule::must_be_files;
use crate::editor::{document, view as editor};
use crate::guide::change;
use crate::report::model::OpenedView;
use crate::report::{book, view};
use std::collections::BTreeMap;
use std::sync::Arc;
use yizhan_core::access::{Viewer, forbidden};
use yizhan_core::catalog::{Attribute, Catalog, Memory, Mistake, Report, ValueKind, Words, kinds_of_figures};
use yizhan_core::image::Image;
use yizhan_core::problem;
use yizhan_core::report::{Asked, Count};
use yizhan_core::rule::{Program, Type, Vocabulary, compile, variable};
use yizhan_kit::{Day, Lang, Problem};

/// How many mistakes are told at once.
const TOLD: usize = 30;

/// How many catalogs with a draft are kept.
const KEPT: usize = 3;

/// What a figure is made from.
pub fn choices(catalog: &Catalog, viewer: &Viewer, (number, today): (u64, Day), lang: Lang) -> FigureChoices {
    let choice =
        |name: &str, title: &Words| Choice { name: name.to_owned(), title: words(title, lang).to_owned(), kind: None };
    let of_kind = |name: &str, title: &Words, kind: &str| Choice { kind: Some(kind.to_owned()), ..choice(name, title) };
    let counts = kinds_of_figures().map(|(name, keys, measures)| CountsChoice {
        name: name.to_owned(),
        keys: keys.iter().map(|key| (*key).to_owned()).collect(),
        measures: measures.iter().map(|one| one.as_str().to_owned()).collect(),
    });
    let units: BTreeMap<&String, &String> = catalog.reports.values().flat_map(|report| &report.units).collect();
    let payers = catalog.policies.values().flat_map(|policy| &policy.payers);
    let payers: BTreeMap<&str, &Words> = payers.map(|one| (one.id.as_str(), &one.title)).collect();
    let fields = Fields { catalog, viewer, lang };
    FigureChoices {
        number,
        today: today.to_string(),
        reports: catalog.reports.values().map(|one| choice(&one.name, &one.title)).collect(),
        counts: counts.collect(),
        units: units.into_iter().map(|(name, en)| UnitChoice { name: name.clone(), en: en.clone() }).collect(),
        funds: catalog.funds.values().map(|one| choice(&one.name, &one.title)).collect(),
        programmes: catalog.programmes.values().map(|one| choice(&one.name, &one.title)).collect(),
        services: catalog.services.values().map(|one| choice(&one.name, &one.title)).collect(),
        kinds: catalog
            .subjects
            .values()
            .map(|kind| KindChoice {
                name: kind.name.clone(),
                title: words(&kind.title, lang).to_owned(),
                fields: fields.of(&kind.name),
            })
            .collect(),
        facts: fields.remembered(),
        payers: payers.into_iter().map(|(id, title)| choice(id, title)).collect(),
        parameters: catalog.parameters.values().map(|one| of_kind(&one.name, &one.title, &one.unit)).collect(),
        rules: catalog
            .rules
            .rules()
            .map(|one| match one.recurring {
                Some(_) => of_kind(&one.name, &one.title, "duty"),
                None => choice(&one.name, &one.title),
            })
            .collect(),
        named: catalog.rules.lets.iter().map(|(name, one)| choice(name, &one.title)).collect(),
    }
}

/// What may be read of subjects, within what somebody may see.
struct Fields<'a> {
    catalog: &'a Catalog,
    viewer: &'a Viewer,
    lang: Lang,
}

impl Fields<'_> {
    fn shows(&self, attribute: &Attribute) -> bool {
        attribute.sealed.is_none() && attribute.seen_by.iter().any(|role| role == self.viewer.role.as_str())
    }

    /// What conditions about a kind may say: its attributes and its named values.
    fn of(&self, kind: &str) -> Vec<FieldChoice> {
        let own = self.catalog.attributes_of(kind).filter(|one| self.shows(one) && !one.many);
        let mut fields: Vec<FieldChoice> = own.map(|one| self.field(one)).collect();
        let vocabulary = Vocabulary::new(&self.catalog.attributes, &self.catalog.parameters, &self.catalog.rules.lets);
        for named in self.catalog.rules.lets.values().filter(|one| one.about == kind) {
            let mut program = Program::new(kind);
            let Ok(node) = compile(&mut program, &vocabulary, &named.is, None) else { continue };
            let reads = program.reads_for(&[node]);
            let known = |name: &String| self.catalog.attributes.get(name).is_none_or(|one| self.shows(one));
            if !reads.iter().all(known) {
                continue;
            }
            let of = program.type_of(node);
            let codes = match of {
                Type::Code(name) => self.codes(self.catalog.attributes.get(name)),
                _ => Vec::new(),
            };
            fields.push(FieldChoice {
                name: variable(&named.name),
                title: words(&named.title, self.lang).to_owned(),
                of: plain(of).to_owned(),
                kind: None,
                made: true,
                codes,
            });
        }
        fields
    }

    fn field(&self, attribute: &Attribute) -> FieldChoice {
        let own = attribute.name.split_once('.').map_or(attribute.name.as_str(), |(_, name)| name);
        let of = match attribute.kind {
            // Tenths are written nowhere but in the register.
            ValueKind::Decimal1 => "known",
            _ => plain(&Type::of(attribute)),
        };
        FieldChoice {
            name: variable(own),
            title: words(&attribute.title, self.lang).to_owned(),
            of: of.to_owned(),
            kind: attribute.of.clone(),
            made: attribute.computed.is_some(),
            codes: self.codes(Some(attribute)),
        }
    }

    fn codes(&self, attribute: Option<&Attribute>) -> Vec<Choice> {
        let codes = attribute.map(|one| one.codes.as_slice()).unwrap_or_default();
        let choice = |(code, title): &(String, Words)| Choice {
            name: code.clone(),
            title: words(title, self.lang).to_owned(),
            kind: None,
        };
        codes.iter().map(choice).collect()
    }

    /// What has a past that can be counted, in full: of subjects what remembers it, of cases everything.
    fn remembered(&self) -> Vec<FieldChoice> {
        let title = |subject: &str| {
            let kind = self.catalog.subjects.get(subject).map(|one| &one.title);
            let title = kind.or_else(|| self.catalog.services.get(subject).map(|one| &one.title));
            title.map_or_else(|| subject.to_owned(), |title| words(title, self.lang).to_owned())
        };
        let kept = |one: &&Attribute| {
            let of_case = self.catalog.services.contains_key(&one.subject);
            self.shows(one) && (one.memory == Memory::History || of_case)
        };
        let attributes = self.catalog.attributes.values().filter(kept);
        let full = |one: &Attribute| {
            let field = self.field(one);
            FieldChoice {
                name: one.name.clone(), title: format!("{} · {}", title(&one.subject), field.title), ..field
            }
        };
        attributes.map(full).collect()
    }
}

fn plain(of: &Type) -> &'static str {
    match of {
        Type::Truth => "truth",
        Type::Number => "number",
        Type::Money => "money",
        Type::Day => "day",
        Type::Code(_) => "code",
        Type::Subject(_) => "subject",
        Type::Ratio | Type::Opaque => "known",
    }
}

/// A draft as it was read: what was edited as a form is written into its text, then the catalog with it is read by the loader.
///
/// # Errors
/// `form-invalid` for names and sizes.
pub fn shaped(app: &App, draft: ReportDraft, lang: Lang) -> Result<ShapedReport, Problem> {
    let path = rule::path_of(&draft.report)?;
    let image = app.image();
    let (catalog, number) = act::catalog(&image)?;
    let before = catalog.source.files.get(&path).cloned();
    let mut text = draft.text;
    if text.trim().is_empty() {
        text = before.clone().unwrap_or_else(|| rule::BEGUN.to_owned());
    }
    let mut flaws: Vec<Mistake> = Vec::new();
    if let Some(tree) = &draft.tree {
        match document::written(&text, tree) {
            Ok(written) => text = written,
            Err(flaw) => flaws.push(editor::flawed(&path, flaw)),
        }
    }
    let file = DraftFile { path, text };
    must_be_files(std::slice::from_ref(&file))?;
    let tree = match document::tree(&file.text) {
        Ok(tree) => Some(tree),
        Err(flaw) => {
            flaws.push(editor::flawed(&file.path, flaw));
            None
        }
    };
    if flaws.is_empty() {
        flaws = loaded(app, catalog, &file).err().unwrap_or_default();
    }
    let since = draft.number.unwrap_or(number);
    let changed = change::must_not_undo(&image, since, [(&file.path, &file.text)].into_iter()).is_err();
    let mistakes = flaws.iter().take(TOLD).map(|mistake| located(mistake, &file, lang)).collect();
    Ok(ShapedReport { number, before, tree, mistakes, changed, path: file.path, text: file.text })
}

fn located(mistake: &Mistake, file: &DraftFile, lang: Lang) -> Located {
    let found = editor::located(mistake, std::slice::from_ref(file));
    let said = rule::said(&mistake.what, &mistake.expected, lang);
    Located { at: rule::field(&found.at, &mistake.what), said, ..found }
}

/// The catalog in force with a report in the making; the last ones are kept, so that looking at a list does not read it again.
///
/// # Errors
/// What the loader finds wrong.
fn loaded(app: &App, catalog: &Catalog, file: &DraftFile) -> Result<Arc<Catalog>, Vec<Mistake>> {
    let source = editor::proposed(catalog, std::slice::from_ref(file));
    let digest = source.digest();
    let kept =
        |known: &[(_, Arc<Catalog>)]| known.iter().find(|(one, _)| *one == digest).map(|(_, catalog)| catalog.clone());
    if let Some(known) = kept(&app.reports.drafts.lock().expect("no panic while drafts are kept")) {
        return Ok(known);
    }
    let loaded = Arc::new(Catalog::load(source)?);
    let mut drafts = app.reports.drafts.lock().expect("no panic while drafts are kept");
    drafts.insert(0, (digest, loaded.clone()));
    drafts.truncate(KEPT);
    Ok(loaded)
}

/// A report in the making, ready to be counted.
struct Ready {
    image: Arc<Image>,
    catalog: Arc<Catalog>,
    name: String,
}

impl Ready {
    fn new(app: &App, asked: &PreviewAsked) -> Result<Self, Problem> {
        let file = DraftFile { path: rule::path_of(&asked.report)?, text: asked.text.clone() };
        must_be_files(std::slice::from_ref(&file))?;
        let image = app.image();
        let catalog = loaded(app, act::catalog(&image)?.0, &file).map_err(|mistakes| {
            let first = mistakes.first().map(ToString::to_string).unwrap_or_default();
            problem::CATALOG_INVALID.problem(first.clone(), first)
        })?;
        Ok(Self { image, catalog, name: asked.report.clone() })
    }

    fn report(&self) -> Result<&Report, Problem> {
        book::find(&self.catalog, &self.name)
    }

    /// What is asked, within the area of whoever asks.
    fn asked(&self, viewer: &Viewer, asked: &PreviewAsked) -> Result<Asked, Problem> {
        let mut wanted = book::asked(&self.catalog, self.report()?, viewer.area, asked.year, None)?;
        book::told_by(&self.catalog, &mut wanted, asked.by);
        Ok(wanted)
    }
}

fn no_figure(id: &str) -> Problem {
    problem::NOT_FOUND.problem(format!("报表里没有“{id}”。"), format!("The report has no figure {id:?}."))
}

/// What figures in the making come to, within what somebody may see.
///
/// # Errors
/// `catalog-invalid` with the first mistake; `not-found` for a figure or a year.
pub fn preview(app: &App, viewer: &Viewer, asked: &PreviewAsked, lang: Lang) -> Result<FiguresPreview, Problem> {
    let ready = Ready::new(app, asked)?;
    let (report, wanted) = (ready.report()?, ready.asked(viewer, asked)?);
    let all = || (0..report.figures.len()).collect();
    let named: Result<Vec<usize>, Problem> =
        asked.figures.iter().map(|id| report.figure(id).map(|(ix, _)| ix).ok_or_else(|| no_figure(id))).collect();
    let chosen = if asked.figures.is_empty() { all() } else { named? };
    let may = |ix: usize| view::may_read(&ready.image, viewer, &report.figures[ix]);
    let with = |ix: &usize| report.figures[*ix].with.as_deref().and_then(|id| report.figure(id)).map(|(ix, _)| ix);
    let mut needed: Vec<usize> = chosen.iter().copied().chain(chosen.iter().filter_map(with)).collect();
    needed.retain(|ix| may(*ix));
    needed.sort_unstable();
    needed.dedup();
    let found =
        book::counting(app, &ready.image, (&ready.catalog, report), &wanted, |counter| counter.count_these(&needed));
    let mut counts = vec![Count::default(); report.figures.len()];
    for (ix, count) in needed.iter().zip(found) {
        counts[*ix] = count;
    }
    let figures = chosen.iter().map(|ix| {
        let defined = &report.figures[*ix];
        let mut told = view::figure(&ready.catalog, report, &wanted, defined, &counts[*ix], &counts, lang);
        if !may(*ix) {
            told.opens = false;
            told.how = say("涉及您无权查看的信息，不试算", "it rests on what is not yours to see", lang).to_owned();
        }
        told
    });
    Ok(FiguresPreview { from: wanted.from.to_string(), to: wanted.to.to_string(), figures: figures.collect() })
}

/// A page of what is behind a figure in the making.
///
/// # Errors
/// As [`preview`]; `forbidden` when it rests on what is not theirs to see.
pub fn opened(app: &App, viewer: &Viewer, id: &str, asked: &PreviewAsked, lang: Lang) -> Result<OpenedView, Problem> {
    let ready = Ready::new(app, asked)?;
    let (report, wanted) = (ready.report()?, ready.asked(viewer, asked)?);
    let (ix, defined) = report.figure(id).ok_or_else(|| no_figure(id))?;
    if !view::may_read(&ready.image, viewer, defined) {
        let (zh, en) = ("这个数涉及您无权查看的信息。", "It rests on what is not yours to see.");
        return Err(forbidden(zh, en));
    }
    let page = asked.page.unwrap_or(1).clamp(1, 1_000_000);
    let (count, found) = book::counting(app, &ready.image, (&ready.catalog, report), &wanted, |counter| {
        let count = counter.count_these(&[ix]).remove(0);
        let found = counter.open(ix, &count, (page - 1) * view::PAGE, view::PAGE);
        (count, found)
    });
    let mut counts = vec![Count::default(); report.figures.len()];
    counts[ix] = count;
    let told = view::figure(&ready.catalog, report, &wanted, defined, &counts[ix], &counts, lang);
    Ok(view::page(&ready.image, &ready.catalog, viewer, (defined, told), (page, &found), lang))
}
