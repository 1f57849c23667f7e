//! `tracehound labels`.

mod check;
mod correct;
mod coverage;
mod derive;
mod reserves;

use std::{io::Write, path::Path};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use miette::{IntoDiagnostic, Result, WrapErr, miette};
use tracehound_engine::{
    Document,
    labels::{
        self, Changes, Checked, InForce, Input, Keys, Labelled, Made, Marked, OnChain, Pack, Plan, Refreshed,
        Shelved, Standing, Taken, word,
    },
};
use tracehound_model::text::{csv_cell, label, line};

use super::answered::{exit_code, json};
use crate::{
    args::{
        ApplyArgs, Common, DiffArgs, ExportArgs, KeyArgs, LabelsCommand, Output, PackArgs, ShowArgs,
        VerifyArgs,
    },
    files,
    folder::Folder,
    output::documents,
    terminal,
};

/// Refused rows and changes that are shown; the rest are counted.
const SHOWN: usize = 20;
/// A key file longer than this is none.
const MAX_KEY: u64 = 4 << 10;

pub(crate) fn run(
    common: &Common,
    data: &Folder,
    command: &LabelsCommand,
    out: &mut dyn Write,
) -> Result<u8> {
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    match command {
        LabelsCommand::Pack(args) => pack(common, args, out),
        LabelsCommand::Verify(args) => verify(common, args, today, out),
        LabelsCommand::Apply(args) => apply(common, data, args, today, out),
        LabelsCommand::Diff(args) => diff(common, args, out),
        LabelsCommand::List => {
            let shelved = data.workspace().label_packs(today);
            shelf(common, &shelved, out)?;
            Ok(exit_code(shelved.unreadable.is_empty()))
        }
        LabelsCommand::Freshness => {
            let shelved = data.workspace().label_packs(today);
            shelf(common, &shelved, out)?;
            Ok(exit_code(shelved.is_fresh()))
        }
        LabelsCommand::Show(args) => show(common, data, args, today, out),
        LabelsCommand::Pool { script } => {
            let marked = labels::marks(script).into_diagnostic()?;
            print(common, &marked, out, marked_text)?;
            Ok(0)
        }
        LabelsCommand::Correct(args) => correct::correct(common, data, args, today, out),
        LabelsCommand::Corrections => correct::list(common, data, today, out),
        LabelsCommand::Withdraw { number } => correct::withdraw(common, data, *number, today, out),
        LabelsCommand::Coverage(args) => coverage::run(common, data, args, today, out),
        LabelsCommand::Check(args) => check::run(common, data, args, today, out),
        LabelsCommand::Derive(args) => derive::run(common, data, args, today, out),
        LabelsCommand::Reserves(args) => reserves::run(common, args, today, out),
        LabelsCommand::Export(args) => export(common, data, args, out),
        LabelsCommand::Remove { name } => {
            let gone = data.workspace().shelf().remove(name).into_diagnostic()?;
            writeln!(out, "{} version {} is out of force, with all that it says", gone.name, gone.version)
                .into_diagnostic()?;
            Ok(0)
        }
    }
}

fn pack(common: &Common, args: &PackArgs, out: &mut dyn Write) -> Result<u8> {
    let inputs = args.files.iter().filter(|path| *path != Path::new("-"));
    files::apart(&args.to, inputs.chain([&args.plan]).chain(&args.after))?;
    let place = || args.plan.display().to_string();
    files::plain(&args.plan).into_diagnostic().wrap_err_with(place)?;
    let text = files::text(&args.plan, files::SETTINGS).into_diagnostic().wrap_err_with(place)?;
    let plan = Plan::read(&text).map_err(|reason| miette!("{}: {}", args.plan.display(), line(&reason)))?;
    let input = |path: &std::path::PathBuf| {
        let (name, predicate) = (path.display().to_string(), args.predicate);
        if name == "-" {
            return Ok(Input {
                name: "standard input".to_owned(),
                bytes: Box::new(std::io::stdin()),
                predicate,
            });
        }
        let file = files::plain(path).into_diagnostic().wrap_err_with(|| name.clone())?;
        Ok(Input { name, bytes: Box::new(file), predicate })
    };
    let inputs = args.files.iter().map(input).collect::<Result<Vec<_>>>()?;
    let before = args.after.as_deref().map(Pack::open).transpose().into_diagnostic()?;
    let made = labels::make(plan, inputs, before.as_ref(), &args.to).into_diagnostic()?;
    for row in made.refused_rows.iter().take(SHOWN) {
        terminal::say(&format!("refused: {}:{}: {}", label(&row.file), row.line, line(&row.reason)));
    }
    if made.refused > SHOWN as u64 {
        terminal::say(&format!("and {} more", made.refused - SHOWN as u64));
    }
    for column in &made.columns_not_read {
        terminal::say(&format!("note: column `{}` is none of a label file and was not read", label(column)));
    }
    print(common, &made, out, |made, out| made_text(made, &args.to, out))?;
    Ok(exit_code(made.refused == 0))
}

