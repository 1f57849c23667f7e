//! Functions that give power, take it back, or bring money out, by their selectors: what each is judged with arguments that
//! give, and with arguments that take back.

use alloy_dyn_abi::{DynSolType, DynSolValue};
use alloy_primitives::{Address, B256, I256, U256};
use serde_json::json;
use tracehound_guard::{
    Context, Facts, Policy, Report, check_tx,
    decode::table::{self, PowerKind},
    policy::DEFAULT,
    scalar::selector,
};

const ME: &str = "0x1111111111111111111111111111111111111111";
const STRANGER: Address = Address::repeat_byte(0x88);
const CONTRACT: &str = "0x7777777777777777777777777777777777777777";

/// Something of every type, to a stranger; nothing of it where `off`.
pub(crate) fn filled(ty: &DynSolType, off: bool) -> DynSolValue {
    let number = if off { U256::ZERO } else { U256::from(5) };
    let word = if off { B256::ZERO } else { STRANGER.into_word() };
    match ty {
        DynSolType::Bool => DynSolValue::Bool(!off),
        DynSolType::Uint(bits) => DynSolValue::Uint(number, *bits),
        DynSolType::Int(bits) => DynSolValue::Int(I256::from_raw(number), *bits),
        DynSolType::Address => DynSolValue::Address(if off { Address::ZERO } else { STRANGER }),
        DynSolType::FixedBytes(size) => {
            DynSolValue::FixedBytes(if *size == 32 { word } else { B256::ZERO }, *size)
        }
        DynSolType::Bytes => DynSolValue::Bytes(Vec::new()),
        DynSolType::String => DynSolValue::String("a text".to_owned()),
        DynSolType::Array(inner) => DynSolValue::Array(vec![filled(inner, off)]),
        DynSolType::Tuple(fields) => {
            DynSolValue::Tuple(fields.iter().map(|field| filled(field, off)).collect())
        }
        other => panic!("{other}"),
    }
}

pub(crate) fn types(signature: &str) -> Vec<DynSolType> {
    let list = &signature[signature.find('(').expect("a list")..];
    match DynSolType::parse(list).expect(signature) {
        DynSolType::Tuple(types) => types,
        other => panic!("{other}"),
    }
}

pub(crate) fn call(signature: &str, args: Vec<DynSolValue>) -> String {
    let data = DynSolValue::Tuple(args).abi_encode_params();
    format!("0x{}{}", hex::encode(selector(signature)), hex::encode(data))
}

fn sent(to: &str, data: &str, more: &str, known: &str) -> Report {
    let policy = Policy::parse(&format!("{DEFAULT}\n{more}")).expect("a policy");
    let facts = format!("chain-id=1\nnow='2026-01-15T12:00:00Z'\naccount='{ME}'\n{known}");
    let facts = Facts::parse(&facts).expect("facts");
    let tx = json!({ "from": ME, "to": to, "value": "0x0", "chainId": "0x1", "data": data });
    check_tx(tx.to_string().as_bytes(), Context::new(&policy, &facts))
}

/// At a contract that the policy trusts, where names say what they mean.
fn trusted(data: &str) -> Report {
    sent(
        CONTRACT,
        data,
        &format!("[[trusted]]\naddress='{CONTRACT}'\nlabel='a protocol'\nroles=['contract']\n"),
        "",
    )
}

/// Sets what stands at a place of the table to nothing.
fn off(values: &mut [DynSolValue], types: &[DynSolType], place: &[usize]) {
    match place {
        [index] => values[*index] = filled(&types[*index], true),
        [index, rest @ ..] => {
            let (DynSolValue::Tuple(values), DynSolType::Tuple(types)) =
                (&mut values[*index], &types[*index])
            else {
                panic!("a tuple")
            };
            off(values, types, rest);
        }
        [] => {}
    }
}

