//! Operators and functions of rules, each checked against the types it goes with.

use super::compile::{Mistaken, Part, Scope, Work, no};
use super::part::Part as CalendarPart;
use super::program::{Arithmetic, Calendar, Compare, NodeIx, Op};
use super::types::Type;
use cel::IdedExpr;
use cel::common::ast::{CallExpr, Expr, LiteralValue, operators};
use yizhan_kit::{Day, Fen};

impl Work<'_, '_> {
    pub(super) fn call(&mut self, call: &CallExpr, scope: &Scope) -> Result<Part, Mistaken> {
        let args: Vec<&IdedExpr> = call.target.as_deref().into_iter().chain(&call.args).collect();
        match (call.func_name.as_str(), args.as_slice()) {
            (operators::LOGICAL_NOT, [one]) => {
                let one = self.typed(one, scope, &Type::Truth)?;
                self.put(scope, Op::Not(one), Type::Truth)
            }
            (operators::LOGICAL_AND, [a, b]) => {
                let (a, b) = (self.typed(a, scope, &Type::Truth)?, self.typed(b, scope, &Type::Truth)?);
                self.put(scope, Op::And(a, b), Type::Truth)
            }
            (operators::LOGICAL_OR, [a, b]) => {
                let (a, b) = (self.typed(a, scope, &Type::Truth)?, self.typed(b, scope, &Type::Truth)?);
                self.put(scope, Op::Or(a, b), Type::Truth)
            }
            (operators::CONDITIONAL, [condition, yes, otherwise]) => {
                let condition = self.typed(condition, scope, &Type::Truth)?;
                let yes = self.node(yes, scope)?;
                let of = self.program.type_of(yes).clone();
                let otherwise = self.typed(otherwise, scope, &of)?;
                self.put(scope, Op::Choose(condition, yes, otherwise), of)
            }
            (operators::EQUALS, [a, b]) => self.equal(a, b, scope),
            (operators::NOT_EQUALS, [a, b]) => {
                let Part::Node(equal) = self.equal(a, b, scope)? else { unreachable!("a comparison is a value") };
                self.put(scope, Op::Not(equal), Type::Truth)
            }
            (operators::LESS, [a, b]) => self.compare(Compare::Less, a, b, scope),
            (operators::LESS_EQUALS, [a, b]) => self.compare(Compare::AtMost, a, b, scope),
            (operators::GREATER, [a, b]) => self.compare(Compare::Less, b, a, scope),
            (operators::GREATER_EQUALS, [a, b]) => self.compare(Compare::AtMost, b, a, scope),
            (operators::IN, [one, list]) => self.one_of(one, list, scope),
            (operators::NEGATE, [one]) => {
                let one = self.node(one, scope)?;
                let of = self.program.type_of(one).clone();
                if !matches!(of, Type::Number | Type::Money) {
                    return no(format!("minus {of}"), "a number or an amount");
                }
                let zero = self.program.node(scope.frame, Op::Number(0), of.clone());
                self.put(scope, Op::Arithmetic(Arithmetic::Subtract, zero, one), of)
            }
            (operators::ADD, [a, b]) => self.arithmetic(Arithmetic::Add, a, b, scope),
            (operators::SUBSTRACT, [a, b]) => self.arithmetic(Arithmetic::Subtract, a, b, scope),
            (operators::MULTIPLY, [a, b]) => self.arithmetic(Arithmetic::Multiply, a, b, scope),
            (operators::DIVIDE, [a, b]) => self.arithmetic(Arithmetic::Divide, a, b, scope),
            (operators::MODULO, [a, b]) => self.arithmetic(Arithmetic::Remainder, a, b, scope),
            ("min", [a, b]) => self.arithmetic(Arithmetic::Least, a, b, scope),
            ("max", [a, b]) => self.arithmetic(Arithmetic::Greatest, a, b, scope),
            ("share", [a, b]) => self.arithmetic(Arithmetic::Share, a, b, scope),
            ("without", [a, b]) => self.arithmetic(Arithmetic::Without, a, b, scope),
            ("deadline", [first, last]) => {
                let (first, last) = (self.typed(first, scope, &Type::Day)?, self.typed(last, scope, &Type::Day)?);
                self.put(scope, Op::Deadline(first, last), Type::Day)
            }
            ("part_start" | "part_end", [day, part]) => {
                let day = self.typed(day, scope, &Type::Day)?;
                let Part::Text(text) = self.part(part, scope)? else {
                    return no("a part that is no text", CalendarPart::EXPECTED);
                };
                let Some(part) = CalendarPart::parse(&text) else {
                    return no(format!("no part of the calendar {text:?}"), CalendarPart::EXPECTED);
                };
                let first = call.func_name == "part_start";
                let op = if first { Op::PartStart(part, day) } else { Op::PartEnd(part, day) };
                self.put(scope, op, Type::Day)
            }
            ("age", [day]) => self.calendar(Calendar::Age, day, scope),
            ("year", [day]) => self.calendar(Calendar::Year, day, scope),
            ("month", [day]) => self.calendar(Calendar::Month, day, scope),
            ("yuan", [amount]) => {
                let fen = match &amount.expr {
                    Expr::Literal(LiteralValue::Int(n)) => n.inner().checked_mul(100),
                    Expr::Literal(LiteralValue::String(text)) => text.inner().parse::<Fen>().ok().map(|fen| fen.0),
                    _ => None,
                };
                match fen {
                    Some(fen) => self.put(scope, Op::Number(fen), Type::Money),
                    None => no("yuan of something else", "yuan(4000) or yuan(\"12.34\")"),
                }
            }
            ("day", [day]) => {
                let Expr::Literal(LiteralValue::String(text)) = &day.expr else {
                    return no("day of something else", "day(\"2021-02-01\")");
                };
                match text.inner().parse::<Day>() {
                    Ok(Day(n)) => self.put(scope, Op::Number(i64::from(n)), Type::Day),
                    Err(_) => no(format!("{:?} is no day", text.inner()), "day(\"2021-02-01\")"),
                }
            }
            ("size", [list]) => match self.part(list, scope)? {
                Part::List { above, base, each, only, value: None } => {
                    let node = self.program.node(above, Op::Count(each, only), Type::Number);
                    self.bring(node, above, base, scope)
                }
                _ => no("size of what is no list", "size(household.members)"),
            },
            ("sum", [list]) => match self.part(list, scope)? {
                Part::List { above, base, each, only, value: Some(value) } => {
                    let of = self.program.type_of(value).clone();
                    if !matches!(of, Type::Number | Type::Money) {
                        return no(format!("the sum of {of}"), "numbers or amounts");
                    }
                    let node = self.program.node(above, Op::Sum(each, only, value), of);
                    self.bring(node, above, base, scope)
                }
                _ => no("sum of what is no list of values", "sum(household.members.map(m, m.wage))"),
            },
            (name, args) => no(
                format!("no function `{name}` of {}", args.len()),
                "age, year, month, day, part_start, part_end, deadline, yuan, share, without, min, max, size, sum, has",
            ),
        }
    }

