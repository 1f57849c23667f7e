//! The traps that real label sources set, each as a test.

use tracehound_attribution::{
    Scope,
    import::{Column, Defaults, Mapping, Options, SourceOptions, read},
};
use tracehound_model::{Category, Confidence, SourceId, SourceKind, Subject};

use crate::support::{address, day, named, real, text};

#[test]
fn blacklisted_null_addresses_are_refused() {
    let Some(imported) = real("attribution/graphsense/usdt_blacklist.yaml") else { return };
    let pack = imported.snapshot;
    for null in ["0x0000000000000000000000000000000000000000", "0x0000000000000000000000000000000000000018"] {
        assert!(!pack.claims.iter().any(|claim| claim.subject == address(null)), "{null}");
    }
    assert!(pack.account.left_out >= 6, "{} refused", pack.account.left_out);
    assert_eq!(pack.claims.len() as u64 + pack.account.left_out, 774);
    assert!(pack.claims.iter().all(|claim| claim.statement.category == Category::IssuerBlacklist));
    assert!(pack.claims.iter().all(|claim| claim.confidence == Confidence(100)), "ledger_immanent");
    let warning = &pack.warnings[0];
    assert!(warning.place.starts_with("tag ") && warning.message.contains("nobody owns"), "{warning:?}");
}

#[test]
fn a_header_holds_for_every_tag_and_a_tag_overrides() {
    let Some(imported) = real("attribution/graphsense/lazarus.yaml") else { return };
    let pack = imported.snapshot;
    assert_eq!(pack.claims.len(), 21);
    assert_eq!(pack.source.published, Some(day("2022-04-15")));
    let first = &pack.claims.get(0).unwrap();
    // `category: user` and `abuse: sanction`: the graver word counts.
    assert_eq!(first.statement.category, Category::Sanction);
    assert_eq!(first.statement.label, "Lazarus group");
    assert_eq!(first.statement.actor.as_deref(), Some("lazarusgroup"));
    assert_eq!(first.confidence, Confidence::AUTHORITY);
    assert_eq!(first.valid_from, None, "the header's date is the pack's");
    let assets: Vec<_> = pack.claims.iter().filter_map(|claim| claim.statement.asset).collect();
    assert_eq!(assets.iter().filter(|asset| *asset == "BTC").count(), 20);
    assert_eq!(assets.last().map(String::as_str), Some("ETH"));

    let own = text(
        "x.yaml",
        "title: t\ncreator: c\nlabel: header\ncurrency: BTC\nlastmod: 2023-01-01\nabuse: scam\nconfidence: heuristic\ntags:\n\
         - address: 3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG\n  label: 0x7\n  lastmod: 2022-02-20\n  confidence: ownership\n  concepts: [exchange, sanction]\n\
         - tx_hash: '0f6bf96c3d42a68b9a9e6a1b9e1b3a6f1f5f6c4fd2d0a45c21c2b4d7a3b1c0de'\n",
    )
    .unwrap();
    assert_eq!(own.claims.get(0).unwrap().statement.label, "0x7", "as it is written");
    assert_eq!(own.claims.get(0).unwrap().statement.category, Category::Sanction);
    assert_eq!(own.claims.get(0).unwrap().confidence, Confidence(100));
    assert_eq!(own.claims.get(0).unwrap().valid_from, Some(day("2022-02-20")));
    assert!(matches!(own.claims.get(1).unwrap().subject, Subject::Tx { .. }));
    assert_eq!(own.claims.get(1).unwrap().statement.label, "header");
}

#[test]
fn every_real_pack_is_read_and_its_bad_addresses_are_named() {
    let Some(folder) = tracehound_testkit::shared_data("attribution/graphsense") else { return };
    let (mut packs, mut dated, mut tags, mut refused) = (0, 0, 0, 0);
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.extension().is_none_or(|extension| extension != "yaml") || name.contains("actorpack") {
            continue;
        }
        let imported = read(&mut std::fs::File::open(&path).unwrap(), &named(&name))
            .unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(imported.snapshot.source.kind, SourceKind::Labels);
        dated += u32::from(imported.snapshot.source.published.is_some());
        packs += 1;
        tags += imported.snapshot.claims.len();
        refused += imported.snapshot.account.left_out;
    }
    assert_eq!((packs, dated), (34, 30));
    assert!(tags > 48_000, "{tags}");
    // Chains we do not parse (Cardano, Cosmos), null-like and mistyped addresses.
    assert!(refused > 0 && refused < 400, "{refused}");
}

