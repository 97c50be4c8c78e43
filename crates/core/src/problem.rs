//! The refusals of the core, each with a stable code. Rooms add their own beside their verbs.

use yizhan_kit::{Kind, Problem};

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $status:literal, $code:literal, $zh:literal, $en:literal;)*) => {
        $($(#[$doc])* pub static $name: Kind = Kind { code: $code, status: $status, title_zh: $zh, title_en: $en };)*
        /// Every kind of refusal the core knows.
        pub static ALL: &[&Kind] = &[$(&$name),*];
    };
}

kinds! {
    /// The queue is full.
    BUSY = 503, "busy", "正忙，请稍后再试", "Busy, please try again shortly";
    /// The store cannot take writes now.
    STORE_UNAVAILABLE = 503, "store-unavailable", "暂时无法保存", "Cannot save at the moment";
    /// The store has no room.
    STORE_FULL = 507, "store-full", "存储空间已满", "Storage is full";
    /// Another process has taken the zone over.
    FENCED = 503, "fenced", "本区已由另一实例接管", "Another instance has taken this zone over";
    /// The engine refused a row.
    ROW_REFUSED = 500, "row-refused", "数据库拒绝写入", "The database refused the write";
    /// The same idempotency key with another body.
    KEY_REUSED = 409, "key-reused", "同一请求编号已用于其他内容", "This idempotency key was used for another request";
    /// A write needs an idempotency key.
    KEY_MISSING = 400, "key-missing", "缺少请求编号", "An Idempotency-Key is required";
    /// The request is not what its form asks for.
    FORM_INVALID = 422, "form-invalid", "填写有误", "The form has mistakes";
    /// The body is no JSON of the expected shape.
    BODY_INVALID = 400, "body-invalid", "请求格式有误", "The request body cannot be read";
    /// The body is larger than what is taken here.
    BODY_TOO_LARGE = 413, "body-too-large", "提交的内容太大", "The request is too large";
    /// No such attribute.
    UNKNOWN_ATTRIBUTE = 422, "unknown-attribute", "没有这个属性", "Unknown attribute";
    /// A value of the wrong type.
    WRONG_TYPE = 422, "wrong-type", "值的类型不对", "A value has the wrong type";
    /// No such service.
    UNKNOWN_SERVICE = 404, "unknown-service", "没有这个事项", "No such service";
    /// No such thing, or not for this viewer.
    NOT_FOUND = 404, "not-found", "没有找到", "Not there";
    /// No such case, or not for this viewer.
    CASE_NOT_FOUND = 404, "case-not-found", "没有找到这个办件", "No such case";
    /// The case moved on since the page was read.
    CASE_CHANGED = 409, "case-changed", "办件已有变化，请刷新", "The case has changed since you read it";
    /// The case is not open.
    CASE_ENDED = 409, "case-ended", "办件已经结束", "The case has ended";
    /// The step does not allow this move.
    MOVE_NOT_ALLOWED = 409, "move-not-allowed", "这一步不能这样办", "This step does not allow that";
    /// It is too early for the step.
    TOO_EARLY = 409, "too-early", "时间未到", "Too early for this step";
    /// Something expected is still missing.
    DUTY_OPEN = 409, "duty-open", "还有事项没有完成", "Something expected is still missing";
    /// The same person took an earlier step.
    FOUR_EYES = 403, "four-eyes", "同一人不能办理两个环节", "The same person may not take two steps";
    /// The actor may not do this here.
    FORBIDDEN = 403, "forbidden", "没有权限", "Not allowed";
    /// One account would be two of the three administrators.
    SEPARATE_DUTIES = 403, "separate-duties", "三类管理员不得兼任", "The three administrators stay apart";
    /// Nobody is signed in.
    SIGN_IN = 401, "sign-in", "请先登录", "Please sign in";
    /// Wrong name or password.
    WRONG_PASSWORD = 401, "wrong-password", "用户名或密码不对", "Wrong name or password";
    /// The password was right; the account also wants a code.
    SECOND_FACTOR = 401, "second-factor", "请输入动态口令", "Enter the code of your authenticator";
    /// Too many failures.
    LOCKED_OUT = 429, "locked-out", "尝试次数过多，请稍后再试", "Too many attempts, try again later";
    /// A region that the catalog does not have.
    UNKNOWN_REGION = 422, "unknown-region", "没有这个区划", "Unknown region";
    /// The catalog has mistakes.
    CATALOG_INVALID = 422, "catalog-invalid", "目录有误", "The catalog has mistakes";
    /// The catalog changed while the request was prepared.
    CATALOG_MOVED = 503, "catalog-moved", "目录刚刚更新，请重试", "The catalog was just updated, please retry";
    /// A file that a case would change was changed by another meanwhile.
    CATALOG_CHANGED = 409, "catalog-changed", "目录文件已被别的办件修改", "Another case changed this file";
    /// Money that cannot move so.
    TRANSFER_REFUSED = 409, "transfer-refused", "不能这样转账", "This transfer is impossible";
    /// A step asks for a paper that is not attached.
    PAPER_MISSING = 409, "paper-missing", "还缺材料", "A paper is missing";
    /// An account would give more than it has.
    OVERDRAFT = 409, "overdraft", "余额不足", "There is not enough money";
    /// No policy of settlement is in force.
    NO_POLICY = 409, "no-policy", "没有生效的结算政策", "No policy of settlement is in force";
    /// A payer of a policy has no account.
    NO_PAYER = 409, "no-payer", "没有登记这个支付方", "A payer is not on the register";
    /// A settlement on which later ones rest.
    NOT_LAST_BILL = 409, "not-last-bill", "还有更晚的结算", "There is a later settlement";
    /// What would be settled again comes to the same.
    NOTHING_CHANGES = 409, "nothing-changes", "重算没有变化", "Nothing changes";
    /// Nothing is due any more.
    NOTHING_DUE = 409, "nothing-due", "不用付款", "Nothing is due";
    /// A channel tells of another sum than was asked for.
    AMOUNT_DIFFERS = 409, "amount-differs", "金额与支付单不符", "Another sum than was asked for";
    /// A channel of payment cannot be asked.
    CHANNEL_SILENT = 503, "channel-silent", "支付渠道暂时没有回应", "The payment channel does not answer";
    /// What was asked for is forgotten.
    FORGOTTEN = 410, "forgotten", "个人信息已按规定删除", "The personal details were deleted by rule";
}

/// `unknown-attribute`, naming it.
pub fn unknown_attribute(name: &str) -> Problem {
    UNKNOWN_ATTRIBUTE.problem(format!("目录里没有属性 {name}"), format!("No adopted catalog has an attribute {name}"))
}

/// `wrong-type`, naming attribute, value and what was expected.
pub fn wrong_type(attribute: &str, value: &str, expected: &str) -> Problem {
    WRONG_TYPE.problem(
        format!("{attribute} 的值“{value}”不对，应为：{expected}"),
        format!("{attribute} cannot be {value:?}; expected {expected}"),
    )
}