    fn equal(&mut self, a: &IdedExpr, b: &IdedExpr, scope: &Scope) -> Result<Part, Mistaken> {
        let (one, other) = (self.part(a, scope)?, self.part(b, scope)?);
        let (one, text) = match (one, other) {
            (Part::Node(one), Part::Text(text)) | (Part::Text(text), Part::Node(one)) => (one, text),
            (Part::Node(one), Part::Node(other)) => return self.same(one, other, scope),
            _ => return no("a comparison of what are no values", "attributes, numbers or codes"),
        };
        self.coded(one, vec![text], scope)
    }

    fn same(&mut self, a: NodeIx, b: NodeIx, scope: &Scope) -> Result<Part, Mistaken> {
        let (of, other) = (self.program.type_of(a).clone(), self.program.type_of(b).clone());
        if of != other {
            return no(format!("{of} is compared with {other}"), of.to_string());
        }
        match of {
            Type::Truth => self.put(scope, Op::Same(a, b), Type::Truth),
            Type::Number | Type::Money | Type::Day | Type::Ratio => {
                self.put(scope, Op::Compare(Compare::Equal, a, b), Type::Truth)
            }
            _ => no(format!("{of} is compared with another"), "a comparison with a code in quotes"),
        }
    }

    fn coded(&mut self, node: NodeIx, texts: Vec<String>, scope: &Scope) -> Result<Part, Mistaken> {
        let Type::Code(name) = self.program.type_of(node).clone() else {
            return no(format!("{} is compared with a text", self.program.type_of(node)), "an attribute of kind code");
        };
        let codes: Vec<&str> = self.words.attributes[&name].codes.iter().map(|(code, _)| code.as_str()).collect();
        if let Some(strange) = texts.iter().find(|text| !codes.contains(&text.as_str())) {
            return no(format!("{strange:?} is no code of {name}"), format!("one of {}", codes.join(", ")));
        }
        let attribute = self.program.attribute(&name);
        let list = self.program.list(attribute, texts);
        self.put(scope, Op::OneOf(node, list), Type::Truth)
    }

