//! Official contracts of the Safe project, with the hash of their code.
//!
//! Source: safe-global/safe-deployments at d0989c9 (MIT; these are public facts of the chains), every variant
//! (canonical, EIP-155, zkSync). A delegatecall runs foreign code on the Safe's own storage, so the address *and* the
//! code behind it must be known.

use alloy_primitives::{Address, B256, address, b256};

use self::Role::{CreateCall, Handler, Migration, MultiSend, MultiSendCallOnly, SignMessageLib, Singleton};

/// The allowance modules, by the chains where they are official. Source: safe-global/safe-modules-deployments at 1e6c42f.
const ALLOWANCE_MODULES: [(Address, &[u64]); 3] = [
    (
        address!("CFbFaC74C26F8647cBDb8c5caf80BB5b32E43134"),
        &[1, 4, 5, 42, 56, 100, 246, 8453, 42_220, 73_799, 80_094, 534_352, 11_155_111],
    ),
    (address!("1Fb403834C911eB98d56E74F5182b0d64C3b3b4D"), &[137, 43_114]),
    (
        address!("AA46724893dedD72658219405185Fb0Fc91e091C"),
        &[
            50, 51, 61, 63, 100, 130, 137, 143, 204, 288, 360, 988, 999, 1_672, 2_201, 2_818, 2_910, 3_338,
            4_217, 4_326, 4_663, 3_637, 5_042, 8_217, 8_453, 9_745, 10_143, 11_011, 16_661, 25_363, 28_882,
            42_431, 43_111, 46_630, 56_288, 80_069, 80_094, 81_224, 88_882, 88_888, 102_030, 560_048,
            747_474, 5_042_002, 5_064_014, 11_142_220, 13_374_202,
        ],
    ),
];

/// Whether an address is Safe's own allowance module on a chain.
pub fn is_allowance_module(address: &Address, chain_id: Option<u64>) -> bool {
    let is_on = |chains: &[u64]| chain_id.is_some_and(|chain| chains.contains(&chain));
    ALLOWANCE_MODULES.iter().any(|(module, chains)| module == address && is_on(chains))
}

/// What an official contract is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Several calls in one, delegatecalls among them.
    MultiSend,
    /// Several calls in one, no delegatecalls.
    MultiSendCallOnly,
    /// Marks a message as signed by the Safe.
    SignMessageLib,
    /// Creates contracts.
    CreateCall,
    /// Moves a Safe to another official version.
    Migration,
    /// The Safe's own code.
    Singleton,
    /// A fallback handler.
    Handler,
}

impl Role {
    /// The contract's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            MultiSend => "MultiSend",
            MultiSendCallOnly => "MultiSendCallOnly",
            SignMessageLib => "SignMessageLib",
            CreateCall => "CreateCall",
            Migration => "SafeMigration",
            Singleton => "Safe singleton",
            Handler => "Safe fallback handler",
        }
    }

    /// The functions it is meant to be delegatecalled for; none for contracts that are not.
    pub const fn functions(self) -> &'static [&'static str] {
        match self {
            MultiSend | MultiSendCallOnly => &["multiSend(bytes)"],
            SignMessageLib => &["signMessage(bytes)"],
            CreateCall => &["performCreate(uint256,bytes)", "performCreate2(uint256,bytes,bytes32)"],
            Migration => &[
                "migrateSingleton()",
                "migrateWithFallbackHandler()",
                "migrateL2Singleton()",
                "migrateL2WithFallbackHandler()",
                "migrateToL2(address)",
                "migrateFromV111(address,address)",
            ],
            Singleton | Handler => &[],
        }
    }
}

/// An official contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// What it is for.
    pub role: Role,
    /// Version of the Safe contracts it belongs to.
    pub version: &'static str,
    /// Where it lies, on every chain it was deployed to.
    pub address: Address,
    /// Keccak-256 of its code.
    pub code_hash: B256,
}

