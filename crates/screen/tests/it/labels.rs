//! Labels of packs in verdicts and names: how far each may go, and what none may do.

use std::{collections::BTreeMap, path::Path};

use tracehound_analysis::Limits;
use tracehound_labels::{
    correction::{By, Says, Wanted},
    file::{Defaults, Rows},
    pack::{Builder, Licence, Plan},
    shelf::{Packs, Shelf},
};
use tracehound_ledger::Ledger;
use tracehound_model::{
    Category, Decision, GapKind, Labelled, Predicate, SourceKind, Subject, Verdict, label::Standing,
    verdict::ExposureType,
};
use tracehound_screen::{Entities, Keys, Policy, Screener, Settings, policy};

use crate::support::{FRESH, NETWORK, address, at, claim, day, index, source, sources, whole_ledger};

const BITCOIN: &str = "bip122:000000000019d6689c085ae165831e93";
const WALLET: &str = "0x28C6c06298d514Db089934071355E5743bf21d60";

/// Packs in force: a name, and rows of chain, address, label, entity, category, predicate, source, confidence, and days.
fn packs(folder: &Path, all: &[(&str, &[String])]) -> Packs {
    let shelf = Shelf::at(folder.join("labels"));
    for (name, rows) in all {
        let header = "chain,address,label,entity,category,predicate,source,confidence,valid_from,valid_to,version,licence";
        let rows: Vec<String> = rows.iter().map(|row| format!("{row},1/2025-01-02,CC0-1.0\n")).collect();
        let csv = format!("{header}\n{}", rows.concat());
        let plan = Plan {
            name: (*name).to_owned(),
            version: 1,
            issued: day("2025-01-03"),
            expires: Some(day("2025-12-01")),
            publisher: "Example agency".to_owned(),
            licences: BTreeMap::from([("CC0-1.0".to_owned(), Licence::default())]),
        };
        let mut builder = Builder::new(plan).expect("a plan");
        for row in Rows::of(csv.as_bytes(), Defaults::default()).expect("a label file") {
            builder.add(&row.expect("a label")).expect("may be in a pack");
        }
        let file = folder.join(format!("{name}.labels"));
        builder.write(&file, None).expect("written");
        shelf.apply(&file, None, day("2025-02-01")).expect("taken");
    }
    shelf.open_readable()
}

/// A row about a wallet on Ethereum, without days.
fn evm(address: &str, entity: &str, category: &str, predicate: &str, source: &str, confidence: u8) -> String {
    format!("eip155:1,{address},{entity} 1,{entity},{category},{predicate},{source},{confidence},,")
}

/// A row about an owner of the small ledger.
fn owner(number: usize, entity: &str, category: &str, predicate: &str, confidence: u8) -> String {
    let address = address(number);
    format!("{BITCOIN},{address},{entity} wallet,{entity},{category},{predicate},some/list,{confidence},,")
}

fn ask(packs: &Packs, ledger: Option<&Ledger>, policy: &Policy, as_of: &str, subject: &str) -> Verdict {
    let index = index(sources(), Vec::new(), Vec::new());
    let settings = Settings { policy, as_of: at(as_of), limits: Limits::default(), prices: None };
    let ledger = ledger.map(|ledger| (NETWORK, ledger));
    Screener::new(&index, ledger, settings).reading(packs).screen(subject).expect("a subject")
}

fn listed(packs: &Packs, subject: &str) -> Verdict {
    ask(packs, None, &Policy::lists_only(), FRESH, subject)
}

