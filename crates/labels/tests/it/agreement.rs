use tracehound_labels::{
    Label,
    agreement::{Named, Standing, Statement, named, named_by_chain},
    weighed::weighed,
};
use tracehound_model::Confidence;

use crate::made::row;

fn say(entity: &str, source: &str, confidence: u8, category: &str) -> Label {
    let address = "0x28C6c06298d514Db089934071355E5743bf21d60";
    row(&format!("eip155:1|{address}|{entity}|{entity}|{category}|controls|{source}|{confidence}"))
}

fn exchange(entity: &str, source: &str, confidence: u8) -> Label {
    say(entity, source, confidence, "exchange")
}

fn names(labels: &[Label]) -> (String, Named) {
    let named = named(labels).expect("a name");
    (labels[named.by[0]].entity.clone().expect("an entity"), named)
}

#[test]
fn two_families_agree_and_copies_of_one_do_not() {
    let families = [
        exchange("Huobi", "DefiLlama/DefiLlama-Adapters", 50),
        exchange("HTX", "duneanalytics/spellbook", 30),
    ];
    let (_, agreed) = names(&families);
    assert_eq!((agreed.standing, agreed.confidence.0), (Standing::Agreed, 60));
    let copies = [
        exchange("Huobi", "duneanalytics/spellbook x", 30),
        exchange("HTX", "forta-network/labelled-datasets", 30),
    ];
    let (_, single) = names(&copies);
    assert_eq!((single.standing, single.confidence.0), (Standing::Single, 30));
}

#[test]
fn however_many_agree_it_is_no_proof() {
    let many: Vec<Label> = (0..20).map(|n| exchange("OKX", &format!("owner{n}/list"), 50)).collect();
    assert_eq!(names(&many).1.confidence.0, 80);
    let proof = [exchange("OKX", "okx/proof-of-reserves", 100), exchange("OKX", "a/b", 50)];
    assert_eq!(names(&proof).1.confidence.0, 100);
}

#[test]
fn whoever_is_named_otherwise_disputes_it_whatever_weighs_more() {
    let labels = [
        exchange("Gemini", "old/list", 50),
        exchange("OKX", "DefiLlama/DefiLlama-Adapters", 50),
        exchange("OKX", "duneanalytics/spellbook", 50),
    ];
    let (name, found) = names(&labels);
    assert_eq!((name.as_str(), found.standing), ("OKX", Standing::Disputed));
    assert_eq!(found.against, [0]);
    // The order of trust: an authority, proof, owner, two families, one.
    let ladder = [
        exchange("A", "one/list", 50),
        exchange("C", "owner/deployments", 70),
        exchange("D", "chain/proof", 90),
        say("B", "NBCTF", 40, "terrorism_financing"),
    ];
    for (count, wins) in [(2, "C"), (3, "D"), (4, "B")] {
        let (name, found) = names(&ladder[..count]);
        assert_eq!((name.as_str(), found.standing), (wins, Standing::Disputed));
    }
    // A hint is shown, and disputes nothing.
    let (name, found) = names(&[exchange("A", "one/list", 50), exchange("B", "guess/work", 10)]);
    assert_eq!((name.as_str(), found.standing, found.against.len()), ("A", Standing::Single, 1));
}

#[test]
fn assets_victims_and_what_names_nobody_give_no_name() {
    let token = say("DAI", "a/b", 70, "defi_token");
    let victim = say("ParaSwap", "a/b", 70, "victim");
    assert_eq!(named(&[token.clone(), victim.clone()]), None);
    let nobody = Label { entity: None, ..exchange("self-named", "a/b", 30) };
    assert_eq!(named(&[nobody]), None);
    let maker = exchange("Maker", "owner/addresses", 70);
    let (name, found) = names(&[token, maker, victim]);
    assert_eq!((name.as_str(), found.standing), ("Maker", Standing::Single), "an asset disputes no entity");
}

#[test]
fn a_name_with_more_words_is_another_entity_only_where_the_category_is_another() {
    let wide = exchange("Coinbase", "a/b", 50);
    let (name, found) = names(&[wide.clone(), exchange("Coinbase Commerce", "c/d", 30)]);
    assert_eq!((name.as_str(), found.standing), ("Coinbase", Standing::Agreed));
    let (_, found) = names(&[wide.clone(), say("Coinbase Exploiter", "c/d", 30, "exploit")]);
    assert_eq!(found.standing, Standing::Disputed);
    for other in ["Wintermute Coinbase", "CoinbaseX", "Coin"] {
        let (_, found) = names(&[wide.clone(), exchange(other, "c/d", 30)]);
        assert_eq!(found.standing, Standing::Disputed, "{other}");
    }
}

/// What the rows of an unsigned file are.
fn unsigned(labels: &[Label]) -> Vec<Statement<'_>> {
    labels.iter().map(|label| Statement { label, vouched: false }).collect()
}