#[test]
fn a_mistyped_address_in_a_label_set_is_left_out_not_stored() {
    let Some(imported) = real("attribution/graphsense/plustoken.yaml") else { return };
    let pack = imported.snapshot;
    assert!(pack.account.left_out > 0);
    assert!(pack.claims.iter().all(|claim| matches!(claim.subject, Subject::Address(_))));
    assert!(pack.warnings.iter().any(|warning| warning.message.contains("left out")));
}

#[test]
fn a_dirty_list_counts_repeats_once_whatever_their_letter_case() {
    let Some(imported) = real("attribution/ethereum-lists_darklist.json") else { return };
    let list = imported.snapshot;
    let subjects: std::collections::BTreeSet<_> = list.claims.iter().map(|claim| claim.subject).collect();
    assert!(subjects.len() < 693 && subjects.len() > 600, "{}", subjects.len());
    let fake = address("0xF193a9aFb00715AaCF7ca9Ebffafe02C77517C2E");
    let fake = list.claims.iter().find(|claim| claim.subject == fake).unwrap();
    assert_eq!(fake.statement.label, "Fake copy of ROCK2PAY token");
    assert_eq!(fake.valid_from, Some(day("2018-11-06")));
    // Rows without a comment carry the list's own title.
    assert!(list.claims.iter().all(|claim| !claim.statement.label.is_empty()));

    let twice = text(
        "x.json",
        r#"["0xF193a9aFb00715AaCF7ca9Ebffafe02C77517C2E", "0xf193a9afb00715aacf7ca9ebffafe02c77517c2e"]"#,
    )
    .unwrap();
    assert_eq!(twice.claims.len(), 1);
    assert!(twice.warnings[0].message.contains("1 rows repeat"));
}

#[test]
fn tables_with_comments_and_other_column_names_are_read_as_they_are() {
    for (name, column_label) in [
        ("attribution/btc_entities/mixer-addresses.csv", "Blender.io"),
        ("attribution/btc_entities/exchange-academic-addresses.csv", ""),
        ("attribution/btc_entities/doj-seizure-addresses.csv", "Silk Road"),
        ("attribution/forta_etherscan_malicious_labels.csv", "Fake_Phishing1772"),
        ("attribution/forta_phishing_scams.csv", "Fake_Phishing3901"),
    ] {
        let Some(imported) = real(name) else { return };
        let list = imported.snapshot;
        assert!(list.claims.len() > 50, "{name}: {}", list.claims.len());
        assert!(
            column_label.is_empty() || list.claims.get(0).unwrap().statement.label == column_label,
            "{name}: {:?}",
            list.claims.get(0).unwrap()
        );
        assert!(list.claims.iter().all(|claim| matches!(claim.subject, Subject::Address(_))), "{name}");
        assert!(list.claims.get(0).unwrap().statement.asset.is_none(), "{name}");
    }
}

#[test]
fn a_table_of_comments_only_is_an_error_not_an_empty_list() {
    let Some(path) = tracehound_testkit::shared_data("attribution/btc_entities/github-tagged-addresses.csv")
    else {
        return;
    };
    let error =
        read(&mut std::fs::File::open(path).unwrap(), &named("github-tagged-addresses.csv")).unwrap_err();
    assert!(error.to_string().contains("would end every claim"), "{error}");
}

#[test]
fn columns_can_be_named_set_and_missed() {
    let table = "who;wo;what\nLazarus;3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG;service_hack\n";
    let mapping = Mapping {
        address: Some(Column::Name("WO".to_owned())),
        label: Some(Column::Name("who".to_owned())),
        category: Some(Column::Name("what".to_owned())),
        confidence: Some(Column::Constant("authority_data".to_owned())),
        ..Mapping::default()
    };
    let source = SourceOptions {
        id: Some(SourceId("mine".to_owned())),
        kind: Some(SourceKind::LawEnforcement),
        ..SourceOptions::default()
    };
    let options = Options { file_name: "x.csv".to_owned(), mapping, source, ..Options::default() };
    let list = read(&mut table.as_bytes(), &options).unwrap().snapshot;
    assert_eq!(list.source.id.0, "mine");
    assert_eq!(list.claims.get(0).unwrap().statement.label, "Lazarus");
    assert_eq!(list.claims.get(0).unwrap().statement.category, Category::ServiceHack);
    assert_eq!(list.claims.get(0).unwrap().confidence, Confidence::AUTHORITY);

    let mut missing = options.clone();
    missing.mapping.label = Some(Column::Name("name".to_owned()));
    let error = read(&mut table.as_bytes(), &missing).unwrap_err();
    assert_eq!(error.to_string(), "the list has no column `name`; it has: who, wo, what");

    let mut wrong = options;
    wrong.source.id = Some(SourceId("Not An Id".to_owned()));
    assert!(read(&mut table.as_bytes(), &wrong).unwrap_err().to_string().contains("is no source id"));
}

