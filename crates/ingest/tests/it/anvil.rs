//! A real node of a chain of its own: value moved, tokens deployed, the chain reorganised; and every balance is the node's.

use std::{collections::BTreeMap, ops::ControlFlow, path::Path};

use alloy_primitives::{Address, U256, hex, keccak256};
use serde_json::{Value, json};
use tracehound_evm::{
    chains::Rules,
    node::{End, Node, NodeOptions, TracesBy},
    rpc::{HttpLimits, Rpc},
};
use tracehound_ingest::{EvmNodeOptions, EvmNodeReport, ingest_evm_node};
use tracehound_model::{Address as Account, Amount, Asset, Chain};
use tracehound_testkit::{anvil::Anvil, npm};
use tracehound_transfers::{
    AccountNum, AssetNum, Balance, BalanceAt, Opening, TransferLedger, TransferNum, TransferRows,
    WriterOptions,
};

/// A local chain that calls itself Ethereum.
struct Local {
    anvil: Anvil,
    rpc: Rpc,
    devs: Vec<Address>,
}

impl Local {
    fn start() -> Option<Self> {
        let anvil = Anvil::start_with(Path::new(env!("CARGO_TARGET_TMPDIR")), &["--chain-id", "1"])?;
        let mut rpc = Rpc::new(anvil.url(), HttpLimits::default()).expect("an address");
        let devs = rpc.call("eth_accounts", &json!([])).expect("its accounts");
        let devs = devs.as_array().expect("a list").iter().map(address).collect();
        Some(Self { anvil, rpc, devs })
    }

    fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.rpc.call(method, params).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Sends a transaction, to be mined later.
    fn send(&mut self, from: Address, to: Option<Address>, value: u64, data: &[u8]) {
        let mut tx = json!({ "from": from, "value": format!("{value:#x}"), "data": hex::encode_prefixed(data), "gas": "0xa00000" });
        if let Some(to) = to {
            tx["to"] = json!(to);
        }
        self.ask("eth_sendTransaction", &json!([tx]));
    }

    fn mine(&mut self) {
        self.ask("evm_mine", &json!([]));
    }

    /// Puts a contract on the chain.
    fn deploy(&mut self, from: Address, code: &[u8]) -> Address {
        let nonce = number(&self.ask("eth_getTransactionCount", &json!([from, "latest"])));
        self.send(from, None, 0, code);
        self.mine();
        from.create(nonce.to())
    }

    fn view(&mut self, to: Address, data: &[u8]) -> U256 {
        let call = json!({ "to": to, "data": hex::encode_prefixed(data) });
        let told = self.ask("eth_call", &json!([call, "latest"]));
        let told = hex::decode(told.as_str().expect("a text")).expect("hexadecimal");
        U256::from_be_slice(&told)
    }

    fn ingest(&mut self, dir: &Path, opening: &[(Account, Asset, Amount)]) -> EvmNodeReport {
        let mut node =
            Node::connect(self.anvil.url(), Rules::ethereum(), NodeOptions::default()).expect("a node");
        let opening = Some(Opening::Known(opening.to_vec()));
        let options = EvmNodeOptions {
            end: End::Depth(0),
            writer: WriterOptions { opening, ..WriterOptions::default() },
            ..EvmNodeOptions::default()
        };
        ingest_evm_node(dir, &mut node, &options, &|_| ControlFlow::Continue(())).expect("taken")
    }

    /// Compares every balance of the ledger with the node's; says how many there are.
    fn compare(&mut self, dir: &Path) -> usize {
        let ledger = TransferLedger::open(dir, Chain::Evm(1)).expect("opens");
        ledger.verify().expect("right");
        let mut compared = 0;
        for account in
            (0..).map_while(|num| ledger.account(AccountNum(num)).map(|account| (AccountNum(num), account)))
        {
            for asset in
                (0..).map_while(|num| ledger.asset(AssetNum(num)).map(|asset| (AssetNum(num), asset)))
            {
                let balance = Balance { account: account.0, asset: asset.0 };
                let ours = ledger.before(balance, TransferNum(ledger.transfer_count()));
                let Account::Evm(bytes) = account.1 else { panic!("{:?}", account.1) };
                let theirs = self.theirs(Address::from(bytes), asset.1);
                let wanted = BalanceAt::Known(Amount::from_be_bytes(theirs.to_be_bytes()));
                assert_eq!(ours, wanted, "{} of {}", asset.1, Address::from(bytes));
                compared += 1;
            }
        }
        compared
    }

