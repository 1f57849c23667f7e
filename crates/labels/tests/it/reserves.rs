//! Proofs of reserves: rows as exchanges have published them, with their signatures, and what is wrong with others.

use jiff::civil::date;
use tracehound_labels::reserves::{Publication, Reserve, Reserves};

/// Rows of OKX's example (`okx/proof-of-reserves`, `example/okx_por_example.csv` and `common/verify_test.go`) under the header that it has.
const OKX: &str = "coin,Network,Snapshot Height,address,amount,message,signature1,signature2,redeem script/ public key, eoa1, eoa2\n";
const ETH_1: &str = "ETH,ETH,20914735,0x0cdcdb19a857c2ac24818ca4fdfe38cce071483e,0.05,I am an OKX address,0x07f19879aa28d51c97cddfdfecffe7ed96525545d041aee4f4386b0bf4c1a26924b637fb02ccbb97305c13daa51a0f50b8896fb25ecbaf60020cde920d227a221b,,\n";
const OWNED: &str = "ETH,ETH,20914735,0x57e2dcd253527a0f70c6a3de3556f6e6e163f19c,0.14,I am an OKX address,0x07f19879aa28d51c97cddfdfecffe7ed96525545d041aee4f4386b0bf4c1a26924b637fb02ccbb97305c13daa51a0f50b8896fb25ecbaf60020cde920d227a221b,0xf6e60fd5d2692eaf813cbb38369c160781a063e39dbadde9a88998a4c8019e08488f83a6e7ee5e5b3fbdd50f25db631150070e8bb470d1474eb0e6d9a1fd0c561c,,0x0cdcdb19a857c2ac24818ca4fdfe38cce071483e,0x16f01cfc16b0b8c3400fb8e5099b0974fcc9fc12\n";
const TON: &str = "USDT-TON,TON,43716515,UQB1CKrUWm7qf41Z1GeEE6AgVVj5cH6y6x1aRmWe6q4mj1fn,170.4,I am an OKX address,0x6c5b3b11b8d4a7b356cb4e4e4a960e476d05b52824a62ef961054617b401f157ef6c01c537f3751c22ba018f97b067d508b455f6cbdf757a64ca2571e76dc004,,6711ba8eaa47855b01d73e3849cd93861b1c11d7a86ae5fb8f96bb63d9be5a6b,,\n";
const MULTISIG: [&str; 4] = [
    "BTC,BTC,1,3Fs7C97NmvhWUZ2pSjth9YbTxMv4sk9nHi,1,I am a OKX address,",
    "H2vshvcYTGrUw0XG1AundmbivdrhTWUOTqcXKhN+MqbaEfVYfGkgDhEumiJoEJFhlzuma6bBpg4pXNUHoTENOPI=",
    "H1eFA8Y2woAnDqxamcLDMVDr4Jd8g6PiagExWCyzvZNZU8xZ2TKV2RNcbXArRgUfniLzgJFvzmBEUC6vgM5bd7A=",
    "522103447bead626f13c79de937c0879b64172e5984456a47350b44e8bd23a02e6895e2103864969c155d42c5f61999bcaafeadfc8574b033142f03b5bf3025c6794570b952103304fa164de84f710e44a563f5038d355d6a36a1d7f25695cba884f0b4b6d184653ae",
];

/// Rows of HTX's tables (`huobiapi/Tool-Node.js-VerifyAddress`, `snapshot/huobi_por_20221201_part.csv`), with its totals.
const HTX: &str = "coin,snapshot height,balance
BTC(ALL),765333,25736.87098
ETH(ALL),-,143403.1463

coin,address,snapshot height,balance,message,signature
BTC,143gLvWYUojXaWZRrxquRKpVNTkhmr415B,765333,12345.96934,King will be back!,
BTC,1HckjUpRGcrrRAtFaaCAUaGjsPx9oYmLaZ,765333,250.9607667,King will be back!,IJtEWgK2V8QxKUCWpVlfMTpVhwS2My/2Notvcw2lPBuHACHkxUESh8BoPL1vzQ4hkqYg/EZbQm9hpPKKcZJwY7E=
BTC,1L15W6b9vkxV81xW5HDtmMBycrdiettHEL,765333,128.4618187,King will be back!,HykVVa/sq/Wwekv6Dld+tjfRvGulYBBGxQ9hZj/mQGqLJE5Ni6Gy1B0K2pEPVvWHJp+XAKkEyj1QNKOh1ggkqPw=
HT-ETH,0xa929022c9107643515f5c777ce9a910f0d1e490c,16083851,60005288.86,-,-
HT-ETH,0xe4818f8fde0c977a01da4fa467365b8bf22b071e,16083851,20000000,King will be back!,0x6c3bc7a08c9917ef4bdb6c304f11300f06cafbd8f5b95b808c266a6b2f92b20471c10c532430f6f865d8855341227ec111fead23e62cab76297ea7b9c0e0ee4300
TRX,TNaRAoLUyYEV2uF7GUrzSjRQTU8v5ZJ5VR,46412262,90088172.72,King will be back!,0x9c98138fff60f026963fcc271072966b6f1f9432010eed8f5615163c31e6dd7a4f54d132a0f8df84a1c787655d777758f597ff379247abed8e7e16b1a20ea8161c
ETH,0xcac725bef4f114f728cbcfd744a731c2a463c3fc,16083851,6213.354806,King will be back!,0x6ec9074bbac7a827d09fb9b88abfbbb5f918948afa7af03771e259f92d4942be5dff0749d5842b7079011548a5ad02c0db67cd177743a615833b8291daac40a301
ETH-Optimism,0x9ef21be1c270aa1c3c3d750f458442397fbffcb6,43950280,9730.052181,King will be back!,0x6b98c9088c452640f905301fdb9c55b075c8ef52a439f01c40c0388cd797e856352db666167900d8529b104e4ef3929c4e4294d4c1096860ca4c459c4048512f01
USDT-Avalanche C-Chain,0xe195b82df6a797551eb1acd506e892531824af27,23040384,56028922.25,King will be back!,0xbc7e838dcc1ef4ef5ad8dec20b6d9dadb432cd610b7fdb702b754aa9e8f232ea52db0f310b2bf0d6f85202f252aee6d095ed7921b2f1aaf7c3b5ca26f5c37ac401
USDT-TRC20,TNaRAoLUyYEV2uF7GUrzSjRQTU8v5ZJ5VR,46412262,28005623.75,King will be back!,0x9c98138fff60f026963fcc271072966b6f1f9432010eed8f5615163c31e6dd7a4f54d132a0f8df84a1c787655d777758f597ff379247abed8e7e16b1a20ea8161c
";

