//! On which days a claim holds.

use jiff::civil::{Date, date};
use tracehound_model::{Category, Claim, Confidence, SourceId, Statement, Subject};

fn claim(valid_to: Option<Date>) -> Claim {
    Claim {
        id: "0".repeat(16),
        subject: Subject::Opaque("somebody".to_owned()),
        statement: Statement {
            label: "Somebody".to_owned(),
            category: Category::Sanction,
            party_id: None,
            party_listed_on: None,
            programs: Vec::new(),
            asset: None,
            actor: None,
            reference: None,
        },
        confidence: Confidence::AUTHORITY,
        source: SourceId("test".to_owned()),
        valid_from: date(2024, 3, 1),
        valid_to,
        recorded_at: jiff::Timestamp::UNIX_EPOCH,
    }
}

#[test]
fn a_listing_counts_from_its_day_up_to_the_day_before_its_end() {
    let ended = claim(Some(date(2024, 6, 1)));
    let days = [
        (date(2024, 2, 29), false),
        (date(2024, 3, 1), true),
        (date(2024, 5, 31), true),
        (date(2024, 6, 1), false),
        (date(2030, 1, 1), false),
    ];
    for (day, holds) in days {
        assert_eq!(ended.holds_on(day), holds, "{day}");
    }
    let standing = claim(None);
    assert!(!standing.holds_on(date(2024, 2, 29)) && standing.holds_on(date(2030, 1, 1)));
}
