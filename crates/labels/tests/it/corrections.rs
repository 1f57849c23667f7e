//! Rows of the operator's own: they come first, stay, and take nobody's statement away.

use jiff::civil::{Date, date};
use tracehound_labels::{
    Label,
    agreement::{Standing, Statement, named},
    correction::{By, CorrectionError, OPERATOR, Says, Wanted},
    lint,
    pack::Plan,
    shelf::{Shelf, ShelfError},
};
use tracehound_model::Subject;

use crate::made::{address, pack, plan, row};

const TODAY: Date = date(2026, 11, 29);

fn wanted(says: Says, by: By) -> Wanted {
    let (chain, address) = ("eip155:1".to_owned(), address(1));
    Wanted { chain, address, says, by, evidence: "letter of 2026-11-02".to_owned(), from: None }
}

fn is(entity: &str) -> Says {
    let (entity, concept, label) = (entity.to_owned(), "exchange".to_owned(), None);
    Says::Is { entity, concept, predicate: tracehound_labels::Predicate::Controls, label }
}

fn labels(shelf: &Shelf, day: Date) -> Vec<Label> {
    let packs = shelf.open().expect("opens");
    let found: Vec<Label> =
        packs.about(&Subject::of_text(&address(1)), day).into_iter().map(|found| found.label).collect();
    found
}

fn name(shelf: &Shelf) -> (String, Standing) {
    named_now(shelf).expect("a name")
}

fn named_now(shelf: &Shelf) -> Option<(String, Standing)> {
    let packs = shelf.open().expect("opens");
    let found = packs.about(&Subject::of_text(&address(1)), TODAY);
    let named = named(found.iter().map(Statement::from))?;
    Some((found[named.by[0]].label.entity.clone().expect("an entity"), named.standing))
}

fn says(shelf: &Shelf, folder: &std::path::Path, version: u64, text: &str) {
    let file = folder.join(format!("{version}.labels"));
    let at = |text: &str| row(&format!("eip155:1|{}|{text}", address(1)));
    pack(&file, Plan { name: "made".to_owned(), ..plan(version) }, &[at(text)], None);
    shelf.apply(&file, None, TODAY).expect("taken");
}

#[test]
fn a_correction_comes_first_stays_and_is_withdrawn() {
    let folder = tempfile::tempdir().expect("a folder");
    let shelf = Shelf::at(folder.path().join("labels"));
    says(&shelf, folder.path(), 1, "Kraken|Kraken|exchange|controls|a/b|50");
    assert_eq!(name(&shelf), ("Kraken".to_owned(), Standing::Single));
    shelf.correct(wanted(is("Bitstamp"), By::Operator), TODAY).expect("made");
    assert_eq!(name(&shelf), ("Bitstamp".to_owned(), Standing::Disputed), "what differs is shown");
    // A newer pack that is surer of another name, and the pack's end.
    says(&shelf, folder.path(), 2, "Kraken|Kraken|exchange|controls|owner/list|100");
    assert_eq!(name(&shelf), ("Bitstamp".to_owned(), Standing::Disputed));
    assert_eq!(labels(&shelf, TODAY).len(), 2, "both are shown");
    shelf.remove("made").expect("removed");
    assert_eq!(name(&shelf), ("Bitstamp".to_owned(), Standing::Single));
    let gone = shelf.withdraw(1, TODAY).expect("withdrawn");
    assert_eq!(gone.withdrawn, Some(TODAY));
    assert!(labels(&shelf, TODAY).is_empty());
    assert_eq!(shelf.corrections().expect("read").len(), 1, "it stays written down");
    let again = shelf.withdraw(1, TODAY);
    assert!(matches!(again, Err(ShelfError::Correction(CorrectionError::NoSuchNumber(1)))));
}