#[test]
fn a_label_decides_as_a_claim_does_and_names_its_pack_and_source() {
    let folder = tempfile::tempdir().expect("a folder");
    let drainer = "0x00000000000000000000000000000000deadc0de";
    let rows = [
        evm(WALLET, "Binance", "exchange", "controls", "first/list", 50),
        evm(drainer, "Pink gang", "ransomware", "controls", "first/list", 50),
    ];
    let packs = packs(folder.path(), &[("ours", &rows)]);
    let known = listed(&packs, WALLET);
    assert_eq!((known.decision, known.reason.is_none()), (Decision::Allow, true), "{}", known.summary);
    assert!(known.summary.contains("known as Binance (label)"), "{}", known.summary);
    let [row] = &known.exposures[..] else { panic!("one exposure: {known:?}") };
    let by = row.labelled.as_ref().expect("a label");
    assert_eq!(
        (row.source.as_ref().expect("a source").0.as_str(), by.pack.as_str()),
        ("labels:ours", "ours")
    );
    assert_eq!((by.by.as_str(), by.version.as_str(), by.pack_version), ("first/list", "1/2025-01-02", 1));
    assert_eq!((by.standing, by.predicate, by.confidence.0), (Standing::Single, Predicate::Controls, 50));
    assert_eq!(row.source_kind, Some(SourceKind::Labels));
    assert_eq!(known.coverage.packs.len(), 1);
    assert!(known.snapshot.contains("+labels-"), "{}", known.snapshot);

    let blocked = listed(&packs, drainer);
    let reason = blocked.reason.as_ref().expect("a reason");
    assert_eq!((blocked.decision, reason.rule.as_deref()), (Decision::Block, Some("identified-grave-crime")));
    assert!(reason.labelled.is_some() && blocked.summary.contains("first/list"), "{}", blocked.summary);
    let evidence = serde_json::to_string(&blocked.evidence).expect("JSON");
    assert!(evidence.contains("\"kind\":\"label\"") && evidence.contains("CC0-1.0"), "{evidence}");
    let unknown = listed(&packs, "0x1111111111111111111111111111111111111112");
    assert_eq!((unknown.decision, unknown.exposures.len()), (Decision::Allow, 0));
}

#[test]
fn disputed_names_hints_accounts_and_copies_of_sanctions_ask_for_a_person() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |number: u8| format!("0x{number:02x}000000000000000000000000000000deadc0de");
    let grave = |number: u8, predicate: &str, confidence: u8| {
        evm(&at(number), "Gang", "ransomware", predicate, "first/list", confidence)
    };
    let rows = [
        grave(1, "controls", 50),
        grave(2, "controls", 50),
        evm(&at(2), "Kraken", "exchange", "controls", "second/list", 50),
        grave(3, "deposit_address_of", 50),
        evm(&at(4), "Somebody", "sanctioned", "controls", "second/list", 70),
        evm(&at(5), "Gang", "service_hack", "controls", "heuristics/one", 10),
        evm(&at(6), "Gang", "ransomware", "controls", "heuristics/one", 10),
        evm(&at(6), "Gang", "ransomware", "controls", "heuristics/two", 10),
        evm(&at(6), "Gang", "ransomware", "controls", "heuristics/three", 10),
        evm(&at(6), "Gang", "ransomware", "controls", "heuristics/four", 10),
        // What happened there is told without a name; who runs it is.
        format!("eip155:1,{},bad thing,,terrorism,controls,first/list,60,,", at(7)),
        evm(&at(7), "Bank", "exchange", "controls", "second/list", 50),
    ];
    let packs = packs(folder.path(), &[("ours", &rows)]);
    let decision = |number: u8| listed(&packs, &at(number)).decision;
    assert_eq!(decision(1), Decision::Block);
    let disputed = listed(&packs, &at(2));
    assert_eq!(disputed.decision, Decision::Review);
    assert!(disputed.summary.contains("disputed"), "{}", disputed.summary);
    assert_eq!(disputed.exposures.len(), 2, "both are shown");
    for (number, what) in [
        (3, "whose account it is nobody says"),
        (4, "a copy of a list is not the list"),
        (5, "a hint"),
        (6, "many hints"),
        (7, "an accusation that another label disputes"),
    ] {
        assert_eq!(decision(number), Decision::Review, "{what}: {}", listed(&packs, &at(number)).summary);
    }
    // However little a rule asks for: the ceiling is the label's.
    let preset = policy::PRESETS.iter().find(|preset| preset.name == "lists-only").expect("it is shipped");
    let eager = Policy::parse(&preset.text.replace("min_confidence = 40\n", "")).expect("a policy");
    let decision = |number: u8| ask(&packs, None, &eager, FRESH, &at(number)).decision;
    assert_eq!((decision(1), decision(6)), (Decision::Block, Decision::Review));
}

