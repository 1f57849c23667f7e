//! Those who stand behind a request, what the device shows of it, and how many of those whom it deals with are looked up.

use std::cell::RefCell;

use alloy_primitives::{Address, B256, keccak256};
use serde_json::{Value, json};
use tracehound_guard::{
    Context, Facts, Policy, Report, Severity,
    chain::{Basis, Chain, Concerned, Seen},
    check_queue, check_safe, check_tx,
    facts::AccountFacts,
    policy::DEFAULT,
    safe::{Asked, Listed},
};

const ME: &str = "0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";
const OTHER: &str = "0xa2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2";
const SAFE: &str = "0x5afe5afe5afe5afe5afe5afe5afe5afe5afe5afe";
const COLD: &str = "0xc0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ff";
const THIEF: &str = "0xbad0bad0bad0bad0bad0bad0bad0bad0bad0bad0";
const USDC: &str = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48";

/// How somebody is known to be a thief: by the policy, or by a list.
const BLOCKED: (&str, &str) = ("[[blocked]]\naddress='THIEF'\nname='a thief'\n", "");
const LISTED: (&str, &str) = ("", "[[address]]\naddress='THIEF'\nscreened='listed'\nnote='OFAC'\n");

fn policy(more: &str) -> Policy {
    let text = format!("{DEFAULT}\n[[book]]\naddress='{COLD}'\nname='cold'\n{more}");
    Policy::parse(&text).expect("a policy")
}

fn facts(of_safe: &str, more: &str) -> Facts {
    let text = format!(
        "chain-id=1\nnow='2026-02-01T00:00:00Z'\naccount='{ME}'\n[[safe]]\naddress='{SAFE}'\nversion='1.4.1'\n\
         owners=['{ME}','{OTHER}']\nthreshold=1\nnonce=7\n{of_safe}\n{more}"
    );
    Facts::parse(&text).expect("facts")
}

fn payment(to: &str, data: &str) -> Value {
    crate::whole(json!({"safe": SAFE, "to": to, "value": "1", "data": data, "operation": 0, "nonce": 7}))
}

/// The verdict and how grave what is said of the thief is.
fn of_thief(report: &Report) -> (u8, Option<Severity>) {
    let said = report.of("G-ADDR-02");
    let graves = said.iter().filter(|one| one.title.to_lowercase().contains(&THIEF[2..]));
    (report.exit_code, graves.map(|one| one.severity).max())
}

#[test]
fn whoever_owns_moves_or_answers_for_a_safe_is_screened() {
    for (blocks, lists) in [BLOCKED, LISTED] {
        let judged = |of_safe: &str, asked: &Value| {
            let policy = policy(&blocks.replace("THIEF", THIEF));
            let facts = facts(&of_safe.replace("THIEF", THIEF), &lists.replace("THIEF", THIEF));
            of_thief(&check_safe(asked.to_string().as_bytes(), Context::new(&policy, &facts)))
        };
        let pays = payment(COLD, "0x");
        assert_eq!(judged("", &pays), (0, None));
        for power in
            ["modules=['THIEF']", "guard='THIEF'", "module-guard='THIEF'", "fallback-handler='THIEF'"]
        {
            assert_eq!(judged(power, &pays), (20, Some(Severity::Block)), "{power}");
        }
        // The Safe can still be rid of him.
        let sentinel = "0000000000000000000000000000000000000000000000000000000000000001";
        let disable = format!("0xe009cfde{sentinel}{:0>64}", &THIEF[2..]);
        let mut ends = payment(SAFE, &disable);
        ends["value"] = json!("0");
        let (code, said) = judged("modules=['THIEF']", &ends);
        assert!(code == 10 && said.is_some(), "{code} {said:?}");
    }
    for (blocks, lists) in [BLOCKED, LISTED] {
        let (thief, me) = (THIEF.to_owned(), ME.to_owned());
        let policy = policy(&blocks.replace("THIEF", &thief));
        let text = format!(
            "chain-id=1\nnow='2026-02-01T00:00:00Z'\n[[safe]]\naddress='{SAFE}'\nversion='1.4.1'\n\
             owners=['{me}','{thief}']\nthreshold=1\nnonce=7\n{}",
            lists.replace("THIEF", &thief)
        );
        let facts = Facts::parse(&text).expect("facts");
        let report = check_safe(payment(COLD, "0x").to_string().as_bytes(), Context::new(&policy, &facts));
        assert_eq!(of_thief(&report), (10, Some(Severity::Review)), "an owner: {:#?}", report.findings);
    }
}