fn publication(entity: &str) -> Publication {
    Publication {
        entity: entity.to_owned(),
        source: "example.org/reserves".to_owned(),
        licence: "not stated".to_owned(),
        day: date(2024, 10, 1),
    }
}

/// Each row: the chain and confidence of a label, or why there is none.
fn told(table: &str, entity: &str) -> Vec<String> {
    let rows = Reserves::of(table.as_bytes(), publication(entity)).expect("a table");
    rows.map(|row| match row {
        Reserve::Shown(label) => format!("{} {}", label.chain, label.confidence.0),
        Reserve::Refused(row) => format!("{}: refused: {}", row.line, row.reason),
        Reserve::NotChecked(row) => format!("{}: not checked: {}", row.line, row.reason),
    })
    .collect()
}

#[test]
fn rows_of_real_tables_are_taken_by_their_signatures() {
    insta::assert_snapshot!("reserves_htx", told(HTX, "HTX").join("\n"));
    let [start, first, second, script] = MULTISIG;
    let okx = [OKX, ETH_1, OWNED, TON, start, first, ",", second, ",", script, "\n"].concat();
    insta::assert_snapshot!("reserves_okx", told(&okx, "OKX").join("\n"));
    // Whom the text does not name, it does not make anybody.
    assert_eq!(told(&[OKX, ETH_1].concat(), "Binance"), ["eip155:1 50"]);
    assert_eq!(told(&[OKX, ETH_1].concat(), "okx"), ["eip155:1 100"]);
    assert_eq!(told(&[OKX, ETH_1].concat(), "OK"), ["eip155:1 50"], "a part of a word");
}

#[test]
fn a_signature_of_another_key_text_or_script_shows_nothing() {
    let row = |row: &str| told(&[OKX, row].concat(), "OKX").join("");
    assert!(row(&ETH_1.replace("483e,", "483f,")).contains("refused: it was signed by another key"));
    assert!(row(&ETH_1.replace("an OKX", "no OKX")).contains("refused: it was signed by another key"));
    assert!(row(&ETH_1.replace("0x07f1", "0x07")).contains("refused: its signature is not 65 bytes"));
    assert!(row(&ETH_1.replace("I am an OKX address", "")).contains("refused: it has no text"));
    assert!(row(&ETH_1.replace("ETH,ETH", "ETH,BTC")).contains("refused: its address"));
    assert!(row(&ETH_1.replace("ETH,ETH", "ETH,LINEA")).contains("not checked: the network of `LINEA`"));
    assert!(row(&ETH_1.replace(",,\n", ",,,,,,,\n")).contains("refused: it has more cells than the header"));

    let [start, first, second, script] = MULTISIG;
    let signed = |signatures: [&str; 2], script: &str| {
        let [first, second] = signatures;
        row(&format!("{start}{first},{second},{script}\n"))
    };
    let bitcoin = "bip122:000000000019d6689c085ae165831e93";
    assert_eq!(signed([first, second], script), format!("{bitcoin} 100"));
    assert!(signed([first, ""], script).contains("refused: 1 of its keys have signed, and 2 have to"));
    assert!(signed([first, first], script).contains("refused: 1 of its keys have signed, and 2 have to"));
    let other = script.replace("5221", "5121");
    assert!(
        signed([first, second], &other).contains("refused: it was signed by another key"),
        "not its script"
    );
    assert!(signed([first, second], "").contains("not checked: signatures of this kind of address"));
    assert!(signed([first, second], "5").contains("not checked"), "no hexadecimal");
}

#[test]
fn what_is_no_table_of_reserves_is_told_and_a_broken_row_costs_itself_alone() {
    for text in ["", "coin,address\nBTC,1\n", "coin,address,message\n"] {
        assert!(Reserves::of(text.as_bytes(), publication("OKX")).is_err(), "{text}");
    }
    let long = format!("ETH,{}\n", "a".repeat(100_000));
    let found = told(&[OKX, &long, "\u{feff}\"unclosed\n", "\n", ETH_1].concat(), "OKX");
    assert_eq!(found.len(), 3, "{found:?}");
    assert_eq!(found[2], "eip155:1 100");
    assert!(found[0].starts_with("2: refused: "), "{found:?}");
}