const fn row(role: Role, version: &'static str, address: Address, code_hash: B256) -> Deployment {
    Deployment { role, version, address, code_hash }
}

/// The official contract at an address. Linear in a table of a few dozen rows.
pub fn find(address: &Address) -> Option<&'static Deployment> {
    DEPLOYMENTS.iter().find(|row| row.address == *address)
}

/// The official Safe code that hashes to this: code says what it does, wherever it lies.
pub fn singleton(code_hash: &B256) -> Option<&'static Deployment> {
    DEPLOYMENTS.iter().find(|row| row.role == Singleton && row.code_hash == *code_hash)
}

/// Whether code is that of a Safe's proxy: it runs the code at the address in slot 0, and nothing else. Source: the factories'
/// creation code in the npm packages of 1.0.0, 1.1.1, 1.2.0, 1.3.0, 1.4.1 and 1.5.0.
pub fn is_proxy(code_hash: &B256) -> bool {
    PROXIES.contains(code_hash)
}

const PROXIES: [B256; 6] = [
    b256!("9999daa94896b1dc51734d94c68aec28587d45e0584a50b319cb99b1f335d99b"),
    b256!("aea7d4252f6245f301e540cfbee27d3a88de543af8e49c5c62405d5499fab7e5"),
    b256!("958a485acd4eff0908ba6c67238d33eedec70bc99115074ad38ae14d1017f9db"),
    b256!("b89c1b3bdf2cf8827818646bce9a8f6e372885f8c55e5c07acbd307cb133b000"),
    b256!("d7d408ebcd99b2b70be43e20253d6d92a8ea8fab29bd3be7f55b10032331fb4c"),
    b256!("4e381985ca68b3e5d27b4425fa581c19cf33146d3f887a3cfca96f55528ea46f"),
];