#[test]
fn plain_lists_need_no_header() {
    let list = text(
        "block.txt",
        "# mine\n3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG\n\n39idqitN9tYNmq3wYanwg3MitFB5TZCjWu\n",
    )
    .unwrap();
    assert_eq!(list.claims.len(), 2);
    assert_eq!((list.source.id.0.as_str(), list.source.kind), ("own-block", SourceKind::Own));
    assert_eq!(list.claims.get(0).unwrap().statement.category, Category::Unknown);
    let list = text("two.csv", "Lazarus,3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG\n").unwrap();
    assert_eq!(list.claims.get(0).unwrap().statement.label, "Lazarus");
}

#[test]
fn an_unknown_word_is_said_once_and_nothing_is_invented() {
    let list = text(
        "x.csv",
        "address,category,date\n3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG,weird,2023\n39idqitN9tYNmq3wYanwg3MitFB5TZCjWu,weird,2023\n,x,\nnot-an-address,,\n",
    )
    .unwrap();
    assert!(
        list.claims
            .iter()
            .all(|claim| claim.statement.category == Category::Unknown && claim.valid_from.is_none())
    );
    assert_eq!(list.account.left_out, 2);
    let places: Vec<_> = list.warnings.iter().map(|warning| warning.place.as_str()).collect();
    assert_eq!(places, ["line 2", "line 2", "line 4", "line 5"], "{:?}", list.warnings);
}

#[test]
fn conflicting_labels_are_both_kept() {
    let list = text(
        "x.csv",
        "address,entity\n3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG,Kraken\n3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG,Crypto.com\n",
    )
    .unwrap();
    assert_eq!(list.claims.len(), 2);
}

#[test]
fn the_actor_pack_gives_names() {
    let Some(imported) = real("attribution/graphsense/graphsense.actorpack.yaml") else { return };
    assert_eq!(imported.snapshot.parties.len(), 3_813);
    assert!(imported.snapshot.claims.is_empty());
    assert!(imported.snapshot.parties.iter().any(|party| party.id == "lazarusgroup"));
}

/// Copies of a sanctions list go stale: this one still has the addresses delisted since. It counts as a label set.
#[test]
fn a_third_partys_copy_of_a_sanctions_list_is_no_sanctions_list() {
    let (Some(copy), Some(list)) =
        (real("attribution/graphsense/ofac.yaml"), real("sanctions/ofac_addresses_2025-11-19.json"))
    else {
        return;
    };
    assert_eq!(copy.snapshot.source.kind, SourceKind::Labels);
    assert!(copy.snapshot.claims.iter().all(|claim| claim.statement.category != Category::Sanction));
    let listed: std::collections::BTreeSet<_> =
        list.snapshot.claims.iter().map(|claim| claim.subject).collect();
    let copied: std::collections::BTreeSet<_> =
        copy.snapshot.claims.iter().map(|claim| claim.subject).collect();
    // Of the 92 texts that are not on the list 90 were delisted and two are Monero addresses cut short; the third one
    // refused is a Monero payment id, which is no address.
    assert_eq!((copied.difference(&listed).count(), copy.snapshot.account.left_out), (90, 3));
}

