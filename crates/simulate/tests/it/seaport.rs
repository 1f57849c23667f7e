//! Seaport's real code on a local chain: what the guard hashes is what Seaport hashes, and what it refuses is theft.

use std::{fs, path::Path};

use alloy_primitives::{Address, B256, U256, keccak256};
use k256::ecdsa::SigningKey;
use serde_json::{Value, json};
use tracehound_guard::{
    Context, Facts, Policy, Report, Severity, check_typed,
    finding::CheckId,
    json,
    policy::DEFAULT,
    scalar::Scalars,
    typed::{self, Data, TypedData},
};
use tracehound_model::Decision;
use tracehound_testkit::shared_data;

use crate::{
    abi::{Laid, call, lay, tail, tuple, word},
    accounts::{ATTACKER, ETHER, EXECUTOR, KEYS, sign, signer},
    anvil::{Anvil, CHAIN},
    npm,
};

/// Whom the market's fee goes to.
const MARKET: Address = Address::repeat_byte(0xfe);
/// `OrderComponents`, and `OrderParameters` just as well. Source: `ConsiderationStructs.sol`.
const ORDER: &str = "(address,address,(uint8,address,uint256,uint256,uint256)[],\
                     (uint8,address,uint256,uint256,uint256,address)[],\
                     uint8,uint256,uint256,bytes32,uint256,bytes32,uint256)";

/// Seaport, two collections, and their owner, who lets Seaport move them.
struct Market {
    anvil: Anvil,
    seaport: Address,
    collections: [Address; 2],
    victim: Address,
    key: SigningKey,
    /// Seconds since 1970-01-01 UTC at which all orders end.
    ends: u64,
}

impl Market {
    fn open() -> Option<Self> {
        let published = npm::package("@opensea/seaport-js", "4.3.0")?.join("src/artifacts/seaport/contracts");
        let tokens = npm::package("@openzeppelin/contracts", "4.9.6")?;
        let mut anvil = Anvil::start()?;
        let conduits = published.join("conduit/ConduitController.sol/LocalConduitController.json");
        let conduits = anvil.deploy(EXECUTOR, &npm::code(&conduits, "bytecode"));
        let mut seaport = npm::code(&published.join("Seaport.sol/Seaport.json"), "bytecode");
        seaport.extend(word(conduits).to_be_bytes::<32>());
        let seaport = anvil.deploy(EXECUTOR, &seaport);
        let (victim, key) = signer(KEYS[0]);
        let preset = tokens.join("build/contracts/ERC721PresetMinterPauserAutoId.json");
        let mut making = npm::code(&preset, "bytecode");
        making.extend(tuple([b"Test Cats", &b"CAT"[..], b""].map(|text| Laid::Tail(tail(text))).into()));
        let collections = [(); 2].map(|()| {
            let collection = anvil.deploy(EXECUTOR, &making);
            let approve = call("setApprovalForAll(address,bool)", &[word(seaport), U256::from(1)]);
            let mint = call("mint(address)", &[word(victim)]);
            let mints = std::iter::repeat_n((EXECUTOR, mint), 4);
            for (from, data) in mints.chain([(victim, approve)]) {
                let receipt = anvil.send(from, Some(collection), U256::ZERO, &data);
                assert_eq!(receipt["status"], "0x1", "{receipt}");
            }
            collection
        });
        let block = anvil.ask("eth_getBlockByNumber", &json!(["latest", false]));
        let time: U256 = block["timestamp"].as_str().and_then(|time| time.parse().ok()).expect("a time");
        let ends = time.to::<u64>() + 7 * 86_400;
        Some(Self { anvil, seaport, collections, victim, key, ends })
    }