#[test]
fn no_label_makes_a_listing_lighter() {
    let folder = tempfile::tempdir().expect("a folder");
    let rows: Vec<String> = ["ofac-sdn", "OFAC", "own key"]
        .into_iter()
        .map(|source| evm(WALLET, "An honest bank", "exchange", "controls", source, 100))
        .collect();
    let packs = packs(folder.path(), &[("a-copy", &rows)]);
    let claims = vec![claim(1, WALLET, Category::Sanction, "ofac-sdn")];
    let index = index(sources(), claims, Vec::new());
    let policy = Policy::lists_only();
    let settings = Settings { policy: &policy, as_of: at(FRESH), limits: Limits::default(), prices: None };
    let verdict = Screener::new(&index, None, settings).reading(&packs).screen(WALLET).expect("a subject");
    let reason = verdict.reason.as_ref().expect("a reason");
    assert_eq!((verdict.decision, reason.source.0.as_str()), (Decision::Block, "ofac-sdn"));
    assert!(reason.labelled.is_none(), "the list decides: {reason:?}");
    let labels = verdict.exposures.iter().filter_map(|row| row.labelled.as_ref());
    assert!(labels.clone().count() == 3 && labels.clone().all(|by| by.standing == Standing::Disputed));
    assert!(
        verdict
            .exposures
            .iter()
            .filter(|row| row.labelled.is_some())
            .all(|row| row.source_kind == Some(SourceKind::Labels)),
        "a pack is no list, whatever it is called"
    );
}

#[test]
fn what_everybody_uses_is_never_flagged_whatever_a_pack_says() {
    let folder = tempfile::tempdir().expect("a folder");
    let everybodys = [
        "0x0000000000000000000000000000000000000000",
        "0x000000000000000000000000000000000000dEaD",
        "0x00000000000000000000000000000000000018fe",
        "0x881D40237659C251811CEC9c364ef91dC08D300C",
        "0xdAC17F958D2ee523a2206206994597C13D831ec7",
        "0x55d398326f99059fF775485246999027B3197955",
        "0x0000000000004946c0e9F43F4Dee607b0eF1fA1c",
        "0xdEAD000000000000000042069420694206942069",
        "0xEf1c6E67703c7BD7107eed8303Fbe6EC2554BF6B",
        "0x1111111254fb6c44bAC0beD2854e76F90643097d",
        "0x9008D19f58AAbD9eD0D60971565AA8510560ab41",
        "0x1231DEB6f5749EF6cE6943a275A1D3E7486F4EaE",
        "0x5FF137D4b0FDCD49DcA30c7CF57E578a026d2789",
        "0xae7ab96520DE3A18E5e111B5EaAb095312D7fE84",
    ];
    let rows: Vec<String> = everybodys
        .iter()
        .flat_map(|address| {
            ["black_list", "phishing", "terrorism", "unknown"]
                .map(|category| evm(address, "Bad", category, "controls", "a/blacklist", 100))
        })
        .collect();
    let packs = packs(folder.path(), &[("blacklist", &rows)]);
    for subject in everybodys {
        let verdict = listed(&packs, subject);
        assert_eq!(
            (verdict.decision, verdict.exposures.len()),
            (Decision::Allow, 0),
            "{subject}: {}",
            verdict.summary
        );
        assert!(verdict.summary.contains("counts for nothing"), "{}", verdict.summary);
        assert_eq!(verdict.evidence.nodes.len(), 4, "shown all the same");
    }
}

