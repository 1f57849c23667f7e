//! `tracehound guard`: read the files, ask the library, print.

mod proxy;

use std::{
    io::{Read, Write},
    path::Path,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use miette::{IntoDiagnostic, Result, WrapErr, miette};
use tracehound_engine::guard::{self as engine, HttpNode, Named, SafeOnChain, Told, Watched, Watching};
use tracehound_evm::{
    rpc::{HttpLimits, Rpc},
    safe_service::{Fetched, SafeService},
};
use tracehound_guard::{
    Facts, Policy, Report, ask, check_message, check_queue, check_tx, check_typed,
    erc7730::Descriptor,
    json::MAX_BYTES,
    place::Standing,
    safe::{Asked, Listed},
    text::clean,
    watch::{News, first_mismatch},
};
use tracehound_model::endpoint::Endpoint;
use tracehound_simulate::State;

use super::answered::json;
use crate::{
    args::{
        Common, Given, GuardArgs, GuardCommand, GuardContextArgs, GuardContextCommand, GuardPolicyCommand,
        GuardSafeArgs, GuardWatchArgs, Output,
    },
    files,
    folder::Folder,
    progress, terminal,
};

pub(crate) fn run(common: &Common, data: &Folder, command: &GuardCommand, out: &mut dyn Write) -> Result<u8> {
    let (args, check): (&GuardArgs, engine::Check<'_>) = match command {
        GuardCommand::Safe(args) => {
            let report = safe(data, args)?;
            print(common, &report, out)?;
            return Ok(report.exit_code);
        }
        GuardCommand::Tx(args) => (args, &check_tx),
        GuardCommand::Typed(args) => (args, &check_typed),
        GuardCommand::Message(args) => (args, &check_message),
        GuardCommand::Watch(args) => return watch(common, data, args, out),
        GuardCommand::Proxy(args) => return proxy::run(data, args),
        GuardCommand::Policy(command) => return policy(command, out),
        GuardCommand::Context(GuardContextCommand::Init(args)) => return context(args, out),
    };
    let report = judge(data, args, None, check, &read_input(&args.file)?)?;
    print(common, &report, out)?;
    Ok(report.exit_code)
}

/// Reads Safe transactions from wherever they come, and judges them.
fn safe(data: &Folder, args: &GuardSafeArgs) -> Result<Report> {
    let mut asked = Asked { pick: args.tx.unwrap_or_default(), ..Asked::default() };
    let service = |base: &str| {
        let key = args.safe_key.as_ref().map(|key| key.read("the key to the service")).transpose()?;
        SafeService::new(base, key).into_diagnostic()
    };
    let fetched = match Source::of(&args.guard.file)? {
        Source::Safe(named) => {
            let SafeOnChain { chain_id, safe } = named;
            if let Some(other) = args.guard.chain_id.filter(|other| *other != chain_id) {
                return Err(miette!("the Safe is named on chain {chain_id}, and --chain-id says {other}"));
            }
            (asked.safe, asked.chain_id) = (Some(safe.0), Some(chain_id));
            let base = match &args.safe_service {
                Some(given) => given.read("the address of the service")?,
                None => named.service().into_diagnostic()?,
            };
            let which = engine::which(asked.pick).into_diagnostic()?;
            let fetched = service(&base)?.transactions(&safe.0.to_string(), &which);
            fetched
                .into_diagnostic()
                .wrap_err_with(|| format!("asking for the transactions of {}", safe.0))?
        }
        Source::Service(url) => service(&url)?.list().into_diagnostic()?,
        Source::StandardInput | Source::File(_) => {
            Fetched { pages: vec![read_input(&args.guard.file)?], ..Fetched::default() }
        }
    };
    let pages: Vec<&[u8]> = fetched.pages.iter().map(Vec::as_slice).collect();
    let listed = Listed { pages: &pages, past: fetched.past.as_deref(), unread: &fetched.unread };
    let first = pages.first().copied().unwrap_or_default();
    judge(data, &args.guard, asked.chain_id, &|_, context| check_queue(listed, asked, context), first)
}

/// Reads what the guard may ask, and asks it. `chain_id`: the chain of the input, where it was asked for by that.
fn judge(
    data: &Folder,
    args: &GuardArgs,
    chain_id: Option<u64>,
    check: engine::Check<'_>,
    input: &[u8],
) -> Result<Report> {
    let policy = match &args.policy {
        Some(file) => read_policy(file)?,
        None => Policy::default(),
    };
    let mut facts = facts(args)?;
    if let (Some(here), Some(known)) = (chain_id, facts.chain_id)
        && here != known
    {
        return Err(miette!("the Safe is named on chain {here}, and the facts speak of chain {known}"));
    }
    facts.chain_id = chain_id.or(facts.chain_id);
    let descriptors: Vec<Descriptor> =
        args.erc7730.iter().map(|file| descriptor(file)).collect::<Result<_>>()?;
    let now = facts.now.unwrap_or_else(Timestamp::now);
    let state = args.state.as_deref().map(read_state).transpose()?;
    let mut node = args.rpc.as_ref().map(open_node).transpose()?.map(HttpNode::new);
    let lists = if args.no_lists { None } else { Some(data.claims()?.lists_for_guard(move || now)) };
    let asked = engine::Asked {
        policy: &policy,
        facts: &facts,
        descriptors: &descriptors,
        state: state.as_ref(),
        node: node.as_mut().map(|node| Named { name: node.server().to_owned(), node }),
        block: args.block,
        lists: lists.as_ref().map(|lists| lists as &dyn ask::Lists),
        now,
    };
    Ok(engine::judge(check, input, asked))
}

/// A node by its address.
pub(super) fn open_node(given: &Given) -> Result<Rpc> {
    Rpc::new(&given.read("the node's address")?, HttpLimits::default()).into_diagnostic()
}

/// A descriptor; what it includes lies beside it, and nothing else is read.
fn descriptor(file: &Path) -> Result<Descriptor> {
    let named = || format!("the descriptor {}", file.display());
    let beside = |name: &str| {
        let plain = !name.contains(['/', '\\']) && name.trim_start_matches('.').len() == name.len();
        let folder = file.parent().unwrap_or(Path::new("."));
        plain.then(|| read_input(&folder.join(name)).ok()).flatten()
    };
    let text = read_input(file).wrap_err_with(named)?;
    Descriptor::read(&text, &beside).into_diagnostic().wrap_err_with(named)
}

fn read_state(file: &Path) -> Result<State> {
    const MOST: u64 = 256 << 20;
    let named = || format!("the recorded state {}", file.display());
    let text = files::text(file, MOST).into_diagnostic().wrap_err_with(named)?;
    State::from_json(&text).into_diagnostic().wrap_err_with(named)
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
        Output::Jsonl | Output::Csv => {
            serde_json::to_writer(&mut *out, report).into_diagnostic()?;
            writeln!(out).into_diagnostic()
        }
    }
}