#[test]
fn whoever_sends_and_whose_code_runs_is_screened() {
    for (blocks, lists) in [BLOCKED, LISTED] {
        let policy = policy(&format!(
            "[[trusted]]\naddress='{OTHER}'\nlabel='ours'\nroles=['contract']\n{}",
            blocks.replace("THIEF", THIEF)
        ));
        let judged = |from: &str, to: &str, more: &str| {
            let text = format!(
                "chain-id=1\nnow='2026-02-01T00:00:00Z'\naccount='{from}'\n{more}{}",
                lists.replace("THIEF", THIEF)
            );
            let facts = Facts::parse(&text).expect("facts");
            let data = if to == OTHER { "0xd0e30db0" } else { "0x" };
            let asked = json!({"from": from, "to": to, "value": "0x1", "data": data, "chainId": 1});
            of_thief(&check_tx(asked.to_string().as_bytes(), Context::new(&policy, &facts)))
        };
        assert_eq!(judged(ME, COLD, ""), (0, None));
        assert_eq!(judged(THIEF, COLD, ""), (20, Some(Severity::Block)));
        let runs = |what: &str, who: &str| format!("[[address]]\naddress='{who}'\n{what}='{THIEF}'\n");
        for (to, more) in [
            (OTHER, runs("implementation", OTHER)),
            (COLD, runs("delegate", COLD)),
            (COLD, runs("delegate", ME)),
        ] {
            assert_eq!(judged(ME, to, &more), (20, Some(Severity::Block)), "{more}");
        }
    }
}

#[test]
fn a_context_that_says_of_a_safe_that_it_is_none_contradicts_itself() {
    for other in [
        "kind='eoa'".to_owned(),
        "kind='empty'".to_owned(),
        format!("kind='contract'\nimplementation='{THIEF}'"),
    ] {
        let facts = facts("", &format!("[[address]]\naddress='{SAFE}'\n{other}\n"));
        let report =
            check_safe(payment(COLD, "0x").to_string().as_bytes(), Context::new(&policy(""), &facts));
        assert!(report.exit_code == 30 && report.has("G-FACT-01"), "{other}: {:#?}", report.findings);
    }
}

/// EIP-155's own example, unsigned and signed: it sends one ether to 0x3535…35.
const UNSIGNED: &str =
    "ec098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a764000080018080";
const SIGNED: &str = "f86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83";
/// Its signing hash, as the EIP says it.
const HASH: &str = "0xdaf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53";

