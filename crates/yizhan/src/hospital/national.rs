//! The desk by the numbers and names of the national medical insurance interface: 2303 pre-settle, 2304 settle, 2305 cancel.
//! One envelope for all. Amounts are numbers with two decimals there; as numbers of JSON they are read and written digit by
//! digit, never as floats. What is mapped to what is said in `docs/settle.md`.

use super::model::{BillAsked, SlipView};
use super::view::{previewed, standing};
use super::{act, rule};
use crate::app::{App, Request};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use yizhan_core::access::Viewer;
use yizhan_core::problem;
use yizhan_kit::{Lang, Problem};

/// A request of the interface.
#[derive(Deserialize, ToSchema)]
pub struct Envelope {
    /// The number of the transaction: `2303`, `2304`, `2305`.
    pub infno: String,
    /// The message's own number, given back.
    #[serde(default)]
    pub msgid: Option<String>,
    /// What is asked.
    pub input: Input,
}

/// What is asked, under the one name or the other.
#[derive(Deserialize, ToSchema)]
pub struct Input {
    /// 2303 and 2304.
    #[serde(default)]
    pub mdtrtinfo: Option<BillFields>,
    /// 2305.
    #[serde(default)]
    pub data: Option<CancelFields>,
}

/// A bill by the national names. Names that are not read here are let through.
#[derive(Deserialize, ToSchema)]
pub struct BillFields {
    /// 就诊ID: the number of the stay.
    pub mdtrt_id: String,
    /// 医疗类别: 21 and 2101 in hospital, 14 and 1401 chronic illness, 11 and 1101 ordinary outpatient.
    #[serde(default)]
    pub med_type: Option<String>,
    /// 出院日期.
    pub dscg_date: String,
    /// 医疗费总额.
    #[schema(value_type = String)]
    pub medfee_sumamt: Box<RawValue>,
    /// 全自费金额.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub fulamt_ownpay_amt: Option<Box<RawValue>>,
    /// 超限价自费费用.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub overlmt_selfpay: Option<Box<RawValue>>,
    /// 先行自付金额.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub preselfpay_amt: Option<Box<RawValue>>,
}

/// A cancellation by the national names.
#[derive(Deserialize, ToSchema)]
pub struct CancelFields {
    /// 就诊ID: the number of the stay.
    pub mdtrt_id: String,
    /// 结算ID: the act that settled it, when given it must be the one that stands.
    #[serde(default)]
    pub setl_id: Option<String>,
    /// Why.
    #[serde(default)]
    pub memo: Option<String>,
}

/// An answer of the interface.
#[derive(Serialize, ToSchema)]
pub struct Reply {
    /// The number of the transaction.
    pub infno: String,
    /// 0 when it was done.
    pub infcode: i32,
    /// The message's own number.
    pub inf_refmsgid: Option<String>,
    /// What is wrong, where something is; the stable code of the refusal first.
    pub err_msg: Option<String>,
    /// What it came to.
    pub output: Option<Output>,
}

/// What it came to.
#[derive(Serialize, ToSchema)]
pub struct Output {
    /// The settlement.
    pub setlinfo: SettlementInfo,
    /// Payer by payer.
    pub setldetail: Vec<FundDetail>,
}

/// A settlement by the national names.
#[derive(Serialize, ToSchema, Default)]
pub struct SettlementInfo {
    /// 结算ID: the act that settled it; absent of a pre-settlement.
    pub setl_id: Option<String>,
    /// 就诊ID.
    pub mdtrt_id: String,
    /// 医疗类别.
    pub med_type: String,
    /// 入院日期.
    pub begndate: String,
    /// 出院日期.
    pub enddate: String,
    /// 结算时间.
    pub setl_time: Option<String>,
    /// 医疗费总额.
    pub medfee_sumamt: String,
    /// 全自费金额.
    pub fulamt_ownpay_amt: String,
    /// 超限价自费费用.
    pub overlmt_selfpay: String,
    /// 先行自付金额.
    pub preselfpay_amt: String,
    /// 符合政策范围金额.
    pub inscp_scp_amt: String,
    /// 基本医疗保险统筹基金支出.
    pub hifp_pay: String,
    /// 居民大病保险资金支出.
    pub hifmi_pay: String,
    /// 医院负担金额.
    pub hosp_part_amt: String,
    /// 医疗救助基金支出.
    pub maf_pay: String,
    /// 其他支出: every other payer.
    pub oth_pay: String,
    /// 基金支付总额: all payers together but the hospital.
    pub fund_pay_sumamt: String,
    /// 个人账户支出: there is none here.
    pub acct_pay: String,
    /// 个人负担总金额.
    pub psn_part_amt: String,
    /// 个人现金支出.
    pub psn_cash_pay: String,
}

