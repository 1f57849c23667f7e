//! `tracehound guard`: read the files, ask the library, print.

mod proxy;

use std::{
    io::{Read, Write},
    path::Path,
};

use jiff::Timestamp;
use miette::{IntoDiagnostic, Result, WrapErr, miette};
use tracehound_guard::{
    Facts, Policy, Report, Setting, check_message, check_safe, check_tx, check_typed,
    facts::Shown,
    json::MAX_BYTES,
    policy::DEFAULT,
    scalar::{Account, Scalars, strict_address},
};

use crate::args::{Common, GuardArgs, GuardCommand, GuardPolicyCommand, Output};

/// One of the guard's readings of an input.
type Check = fn(&[u8], Setting<'_>) -> Report;

pub(crate) fn run(common: &Common, command: &GuardCommand, out: &mut dyn Write) -> Result<u8> {
    let (args, check): (&GuardArgs, Check) = match command {
        GuardCommand::Safe(args) => (args, check_safe),
        GuardCommand::Tx(args) => (args, check_tx),
        GuardCommand::Typed(args) => (args, check_typed),
        GuardCommand::Message(args) => (args, check_message),
        GuardCommand::Proxy(args) => return proxy::run(args),
        GuardCommand::Policy(command) => return policy(command, out),
    };
    let policy = match &args.policy {
        Some(file) => read_policy(file)?,
        None => Policy::default(),
    };
    let facts = facts(args)?;
    let input = read_input(&args.file)?;
    let report = check(&input, Setting::new(&policy, &facts));
    print(common, &report, out)?;
    Ok(report.exit_code)
}

fn print(common: &Common, report: &Report, out: &mut dyn Write) -> Result<()> {
    match common.output {
        Output::Text => {
            let mut text = String::new();
            tracehound_guard::text::write(&mut text, report).into_diagnostic()?;
            out.write_all(text.as_bytes()).into_diagnostic()
        }
        Output::Json => {
            serde_json::to_writer_pretty(&mut *out, report).into_diagnostic()?;
            writeln!(out).into_diagnostic()
        }
        Output::Jsonl => {
            serde_json::to_writer(&mut *out, report).into_diagnostic()?;
            writeln!(out).into_diagnostic()
        }
        Output::Csv => Err(miette!("a report is no table: use --output text, json or jsonl")),
    }
}

/// The input, `-` for standard input. One byte more than is allowed is read, so that the library can say so.
fn read_input(file: &Path) -> Result<Vec<u8>> {
    let most = MAX_BYTES as u64 + 1;
    let mut bytes = Vec::new();
    if file == Path::new("-") {
        std::io::stdin()
            .take(most)
            .read_to_end(&mut bytes)
            .into_diagnostic()
            .wrap_err("reading standard input")?;
    } else {
        let opened = std::fs::File::open(file).into_diagnostic();
        let opened = opened.wrap_err_with(|| format!("opening {}", file.display()))?;
        let read = opened.take(most).read_to_end(&mut bytes).into_diagnostic();
        read.wrap_err_with(|| format!("reading {}", file.display()))?;
    }
    Ok(bytes)
}

fn read_policy(file: &Path) -> Result<Policy> {
    let text = std::fs::read_to_string(file)
        .into_diagnostic()
        .wrap_err_with(|| format!("reading the policy {}", file.display()))?;
    Policy::parse(&text).into_diagnostic().wrap_err_with(|| file.display().to_string())
}

/// The facts file, and what the command line says instead.
fn facts(args: &GuardArgs) -> Result<Facts> {
    let mut facts = match &args.facts {
        Some(file) => {
            let text = std::fs::read_to_string(file)
                .into_diagnostic()
                .wrap_err_with(|| format!("reading the facts {}", file.display()))?;
            Facts::parse(&text).into_diagnostic().wrap_err_with(|| file.display().to_string())?
        }
        None => Facts::default(),
    };
    facts.chain_id = args.chain_id.or(facts.chain_id);
    facts.origin = args.origin.clone().or(facts.origin);
    facts.now = match (args.now, facts.now) {
        (Some(now), _) | (None, Some(now)) => Some(now),
        (None, None) => Some(Timestamp::now()),
    };
    if let Some(account) = &args.account {
        facts.account = Some(address(account)?);
    }
    safe_facts(args, &mut facts)?;
    let mut shown = facts.shown.take().unwrap_or_default();
    for (given, into) in [
        (&args.device_domain, &mut shown.domain),
        (&args.device_message, &mut shown.message),
        (&args.device_hash, &mut shown.digest),
    ] {
        if let Some(text) = given {
            *into = Some(hash(text)?);
        }
    }
    facts.shown = (shown != Shown::default()).then_some(shown);
    Ok(facts)
}

fn safe_facts(args: &GuardArgs, facts: &mut Facts) -> Result<()> {
    let said = args.safe.is_some()
        || args.safe_version.is_some()
        || args.threshold.is_some()
        || args.nonce.is_some()
        || !args.owner.is_empty();
    if !said {
        return Ok(());
    }
    if facts.safe.len() > 1 {
        return Err(miette!("the facts file names several Safes: say there what is known of each"));
    }
    let mut known = facts.safe.pop().unwrap_or_default();
    if let Some(safe) = &args.safe {
        known.address = Some(address(safe)?);
    }
    known.version = match &args.safe_version {
        Some(version) => Some(version.parse().into_diagnostic()?),
        None => known.version,
    };
    known.threshold = args.threshold.or(known.threshold);
    known.nonce = args.nonce.or(known.nonce);
    if !args.owner.is_empty() {
        known.owners = args.owner.iter().map(|owner| address(owner)).collect::<Result<_>>()?;
    }
    facts.safe.push(known);
    Ok(())
}

fn address(text: &str) -> Result<Account> {
    strict_address(text).map(Account).into_diagnostic()
}

/// A hash typed from a device: upper or lower case, with or without `0x` and blanks.
fn hash(text: &str) -> Result<tracehound_guard::scalar::Hash> {
    let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase();
    let digits = format!("0x{}", digits.trim_start_matches("0x"));
    let bytes = Scalars::default().bytes_text(&digits, "the hash on the device").into_diagnostic()?;
    let word = <[u8; 32]>::try_from(&bytes[..]);
    let word = word.map_err(|_| miette!("{text:?} has {} bytes; a hash has 32", bytes.len()))?;
    Ok(tracehound_guard::scalar::Hash(word.into()))
}

fn policy(command: &GuardPolicyCommand, out: &mut dyn Write) -> Result<u8> {
    match command {
        GuardPolicyCommand::Init { file: None } => write!(out, "{DEFAULT}").into_diagnostic()?,
        GuardPolicyCommand::Init { file: Some(file) } => {
            let created = std::fs::OpenOptions::new().write(true).create_new(true).open(file);
            let mut created = created.into_diagnostic().wrap_err_with(|| {
                format!("creating {} (an existing policy is never replaced)", file.display())
            })?;
            created.write_all(DEFAULT.as_bytes()).into_diagnostic()?;
            writeln!(out, "written: {}", file.display()).into_diagnostic()?;
        }
        GuardPolicyCommand::Check { file } => {
            let policy = read_policy(file)?;
            let hash = policy.hash.get(..12).unwrap_or_default();
            writeln!(
                out,
                "valid: {}, {} trusted, {} in the address book, {} blocked, hash {hash}",
                policy.name,
                policy.trusted.len(),
                policy.book.len(),
                policy.blocked.len()
            )
            .into_diagnostic()?;
        }
        GuardPolicyCommand::Explain { file } => {
            let policy = match file {
                Some(file) => read_policy(file)?,
                None => Policy::default(),
            };
            for line in policy.explain() {
                writeln!(out, "{line}").into_diagnostic()?;
            }
        }
    }
    Ok(0)
}