    fn one_of(&mut self, one: &IdedExpr, list: &IdedExpr, scope: &Scope) -> Result<Part, Mistaken> {
        let node = self.node(one, scope)?;
        let Expr::List(list) = &list.expr else { return no("`in` of what is no list", "in [\"1\", \"2\"]") };
        let mut texts = Vec::new();
        let mut any: Option<NodeIx> = None;
        for element in &list.elements {
            match self.part(element, scope)? {
                Part::Text(text) => texts.push(text),
                Part::Node(other) => {
                    let Part::Node(same) = self.same(node, other, scope)? else {
                        unreachable!("a comparison is a value")
                    };
                    any = Some(match any {
                        None => same,
                        Some(any) => self.program.node(scope.frame, Op::Or(any, same), Type::Truth),
                    });
                }
                _ => return no("a list of what are no values", "codes or numbers"),
            }
        }
        match (texts.is_empty(), any) {
            (false, None) => self.coded(node, texts, scope),
            (true, Some(any)) => Ok(Part::Node(any)),
            _ => no("a list that mixes or is empty", "in [\"1\", \"2\"]"),
        }
    }

    fn compare(&mut self, how: Compare, a: &IdedExpr, b: &IdedExpr, scope: &Scope) -> Result<Part, Mistaken> {
        let a = self.node(a, scope)?;
        let of = self.program.type_of(a).clone();
        if !matches!(of, Type::Number | Type::Money | Type::Day | Type::Ratio) {
            return no(format!("{of} has no order"), "numbers, amounts or days");
        }
        let b = self.typed(b, scope, &of)?;
        self.put(scope, Op::Compare(how, a, b), Type::Truth)
    }

    fn calendar(&mut self, what: Calendar, day: &IdedExpr, scope: &Scope) -> Result<Part, Mistaken> {
        let day = self.typed(day, scope, &Type::Day)?;
        self.put(scope, Op::Calendar(what, day), Type::Number)
    }

    fn arithmetic(&mut self, how: Arithmetic, a: &IdedExpr, b: &IdedExpr, scope: &Scope) -> Result<Part, Mistaken> {
        use Type::{Day, Money, Number, Ratio};
        let (a, b) = (self.node(a, scope)?, self.node(b, scope)?);
        let of = match (how, self.program.type_of(a), self.program.type_of(b)) {
            (Arithmetic::Add | Arithmetic::Subtract, Money, Money)
            | (Arithmetic::Multiply, Money, Number)
            | (Arithmetic::Multiply, Number, Money)
            | (Arithmetic::Divide, Money, Number)
            | (Arithmetic::Share | Arithmetic::Without, Money, Ratio)
            | (Arithmetic::Least | Arithmetic::Greatest, Money, Money) => Money,
            (Arithmetic::Add | Arithmetic::Subtract, Day, Number)
            | (Arithmetic::Least | Arithmetic::Greatest, Day, Day) => Day,
            (Arithmetic::Subtract, Day, Day) | (Arithmetic::Share, Number, Ratio) => Number,
            (Arithmetic::Share, ..) => return no("share of something else", "share(amount, ratio)"),
            (Arithmetic::Without, ..) => return no("an amount without something else", "without(amount, ratio)"),
            (_, Number, Number) => Number,
            (_, one, other) => {
                return no(format!("{one} and {other} do not go together"), "numbers, or amounts with amounts");
            }
        };
        self.put(scope, Op::Arithmetic(how, a, b), of)
    }
}
