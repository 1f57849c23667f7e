//! Time travel: every address that ever was on OFAC's list, asked about on the day of every list version of three years.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::Date};
use tracehound_attribution::folder::AttributionFolder;
use tracehound_model::{Address, Decision};
use tracehound_screen::{Policy, Screener, Settings};
use tracehound_testkit::shared_data;

use crate::support::day;

/// 838 addresses on 48 days: 40,224 questions, which hold any sample that was ever drawn of them.
#[test]
fn every_time_travel_question_over_48_ofac_list_versions_is_answered_rightly() {
    let Some(path) = shared_data("facts/ofac_crypto_changes_2022-09_2025-11.csv") else { return };
    let mut changes: BTreeMap<Date, Vec<(bool, String, String)>> = BTreeMap::new();
    for line in std::fs::read_to_string(path).expect("read").lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let row = (cells[1] == "ADD", cells[2].to_owned(), cells[3].to_owned());
        changes.entry(day(cells[0])).or_default().push(row);
    }
    let everybody: BTreeSet<String> =
        changes.values().flatten().map(|(_, _, address)| address.clone()).collect();
    let dir = tempfile::tempdir().expect("a folder");
    let now: Timestamp = "2025-12-01T00:00:00Z".parse().expect("a moment");
    let index = AttributionFolder::new(dir.path()).index(now).expect("the shipped facts");
    let policy = Policy::lists_only();
    // The list writes some addresses in more than one case.
    let canonical = |address: &str| {
        Address::parse(address).map_or_else(|_| address.to_owned(), |address| address.to_string())
    };
    let mut listed: BTreeSet<(String, String)> = BTreeSet::new();
    let (mut asked, mut wrong) = (0, Vec::new());
    for (list_version, rows) in &mut changes {
        // Removals first: what is listed again the same day stays listed.
        rows.sort_by_key(|(added, ..)| *added);
        for (added, asset, address) in rows.drain(..) {
            let row = (asset, canonical(&address));
            if added {
                listed.insert(row);
            } else {
                listed.remove(&row);
            }
        }
        let as_of = tracehound_attribution::history::end_of(*list_version).expect("in range");
        let settings =
            Settings { policy: &policy, as_of, limits: tracehound_analysis::Limits::default(), prices: None };
        let screener = Screener::new(&index, None, settings);
        let on_list: BTreeSet<&str> = listed.iter().map(|(_, address)| address.as_str()).collect();
        for address in &everybody {
            let verdict = screener.screen(address).expect("an address");
            let wanted = on_list.contains(canonical(address).as_str());
            let found = verdict
                .exposures
                .iter()
                .any(|row| row.source.as_ref().is_some_and(|source| source.0 == "ofac-sdn"));
            asked += 1;
            if found != wanted || (wanted && verdict.decision != Decision::Block) {
                wrong.push(format!("{address} on {list_version}: {}", verdict.summary));
            }
        }
    }
    assert_eq!((asked, changes.len()), (838 * 48, 48));
    assert!(wrong.is_empty(), "{} of {asked}: {:?}", wrong.len(), wrong.first());
}
