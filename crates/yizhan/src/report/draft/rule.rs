//! What a report in the making may be called, where its mistakes stand, and common mistakes in words for people.

use crate::editor::rule as editor;
use yizhan_core::problem;
use yizhan_kit::{Lang, Problem};

/// What a report begins with: its days are days from the start.
pub const BEGUN: &str = "title = {zh = \"\", en = \"\"}
about = {zh = \"\", en = \"\"}
source = \"\"
from = 2021-01-01
to = 2021-12-31
";

/// The path of a report's file.
///
/// # Errors
/// `form-invalid` when it cannot be called so.
pub fn path_of(report: &str) -> Result<String, Problem> {
    if editor::is_name(report) {
        return Ok(format!("report/{report}.toml"));
    }
    let zh = "报表的英文短名只能用小写字母、数字和连字符，例如 village-roads。";
    Err(problem::FORM_INVALID.problem(zh, "A report is called by lower-case words joined by hyphens: village-roads."))
}

/// What the loader says of the figure as a whole and concerns one of its fields.
const FIELD: [(&str, &str); 7] = [
    ("all money there is", "fund"),
    ("not one rule", "rule"),
    ("not two figures", "over"),
    ("is not owed so often", "rule"),
    ("is neither counted nor not", "counts"),
    ("no entries of the catalog", "entries"),
    ("`value` of", "value"),
];

/// The field that a mistake concerns: what is missing has no line of its own, and stands at that of its figure.
pub fn field(at: &str, what: &str) -> String {
    let Some(figure) = at.strip_prefix("/section.figure/").and_then(|rest| rest.split('/').next()) else {
        return at.to_owned();
    };
    let missing = what.strip_prefix('`').and_then(|rest| rest.split_once("` is missing")).map(|(key, _)| key);
    let missing = missing.filter(|key| key.bytes().all(|b| b.is_ascii_lowercase()));
    let named = FIELD.iter().find(|(part, _)| what.contains(part)).map(|(_, key)| *key);
    let key = missing.or(named);
    key.map_or_else(|| at.to_owned(), |key| format!("/section.figure/{figure}/{key}"))
}

/// What the loader often says of reports, in Chinese: a part of it, and the words.
const SAID: [(&str, &str); 28] = [
    ("is no id of a figure", "编号用字母、数字和连字符，最多 20 个，不能叫 sheet 或 docx。"),
    ("ends before it begins", "截止日期早于起始日期。"),
    ("a report without source", "请写明谁要这份报表、依据是什么。"),
    ("counted in nothing known", "这个单位还没有英文，请在单位表里补上。"),
    ("all money there is", "资金、项目、事项至少选一样。"),
    ("a condition on nobody", "先选付方或收方是哪一类对象，才能写条件。"),
    ("no such figure", "报表里没有这个编号的指标。"),
    ("not one rule", "请选一条规则。"),
    ("not two figures", "请选两个指标：第一个除以第二个。"),
    ("is not owed so often", "这条规则不是按这个单位定期要做的事，单位写成“次/年”“次/季度”“次/月”。"),
    ("is neither counted nor not", "请选数什么、怎么算。"),
    ("does not go with", "这一项和所选的数法不相配，请去掉。"),
    ("no entries of the catalog", "请选要数目录里的哪些条目。"),
    ("is no flag", "这个属性不是“是/否”。"),
    ("is not remembered", "系统不保存这个属性的历史，不能按期统计。"),
    ("`value` of", "取值要是金额或数字；数不同取值时要是代码。"),
    ("comes to", "条件要得出“是”或“否”。"),
    ("no variable", "条件里有不认识的名称。"),
    ("no function", "条件里有不认识的函数。"),
    ("has no `", "条件里有这类对象没有的属性。"),
    ("may hold several values", "这个属性可以有多个值，不能直接比较。"),
    ("stands where", "条件两边的类型对不上。"),
    ("is missing", "缺少必填的内容。"),
    ("no kind of subject", "没有这一类对象。"),
    ("no payer of a layer", "没有这个支付方。"),
    ("no rule", "没有这条规则。"),
    ("no named value", "没有这个命名的值。"),
    ("invalid type", "日期写成 2021-01-01 的样子。"),
];

/// A mistake in the reader's language, where it is a common one.
pub fn said(what: &str, expected: &str, lang: Lang) -> String {
    let own = SAID.iter().find(|(part, _)| lang == Lang::Zh && what.contains(part));
    own.map_or_else(|| editor::said(what, expected, lang), |(_, words)| (*words).to_owned())
}