    /// Offers NFTs, by collection and number, and asks for wei, by recipient.
    fn order(&self, nfts: &[(usize, u64)], asked: &[(u64, Address)]) -> Value {
        let offer = nfts.iter().map(|(collection, id)| {
            json!({
                "itemType": 2, "token": self.collections[*collection].to_string(),
                "identifierOrCriteria": id.to_string(), "startAmount": "1", "endAmount": "1",
            })
        });
        let asked = asked.iter().map(|(wei, recipient)| {
            json!({
                "itemType": 0, "token": Address::ZERO.to_string(), "identifierOrCriteria": "0",
                "startAmount": wei.to_string(), "endAmount": wei.to_string(),
                "recipient": recipient.to_string(),
            })
        });
        json!({
            "offerer": self.victim.to_string(), "zone": Address::ZERO.to_string(),
            "offer": offer.collect::<Vec<_>>(), "consideration": asked.collect::<Vec<_>>(),
            "orderType": 0, "startTime": "0", "endTime": self.ends.to_string(), "zoneHash": B256::ZERO.to_string(),
            "salt": "1", "conduitKey": B256::ZERO.to_string(), "counter": "0",
        })
    }

    /// What a market's page asks for: 1 ETH, 2.5 % of it for the market.
    fn honest(&self, nft: (usize, u64)) -> Value {
        let fee = ETHER / 40;
        self.order(&[nft], &[(ETHER - fee, self.victim), (fee, MARKET)])
    }

    /// One order as it is put before a wallet.
    fn document(&self, order: &Value) -> Value {
        self.typed("OrderComponents", order, "")
    }

    /// A tree of orders as it is put before a wallet, to be signed once.
    fn bulk(&self, leaves: &[Value]) -> Value {
        let height = leaves.len().ilog2() as usize;
        self.typed("BulkOrder", &json!({ "tree": nested(leaves) }), &"[2]".repeat(height))
    }

    fn typed(&self, primary: &str, message: &Value, tree: &str) -> Value {
        let fields = |list: &str| -> Vec<Value> {
            let pairs = list.split(',').map(|pair| pair.split_once(' ').expect("type and name"));
            pairs.map(|(written, name)| json!({ "name": name, "type": written })).collect()
        };
        let item =
            "uint8 itemType,address token,uint256 identifierOrCriteria,uint256 startAmount,uint256 endAmount";
        let mut types = json!({
            "EIP712Domain": fields("string name,string version,uint256 chainId,address verifyingContract"),
            "OrderComponents": fields(
                "address offerer,address zone,OfferItem[] offer,ConsiderationItem[] consideration,uint8 orderType,\
                 uint256 startTime,uint256 endTime,bytes32 zoneHash,uint256 salt,bytes32 conduitKey,uint256 counter"
            ),
            "OfferItem": fields(item),
            "ConsiderationItem": fields(&format!("{item},address recipient")),
        });
        if !tree.is_empty() {
            types["BulkOrder"] = json!(fields(&format!("OrderComponents{tree} tree")));
        }
        json!({
            "types": types, "primaryType": primary, "message": message,
            "domain": {
                "name": "Seaport", "version": "1.6", "chainId": CHAIN, "verifyingContract": self.seaport.to_string(),
            },
        })
    }

    /// What the guard says to it, told who signs, that this Seaport is the market, and that an NFT goes for 1 ETH.
    fn guard(&self, document: &Value) -> Report {
        let trusted = "label = 'Seaport 1.6'\nroles = ['contract']";
        let fees = format!("[[trusted]]\naddress = '{MARKET}'\nlabel = 'its fees'\nroles = ['fee']\n");
        let policy = format!("{DEFAULT}\n[[trusted]]\naddress = '{}'\n{trusted}\n{fees}", self.seaport);
        let policy = Policy::parse(&policy).expect("a policy");
        let now =
            jiff::Timestamp::from_second(i64::try_from(self.ends).expect("a time") - 3_600).expect("a time");
        let prices = self.collections.map(|collection| {
            format!("[[floor]]\ncollection = '{collection}'\nprice = '{ETHER}'\ndate = '{now}'\n")
        });
        let facts =
            format!("chain-id = {CHAIN}\nnow = '{now}'\naccount = '{}'\n{}", self.victim, prices.concat());
        let facts = Facts::parse(&facts).expect("facts");
        check_typed(document.to_string().as_bytes(), Context::new(&policy, &facts))
    }