/// A payer's part by the national names.
#[derive(Serialize, ToSchema)]
pub struct FundDetail {
    /// 基金支付类型: the payer's name in the policy.
    pub fund_pay_type: String,
    /// 基金支付类型名称.
    pub fund_pay_type_name: String,
    /// 符合政策范围金额: what the layer applied to.
    pub inscp_scp_amt: String,
    /// 基金支付金额.
    pub fund_payamt: String,
    /// 结算过程信息: how it was reckoned.
    pub setl_proc_info: String,
}

/// The national field that a payer's part goes into, by the payer's name in the policy; every other payer's is `oth_pay`.
const FIELDS: [(&str, Field); 4] = [
    ("basic", Field::Hifp),
    ("serious-illness", Field::Hifmi),
    ("institution", Field::Hospital),
    ("assistance", Field::Maf),
];

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Field {
    Hifp,
    Hifmi,
    Hospital,
    Maf,
    Other,
}

/// Kinds of care by the national codes, the usual one first.
const KINDS: [(&str, &[&str]); 3] =
    [("inpatient", &["21", "2101"]), ("outpatient-chronic", &["14", "1401"]), ("outpatient", &["11", "1101"])];

/// Pre-settles: nothing is kept.
///
/// # Errors
/// The named refusal.
pub fn presettle(app: &App, viewer: &Viewer, envelope: &Envelope, lang: Lang) -> Result<Output, Problem> {
    let fields = fields(envelope)?;
    let image = app.image();
    let seen = viewer.look(&image);
    let (case, admitted) = act::stay(&seen, &fields.mdtrt_id)?;
    let reckoned = seen.reckon(case.subject, &rule::bill(&bill(fields)?, admitted, None)?)?;
    output(&fields.mdtrt_id, &previewed(&seen, case, &reckoned, lang)?, None, None)
}

/// Settles.
///
/// # Errors
/// The named refusal.
pub async fn settle(
    app: &App,
    viewer: &Viewer,
    request: Request,
    envelope: &Envelope,
    lang: Lang,
) -> Result<Output, Problem> {
    let fields = fields(envelope)?;
    let version = {
        let image = app.image();
        u64::from(act::stay(&viewer.look(&image), &fields.mdtrt_id)?.0.changed)
    };
    act::settle(app, viewer, request, &fields.mdtrt_id, version, &bill(fields)?).await?;
    stands(app, viewer, &fields.mdtrt_id, lang)
}

/// Cancels: what stood is told.
///
/// # Errors
/// The named refusal.
pub async fn cancel(
    app: &App,
    viewer: &Viewer,
    request: Request,
    envelope: &Envelope,
    lang: Lang,
) -> Result<Option<Output>, Problem> {
    let data = envelope.input.data.as_ref().ok_or_else(|| missing("data"))?;
    // A repeat finds nothing that stands any more.
    let stood = if app.answered(&request).is_some() { None } else { Some(stands(app, viewer, &data.mdtrt_id, lang)?) };
    if let (Some(asked), Some(stood)) = (&data.setl_id, &stood)
        && stood.setlinfo.setl_id.as_ref() != Some(asked)
    {
        return Err(problem::NOT_FOUND.problem("没有这个结算ID。", "There is no settlement of this setl_id."));
    }
    let why = data.memo.as_deref().unwrap_or("接口撤销");
    act::cancel(app, viewer, request, &data.mdtrt_id, None, why).await?;
    Ok(stood)
}

/// The settlement of a stay that stands.
fn stands(app: &App, viewer: &Viewer, number: &str, lang: Lang) -> Result<Output, Problem> {
    let image = app.image();
    let seen = viewer.look(&image);
    let (case, _) = act::stay(&seen, number)?;
    let entry = seen.slip(case.subject).ok_or_else(|| {
        problem::NOT_FOUND.problem("还没有结算，或者已经撤销。", "It is not settled, or it was cancelled.")
    })?;
    let at = image.act(entry.seq).map(|act| act.at().to_string());
    output(number, &standing(&seen, entry, lang)?, Some(entry.seq.to_string()), at)
}

