//! Vectors of the specifications.

use tracehound_model::{Address, AddressError, ScriptKey, ScriptType, address::AddressNetwork};

use super::FORMS;

#[test]
fn one_address_of_every_form_prints_as_it_was_written() {
    for (form, text) in FORMS {
        let address = Address::parse(text).unwrap_or_else(|error| panic!("{form}: {error}"));
        assert_eq!(address.to_string(), text, "{form}");
        assert_eq!(Address::from_key(address.key().as_ref()), Some(address), "{form}");
        assert_eq!(Address::parse(&format!(" \t{text}\r\n")), Ok(address), "{form} amid white space");
    }
}

/// BIP-350, "Test vectors for v0-v16 native segregated witness addresses": those with an address type in use.
#[test]
fn segwit_addresses_of_bip_350_give_their_programs() {
    let v0 = "751e76e8199196d454941c45d1b3a323f1433bd6";
    let v1 = "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
    for (text, kind, script_type, program) in [
        ("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", AddressNetwork::Main, ScriptType::P2wpkh, v0),
        (
            "tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7",
            AddressNetwork::Test,
            ScriptType::P2wsh,
            "1863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262",
        ),
        (
            "tb1qqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesrxh6hy",
            AddressNetwork::Test,
            ScriptType::P2wsh,
            "000000c4a5cad46221b2a187905e5266362b99d5e91c6ce24d165dab93e86433",
        ),
        (
            "tb1pqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesf3hn0c",
            AddressNetwork::Test,
            ScriptType::P2tr,
            "000000c4a5cad46221b2a187905e5266362b99d5e91c6ce24d165dab93e86433",
        ),
        (
            "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
            AddressNetwork::Main,
            ScriptType::P2tr,
            v1,
        ),
    ] {
        let Ok(Address::Bitcoin(address)) = Address::parse(text) else { panic!("{text}") };
        assert_eq!((address.kind, address.script.script_type()), (kind, script_type), "{text}");
        assert_eq!(format!("{:?}", address.script), format!("{script_type}:{program}"), "{text}");
        assert_eq!(Address::parse(text).expect("just read").to_string(), text.to_lowercase());
    }
}

/// BIP-350's and BIP-173's valid addresses of versions and lengths that nobody uses yet, and pay-to-anchor.
#[test]
fn future_witness_programs_are_named_as_such() {
    for text in [
        "bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y",
        "BC1SW50QGDZ25J",
        "bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs",
    ] {
        let error = Address::parse(text).expect_err("not supported");
        assert!(matches!(error, AddressError::Unsupported { .. }), "{text}: {error}");
    }
    let anchor = Address::parse("bc1pfeessrawgf").expect_err("nobody's");
    assert!(matches!(anchor, AddressError::Anchor { .. }), "{anchor}");
}

/// The invalid addresses of BIP-173 and BIP-350, with the kind of error each deserves.
#[test]
fn the_invalid_segwit_addresses_of_the_bips_are_refused_for_the_right_reason() {
    type Test = fn(&AddressError) -> bool;
    let checksum: Test = |error| matches!(error, AddressError::Checksum { .. });
    let malformed: Test = |error| matches!(error, AddressError::Malformed { .. });
    let mixed: Test = |error| matches!(error, AddressError::MixedCase { .. });
    let length: Test = |error| matches!(error, AddressError::Length { .. });
    let character: Test = |error| matches!(error, AddressError::Character { .. });
    let other: Test = |error| matches!(error, AddressError::Unsupported { .. });
    for (text, right) in [
        ("tc1qw508d6qejxtdg4y5r3zarvary0c5xw7kg3g4ty", other),
        ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", checksum),
        ("BC13W508D6QEJXTDG4Y5R3ZARVARY0C5XW7KN40WF2", malformed),
        ("bc1rw5uspcuh", malformed),
        ("bc10w508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kw5rljs90", malformed),
        ("BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P", malformed),
        ("tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sL5k7", mixed),
        ("bc1zw508d6qejxtdg4y5r3zarvaryvqyzf3du", malformed),
        ("tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3pjxtptv", malformed),
        ("bc1gmk9yu", length),
        ("tc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq5zuyut", other),
        ("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd", malformed),
        ("tb1z0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqglt7rf", malformed),
        ("BC1S0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ54WELL", malformed),
        ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh", malformed),
        ("tb1q0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq24jc47", malformed),
        ("bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4", character),
        ("BC130XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ7ZWS8R", malformed),
        ("bc1pw5dgrnzv", malformed),
        ("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v8n0nx0muaewav253zgeav", malformed),
        ("tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq47Zagq", mixed),
        ("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v07qwwzcrf", malformed),
        ("tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vpggkg4j", malformed),
    ] {
        let error = Address::parse(text).expect_err(text);
        assert!(right(&error), "{text}: {error:?}");
    }
}