    /// The signature of one order alone.
    fn signed(&self, document: &Value) -> Vec<u8> {
        sign(&self.key, &read(document).hashes.digest, 0)
    }

    /// The signature of a tree, made to stand for one of its leaves: which one, and what lies beside its way to the root.
    fn signed_leaf(&self, leaves: &[Value], index: usize) -> Vec<u8> {
        let mut signature = self.signed(&self.bulk(leaves));
        let number = u32::try_from(index).expect("a small tree").to_be_bytes();
        signature.extend_from_slice(&number[1..]);
        let mut row: Vec<B256> =
            leaves.iter().map(|leaf| read(&self.document(leaf)).hashes.message).collect();
        let mut at = index;
        while row.len() > 1 {
            signature.extend_from_slice(row[at ^ 1].as_slice());
            row = row.chunks(2).map(|pair| keccak256([pair[0], pair[1]].concat())).collect();
            at /= 2;
        }
        signature
    }

    /// The order's hash by Seaport's own code.
    fn order_hash(&mut self, order: &Data) -> B256 {
        let mut question = call(&format!("getOrderHash({ORDER})"), &[]);
        question.extend(tuple(vec![lay(order)]));
        B256::from_slice(&self.anvil.view(self.seaport, &question).expect("a hash"))
    }

    /// Whether Seaport takes the signature for the offerer's.
    fn accepts(&mut self, order: &Value, signature: &[u8]) -> bool {
        let order = signed_order(&read(&self.document(order)).message, signature);
        let mut list = U256::from(1).to_be_bytes::<32>().to_vec();
        list.extend(tuple(vec![order]));
        let mut question = call(&format!("validate(({ORDER},bytes)[])"), &[]);
        question.extend(tuple(vec![Laid::Tail(list)]));
        match self.anvil.view(self.seaport, &question) {
            Ok(answer) => U256::from_be_slice(&answer) == U256::from(1),
            Err(error) => {
                assert!(error.to_string().contains("revert"), "{error}");
                false
            }
        }
    }

    fn owner(&mut self, nft: (usize, u64)) -> Address {
        let question = call("ownerOf(uint256)", &[U256::from(nft.1)]);
        let answer = self.anvil.view(self.collections[nft.0], &question).expect("an owner");
        Address::from_word(B256::from_slice(&answer))
    }

    /// The attacker takes what a signed order offers: what the victim got for it, in wei.
    fn taken(&mut self, order: &Value, signature: &[u8], pays: u64) -> U256 {
        let before = self.anvil.balance(self.victim);
        let mut data = call(&format!("fulfillOrder(({ORDER},bytes),bytes32)"), &[]);
        let order = signed_order(&read(&self.document(order)).message, signature);
        data.extend(tuple(vec![order, Laid::Here(B256::ZERO.to_vec())]));
        let receipt = self.anvil.send(ATTACKER, Some(self.seaport), U256::from(pays), &data);
        assert_eq!(receipt["status"], "0x1", "{receipt}");
        self.anvil.balance(self.victim) - before
    }
}

/// The guard's reading.
fn read(document: &Value) -> TypedData {
    let node = json::parse(document.to_string().as_bytes()).expect("JSON");
    typed::read(&node, &mut Scalars::default()).expect("typed data")
}

/// A list of leaves as lists of two.
fn nested(leaves: &[Value]) -> Value {
    if let [leaf] = leaves {
        return leaf.clone();
    }
    let (left, right) = leaves.split_at(leaves.len() / 2);
    json!([nested(left), nested(right)])
}