#[test]
fn assets_are_nobody_and_victims_no_thieves() {
    let folder = tempfile::tempdir().expect("a folder");
    let (token, victim, both) = (
        "0x1000000000000000000000000000000000000abc",
        "0x2000000000000000000000000000000000000abc",
        "0x3000000000000000000000000000000000000abc",
    );
    let rows = [
        evm(token, "Coin", "defi_token", "contract_of", "some/tokens", 50),
        evm(victim, "Vault", "victim", "contract_of", "some/list", 50),
        evm(both, "Vault", "victim", "contract_of", "some/list", 50),
        evm(both, "Thief", "ransomware", "contract_of", "other/list", 50),
    ];
    let packs = packs(folder.path(), &[("ours", &rows)]);
    for subject in [token, victim] {
        let verdict = listed(&packs, subject);
        assert_eq!((verdict.decision, verdict.exposures.len()), (Decision::Allow, 0), "{}", verdict.summary);
    }
    assert!(listed(&packs, victim).summary.contains("no thief"));
    assert_eq!(listed(&packs, both).decision, Decision::Review, "what it took part in is disputed");
}

#[test]
fn a_label_holds_from_day_to_day_and_a_retired_one_answers_for_before() {
    let folder = tempfile::tempdir().expect("a folder");
    let rows = [format!("eip155:1,{WALLET},x,Gang,ransomware,controls,some/list,50,2025-03-01,2025-05-01")];
    let packs = packs(folder.path(), &[("ours", &rows)]);
    let on = |day: &str| {
        let verdict = ask(&packs, None, &Policy::lists_only(), &format!("{day}T12:00:00Z"), WALLET);
        (verdict.exposures.len(), verdict.reason.map(|reason| reason.since))
    };
    assert_eq!(on("2025-02-28"), (0, None));
    assert_eq!(on("2025-03-01"), (1, Some(day("2025-03-01"))));
    assert_eq!(on("2025-04-30"), (1, Some(day("2025-03-01"))));
    assert_eq!(on("2025-05-01"), (0, None));
}

#[test]
fn a_pack_that_is_too_old_gone_or_damaged_is_no_silence() {
    let folder = tempfile::tempdir().expect("a folder");
    let rows = [evm(WALLET, "Gang", "ransomware", "controls", "first/list", 50)];
    let other = "0x1111111111111111111111111111111111111112";
    let old = packs(folder.path(), &[("ours", &rows)]);
    let kinds = |verdict: &Verdict| -> Vec<GapKind> {
        let labels = |kind: &GapKind| matches!(kind, GapKind::LabelsStale | GapKind::LabelsUnreadable);
        verdict.coverage.gaps.iter().map(|gap| gap.kind).filter(labels).collect()
    };
    assert_eq!(listed(&old, other).decision, Decision::Allow);
    let mut loose = Policy::lists_only();
    (loose.require.checked_within_days, loose.require.advisories_within_days) = (None, None);
    let late = ask(&old, None, &loose, "2026-01-01T00:00:00Z", other);
    assert_eq!((late.decision, kinds(&late)), (Decision::Incomplete, vec![GapKind::LabelsStale]));
    assert!(
        late.coverage
            .gaps
            .iter()
            .any(|gap| gap.remedy.as_ref().is_some_and(|it| it.contains("labels remove ours")))
    );
    let still = ask(&old, None, &loose, "2026-01-01T00:00:00Z", WALLET);
    assert_eq!(still.decision, Decision::Block, "what it says counts all the same");

    let file = std::fs::read_dir(folder.path().join("labels"))
        .expect("a folder")
        .map(|file| file.expect("a file").path())
        .find(|file| file.extension().is_some_and(|end| end == "labels"))
        .expect("the pack");
    let whole = std::fs::read(&file).expect("read");
    for place in (0..whole.len()).step_by(61) {
        let mut damaged = whole.clone();
        damaged[place] ^= 0x55;
        std::fs::write(&file, &damaged).expect("written");
        let packs = Shelf::at(folder.path().join("labels")).open_readable();
        let verdict = listed(&packs, WALLET);
        assert_ne!(verdict.decision, Decision::Allow, "{place}: {}", verdict.summary);
        let index = index(sources(), Vec::new(), Vec::new());
        let policy = Policy::lists_only();
        let settings =
            Settings { policy: &policy, as_of: at(FRESH), limits: Limits::default(), prices: None };
        let screener = Screener::new(&index, None, settings).reading(&packs);
        // Where the whole pack cannot be read, every answer is the same and says so.
        let plain = screener.is_plain(&WALLET.parse().expect("an address"));
        assert!(!plain || !packs.unreadable().is_empty(), "{place}");
    }
    std::fs::remove_file(&file).expect("removed");
    let gone = Shelf::at(folder.path().join("labels")).open_readable();
    let verdict = listed(&gone, other);
    assert_eq!((verdict.decision, kinds(&verdict)), (Decision::Incomplete, vec![GapKind::LabelsUnreadable]));
    std::fs::write(folder.path().join("labels/packs.json"), "{").expect("written");
    let unknown = Shelf::at(folder.path().join("labels")).open_readable();
    let verdict = listed(&unknown, other);
    assert_eq!((verdict.decision, kinds(&verdict)), (Decision::Incomplete, vec![GapKind::LabelsUnreadable]));
}

