//! What small bugs in the screener would change: who owns a named party, blocks out of order, rounds that are mixes.

use jiff::{Timestamp, ToSpan};
use tracehound_analysis::trace::Known;
use tracehound_attribution::index::Index;
use tracehound_ledger::{AddrNum, Ledger, TxNum, UtxoRows};
use tracehound_model::{
    BlockHash, Category, Decision, OutPoint, Relation, RelationKind, ScriptKey, ScriptType, SourceKind,
    Stake, Standing, verdict::ExposureType,
};
use tracehound_screen::{Entities, Policy};
use tracehound_testkit::blocks::{BlockMaker, hash32};

use crate::support::{
    FRESH, NETWORK, address, at, claim, day, index, key, ledger, party, screen, source, sources,
};

/// Two wallets, of a company of which a listed person owns half and of one of which he owns less.
fn shells() -> Index {
    let mut all = sources();
    all.push(source("own-shells", SourceKind::Own, "2025-06-14"));
    all.sort_by(|a, b| a.source.id.cmp(&b.source.id));
    let mut listed = party("own-shells", "x", "Xaver Blockedman");
    listed.particulars.standing = Standing::Sanctioned;
    let owned = |id: &str, ppm: u32| {
        let mut shell = party("own-shells", id, &format!("{id} Trading"));
        shell.particulars.standing = Standing::Related;
        let mut relation = Relation::new(RelationKind::OwnedBy, "x".to_owned());
        relation.share = Stake::between(ppm, ppm);
        assert!(shell.particulars.add_relation(relation));
        shell
    };
    let wallet = |number: usize, id: &str| {
        let mut claim = claim(number as u64, &address(number), Category::Exchange, "own-shells");
        claim.statement.party_id = Some(id.to_owned());
        claim
    };
    let claims = vec![wallet(1, "half"), wallet(2, "less")];
    index(all, claims, vec![owned("half", 500_000), owned("less", 499_999), listed])
}

#[test]
fn who_is_owned_by_half_is_for_review_as_owned_with_the_way() {
    let index = shells();
    let ask = |number| screen(&index, None, &Policy::lists_only(), FRESH, &address(number));
    let kinds =
        |number| -> Vec<ExposureType> { ask(number).exposures.iter().map(|row| row.exposure).collect() };
    assert_eq!(kinds(1), [ExposureType::Identified, ExposureType::Owned]);
    assert_eq!(ask(1).decision, Decision::Review);
    let evidence = serde_json::to_string(&ask(1).evidence).expect("JSON");
    assert!(evidence.contains("Xaver Blockedman") && evidence.contains("500000"), "{evidence}");
    assert_eq!(kinds(2), [ExposureType::Identified]);
}

/// As [`who_is_owned_by_half_is_for_review_as_owned_with_the_way`], of whom the subject was paid by.
#[test]
fn a_counterparty_that_is_owned_by_half_counts_as_under_sanctions() {
    let dir = tempfile::tempdir().expect("a folder");
    let time = u32::try_from(at(FRESH).as_second()).expect("this century") - 3600;
    let mut block = BlockMaker::new(BlockHash::default(), time, 1);
    let mut pay = |payer: usize, to: usize, nonce: u64| {
        let from = block.tx(&[], &[(50_000, Some(key(payer))), (nonce, None)]);
        block.tx(&[(OutPoint { txid: from, vout: 0 }, None)], &[(40_000, Some(key(to)))]);
    };
    pay(1, 3, 1);
    pay(2, 5, 2);
    let ledger = ledger(dir.path(), &[block.done()]);
    let index = shells();
    let ask = |number| screen(&index, Some(&ledger), &Policy::strict(), FRESH, &address(number));
    let of_half = ask(3);
    let rows: Vec<_> = of_half.exposures.iter().map(|row| (row.exposure, row.category)).collect();
    assert_eq!(
        rows,
        [(ExposureType::Direct, Category::Exchange), (ExposureType::Direct, Category::Sanction)]
    );
    assert_eq!(of_half.decision, Decision::Review);
    let reason = of_half.reason.expect("a reason");
    assert_eq!(reason.rule.as_deref(), Some("direct-sanction"));
    assert!(of_half.summary.contains("owns 50 % of half Trading"), "{}", of_half.summary);
    let evidence = serde_json::to_string(&of_half.evidence).expect("JSON");
    assert!(evidence.contains("Xaver Blockedman"), "{evidence}");
    let of_less: Vec<_> = ask(5).exposures.iter().map(|row| row.category).collect();
    assert_eq!(of_less, [Category::Exchange]);
}

