//! Small indexes and ledgers.

use std::path::Path;

use jiff::{Timestamp, civil::Date};
use tracehound_analysis::Limits;
use tracehound_attribution::{Corpus, Scope, SourceHistory, history::Vouched, index::Index};
use tracehound_ledger::{Ledger, Writer, WriterOptions};
use tracehound_model::{
    Address, BitcoinNetwork, BlockHash, Category, Chain, Claim, Confidence, OutPoint, Particulars, Party,
    PartyKind, PartyName, ScriptKey, Source, SourceId, SourceKind, Statement, Subject, Verdict,
    utxo::UtxoBlock,
};
use tracehound_screen::{Policy, Screener, Settings};
use tracehound_testkit::blocks::{BlockMaker, owner};

pub(crate) const NETWORK: BitcoinNetwork = BitcoinNetwork::Mainnet;
/// When everything is fresh: the list was checked, the ledger ends.
pub(crate) const FRESH: &str = "2025-06-15T12:00:00Z";

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().expect("a moment")
}

pub(crate) fn day(text: &str) -> Date {
    text.parse().expect("a day")
}

pub(crate) fn source(id: &str, kind: SourceKind, published: &str) -> SourceHistory {
    let source = Source {
        id: SourceId(id.to_owned()),
        kind,
        title: format!("The list {id}"),
        publisher: "A publisher".to_owned(),
        url: None,
        published: day(published),
        recorded_at: Timestamp::UNIX_EPOCH,
        sha256: String::new(),
    };
    SourceHistory::new(source, vec![day(published)])
}

/// OFAC's list of 2025-06-01, checked on 2025-06-15 at noon, and advisories complete as of 2025-06-01.
pub(crate) fn sources() -> Vec<SourceHistory> {
    let mut ofac = source("ofac-sdn", SourceKind::Sanctions, "2025-06-01");
    ofac.vouched = vec![Vouched { since: day("2025-06-01"), until: at(FRESH) }];
    ofac.checked_at = Some(at(FRESH));
    let mut all = vec![
        source("fbi-notices", SourceKind::LawEnforcement, "2023-08-22"),
        source("msmt-reports", SourceKind::LawEnforcement, "2023-08-22"),
        source("treasury-notices", SourceKind::LawEnforcement, "2023-08-22"),
    ];
    for advisories in &mut all {
        advisories.complete_as_of = Some(day("2025-06-01"));
        advisories.scopes = vec![Scope::Addresses];
    }
    all.insert(1, ofac);
    all
}

pub(crate) fn claim(number: u64, address: &str, category: Category, source: &str) -> Claim {
    Claim {
        id: format!("{number:016x}"),
        subject: Subject::Address(address.parse().expect("an address")),
        statement: Statement {
            label: format!("party {number}"),
            category,
            party_id: None,
            party_listed_on: None,
            programs: Vec::new(),
            asset: None,
            actor: None,
            reference: None,
        },
        confidence: Confidence::AUTHORITY,
        source: SourceId(source.to_owned()),
        valid_from: day("2020-01-01"),
        valid_to: None,
        recorded_at: Timestamp::UNIX_EPOCH,
    }
}

pub(crate) fn party(source: &str, id: &str, name: &str) -> Party {
    Party {
        source: SourceId(source.to_owned()),
        id: id.to_owned(),
        kind: PartyKind::Individual,
        names: vec![PartyName { full: name.to_owned(), weak: false }],
        programs: Vec::new(),
        listed_on: None,
        particulars: Particulars::default(),
    }
}

pub(crate) fn index(sources: Vec<SourceHistory>, claims: Vec<Claim>, parties: Vec<Party>) -> Index {
    Index::from_corpus(&Corpus { claims, parties, sources }).expect("an index")
}

pub(crate) fn screen(
    index: &Index,
    ledger: Option<&Ledger>,
    policy: &Policy,
    as_of: &str,
    subject: &str,
) -> Verdict {
    let settings = Settings { policy, as_of: at(as_of), limits: Limits::default(), prices: None };
    let screener = Screener::new(index, ledger.map(|ledger| (NETWORK, ledger)), settings);
    screener.screen(subject).expect("a subject")
}

pub(crate) fn key(number: usize) -> ScriptKey {
    owner(number)
}

pub(crate) fn address(number: usize) -> String {
    Address::from_script(NETWORK, &owner(number)).expect("an address").to_string()
}

/// Three blocks from the chain's first on: owner 0 mines and pays owner 1, who pays owner 2; the last one at noon of
/// 2025-06-15. `missing` lets the last transaction spend an output of nowhere.
pub(crate) fn blocks(first: BlockHash, missing: bool) -> Vec<UtxoBlock> {
    let noon = u32::try_from(at(FRESH).as_second()).expect("this century");
    let mut one = BlockMaker::new(first, noon - 1_200, 1);
    let mined = one.tx(&[], &[(5_000_000, Some(key(0)))]);
    let one = one.done();
    let mut two = BlockMaker::new(one.hash, noon - 600, 2);
    two.tx(&[], &[(1, Some(key(9)))]);
    let paid = two.tx(&[(OutPoint { txid: mined, vout: 0 }, None)], &[(4_000_000, Some(key(1)))]);
    let two = two.done();
    let mut three = BlockMaker::new(two.hash, noon, 3);
    three.tx(&[], &[(1, Some(key(9)))]);
    let mut inputs = vec![(OutPoint { txid: paid, vout: 0 }, None)];
    if missing {
        inputs.push((OutPoint { txid: mined, vout: 7 }, None));
    }
    three.tx(&inputs, &[(3_000_000, Some(key(2)))]);
    vec![one, two, three.done()]
}

pub(crate) fn ledger(dir: &Path, blocks: &[UtxoBlock]) -> Ledger {
    let mut writer = Writer::open(dir, Chain::Bitcoin(NETWORK), WriterOptions::default()).expect("a ledger");
    for block in blocks {
        let before = writer.tip().map_or(BlockHash::default(), |(tip, _)| tip);
        if block.header.prev() == before {
            writer.append(block).expect("appended");
        } else {
            writer.append_island(block).expect("appended");
        }
    }
    writer.commit().expect("committed");
    drop(writer);
    Ledger::open(dir).expect("a ledger")
}

pub(crate) fn whole_ledger(dir: &Path) -> Ledger {
    ledger(dir, &blocks(BlockHash::default(), false))
}