#[test]
fn counterparties_have_names_of_labels_and_deposits_are_where_money_went() {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = whole_ledger(&folder.path().join("ledger"));
    let rows = [
        owner(0, "Mixer", "mixing_service", "controls", 50),
        owner(2, "Exchange", "exchange", "deposit_address_of", 50),
    ];
    let packs = packs(folder.path(), &[("ours", &rows)]);
    let verdict = ask(&packs, Some(&ledger), &Policy::strict(), FRESH, &address(1));
    let direct: Vec<(&str, Predicate)> = verdict
        .exposures
        .iter()
        .filter(|row| row.exposure == ExposureType::Direct)
        .map(|row| (row.label.as_str(), row.labelled.as_ref().expect("a label").predicate))
        .collect();
    assert_eq!(direct.len(), 2, "{direct:?}");
    assert!(direct.contains(&("Mixer", Predicate::Controls)));
    assert!(direct.contains(&("Exchange", Predicate::DepositAddressOf)));
    let rule = verdict.reason.as_ref().and_then(|reason| reason.rule.as_deref());
    assert_eq!((verdict.decision, rule), (Decision::Review, Some("direct-mixer")), "{}", verdict.summary);

    let index = index(sources(), Vec::new(), Vec::new());
    let keys = Keys::new(&index, Some((NETWORK, &ledger))).reading(&packs);
    let number = |number: usize| ledger.find_address(&crate::support::key(number)).expect("an owner");
    let forward = Entities::sharing(&keys, &ledger, day("2025-06-15"));
    let backward = Entities::sharing(&keys, &ledger, day("2025-06-15")).backward();
    let name =
        |entities: &Entities<'_>, owner: usize| entities.entity(number(owner)).map(|entity| entity.label);
    assert_eq!(name(&forward, 0).as_deref(), Some("Mixer"));
    assert_eq!(name(&forward, 2).as_deref(), Some("Exchange"));
    assert_eq!((name(&backward, 0).as_deref(), name(&backward, 2)), (Some("Mixer"), None));
    assert!(keys.knows_service_of(tracehound_model::Chain::Bitcoin(NETWORK), day("2025-06-15")));
}

#[test]
fn lists_of_governments_name_before_labels_and_hints_end_no_path() {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = whole_ledger(&folder.path().join("ledger"));
    let rows = [
        owner(0, "Reddit", "exchange", "controls", 100),
        owner(1, "Perhaps an exchange", "exchange", "controls", 10),
        owner(2, "Of the owner's key", "exchange", "controls", 100),
    ];
    let packs = packs(folder.path(), &[("ours", &rows)]);
    let mut lists = sources();
    lists.push(source("tags", SourceKind::Labels, "2025-06-01"));
    let mut weak = claim(2, &address(2), Category::Gambling, "tags");
    weak.confidence.0 = 20;
    let claims = vec![claim(1, &address(0), Category::ServiceHack, "fbi-notices"), weak];
    lists.sort_by(|a, b| a.source.id.cmp(&b.source.id));
    let index = index(lists, claims, Vec::new());
    let keys = Keys::new(&index, Some((NETWORK, &ledger))).reading(&packs);
    let entities = Entities::sharing(&keys, &ledger, day("2025-06-15"));
    let entity = |number: usize| {
        entities.entity(ledger.find_address(&crate::support::key(number)).expect("an owner")).expect("a name")
    };
    assert_eq!((entity(0).label.as_str(), entity(0).labelled), ("party 1", None));
    assert!(entity(1).is_hint() && !entity(1).is_service());
    assert_eq!(entity(2).label, "Of the owner's key");
    let by = entity(2).labelled.expect("a label");
    assert!(by.is_disputed() && entity(2).name().ends_with("(disputed)"));
    assert!(
        entity(2).kind().contains("label of some/list 1/2025-01-02 in pack ours 1, confidence 100, disputed")
    );
}

