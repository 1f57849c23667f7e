//! From what was read to the answer: each file by itself, then what starts what, then where fetched and decoded text goes.

mod flows;

use std::collections::BTreeMap;

use crate::{
    code::{self, Dialect, Unread},
    command::Language,
    doc::Format,
    finding::{CheckId, Finding, Severity},
    gap::{Gap, GapKind},
    place,
    report::{Reading, Report},
    rules::{self, Form},
    source::Source,
    start::{self, Judged, Missed, Runs, Start, Trigger},
    tree::{ReadError, Tree},
};

/// Bytes of stack for parsers, which go as deep as their input is nested: only what is used is taken.
const STACK: usize = 512 << 20;

/// Judges what was read.
///
/// # Errors
///
/// [`ReadError::Thread`].
pub fn judge(tree: &Tree) -> Result<Report, ReadError> {
    std::thread::scope(|scope| {
        let judging =
            std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || Judge::new(tree).judge());
        let judging = judging.map_err(ReadError::Thread)?;
        Ok(judging.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

/// What a tree comes to, piece by piece.
struct Judge<'t> {
    tree: &'t Tree,
    findings: Vec<Finding>,
    gaps: Vec<Gap>,
    read: Reading,
    runs: Vec<Runs>,
    flows: flows::Flows,
}

impl<'t> Judge<'t> {
    fn new(tree: &'t Tree) -> Self {
        Self {
            tree,
            findings: tree.findings.clone(),
            gaps: tree.gaps.clone(),
            read: Reading::default(),
            runs: Vec::new(),
            flows: flows::Flows::default(),
        }
    }

    fn judge(mut self) -> Report {
        for file in &self.tree.files {
            self.read.files += 1;
            self.read.bytes += file.bytes.len() as u64;
            let form = rules::form(file);
            self.findings.extend(rules::file(file, form));
            match (form, Source::of(file)) {
                (Form::Text, Some(source)) => self.text(&source),
                (Form::Text | Form::Unknown, _) => {
                    self.gap(
                        &file.path,
                        GapKind::Binary,
                        "bytes of no known form: what they do was not looked at",
                    );
                }
                (Form::Program(what), _) => {
                    self.gap(
                        &file.path,
                        GapKind::Binary,
                        format!("a {what}: what it does cannot be told from reading it"),
                    );
                }
                (Form::Document(what), _) => {
                    self.read.looked_at += 1;
                    self.gap(
                        &file.path,
                        GapKind::Binary,
                        format!("a {what}: looked at for what it starts, and not read"),
                    );
                }
                // Said when it was refused.
                (Form::Archive, _) => {}
                (Form::Media(_) | Form::Empty, _) => self.read.looked_at += 1,
            }
        }
        let started = self.started();
        let (found, more, gaps) = self.flows.judge(&started);
        self.findings.extend(found);
        self.gaps.extend(gaps);
        self.runs.extend(more);
        self.starters();
        Report::new(self.tree, self.findings, self.gaps, self.read)
    }

    fn gap(&mut self, file: &str, kind: GapKind, sentence: impl Into<String>) {
        self.gaps.push(Gap::new(file, kind, sentence));
    }

    fn text(&mut self, source: &Source<'_>) {
        self.findings.extend(rules::text(source));
        let (starts, findings, missed) = start::read(source);
        match missed {
            Missed::Nothing => {}
            Missed::End => {
                self.gap(
                    source.path,
                    GapKind::TooLarge,
                    "longer than is read for commands: its beginning was",
                );
            }
            Missed::All => {
                self.gap(
                    source.path,
                    GapKind::Unparsed,
                    "a file of settings that is not of its form: commands in it were not read",
                );
            }
        }
        self.findings.extend(findings);
        for start in &starts {
            self.start(start);
        }
        let name = source.name();
        if name == ".env" || name.starts_with(".env.") {
            self.flows.flow.set_environment(source.text);
        }
        if source.ending() == "json"
            && let Some(node) = source.doc(Format::Json)
        {
            self.flows.flow.add_document(source.path, &node);
        }
        match dialect(source) {
            Some((dialect, ending)) => match code::read(source.text, dialect, &ending) {
                Ok(program) => {
                    self.read.parsed += usize::from(dialect != Dialect::Loose);
                    self.read.searched += usize::from(dialect == Dialect::Loose);
                    if !program.whole {
                        self.gap(source.path, GapKind::Unparsed, "nested or long beyond what is followed");
                    }
                    self.flows.add(source.path, 1, program, dialect);
                }
                Err(why) => {
                    self.read.searched += 1;
                    let sentence = match why {
                        Unread::TooMuch => "longer, or nested deeper, than is parsed: searched as text",
                        Unread::Syntax => "the parser does not take it: searched as text, and by its words",
                    };
                    self.gap(source.path, GapKind::Unparsed, sentence);
                    if why == Unread::Syntax
                        && let Ok(program) = code::read(source.text, Dialect::Loose, "")
                    {
                        self.flows.add(source.path, 1, program, dialect);
                    }
                }
            },
            None => self.read.searched += 1,
        }
    }

    /// What a command that is started does, and what it runs in turn.
    fn start(&mut self, start: &Start) {
        let Judged { findings, runs, inline } = start::judge(start);
        self.findings.extend(findings);
        self.runs.extend(runs);
        for (language, code, line) in inline {
            self.inline(start, language, &code, line);
        }
    }

    /// Code within a command line.
    fn inline(&mut self, start: &Start, language: Language, code: &str, line: u32) {
        let dialect = code::dialect_of(language);
        let read = code::read(code, dialect, "js").or_else(|_| code::read(code, Dialect::Loose, ""));
        if let Ok(program) = read {
            self.flows.add_inline(start, line, program, dialect);
        }
    }

    /// The files that something starts by itself, by path.
    fn started(&self) -> BTreeMap<String, Trigger> {
        let mut started = BTreeMap::new();
        for runs in &self.runs {
            if let Some(path) = self.target(runs) {
                let known = started.entry(path).or_insert(runs.start.trigger);
                *known = (*known).min(runs.start.trigger);
            }
        }
        started
    }

    /// The file of the tree that a command names, from its own folder or from the top.
    fn target(&self, runs: &Runs) -> Option<String> {
        let near = place::beside(&runs.start.file, &runs.named);
        let mut folder = runs.start.file.as_str();
        let mut tried = vec![near];
        // Commands of editors and hooks count from the top of the repository.
        while let Some(at) = folder.rfind('/') {
            folder = &folder[..at];
            tried.push(place::beside(folder, &runs.named));
        }
        let endings = ["", ".js", ".cjs", ".mjs", ".ts", "/index.js", ".py", ".sh"];
        let all = tried.iter().flat_map(|path| endings.iter().map(move |ending| format!("{path}{ending}")));
        all.into_iter().find(|path| self.tree.files.binary_search_by(|file| file.path.cmp(path)).is_ok())
    }

    /// Whoever starts a file with something grave in it is told of too: that is the line to look at.
    fn starters(&mut self) {
        let mut more = Vec::new();
        for runs in &self.runs {
            let Some(path) = self.target(runs) else { continue };
            let worst = self
                .findings
                .iter()
                .filter(|finding| finding.file == path && finding.severity >= Severity::High)
                .max_by_key(|finding| finding.severity);
            if let Some(worst) = worst {
                let what = format!("runs {}, and there: {}", crate::defang::defang(&path), worst.title);
                let finding = start::finding(&runs.start, worst.severity, runs.start.line, &what);
                more.push(finding.attack(&worst.attack));
            }
        }
        self.findings.append(&mut more);
        // A weak word about something that a strong one is said of is noise.
        let grave: Vec<(String, Option<u32>, CheckId)> = self
            .findings
            .iter()
            .filter(|finding| finding.severity >= Severity::High)
            .map(|finding| (finding.file.clone(), finding.line, finding.id))
            .collect();
        self.findings.retain(|finding| {
            finding.severity >= Severity::Medium
                || !grave.iter().any(|(file, line, id)| {
                    *file == finding.file && *line == finding.line && *id == finding.id
                })
        });
    }
}

/// How a text is read as code: by its ending, or by what its first line names.
fn dialect(source: &Source<'_>) -> Option<(Dialect, String)> {
    let ending = source.ending();
    if source.path.ends_with(".d.ts") {
        return None;
    }
    if let Some(dialect) = code::dialect(&ending) {
        return Some((dialect, ending));
    }
    let name = source.name();
    if matches!(
        &name[..],
        "rakefile"
            | ".irbrc"
            | ".pryrc"
            | "brewfile"
            | "dangerfile"
            | "meson.build"
            | "gemfile"
            | "podfile"
            | "vagrantfile"
            | "fastfile"
            | "guardfile"
            | "jenkinsfile"
    ) {
        return Some((Dialect::Loose, ending));
    }
    if matches!(&name[..], "sconstruct" | "sconscript" | "wscript" | "tiltfile" | "snakefile" | ".pythonrc") {
        return Some((Dialect::Python, ending));
    }
    let first = source.text.lines().next().unwrap_or_default();
    let program = first.strip_prefix("#!")?;
    let by_program = [
        ("node", Dialect::JavaScript),
        ("bun", Dialect::JavaScript),
        ("deno", Dialect::JavaScript),
        ("python", Dialect::Python),
        ("ruby", Dialect::Loose),
        ("php", Dialect::Loose),
        ("perl", Dialect::Loose),
    ];
    by_program.iter().find(|(name, _)| program.contains(name)).map(|(_, dialect)| (*dialect, "js".to_owned()))
}