#[test]
fn an_owner_disputes_and_renames_and_takes_no_name_from_an_authority() {
    let folder = tempfile::tempdir().expect("a folder");
    let shelf = Shelf::at(folder.path().join("labels"));
    let order = "order 1/26|NBCTF order 1/26|terrorism_financing|controls|NBCTF (Israel MoD)|60";
    says(&shelf, folder.path(), 1, order);
    shelf.correct(wanted(is("Honest Exchange Ltd"), By::Owner), TODAY).expect("made");
    // As a pack of the release says it: an unsigned one is believed nothing of the kind.
    let vouched = labels(&shelf, TODAY);
    let found = named(&vouched).expect("a name");
    assert_eq!(vouched[found.by[0]].entity.as_deref(), Some("NBCTF order 1/26"));
    assert_eq!(name(&shelf), ("Honest Exchange Ltd".to_owned(), Standing::Disputed));
    // Not even the operator's word takes the authority's statement away.
    shelf.correct(wanted(is("Honest Exchange Ltd"), By::Operator), TODAY).expect("made");
    assert_eq!(name(&shelf), ("Honest Exchange Ltd".to_owned(), Standing::Disputed));
    assert!(labels(&shelf, TODAY).iter().any(|label| label.concept == "terrorism_financing"));

    says(&shelf, folder.path(), 2, "Kraken|Kraken|exchange|controls|a/b|40");
    shelf.withdraw(1, TODAY).expect("withdrawn");
    shelf.withdraw(2, TODAY).expect("withdrawn");
    shelf.correct(wanted(Says::IsNot { entity: "Kraken".to_owned() }, By::Owner), TODAY).expect("made");
    assert_eq!(name(&shelf).1, Standing::Disputed);
    shelf.withdraw(3, TODAY).expect("withdrawn");
    shelf.correct(wanted(is("Bitstamp"), By::Owner), TODAY).expect("made");
    assert_eq!(name(&shelf).0, "Bitstamp", "evidence weighs more than a copied name");
}

#[test]
fn a_correction_has_evidence_and_names_no_person_and_no_pack_poses_as_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let shelf = Shelf::at(folder.path().join("labels"));
    let correct = |wanted: Wanted| shelf.correct(wanted, TODAY);
    for evidence in ["", "  ", "two\nlines"] {
        let wanted = Wanted { evidence: evidence.to_owned(), ..wanted(is("Bitstamp"), By::Operator) };
        assert!(
            matches!(correct(wanted), Err(ShelfError::Correction(CorrectionError::Evidence))),
            "{evidence}"
        );
    }
    let person = correct(wanted(is("Alice Miller"), By::Operator));
    assert!(matches!(
        person,
        Err(ShelfError::Correction(CorrectionError::Forbidden(lint::Forbidden::Name(_))))
    ));
    let bad = Wanted {
        address: "0x28C6c06298d514Db089934071355E5743bf21d61".to_owned(),
        ..wanted(is("A"), By::Operator)
    };
    assert!(matches!(correct(bad), Err(ShelfError::Correction(CorrectionError::Row(_)))));
    assert!(shelf.corrections().expect("read").is_empty(), "nothing is written");

    let posing =
        row(&format!("eip155:1|{}|Kraken|Kraken|exchange|controls|{OPERATOR} of us|100", address(1)));
    assert!(matches!(lint::check(&posing), Err(lint::Forbidden::Reserved(_))));

    // A file that somebody changed by hand is no answer, and no silence either.
    correct(wanted(is("Bitstamp"), By::Owner)).expect("made");
    let file = folder.path().join("labels/corrections.jsonl");
    let text = std::fs::read_to_string(&file).expect("read");
    std::fs::write(&file, text.replace("owner's correction", "operator's correction")).expect("written");
    assert!(matches!(shelf.open(), Err(ShelfError::List { .. })));
}

#[test]
fn who_it_is_not_disputes_that_name_alone_and_gives_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let shelf = Shelf::at(folder.path().join("labels"));
    let not = |entity: &str, by| wanted(Says::IsNot { entity: entity.to_owned() }, by);
    for by in [By::Operator, By::Owner] {
        let made = shelf.correct(not("Kraken", by), TODAY).expect("made");
        assert_eq!(named_now(&shelf), None, "nobody is named by who it is not");
        says(&shelf, folder.path(), made.number, "Binance|Binance|exchange|controls|a/b|50");
        assert_eq!(name(&shelf), ("Binance".to_owned(), Standing::Single), "{by:?} denies another");
        shelf.remove("made").expect("removed");
        shelf.withdraw(made.number, TODAY).expect("withdrawn");
    }
    says(&shelf, folder.path(), 1, "Binance|Binance|exchange|controls|a/b|50");
    let made = shelf.correct(not("binance", By::Owner), TODAY).expect("made");
    assert_eq!(name(&shelf), ("Binance".to_owned(), Standing::Disputed));
    shelf.withdraw(made.number, TODAY).expect("withdrawn");
    // Of two names, the operator's word leaves the other.
    let file = folder.path().join("two.labels");
    let at = |text: &str| row(&format!("eip155:1|{}|{text}", address(1)));
    let rows = [at("x|OKX|exchange|controls|a/b|50"), at("x|Gemini|exchange|controls|c/d|50")];
    pack(&file, Plan { name: "two".to_owned(), ..plan(1) }, &rows, None);
    shelf.remove("made").expect("removed");
    shelf.apply(&file, None, TODAY).expect("taken");
    assert_eq!(name(&shelf).1, Standing::Disputed);
    shelf.correct(not("Gemini", By::Operator), TODAY).expect("made");
    assert_eq!(name(&shelf), ("OKX".to_owned(), Standing::Single));
}