#[test]
fn what_can_take_back_gives_with_arguments_that_give_and_takes_back_with_those_that_do_not() {
    let mut seen = 0;
    for function in table::embedded() {
        let signature = &function.signature[..];
        let Some(named) = table::named(signature).filter(|named| !named.unless.is_empty()) else { continue };
        seen += 1;
        let types = types(signature);
        let on: Vec<DynSolValue> = types.iter().map(|ty| filled(ty, false)).collect();
        let gives = trusted(&call(signature, on.clone()));
        assert!(gives.has("G-OWN-01") && gives.exit_code == 20, "{signature}: {:#?}", gives.findings);
        let mut taken = on.clone();
        for place in &named.unless {
            off(&mut taken, &types, place.path());
        }
        let takes = trusted(&call(signature, taken.clone()));
        assert!([0, 10].contains(&takes.exit_code), "{signature}: {:#?}", takes.findings);
        let word = if named.kind == PowerKind::Power(tracehound_guard::decode::Power::Operator) {
            "ends that"
        } else {
            "ends what"
        };
        let intent = &takes.items[0].intent;
        assert!(intent.contains(word) || intent.contains("takes back"), "{signature}: {intent}");
        // Where one of several places is left, something is still given.
        if named.unless.len() > 1 {
            for place in &named.unless {
                let mut some = on.clone();
                off(&mut some, &types, place.path());
                assert_eq!(trusted(&call(signature, some)).exit_code, 20, "{signature}");
            }
        }
        // Of a contract that nobody knows the name says nothing.
        let foreign = sent(CONTRACT, &call(signature, taken), "", "");
        assert_ne!(foreign.exit_code, 0, "{signature}: {:#?}", foreign.findings);
    }
    assert!(seen >= 24, "{seen}");
}

#[test]
fn an_operator_of_ones_own_is_dismissed_at_a_known_contract_and_no_other_one() {
    let stranger = DynSolValue::Address(STRANGER);
    let no = || DynSolValue::Bool(false);
    for signature in ["setOperator(address,bool)", "allow(address,bool)", "setAuthorization(address,bool)"] {
        let data = call(signature, vec![stranger.clone(), no()]);
        assert_eq!(trusted(&data).exit_code, 0, "{signature}: {:#?}", trusted(&data).findings);
        let foreign = sent(CONTRACT, &data, "", "");
        assert_ne!(foreign.exit_code, 0, "{signature}: {:#?}", foreign.findings);
    }
    // Of an account that the call names: whose it is, is not known.
    let other =
        call("setAccountOperator(address,address,bool)", vec![stranger.clone(), stranger.clone(), no()]);
    assert_eq!(trusted(&other).exit_code, 10);
    // Money that goes along is for something else.
    let policy = format!("[[trusted]]\naddress='{CONTRACT}'\nlabel='a protocol'\nroles=['contract']\n");
    let policy = Policy::parse(&format!("{DEFAULT}\n{policy}")).expect("a policy");
    let facts =
        Facts::parse(&format!("chain-id=1\nnow='2026-01-15T12:00:00Z'\naccount='{ME}'\n")).expect("facts");
    let data = call("setOperator(address,bool)", vec![stranger, no()]);
    let tx = json!({ "from": ME, "to": CONTRACT, "value": "0x5", "chainId": "0x1", "data": data });
    assert_ne!(check_tx(tx.to_string().as_bytes(), Context::new(&policy, &facts)).exit_code, 0);
}

#[test]
fn a_switch_of_a_function_that_the_context_names_is_read_by_its_own_name() {
    let judged = |abi: &str, signature: &str, on: bool| {
        let data = call(signature, vec![DynSolValue::Address(STRANGER), DynSolValue::Bool(on)]);
        let policy = format!("[[trusted]]\naddress='{CONTRACT}'\nlabel='a protocol'\nroles=['contract']\n");
        sent(CONTRACT, &data, &policy, &format!("abi=['{abi}']\n"))
    };
    let gives = |name: &str, on: bool| {
        judged(&format!("function setMinter(address who, bool {name})"), "setMinter(address,bool)", on)
    };
    for (name, on) in [
        ("allowed", true),
        ("isEnabled", true),
        ("disabled", false),
        ("direct", true),
        ("direct", false),
        ("", false),
    ] {
        assert_eq!(gives(name, on).exit_code, 20, "{name} {on}: {:#?}", gives(name, on).findings);
    }
    for (name, on) in [
        ("allowed", false),
        ("isEnabled", false),
        ("disabled", true),
        ("disallowed", true),
        ("revoked", true),
    ] {
        let report = gives(name, on);
        assert_eq!(report.exit_code, 10, "{name} {on}: {:#?}", report.findings);
        assert!(report.items[0].intent.contains("ends what"), "{}", report.items[0].intent);
    }
    // What a name says that a `true` ends is never vouched for by it.
    for abi in [
        "function setGuardDisabled(address a, bool off)",
        "function setPaused(address a, bool paused)",
        "function lock(address a, bool on)",
    ] {
        let signature = format!(
            "{}(address,bool)",
            abi.trim_start_matches("function ").split('(').next().expect("a name")
        );
        for on in [true, false] {
            assert_ne!(judged(abi, &signature, on).exit_code, 0, "{abi} {on}");
        }
    }
}