/// What a tree is filled up with.
fn blank() -> Value {
    json!({
        "offerer": Address::ZERO.to_string(), "zone": Address::ZERO.to_string(), "offer": [], "consideration": [],
        "orderType": 0, "startTime": "0", "endTime": "0", "zoneHash": B256::ZERO.to_string(), "salt": "0",
        "conduitKey": B256::ZERO.to_string(), "counter": "0",
    })
}

/// `Order`: the parameters and a signature. Parameters are the components, but for the last: the number of things asked
/// for stands where the counter was.
fn signed_order(components: &Data, signature: &[u8]) -> Laid {
    let asked = components.list("consideration").expect("a list").len();
    let mut fields: Vec<Laid> = components.fields().iter().map(|(_, field)| lay(field)).collect();
    *fields.last_mut().expect("fields") = Laid::Here(U256::from(asked).to_be_bytes::<32>().to_vec());
    Laid::Tail(tuple(vec![Laid::Tail(tuple(fields)), Laid::Tail(tail(signature))]))
}

/// The orders of our corpus and, where it is there, of `MetaMask`'s test page.
fn known_orders() -> Vec<Value> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../guard/tests/corpus");
    let folders =
        ["malicious", "benign"].map(|folder| fs::read_dir(corpus.join(folder)).expect("the corpus"));
    let mut documents: Vec<Value> = Vec::new();
    for file in folders.into_iter().flatten() {
        let text = fs::read_to_string(file.expect("an entry").path()).expect("readable");
        let table: toml::Table = text.parse().expect("TOML");
        // Some cases are broken on purpose.
        documents.extend(table["input"].as_str().and_then(|input| serde_json::from_str(input).ok()));
    }
    if let Some(file) = shared_data("guard/testdapp_typed.json") {
        let cases: Vec<Value> = serde_json::from_slice(&fs::read(file).expect("readable")).expect("JSON");
        documents.extend(cases.into_iter().map(|case| case["typed_data"].clone()));
    }
    documents.retain(|document| document["primaryType"] == "OrderComponents");
    documents
}

#[test]
fn what_the_guard_hashes_is_what_seaport_hashes() {
    let Some(mut market) = Market::open() else { return };
    let ours = read(&market.document(&market.honest((0, 0))));
    let information = market.anvil.view(market.seaport, &call("information()", &[])).expect("words");
    assert_eq!(ours.hashes.domain, B256::from_slice(&information[32..64]));
    assert_eq!(ours.hashes.message, market.order_hash(&ours.message));
    let known = known_orders();
    assert!(known.len() >= 6, "{}", known.len());
    for document in known {
        let data = read(&document);
        assert_eq!(data.hashes.message, market.order_hash(&data.message), "{document}");
    }
}

#[test]
fn a_bulk_signature_is_seaports_at_every_leaf_and_one_bad_leaf_is_found() {
    let Some(mut market) = Market::open() else { return };
    for height in 1..=3 {
        let count = 1_usize << height;
        let mut leaves: Vec<Value> =
            (0..count).map(|index| market.honest((index % 2, (index / 2) as u64))).collect();
        if height > 1 {
            leaves[count - 1] = blank();
        }
        let fair = market.guard(&market.bulk(&leaves));
        assert_eq!((fair.verdict, fair.has("G-ORD-01")), (Decision::Allow, false), "{:#?}", fair.findings);

        // Hidden in the middle: the victim's NFT for nothing.
        let hidden = count / 2;
        leaves[hidden] = market.order(&[(0, 3)], &[]);
        let report = market.guard(&market.bulk(&leaves));
        assert_eq!(report.verdict, Decision::Block, "{:#?}", report.findings);
        let [finding] = &report.of("G-ORD-01")[..] else { panic!("{:#?}", report.findings) };
        assert!(finding.title.ends_with("nothing comes back to the maker."), "{finding:?}");
        let steps: Vec<String> = (0..height).rev().map(|bit| format!("[{}]", (hidden >> bit) & 1)).collect();
        assert_eq!(finding.path, format!("message.tree{}", steps.concat()));

        let real = if height > 1 { count - 1 } else { count };
        for index in 0..real {
            let signature = market.signed_leaf(&leaves, index);
            assert!(market.accepts(&leaves[index], &signature), "leaf {index} of {count}");
            let beside = market.signed_leaf(&leaves, index ^ 1);
            assert!(!market.accepts(&leaves[index], &beside), "leaf {index} by the way of its neighbour");
        }
    }
}