    fn theirs(&mut self, account: Address, asset: Asset) -> U256 {
        if asset == Rules::ethereum().native {
            return number(&self.ask("eth_getBalance", &json!([account, "latest"])));
        }
        let text = asset.to_string();
        let (_, reference) = text.rsplit_once(':').expect("CAIP-19");
        let (contract, id) =
            reference.split_once('/').map_or((reference, None), |(contract, id)| (contract, Some(id)));
        let contract = contract.parse().expect("an address");
        match id {
            None => self.view(contract, &call("balanceOf(address)", &[account.into_word().into()])),
            // The contract does not answer for nobody.
            Some(_) if account.is_zero() => U256::ZERO,
            Some(id) => {
                let id: U256 = id.parse().expect("a number");
                self.view(contract, &call("balanceOf(address,uint256)", &[account.into_word().into(), id]))
            }
        }
    }
}

fn address(value: &Value) -> Address {
    value.as_str().and_then(|text| text.parse().ok()).expect("an address")
}

fn number(value: &Value) -> U256 {
    value.as_str().and_then(|text| text.parse().ok()).expect("a number")
}

fn call(signature: &str, words: &[U256]) -> Vec<u8> {
    let mut data = keccak256(signature)[..4].to_vec();
    for word in words {
        data.extend(word.to_be_bytes::<32>());
    }
    data
}

/// What makes a contract of this code.
fn maker(runtime: &[u8]) -> Vec<u8> {
    let length = u8::try_from(runtime.len()).expect("short");
    // PUSH1 length, PUSH1 12, PUSH1 0, CODECOPY, PUSH1 length, PUSH1 0, RETURN
    [&[0x60, length, 0x60, 12, 0x60, 0, 0x39, 0x60, length, 0x60, 0, 0xf3], runtime].concat()
}

/// Passes half of what it gets on to each of two accounts; then it may fail.
fn splitter(to: [Address; 2], fails: bool) -> Vec<u8> {
    let mut code = Vec::new();
    for to in to {
        // No data in or out, CALLVALUE / 2, the account, all GAS, CALL
        code.extend([0x60, 0, 0x60, 0, 0x60, 0, 0x60, 0, 0x60, 2, 0x34, 0x04, 0x73]);
        code.extend(to.as_slice());
        code.extend([0x5a, 0xf1]);
    }
    code.extend(if fails { vec![0x60, 0, 0x60, 0, 0xfd] } else { vec![0x00] });
    code
}

/// The arguments of a constructor: words and texts.
fn encoded(words: &[Result<U256, &str>]) -> Vec<u8> {
    let (mut head, mut tail) = (Vec::new(), Vec::new());
    for word in words {
        match word {
            Ok(number) => head.extend(number.to_be_bytes::<32>()),
            Err(text) => {
                head.extend(U256::from(words.len() * 32 + tail.len()).to_be_bytes::<32>());
                tail.extend(U256::from(text.len()).to_be_bytes::<32>());
                tail.extend(text.as_bytes());
                tail.resize(tail.len().next_multiple_of(32), 0);
            }
        }
    }
    [head, tail].concat()
}

