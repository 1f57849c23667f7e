//! A watch over a queue: what was seen, what is new, how it ends.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use tracehound_guard::{
    Report,
    finding::Finding,
    report::SignatureReport,
    watch::{News, Watch, first_mismatch},
};
use tracehound_model::Decision;

/// A watch from its first look to its last.
#[derive(Debug, Default)]
pub struct Watching {
    memory: Watch,
    worst: Option<Decision>,
    failed: bool,
}

/// What one look came to.
#[derive(Debug)]
pub struct Look {
    /// What is new.
    pub news: News,
    /// Whether something was found that must not be signed.
    pub alarms: bool,
}

impl Watching {
    /// Takes note of a look.
    pub fn saw(&mut self, report: &Report) -> Look {
        let news = self.memory.look(report);
        self.worst = self.worst.max(Some(of_look(report, &news)));
        self.failed = false;
        let alarms = news.alarms();
        Look { news, alarms }
    }

    /// Takes note of a look that failed. It is tried again: a service that is away for a minute must not end the watch.
    pub fn missed(&mut self) {
        self.failed = true;
    }

    /// The verdict over everything that was seen. A watch whose last look failed does not know, and neither does one that
    /// never looked.
    pub fn verdict(&self) -> Decision {
        let worst = self.worst.unwrap_or(Decision::Incomplete);
        if self.failed { worst.max(Decision::Incomplete) } else { worst }
    }
}

/// The verdict on what is there, and on what was there before it.
fn of_look(report: &Report, news: &News) -> Decision {
    news.findings.iter().map(|finding| finding.severity.decision()).fold(report.verdict, Decision::max)
}

/// What a watch has to tell of one look.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Watched {
    /// When it looked.
    pub at: Timestamp,
    /// The verdict on what is there.
    pub verdict: Decision,
    /// What is new.
    pub arrived: Vec<String>,
    /// Findings that were not there before.
    pub findings: Vec<Finding>,
    /// The first signature that does not belong to its owner over this transaction.
    pub first_wrong_signature: Option<SignatureReport>,
}

impl Watched {
    /// What is new in a report.
    pub fn new(at: Timestamp, report: &Report, news: &News) -> Self {
        Self {
            at,
            verdict: of_look(report, news),
            arrived: news.arrived.clone(),
            findings: news.findings.clone(),
            first_wrong_signature: first_mismatch(report).cloned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use tracehound_guard::{Context, Facts, Policy, check_message, check_safe};

    use super::*;

    #[test]
    fn a_watch_whose_last_look_failed_does_not_know() {
        let (policy, facts) = (Policy::default(), Facts::default());
        let fine = check_message(b"hello", Context::new(&policy, &facts));
        assert_eq!(fine.verdict, Decision::Allow, "{:?}", fine.findings);
        let mut watching = Watching::default();
        assert_eq!(watching.verdict(), Decision::Incomplete, "it never looked");
        assert!(!watching.saw(&fine).alarms);
        assert_eq!(watching.verdict(), Decision::Allow);
        watching.missed();
        assert_eq!(watching.verdict(), Decision::Incomplete);
        watching.saw(&fine);
        assert_eq!(watching.verdict(), Decision::Allow, "and now it knows again");
        let wrong = check_safe(b"{", Context::new(&policy, &facts));
        assert!(watching.saw(&wrong).alarms);
        watching.missed();
        assert_eq!(watching.verdict(), Decision::Block, "what was seen stays seen");
    }

    #[test]
    fn what_was_signed_before_and_is_gone_decides_too() {
        let (policy, facts) = (Policy::default(), Facts { chain_id: Some(1), ..Facts::default() });
        let shown = |value: u8| {
            let tx = format!(
                r#"{{"safe":"0x6666666666666666666666666666666666666666","to":"0x5555555555555555555555555555555555555555",
                    "value":"{value}","data":"0x","operation":0,"safeTxGas":"0","baseGas":"0","gasPrice":"0",
                    "gasToken":"0x0000000000000000000000000000000000000000",
                    "refundReceiver":"0x0000000000000000000000000000000000000000","nonce":10}}"#
            );
            let mut report = check_safe(tx.as_bytes(), Context::new(&policy, &facts));
            report.items[0].signatures = vec![SignatureReport {
                path: "tx".to_owned(),
                form: "signed".to_owned(),
                claimed: None,
                signer: Some("0x1111111111111111111111111111111111111111".to_owned()),
                belongs_to: None,
                good: true,
                date: None,
            }];
            report
        };
        let mut watching = Watching::default();
        assert!(!watching.saw(&shown(1)).alarms);
        assert_ne!(watching.verdict(), Decision::Block);
        let look = watching.saw(&shown(2));
        assert!(look.alarms, "{:?}", look.news);
        assert_eq!(watching.verdict(), Decision::Block);
        assert_eq!(Watched::new(Timestamp::UNIX_EPOCH, &shown(2), &look.news).verdict, Decision::Block);
    }
}