#[test]
fn what_the_device_shows_is_compared_or_said_not_to_be() {
    let judged = |input: &str, shown: &str| {
        let text = format!("chain-id=1\nnow='2026-02-01T00:00:00Z'\n{shown}");
        let facts = Facts::parse(&text).expect("facts");
        let report = check_tx(input.as_bytes(), Context::new(&policy(""), &facts));
        let said: Vec<Severity> = report.of("G-HASH-01").iter().map(|one| one.severity).collect();
        said
    };
    let digest = |hash: &str| format!("[shown]\ndigest='{hash}'\n");
    let wrong = format!("0x{}", "11".repeat(32));
    for raw in [UNSIGNED, SIGNED] {
        let raw = format!("0x{raw}");
        assert_eq!(judged(&raw, &digest(HASH)), [], "{raw}");
        assert_eq!(judged(&raw, &digest(&wrong)), [Severity::Block], "{raw}");
        assert_eq!(judged(&raw, &format!("[shown]\ndomain='{HASH}'\n")), [Severity::Block], "it has none");
    }
    let one = json!({"from": ME, "to": COLD, "value": "0x1", "data": "0x", "chainId": 1});
    let batch = json!({"version": "2.0.0", "chainId": "0x1", "from": ME, "atomicRequired": false,
        "calls": [{"to": COLD, "value": "0x1"}, {"to": COLD, "value": "0x2"}]});
    for input in [&one, &batch] {
        assert_eq!(judged(&input.to_string(), ""), []);
        assert_eq!(judged(&input.to_string(), &digest(&wrong)), [Severity::Incomplete], "{input}");
    }
    let authorization = json!({"chainId": 1, "address": COLD, "nonce": 3});
    // keccak256(0x05 || rlp([1, address, 3])): EIP-7702.
    let mut bytes = vec![0x05, 0xd7, 0x01, 0x94];
    bytes.extend_from_slice(COLD.parse::<Address>().expect("an address").as_slice());
    bytes.push(3);
    let hash = keccak256(bytes).to_string();
    assert_eq!(judged(&authorization.to_string(), &digest(&hash)), []);
    assert_eq!(judged(&authorization.to_string(), &digest(&wrong)), [Severity::Block]);
    // What is not there has no hash.
    let mut facts = facts("", "");
    facts.shown = Facts::parse(&digest(&wrong)).expect("facts").shown;
    let empty = json!({"count": 0, "next": null, "previous": null, "results": []}).to_string();
    let listed = Listed { pages: &[empty.as_bytes()], ..Listed::default() };
    assert_eq!(check_queue(listed, Asked::default(), Context::new(&policy(""), &facts)).exit_code, 30);
}

#[test]
fn blobs_versions_and_access_lists_are_read_at_every_door() {
    let judged = |input: &str, more: &str| {
        let facts = Facts::parse(&format!("chain-id=1\nnow='2026-02-01T00:00:00Z'\naccount='{ME}'\n"));
        check_tx(input.as_bytes(), Context::new(&policy(more), &facts.expect("facts")))
    };
    let kind =
        |kind: &str| json!({"from": ME, "to": COLD, "value": "0x1", "chainId": 1, "type": kind}).to_string();
    assert_eq!(judged(&kind("0x2"), "").exit_code, 0);
    assert_eq!(judged(&kind("0x3"), "").exit_code, 30);
    let version = |version: &str| {
        json!({"version": version, "chainId": "0x1", "from": ME, "atomicRequired": false, "calls": [{"to": COLD, "value": "0x1"}]})
            .to_string()
    };
    for known in ["1.0", "2.0.0"] {
        assert_eq!(judged(&version(known), "").exit_code, 0, "{known}");
    }
    assert_eq!(judged(&version("3.0.0"), "").exit_code, 30);
    // Type 1: chain 1, number 0, price 1, gas 21000, to, 1 wei, no data, an access list that names the thief.
    let entry = format!("d694{}c0", &THIEF[2..]);
    let fields = format!("018001825208 94{}0180 d7{entry}", &COLD[2..]).replace(' ', "");
    let raw = format!("0x01{:02x}{fields}", 0xc0 + fields.len() / 2);
    assert_eq!(fields.len() / 2, 53);
    let blocked = format!("[[blocked]]\naddress='{THIEF}'\nname='a thief'\n");
    assert_eq!(judged(&raw, "").exit_code, 0, "{:#?}", judged(&raw, "").findings);
    assert_eq!(judged(&raw, &blocked).exit_code, 20, "{:#?}", judged(&raw, &blocked).findings);
}

/// A node that knows of some whose code they run, and remembers whom it was asked about.
#[derive(Debug, Default)]
struct Knows {
    runs: Vec<(Address, Address)>,
    asked: RefCell<Vec<Address>>,
}

