//! Limits on amounts: of an asset, in a currency, and where none applies.

use tracehound_analysis::{Limits, price::Prices};
use tracehound_model::{Asset, BlockHash, Category, Decision, Fiat, GapKind, OutPoint, Verdict};
use tracehound_screen::{
    Policy, Screener, Settings,
    lab::{Compared, compare},
};

use tracehound_testkit::blocks::BlockMaker;

use crate::support::{FRESH, NETWORK, address, at, claim, index, key, ledger, screen, sources, whole_ledger};

/// A policy that has a person look at payments of a mixer, from some amount on.
fn policy(version: u32, min_amount: &str) -> Policy {
    policy_on("mixing_service", version, min_amount)
}

fn policy_on(category: &str, version: u32, min_amount: &str) -> Policy {
    let text = format!(
        "version = {version}\nname = \"limits\"\n[require]\nsources = [\"ofac-sdn\"]\n[[rule]]\nname = \"mixer\"\n\
         exposure = \"direct\"\ncategories = [\"{category}\"]\ndecision = \"review\"\nscore = 50\n{min_amount}\n"
    );
    Policy::parse(&text).expect("a policy")
}

/// Owner 1, whom a mixer paid 0.04 BTC on 2025-06-15.
fn paid_by_a_mixer(policy: &Policy, prices: Option<&str>) -> Verdict {
    let dir = tempfile::tempdir().expect("a folder");
    let ledger = whole_ledger(dir.path());
    let claims = vec![claim(1, &address(0), Category::MixingService, "fbi-notices")];
    let index = index(sources(), claims, vec![]);
    let prices = prices.map(|text| Prices::from_csv(text, Asset::bitcoin(NETWORK)).expect("prices"));
    let settings = Settings { policy, as_of: at(FRESH), limits: Limits::default(), prices: prices.as_ref() };
    Screener::new(&index, Some((NETWORK, &ledger)), settings).screen(&address(1)).expect("a subject")
}

fn gaps(verdict: &Verdict) -> Vec<String> {
    let gaps = verdict.coverage.gaps.iter().filter(|gap| gap.kind == GapKind::LimitNotApplied);
    gaps.map(ToString::to_string).collect()
}

#[test]
fn an_exposure_says_what_its_amounts_count() {
    let verdict = paid_by_a_mixer(&policy(3, ""), None);
    let row = serde_json::to_value(&verdict.exposures[0]).expect("JSON");
    assert_eq!(row["asset"], "bip122:000000000019d6689c085ae165831e93/slip44:0");
    assert_eq!((&row["amount"], &row["worth"]), (&"4000000".into(), &serde_json::Value::Null));
}

#[test]
fn a_limit_in_the_units_of_the_asset_is_held_against_the_amount() {
    for (limit, decision) in [
        ("min_amount = \"0.04 btc\"", Decision::Review),
        ("min_amount = \"0.04000001 btc\"", Decision::Allow),
        ("min_amount = [\"0.05 btc\", \"1 eth\"]", Decision::Allow),
        ("min_amount = \"4000000 base units of btc\"", Decision::Review),
    ] {
        let verdict = paid_by_a_mixer(&policy(3, limit), None);
        assert_eq!((verdict.decision, gaps(&verdict)), (decision, vec![]), "{limit}");
    }
    for (satoshi, decision) in [(4_000_000, Decision::Review), (4_000_001, Decision::Allow)] {
        let verdict = paid_by_a_mixer(&policy(1, &format!("min_amount = {satoshi}")), None);
        assert_eq!((verdict.decision, gaps(&verdict)), (decision, vec![]));
    }
}