fn fields(envelope: &Envelope) -> Result<&BillFields, Problem> {
    envelope.input.mdtrtinfo.as_ref().ok_or_else(|| missing("mdtrtinfo"))
}

fn missing(name: &str) -> Problem {
    problem::BODY_INVALID.problem(format!("input 缺少 {name}。"), format!("There is no {name} in input."))
}

fn bill(fields: &BillFields) -> Result<BillAsked, Problem> {
    let code = fields.med_type.as_deref().unwrap_or("21");
    let kind = KINDS.iter().find(|(_, codes)| codes.contains(&code)).map(|(kind, _)| (*kind).to_owned());
    let kind = kind.ok_or_else(|| {
        problem::FORM_INVALID.problem(format!("不支持医疗类别 {code}。"), format!("No kind of care is {code}."))
    })?;
    let text = |raw: &Option<Box<RawValue>>| raw.as_deref().and_then(amount);
    Ok(BillAsked {
        kind: Some(kind),
        discharged: fields.dscg_date.get(..10).unwrap_or(&fields.dscg_date).to_owned(),
        total: amount(&fields.medfee_sumamt),
        own_pay: text(&fields.fulamt_ownpay_amt),
        over_limit: text(&fields.overlmt_selfpay),
        first_pay: text(&fields.preselfpay_amt),
        lines: Vec::new(),
    })
}

/// An amount as it stands in the message, a number or a text: its digits. `null` is none.
fn amount(raw: &RawValue) -> Option<String> {
    let text = raw.get().trim().trim_matches('"');
    (text != "null").then(|| text.to_owned())
}

fn output(
    number: &str,
    slip: &SlipView,
    setl_id: Option<String>,
    setl_time: Option<String>,
) -> Result<Output, Problem> {
    let mut sums: BTreeMap<Field, i64> = BTreeMap::new();
    let mut setldetail = Vec::new();
    for layer in &slip.layers {
        let field = FIELDS.iter().find(|(payer, _)| *payer == layer.payer).map_or(Field::Other, |(_, field)| *field);
        *sums.entry(field).or_default() += rule::yuan(&layer.pay, &layer.payer)?.0;
        setldetail.push(FundDetail {
            fund_pay_type: layer.payer.clone(),
            fund_pay_type_name: layer.title.clone(),
            inscp_scp_amt: layer.base.clone(),
            fund_payamt: layer.pay.clone(),
            setl_proc_info: layer.trace.clone(),
        });
    }
    let sum = |field: Field| yizhan_kit::Fen(sums.get(&field).copied().unwrap_or(0));
    let funds = sums.iter().filter(|(field, _)| **field != Field::Hospital).map(|(_, sum)| sum).sum();
    let code = KINDS.iter().find(|(kind, _)| *kind == slip.kind).map_or("", |(_, codes)| codes[0]);
    let setlinfo = SettlementInfo {
        setl_id,
        mdtrt_id: number.to_owned(),
        med_type: code.to_owned(),
        begndate: slip.admitted.clone(),
        enddate: slip.discharged.clone(),
        setl_time,
        medfee_sumamt: slip.total.clone(),
        fulamt_ownpay_amt: slip.own_pay.clone(),
        overlmt_selfpay: slip.over_limit.clone(),
        preselfpay_amt: slip.first_pay.clone(),
        inscp_scp_amt: slip.in_scope.clone(),
        hifp_pay: sum(Field::Hifp).to_string(),
        hifmi_pay: sum(Field::Hifmi).to_string(),
        hosp_part_amt: sum(Field::Hospital).to_string(),
        maf_pay: sum(Field::Maf).to_string(),
        oth_pay: sum(Field::Other).to_string(),
        fund_pay_sumamt: yizhan_kit::Fen(funds).to_string(),
        acct_pay: yizhan_kit::Fen(0).to_string(),
        psn_part_amt: slip.personal.clone(),
        psn_cash_pay: slip.personal.clone(),
    };
    Ok(Output { setlinfo, setldetail })
}
