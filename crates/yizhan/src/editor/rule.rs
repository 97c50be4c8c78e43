//! What a draft may be: names, sizes, what the form shows of a file; common mistakes in words for people.

use super::model::DraftFile;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use yizhan_core::catalog::Catalog;
use yizhan_core::problem;
use yizhan_kit::{Lang, Problem};

/// The most files of a draft, which is the most that a case proposes.
const FILES: usize = 12;

/// The longest file, in characters, and the longest draft.
const FILE: usize = 40_000;
const ALL: usize = 160_000;

/// The folders of the catalog that a draft may write to.
const FOLDERS: [&str; 13] = [
    "service",
    "subject",
    "parameter",
    "rule",
    "programme",
    "fund",
    "calculator",
    "plan",
    "tip",
    "voice",
    "settlement",
    "desk",
    "report",
];

/// Whether a text is a name of the catalog: lower-case words of letters and digits joined by hyphens.
pub fn is_name(text: &str) -> bool {
    let word = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    text.len() <= 60 && text.starts_with(|first: char| first.is_ascii_lowercase()) && text.split('-').all(word)
}

/// Whether a path is one of a file of the catalog: no other folder, no way out of it.
fn is_path(path: &str) -> bool {
    let Some((folder, file)) = path.split_once('/') else { return false };
    let known = FOLDERS.contains(&folder);
    match file.strip_suffix(".schema.json") {
        // A form is called by its service, and by its step.
        Some(stem) => known && folder == "service" && stem.split('.').all(is_name) && stem.split('.').count() <= 2,
        None => known && file.strip_suffix(".toml").is_some_and(is_name),
    }
}

/// That a draft is no larger and no stranger than what a case may propose.
///
/// # Errors
/// `form-invalid`, naming the file.
pub fn must_be_files(files: &[DraftFile]) -> Result<(), Problem> {
    let refused = |zh: String, en: String| Err(problem::FORM_INVALID.problem(zh, en));
    if files.is_empty() || files.len() > FILES {
        return refused(format!("一次改 1 到 {FILES} 个文件。"), format!("A draft has 1 to {FILES} files."));
    }
    let mut seen = BTreeSet::new();
    for file in files {
        if !is_path(&file.path) {
            let path: String = file.path.chars().take(80).collect();
            return refused(
                format!("“{path}”不是目录里的文件名：文件夹/小写字母-数字.toml，表单是 service/名称.schema.json。"),
                format!(
                    "{path:?} is no name of a file of the catalog: folder/some-name.toml, or service/some-name.schema.json for a form."
                ),
            );
        }
        if !seen.insert(&file.path) {
            return refused(format!("“{}”出现了两次。", file.path), format!("{} stands twice.", file.path));
        }
        if file.text.chars().count() > FILE || file.text.trim().is_empty() {
            return refused(
                format!("“{}”是空的，或者超过 {FILE} 字。", file.path),
                format!("{} is empty, or longer than {FILE} characters.", file.path),
            );
        }
    }
    if files.iter().map(|file| file.text.len()).sum::<usize>() > ALL {
        return refused("这些文件加起来太大。".into(), "The files are too large together.".into());
    }
    Ok(())
}

/// A prefix of case numbers that no service has, near a name: `TR` for temporary-relief.
pub fn free_prefix(catalog: &Catalog, name: &str) -> String {
    let taken: BTreeSet<&str> = catalog.services.values().map(|service| service.number_prefix.as_str()).collect();
    let initials: String = name.split('-').filter_map(|word| word.chars().next()).collect::<String>().to_uppercase();
    let initials: String = initials.chars().filter(char::is_ascii_uppercase).take(2).collect();
    let letters = || ('A'..='Z').map(Some);
    let near = [None]
        .into_iter()
        .chain(letters())
        .map(|more| format!("{initials}{}", more.map_or(String::new(), String::from)));
    let any = letters().flatten().flat_map(|a| ('A'..='Z').map(move |b| format!("{a}{b}X")));
    near.chain(any)
        .find(|prefix| !prefix.is_empty() && !taken.contains(prefix.as_str()))
        .unwrap_or_else(|| "ZZZZ".into())
}