#[test]
fn what_the_context_says_of_a_function_is_not_overruled_by_the_table_in_silence() {
    let judged = |abi: &str, on: bool| {
        let signature = abi.replace("function ", "");
        let name = signature.split('(').next().expect("a name").to_owned();
        let data = call(
            &format!("{name}(address,bool)"),
            vec![DynSolValue::Address(STRANGER), DynSolValue::Bool(on)],
        );
        let policy = format!("[[trusted]]\naddress='{CONTRACT}'\nlabel='a protocol'\nroles=['contract']\n");
        sent(CONTRACT, &data, &policy, &format!("abi=['{abi}']\n"))
    };
    for abi in [
        "function setOperator(address who, bool disabled)",
        "function setOperator(address who, bool isNotAllowed)",
        "function setOperator(address who, bool direct)",
        "function setApprovalForAll(address operator, bool revoked)",
        "function setApprovalForAll(address owner, bool approved)",
    ] {
        for on in [true, false] {
            let report = judged(abi, on);
            assert!(matches!(report.exit_code, 20 | 30), "{abi} {on}: {:#?}", report.findings);
            let told = report.of("G-ACT-01");
            assert!(told.iter().any(|one| one.title.contains("says otherwise")), "{abi} {on}: {told:#?}");
        }
    }
    // What says the same in other words, or nothing, changes nothing.
    for abi in [
        "function setOperator(address _operator, bool _approved)",
        "function setOperator(address who, bool isEnabled)",
        "function setOperator(address, bool)",
        "function setApprovalForAll(address _spender, bool isAuthorized)",
    ] {
        let report = judged(abi, false);
        assert_eq!(report.exit_code, 0, "{abi}: {:#?}", report.findings);
    }
    let data = call(
        "transfer(address,uint256)",
        vec![DynSolValue::Address(STRANGER), DynSolValue::Uint(U256::from(5), 256)],
    );
    let says = |abi: &str| {
        let report = sent(CONTRACT, &data, "", &format!("abi=['{abi}']\n"));
        report.of("G-ACT-01").iter().any(|one| one.title.contains("says otherwise"))
    };
    assert!(!says("function transfer(address _recipient, uint256 wad)"));
    assert!(says("function transfer(address from, uint256 amount)"));
}

/// All that a value holds which somebody else's address or data could stand in: each time one of them is `STRANGER`'s.
fn with_a_stranger(value: &DynSolValue) -> Vec<DynSolValue> {
    let within = |values: &[DynSolValue]| -> Vec<Vec<DynSolValue>> {
        let each = values.iter().enumerate().flat_map(|(at, value)| {
            with_a_stranger(value).into_iter().map(move |other| {
                let mut values = values.to_vec();
                values[at] = other;
                values
            })
        });
        each.collect()
    };
    match value {
        DynSolValue::Address(_) => vec![DynSolValue::Address(STRANGER)],
        DynSolValue::FixedBytes(_, 32) => vec![
            DynSolValue::FixedBytes(STRANGER.into_word(), 32),
            // An account of a chain whose addresses are longer.
            DynSolValue::FixedBytes(B256::repeat_byte(0x88), 32),
        ],
        DynSolValue::Bytes(_) => vec![DynSolValue::Bytes(STRANGER.to_vec())],
        DynSolValue::Array(values) => within(values).into_iter().map(DynSolValue::Array).collect(),
        DynSolValue::Tuple(values) => within(values).into_iter().map(DynSolValue::Tuple).collect(),
        _ => Vec::new(),
    }
}

/// The same where every address is one's own.
fn mine(value: DynSolValue) -> DynSolValue {
    let me: Address = ME.parse().expect("an address");
    let all = |values: Vec<DynSolValue>| values.into_iter().map(mine).collect();
    match value {
        DynSolValue::Address(_) => DynSolValue::Address(me),
        DynSolValue::FixedBytes(_, 32) => DynSolValue::FixedBytes(me.into_word(), 32),
        DynSolValue::Array(values) => DynSolValue::Array(all(values)),
        DynSolValue::Tuple(values) => DynSolValue::Tuple(all(values)),
        other => other,
    }
}