impl Chain for Knows {
    fn look(&self, _: Option<u64>, at: &Concerned) -> Result<Seen, String> {
        self.asked.borrow_mut().extend(&at.accounts);
        let facts = |address: &Address| {
            let runs = self.runs.iter().find(|(who, _)| who == address).map(|(_, code)| *code);
            let text = match runs {
                Some(code) => format!("[[address]]\naddress='{address}'\nkind='eoa'\ndelegate='{code}'\n"),
                None => format!("[[address]]\naddress='{address}'\nkind='contract'\n"),
            };
            Facts::parse(&text).expect("facts").address.remove(0)
        };
        let accounts: Vec<AccountFacts> = at.accounts.iter().map(facts).collect();
        Ok(Seen {
            chain_id: 1,
            block: 9,
            hash: B256::repeat_byte(9),
            time: 1_769_904_000,
            basis: Basis::Proven,
            node: "a node".to_owned(),
            safes: Vec::new(),
            accounts,
            tokens: Vec::new(),
            odd: Vec::new(),
            unread: Vec::new(),
        })
    }
}

#[test]
fn those_who_get_something_are_looked_up_before_those_who_lose_it_and_nobody_is_left_out_in_silence() {
    let somebody = |number: u128| format!("0x{:040x}", (number + 1) << 100);
    let call = |to: &str, data: String| json!({"to": to, "value": "0x0", "data": data});
    let revoke = |who: &str| call(USDC, format!("0x095ea7b3{:0>64}{:064x}", &who[2..], 0));
    let pay = |who: &str| call(USDC, format!("0xa9059cbb{:0>64}{:064x}", &who[2..], 1));
    let booked: Vec<String> = (0..200)
        .map(|number| format!("[[book]]\naddress='{}'\nname='n{number}'\n", somebody(number)))
        .collect();
    let policy = policy(&booked.concat());
    let text = format!("chain-id=1\nnow='2026-02-01T00:00:00Z'\naccount='{ME}'\n");
    let facts = Facts::parse(&text).expect("facts");
    let judged = |calls: Vec<Value>, node: &Knows| {
        let asked = json!({"version": "2.0.0", "chainId": "0x1", "from": ME, "atomicRequired": false, "calls": calls});
        let context = Context { chain: Some(node), ..Context::new(&policy, &facts) };
        check_tx(asked.to_string().as_bytes(), context)
    };
    let of_node = |report: &Report| {
        report
            .of("G-FACT-01")
            .iter()
            .filter(|one| one.title.contains("looked up"))
            .map(|one| one.severity)
            .max()
    };
    let payee: Address = COLD.parse().expect("an address");
    let node = Knows { runs: vec![(payee, THIEF.parse().expect("an address"))], ..Knows::default() };
    let revokes: Vec<Value> = (0..190).map(|number| revoke(&somebody(number))).collect();
    let report = judged(revokes.into_iter().chain([pay(COLD)]).collect(), &node);
    assert!(report.has("G-7702-01"), "{:#?}", report.findings);
    assert!(node.asked.borrow().contains(&payee));
    assert_eq!(of_node(&report), None, "who loses a right need not be looked up");
    let report = judged((0..60).map(|number| pay(&somebody(number))).collect(), &Knows::default());
    assert_eq!(of_node(&report), None, "{:#?}", report.findings);
    let report = judged((0..190).map(|number| pay(&somebody(number))).collect(), &Knows::default());
    assert_eq!((of_node(&report), report.exit_code), (Some(Severity::Incomplete), 30));
}