/// The other addresses of a key are its owner's too; a deposit address and a contract are that one address.
#[test]
fn who_controls_an_address_controls_the_other_forms_of_its_key() {
    let folder = tempfile::tempdir().expect("a folder");
    let (old, new) = ("1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4");
    let row = |predicate: &str| format!("{BITCOIN},{old},x,Gang,ransomware,{predicate},some/list,50,,");
    for (predicate, decision) in [("controls", Decision::Block), ("deposit_address_of", Decision::Allow)] {
        let folder = folder.path().join(predicate);
        std::fs::create_dir(&folder).expect("a folder");
        let packs = packs(&folder, &[("ours", &[row(predicate)])]);
        let index = index(sources(), Vec::new(), Vec::new());
        let policy = Policy::lists_only();
        let settings =
            Settings { policy: &policy, as_of: at(FRESH), limits: Limits::default(), prices: None };
        let screener = Screener::new(&index, None, settings).reading(&packs);
        assert_eq!(screener.screen(new).expect("a subject").decision, decision, "{predicate}");
        assert!(!screener.is_plain(&old.parse().expect("an address")));
        assert!(screener.may_know(&old.parse().expect("an address")), "a question by places asks in full");
        if predicate == "controls" {
            assert!(!screener.is_plain(&new.parse().expect("an address")), "a batch answers it by itself");
        }
        assert!(packs.may_know(&Subject::of_text(old).key()));
    }
}

#[test]
fn a_recorded_verdict_is_judged_again_by_what_its_labels_may_decide() {
    let folder = tempfile::tempdir().expect("a folder");
    let rows = [
        evm(WALLET, "Gang", "ransomware", "controls", "first/list", 50),
        evm(WALLET, "Kraken", "exchange", "controls", "second/list", 50),
    ];
    let packs = packs(folder.path(), &[("ours", &rows)]);
    let recorded = listed(&packs, WALLET);
    let again: Verdict =
        serde_json::from_str(&serde_json::to_string(&recorded).expect("JSON")).expect("a verdict");
    assert_eq!(again, recorded);
    let (mut other, mut third) = (Policy::lists_only(), Policy::lists_only());
    (other.hash, third.hash) = ("other".to_owned(), "third".to_owned());
    let found = tracehound_screen::lab::compare(&other, &third, &again);
    assert_eq!(found, tracehound_screen::lab::Compared::Same(Decision::Review));
}