#[test]
fn every_balance_is_the_nodes_also_after_reorganisations() {
    let Some(mut local) = Local::start() else { return };
    let Some(tokens) =
        npm::package(Path::new(env!("CARGO_TARGET_TMPDIR")), "@openzeppelin/contracts", "4.9.6")
    else {
        return;
    };
    let artefact = |name: &str| npm::code(&tokens.join(format!("build/contracts/{name}.json")), "bytecode");
    let (alice, bob) = (local.devs[0], local.devs[1]);
    let fresh: Vec<Address> = (1..=4).map(|last| Address::repeat_byte(0xa0 + last)).collect();
    let word = |account: Address| U256::from_be_slice(account.as_slice());

    // A token of a million, things of which a contract numbers the kinds, and contracts that pass value on.
    let supply = U256::from(1_000_000);
    let arguments = encoded(&[Err("Token"), Err("TKN"), Ok(supply), Ok(word(alice))]);
    let token = local.deploy(alice, &[artefact("ERC20PresetFixedSupply"), arguments].concat());
    let things =
        local.deploy(alice, &[artefact("ERC1155PresetMinterPauser"), encoded(&[Err("uri")])].concat());
    let failing = local.deploy(bob, &maker(&splitter([fresh[2], fresh[2]], true)));
    let passing = local.deploy(bob, &maker(&splitter([fresh[0], failing], false)));
    let contracts = [token, things, failing, passing];

    // What everybody held at first, so that every balance is known. Nobody mints ether here; tokens begin with nothing.
    let nobody = Address::ZERO;
    // Made and gone in one transaction, Alice's sixth.
    let passed_through = alice.create(5);
    let everybody: Vec<Address> = [&local.devs[..], &fresh, &contracts, &[nobody, passed_through]].concat();
    let mut node =
        Node::connect(local.anvil.url(), Rules::ethereum(), NodeOptions::default()).expect("a node");
    let held = node.balances(0, &everybody).expect("told");
    let mut opening = Vec::new();
    for (account, held) in everybody.iter().zip(held) {
        let account = Account::Evm(account.into_array());
        opening.push((account, Rules::ethereum().native, Amount::from_be_bytes(held.to_be_bytes())));
        opening.push((account, Asset::erc20(1, token.into_array()), Amount::ZERO));
        opening.push((account, Asset::erc1155(1, things.into_array(), Amount::from(7u64)), Amount::ZERO));
    }

    let dir = tempfile::tempdir().expect("temporary folder");
    let transfer =
        |to: Address, amount: u64| call("transfer(address,uint256)", &[word(to), U256::from(amount)]);
    local.send(alice, Some(bob), 1_000, &[]);
    local.send(alice, Some(token), 0, &transfer(bob, 400));
    local.send(bob, Some(passing), 1_001, &[]);
    // It fails as a whole: nothing moves but the fee.
    local.send(bob, Some(failing), 500, &[]);
    local.mine();
    local.send(bob, Some(token), 0, &transfer(fresh[1], 150));
    // More than he has: the token refuses.
    local.send(bob, Some(token), 0, &transfer(fresh[1], 1_000_000));
    let data = [
        call(
            "mint(address,uint256,uint256,bytes)",
            &[word(fresh[3]), U256::from(7), U256::from(30), U256::from(128)],
        ),
        vec![0; 32],
    ];
    local.send(alice, Some(things), 0, &data.concat());
    // A contract that destroys itself while it is made, in favour of somebody.
    local.send(alice, None, 77, &[&[0x73], fresh[2].as_slice(), &[0xff]].concat());
    local.mine();
    let before = local.ask("evm_snapshot", &json!([]));
    // To himself, and into the block that will be gone.
    local.send(alice, Some(alice), 5_000, &[]);
    local.send(alice, Some(fresh[3]), 60, &[]);
    local.send(alice, Some(token), 0, &transfer(fresh[2], 11));
    local.mine();

    let done = local.ingest(dir.path(), &opening);
    assert_eq!(done.traces, TracesBy::CallTracer);
    assert_eq!(done.report.gaps, BTreeMap::new());
    assert_eq!(done.report.blocks, 8);
    assert_eq!(local.compare(dir.path()), 3 * everybody.len());
    let fresh_has = |local: &mut Local| local.theirs(fresh[0], Rules::ethereum().native);
    assert_eq!(fresh_has(&mut local), U256::from(500), "the half that did not fail");
    let ledger = TransferLedger::open(dir.path(), Chain::Evm(1)).expect("opens");
    assert!(
        (0..ledger.transfer_count())
            .filter_map(|num| ledger.transfer(TransferNum(num)))
            .filter(|moved| moved.proved)
            .count()
            > 10,
        "tokens, fees and values are proved by headers"
    );
    drop(ledger);

    // The last block is gone, and others are there.
    local.ask("evm_revert", &json!([before]));
    local.send(bob, Some(fresh[3]), 61, &[]);
    local.send(alice, Some(token), 0, &transfer(fresh[2], 12));
    local.mine();
    local.mine();
    let done = local.ingest(dir.path(), &opening);
    assert_eq!((done.report.rewound_to, done.report.blocks), (Some(6), 2));
    assert_eq!(local.compare(dir.path()), 3 * everybody.len());
    // By the node's own reorganisation, which makes as many blocks as it takes away.
    local.ask("anvil_reorg", &json!([2, []]));
    let done = local.ingest(dir.path(), &opening);
    assert_eq!((done.report.rewound_to, done.report.blocks), (Some(6), 2));
    local.compare(dir.path());
    // And as if the ledger had always known: a fresh one is the same.
    let fresh_dir = tempfile::tempdir().expect("temporary folder");
    local.ingest(fresh_dir.path(), &opening);
    let id = |dir: &Path| TransferLedger::open(dir, Chain::Evm(1)).expect("opens").snapshot_id();
    assert_eq!(id(dir.path()), id(fresh_dir.path()));
}
