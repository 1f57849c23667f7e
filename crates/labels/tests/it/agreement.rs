use tracehound_labels::{
    Label,
    agreement::{Named, Standing, named},
};

use crate::made::row;

fn say(entity: &str, source: &str, confidence: u8, category: &str) -> Label {
    let address = "0x6B175474E89094C44Da98b954EedeAC495271d0F";
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
    // The order of trust: authority, proof, owner, two families, one.
    let ladder = [
        exchange("A", "one/list", 50),
        exchange("B", "owner/deployments", 70),
        exchange("C", "chain/proof", 90),
        say("D", "NBCTF", 40, "terrorism_financing"),
    ];
    for (count, wins) in [(2, "B"), (3, "C"), (4, "D")] {
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
