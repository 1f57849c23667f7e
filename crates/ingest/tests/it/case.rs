//! What was fetched of single accounts, put together to rows.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use tracehound_ingest::{Case, CaseError, CaseSource, CaseTip, CaseTx, Subject};
use tracehound_model::{
    Address, Amount, Asset,
    transfer::{Movement, MovementKind},
};
use tracehound_transfers::{Balance, BalanceAt, TransferNum, TransferRows};

const TIP: CaseTip = CaseTip { height: 100, hash: [9; 32], time: 1_700_001_200 };

fn account(name: u8) -> [u8; 20] {
    [name; 20]
}

fn moves(from: u8, to: u8, amount: u64, kind: MovementKind) -> Movement {
    let who = |name: u8| (name != 0).then(|| Address::Evm(account(name)));
    let token: Asset = "eip155:1/erc20:0xdAC17F958D2ee523a2206206994597C13D831ec7".parse().expect("an asset");
    let ether: Asset = "eth".parse().expect("an asset");
    let asset = if kind == MovementKind::Token { token } else { ether };
    Movement { from: who(from), to: who(to), asset, amount: Amount::from(amount), kind, proved: false }
}

fn tx(block: u64, name: u8, index: Option<u64>, movements: Vec<Movement>) -> CaseTx {
    CaseTx { block, time: 1_700_000_000 + 12 * block, index, hash: [name; 32], movements, called: None }
}

/// A server that tells of each account what it is told to.
#[derive(Default)]
struct Told {
    accounts: BTreeMap<u8, (Vec<CaseTx>, Vec<String>)>,
    questions: u64,
}

impl CaseSource for Told {
    fn server(&self) -> String {
        "http://told".to_owned()
    }

    fn questions(&self) -> u64 {
        self.questions
    }

    fn least(&self) -> u64 {
        1
    }

    fn tip(&mut self) -> Result<CaseTip, CaseError> {
        Ok(TIP)
    }

    fn account(
        &mut self,
        account: [u8; 20],
        _: CaseTip,
        _: u64,
    ) -> Result<(Vec<CaseTx>, Vec<String>), CaseError> {
        self.questions += 1;
        Ok(self.accounts.get(&account[0]).cloned().unwrap_or_default())
    }

    fn tx(&mut self, _: [u8; 32]) -> Result<(Vec<CaseTx>, Vec<String>), CaseError> {
        Ok((Vec::new(), Vec::new()))
    }
}

fn now() -> Timestamp {
    "2024-01-01T00:00:00Z".parse().expect("a moment")
}

fn subjects(names: &[u8]) -> BTreeSet<Subject> {
    names.iter().map(|&name| Subject::Account(account(name))).collect()
}

fn fetch(case: &mut Case, told: &mut Told, names: &[u8]) {
    for subject in subjects(names) {
        case.fetch(told, &subject, TIP, 100, now()).expect("fetched");
    }
}

fn balance(rows: &impl TransferRows, name: u8, asset: &Asset) -> Option<BalanceAt> {
    let account = rows.find_account(&Address::Evm(account(name)))?;
    let asset = rows.find_asset(asset)?;
    Some(rows.before(Balance { account, asset }, TransferNum(rows.transfer_count())))
}

#[test]
fn what_two_accounts_tell_of_a_transaction_moved_once_and_who_was_not_fetched_has_no_balance() {
    let native = MovementKind::Native;
    let shared = moves(1, 2, 50, native);
    let mut told = Told::default();
    let issued = moves(0, 1, 1_000, MovementKind::Issue);
    let ones = vec![
        tx(5, 5, Some(0), vec![issued]),
        // Twice the same in one transaction, as both of them say.
        tx(10, 10, Some(3), vec![moves(1, 0, 7, MovementKind::Fee), shared.clone(), shared.clone()]),
    ];
    let twos = vec![
        tx(10, 10, None, vec![shared.clone(), shared]),
        tx(11, 11, Some(0), vec![moves(2, 3, 30, native)]),
    ];
    told.accounts.insert(1, (ones, Vec::new()));
    told.accounts.insert(2, (twos, Vec::new()));
    let dir = tempfile::tempdir().expect("a folder");
    let mut case = Case::open(dir.path(), 1);
    fetch(&mut case, &mut told, &[1, 2]);
    let rows = case.rows(&subjects(&[1, 2]), None).expect("rows");
    let ether: Asset = "eth".parse().expect("an asset");
    let known = |amount: u64| Some(BalanceAt::Known(Amount::from(amount)));
    assert_eq!(balance(&rows.rows, 1, &ether), known(1_000 - 100 - 7));
    assert_eq!(balance(&rows.rows, 2, &ether), known(70));
    assert!(matches!(balance(&rows.rows, 3, &ether), Some(BalanceAt::Unknown(_))), "nobody asked about 3");
    assert_eq!(rows.rows.transfer_count(), 5);
    // Taken up from the files: the same, and nothing need be asked.
    let mut again = Case::open(dir.path(), 1);
    again.look_up(&subjects(&[1, 2])).expect("reads");
    assert_eq!(again.rows(&subjects(&[1, 2]), None).expect("rows").digest, rows.digest);
    let (name, hour) = (Subject::Account(account(1)).name(), SignedDuration::from_hours(1));
    assert!(again.is_fresh(&name, "http://told", now(), hour));
    assert!(!again.is_fresh(&name, "http://other", now(), hour), "another server's word");
    assert!(!again.is_fresh(&name, "http://told", now() + hour, hour));
    // A transaction that was in no block yet may be in one now.
    let waiting = Subject::Tx([0x77; 32]);
    case.fetch(&mut told, &waiting, TIP, 100, now()).expect("asked");
    assert!(case.is_fresh(&waiting.name(), "http://told", now(), hour));
    assert!(!case.is_fresh(&waiting.name(), "http://told", now() + hour, hour));
    // As of a moment before: what came later is not there.
    let early = again.rows(&subjects(&[1, 2]), Some(1_700_000_000 + 12 * 10)).expect("rows");
    assert_eq!(balance(&early.rows, 2, &ether), known(100));
    // Of whom not all was read nothing is known.
    told.accounts.get_mut(&2).expect("told").1.push("a list".to_owned());
    fetch(&mut case, &mut told, &[2]);
    let rows = case.rows(&subjects(&[1, 2]), None).expect("rows");
    assert!(matches!(balance(&rows.rows, 2, &ether), Some(BalanceAt::Unknown(_))));
    assert_eq!(rows.whole.len(), 1);
}