fn standings(statements: &[Statement<'_>]) -> Vec<Standing> {
    weighed(statements, &[]).into_iter().map(|weighed| weighed.standing).collect()
}

#[test]
fn a_name_of_signs_ends_no_dispute_and_is_no_other_of_its_kind() {
    let two = [exchange("OKX", "a/x", 50), exchange("Gemini", "b/y", 50)];
    for signs in ["-", "***", "★", "…", "'", "🏦", "The", "the a"] {
        let with = [two.to_vec(), vec![exchange(signs, "c/z", 11)]].concat();
        assert_eq!(names(&with).1.standing, Standing::Disputed, "{signs}");
    }
    assert_eq!(names(&[exchange("★", "a/b", 50), exchange("♥", "c/d", 50)]).1.standing, Standing::Disputed);
    let banks =
        [exchange("The", "a/b", 50), exchange("The Bank", "c/d", 50), exchange("The Thief", "e/f", 50)];
    assert_eq!(names(&banks).1.standing, Standing::Disputed);
}

#[test]
fn hints_agree_with_nothing_however_many_they_are() {
    let hints: Vec<Label> = (0..8).map(|n| exchange("OKX", &format!("s{n}/x"), 10)).collect();
    let (_, found) = names(&hints);
    assert_eq!((found.standing, found.confidence), (Standing::Single, Confidence(10)));
    let (_, found) = names(&[hints, vec![exchange("OKX", "zz", 11)]].concat());
    assert_eq!((found.standing, found.confidence), (Standing::Single, Confidence(11)));
}

#[test]
fn what_an_unsigned_file_says_of_itself_is_not_believed() {
    // Many sources that it made up are its one voice.
    let many: Vec<Label> = (0..4).map(|n| exchange("OKX", &format!("s{n}/x"), 11)).collect();
    let found = named(unsigned(&many)).expect("a name");
    assert_eq!((found.standing, found.confidence), (Standing::Single, Confidence(11)));
    // It copies a pack that is vouched for, or agrees with it once.
    let shipped = exchange("OKX", "duneanalytics/spellbook", 30);
    for (source, confidence) in [("brianleect/etherscan-labels", 30), ("own/list", 40)] {
        let own = [exchange("OKX", source, 30), exchange("OKX", "third/list", 11)];
        let own = if confidence == 30 { &own[..1] } else { &own[..] };
        let all: Vec<Statement<'_>> =
            std::iter::once(Statement::from(&shipped)).chain(unsigned(own)).collect();
        assert_eq!(named(all).expect("a name").confidence, Confidence(confidence), "{source}");
    }
    // Its confidence is at most a curated list's, and no row of it is an authority's.
    for (source, confidence) in [("junk/list", 100), ("FBI thinks so", 60), ("owner/deployments", 70)] {
        let own = [exchange("Evil", source, confidence)];
        assert_eq!(named(unsigned(&own)).expect("a name").confidence, Confidence(50));
        let official = exchange("Binance", "binance/wallets", 70);
        let all: Vec<Statement<'_>> =
            std::iter::once(Statement::from(&official)).chain(unsigned(&own)).collect();
        assert_eq!(named(all).expect("a name").by, [0], "{source}");
    }
    // A source that is only called like the operator is not.
    let posing = [exchange("Nice Shop", "Operator/foo", 20), exchange("Kraken", "a/b", 50)];
    assert_eq!(names(&posing).0, "Kraken");
}

#[test]
fn a_key_is_one_on_every_chain_and_code_is_not() {
    let elsewhere = |label: Label| Label { chain: "eip155:56".parse().expect("a chain"), ..label };
    let unknown = |label: Label| Label { chain: "foo:bar".parse().expect("a chain"), ..label };
    let binance = exchange("Binance", "a/b", 50);
    let gang = say("Gang", "c/d", 60, "terrorism_financing");
    for away in [elsewhere(gang.clone()), unknown(gang.clone())] {
        let labels = [binance.clone(), away];
        let all: Vec<Statement<'_>> = labels.iter().map(Statement::from).collect();
        assert_eq!(standings(&all), [Standing::Disputed; 2]);
        let named: Vec<Standing> =
            named_by_chain(&all).into_iter().filter_map(|chain| Some(chain.named?.standing)).collect();
        assert_eq!(named, [Standing::Disputed; 2]);
    }
    let repeated = [binance.clone(), gang.clone(), elsewhere(gang.clone())];
    let all: Vec<Statement<'_>> = repeated.iter().map(Statement::from).collect();
    assert_eq!(standings(&all), [Standing::Disputed; 3], "an accusation once more is disputed there too");
    let code = Label { predicate: tracehound_labels::Predicate::ContractOf, ..elsewhere(gang) };
    let labels = [binance, code];
    let all: Vec<Statement<'_>> = labels.iter().map(Statement::from).collect();
    assert_eq!(standings(&all), [Standing::Single; 2], "code of that address on another chain is other code");
}

#[test]
fn whoever_else_is_accused_disputes_the_name_and_not_what_was_done() {
    let order =
        |number: &str| say(&format!("NBCTF order {number}"), "NBCTF (Israel MoD)", 60, "terrorism_financing");
    let statements = |labels: &[Label]| -> Vec<Standing> {
        standings(&labels.iter().map(Statement::from).collect::<Vec<_>>())
    };
    assert_eq!(statements(&[order("15/22"), order("19/23")]), [Standing::NameDisputed; 2]);
    let crimes =
        [say("Lazarus Group", "a/b", 50, "service_hack"), say("TraderTraitor", "c/d", 50, "terrorism")];
    assert_eq!(statements(&crimes), [Standing::NameDisputed; 2]);
    // Others' word makes an authority's no lighter, and does make anybody else's.
    let kraken = exchange("Kraken", "junk/list", 100);
    assert_eq!(statements(&[order("18/26"), kraken.clone()]), [Standing::NameDisputed, Standing::Disputed]);
    let gang = say("Gang", "a/b", 60, "terrorism_financing");
    assert_eq!(statements(&[gang.clone(), kraken.clone()]), [Standing::Disputed; 2]);
    assert_eq!(names(&[order("18/26"), kraken.clone()]).0, "NBCTF order 18/26");
    for harmless in [say("Vault", "a/b", 50, "victim"), say("Coin", "a/b", 50, "defi_token")] {
        assert_eq!(statements(&[order("18/26"), harmless.clone()])[0], Standing::NameDisputed);
        assert_eq!(statements(&[gang.clone(), harmless])[0], Standing::Disputed);
    }
    // Who writes an authority's name into an unsigned file is none.
    let own = [order("18/26"), kraken];
    assert_eq!(standings(&unsigned(&own)), [Standing::Disputed; 2]);
}

#[test]
fn a_name_of_another_kind_of_actor_is_no_agreement() {
    let kinds = [exchange("Kraken", "a/b", 50), say("Kraken", "c/d", 50, "mixing_service")];
    let (_, found) = names(&kinds);
    assert_eq!((found.standing, found.confidence), (Standing::Disputed, Confidence(50)));
    let honest = [exchange("Kraken", "a/b", 50), say("Kraken", "c/d", 50, "hosted_wallet")];
    assert_eq!(names(&honest).1.standing, Standing::Agreed, "an exchange has wallets");
}

/// A proof begins at 90: what is a little less is an owner's word, which the newer of two equals gives.
#[test]
fn a_proof_begins_at_ninety() {
    let dated = |label: Label, day: &str| {
        let mut label = label;
        label.provenance.version = format!("1/{day}");
        label
    };
    let newer = [
        dated(exchange("Newer", "owner/deployments", 75), "2026-02-02"),
        dated(exchange("Newer", "second/list", 50), "2026-02-02"),
    ];
    for (sure, wins) in [(80, "Newer"), (90, "Older")] {
        let older = dated(exchange("Older", "other/deployments", sure), "2026-01-01");
        let labels = [std::slice::from_ref(&older), &newer[..]].concat();
        let (name, found) = names(&labels);
        assert_eq!((name.as_str(), found.standing), (wins, Standing::Disputed), "{sure}");
    }
}

/// Who says of an accused address that it is an honest service's disputes that by more than a hint, and not by one.
#[test]
fn a_hint_disputes_no_accusation_and_more_than_one_does() {
    let accused = say("Gang", "first/list", 50, "scam");
    for (sure, standing) in [(10, Standing::Single), (11, Standing::Disputed)] {
        let honest = row(&format!(
            "eip155:1|0x6B175474E89094C44Da98b954EedeAC495271d0F|a token||defi_token|contract_of|second/list|{sure}"
        ));
        let labels = [accused.clone(), honest];
        let statements: Vec<Statement<'_>> = labels.iter().map(Statement::from).collect();
        assert_eq!(weighed(&statements, &[])[0].standing, standing, "{sure}");
    }
}

#[test]
fn a_table_that_accuses_what_everybody_uses_names_no_thief_there() {
    const ROUTER: &str = "0x881D40237659C251811CEC9c364ef91dC08D300C";
    const COIN: &str = "0xdAC17F958D2ee523a2206206994597C13D831ec7";
    let says = |address: &str, entity: &str, category: &str, source: &str| {
        row(&format!("eip155:1|{address}|{entity}|{entity}|{category}|controls|{source}|60"))
    };
    for address in [ROUTER, COIN, "0x0000000000000000000000000000000000000000"] {
        for category in ["hack", "sanction", "phishing"] {
            assert_eq!(named(&[says(address, "Lazarus", category, "a/table")]), None, "{address} {category}");
        }
    }
    // Whose it is stands, and nobody disputes it by an accusation.
    let labels = [says(ROUTER, "Lazarus", "hack", "a/table"), says(ROUTER, "MetaMask", "defi_dex", "b/list")];
    let (name, found) = names(&labels);
    assert_eq!((name.as_str(), found.standing, found.against), ("MetaMask", Standing::Single, vec![]));
    // What an authority says is its own to say, and who keeps a coin is named as ever.
    let order = says(COIN, "NBCTF order 1/26", "terrorism_financing", "NBCTF (Israel MoD)");
    assert_eq!(names(&[order]).0, "NBCTF order 1/26");
    assert_eq!(names(&[says(COIN, "Tether", "organization", "a/table")]).0, "Tether");
}
