//! The real OFAC list in its three forms.

use std::collections::BTreeSet;

use tracehound_attribution::import::{Account, Format};
use tracehound_model::{
    Category, Chain, Particulars, RelationKind, Subject, chain::TronNetwork, claim::PartyKind,
};

use crate::support::{address, day, real};

const XML: &str = "sanctions/ofac_sdn_advanced_2025-11-19.xml.bz2";
const JSON: &str = "sanctions/ofac_addresses_2025-11-19.json";

/// All assertions about the big file stand in one test: it takes seconds to unpack in a debug build.
#[test]
fn the_advanced_xml_gives_every_address_with_its_party() {
    let (Some(xml), Some(json)) = (real(XML), real(JSON)) else { return };
    assert_eq!(xml.format, Format::OfacAdvancedXml);
    assert_eq!(xml.sha256, "36c517bd264d8d97eff353eadd8d84427d5eb293505a8ce07271a5bc258c3117");
    assert_eq!(xml.bytes, 120_977_559);
    let list = xml.snapshot;
    assert_eq!(list.source.id.0, "ofac-sdn");
    assert_eq!(list.source.published, Some(day("2025-11-19")));
    assert_eq!(list.account.left_out, 0);
    let Account { total, read, .. } = list.account;
    assert_eq!((total, read), (18_367, 18_367), "every party is read");
    let unread = "Feature (other than addresses, births and countries)";
    assert!(list.unread.iter().any(|name| name == unread), "{:?}", list.unread);

    let said = |id: &str| {
        let party = list.parties.iter().find(|party| party.id == id).expect("listed");
        let Particulars { born, countries, .. } = &party.particulars;
        let texts = |items: Vec<String>| items.join(" ");
        let born = texts(born.iter().map(ToString::to_string).collect());
        (born, texts(countries.iter().map(ToString::to_string).collect()))
    };
    assert_eq!(said("42498"), ("1983-11-25".to_owned(), "CN".to_owned()), "Sim Hyon Sop");
    let with =
        |is: fn(&Particulars) -> bool| list.parties.iter().filter(|party| is(&party.particulars)).count();
    assert_eq!((with(|all| !all.born.is_empty()), with(|all| !all.countries.is_empty())), (7_184, 15_194));

    // Every relation that the list states, each on the party that it is said of.
    let relations = |kind: RelationKind| {
        let all = list.parties.iter().flat_map(|party| &party.particulars.relations);
        all.filter(|relation| relation.kind == kind).count()
    };
    assert_eq!(
        (relations(RelationKind::OwnedOrControlledBy), relations(RelationKind::Linked)),
        (3_718, 4_476)
    );
    assert!(list.parties.iter().all(|party| party.particulars.standing.is_listed()));

    let pairs = |claims: &tracehound_attribution::import::Claims| -> BTreeSet<(String, Subject)> {
        claims.iter().map(|claim| (claim.statement.asset.unwrap(), claim.subject)).collect()
    };
    let subjects: BTreeSet<Subject> = list.claims.iter().map(|claim| claim.subject).collect();
    let parties: BTreeSet<String> = list.claims.iter().filter_map(|claim| claim.statement.party_id).collect();
    assert_eq!(pairs(&list.claims).len(), 758);
    assert_eq!(subjects.len(), 745);
    assert_eq!(parties.len(), 79);
    assert_eq!(list.parties.len(), 18_367);
    // The project that extracts the addresses from the same list finds the very same ones.
    assert_eq!(pairs(&list.claims), pairs(&json.snapshot.claims));
    assert_eq!(json.snapshot.source.id, list.source.id);

    // A programme filter on "DPRK" finds 115 of the 118 rows of North Korean concern; Sim Hyon Sop is under NPWMD.
    let tagged =
        list.claims.iter().filter(|claim| claim.statement.programs.iter().any(|p| p.starts_with("DPRK")));
    assert_eq!(tagged.count(), 115);
    let sim: Vec<_> = list.claims.iter().filter(|claim| claim.statement.label == "Sim, Hyon Sop").collect();
    assert_eq!(sim.len(), 3);
    assert!(sim.iter().all(|claim| claim.statement.programs == ["NPWMD"]));
    let of_concern = |claim: &tracehound_attribution::import::NewClaim| {
        claim.statement.label == "Sim, Hyon Sop"
            || claim.statement.programs.iter().any(|p| p.starts_with("DPRK"))
    };
    let distinct: BTreeSet<_> = list.claims.iter().filter(of_concern).map(|claim| claim.subject).collect();
    assert_eq!(distinct.len(), 114);

    // The listing date is the party's; the list says nothing about when the address was added.
    let ronin = address("0x098B716B8Aaf21512996dC57EB0615e2383E2f96");
    let ronin = list.claims.iter().find(|claim| claim.subject == ronin).unwrap();
    assert_eq!(ronin.statement.label, "Lazarus Group");
    assert_eq!(ronin.statement.category, Category::Sanction);
    assert_eq!(ronin.statement.programs, ["DPRK3"]);
    assert_eq!(ronin.statement.party_listed_on, Some(day("2019-09-13")));
    assert_eq!(ronin.valid_from, None);
    assert!(list.claims.iter().all(|claim| claim.valid_from.is_none() && claim.valid_to.is_none()));

    // The asset code is not the chain: an "XBT" entry is a Tron address, "USDT" ones are on three chains.
    let wang = address("TUCsTq7TofTCJRRoHk6RvhMoS2mJLm5Yzq");
    let wang = list.claims.iter().find(|claim| claim.subject == wang).unwrap();
    assert_eq!(wang.statement.asset.as_deref(), Some("XBT"));
    let chain = |subject: &Subject| match subject {
        Subject::Address(address) => address.chain(),
        _ => panic!("{subject:?} should be an address"),
    };
    assert_eq!(chain(&wang.subject), Some(Chain::Tron(TronNetwork::Mainnet)));
    let usdt: Vec<_> = list
        .claims
        .iter()
        .filter(|claim| claim.statement.asset.as_deref() == Some("USDT"))
        .map(|claim| chain(&claim.subject))
        .collect();
    let count = |wanted: fn(&Option<Chain>) -> bool| usdt.iter().filter(|chain| wanted(chain)).count();
    assert_eq!(count(|chain| matches!(chain, Some(Chain::Tron(_)))), 78);
    assert_eq!(count(Option::is_none), 8, "EVM addresses fit many chains");
    assert_eq!(count(|chain| matches!(chain, Some(Chain::Bitcoin(_)))), 7);

    // Names: the primary one first, weak aliases marked, other scripts kept.
    let party = |id: &str| list.parties.iter().find(|party| party.id == id).unwrap();
    let lazarus = party("27307");
    assert_eq!((lazarus.names[0].full.as_str(), lazarus.names[0].weak), ("Lazarus Group", false));
    assert_eq!(lazarus.kind, PartyKind::Entity);
    assert!(lazarus.names.iter().any(|name| name.full == "Hidden Cobra" && name.weak));
    let li = party("28264");
    assert_eq!((li.names[0].full.as_str(), li.kind), ("Li, Jiadong", PartyKind::Individual));
    assert!(li.names.iter().any(|name| name.full == "李, 家东" && !name.weak));
    assert_eq!(li.listed_on, Some(day("2020-03-02")));
    assert_eq!(party("27310").kind, PartyKind::Vessel);

    // What is no address we know is kept word for word, with a warning: the list binds by its text.
    let opaque: Vec<&Subject> =
        subjects.iter().filter(|subject| matches!(subject, Subject::Opaque(_))).collect();
    assert!(opaque.contains(&&Subject::Opaque(
        "5be5543ff73456ab9f2d207887e2af87322c651ea1a873c5b25b7ffae456c320".to_owned()
    )));
    assert!(list.warnings.len() >= opaque.len());
}