/// What a token is called says what tokens do, and nothing of other functions of its contract.
#[test]
fn the_name_of_a_token_vouches_for_no_other_function() {
    let token = "0xe7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e731";
    let told = format!("[[token]]\naddress='{token}'\nsymbol='X'\ndecimals=18\n");
    let kind = format!("[[address]]\naddress='{token}'\nkind='token'\n");
    let judged = |data: &str, more: &str, trusted: &str| {
        let text = format!("chain-id=1\nnow='2026-02-01T00:00:00Z'\naccount='{ME}'\n{more}");
        let facts = Facts::parse(&text).expect("facts");
        let asked = json!({"from": ME, "to": token, "value": "0x0", "data": data, "chainId": 1});
        check_tx(asked.to_string().as_bytes(), Context::new(&policy(trusted), &facts)).exit_code
    };
    let none = format!("{:064x}{:064x}", 32, 0);
    let pays = format!("0xa9059cbb{:0>64}{:064x}", &COLD[2..], 1);
    let trusted = format!("[[trusted]]\naddress='{token}'\nlabel='ours'\nroles=['contract']\n");
    for more in [&told, &kind] {
        assert_eq!(judged(&pays, more, ""), 0);
        for selector in ["82ad56cb", "ac9650d8"] {
            let data = format!("0x{selector}{none}");
            assert_eq!(judged(&data, more, ""), 30, "{selector}");
            assert_eq!(judged(&data, more, &trusted), 0, "{selector}");
        }
    }
}

/// On a chain where nothing is shipped that wraps the coin, what is called so is held to the coin's limit.
#[test]
fn a_limit_of_the_coin_holds_where_what_wraps_it_is_not_shipped() {
    let wrapped = "0x5555555555555555555555555555555555555555";
    let judged = |chain: u64, symbol: &str, limit: &str| {
        let policy = policy(&format!("[[limit]]\nper-transaction='10'\n{limit}"));
        let text = format!(
            "chain-id={chain}\nnow='2026-02-01T00:00:00Z'\naccount='{ME}'\n[[token]]\naddress='{wrapped}'\n\
             symbol='{symbol}'\ndecimals=18\n"
        );
        let facts = Facts::parse(&text).expect("facts");
        let data = format!("0xa9059cbb{:0>64}{:064x}", &COLD[2..], 400);
        let asked = json!({"from": ME, "to": wrapped, "value": "0x0", "data": data, "chainId": chain});
        check_tx(asked.to_string().as_bytes(), Context::new(&policy, &facts)).exit_code
    };
    let own = format!("[[limit]]\ntoken='{wrapped}'\nper-transaction='1000'\n");
    assert_eq!(judged(1, "W", ""), 0, "what wraps ether is known");
    for (chain, name) in [(999, "WHYPE"), (146, "wS"), (324, "WETH"), (534_352, "WETH"), (5_000, "WMNT")] {
        assert_eq!(judged(chain, name, ""), 20, "{chain}");
        assert_eq!(judged(chain, "W", ""), 30, "{chain}");
        assert_eq!(judged(chain, "W", &own), 0, "{chain}");
    }
}

/// As Safe's own page has an owner execute: his sending it is his signature (`v` = 1).
#[test]
fn an_owner_who_sends_the_execution_has_agreed_to_it() {
    let word = |text: &str| format!("{:0>64}", text.trim_start_matches("0x"));
    let number = |number: u64| format!("{number:064x}");
    let signature = |owner: &str| format!("{}{}01", word(owner), number(0));
    let exec = |owner: &str| {
        let head = [word(COLD), number(1), number(0x140)].concat();
        let rest: String = (0..6).map(|_| number(0)).collect();
        format!(
            "0x6a761202{head}{rest}{}{}{}{:0<192}",
            number(0x160),
            number(0),
            number(65),
            signature(owner)
        )
    };
    let judged = |from: &str, owner: &str| {
        let text = format!(
            "chain-id=1\nnow='2026-02-01T00:00:00Z'\naccount='{from}'\n[[safe]]\naddress='{SAFE}'\nversion='1.4.1'\n\
             owners=['{ME}','{OTHER}']\nthreshold=1\nnonce=7\n"
        );
        let facts = Facts::parse(&text).expect("facts");
        let asked = json!({"from": from, "to": SAFE, "value": "0x0", "data": exec(owner), "chainId": 1});
        let report = check_tx(asked.to_string().as_bytes(), Context::new(&policy(""), &facts));
        (
            report.exit_code,
            report.of("G-SIG-02").iter().any(|one| one.title.contains("said to have approved")),
        )
    };
    assert_eq!(judged(ME, ME), (0, false));
    assert_eq!(judged(ME, OTHER), (30, true), "somebody else's approval is not seen");
}
