//! `tracehound labels reserves`.

use std::{io::Write, path::Path};

use jiff::civil::Date;
use miette::{IntoDiagnostic, Result, miette};
use tracehound_engine::reserves::{Publication, Reserved, reserves};
use tracehound_model::text::{label, line};

use super::{super::screen, SHOWN, exit_code};
use crate::{
    args::{Common, Output, ReservesArgs},
    terminal,
};

pub(super) fn run(common: &Common, args: &ReservesArgs, today: Date, out: &mut dyn Write) -> Result<u8> {
    if args.date > today {
        return Err(miette!("{} has not come: give the day of the balances in the file", args.date));
    }
    let is_stdin = args.file == Path::new("-");
    let name = if is_stdin { screen::STDIN.to_owned() } else { args.file.display().to_string() };
    let of = Publication {
        entity: args.entity.clone(),
        source: args.source.clone(),
        licence: args.licence.clone(),
        day: args.date,
    };
    let reserved = reserves(screen::batch::file(&args.file)?, &name, of).into_diagnostic()?;
    reserved.write(matches!(common.output, Output::Json | Output::Jsonl), out).into_diagnostic()?;
    if !common.quiet {
        say(&reserved);
    }
    Ok(exit_code(reserved.gaps.is_empty()))
}

fn say(reserved: &Reserved) {
    let Reserved { labels, read, refused, not_checked, rows, gaps } = reserved;
    for row in rows.iter().take(SHOWN) {
        terminal::say(&format!("{}:{}: {}", label(&row.file), row.line, line(&row.reason)));
    }
    let more = (refused + not_checked).saturating_sub(SHOWN as u64);
    if more > 0 {
        terminal::say(&format!("and {more} more"));
    }
    terminal::say(&format!("{} wallets by their signatures in {read} rows", labels.len()));
    for gap in gaps {
        terminal::say(&format!("Gap: {}", line(gap)));
    }
}