#[test]
fn the_legacy_csv_gives_addresses_and_weak_aliases_from_the_remarks() {
    let Some(imported) = real("sanctions/ofac_sdn_legacy_2021-07.csv") else { return };
    assert_eq!(imported.format, Format::OfacSdnCsv);
    let list = imported.snapshot;
    assert_eq!(list.source.published, None, "the file has no date of its own");
    assert_eq!(list.parties.len(), 8_976);
    let tian = list.parties.iter().find(|party| party.id == "28263").unwrap();
    assert_eq!(tian.programs, ["CYBER2", "DPRK3"]);
    assert_eq!(tian.names[0].full, "TIAN, Yinyin");
    assert!(tian.names.iter().any(|name| name.full == "tianyinyin0404" && name.weak));
    // The remark is cut inside "a.k.a. 'snowsjo…": half an alias is none.
    assert!(!tian.names.iter().any(|name| name.full.contains("snows")));
    let of_tian = list.claims.iter().filter(|claim| claim.statement.party_id.as_deref() == Some("28263"));
    assert_eq!(of_tian.count(), 8);
    // Two remarks are cut inside an address.
    assert_eq!(list.account.left_out, 2);
    // 81 whole mentions of an asset, one of them with its address cut; the other cut is inside the mention.
    assert_eq!(list.claims.len(), 80);
    // Counted in the file: 5,125 births, of which one stands twice in a party.
    let births = list.parties.iter().map(|party| party.particulars.born.len()).sum::<usize>();
    assert_eq!(births, 5_124);
    let abbas = list.parties.iter().find(|party| party.id == "2674").unwrap();
    assert_eq!(abbas.particulars.born[0].to_string(), "1948-12-10");
    // OFAC's own typing error of 2021, one digit short, binds as written.
    assert!(list.claims.iter().any(
        |claim| claim.subject == Subject::Opaque("0xa7e5d5a720f06526557c513402f2e6b5fa20b00".to_owned())
    ));
}

#[test]
fn the_list_by_asset_takes_its_date_from_the_name_and_says_so() {
    let Some(imported) = real("sanctions/ofac_addresses_2024-09-27.json") else { return };
    assert_eq!(imported.format, Format::OfacAddressJson);
    let list = imported.snapshot;
    assert_eq!(list.claims.len(), 654);
    assert_eq!(list.source.published, Some(day("2024-09-27")));
    assert!(list.warnings.iter().any(|warning| warning.message.contains("no date of its own")));
}