/// The operator's own word is shown before all packs, names in a trace, and takes nothing away.
#[test]
fn a_correction_is_read_and_disputes_what_packs_say() {
    let folder = tempfile::tempdir().expect("a folder");
    let other = "0x1111111111111111111111111111111111111112";
    let rows = [
        evm(WALLET, "Gang", "ransomware", "controls", "first/list", 50),
        evm(other, "Binance", "exchange", "controls", "first/list", 50),
    ];
    drop(packs(folder.path(), &[("ours", &rows)]));
    let shelf = Shelf::at(folder.path().join("labels"));
    let wanted = |address: &str, says: Says| Wanted {
        chain: "eip155:1".to_owned(),
        address: address.to_owned(),
        says,
        by: By::Operator,
        evidence: "https://example.invalid/statement".to_owned(),
        from: None,
    };
    let is = Says::Is {
        entity: "An honest bank".to_owned(),
        concept: "exchange".to_owned(),
        predicate: Predicate::Controls,
        label: None,
    };
    let before = shelf.open_readable().digest();
    shelf.correct(wanted(WALLET, is), day("2025-02-02")).expect("taken");
    let is_not = Says::IsNot { entity: "Binance".to_owned() };
    shelf.correct(wanted(other, is_not), day("2025-02-02")).expect("taken");
    let packs = shelf.open_readable();
    assert_ne!(packs.digest(), before, "an answer rests on something else");
    let verdict = listed(&packs, WALLET);
    assert_eq!(verdict.decision, Decision::Review, "disputed, and not erased: {}", verdict.summary);
    let names: Vec<&str> = verdict.exposures.iter().map(|row| row.label.as_str()).collect();
    assert!(names.contains(&"An honest bank") && names.contains(&"Gang"), "{names:?}");
    assert!(
        verdict.coverage.packs.iter().any(|pack| pack.name == "corrections"),
        "{:?}",
        verdict.coverage.packs
    );
    let denied = listed(&packs, other);
    let [row] = &denied.exposures[..] else { panic!("whom a pack names: {denied:?}") };
    assert!(row.label == "Binance" && row.labelled.as_ref().is_some_and(Labelled::is_disputed));
    assert!(denied.summary.contains("it says who it is not"), "{}", denied.summary);
    assert!(packs.may_know(&Subject::of_text(WALLET).key()));
    shelf.withdraw(1, day("2025-02-03")).expect("taken back");
    assert_eq!(listed(&shelf.open_readable(), WALLET).decision, Decision::Block);
}

/// A seizure order of the release's pack stays one, whatever an unsigned file or a second order says.
#[test]
fn nobody_makes_a_seizure_order_lighter() {
    let (one, two) = ("TA5hrVymvwgXXRfp9miQKDZKJ11fWdk1fT", "TR2nTb64cQMx6tqFwisoC6o7barFWHhPiw");
    for (entity, category, confidence) in [
        ("Kraken", "exchange", 11),
        ("Kraken", "exchange", 100),
        ("Coin", "defi_token", 60),
        ("Vault", "victim", 60),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let row = format!("tron:mainnet,{one},x,{entity},{category},controls,junk/list,{confidence},,");
        drop(packs(folder.path(), &[("junk", &[row])]));
        let shelf = Shelf::at(folder.path().join("labels"));
        let government =
            tracehound_labels::shipped::ALL.iter().find(|pack| pack.name == "tracehound-government");
        shelf.apply_shipped(&[*government.expect("it is shipped")]).expect("taken");
        let packs = shelf.open_readable();
        let on = |subject: &str, day: &str| ask(&packs, None, &Policy::lists_only(), day, subject);
        for subject in [one, two] {
            let verdict = on(subject, "2026-11-29T12:00:00Z");
            assert_eq!(verdict.decision, Decision::Block, "{entity} {category}: {}", verdict.summary);
            assert!(verdict.summary.contains("NBCTF order"), "{}", verdict.summary);
        }
        // What was published later was not said then.
        let before = on(one, "2026-08-21T12:00:00Z");
        assert!(before.exposures.iter().all(|row| row.label != "NBCTF order 18/26"), "{before:?}");
    }
}

#[test]
fn an_accusation_is_as_disputed_on_one_chain_as_on_another() {
    let folder = tempfile::tempdir().expect("a folder");
    let gang = |chain: &str| format!("{chain},{WALLET},y,Gang,terrorism,controls,c/d,60,,");
    let rows = [
        evm(WALLET, "Binance", "exchange", "controls", "a/b", 50),
        gang("eip155:1"),
        gang("eip155:56"),
        gang("foo:bar"),
    ];
    let packs = packs(folder.path(), &[("ours", &rows)]);
    let verdict = listed(&packs, WALLET);
    assert_eq!(verdict.decision, Decision::Review, "{}", verdict.summary);
    assert!(verdict.exposures.iter().all(|row| row.labelled.as_ref().is_some_and(Labelled::is_disputed)));
}