/// Every official contract known here.
#[rustfmt::skip]
pub static DEPLOYMENTS: &[Deployment] = &[
    row(Singleton, "1.0.0", address!("b6029EA3B2c51D09a50B53CA8012FeEB05bDa35A"), b256!("e1f1593df76e69abc2d692792c80f329457551d5e83dde597546a1d58764da80")),
    row(CreateCall, "1.1.1", address!("8538FcBccba7f5303d2C679Fa5d7A629A8c9bf4A"), b256!("9de5afc9afd2bc0e329d9b4fa34955da45bb8e11587c645c5ff5287d7507adeb")),
    row(Handler, "1.1.1", address!("d5D82B6aDDc9027B22dCA772Aa68D5d74cdBdF44"), b256!("919a9f5dd111a01f7a8e4b1f5c6a972bb2d1441c67bdec71de6a09d0be92f5b9")),
    row(Singleton, "1.1.1", address!("34CfAC646f301356fAa8B21e94227e3583Fe3F5F"), b256!("56b8be58b5ad629a621593a2e5e5e8e9a28408dc06e95597497b303902772e45")),
    row(MultiSend, "1.1.1", address!("8D29bE29923b68abfDD21e541b9374737B49cdAD"), b256!("e4e9b4d4c1e3ff06cd51afe0b51eb1b22c0bab51eab38d428ee74540a5ff603e")),
    row(Singleton, "1.2.0", address!("6851D6fDFAfD08c0295C392436245E5bc78B0185"), b256!("2ae2d1231f0d754a7fa4f5e5d0e5554085e1b500d8e09f95aaaaa3f49c0db922")),
    row(Handler, "1.3.0", address!("f48f2B2d2a534e402487b3ee7C18c33Aec0Fe5e4"), b256!("03e69f7ce809e81687c69b19a7d7cca45b6d551ffdec73d9bb87178476de1abf")),
    row(Handler, "1.3.0", address!("017062a1dE2FE6b99BE3d9d37841FeD19F573804"), b256!("03e69f7ce809e81687c69b19a7d7cca45b6d551ffdec73d9bb87178476de1abf")),
    row(Handler, "1.3.0", address!("2f870a80647BbC554F3a0EBD093f11B4d2a7492A"), b256!("017e9a83d5513f503fb85274f4d1ad1811040d7caa31772750ffb08638c28fbb")),
    row(CreateCall, "1.3.0", address!("7cbB62EaA69F79e6873cD1ecB2392971036cFAa4"), b256!("8155d988823a4f6f1bcbc76a64af8e510c4ce68819290d43cf24956bd24dee82")),
    row(CreateCall, "1.3.0", address!("B19D6FFc2182150F8Eb585b79D4ABcd7C5640A9d"), b256!("8155d988823a4f6f1bcbc76a64af8e510c4ce68819290d43cf24956bd24dee82")),
    row(CreateCall, "1.3.0", address!("cB8e5E438c5c2b45FbE17B02Ca9aF91509a8ad56"), b256!("98095337deb9718f4e5ccb1b25a53be5f5e0093502b29df9e857f5e3e12aa194")),
    row(Singleton, "1.3.0", address!("d9Db270c1B5E3Bd161E8c8503c55cEABeE709552"), b256!("bba688fbdb21ad2bb58bc320638b43d94e7d100f6f3ebaab0a4e4de6304b1c2e")),
    row(Singleton, "1.3.0", address!("69f4D1788e39c87893C980c06EdF4b7f686e2938"), b256!("bba688fbdb21ad2bb58bc320638b43d94e7d100f6f3ebaab0a4e4de6304b1c2e")),
    row(Singleton, "1.3.0", address!("B00ce5CCcdEf57e539ddcEd01DF43a13855d9910"), b256!("551b7fdfd2dbcec4f785059e1ef6e0b40ca2e44d792158c4e825bc0b092f15e9")),
    row(Singleton, "1.3.0", address!("3E5c63644E683549055b9Be8653de26E0B4CD36E"), b256!("21842597390c4c6e3c1239e434a682b054bd9548eee5e9b1d6a4482731023c0f")),
    row(Singleton, "1.3.0", address!("fb1bffC9d739B8D520DaF37dF666da4C687191EA"), b256!("21842597390c4c6e3c1239e434a682b054bd9548eee5e9b1d6a4482731023c0f")),
    row(Singleton, "1.3.0", address!("1727c2c531cf966f902E5927b98490fDFb3b2b70"), b256!("e2ca068330339d608367d83a0b25545efe39e619098597699ab8ff828cb1ddd8")),
    row(MultiSend, "1.3.0", address!("A238CBeb142c10Ef7Ad8442C6D1f9E89e07e7761"), b256!("0208282bd262360d0320862c5ac70f375f5ed3b9d89a83a615b4d398415bdc83")),
    row(MultiSend, "1.3.0", address!("998739BFdAAdde7C933B942a68053933098f9EDa"), b256!("81db0e4afdf5178583537b58c5ad403bd47a4ac7f9bde2442ef3e341d433126a")),
    row(MultiSend, "1.3.0", address!("0dFcccB95225ffB03c6FBB2559B530C2B7C8A912"), b256!("d9aa004a59b3738a108e747e578ae409b84e9f3ffd689d81b10f4d96000c5f5c")),
    row(MultiSendCallOnly, "1.3.0", address!("40A2aCCbd92BCA938b02010E17A5b8929b49130D"), b256!("a9865ac2d9c7a1591619b188c4d88167b50df6cc0c5327fcbd1c8c75f7c066ad")),
    row(MultiSendCallOnly, "1.3.0", address!("A1dabEF33b3B82c7814B6D82A79e50F4AC44102B"), b256!("a9865ac2d9c7a1591619b188c4d88167b50df6cc0c5327fcbd1c8c75f7c066ad")),
    row(MultiSendCallOnly, "1.3.0", address!("f220D3b4DFb23C4ade8C88E526C1353AbAcbC38F"), b256!("064ddbf252714bcd4cb79f679e8c12df96d998ce07bbb13b3118c1dbf4a31942")),
    row(SignMessageLib, "1.3.0", address!("A65387F16B013cf2Af4605Ad8aA5ec25a2cbA3a2"), b256!("3ac65dea3cc9dd0d7b7b800f834e3d73415b4e944bb94555c3e4a08fb137e918")),
    row(SignMessageLib, "1.3.0", address!("98FFBBF51bb33A056B08ddf711f289936AafF717"), b256!("3ac65dea3cc9dd0d7b7b800f834e3d73415b4e944bb94555c3e4a08fb137e918")),
    row(SignMessageLib, "1.3.0", address!("357147caf9C0cCa67DfA0CF5369318d8193c8407"), b256!("9da86f7e32ef976bd442a8eeb353e16d683b53e30e926ae7adce7c609f75b1fc")),
    row(Handler, "1.4.1", address!("fd0732Dc9E303f09fCEf3a7388Ad10A83459Ec99"), b256!("7c6007a5d711cea8dfd5d91f5940ec29c7f200fe511eb1fc1397b367af3c42f9")),
    row(Handler, "1.4.1", address!("9301E98DD367135f21bdF66f342A249c9D5F9069"), b256!("331ff834e83e6e1596325f04eb7d16614155e324010af21f14e9c945e7669d5f")),
    row(CreateCall, "1.4.1", address!("9b35Af71d77eaf8d7e40252370304687390A1A52"), b256!("2b3060c55fcb8275653e99ad511a71f67ba76934ed66a7d74d6e68b52afff889")),
    row(CreateCall, "1.4.1", address!("AAA566Fe7978bB0fb0B5362B7ba23038f4428D8f"), b256!("3aa5b033c45ab4866216847b12f15bca9a94c66ad5bbfbbbc42cc778079059d4")),
    row(MultiSend, "1.4.1", address!("38869bf66a61cF6bDB996A6aE40D5853Fd43B526"), b256!("0e4f7fc66550a322d1e7688e181b75e217e662a4f3f4d6a29b22bc61217c4b77")),
    row(MultiSend, "1.4.1", address!("309D0B190FeCCa8e1D5D8309a16F7e3CB133E885"), b256!("cb372f27aba6983e7b54997ebb4a75c35876b2a279238ab914c5415de1e95137")),
    row(MultiSendCallOnly, "1.4.1", address!("9641d764fc13c8B624c04430C7356C1C7C8102e2"), b256!("ecd5bd14a08c5d2122379900b2f272bdf107a7e92423c10dd5fe3254386c9939")),
    row(MultiSendCallOnly, "1.4.1", address!("0408EF011960d02349d50286D20531229BCef773"), b256!("44c70b30fed5c3a07358a52c2fb028f651031010ef99e4d8c3b45c208e88a264")),
    row(Singleton, "1.4.1", address!("41675C099F32341bf84BFc5382aF534df5C7461a"), b256!("1fe2df852ba3299d6534ef416eefa406e56ced995bca886ab7a553e6d0c5e1c4")),
    row(Singleton, "1.4.1", address!("C35F063962328aC65cED5D4c3fC5dEf8dec68dFa"), b256!("fa4d4fc0fa9f1a061571a3f3f66502464edf1a519ab1ab93dc232addf4fbe30f")),
    row(Singleton, "1.4.1", address!("29fcB43b46531BcA003ddC8FCB67FFE91900C762"), b256!("b1f926978a0f44a2c0ec8fe822418ae969bd8c3f18d61e5103100339894f81ff")),
    row(Singleton, "1.4.1", address!("610fcA2e0279Fa1F8C00c8c2F71dF522AD469380"), b256!("520462ebe1156cd2d37b1d470c57f23e12fe0c4cda4c62502d96e03fa0cb44da")),
    row(Migration, "1.4.1", address!("526643F69b81B008F46d95CD5ced5eC0edFFDaC6"), b256!("c00d7921460cd5a05393e7772e634bd7d212f356356aa3a77f0120a9b8e25e99")),
    row(Migration, "1.4.1", address!("817756C6c555A94BCEE39eB5a102AbC1678b09A7"), b256!("6815c12fbdeb438fb0fb1e1484ac190ca2fc98065b93f95db846596c3c0eee70")),
    row(Migration, "1.4.1", address!("fF83F6335d8930cBad1c0D439A841f01888D9f69"), b256!("a83e7be2fa20c96dc9575e3937239d552f3831ea437d7c96397eec8736f0cba0")),
    row(Migration, "1.4.1", address!("a26620d1f8f1a2433F0D25027F141aaCAFB3E590"), b256!("2a68d940fb2460312e98bc36be0efaeff392237039e7282bc12155f049287c70")),
    row(SignMessageLib, "1.4.1", address!("d53cd0aB83D845Ac265BE939c57F53AD838012c9"), b256!("525c754a46b79e05543a59bb61e8de3c9eee0d955a59352409cbe67ea1077528")),
    row(SignMessageLib, "1.4.1", address!("Aca1ec0a1A575CDCCF1DC3d5d296202Eb6061888"), b256!("3e762bdca5f7d61c70e7ad1d1cb7b999481954543e7c29540e757d3e7004aa6b")),
    row(Handler, "1.5.0", address!("3EfCBb83A4A7AfcB4F68D501E2c2203a38be77f4"), b256!("3c6a85bcf7b563daa624b884b4e9a1b9fa5371edde7be945d998071a48f28bbc")),
    row(CreateCall, "1.5.0", address!("2Ef5ECfbea521449E4De05EDB1ce63B75eDA90B4"), b256!("6b7d8d29bdf7004c4617d95041923774f3f7e74b056bff55c1861c9ec92ce54f")),
    row(Handler, "1.5.0", address!("85a8ca358D388530ad0fB95D0cb89Dd44Fc242c3"), b256!("ba5bafdfba82e226b6dc8ae29bedf5026bd854ab4bee00128ca322717a5f2acf")),
    row(MultiSend, "1.5.0", address!("218543288004CD07832472D464648173c77D7eB7"), b256!("ca1147a12963172a93910c5cb2bfa5ad0e941c7f03fc7eb017dd06a8ea4e5604")),
    row(MultiSendCallOnly, "1.5.0", address!("A83c336B20401Af773B6219BA5027174338D1836"), b256!("cdbdcec38d2f1c7d961b0029ff8416b7e86e9974d6f0e9c9580c7d17fcfb6663")),
    row(Singleton, "1.5.0", address!("Ff51A5898e281Db6DfC7855790607438dF2ca44b"), b256!("dda019cbd7c867a533a2a86e5c53434fdc50b13122b5a5ddb4a8df61b31c20f2")),
    row(Singleton, "1.5.0", address!("Edd160fEBBD92E350D4D398fb636302fccd67C7e"), b256!("180193227186ccb85316c94db1f0d156ed932b14712cfaac78901899178572dc")),
    row(Migration, "1.5.0", address!("6439e7ABD8Bb915A5263094784C5CF561c4172AC"), b256!("52d7472fa02c3a574544f9b5a4ed4c7777e4e3315217e368926b51e1cc6014ea")),
    row(SignMessageLib, "1.5.0", address!("4FfeF8222648872B3dE295Ba1e49110E61f5b5aa"), b256!("d61840855da008da59a00fc03fb71455b4f70bdca1f56f9504f072ed8d90c50e")),
    row(Handler, "1.5.0", address!("54e86d004d71a8D2112ec75FaCE57D730b0433F3"), b256!("cbc723172700efa52cc33ee26c7fc7e284edc8097f9dc307857fe525fec98cd8")),
];