/// What the form shows of a service's file, by section; the rest is edited as text.
const SHOWN: [(&str, &[&str]); 6] = [
    (
        "",
        &[
            "title",
            "about",
            "serves",
            "search",
            "number_prefix",
            "opened_by",
            "purpose",
            "keep_days",
            "received",
            "form",
            "area",
            "blind",
            "attribute",
            "paper",
            "step",
            "example",
        ],
    ),
    ("attribute", &["name", "title", "kind", "seen_by", "codes", "memory"]),
    ("paper", &["name", "title", "who", "holder", "during"]),
    (
        "step",
        &[
            "name",
            "title",
            "who",
            "within",
            "notice_days",
            "may",
            "form",
            "facts",
            "register",
            "money",
            "tell",
            "papers",
            "same_person",
        ],
    ),
    ("example", &["of", "answers", "expect", "at"]),
    ("form", &["$schema", "title", "x-title-en", "type", "additionalProperties", "required", "properties"]),
];

/// What stands in a service and its forms that the form does not show.
pub fn unread(tree: &Map<String, Value>, forms: &Map<String, Value>) -> Vec<String> {
    let shown = |section: &str, key: &str| SHOWN.iter().any(|(name, keys)| *name == section && keys.contains(&key));
    let mut found: Vec<String> = tree.keys().filter(|key| !shown("", key)).map(|key| format!("/{key}")).collect();
    for section in ["attribute", "paper", "step", "example"] {
        for (n, row) in tree.get(section).and_then(Value::as_array).into_iter().flatten().enumerate() {
            let strange = row.as_object().into_iter().flatten().filter(|(key, _)| !shown(section, key));
            found.extend(strange.map(|(key, _)| format!("/{section}/{n}/{key}")));
        }
    }
    for (file, form) in forms {
        let strange = form.as_object().into_iter().flatten().filter(|(key, _)| !shown("form", key));
        found.extend(strange.map(|(key, _)| format!("{file}/{key}")));
    }
    found
}

/// What the loader often says, in Chinese: a beginning, a middle, and the words for it.
const SAID: [(&str, &str); 22] = [
    ("is already that of", "编号前缀已被别的事项使用，请换一个。"),
    ("is empty in a language", "中文和英文都要填写。"),
    ("missing key", "缺少必填的内容。"),
    ("unknown key", "有不认识的内容。"),
    ("is not kebab-case", "名称只能用小写字母、数字和连字符。"),
    ("stands twice", "名称重复。"),
    ("has nothing at", "表单里没有这一项。"),
    ("no form here has anything at", "表单里没有这一项。"),
    ("`within` cannot be", "时限写成“5 working days”“3 days”或“24 hours”。"),
    ("cannot be", "这个值不对。"),
    ("no attribute", "没有声明这个属性。"),
    ("cannot hold that value", "这个属性存不下表单里的值。"),
    ("no role", "没有这个角色。"),
    ("no fund", "没有这个资金。"),
    ("no programme", "没有这个政策项目。"),
    ("no figure in yuan", "没有这个以元计的参数。"),
    ("no parameter", "没有这个参数。"),
    ("no entitlement", "没有这条有金额的待遇规则。"),
    ("no service uses this form", "没有哪一步使用这个表单。"),
    ("no file", "缺少表单文件。"),
    ("accepted, though", "例子应当被退回，实际通过了。"),
    ("refused at", "例子应当通过，实际被退回。"),
];

/// A mistake in the reader's language, where it is a common one.
pub fn said(what: &str, expected: &str, lang: Lang) -> String {
    let plain = if expected.is_empty() { what.to_owned() } else { format!("{what}; {expected}") };
    if lang == Lang::En {
        return plain;
    }
    SAID.iter().find(|(part, _)| what.contains(part)).map_or(plain, |(_, words)| (*words).to_owned())
}
