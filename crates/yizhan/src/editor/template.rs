//! What a new service begins from: a template, or another service under a new name.

use super::model::{Choice, DraftFile};
use super::rule;
use yizhan_core::catalog::Catalog;
use yizhan_core::problem;
use yizhan_kit::{Lang, Problem};

/// A template: its name, what it is called, and its files by the end of their paths.
struct Template {
    name: &'static str,
    title: [&'static str; 2],
    files: &'static [(&'static str, &'static str)],
}

macro_rules! text {
    ($name:literal) => {
        include_str!(concat!("../../templates/service/", $name))
    };
}

/// `NAME` in a path and in a text is the service's name.
const TEMPLATES: [Template; 3] = [
    Template {
        name: "grant",
        title: ["申请—核实—审核—决定，一次发放", "Asked for, checked, reviewed, decided, paid once"],
        files: &[
            ("service/NAME.toml", text!("grant.toml")),
            ("service/NAME.schema.json", text!("grant.schema.json")),
            ("service/NAME.check.schema.json", text!("grant.check.schema.json")),
            ("service/NAME.decide.schema.json", text!("grant.decide.schema.json")),
        ],
    },
    Template {
        name: "confirm",
        title: ["定期确认，逾期列入缺口", "Confirmed again and again; who is late is on the list of gaps"],
        files: &[
            ("service/NAME.toml", text!("confirm.toml")),
            ("service/NAME.schema.json", text!("confirm.schema.json")),
            ("service/NAME.check.schema.json", text!("confirm.check.schema.json")),
            ("parameter/NAME-days.toml", text!("confirm.parameter.toml")),
            ("rule/NAME.toml", text!("confirm.rule.toml")),
        ],
    },
    Template {
        name: "report",
        title: ["反映情况，办理后回访", "Told, seen to, asked about"],
        files: &[
            ("service/NAME.toml", text!("report.toml")),
            ("service/NAME.schema.json", text!("report.schema.json")),
        ],
    },
];

/// What the template of a confirmation adds to the register.
const CONFIRMED_ON: &str = text!("confirm.subject.toml");

/// Templates of files that stand beside a service.
const BESIDE: [(&str, &str); 4] = [
    ("parameter/", text!("parameter.toml")),
    ("rule/", text!("rule.toml")),
    ("programme/", text!("programme.toml")),
    ("fund/", text!("fund.toml")),
];

/// The templates of services.
pub fn all(lang: Lang) -> Vec<Choice> {
    let of = |one: &Template| Choice {
        name: one.name.to_owned(),
        title: one.title[usize::from(lang == Lang::En)].to_owned(),
        kind: None,
    };
    TEMPLATES.iter().map(of).collect()
}

/// Templates of files beside a service, each by its folder.
pub fn beside() -> Vec<DraftFile> {
    BESIDE.iter().map(|(path, text)| DraftFile { path: (*path).to_owned(), text: (*text).to_owned() }).collect()
}

/// The files of a new service, from a template or another service.
///
/// # Errors
/// `form-invalid` for a name that is none, or is taken; `unknown-service` for nothing to begin from.
pub fn begun(catalog: &Catalog, name: &str, from: &str, titles: [&str; 2]) -> Result<Vec<DraftFile>, Problem> {
    if !rule::is_name(name) || name.len() > 40 {
        let (zh, en) = (
            "名称只能用小写字母、数字和连字符，如 temporary-relief。",
            "A name has lower-case words, digits and hyphens, like temporary-relief.",
        );
        return Err(problem::FORM_INVALID.problem(zh, en));
    }
    if catalog.services.contains_key(name) {
        return Err(problem::FORM_INVALID.problem("这个名称已经有事项使用。", "A service has this name already."));
    }
    if let Some(bad) = titles
        .iter()
        .find(|title| title.trim().is_empty() || title.chars().count() > 40 || title.contains(['"', '\\', '\n']))
    {
        let (zh, en) = (
            format!("“{bad}”不能作标题：1–40 字，不含引号。"),
            format!("{bad:?} is no title: 1 to 40 characters, without quotes."),
        );
        return Err(problem::FORM_INVALID.problem(zh, en));
    }
    let prefix = rule::free_prefix(catalog, name);
    match TEMPLATES.iter().find(|one| one.name == from) {
        Some(template) => Ok(of_template(catalog, template, name, titles, &prefix)),
        None => copied(catalog, name, from, titles, &prefix),
    }
}

fn of_template(catalog: &Catalog, template: &Template, name: &str, titles: [&str; 2], prefix: &str) -> Vec<DraftFile> {
    let named = |text: &str| {
        let text = text.replace("TITLE_ZH", titles[0]).replace("TITLE_EN", titles[1]).replace("PREFIX", prefix);
        text.replace("UNDERSCORED", &name.replace('-', "_")).replace("NAME", name)
    };
    let mut files: Vec<DraftFile> =
        template.files.iter().map(|(path, text)| DraftFile { path: named(path), text: named(text) }).collect();
    if template.name == "confirm"
        && let Some(person) = catalog.source.files.get("subject/person.toml")
    {
        let text = format!("{}{}", person, named(CONFIRMED_ON));
        files.push(DraftFile { path: "subject/person.toml".into(), text });
    }
    files
}

/// Another service under a new name: its forms and its own attributes go with it, forms that services share stay.
fn copied(
    catalog: &Catalog,
    name: &str,
    from: &str,
    titles: [&str; 2],
    prefix: &str,
) -> Result<Vec<DraftFile>, Problem> {
    let missing = || {
        problem::UNKNOWN_SERVICE
            .problem(format!("没有模板或事项“{from}”。"), format!("There is no template or service {from:?}."))
    };
    let path = format!("service/{from}.toml");
    let text = catalog.source.files.get(&path).ok_or_else(missing)?;
    let own = format!("{from}.");
    let renamed = |text: &str| text.replace(&format!("\"{own}"), &format!("\"{name}."));
    let mut tree = super::document::tree(&renamed(text)).map_err(|_| missing())?;
    tree["title"] = serde_json::json!({"zh": titles[0], "en": titles[1]});
    tree["number_prefix"] = prefix.into();
    let written = super::document::written(&renamed(text), &tree).map_err(|_| missing())?;
    let mut files = vec![DraftFile { path: format!("service/{name}.toml"), text: written }];
    let forms = catalog.source.files.iter().filter_map(|(path, text)| {
        let end = path.strip_prefix("service/")?.strip_prefix(&own)?.strip_suffix("schema.json")?;
        Some(DraftFile { path: format!("service/{name}.{end}schema.json"), text: text.clone() })
    });
    files.extend(forms);
    Ok(files)
}
