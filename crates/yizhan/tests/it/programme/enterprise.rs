//! Enterprises: loans that name whom they bring along, what these are paid, recognition that ends and is renewed.

use super::town::{Town, told};
use crate::testing::{DISTRICT, TOWNSHIP, VILLAGE};
use serde_json::{Value, json};
use yizhan_core::image::fact::Value as Known;

pub const TOLD: &[(&str, &str)] = &[
    ("enterprise-loan", "a_loan_pays_a_yield_to_whom_it_names"),
    ("loan-repayment", "a_loan_pays_a_yield_to_whom_it_names"),
    ("loan-yield", "a_loan_pays_a_yield_to_whom_it_names"),
    ("leading-enterprise", "a_leading_enterprise_is_recognised_and_renewed"),
];

impl Town {
    /// Lends; the number of the loan.
    async fn lent(&mut self, enterprise: u32, bank: u32, amount: &str, people: &[u32]) -> u32 {
        let form = json!({"region": TOWNSHIP, "enterprise": enterprise, "bank": bank, "amount": amount, "until": "2022-01-31", "beneficiaries": people});
        let asked = self.open("district", "enterprise-loan", form).await;
        let bare = self.try_sign("township", &asked, json!({})).await;
        assert_eq!(bare.code(), "paper-missing", "{}", bare.text);
        let route = vec![("township", ["list"].as_slice(), json!({})), ("district", &["contract"], json!({}))];
        self.go_on(&asked, route).await;
        match self.known(people[0], "person.loan") {
            Some(Known::Subject(loan)) => loan.0,
            other => panic!("nobody is named: {other:?}"),
        }
    }
}

fn yields(loan: u32, enterprise: u32) -> Value {
    json!({"region": TOWNSHIP, "loan": loan, "enterprise": enterprise, "period": "2021"})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loan_pays_a_yield_to_whom_it_names() {
    let mut town = Town::new();
    let (bank, firm) =
        (town.settle("bank", DISTRICT, "示范农商行"), town.settle("enterprise", VILLAGE, "示范饲料公司"));
    let people: Vec<u32> = (0..3).map(|_| town.alone("1975-01-01", &[]).1).collect();
    let stranger = town.alone("1975-01-01", &[]).1;
    let loan = town.lent(firm, bank, "150000.00", &people).await;
    assert_eq!(town.account(firm, "loan").await, "150000.00");
    assert_eq!(town.account(bank, "loan").await, "-150000.00");

    // Neither somebody else's account nor a batch that chooses its programme pays it.
    let wrong = town.open("township", "loan-yield", yields(loan, stranger)).await;
    let refused = town.try_sign("township", &wrong, json!({})).await;
    assert_eq!(refused.code(), "form-invalid", "a person pays no yield: {}", refused.text);
    let free = town.batch("loan-yield", "2021").await;
    assert_eq!(town.try_lines(&free).await.code(), "form-invalid", "it is paid by a service of its own");
    let batch = town.open("township", "loan-yield", yields(loan, firm)).await;
    let each = people.iter().map(|one| (*one, "1800.00")).collect::<Vec<_>>();
    assert_eq!(town.lines(&batch).await, told(&each), "3.6% of 50,000.00 each, the stranger nothing");
    town.settled(&batch).await;
    assert_eq!(town.account(people[2], "loan-yield").await, "1800.00");
    assert_eq!(town.account(firm, "loan-yield").await, "-5400.00", "what the enterprise brought in");

    // It is paid back in two parts, never more than is owed.
    for (amount, rest, left) in
        [("100000.00", "open", "50000.00"), ("50000.01", "settled", ""), ("50000.00", "settled", "0.00")]
    {
        let form = json!({"region": TOWNSHIP, "loan": loan, "amount": amount, "rest": rest});
        let back = town.open("township", "loan-repayment", form).await;
        town.attach("district", &back, "receipt").await;
        let booked = town.try_sign("district", &back, json!({})).await;
        if left.is_empty() {
            assert_eq!(booked.code(), "overdraft", "{}", booked.text);
            continue;
        }
        assert_eq!(booked.status, 200, "{}", booked.text);
        assert_eq!(town.account(firm, "loan").await, left);
    }
    assert_eq!(town.account(bank, "loan").await, "0.00");
    assert_eq!(town.known(loan, "loan.repaid-on"), Some(Known::Day(town.today())));

    // A loan of more than 50,000.00 for each of those it names pays nobody by rule.
    let more = town.lent(firm, bank, "100000.01", &[stranger, people[0]]).await;
    let large = town.open("township", "loan-yield", yields(more, firm)).await;
    let held = town.held(&large).await;
    assert!(held.contains(&(stranger, "not-entitled".into())), "{held:?}");
    assert!(town.lines(&large).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leading_enterprise_is_recognised_and_renewed() {
    let mut town = Town::new();
    let firm = town.settle("enterprise", VILLAGE, "示范饲料公司");
    for (kind, until) in [("first", "2022-02-28"), ("renewal", "2024-02-28")] {
        let form = json!({"region": VILLAGE, "enterprise": firm, "kind": kind, "help": "带动 30 户务工"});
        let asked = town.open("township", "leading-enterprise", form).await;
        town.go_on(&asked, vec![("township", &["evidence"], json!({})), ("district", &[], json!({}))]).await;
        let document = json!({"document": "鲁扶贫办字〔2021〕5号", "until": until});
        town.attach("district", &asked, "document").await;
        let early = town.try_sign("district", &asked, document.clone()).await;
        assert_eq!(early.code(), "too-early", "the notice runs: {}", early.text);
        town.days_pass(8);
        let vague = town.try_sign("district", &asked, json!({"document": "鲁扶贫办字〔2021〕5号"})).await;
        assert_eq!(vague.code(), "form-invalid", "until when is not said");
        town.go_on(&asked, vec![("district", &[], document)]).await;
        assert_eq!(town.state(&asked).await, "completed");
        assert!(town.is(firm, "enterprise.leading"));
        assert_eq!(town.known(firm, "enterprise.leading-until"), Some(Known::Day(until.parse().unwrap())));
    }
}