fn made_text(made: &Made, to: &Path, out: &mut dyn Write) -> std::io::Result<()> {
    let Made { manifest, sha256, bytes, ended, refused, .. } = made;
    writeln!(out, "{}: {} version {}", to.display(), manifest.name, manifest.version)?;
    writeln!(
        out,
        "  {} labels of {} addresses by {} sources; {ended} ended, {refused} refused",
        manifest.labels,
        manifest.addresses,
        manifest.sources.len()
    )?;
    writeln!(out, "  {bytes} bytes, {} a label", per(*bytes, manifest.labels))?;
    writeln!(out, "  sha256 {sha256}")
}

/// A quotient with one decimal place.
fn per(whole: u64, parts: u64) -> String {
    let tenths = u128::from(whole) * 10 / u128::from(parts.max(1));
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn verify(common: &Common, args: &VerifyArgs, today: Date, out: &mut dyn Write) -> Result<u8> {
    let checked = labels::check(&args.file, keys(&args.keys)?.as_ref(), today).into_diagnostic()?;
    print(common, &checked, out, checked_text)?;
    Ok(exit_code(!checked.expired))
}

fn checked_text(checked: &Checked, out: &mut dyn Write) -> std::io::Result<()> {
    let Checked { manifest, sha256, bytes, signed_by, expired } = checked;
    writeln!(
        out,
        "{} version {} of {}, issued {}",
        manifest.name,
        manifest.version,
        label(&manifest.publisher),
        manifest.issued
    )?;
    match signed_by {
        Some(keys) => writeln!(out, "  signed by {}", keys.join(", "))?,
        None => writeln!(out, "  signatures were not looked at: no --key")?,
    }
    match (manifest.expires, expired) {
        (Some(day), true) => writeln!(out, "  TOO OLD since {day}")?,
        (Some(day), false) => writeln!(out, "  good until {day}")?,
        (None, _) => writeln!(out, "  never too old, by its own word")?,
    }
    writeln!(
        out,
        "  {} labels of {} addresses, {bytes} bytes: each may be in a pack, and lies where it is searched",
        manifest.labels, manifest.addresses
    )?;
    for (name, licence) in &manifest.licences {
        writeln!(out, "  licence {}: {}", label(name), label(&licence.terms))?;
    }
    writeln!(out, "  sha256 {sha256}")
}

fn apply(common: &Common, data: &Folder, args: &ApplyArgs, today: Date, out: &mut dyn Write) -> Result<u8> {
    let Some(file) = &args.file else { return apply_shipped(common, data, &args.only, today, out) };
    let done = data.workspace().apply_labels(file, keys(&args.keys)?, today).into_diagnostic()?;
    print(common, &done, out, |done, out| {
        let by = match done.signatures {
            Some(needed) => format!("signed by {needed} of its publisher's keys"),
            None => "unsigned: taken as your own".to_owned(),
        };
        writeln!(
            out,
            "{} version {} is in force: {} labels of {} addresses, {by}",
            done.name, done.version, done.labels, done.addresses
        )?;
        refreshed_text(done, out)
    })?;
    Ok(0)
}

/// What a pack says no more that the one before it said.
fn refreshed_text(pack: &InForce, out: &mut dyn Write) -> std::io::Result<()> {
    let Some(Refreshed { before, goes_on, silent, cleared, accusations }) = &pack.refreshed else {
        return Ok(());
    };
    if !goes_on {
        writeln!(
            out,
            "  note: it was not made from the version {before} that was in force (labels pack --after): what that said is not sure to be in \
             its history"
        )?;
    }
    if *silent > 0 {
        writeln!(
            out,
            "  note: {silent} labels of version {before} are of addresses of which it says nothing now"
        )?;
    }
    if *cleared > 0 {
        writeln!(
            out,
            "  note: {cleared} accusations of version {before} are of addresses that it accuses no more:"
        )?;
    }
    for accusation in accusations.iter().take(SHOWN) {
        writeln!(out, "    {}", line(accusation))?;
    }
    let more = cleared - accusations.len().min(SHOWN) as u64;
    if more > 0 { writeln!(out, "    and {more} more") } else { Ok(()) }
}

fn apply_shipped(
    common: &Common,
    data: &Folder,
    only: &[String],
    today: Date,
    out: &mut dyn Write,
) -> Result<u8> {
    let done = data.workspace().apply_shipped_labels(only, today).into_diagnostic()?;
    if !matches!(common.output, Output::Text) {
        let packs: Vec<InForce> = done.into_iter().map(|(pack, _)| pack).collect();
        list(common, &packs, out)?;
        return Ok(0);
    }
    for (pack, how) in &done {
        let how = match how {
            Taken::New => "shipped with this release, signed by nobody",
            Taken::There => "was in force already",
            Taken::Signed => "stays: a signed pack takes the place of the shipped one",
        };
        writeln!(
            out,
            "{} version {}: {} labels of {} addresses; {how}",
            pack.name, pack.version, pack.labels, pack.addresses
        )
        .into_diagnostic()?;
        refreshed_text(pack, out).into_diagnostic()?;
    }
    Ok(0)
}

fn diff(common: &Common, args: &DiffArgs, out: &mut dyn Write) -> Result<u8> {
    let changes = match &args.delta {
        None => labels::changes(&args.old, &args.new, None).into_diagnostic()?,
        Some(path) => {
            files::apart(path, [&args.old, &args.new])?;
            files::whole(path, |to| labels::changes(&args.old, &args.new, Some(to)).into_diagnostic())?
        }
    };
    print(common, &changes, out, changes_text)?;
    Ok(0)
}

fn changes_text(changes: &Changes, out: &mut dyn Write) -> std::io::Result<()> {
    let all: u64 = changes.counts.values().sum();
    if all == 0 {
        return writeln!(out, "nothing changed");
    }
    let counts: Vec<String> = changes.counts.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    writeln!(out, "{}", counts.join(", "))?;
    for change in changes.changes.iter().take(SHOWN) {
        writeln!(out, "  {}", line(change))?;
    }
    let more = all - changes.changes.len().min(SHOWN) as u64;
    if more > 0 { writeln!(out, "  and {more} more") } else { Ok(()) }
}

/// The packs in force, and on standard error those that cannot be read.
fn shelf(common: &Common, shelved: &Shelved, out: &mut dyn Write) -> Result<()> {
    let Shelved { packs, unreadable } = shelved;
    // Where none could be read, it is not known that none is in force.
    if !packs.is_empty() || unreadable.is_empty() || common.output != Output::Text {
        list(common, packs, out)?;
    }
    for why in unreadable {
        terminal::say(&format!("Gap: {}", line(why)));
    }
    Ok(())
}

fn list(common: &Common, packs: &[InForce], out: &mut dyn Write) -> Result<()> {
    match common.output {
        Output::Text if packs.is_empty() => {
            writeln!(out, "no pack of labels is in force: tracehound labels apply FILE takes one in")
        }
        Output::Text => packs.iter().try_for_each(|pack| {
            let by = match pack.signatures {
                Some(needed) => format!("{needed} signatures of {}", label(&pack.publisher)),
                None if pack.shipped => "shipped with this release, signed by nobody".to_owned(),
                None => format!("your own, by {}", label(&pack.publisher)),
            };
            let age = match (pack.expires, pack.expired) {
                (Some(day), true) => format!("TOO OLD since {day}"),
                (Some(day), false) => format!("good until {day}"),
                (None, _) => "never too old, by its own word".to_owned(),
            };
            writeln!(
                out,
                "{} version {} of {}: {} labels of {} addresses; {by}; {age}",
                pack.name, pack.version, pack.issued, pack.labels, pack.addresses
            )?;
            let licences: Vec<_> = pack.licences.keys().map(|name| label(name)).collect();
            writeln!(out, "  licences: {}", licences.join(", "))
        }),
        Output::Csv => {
            writeln!(out, "name,version,issued,expires,expired,signatures,shipped,labels,addresses,sha256")
                .and_then(|()| {
                    packs.iter().try_for_each(|pack| {
                        let cells = [
                            pack.name.clone(),
                            pack.version.to_string(),
                            pack.issued.to_string(),
                            pack.expires.map_or_else(String::new, |day| day.to_string()),
                            pack.expired.to_string(),
                            pack.signatures.map_or_else(String::new, |needed| needed.to_string()),
                            pack.shipped.to_string(),
                            pack.labels.to_string(),
                            pack.addresses.to_string(),
                            pack.sha256.clone(),
                        ];
                        writeln!(out, "{}", cells.map(|cell| csv_cell(&cell)).join(","))
                    })
                })
        }
        Output::Json | Output::Jsonl => documents(out, common.output, packs),
    }
    .into_diagnostic()
}

fn show(common: &Common, data: &Folder, args: &ShowArgs, today: Date, out: &mut dyn Write) -> Result<u8> {
    let labelled = data.workspace().labelled(&args.address, args.on.unwrap_or(today)).into_diagnostic()?;
    print(common, &labelled, out, labelled_text)?;
    Ok(exit_code(labelled.gaps.is_empty()))
}

fn labelled_text(labelled: &Labelled, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(out, "{}", label(&labelled.subject))?;
    if labelled.chains.is_empty() {
        writeln!(
            out,
            "  no pack in force says anything about it on {}: not labelled is not known",
            labelled.day
        )?;
    }
    for chain in &labelled.chains {
        chain_text(chain, out)?;
    }
    if !labelled.packs.is_empty() {
        let searched: Vec<String> =
            labelled.packs.iter().map(|pack| format!("{} version {}", pack.name, pack.version)).collect();
        writeln!(out, "  Searched: {}", searched.join(", "))?;
    }
    labelled.gaps.iter().try_for_each(|gap| writeln!(out, "  Gap: {}", line(gap)))
}

fn chain_text(OnChain { chain, name, statements }: &OnChain, out: &mut dyn Write) -> std::io::Result<()> {
    match name {
        Some(name) => {
            let standing = match name.standing {
                Standing::Single => "one family of sources says so",
                Standing::Agreed => "families of sources agree",
                Standing::NameDisputed => "DISPUTED: others accuse somebody else",
                Standing::Disputed => "DISPUTED: others say otherwise",
            };
            let is = word(name.predicate);
            writeln!(
                out,
                "  {chain}: {is} {} ({}), confidence {}; {standing}",
                label(&name.entity),
                name.category,
                name.confidence.0
            )?;
        }
        None => writeln!(out, "  {chain}: nobody is named")?,
    }
    for said in statements {
        let nature = match said.nature {
            labels::Nature::Entity => "",
            labels::Nature::Asset => ", an asset",
            labels::Nature::Victim => ", a victim of an exploit",
        };
        let entity = match &said.entity {
            Some(entity) if said.nature == labels::Nature::Entity => format!(" ({})", label(entity)),
            _ => String::new(),
        };
        writeln!(
            out,
            "    {}{entity}{nature}: {} of {}, confidence {} [{}]",
            label(&said.label),
            label(&said.source),
            label(&said.version),
            said.confidence.0,
            said.pack
        )?;
        if let Some(correction) = &said.correction {
            writeln!(out, "      correction {}: {}", correction.number, line(&correction.evidence))?;
        }
    }
    Ok(())
}

fn marked_text(marked: &Marked, out: &mut dyn Write) -> std::io::Result<()> {
    if marked.marks.is_empty() {
        return writeln!(out, "no mark that is known: that says nothing of who found the block");
    }
    marked.marks.iter().try_for_each(|mark| {
        writeln!(
            out,
            "{} by its mark `{}` ({} of {}), confidence {}: anybody can write it",
            label(&mark.entity),
            label(&mark.tag),
            label(&mark.provenance.source),
            label(&mark.provenance.version),
            mark.confidence.0
        )
    })
}

fn export(common: &Common, data: &Folder, args: &ExportArgs, out: &mut dyn Write) -> Result<u8> {
    let as_json = matches!(common.output, Output::Json | Output::Jsonl);
    data.workspace().export_labels(&args.pack, as_json, out).into_diagnostic()?;
    Ok(0)
}

/// The keys that were given: a file, or the key itself.
fn keys(args: &KeyArgs) -> Result<Option<Keys>> {
    if args.key.is_empty() {
        return Ok(None);
    }
    let read = |key: &String| {
        if !Path::new(key).exists() {
            return Ok(key.clone());
        }
        let text = files::plain(Path::new(key)).and_then(|_| files::text(Path::new(key), MAX_KEY));
        text.into_diagnostic().wrap_err_with(|| key.clone())
    };
    let texts = args.key.iter().map(read).collect::<Result<Vec<_>>>()?;
    let needed = args.needed.unwrap_or(texts.len().min(2));
    Keys::new(texts.iter().map(String::as_str), needed).map(Some).into_diagnostic()
}

fn print<T: Document>(
    common: &Common,
    answer: &T,
    out: &mut dyn Write,
    text: impl Fn(&T, &mut dyn Write) -> std::io::Result<()>,
) -> Result<()> {
    match common.output {
        Output::Text | Output::Csv => text(answer, out).into_diagnostic(),
        Output::Json | Output::Jsonl => json(out, common.output, answer),
    }
}
