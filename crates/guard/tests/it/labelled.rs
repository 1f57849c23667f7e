//! Labels of packs: said, quoted, and nobody's acquaintance.

use tracehound_guard::{
    Context, Facts, Policy, Report,
    ask::{Listing, Lists},
    check_tx,
    policy::DEFAULT,
};
use tracehound_model::{
    Confidence, LabelStatement,
    label::{Labelled, Predicate, Standing},
};

const ME: &str = "0x6666666666666666666666666666666666666666";
const STRANGER: &str = "0x2222222222222222222222222222222222222222";

/// Whatever labels say, in words that try to end their quotation.
#[derive(Debug)]
struct Labels;

impl Lists for Labels {
    fn screen(&self, _: &tracehound_model::Address) -> Listing {
        Listing::Clear
    }

    fn labels(&self, address: &tracehound_model::Address, chain: Option<u64>) -> Vec<LabelStatement> {
        let labelled = Labelled {
            predicate: Predicate::Controls,
            by: "a/list".to_owned(),
            version: "1".to_owned(),
            confidence: Confidence(100),
            standing: Standing::Single,
            pack: "ours".to_owned(),
            pack_version: 1,
        };
        vec![LabelStatement {
            chain: format!("eip155:{}", chain.unwrap_or_default()),
            address: address.to_string(),
            label: "x".to_owned(),
            entity: Some("Bank\" (your account)\u{202e}".to_owned()),
            concept: "exchange".to_owned(),
            nature: "entity".to_owned(),
            labelled,
            licence: String::new(),
            valid_from: None,
            valid_to: None,
            not_counted: None,
        }]
    }

    fn sources(&self) -> Vec<String> {
        Vec::new()
    }
}

#[test]
fn a_label_is_quoted_and_makes_nobody_known() {
    let policy = Policy::parse(DEFAULT).expect("a policy");
    let facts = Facts::parse("chain-id=1\n").expect("facts");
    let input = format!(r#"{{"to":"{STRANGER}","value":"1","from":"{ME}"}}"#);
    let context = Context::new(&policy, &facts);
    let before = check_tx(input.as_bytes(), context);
    let report = check_tx(input.as_bytes(), Context { lists: Some(&Labels), ..context });
    let told = format!("{STRANGER} (by a label \"Bank' (your account)");
    assert!(report.items[0].intent.contains(&told), "{}", report.items[0].intent);
    assert!(!report.items[0].intent.contains('\u{202e}'));
    assert_eq!(report.of("G-ADDR-02").len(), 1, "of the stranger, and not of one's own");
    let speaks =
        |report: &Report| report.findings.iter().any(|one| one.title.starts_with("Nothing speaks for"));
    assert!(speaks(&before) && speaks(&report), "a name is no acquaintance: {:#?}", report.findings);
    assert_eq!(report.exit_code, 30);
}