/// Looks again and again. A look that fails is told and tried again: a service that is away for a minute must not end the
/// watch.
fn watch(common: &Common, data: &Folder, args: &GuardWatchArgs, out: &mut dyn Write) -> Result<u8> {
    if args.safe.guard.file == Path::new("-") {
        return Err(miette!("standard input can be read once only: watch a file or an address"));
    }
    // What names neither will not come to.
    Source::of(&args.safe.guard.file)?;
    progress::end_on_interrupt();
    let mut watching = Watching::default();
    let mut looks = 0;
    loop {
        let looked = safe(data, &args.safe);
        looks += 1;
        match looked {
            Ok(report) => {
                let look = watching.saw(&report);
                tell(common, &report, &look.news, out)?;
                if look.alarms && !args.keep_going {
                    break;
                }
            }
            Err(error) => {
                watching.missed();
                terminal::say(&format!("{}  not looked at: {}", now(), terminal::told(&error)));
            }
        }
        if args.looks.is_some_and(|most| looks >= most) || !pause(Duration::from_secs(args.every)) {
            break;
        }
    }
    Ok(watching.verdict().exit_code())
}

fn now() -> Timestamp {
    Timestamp::from_second(Timestamp::now().as_second()).unwrap_or_default()
}

/// Waits; false when Ctrl-C was pressed meanwhile.
fn pause(time: Duration) -> bool {
    let end = Instant::now() + time;
    while Instant::now() < end {
        if progress::interrupted().is_break() {
            return false;
        }
        std::thread::sleep(Duration::from_millis(100).min(end.saturating_duration_since(Instant::now())));
    }
    true
}

