//! `tracehound labels correct`, `corrections` and `withdraw`.

use std::io::Write;

use jiff::civil::Date;
use miette::{IntoDiagnostic, Result, miette};
use tracehound_engine::labels::{By, Corrected, Says, Wanted};
use tracehound_model::{
    Pasted,
    text::{csv_cell, label, line},
};

use super::print;
use crate::{
    args::{Common, CorrectArgs, Output},
    folder::Folder,
    output::documents,
};

pub(super) fn correct(
    common: &Common,
    data: &Folder,
    args: &CorrectArgs,
    today: Date,
    out: &mut dyn Write,
) -> Result<u8> {
    let (chain, address) = if let Some(chain) = &args.chain {
        (chain.to_string(), args.address.clone())
    } else {
        let read = Pasted::read(&args.address).into_diagnostic()?.address;
        let many = || miette!("an address of this form is on many chains: say --chain, such as eip155:1");
        (read.chain().ok_or_else(many)?.caip2().to_string(), read.to_string())
    };
    let says = match (&args.entity, &args.category, &args.not) {
        (Some(entity), Some(category), None) => Says::Is {
            entity: entity.clone(),
            concept: category.clone(),
            predicate: args.predicate,
            label: args.label.clone(),
        },
        (_, _, Some(entity)) => Says::IsNot { entity: entity.clone() },
        _ => return Err(miette!("say who it is (--entity and --category), or who it is not (--not)")),
    };
    let (by, evidence) = (args.by, args.evidence.clone());
    let wanted = Wanted { chain, address, says, by, evidence, from: args.from };
    let made = data.workspace().correct_label(wanted, today).into_diagnostic()?;
    print(common, &made, out, |made, out| writeln!(out, "{}", told(made, today)))?;
    Ok(0)
}

pub(super) fn withdraw(
    common: &Common,
    data: &Folder,
    number: u64,
    today: Date,
    out: &mut dyn Write,
) -> Result<u8> {
    let gone = data.workspace().withdraw_correction(number, today).into_diagnostic()?;
    print(common, &gone, out, |gone, out| writeln!(out, "{}", told(gone, today)))?;
    Ok(0)
}

pub(super) fn list(common: &Common, data: &Folder, today: Date, out: &mut dyn Write) -> Result<u8> {
    let all = data.workspace().label_corrections().into_diagnostic()?;
    match common.output {
        Output::Text if all.is_empty() => {
            writeln!(out, "nothing has been corrected here").into_diagnostic()?;
        }
        Output::Text => {
            all.iter().try_for_each(|one| writeln!(out, "{}", told(one, today))).into_diagnostic()?;
        }
        Output::Csv => {
            writeln!(out, "number,made,withdrawn,from,by,chain,address,entity,evidence").into_diagnostic()?;
            for one in &all {
                let day = |day: Option<Date>| day.map_or_else(String::new, |day| day.to_string());
                let cells = [
                    one.number.to_string(),
                    one.made.to_string(),
                    day(one.withdrawn),
                    day(one.from),
                    who(one.by).to_owned(),
                    one.chain.clone(),
                    one.address.clone(),
                    one.entity.clone().unwrap_or_default(),
                    one.evidence.clone(),
                ];
                writeln!(out, "{}", cells.map(|cell| csv_cell(&cell)).join(",")).into_diagnostic()?;
            }
        }
        Output::Json | Output::Jsonl => documents(out, common.output, &all).into_diagnostic()?,
    }
    Ok(0)
}

const fn who(by: By) -> &'static str {
    match by {
        By::Operator => "operator",
        By::Owner => "owner",
    }
}

fn told(one: &Corrected, today: Date) -> String {
    let entity = one.entity.as_deref().unwrap_or_default();
    let state = match (one.withdrawn, one.from) {
        (Some(day), _) => format!("withdrawn on {day}"),
        (None, Some(day)) if day > today => format!("says nothing before {day}"),
        (None, Some(day)) => format!("in force from {day} on"),
        (None, None) => "in force".to_owned(),
    };
    format!(
        "correction {} of {} by the {}: {}:{} is {}; {}; {state}",
        one.number,
        one.made,
        who(one.by),
        one.chain,
        label(&one.address),
        label(entity),
        line(&one.evidence)
    )
}