#[test]
fn an_unsigned_file_is_one_voice_whatever_sources_it_names() {
    let folder = tempfile::tempdir().expect("a folder");
    let (families, hints) =
        ("0x1000000000000000000000000000000000000abc", "0x2000000000000000000000000000000000000abc");
    let mut rows: Vec<String> =
        (0..4).map(|n| evm(families, "Gang", "terrorism", "controls", &format!("s{n}/x"), 11)).collect();
    rows.extend((0..8).map(|n| evm(hints, "Gang", "terrorism", "controls", &format!("s{n}/x"), 10)));
    rows.push(evm(hints, "Gang", "terrorism", "controls", "zz", 11));
    let packs = packs(folder.path(), &[("ours", &rows)]);
    for subject in [families, hints] {
        let verdict = listed(&packs, subject);
        assert_eq!(verdict.decision, Decision::Review, "a rule asks for 40: {}", verdict.summary);
    }
}

/// By the door of lists, too: a table of an issuer's blocked addresses that holds a router and a coin.
#[test]
fn what_everybody_uses_is_not_flagged_by_a_table_of_labels_and_is_by_an_authority() {
    let folder = tempfile::tempdir().expect("a folder");
    let router = "0x881D40237659C251811CEC9c364ef91dC08D300C";
    let coin = "0x55d398326f99059fF775485246999027B3197955";
    let empty = packs(folder.path(), &[]);
    for (kind, category, decision) in [
        (SourceKind::Labels, Category::IssuerBlacklist, Decision::Allow),
        (SourceKind::Labels, Category::Terrorism, Decision::Allow),
        (SourceKind::LawEnforcement, Category::Terrorism, Decision::Block),
        (SourceKind::Own, Category::Terrorism, Decision::Block),
    ] {
        let mut lists = sources();
        lists.push(source("tags", kind, "2025-06-01"));
        lists.sort_by(|a, b| a.source.id.cmp(&b.source.id));
        let claims = vec![claim(1, router, category, "tags"), claim(2, coin, category, "tags")];
        let index = index(lists, claims, Vec::new());
        let policy = Policy::lists_only();
        let settings =
            Settings { policy: &policy, as_of: at(FRESH), limits: Limits::default(), prices: None };
        let screener = Screener::new(&index, None, settings).reading(&empty);
        for subject in [router, coin] {
            let verdict = screener.screen(subject).expect("a subject");
            assert_eq!(verdict.decision, decision, "{subject} {kind:?}: {}", verdict.summary);
            let told = verdict.summary.contains("which counts for nothing");
            assert_eq!(told, decision == Decision::Allow, "{}", verdict.summary);
        }
    }
}

#[test]
fn a_label_without_a_day_answers_from_its_publication_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let rows = [evm(WALLET, "Gang", "ransomware", "controls", "first/list", 50)];
    let packs = packs(folder.path(), &[("ours", &rows)]);
    let on = |day: &str| {
        ask(&packs, None, &Policy::lists_only(), &format!("{day}T12:00:00Z"), WALLET).exposures.len()
    };
    assert_eq!((on("2020-01-01"), on("2025-01-01"), on("2025-01-02")), (0, 0, 1));
    let wanted = Wanted {
        chain: "eip155:1".to_owned(),
        address: "0x1111111111111111111111111111111111111112".to_owned(),
        says: Says::Is {
            entity: "Gang".to_owned(),
            concept: "terrorism".to_owned(),
            predicate: Predicate::Controls,
            label: None,
        },
        by: By::Operator,
        evidence: "a page".to_owned(),
        from: None,
    };
    let shelf = Shelf::at(folder.path().join("labels"));
    shelf.correct(wanted.clone(), day("2025-02-02")).expect("taken");
    let packs = shelf.open_readable();
    let on = |day: &str| {
        let as_of = format!("{day}T12:00:00Z");
        ask(&packs, None, &Policy::lists_only(), &as_of, &wanted.address).exposures.len()
    };
    assert_eq!((on("2025-02-01"), on("2025-02-02")), (0, 1));
}