/// The blocks whose times are looked at by halves are all of after the moment; the one that is not stands between them.
#[test]
fn the_last_block_of_before_the_moment_is_found_among_blocks_out_of_order() {
    let dir = tempfile::tempdir().expect("a folder");
    let moment = at(FRESH);
    let mut before = BlockHash::default();
    let blocks: Vec<_> = (0..8_u8)
        .map(|number| {
            let time = if number == 3 { moment - 10.seconds() } else { moment + 100.seconds() };
            let time = u32::try_from(time.as_second()).expect("this century");
            let mut block = BlockMaker::new(before, time, u64::from(number) + 1);
            block.tx(&[], &[(1, Some(key(9)))]);
            let block = block.done();
            before = block.hash;
            block
        })
        .collect();
    let ledger = ledger(dir.path(), &blocks);
    let index = index(sources(), vec![], vec![]);
    let verdict = screen(&index, Some(&ledger), &Policy::strict(), FRESH, &address(2));
    let until: Option<Timestamp> = verdict.coverage.transactions_until;
    assert_eq!(until, Some(moment - 10.seconds()));
}

#[test]
fn a_round_is_a_mix_and_its_owners_are_told_apart_however_many_there_are() {
    let dir = tempfile::tempdir().expect("a folder");
    let person = |number: u32| {
        ScriptKey::new(ScriptType::P2wpkh, &hash32(&[b"person", &number.to_le_bytes()])[..20])
            .expect("a script")
    };
    // Five coins of a pool of Whirlpool, and three hundred owners beside them.
    let noon = u32::try_from(at(FRESH).as_second()).expect("this century");
    let pool = 1_000_000;
    let mut one = BlockMaker::new(BlockHash::default(), noon - 600, 1);
    let others: Vec<_> = (0..300).map(|number| (1_000, Some(person(1_000 + number)))).collect();
    let coins: Vec<_> =
        (0..5).map(|number| (pool + if number < 2 { 500 } else { 0 }, Some(person(number)))).collect();
    let mined = one.tx(&[], &[coins, others].concat());
    let one = one.done();
    let mut two = BlockMaker::new(one.hash, noon, 2);
    two.tx(&[], &[(1, Some(key(9)))]);
    let inputs: Vec<_> = (0..5).map(|vout| (OutPoint { txid: mined, vout }, None)).collect();
    let mixed: Vec<_> = (0..5).map(|number| (pool, Some(person(100 + number)))).collect();
    let round = two.tx(&inputs, &mixed);
    let ledger = ledger(dir.path(), &[one, two.done()]);

    let last = ledger.find_address(&person(1_299)).expect("an owner");
    assert!(last.0 > 256, "an owner of a high number: {}", last.0);
    let named = claim(
        1,
        &tracehound_model::Address::from_script(NETWORK, &person(1_299)).expect("one").to_string(),
        Category::Exchange,
        "ofac-sdn",
    );
    let index = index(sources(), vec![named], vec![]);
    let entities = Entities::new(&index, &ledger, NETWORK, day("2025-06-15"));
    assert_eq!(entities.entity(last).map(|entity| entity.category), Some(Category::Exchange));
    assert_eq!(entities.entity(AddrNum(0)), None);

    let of = |num: u32| UtxoRows::span(&ledger, TxNum(num)).expect("a transaction");
    let known: &dyn Known<Ledger> = &entities;
    let mix = known.mix(&ledger, of(2)).expect("a mix");
    assert_eq!((mix.protocol, mix.participants), ("whirlpool", 5));
    assert_eq!(ledger.tx(TxNum(2)).map(|tx| tx.txid), Some(round));
    assert_eq!(known.mix(&ledger, of(1)), None);
}