#[test]
fn a_correction_without_a_first_day_holds_from_the_day_it_is_made() {
    let folder = tempfile::tempdir().expect("a folder");
    let shelf = Shelf::at(folder.path().join("labels"));
    shelf.correct(wanted(is("Bitstamp"), By::Operator), TODAY).expect("made");
    assert!(labels(&shelf, date(2026, 11, 28)).is_empty(), "nobody had said it");
    assert_eq!(labels(&shelf, TODAY).len(), 1);
}

#[test]
fn a_correction_holds_from_its_day_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let shelf = Shelf::at(folder.path().join("labels"));
    let wanted = Wanted { from: Some(date(2026, 1, 1)), ..wanted(is("Bitstamp"), By::Operator) };
    shelf.correct(wanted, TODAY).expect("made");
    assert_eq!(labels(&shelf, date(2025, 12, 31)).len(), 0);
    assert_eq!(labels(&shelf, date(2026, 1, 1)).len(), 1);
}

/// A batch asks a filter first: whom a correction alone speaks of is not passed over.
#[test]
fn a_batch_may_know_whom_a_correction_alone_speaks_of() {
    let folder = tempfile::tempdir().expect("a folder");
    let shelf = Shelf::at(folder.path().join("labels"));
    let may_know = || shelf.open().expect("opens").may_know(&Subject::of_text(&address(1)).key());
    assert!(!may_know());
    shelf.correct(wanted(is("Bitstamp"), By::Operator), TODAY).expect("made");
    assert!(may_know(), "without any pack");
    let file = folder.path().join("1.labels");
    let other = row(&format!("eip155:1|{}|Kraken|Kraken|exchange|controls|a/b|50", address(2)));
    pack(&file, Plan { name: "made".to_owned(), ..plan(1) }, &[other], None);
    shelf.apply(&file, None, TODAY).expect("taken");
    assert!(may_know(), "beside a pack that does not");
    shelf.withdraw(1, TODAY).expect("withdrawn");
    assert!(!may_know());
}

/// Whom an exploit took from is no thief, and a coin's contract is nobody: that is corrected by what they are.
#[test]
fn a_correction_says_victim_and_asset_as_rows_do() {
    use tracehound_labels::{Nature, correction::Correction};
    let says = |concept: &str| {
        let Says::Is { entity, predicate, label, .. } = is("Poly Network") else { unreachable!("it is one") };
        let says = Says::Is { entity, concept: concept.to_owned(), predicate, label };
        Correction::new(wanted(says, By::Operator), 1, TODAY)
    };
    for (concept, nature) in
        [("victim", Nature::Victim), ("defi_token", Nature::Asset), ("exchange", Nature::Entity)]
    {
        assert_eq!(says(concept).expect("a correction").row.nature, nature, "{concept}");
    }
    assert!(says("nonsense").is_err());
}

#[test]
fn a_chain_that_cannot_be_is_nobodys_in_a_correction_or_a_row() {
    let folder = tempfile::tempdir().expect("a folder");
    let shelf = Shelf::at(folder.path().join("labels"));
    for chain in ["eip155:0", "eip155:x", "eip155:01", "eip155:99999999999999999999", "eip155"] {
        let wanted = Wanted { chain: chain.to_owned(), ..wanted(is("Bitstamp"), By::Operator) };
        let refused = shelf.correct(wanted, TODAY);
        assert!(
            matches!(refused, Err(ShelfError::Correction(CorrectionError::Row(_)))),
            "{chain}: {refused:?}"
        );
        let cells = serde_json::json!({
            "chain": chain, "address": address(1), "label": "x", "predicate": "controls", "source": "a/b",
            "version": "1", "licence": "MIT", "confidence": 50,
        });
        assert!(serde_json::from_value::<Label>(cells).is_err(), "{chain}");
    }
    assert!(shelf.corrections().expect("read").is_empty());
    // A chain that is not known here is another matter.
    let wanted = Wanted { chain: "cosmos:cosmoshub-4".to_owned(), ..wanted(is("Bitstamp"), By::Operator) };
    shelf.correct(wanted, TODAY).expect("made");
}
