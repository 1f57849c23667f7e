//! `tracehound lists`.

use std::{
    fs::File,
    io::{Read, Write},
    path::Path,
};

use jiff::Timestamp;
use miette::{IntoDiagnostic, Result, WrapErr, miette};
use tracehound_attribution::{
    folder::AttributionFolder,
    import::{Account, Defaults, Format, Options, SourceOptions},
    pack::is_pack,
    store::ImportReport,
};
use tracehound_engine::lists::{Imported, Loaded};
use tracehound_model::{
    Confidence, SourceId,
    text::{clean, label, line},
};

use super::{answered::json, packs};
use crate::{
    args::{Common, ImportArgs, ListsCommand, Output, RejectArgs},
    folder::Folder,
    output::{csv_cell, documents},
};

/// Warnings shown in full; the rest are counted.
const SHOWN_WARNINGS: usize = 20;
/// Columns shown as not read; the rest are counted.
const SHOWN_NAMES: usize = 12;

pub(crate) fn run(common: &Common, data: &Folder, command: &ListsCommand, out: &mut dyn Write) -> Result<u8> {
    let folder = AttributionFolder::new(data.attribution());
    match command {
        ListsCommand::Import(args) => import(common, &folder, args, out),
        ListsCommand::Update(args) => super::update::run(common, data, args, out),
        ListsCommand::List => list(common, &data.claims()?.sources(), out),
        ListsCommand::Remove(args) => {
            let source = SourceId(args.source.clone());
            let gone = folder.remove(&source, Timestamp::now()).into_diagnostic()?;
            writeln!(
                out,
                "{source} is taken out: {} list versions; a list of it that is imported again is measured against what was here",
                gone.len()
            )
            .into_diagnostic()?;
            Ok(0)
        }
        ListsCommand::Freshness(args) => super::freshness::run(common, data, args, out),
        ListsCommand::Revert(args) => {
            let source = SourceId(args.source.clone());
            let gone = folder.revert(&source, args.day, Timestamp::now()).into_diagnostic()?;
            writeln!(
                out,
                "`{source}` of {} is in force again; {} later list versions taken back",
                args.day,
                gone.len()
            )
            .into_diagnostic()?;
            Ok(0)
        }
        ListsCommand::Reject(args) => reject(&folder, args, out),
        ListsCommand::Rebuild => {
            let index = folder.rebuild(Timestamp::now()).into_diagnostic()?;
            writeln!(out, "rebuilt: {} subjects, {} claims", index.subject_count(), index.claim_count())
                .into_diagnostic()?;
            Ok(0)
        }
    }
}

/// Exit code of an import that took a list and left some of it out.
pub(crate) const NOT_ALL: u8 = 30;

fn import(common: &Common, folder: &AttributionFolder, args: &ImportArgs, out: &mut dyn Write) -> Result<u8> {
    if let (Some(id), true) = (&args.source, args.files.len() > 1) {
        return Err(miette!(
            "--source {} names one list, and each of the files would be its next version, which ends what only the one before \
             holds: put them into one file, or import each under an id of its own",
            label(id)
        ));
    }
    let mut code = 0;
    let format =
        args.format.as_deref().map(|id| Format::from_id(id).ok_or_else(|| unknown_format(id))).transpose()?;
    for path in &args.files {
        let place = || path.display().to_string();
        let mut file = File::open(path).into_diagnostic().wrap_err_with(place)?;
        let head = packs::head(&mut file).into_diagnostic().wrap_err_with(place)?;
        if is_pack(&head) {
            packs::import(common, folder, path, (head, file), args, out)?;
            continue;
        }
        if args.key.is_some() {
            return Err(miette!("{} is no pack of advisories: leave --key out", path.display()));
        }
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let options = Options {
            format,
            file_name: name,
            beside: path.parent().map(Path::to_owned),
            together: args.files.clone(),
            source: SourceOptions {
                id: args.source.clone().map(SourceId),
                kind: args.kind,
                published: args.published,
                ..SourceOptions::default()
            },
            defaults: Defaults { category: args.category, confidence: args.confidence.map(Confidence) },
            accept_shrink: args.accept_shrink,
            ..Options::default()
        };
        let mut input = head.as_slice().chain(file);
        let done = folder.import(&mut input, &options, Timestamp::now());
        let mut done = done.into_diagnostic().wrap_err_with(place)?;
        if let Some(at) = args.checked_at {
            let ImportReport { source, published, .. } = &done.report;
            let said = || format!("{} is imported; --checked-at is not recorded", path.display());
            folder
                .record_word(source, *published, at, Timestamp::now())
                .into_diagnostic()
                .wrap_err_with(said)?;
            done.notes.push(format!("recorded on your word: it is all that the publisher had at {at}"));
        }
        let done = Imported::new(place(), done);
        if done.rows.left_out > 0 {
            code = NOT_ALL;
        }
        print_import(common, &done, out)?;
    }
    Ok(code)
}

fn unknown_format(id: &str) -> miette::Report {
    let known: Vec<&str> = Format::ALL.iter().map(|format| format.id()).collect();
    miette!("`{id}` is no list format: use one of {}", known.join(", "))
}