/// The vectors of EIP-55: all capitals, all lower case, and mixed.
#[test]
fn the_letter_case_of_an_evm_address_is_its_checksum() {
    for text in [
        "0x52908400098527886E0F7030069857D2E4169EE7",
        "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
        "0xde709f2102306220921060314715629080e2fb77",
        "0x27b1fdb04752bbc536007a920d24acb045561c26",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
        "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    ] {
        let address = Address::parse(text).expect(text);
        assert_eq!(address.to_string(), text);
        for same in [text.to_lowercase(), format!("0x{}", text[2..].to_uppercase())] {
            assert_eq!(Address::parse(&same), Ok(address));
        }
    }
    let wrong = "0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
    assert!(matches!(Address::parse(wrong), Err(AddressError::Eip55 { .. })));
}

#[test]
fn public_keys_and_their_scripts_read_alike() {
    let key = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
    let bare = Address::parse(key).expect("a public key");
    assert_eq!(Address::parse(&format!("21{key}ac")), Ok(bare));
    assert_eq!(Address::parse(&key.to_uppercase()), Ok(bare));
    let genesis = FORMS[9].1;
    let bare = Address::parse(genesis).expect("a public key");
    assert_eq!(Address::parse(&format!("41{genesis}ac")), Ok(bare));
    assert_eq!(bare.script().map(ScriptKey::script_type), Some(ScriptType::P2pkUncompressed));
    for wrong in [&key.replacen("02", "05", 1), &genesis.replacen("04", "02", 1), &format!("21{key}ad")] {
        assert!(matches!(Address::parse(wrong), Err(AddressError::BareHexadecimal { .. })), "{wrong}");
    }
}

#[test]
fn tron_addresses_read_alike_in_base58_and_hexadecimal() {
    let usdt = Address::parse("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t").expect("the contract of USDT");
    assert!(matches!(usdt, Address::Tron(_)));
    assert_eq!(Address::parse("41a614f803b6fd780986a42c78ec9c7f77e6ded13c"), Ok(usdt));
    assert_eq!(Address::parse("41A614F803B6FD780986A42C78EC9C7F77E6DED13C"), Ok(usdt));
}

#[test]
fn base58_texts_that_begin_like_bech32_are_read() {
    let tron = "TB115BhpCAFbjPUgniZ36TZYxNB67fPKzr";
    assert!(matches!(Address::parse(tron), Ok(Address::Tron(_))));
    let solana = "bc1QXpCFtf6LovGzLbFPDDtoNmQGRVJbfJAnFt9jKMP";
    assert_eq!(Address::parse(solana).expect("32 bytes").to_string(), solana);
}

