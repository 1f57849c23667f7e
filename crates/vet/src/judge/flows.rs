//! Where fetched and decoded text goes, told as findings.

use std::collections::BTreeMap;

use crate::{
    code::{
        Dialect, Flow, Program,
        flow::{Hit, How, What},
    },
    defang::defang,
    finding::{CheckId, Finding, Severity},
    gap::{Gap, GapKind},
    start::{self, Judged, Runs, Start, Trigger},
};

/// All code of a tree, and where each piece of it stands.
#[derive(Default)]
pub(super) struct Flows {
    pub flow: Flow,
    /// The file and the first line of each piece, and what starts it.
    pieces: Vec<(String, u32, Option<Start>)>,
}

impl Flows {
    /// Adds a file.
    pub(super) fn add(&mut self, path: &str, line: u32, program: Program, dialect: Dialect) {
        self.flow.add(path, program, dialect);
        self.pieces.push((path.to_owned(), line, None));
    }

    /// Adds code that stands in a command line.
    pub(super) fn add_inline(&mut self, start: &Start, line: u32, program: Program, dialect: Dialect) {
        // A name that nobody can import.
        self.flow.add(&format!("{}\0{}", start.file, self.pieces.len()), program, dialect);
        self.pieces.push((start.file.clone(), line, Some(start.clone())));
    }

    /// What is run where, which files that are run in turn, and what was not followed.
    pub(super) fn judge(
        &mut self,
        started: &BTreeMap<String, Trigger>,
    ) -> (Vec<Finding>, Vec<Runs>, Vec<Gap>) {
        let (mut findings, mut runs, mut gaps) = (Vec::new(), Vec::new(), Vec::new());
        let (hits, whole) = self.flow.run();
        if !whole {
            gaps.push(Gap::new(
                "",
                GapKind::Unparsed,
                "there is more code than is followed from file to file",
            ));
        }
        for hit in hits {
            let (path, first, start) = &self.pieces[hit.file];
            let line = first + hit.line - 1;
            let trigger = start.as_ref().map(|start| start.trigger).or_else(|| started.get(path).copied());
            if let What::Written(command) = &hit.what {
                if hit.how == How::Command {
                    written(path, line, command, trigger, &mut findings, &mut runs);
                }
                continue;
            }
            findings.push(finding(path, line, &hit, trigger));
        }
        (findings, runs, gaps)
    }
}

/// A command that stands in the code as it is.
fn written(
    path: &str,
    line: u32,
    command: &str,
    trigger: Option<Trigger>,
    findings: &mut Vec<Finding>,
    runs: &mut Vec<Runs>,
) {
    let start = Start {
        file: path.to_owned(),
        line,
        trigger: trigger.unwrap_or(Trigger::Use),
        by: "a command in the code".to_owned(),
        command: command.to_owned(),
        hidden: false,
    };
    let Judged { findings: found, runs: more, .. } = start::judge(&start);
    // That it starts something at all is what code does.
    findings.extend(
        found
            .into_iter()
            .filter(|finding| finding.severity > Severity::Low)
            .map(|finding| Finding { line: Some(line), ..finding }),
    );
    runs.extend(more);
}

fn finding(path: &str, line: u32, hit: &Hit, trigger: Option<Trigger>) -> Finding {
    let when = match trigger {
        Some(trigger) => trigger.sentence().to_owned(),
        None => "Running or importing it".to_owned(),
    };
    let unasked = trigger.is_some_and(|trigger| !matches!(trigger, Trigger::Hand | Trigger::Ci));
    let how = match hit.how {
        How::Code => "as code",
        How::Command => "as a command",
        How::Objects => "through a reader of objects that does what they say",
        How::Template => "through a template that can hold code",
    };
    let of = |place: &Option<String>| {
        place.as_ref().map_or_else(String::new, |place| format!(" ({})", defang(place)))
    };
    let (id, severity, what, attack): (_, _, _, &[&'static str]) = match &hit.what {
        What::Fetched(from) => (
            CheckId::Load01,
            Severity::Critical,
            format!("fetches text{} and runs it {how}", of(from)),
            &["T1105", "T1059"],
        ),
        What::Asked => {
            (CheckId::Load01, Severity::Low, format!("runs what it is told to fetch {how}"), &["T1059"])
        }
        What::Decoded(text) => {
            let severity = if unasked { Severity::Critical } else { Severity::High };
            (
                CheckId::Load01,
                severity,
                format!("decodes hidden text and runs it {how}{}", of(text)),
                &["T1027.013", "T1059"],
            )
        }
        What::DataFile(name) => (
            CheckId::Hide02,
            Severity::High,
            format!("reads a file that is no code by its name{} and runs it", of(name)),
            &["T1036.008", "T1059"],
        ),
        What::Dropped(from) => (
            CheckId::Load01,
            Severity::High,
            format!("writes what it fetches{} to a file and runs that", of(from)),
            &["T1105", "T1204.002"],
        ),
        What::Written(_) => (CheckId::Load01, Severity::Info, "runs a text".to_owned(), &[]),
    };
    let hidden = if hit.detached { ", in a process that goes on unseen" } else { "" };
    Finding::new(id, severity, path, format!("{when} {what}{hidden}.")).at(line).attack(attack)
}