fn tell(common: &Common, report: &Report, news: &News, out: &mut dyn Write) -> Result<()> {
    if news.is_empty() {
        return Ok(());
    }
    let first = first_mismatch(report);
    match common.output {
        Output::Text => {
            for title in &news.arrived {
                writeln!(out, "{}  new: {}", now(), clean(title)).into_diagnostic()?;
            }
            if let Some(first) = first.filter(|_| news.alarms()) {
                let when = first.date.as_deref().unwrap_or("at an unknown time");
                let whose = first.claimed.as_deref().unwrap_or("nobody known");
                let said = format!("FIRST WRONG SIGNATURE: that of {whose}, collected {when}");
                writeln!(out, "{}  {}", now(), clean(&said)).into_diagnostic()?;
            }
            for finding in &news.findings {
                let severity = finding.severity.as_str().to_uppercase();
                writeln!(out, "{}  {severity} {}  {}", now(), finding.id.as_str(), clean(&finding.title))
                    .into_diagnostic()?;
            }
        }
        Output::Json | Output::Jsonl | Output::Csv => {
            json(out, Output::Jsonl, &Watched::new(now(), report, news))?;
        }
    }
    out.flush().into_diagnostic()
}

/// Where an input comes from.
enum Source<'a> {
    StandardInput,
    File(&'a Path),
    /// The address of a service.
    Service(String),
    /// A Safe, whose transactions a service knows.
    Safe(SafeOnChain),
}

impl<'a> Source<'a> {
    fn of(file: &'a Path) -> Result<Self> {
        let given = match file.to_str().map(str::parse::<Given>) {
            _ if file == Path::new("-") => return Ok(Self::StandardInput),
            Some(Ok(given)) => given,
            _ => return Ok(Self::File(file)),
        };
        if let Some(safe) = SafeOnChain::parse(file.to_str().unwrap_or_default()).into_diagnostic()? {
            return Ok(Self::Safe(safe));
        }
        let address = given.read("the address of the service")?;
        match Endpoint::parse(&address) {
            Ok(_) => Ok(Self::Service(address)),
            Err(_) if given.is_open() => Ok(Self::File(file)),
            Err(error) => Err(miette!("{} holds no address of a service: {error}", file.display())),
        }
    }
}

/// The input. One byte more than is allowed is read, so that the library can say so.
fn read_input(file: &Path) -> Result<Vec<u8>> {
    let most = MAX_BYTES as u64 + 1;
    let mut bytes = Vec::new();
    match Source::of(file)? {
        Source::Service(url) => {
            let limits = HttpLimits { body: most, ..HttpLimits::default() };
            return Rpc::new(&url, limits).and_then(|service| service.get()).into_diagnostic();
        }
        Source::Safe(_) => {
            return Err(miette!(
                "{} is a Safe: `guard safe` and `guard watch` ask for its transactions",
                file.display()
            ));
        }
        Source::StandardInput => {
            let read = std::io::stdin().take(most).read_to_end(&mut bytes).into_diagnostic();
            read.wrap_err("reading standard input")?;
        }
        Source::File(file) => {
            let opened = std::fs::File::open(file).into_diagnostic();
            let opened = opened.wrap_err_with(|| format!("opening {}", file.display()))?;
            let read = opened.take(most).read_to_end(&mut bytes).into_diagnostic();
            read.wrap_err_with(|| format!("reading {}", file.display()))?;
        }
    }
    // What should have written it has failed: that nothing bad stands in it says nothing.
    if bytes.trim_ascii().is_empty() {
        return Err(miette!("{} is empty: there is nothing to read", file.display()));
    }
    Ok(bytes)
}