#[test]
fn what_the_guard_refuses_is_theft_and_what_it_allows_is_a_sale() {
    let Some(mut market) = Market::open() else { return };
    let (victim, free, cheap) = (market.victim, [(0, 0), (1, 0)], (0, 1));

    let gift = market.order(&free, &[]);
    let report = market.guard(&market.document(&gift));
    let ids: Vec<_> = report.findings.iter().map(|finding| (finding.id, finding.severity)).collect();
    let found = [(CheckId::Ord01, Severity::Block), (CheckId::Ord01, Severity::Review)];
    assert_eq!((report.verdict, &ids[..]), (Decision::Block, &found[..]), "{:#?}", report.findings);
    assert_eq!(report.findings[1].title, "One order gives NFTs of 2 collections.");
    assert_eq!(free.map(|nft| market.owner(nft)), [victim; 2]);
    let signature = market.signed(&market.document(&gift));
    assert_eq!(market.taken(&gift, &signature, 0), U256::ZERO);
    assert_eq!(free.map(|nft| market.owner(nft)), [ATTACKER; 2]);

    let bargain = market.order(&[cheap], &[(1, victim)]);
    let report = market.guard(&market.document(&bargain));
    assert_eq!(report.verdict, Decision::Block, "{:#?}", report.findings);
    assert!(report.of("G-ORD-01")[0].title.ends_with("next to nothing."), "{:#?}", report.findings);
    let signature = market.signed(&market.document(&bargain));
    assert_eq!(market.taken(&bargain, &signature, 1), U256::from(1));
    assert_eq!(market.owner(cheap), ATTACKER);

    // One signature for a sale and a gift; the thief takes the gift alone.
    let leaves = [market.honest((1, 1)), market.order(&[(1, 2)], &[])];
    assert_eq!(market.guard(&market.bulk(&leaves)).verdict, Decision::Block);
    let signature = market.signed_leaf(&leaves, 1);
    assert_eq!(market.taken(&leaves[1], &signature, 0), U256::ZERO);
    assert_eq!((market.owner((1, 1)), market.owner((1, 2))), (victim, ATTACKER));

    let sale = market.honest((0, 2));
    let report = market.guard(&market.document(&sale));
    assert_eq!((report.verdict, report.findings.len()), (Decision::Allow, 0), "{:#?}", report.findings);
    let signature = market.signed(&market.document(&sale));
    assert_eq!(market.taken(&sale, &signature, ETHER), U256::from(ETHER - ETHER / 40));
    assert_eq!(market.owner((0, 2)), ATTACKER);
}

#[test]
fn an_order_for_one_taker_only_is_shown_to_a_person() {
    let Some(mut market) = Market::open() else { return };
    let nft = (0, 0);
    let mut private = market.honest(nft);
    let mut to_taker = private["offer"][0].clone();
    to_taker["recipient"] = json!(ATTACKER.to_string());
    private["consideration"].as_array_mut().expect("a list").push(to_taker);
    let report = market.guard(&market.document(&private));
    assert_eq!(report.verdict, Decision::Review, "{:#?}", report.findings);
    let title = &report.of("G-ORD-01")[0].title;
    assert!(title.starts_with("Only ") && title.contains(&ATTACKER.to_string()), "{title}");
    // Seaport itself has nothing against it.
    let signature = market.signed(&market.document(&private));
    assert!(market.accepts(&private, &signature));
}