#[test]
fn nobody_unknown_is_named_anywhere_by_what_brings_money_out() {
    // A signature is no address, and who sent the user to Lido is told in an event alone.
    let is_odd = |signature: &str| {
        ["uint8,bytes32,bytes32)", "uint8,bytes32,bytes32))", "uint256,bytes32,bytes)"]
            .iter()
            .any(|end| signature.ends_with(end))
            || signature.starts_with("executeAllowanceTransfer")
            || signature == "submit(address)"
    };
    let mut seen = 0;
    for function in table::embedded() {
        let signature = &function.signature[..];
        let out = table::named(signature).is_some_and(|named| named.kind == PowerKind::Out);
        if !out || is_odd(signature) {
            continue;
        }
        let args = mine(DynSolValue::Tuple(types(signature).iter().map(|ty| filled(ty, true)).collect()));
        let judged = |args: &DynSolValue| {
            let DynSolValue::Tuple(args) = args else { panic!("a tuple") };
            trusted(&call(signature, args.clone()))
        };
        // Where it all is one's own.
        if judged(&args).exit_code != 0 {
            continue;
        }
        for args in with_a_stranger(&args) {
            let report = judged(&args);
            assert_ne!(report.exit_code, 0, "{signature} {args:?}: {:#?}", report.findings);
            seen += 1;
        }
    }
    assert!(seen >= 50, "{seen}");
}

#[test]
fn every_selector_of_the_list_is_judged_with_whatever_arguments() {
    let Some(path) = tracehound_testkit::shared_data("guard/signing/power_selectors.tsv") else { return };
    let text = std::fs::read_to_string(path).expect("readable");
    let mut rows = 0;
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let (signature, power) = (cells[1], cells[2]);
        rows += 1;
        assert_eq!(format!("0x{}", hex::encode(selector(signature))), cells[0], "{signature}");
        for nothing in [false, true] {
            let data = call(signature, types(signature).iter().map(|ty| filled(ty, nothing)).collect());
            let foreign = sent(CONTRACT, &data, "", "");
            assert_ne!(foreign.exit_code, 0, "{signature}: {:#?}", foreign.findings);
            let report = trusted(&data);
            if nothing {
                // Nothing for nobody may be vouched for; power that is not named in amounts may not.
                assert!(
                    report.exit_code != 0 || !ALWAYS.contains(&power),
                    "{signature}: {:#?}",
                    report.findings
                );
                continue;
            }
            let exits: &[u8] = match power {
                _ if NOT_READ.contains(&signature) => &[30],
                _ if FOR_A_PERSON.contains(&signature) => &[10],
                _ if power.ends_with("-less") || BRINGS_TO_THE_CALLER.contains(&signature) => &[0, 10],
                "vote" | "account-exec" | "timelock" | "governance" | "bridge-out" | "safe" | "allowance" => {
                    &[10, 20, 30]
                }
                "withdraw" => &[20, 30],
                _ => &[20],
            };
            assert!(exits.contains(&report.exit_code), "{power} {signature}: {:#?}", report.findings);
        }
    }
    assert_eq!(rows, 244);
}

/// Powers that change something whatever the arguments are.
const ALWAYS: &[&str] = &[
    "owner",
    "upgrade",
    "role",
    "mint",
    "delay",
    "oracle",
    "config",
    "pause",
    "shutdown",
    "bridge-admin",
    "sweep",
    "freeze",
    "stake",
    "safe",
    "order",
    "vote",
];
/// Of which nothing here reads what it is given: whoever it names is vouched for by nobody.
const NOT_READ: &[&str] = &[
    "setProxyOwner(address)",
    "upgradeBeaconToAndCall(address,bytes,bool)",
    // Whoever calls buys, as by `fulfillBasicOrder`.
    "fulfillBasicOrder_efficient_6GL6yc((address,uint256,uint256,address,address,address,uint256,uint256,uint8,uint256,uint256,bytes32,uint256,bytes32,bytes32,uint256,(uint256,address)[],bytes))",
];
/// What is accepted, given up by whoever calls, or not known by that selector: at a contract that is trusted, for a person.
const FOR_A_PERSON: &[&str] = &[
    // One locks one's own deposit, and to stop something must not wait in a theft.
    "addStake(uint32)",
    "pause()",
    "requestOwnershipHandover()",
    "acceptDefaultAdminTransfer()",
    "acceptAdmin()",
    "acceptOwnership()",
    "renounceOwnership()",
    "setUserEMode(uint8)",
];
/// Nobody else can get what comes of it: the address is whom the referral is told to.
const BRINGS_TO_THE_CALLER: &[&str] = &["submit(address)", "wrap(uint256)", "unwrap(uint256)"];
