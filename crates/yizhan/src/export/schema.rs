//! `schema.json`, which describes every column (a Data Package with Table Schema), and `README.md`, which says how to read it.

use super::mask::Shown;
use super::table::{Column, Format, Kind, Shape};
use serde_json::{Value, json};
use yizhan_core::image::Image;

/// Describes what was written.
pub fn describe(tables: &[(Shape, u64)], image: &Image, format: Format, how: Shown) -> Value {
    let resource = |(shape, rows): &(Shape, u64)| {
        let [zh, en] = &shape.words;
        let mut resource = json!({
            "name": shape.path.replace('/', "-"),
            "path": format!("{}.{}", shape.path, format.ending()),
            "title": zh, "title_en": en,
            "format": format.ending(), "encoding": "utf-8", "rows": rows,
            "schema": { "fields": shape.columns.iter().map(|one| field(one, format)).collect::<Vec<_>>(), "missingValues": [""] },
        });
        if format == Format::Csv {
            resource["mediatype"] = json!("text/csv");
            resource["dialect"] = json!({"delimiter": ",", "lineTerminator": "\r\n", "quoteChar": "\"", "doubleQuote": true, "header": true});
        } else {
            resource["mediatype"] = json!("application/jsonl");
        }
        resource
    };
    json!({
        "profile": "data-package",
        "name": "yizhan-zone",
        "title": "一站：全区数据", "title_en": "Yizhan: the data of a zone",
        "yizhan": {
            "program": env!("CARGO_PKG_VERSION"),
            "acts": image.seq, "at": image.at.to_string(),
            "head": image.hash.to_string(), "hash": image.hash_kind.name(),
            "sealed": match how { Shown::Masked => "masked", Shown::Whole => "opened" },
        },
        "resources": tables.iter().map(resource).collect::<Vec<_>>(),
    })
}

fn field(column: &Column, format: Format) -> Value {
    let (kind, form) = match column.kind {
        Kind::Int => ("integer", None),
        Kind::Flag => ("boolean", None),
        Kind::Text => ("string", None),
        Kind::Yuan => ("number", None),
        Kind::Day => ("date", Some("default")),
        Kind::Moment => ("datetime", Some("any")),
        Kind::Hex => ("string", Some("hex")),
        Kind::Bytes => ("string", Some("binary")),
        Kind::Json => ("any", None),
    };
    let [zh, en] = &column.words;
    // Money is text in JSON, so that nobody reads it as a float.
    let kind = if format == Format::Json && column.kind == Kind::Yuan { "string" } else { kind };
    let mut field = json!({"name": column.name, "type": kind, "title": zh, "title_en": en});
    match form {
        Some("hex") => field["constraints"] = json!({"pattern": "([0-9a-f]{2})+"}),
        Some(form) => field["format"] = json!(form),
        None => {}
    }
    field
}

/// What lies beside the tables, for whoever finds them in ten years.
pub fn readme(image: &Image, format: Format, how: Shown) -> String {
    let text = match how {
        Shown::Masked => README_MASKED,
        Shown::Whole => README_OPENED,
    };
    let of_format = match format {
        Format::Csv => README_CSV,
        Format::Json => README_JSON,
    };
    let (acts, at, head, hash) = (image.seq, image.at, image.hash, image.hash_kind.name());
    README
        .replace("{acts}", &acts.to_string())
        .replace("{at}", &at.to_string())
        .replace("{head}", &head.to_string())
        .replace("{hash}", hash)
        .replace("{sealed}", text)
        .replace("{format}", of_format)
}

const README_MASKED: &str = "密封的答卷已打开但遮盖：只显示表单自带的选项、数字和日期，其余遮盖；材料只列清单。\n\
仍含个人的事实（如残疾、贫困类别），按机密保存。\n\n\
Sealed answers were opened and masked: what forms list, numbers and days are shown, everything written is hidden; papers are\n\
listed only. Facts about people are still in it: keep it as confidential.";

const README_OPENED: &str = "密封的答卷和材料已全部打开，理由已记入日志（verb 为 export-open）。含大量个人信息，按最高密级保存。\n\n\
Sealed answers and papers were opened whole; the reason is in the journal (verb export-open). Keep it under lock and key.";

const README_CSV: &str = "表格是 CSV（RFC 4180），UTF-8 带 BOM（中文 Excel 直接打开不乱码），逗号分隔，换行 CRLF。空格子为“没有”。\n\
文字若为空、或以反斜杠、= + - @、制表符、回车开头，前面加一个反斜杠（电子表格才不会把它当公式）；读取时去掉这一个反斜杠。\n\n\
Tables are CSV (RFC 4180) in UTF-8 with a byte order mark, so that Excel opens them right. An empty cell is nothing. A text that\n\
is empty or begins with a backslash, = + - @, tab or return has one backslash before it, so that no spreadsheet takes it for a\n\
formula: whoever reads takes that one away.";

const README_JSON: &str = "表格是 JSON Lines：每行一个对象，UTF-8，没有的值为 null，金额（元）写成文字。\n\n\
Tables are JSON Lines: an object a line, UTF-8, null for nothing, amounts in yuan as text.";

const README: &str = "# 一站：全区数据导出 / The data of a zone\n\n\
截至行为 {acts}（{at}），链头 {head}（{hash}）。\n\
Up to act {acts}, recorded {at}; the chain's head is {head} ({hash}).\n\n\
{sealed}\n\n{format}\n\n\
## 内容 / What is here\n\n\
| 文件 / file | 内容 | what |\n|---|---|---|\n\
| `schema.json` | 每张表每一列的说明；最后写成，没有它就是没有导完 | every column described; written last: without it the export is not whole |\n\
| `evidence/` | 原始记录，逐行照存，可重算散列链 | the records themselves, by which the chain is hashed again |\n\
| `subjects/` | 各类对象当前情况，每个一行 | what holds of each subject now |\n\
| `cases/` | 各事项的办件，每件一行 | cases by service |\n\
| `answers/` | 各步骤所填内容 | what was answered |\n\
| `money/` | 资金划转与余额 | transfers and balances |\n\
| `papers.*`, `papers/` | 材料清单与文件 | papers and their files |\n\
| `catalog/` | 现行事项目录 | the catalog in force |\n\n\
`fact.subject`、`step.subject`、`transfer.debit` 等都是对象编号；办件也是对象，编号在 `cases/` 的 `case` 列。\n\
Numbers of subjects tie everything together; a case is a subject too.\n\n\
## 重算散列链 / Hashing the chain again\n\n\
从 H(`yizhan zone`) 起。每个行为：H(前一个散列，日志行除 hash 外各列，然后依次 subject、fact、step、transfer、outbox\n\
中 seq 相同的行，每行先写表名再写各列)。整数写 8 字节（小端）；文字和字节先写 4 字节长度（小端）再写内容；没有的值写 5 个 0xff。\n\
`bodies` 是同一办法对这个行为的 body 行计算的散列。\n\n\
Begin with H(`yizhan zone`). For each act: H(the hash before, the journal's columns but `hash`, then the rows of subject, fact, step,\n\
transfer and outbox with the same seq, each after the name of its table). An integer is 8 bytes, little-endian; text and bytes are\n\
preceded by their length in 4 bytes, little-endian; nothing is five bytes 0xff. `bodies` is the same over the act's rows of body.\n\n\
不提供 Parquet：它要三十来个新依赖包；CSV 和 JSON Lines 任何工具都能读，也都能一条命令转成 Parquet（如 DuckDB）。\n\
There is no Parquet: it would bring some thirty packages, and any tool reads CSV or JSON Lines and makes Parquet of it.\n";