#[test]
fn what_is_passed_on_within_a_transaction_comes_first_and_a_reorganisation_doubles_nothing() {
    let token = MovementKind::Token;
    let mut told = Told::default();
    // 2 passes on what 1 sends: 3 tells of the second half alone, and sorts before 9, who tells of the first.
    told.accounts.insert(3, (vec![tx(10, 10, Some(0), vec![moves(2, 3, 8, token)])], Vec::new()));
    told.accounts.insert(
        2,
        (vec![tx(10, 10, Some(0), vec![moves(9, 2, 8, token), moves(2, 3, 8, token)])], Vec::new()),
    );
    told.accounts.insert(9, (vec![tx(10, 10, Some(0), vec![moves(9, 2, 8, token)])], Vec::new()));
    let dir = tempfile::tempdir().expect("a folder");
    let mut case = Case::open(dir.path(), 1);
    fetch(&mut case, &mut told, &[3, 9]);
    let both = case.rows(&subjects(&[3, 9]), None).expect("rows");
    let names: Vec<_> = (0..both.rows.transfer_count())
        .filter_map(|num| both.rows.transfer(TransferNum(num))?.from)
        .filter_map(|from| both.rows.account(from))
        .collect();
    assert_eq!(
        names,
        [Address::Evm(account(9)), Address::Evm(account(2))],
        "he had it before he passed it on"
    );
    fetch(&mut case, &mut told, &[2]);
    assert_eq!(case.rows(&subjects(&[2, 3, 9]), None).expect("rows").rows.transfer_count(), 2);
    // The transaction stands in another block since 9 was asked.
    told.accounts.insert(9, (vec![tx(12, 10, Some(4), vec![moves(9, 2, 8, token)])], Vec::new()));
    let later = now() + SignedDuration::from_mins(1);
    case.fetch(&mut told, &Subject::Account(account(9)), TIP, 100, later).expect("fetched");
    let rows = case.rows(&subjects(&[2, 3, 9]), None).expect("rows");
    assert_eq!(
        (rows.rows.transfer_count(), rows.rows.block_count()),
        (1, 1),
        "where it was seen last, and once"
    );
}

#[test]
fn a_file_that_is_not_what_was_written_is_an_error_and_named() {
    let mut told = Told::default();
    told.accounts.insert(1, (vec![tx(5, 5, None, vec![moves(0, 1, 9, MovementKind::Issue)])], Vec::new()));
    let dir = tempfile::tempdir().expect("a folder");
    let mut case = Case::open(dir.path(), 1);
    fetch(&mut case, &mut told, &[1]);
    let path = dir.path().join(format!("{}.json", Subject::Account(account(1)).name()));
    let right = std::fs::read_to_string(&path).expect("reads");
    let looked_up = |name: u8| -> Result<Option<u64>, CaseError> {
        let (mut case, subject) = (Case::open(dir.path(), 1), Subject::Account(account(name)));
        case.look_up([&subject])?;
        Ok(case.of(&subject.name()).map(|own| own.questions))
    };
    for wrong in [
        right[..right.len() / 2].to_owned(),
        right.replace("\"kind\":3", "\"kind\":9"),
        right.replace("eip155:1\"", "eip155:10\""),
        right.replace("\"version\":2", "\"version\":3"),
        right.replace("\"version\":2", "\"version\":0"),
        right.replace("\"unread\"", "\"unraed\""),
    ] {
        assert_ne!(wrong, right);
        std::fs::write(&path, wrong).expect("written");
        let error = looked_up(1).expect_err("damaged").to_string();
        assert!(error.contains("is damaged") && error.contains(".json"), "{error}");
    }
    // What the version before wrote is read.
    std::fs::write(&path, right.replace("\"version\":2", "\"version\":1")).expect("written");
    assert!(looked_up(1).expect("reads").is_some() && looked_up(2).expect("reads").is_none());
    std::fs::write(dir.path().join(format!("{}.json", Subject::Account(account(2)).name())), &right)
        .expect("written");
    assert!(looked_up(2).is_err(), "of another subject than its name says");
}