fn reject(folder: &AttributionFolder, args: &RejectArgs, out: &mut dyn Write) -> Result<u8> {
    let source = SourceId(args.source.clone());
    match folder.reject(&source, Timestamp::now()).into_diagnostic()? {
        0 => Err(miette!("no list version of `{source}` waits for an answer")),
        count => {
            let versions = if count == 1 { "list version" } else { "list versions" };
            writeln!(out, "rejected {count} {versions} of `{source}`; the one before stays in force")
                .into_diagnostic()?;
            Ok(0)
        }
    }
}

pub(crate) fn print_import(common: &Common, done: &Imported, out: &mut dyn Write) -> Result<()> {
    match common.output {
        Output::Text => import_text(done, out).into_diagnostic(),
        output => json(out, output, done),
    }
}

fn import_text(done: &Imported, out: &mut dyn Write) -> std::io::Result<()> {
    let Imported { report, rows, file, .. } = done;
    let (name, source) = (label(file), label(&report.source.0));
    write!(out, "{name}: {} as {source} of {}: ", done.format, report.published)?;
    if report.already_imported {
        let why = if done.notes.is_empty() { "imported before, nothing to do" } else { "nothing new in it" };
        writeln!(out, "{why}")?;
    } else {
        writeln!(
            out,
            "{} claims added, {} ended, {} unchanged; {}",
            report.added,
            report.ended,
            report.unchanged,
            parties(report)
        )?;
    }
    let Account { unit, total, read, refused, passed_over, left_out, nameless } = rows;
    writeln!(out, "  {total} {unit}: {read} read, {refused} refused, {passed_over} passed over")?;
    if left_out > refused {
        writeln!(out, "  {} more left out inside {unit} that were read", left_out - refused)?;
    }
    if *nameless > 0 {
        let (parties, are) = if *nameless == 1 { ("party", "is") } else { ("parties", "are") };
        writeln!(
            out,
            "  {nameless} {parties} without a name or a number {are} left out: no search by name finds them"
        )?;
    }
    if *left_out > 0 {
        writeln!(
            out,
            "  NOT ALL of the list is searched for: what was left out is named below (exit code 30)"
        )?;
    }
    for note in &done.notes {
        writeln!(out, "  {}", clean(note))?;
    }
    if !done.not_read.is_empty() {
        writeln!(out, "  not read: {}", clean(&shortened(&done.not_read)))?;
    }
    if done.without_category > 0 {
        write!(out, "  {} claims have no category: screening says review", done.without_category)?;
        match &done.proposal {
            Some(flag) => writeln!(out, "; their words suggest {flag}")?,
            // A word that is not known here stands as it is.
            None => writeln!(out, "; --category gives one to those of which the list says nothing")?,
        }
    }
    if report.already_imported {
        return Ok(());
    }
    for warning in report.warnings.iter().take(SHOWN_WARNINGS) {
        writeln!(out, "  {}: {}", label(&warning.place), line(&warning.message))?;
    }
    let more = report.warnings.len().saturating_sub(SHOWN_WARNINGS);
    if more > 0 {
        writeln!(out, "  and {more} more (--output json lists them)")?;
    }
    Ok(())
}

/// What became of the parties; a list of addresses has none.
fn parties(report: &ImportReport) -> String {
    let ImportReport { parties, parties_added, parties_ended, parties_changed, .. } = report;
    if *parties == 0 && *parties_ended == 0 {
        return "no parties".to_owned();
    }
    format!("{parties} parties: {parties_added} added, {parties_ended} ended, {parties_changed} changed")
}

fn shortened(names: &[String]) -> String {
    let shown = names.iter().take(SHOWN_NAMES).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN_NAMES) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn list(common: &Common, loaded: &[Loaded], out: &mut dyn Write) -> Result<u8> {
    match common.output {
        Output::Text => {
            for Loaded { source, versions, claims } in loaded {
                writeln!(
                    out,
                    "{:<16} {claims:>7} claims  newest {}  list versions {}  {}",
                    label(&source.id.0),
                    source.published,
                    versions.len(),
                    label(&source.title)
                )
                .into_diagnostic()?;
            }
        }
        Output::Csv => {
            writeln!(out, "source,kind,claims,newest,versions,title,publisher,url").into_diagnostic()?;
            for Loaded { source, versions, claims } in loaded {
                let kind = serde_json::to_value(source.kind).into_diagnostic()?;
                let cells = [
                    csv_cell(&source.id.0),
                    kind.as_str().unwrap_or_default().to_owned(),
                    claims.to_string(),
                    source.published.to_string(),
                    versions.len().to_string(),
                    csv_cell(&source.title),
                    csv_cell(&source.publisher),
                    csv_cell(source.url.as_deref().unwrap_or_default()),
                ];
                writeln!(out, "{}", cells.join(",")).into_diagnostic()?;
            }
        }
        output => documents(out, output, loaded).into_diagnostic()?,
    }
    Ok(0)
}