#[test]
fn a_key_that_stands_twice_is_an_error_and_loses_no_row() {
    let (one, two) =
        ("0x00000000000000000000000000000000000abc01", "0x00000000000000000000000000000000000abc02");
    let json = [
        ("ofac.json", format!(r#"{{"ETH":["{one}"],"ETH":["{two}"]}}"#), "ETH"),
        ("own.json", format!(r#"[{{"address":"{one}","address":"{two}"}}]"#), "address"),
        ("own.json", format!(r#"{{"{one}":"a","{one}":"b"}}"#), one),
        ("own.json", format!(r#"{{"results":[{{"address":"{one}","x":{{"y":1,"y":2}}}}]}}"#), "y"),
    ];
    let yaml = |rest: String| format!("title: t\ncreator: c\nlabel: l\ncurrency: ETH\n{rest}");
    let packs = [
        ("own.yaml", yaml(format!("tags:\n- address: '{one}'\ntags:\n- address: '{two}'\n")), "tags"),
        ("own.yaml", yaml(format!("tags:\n- address: '{one}'\n  address: '{two}'\n")), "address"),
    ];
    for (name, list, key) in json.into_iter().chain(packs) {
        let error = text(name, &list).expect_err(&list).to_string();
        assert!(error.contains(&format!("the key `{key}` stands twice")), "{error}");
    }
    let two_documents = yaml(format!("tags:\n- address: '{one}'\n---\ntags:\n- address: '{two}'\n"));
    let error = text("own.yaml", &two_documents).unwrap_err().to_string();
    assert!(error.contains("line 7") && error.contains("a second document"), "{error}");
}

/// A graver word counts, in whichever of several columns it stands.
#[test]
fn the_weightiest_of_several_category_columns_counts() {
    const LISTED: &str = "1BoatSLRHtKNngkdXEeobR76b53LETtpyT";
    for (header, row) in [
        ("address,category,type", "exchange,ransomware"),
        ("address,type,category", "ransomware,exchange"),
        ("address,category,risk_category", "exchange,ransomware"),
        ("address,entity_type,risk_type", "individual,ransomware"),
        ("address,category,labels", "exchange,wallet;ransomware"),
    ] {
        let list = text("list.csv", &format!("{header}\n{LISTED},{row}\n")).unwrap();
        assert_eq!(list.claims.get(0).unwrap().statement.category, Category::Ransomware, "{header}");
        assert!(list.unread.is_empty(), "{:?}", list.unread);
        let (fields, cells): (Vec<&str>, Vec<&str>) = (header.split(',').collect(), row.split(',').collect());
        let object = format!(
            r#"[{{"{}": "{LISTED}", "{}": "{}", "{}": "{}"}}]"#,
            fields[0], fields[1], cells[0], fields[2], cells[1]
        );
        let list = text("list.json", &object).unwrap();
        assert_eq!(list.claims.get(0).unwrap().statement.category, Category::Ransomware, "{object}");
    }
    // What the caller names is the category, and nothing else.
    let mapping = Mapping { category: Some(Column::Name("category".to_owned())), ..Mapping::default() };
    let options = Options { mapping, ..named("list.csv") };
    let csv = format!("address,category,type\n{LISTED},exchange,ransomware\n");
    let list = read(&mut csv.as_bytes(), &options).unwrap().snapshot;
    assert_eq!(list.claims.get(0).unwrap().statement.category, Category::Exchange);
}

const A: &str = "1CshAgqoUYfo8VuKroUayw2eYFSP6XFCxi";
const B: &str = "1PMTSz6vxw4omE6o2gnfJ5E7Ja1fmWSKSz";

fn first_category(name: &str, list: &str) -> Category {
    let list = text(name, list).unwrap_or_else(|error| panic!("{list}: {error}"));
    list.claims.get(0).unwrap().statement.category
}

/// An accusation in words that are not known here must not go under in a harmless word beside it.
#[test]
fn a_word_that_is_not_known_is_not_outweighed_by_a_harmless_one_and_is_named() {
    let pack = |says: &str| format!("title: T\ncreator: c\nlabel: Q\ntags:\n- address: {A}\n{says}");
    for (name, list, word) in [
        ("x.csv", format!("address,name,category,type\n{A},Q,exchange,bad actors\n"), "bad actors"),
        (
            "x.csv",
            format!("address,name,category\n{A},Q,\"exchange; Sanctioned Jurisdiction\"\n"),
            "Sanctioned Jurisdiction",
        ),
        ("x.csv", format!("address,name,category\n{A},Q,\"payment processor, on a list\"\n"), "on a list"),
        (
            "x.json",
            format!(r#"[{{"address": "{A}", "labels": ["exchange", "money_laundering"]}}]"#),
            "money_laundering",
        ),
        ("x.json", format!(r#"{{"{A}": {{"name": "Q", "labels": ["exchange", "evil"]}}}}"#), "evil"),
        ("x.json", format!(r#"{{"{A}": ["exchange", "evil"]}}"#), "evil"),
        (
            "x.json",
            format!(r#"[{{"address": "{A}", "type": "exchange", "category": {{"name": "evil"}}}}]"#),
            "{name}",
        ),
        ("x.yaml", pack("  category: exchange\n  abuse: extortion\n"), "extortion"),
        ("x.yaml", pack("  category: exchange\n  abuse: money_laundering\n"), "money_laundering"),
        ("x.yaml", pack("  concepts: [user, human_trafficking]\n"), "human_trafficking"),
        ("x.yaml", pack("  category: exchange\n  abuse: {id: evil}\n"), "{id}"),
    ] {
        assert_eq!(first_category(name, &list), Category::Unknown, "{list}");
        let read = text(name, &list).unwrap();
        assert_eq!(read.without_category(), 1, "{list}");
        let is_said = read.warnings.iter().any(|warning| warning.message.contains(&format!("`{word}`")));
        assert!(is_said, "{list}: {:?}", read.warnings);
    }
    // Known words count at any depth.
    for (name, list) in [
        ("x.json", format!(r#"[{{"address": "{A}", "labels": ["exchange", ["ransomware"]]}}]"#)),
        ("x.json", format!(r#"[{{"address": "{A}", "labels": [{{"name": "ransomware"}}, "exchange"]}}]"#)),
        ("x.json", format!(r#"{{"{A}": ["exchange", ["ransomware"]]}}"#)),
        ("x.yaml", pack("  category: exchange\n  abuse: {id: ransomware}\n")),
        ("x.yaml", pack("  concepts: [exchange, [ransomware]]\n")),
        ("x.csv", format!("address,name,category,type\n{A},Q,evil,ransomware\n")),
    ] {
        assert_eq!(first_category(name, &list), Category::Ransomware, "{list}");
    }
    for (word, category) in [
        ("terrorist financing", Category::Terrorism),
        ("OFAC SDN", Category::Sanction),
        ("ofac-sanctioned", Category::Sanction),
        ("Sanctioned Entity", Category::Sanction),
        ("drainer", Category::Phishing),
        ("malware", Category::ServiceHack),
        // Words that say nothing of the kind change nothing.
        ("service", Category::Exchange),
        ("n/a", Category::Exchange),
    ] {
        let list = format!("address,name,category,type\n{A},Q,exchange,{word}\n");
        assert_eq!(first_category("x.csv", &list), category, "{word}");
    }
}

/// Each of GraphSense's abuses weighs more than an exchange.
#[test]
fn no_abuse_of_the_taxonomy_is_taken_for_harmless() {
    let Some(path) = tracehound_testkit::shared_data("taxonomy/graphsense_concepts.yaml") else { return };
    let concepts = std::fs::read_to_string(path).unwrap();
    let field = |block: &str, key: &str| {
        block.lines().find_map(|line| Some(line.trim().strip_prefix(key)?.trim().to_owned()))
    };
    let broader: std::collections::BTreeMap<String, String> = concepts
        .split("\n\n")
        .filter_map(|block| Some((field(block, "id:")?, field(block, "broader:")?)))
        .collect();
    let above = |id: &String| broader.get(id).cloned();
    let is_abuse = |id: &&String| std::iter::successors(above(id), above).take(9).any(|id| id == "abuse");
    let abuses: Vec<&String> = broader.keys().filter(is_abuse).collect();
    assert!(abuses.len() > 25, "{abuses:?}");
    for abuse in abuses {
        let pack = format!(
            "title: T\ncreator: c\nlabel: Q\ntags:\n- address: {A}\n  concepts: [exchange, {abuse}]\n"
        );
        assert_ne!(first_category("x.yaml", &pack), Category::Exchange, "{abuse}");
    }
}

#[test]
fn a_default_category_is_for_rows_that_say_nothing() {
    let defaults = Defaults { category: Some(Category::Exchange), ..Defaults::default() };
    let wallet = |topics: &str| {
        format!(
            r#"{{"id":"w","schema":"CryptoWallet","datasets":["x"],"properties":{{"publicKey":["{A}"]{topics}}}}}"#
        )
    };
    for (name, list, category) in [
        ("x.csv", format!("address,name,category\n{A},Q,bad actors\n"), Category::Unknown),
        ("x.csv", format!("address,name,category\n{A},Q,unknown\n"), Category::Unknown),
        ("x.csv", format!("address,name,category\n{A},Q,\n"), Category::Exchange),
        ("x.csv", format!("address,name,category\n{A},Q,n/a\n"), Category::Exchange),
        ("x.json", format!(r#"[{{"address": "{A}", "category": {{"id": "evil"}}}}]"#), Category::Unknown),
        ("x.json", format!(r#"[{{"address": "{A}"}}]"#), Category::Exchange),
        ("x.ftm.json", wallet(r#","topics":["crime"]"#), Category::Unknown),
        ("x.ftm.json", wallet(""), Category::Exchange),
        (
            "x.yaml",
            format!("title: T\ncreator: c\ntags:\n- address: {A}\n  label: Q\n  abuse: extortion\n"),
            Category::Unknown,
        ),
    ] {
        let options = Options { defaults, ..named(name) };
        let read = read(&mut list.as_bytes(), &options).unwrap_or_else(|e| panic!("{list}: {e}")).snapshot;
        assert_eq!(read.claims.get(0).unwrap().statement.category, category, "{list}");
    }
}

#[test]
fn the_weightiest_topic_of_a_wallet_and_its_holders_counts() {
    for topics in [r#"["crime.terror","crime.fraud"]"#, r#"["crime.fraud","crime.terror"]"#] {
        let list = format!(
            r#"{{"id":"w","schema":"CryptoWallet","datasets":["x"],"properties":{{"publicKey":["{A}"],"topics":{topics}}}}}"#
        );
        assert_eq!(first_category("x.ftm.json", &list), Category::Terrorism, "{topics}");
    }
}

#[test]
fn what_is_nested_where_a_text_is_read_is_named() {
    let json = format!(r#"[{{"address": "{A}", "label": {{"name": "Q"}}, "category": "scam"}}]"#);
    assert_eq!(text("x.json", &json).unwrap().unread, ["label (what is nested in it)"]);
    let pack =
        format!("title: T\ncreator: c\nlabel: Q\ntags:\n- address: {A}\n  actor: [x]\n  abuse: scam\n");
    assert_eq!(text("x.yaml", &pack).unwrap().unread, ["actor (what is nested in it)"]);
}

#[test]
fn a_field_of_a_pack_that_says_two_things_in_two_places_is_refused() {
    let pack = |header: &str, top: &str| {
        format!(
            "header: {{title: T, creator: c, {header}}}\n{top}\ntags:\n- {{address: {A}, label: Q}}\n- {{address: {B}, label: R}}\n"
        )
    };
    for (header, top, field) in [
        ("abuse: ransomware", "abuse: exchange", "abuse"),
        ("category: exchange", "category: market", "category"),
        ("concepts: [scam]", "concepts: [exchange]", "concepts"),
        ("confidence: ownership", "confidence: heuristic", "confidence"),
        ("lastmod: 2026-09-01", "lastmod: 2025-09-01", "lastmod"),
        ("label: x", "title: U", "title"),
    ] {
        let error = text("x.yaml", &pack(header, top)).unwrap_err().to_string();
        assert!(error.contains(&format!("`{field}` in its header and outside of it")), "{error}");
    }
    let same = text("x.yaml", &pack("abuse: ransomware", "abuse: ransomware\ntitle: T\ncategory:")).unwrap();
    assert_eq!(same.claims.get(0).unwrap().statement.category, Category::Ransomware);
}

/// A claim that never holds would count as added and answer nothing.
#[test]
fn a_claim_of_an_advisory_that_can_never_hold_is_refused_with_its_place() {
    let advisory = |days: &str| {
        format!(
            "[source]\nid = \"n\"\nkind = \"own\"\ntitle = \"t\"\npublisher = \"p\"\npublished = 2025-11-10\n\
             [[claim]]\nlabel = \"x\"\ncategory = \"scam\"\naddresses = [\"{B}\"]\n\
             [[claim]]\nlabel = \"x\"\ncategory = \"scam\"\n{days}addresses = [\"{A}\"]\n"
        )
    };
    for days in [
        "from = 2025-06-01\nto = 2025-03-01\n",
        "from = 2025-06-01\nto = 2025-06-01\n",
        "to = 2025-11-01\n",
        "to = 2025-11-10\n",
    ] {
        let error = text("n.toml", &advisory(days)).expect_err(days).to_string();
        assert!(error.contains("claim 2 would never hold") && error.contains("2025-"), "{error}");
    }
    for days in ["from = 2025-03-01\nto = 2025-06-01\n", "to = 2025-11-11\n", "from = 2026-01-01\n", ""] {
        assert_eq!(text("n.toml", &advisory(days)).expect(days).claims.len(), 2, "{days}");
    }
}

#[test]
fn columns_of_a_table_without_a_header_are_named_by_their_places() {
    let list = text("x.csv", &format!("{A},Quux,ransomware\n{B},Zed,\n")).unwrap();
    assert_eq!(
        (list.claims.len(), &list.unread[..]),
        (2, &["column 2".to_owned(), "column 3".to_owned()][..])
    );
    // What is read or empty is not named.
    assert!(text("x.csv", &format!("Quux,{A}\nZed,{B}\n")).unwrap().unread.is_empty());
    assert!(text("x.csv", &format!("{A},,\n{B},,\n")).unwrap().unread.is_empty());
    // A later row may say more than the first.
    assert_eq!(text("x.csv", &format!("{A}\n{B},ransomware\n")).unwrap().unread, ["column 2"]);
}

#[test]
fn no_address_of_a_json_list_is_lost_beside_another_or_below_a_label() {
    const A: &str = "0x098B716B8Aaf21512996dC57EB0615e2383E2f96";
    const B: &str = "0xa0e1c89Ef1a489c9C7dE96311eD5Ce5D32c20E4B";
    for twins in [
        format!(r#"[{{"address":"{A}","Address":"{B}","category":"ransomware"}}]"#),
        format!(r#"[{{"address":"{A}","category":"exchange","Category":"ransomware"}}]"#),
        format!(r#"{{"{A}":{{"label":"x","LABEL":"y"}}}}"#),
    ] {
        let error = text("x.json", &twins).unwrap_err().to_string();
        assert!(error.contains("stands twice but for its spelling"), "{twins}: {error}");
    }
    let below = text("x.json", &format!(r#"{{"Lazarus":{{"BTC":[],"ETH":["{A}"]}},"Y":["{B}"]}}"#)).unwrap();
    let labels: Vec<_> = below.claims.iter().map(|claim| (claim.subject, claim.statement.label)).collect();
    assert_eq!(labels, [(address(A), "Lazarus".to_owned()), (address(B), "Y".to_owned())]);
    let deeper =
        text("x.json", &format!(r#"{{"Lazarus":{{"wallets":{{"ETH":["{A}"]}}}},"Y":["{B}"]}}"#)).unwrap();
    let labels: Vec<_> = deeper.claims.iter().map(|claim| (claim.subject, claim.statement.label)).collect();
    assert_eq!(labels, [(address(A), "Lazarus".to_owned()), (address(B), "Y".to_owned())]);
    for deeper in [
        format!(r#"{{"Lazarus":{{"others":{{"ETH":["{A}"]}}}},"Y":["{B}"]}}"#),
        format!(r#"{{"Y":["{B}"],"more":"{A}"}}"#),
        format!(r#"{{"Y":["{B}"],"more":"{A},{B}"}}"#),
        format!(r#"{{"Y":["{B}"],"more":{{"x":{{"{A}":1}}}}}}"#),
    ] {
        let error = text("x.json", &deeper).unwrap_err().to_string();
        assert!(error.contains("holds addresses in a form that is not read"), "{deeper}: {error}");
    }
    let other =
        text("x.json", &format!(r#"{{"{A}":{{"address":"{B}","label":"x"}}}}"#)).unwrap_err().to_string();
    assert!(other.contains("has another address inside"), "{other}");
    let same =
        text("x.json", &format!(r#"{{"{A}":{{"address":"{}","label":"x"}}}}"#, A.to_lowercase())).unwrap();
    assert_eq!(same.claims.len(), 1, "the same address in another spelling");
}

#[test]
fn an_address_where_a_word_belongs_is_never_a_word() {
    const A: &str = "0x098B716B8Aaf21512996dC57EB0615e2383E2f96";
    const B: &str = "1CshAgqoUYfo8VuKroUayw2eYFSP6XFCxi";
    const C: &str = "0xa0e1c89Ef1a489c9C7dE96311eD5Ce5D32c20E4B";
    const PACK: &str = "title: t\ncreator: c\nlastmod: 2023-01-01\ncurrency: ETH\ntags:\n";
    const NOTICE: &str = "[source]\nid = \"own-x\"\nkind = \"own\"\ntitle = \"t\"\npublisher = \"p\"\npublished = 2025-01-01\n";
    // By itself it is an error, which names it.
    for (file, list) in [
        ("x.csv", format!("{A},{B}\n")),
        ("x.csv", format!("{B};{A}\n")),
        ("x.csv", format!("{A},x,{B}\n")),
        ("x.csv", format!("{A},\"{B}; {C}\"\n")),
        ("x.csv", format!("address,owner\n{A},{B}\n")),
        ("x.csv", format!("address,category\n{A},{B}\n")),
        ("x.csv", format!("address,date\n{A},{B}\n")),
        ("x.csv", format!("address,source\n{A},ethereum:{C}\n")),
        ("x.csv", format!("from,to\n{A},{B}\n")),
        ("x.json", format!(r#"{{"{A}":"{B}"}}"#)),
        ("x.json", format!(r#"{{"{A}":["{B}"]}}"#)),
        ("x.json", format!(r#"{{"{A}":["{B}","{C}"]}}"#)),
        ("x.json", format!(r#"{{"{A}":[["{B}"]]}}"#)),
        ("x.json", format!(r#"{{"{A}":[{{"address":"{B}"}}]}}"#)),
        ("x.json", format!(r#"{{"{A}":{{"{B}":1}}}}"#)),
        ("x.json", format!(r#"{{"{A}":{{"category":{{"{B}":1}}}}}}"#)),
        ("x.json", format!(r#"[{{"address":"{A}","label":"{B}"}}]"#)),
        ("x.json", format!(r#"[{{"address":"{A}","name":"x","labels":["{B}"]}}]"#)),
        ("x.yaml", format!("{PACK}- address: '{A}'\n  label: {B}\n")),
        ("x.yaml", format!("{PACK}- address: '{A}'\n  label: x\n  category: {B}\n")),
        (
            "x.toml",
            format!("{NOTICE}[[claim]]\nlabel = \"{B}\"\ncategory = \"scam\"\naddresses = [\"{A}\"]\n"),
        ),
        ("x.toml", format!("{NOTICE}[[party]]\nid = \"1\"\nkind = \"entity\"\nnames = [\"{B}\"]\n")),
    ] {
        let error = text(file, &list).expect_err(&list).to_string();
        let named = [A, B, C].iter().any(|address| error.contains(address));
        assert!(named && error.contains("address"), "{list}: {error}");
    }
    // Beside others that can be read it is refused, by its line, and they are not.
    let list = text("x.csv", &format!("{A},{B}\n{C},a name\n")).unwrap();
    let subjects: Vec<_> = list.claims.iter().map(|claim| claim.subject).collect();
    assert_eq!((subjects, list.account.read, list.account.refused), (vec![address(C)], 1, 1));
    let warning = &list.warnings[0];
    assert!(warning.place == "line 1" && warning.message.contains(B), "{warning:?}");
    // Two in one cell of a sanctions list are not kept as one that nobody can find.
    let sanctions = SourceOptions { kind: Some(SourceKind::Sanctions), ..SourceOptions::default() };
    let options = Options { source: sanctions, ..named("x.csv") };
    let error = read(&mut format!("address\n{A};{B}\n").as_bytes(), &options).unwrap_err().to_string();
    assert!(error.contains("more than one address"), "{error}");
    // The row's own address says nothing; another among words is left out, so that the list vouches for nobody.
    let own = text("x.csv", &format!("address,label\n{A},{}\n{C},swept to {B}\n", A.to_lowercase())).unwrap();
    assert_eq!(own.claims.len(), 2);
    assert_eq!((own.account.read, own.account.left_out, own.scope), (2, 1, Scope::Extract));
    assert!(
        own.warnings
            .iter()
            .any(|warning| warning.message.contains(B) && warning.message.contains("left out")),
        "{:?}",
        own.warnings
    );
    let alone = text("x.csv", &format!("address,label\n{A},{}\n", A.to_lowercase())).unwrap();
    assert_eq!((alone.account.left_out, alone.scope), (0, Scope::Addresses));
}

/// A line that is passed over says nothing of an address: one that names one is refused, with its place.
#[test]
fn no_address_is_lost_in_a_title_a_header_or_a_comment() {
    const A: &str = "1CshAgqoUYfo8VuKroUayw2eYFSP6XFCxi";
    const B: &str = "3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG";
    const C: &str = "12cbQLTFMXRnSzktFkuoG3eHoMeFtpTu3S";
    let list = |text: &str| {
        let source = SourceOptions { id: Some(SourceId("own".to_owned())), ..SourceOptions::default() };
        let options = Options { file_name: "own.txt".to_owned(), source, ..Options::default() };
        read(&mut text.as_bytes(), &options).unwrap_or_else(|error| panic!("{text}: {error}")).snapshot
    };
    for (text, rows, lines) in [
        // The case of a list with a word behind each address, each behind another mark.
        (format!("# title\n{A} # Foo\n{B} // Bar\n{C} ; Baz\n"), (1, 2, 1), &["line 2", "line 3"][..]),
        (format!("Wallets of the group: {A}\n\naddress,label\n{B},x\n"), (1, 1, 2), &["line 1"]),
        (
            format!("List of wallets\nCase 17 {A}\nAddress;Name\n{B};Foo\nsee also {C}\n"),
            (1, 2, 2),
            &["line 2", "line 5"],
        ),
        (format!("# see {A}\naddress,label\n{B},x\n"), (1, 1, 1), &["line 1"]),
        (format!("address,label\n{B},x\n# not {A}\n"), (1, 1, 1), &["line 3"]),
        ("# see below\naddress,label\n".to_owned() + B + ",x\n", (1, 0, 2), &[]),
    ] {
        let found = list(&text);
        let account = found.account;
        assert_eq!(
            (account.read, account.refused, account.passed_over),
            rows,
            "{text}: {:?}",
            found.warnings
        );
        assert_eq!(account.total, account.read + account.refused + account.passed_over, "{text}");
        for line in lines {
            let is_named = |place: &str| place == *line;
            assert!(found.warnings.iter().any(|warning| is_named(&warning.place)), "{text}: {line}");
        }
        assert!(
            !found.warnings.iter().any(|warning| warning.message.contains("more than one address")),
            "{text}"
        );
    }
}