fn read_policy(file: &Path) -> Result<Policy> {
    let text = files::text(file, files::SETTINGS)
        .into_diagnostic()
        .wrap_err_with(|| format!("reading the policy {}", file.display()))?;
    Policy::parse(&text).into_diagnostic().wrap_err_with(|| file.display().to_string())
}

/// A context file; nothing where none is named.
fn read_context(file: Option<&Path>) -> Result<Facts> {
    let Some(file) = file else { return Ok(Facts::default()) };
    let text = files::text(file, files::SETTINGS)
        .into_diagnostic()
        .wrap_err_with(|| format!("reading the context {}", file.display()))?;
    Facts::parse(&text).into_diagnostic().wrap_err_with(|| file.display().to_string())
}

/// The context file, and what the command line says instead.
fn facts(args: &GuardArgs) -> Result<Facts> {
    let told = Told {
        chain_id: args.chain_id,
        origin: args.origin.clone(),
        now: args.now,
        account: args.account.clone(),
        safe: args.safe.clone(),
        safe_version: args.safe_version.clone(),
        owners: args.owner.clone(),
        threshold: args.threshold,
        nonce: args.nonce,
        shown: [args.device_domain.clone(), args.device_message.clone(), args.device_hash.clone()],
    };
    told.over(read_context(args.context.as_deref())?, Timestamp::now()).into_diagnostic()
}

fn context(args: &GuardContextArgs, out: &mut dyn Write) -> Result<u8> {
    let mut node = HttpNode::new(open_node(&args.rpc)?);
    let named = SafeOnChain::parse(&args.safe).into_diagnostic()?;
    let chain_id = named.map(|named| named.chain_id);
    if let (Some(named), Some(asked)) = (chain_id, args.chain_id)
        && named != asked
    {
        return Err(miette!("the Safe is named on chain {named}, and --chain-id says {asked}"));
    }
    let safe = match named {
        Some(named) => named.safe,
        None => engine::address(&args.safe).into_diagnostic()?,
    };
    let wanted = engine::Wanted {
        safe,
        pins: args.pin.iter().map(|pin| engine::address(pin)).collect::<Result<_, _>>().into_diagnostic()?,
        chain_id: args.chain_id.or(chain_id),
        block: args.block,
    };
    let name = node.server().to_owned();
    let text = engine::context(Named { node: &mut node, name }, &wanted).into_diagnostic()?;
    write_new(args.file.as_deref(), &text, "context", out)?;
    Ok(0)
}

/// Writes a settings file where there is none, or to standard output.
fn write_new(file: Option<&Path>, text: &str, what: &str, out: &mut dyn Write) -> Result<()> {
    let Some(file) = file else { return write!(out, "{text}").into_diagnostic() };
    let created = std::fs::OpenOptions::new().write(true).create_new(true).open(file);
    let mut created = created
        .into_diagnostic()
        .wrap_err_with(|| format!("creating {} (an existing {what} is never replaced)", file.display()))?;
    created.write_all(text.as_bytes()).into_diagnostic()?;
    writeln!(out, "written: {}", file.display()).into_diagnostic()
}

fn policy(command: &GuardPolicyCommand, out: &mut dyn Write) -> Result<u8> {
    match command {
        GuardPolicyCommand::Init { file, book } => {
            let text = engine::policy_with(book).into_diagnostic()?;
            write_new(file.as_deref(), &text, "policy", out)?;
        }
        GuardPolicyCommand::Check { file } => {
            let policy = read_policy(file)?;
            let hash = policy.hash.get(..12).unwrap_or_default();
            writeln!(
                out,
                "valid: {}, {} trusted, {} in the address book, {} blocked, hash {hash}",
                policy.name,
                policy.count(Standing::Trusted),
                policy.count(Standing::Known),
                policy.count(Standing::Blocked)
            )
            .into_diagnostic()?;
            for line in policy.outdated() {
                writeln!(out, "{}", clean(&line)).into_diagnostic()?;
            }
        }
        GuardPolicyCommand::Explain { file } => {
            let policy = match file {
                Some(file) => read_policy(file)?,
                None => Policy::default(),
            };
            for line in policy.explain() {
                writeln!(out, "{}", clean(&line)).into_diagnostic()?;
            }
        }
    }
    Ok(0)
}