/// The share of a rule is held against what all whom it looks at paid: from a hundred addresses no less than from one.
#[test]
fn a_limit_holds_over_the_sum_of_the_counterparties() {
    let noon = u32::try_from(at(FRESH).as_second()).expect("this century");
    let limit = policy_on("scam", 3, "min_amount = \"0.01 btc\"\nmin_share_percent = 5");
    for (thieves, decision) in [(1, Decision::Allow), (3, Decision::Allow), (4, Decision::Review)] {
        let mut block = BlockMaker::new(BlockHash::default(), noon - 600, 1);
        let coins: Vec<_> = (0..6).map(|n| (300_000, Some(key(20 + n)))).collect();
        let mined = block.tx(&[], &[coins, vec![(10_000_000, Some(key(9)))]].concat());
        let first = block.done();
        let mut block = BlockMaker::new(first.hash, noon, 2);
        block.tx(&[], &[(1, Some(key(9)))]);
        for vout in 0..6 {
            block.tx(&[(OutPoint { txid: mined, vout }, None)], &[(250_000, Some(key(1)))]);
        }
        block.tx(&[(OutPoint { txid: mined, vout: 6 }, None)], &[(10_000_000, Some(key(1)))]);
        let dir = tempfile::tempdir().expect("a folder");
        let ledger = ledger(dir.path(), &[first, block.done()]);
        // Two sources say the same of each: what he paid is one amount all the same.
        let claims = (0..2 * thieves).map(|n| {
            let source = if n < thieves { "fbi-notices" } else { "treasury-notices" };
            claim(1 + n as u64, &address(20 + n % thieves), Category::Scam, source)
        });
        let index = index(sources(), claims.collect(), vec![]);
        let verdict = screen(&index, Some(&ledger), &limit, FRESH, &address(1));
        assert_eq!(verdict.decision, decision, "{thieves}: {}", verdict.summary);
    }
}

#[test]
fn a_limit_in_a_currency_is_held_against_what_the_amount_was_worth_at_the_time() {
    let limit = policy(3, "min_amount = \"5000 USD\"");
    for (prices, cents, decision) in [
        ("2025-06-15,100000", 400_000, Decision::Allow),
        ("2025-06-15,124999.99", 499_999, Decision::Allow),
        ("2025-06-15,125000", 500_000, Decision::Review),
    ] {
        let verdict = paid_by_a_mixer(&limit, Some(prices));
        assert_eq!((verdict.decision, gaps(&verdict)), (decision, vec![]), "{prices}");
        let worth = verdict.exposures[0].worth.expect("valued");
        assert_eq!((worth.currency, worth.cents.to_u64()), (Fiat::USD, Some(cents)), "{prices}");
    }
    // Without a price any amount counts, and the answer says so.
    for prices in [None, Some("2025-06-14,100000"), Some("date,eur\n2025-06-15,100000")] {
        let verdict = paid_by_a_mixer(&limit, prices);
        assert_eq!(verdict.decision, Decision::Review, "{prices:?}");
        let said = gaps(&verdict);
        assert!(
            said.len() == 1 && said[0].contains("the limit of rule mixer in USD was not applied"),
            "{said:?}"
        );
        assert!(said[0].contains("--prices"), "{said:?}");
    }
}

#[test]
fn a_limit_of_another_asset_does_not_bind_and_the_answer_says_so() {
    let verdict = paid_by_a_mixer(&policy(3, "min_amount = \"1000 eth\""), None);
    assert_eq!(verdict.decision, Decision::Review);
    let said = gaps(&verdict);
    assert!(said.len() == 1 && said[0].contains("no limit of rule mixer applies to bip122:"), "{said:?}");
}

#[test]
fn a_policy_of_version_1_binds_bitcoin_alone() {
    // It minds nothing that mixers pay.
    let before = policy_on("gambling", 3, "");
    let old = policy(1, "min_amount = 10000000");
    let mut record = paid_by_a_mixer(&before, None);
    assert_eq!(compare(&before, &old, &record), Compared::Same(Decision::Allow));
    // As an earlier version recorded it: without the asset, which is the coin of the chain.
    record.exposures[0].asset = None;
    assert_eq!(compare(&before, &old, &record), Compared::Same(Decision::Allow));
    let ether = |record: &Verdict| {
        let Compared::Changes { to, why, .. } = compare(&before, &old, record) else { panic!("it changes") };
        assert_eq!(to, Decision::Review);
        assert!(
            why.iter().any(|why| why.contains("no limit of rule mixer applies to eip155:1/slip44:60")),
            "{why:?}"
        );
    };
    record.chain = Some("eip155:1".to_owned());
    ether(&record);
    record.exposures[0].asset = Some("eth".parse().expect("an asset"));
    ether(&record);
}

#[test]
fn what_a_record_does_not_value_is_not_judged_by_a_limit_in_a_currency() {
    let before = policy(3, "min_amount = \"1 btc\"");
    let dollars = policy(3, "min_amount = \"5000 USD\"");
    let unknown = compare(&before, &dollars, &paid_by_a_mixer(&before, None));
    assert!(matches!(&unknown, Compared::Unknown(why) if why[0].contains("worth in USD")), "{unknown:?}");
    let valued = paid_by_a_mixer(&before, Some("2025-06-15,100000"));
    assert_eq!(compare(&before, &dollars, &valued), Compared::Same(Decision::Allow));
}