/// The vectors of the cashaddr specification: legacy and new form of the same hash.
#[test]
fn bitcoin_cash_addresses_lead_to_their_legacy_forms_and_back() {
    for (legacy, cash) in [
        ("1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu", "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a"),
        ("1KXrWXciRDZUpQwQmuM1DbwsKDLYAYsVLR", "bitcoincash:qr95sy3j9xwd2ap32xkykttr4cvcu7as4y0qverfuy"),
        ("16w1D5WRVKJuZUsSRzdLp9w3YGcgoxDXb", "bitcoincash:qqq3728yw0y47sqn6l2na30mcw6zm78dzqre909m2r"),
        ("3CWFddi6m4ndiGyKqzYvsFYagqDLPVMTzC", "bitcoincash:ppm2qsznhks23z7629mms6s4cwef74vcwvn0h829pq"),
        ("3LDsS579y7sruadqu11beEJoTjdFiFCdX4", "bitcoincash:pr95sy3j9xwd2ap32xkykttr4cvcu7as4yc93ky28e"),
        ("31nwvkZwyPdgzjBJZXfDmSWsC4ZLKpYyUw", "bitcoincash:pqq3728yw0y47sqn6l2na30mcw6zm78dzq5ucqzc37"),
    ] {
        let (old, new) = (Address::parse(legacy).expect(legacy), Address::parse(cash).expect(cash));
        assert!(matches!(old, Address::Bitcoin(_)), "legacy text always reads as Bitcoin");
        assert!(old.same_owner().any(|other| other == new), "{legacy}");
        assert!(new.same_owner().any(|other| other == old), "{cash}");
        let bare = cash.trim_start_matches("bitcoincash:");
        for same in [bare.to_owned(), bare.to_uppercase(), cash.to_uppercase()] {
            assert_eq!(Address::parse(&same), Ok(new), "{same}");
        }
    }
}

/// A public unified address of the Zcash documentation: its checksum is known, its content cannot be compared.
#[test]
fn a_zcash_unified_address_is_checked_then_refused() {
    let text = "u1l8xunezsvhq8fgzfl7404m450nwnd76zshscn6nfys7vyz2ywyh4cc5daaq0c7q2su5lqfh23sp7fkf3kt27ve5948mzpfdvckzaect2jtte308mkwlycj2u0eac077wu70vqcetkxf";
    let wrong = text.replace("u1l8", "u1l9");
    let error = Address::parse(text).expect_err("not comparable");
    assert!(matches!(error, AddressError::Unsupported { .. }), "{error}");
    let error = Address::parse(&wrong).expect_err("damaged");
    assert!(matches!(error, AddressError::Checksum { .. }), "{error}");
}

#[test]
fn addresses_that_nobody_owns_are_known() {
    for text in [
        "0x0000000000000000000000000000000000000000",
        "0x0000000000000000000000000000000000000001",
        "0x0000000000000000000000000000000000001010",
        "0x000000000000000000000000000000000000dEaD",
        "0xdead000000000000000000000000000000000000",
        "0xffffffffffffffffffffffffffffffffffffffff",
        "0xdeaddeaddeaddeaddeaddeaddeaddeaddeaddead",
        "0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee",
        "1111111111111111111114oLvT2",
        "1BitcoinEaterAddressDontSendf59kuE",
        "1CounterpartyXXXXXXXXXXXXXXXUWLpVr",
        "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb",
        "TLsV52sRDL79HXGGm9yzwKibb6BeruhUzy",
        "rrrrrrrrrrrrrrrrrrrrrhoLvTp",
        "rrrrrrrrrrrrrrrrrrrrBZbvji",
        "11111111111111111111111111111111",
    ] {
        let address = Address::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert!(address.is_null_like(), "{text}");
        assert_eq!(Address::from_key(address.key().as_ref()), Some(address), "{text}");
    }
    for (form, text) in FORMS {
        assert!(!Address::parse(text).expect(form).is_null_like(), "{form}");
    }
    let contract =
        Address::parse("0x4200000000000000000000000000000000000006").expect("wrapped ether on rollups");
    assert!(!contract.is_null_like());
}

/// A payment id is the payee's bookkeeping: no canonical bytes hold one, or one owner would stand in an index under many.
#[test]
fn an_integrated_address_has_the_bytes_of_its_keys_alone() {
    let text = "4JzWjhFVF4DYjgTEAhgGpCfsjdTeMbUTU6cyR4JV1R7k2Eej9rGT8JpFiYDa4tZM6RZiFrHmMzgSrhHEqpDYKBe5FikhGcn7t6YTy95PLm";
    let address = Address::parse(text).expect("an integrated address");
    let key = address.key();
    assert_eq!(Address::from_key(key.as_ref()), Some(address));
    let mut integrated = key.as_ref().to_vec();
    integrated[1] = 19;
    integrated.extend([7; 8]);
    assert_eq!(Address::from_key(&integrated), None);
}
